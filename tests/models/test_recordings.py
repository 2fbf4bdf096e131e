"""Text tables as people have them: each is read in the one way that its header shows, or refused in one clear line."""

import codecs

import numpy as np
import pytest

import stiminfo as si
from stiminfo.errors import InputError, OptionError, RecordingError
from stiminfo.models.recordings.shapes import SHAPES


def read(tmp_path, content, stimulus=None, **options):
    path = tmp_path / "recording.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return si.read_recording(path, stimulus, **options)


def refusal(tmp_path, content, stimulus=None, **options):
    with pytest.raises(InputError) as caught:
        read(tmp_path, content, stimulus, **options)
    said = str(caught.value)
    assert "\n" not in said
    return said


COUNTS = "orientation,0,1,2\n0,8,2,0\n45,2,5,3\n90,7,3,0\n"
TABLE = [[8, 2, 0], [2, 5, 3], [7, 3, 0]]

#: Name -> file, stimuli, counts: what each file holds.
TABLES = {
    "counts": (COUNTS, [[0], [45], [90]], TABLE),
    "an index column": (",orientation,0,1,2\n0,0,8,2,0\n1,45,2,5,3\n2,90,7,3,0\n", [[0], [45], [90]], TABLE),
    "an index column of a saved frame": ("Unnamed: 0,o,0,1\n1,0,8,2\n2,45,2,5\n", [[0], [45]], [[8, 2], [2, 5]]),
    "an index beside a stimulus": (",contrast,a,b\n0,0,8,2\n1,45,2,5\n", [[0], [45]], [[8, 2], [2, 5]]),
    "an index beside fractions": (",level,a,b\n0,0.5,8,2\n1,1.5,2,5\n", [[0.5], [1.5]], [[8, 2], [2, 5]]),
    "a nameless stimulus that counts": (",a,b\n0,8,2\n1,2,5\n", [[0], [1]], [[8, 2], [2, 5]]),
    "a nameless stimulus": (",0,1,2\n0,8,2,0\n45,2,5,3\n90,7,3,0\n", [[0], [45], [90]], TABLE),
    "margins": (
        "orientation,0,1,2,All\n0,8,2,0,10\n45,2,5,3,10\n90,7,3,0,10\nAll,17,10,3,30\n", [[0], [45], [90]], TABLE,
    ),
    "degrees": ("orientation,0,1,2\n0 deg,8,2,0\n45 deg,2,5,3\n90 deg,7,3,0\n", [[0], [45], [90]], TABLE),
    "two columns of the stimulus": (
        "orientation,frequency,0,1\n0,0.02,8,2\n0,0.04,7,3\n90,0.02,3,5\n", [[0, 0.02], [0, 0.04], [90, 0.02]],
        [[8, 2], [7, 3], [3, 5]],
    ),
    "tuples": ('cond,0,1\n"(0, 0.02)",8,2\n"(90, 0.04)",7,3\n', [[0, 0.02], [90, 0.04]], [[8, 2], [7, 3]]),
    "tuples of numpy numbers": (
        'cond,0,1\n"(np.int64(0), np.float64(0.5))",8,2\n"(np.int64(9), np.float64(0.5))",7,3\n', [[0, 0.5], [9, 0.5]],
        [[8, 2], [7, 3]],
    ),
    "vectors": ("ori sf,0,1\n0 0.02,8,2\n90;0.04,7,3\n", [[0, 0.02], [90, 0.04]], [[8, 2], [7, 3]]),
    "intervals": ('x,0,1\n"(0.0, 10.0]",8,2\n"(10.0, 30.0]",7,3\n', [[5], [20]], [[8, 2], [7, 3]]),
    "a minus sign": ("x,0,1\n−10,8,2\n10,7,3\n", [[-10], [10]], [[8, 2], [7, 3]]),
    "decimal commas": ("contrast;n0;n1\n0,1;8;2\n0,5;3;7\n", [[0.1], [0.5]], [[8, 2], [3, 7]]),
    "quoted decimal commas": ('contrast,0,1\n"0,1",8,2\n"0,5",3,7\n', [[0.1], [0.5]], [[8, 2], [3, 7]]),
    "decimal commas and spaces": ("contrast 0 1\n0,1 8 2\n0,5 3 7\n", [[0.1], [0.5]], [[8, 2], [3, 7]]),
    "tabs": ("orientation\tn0\tn1\n0\t8\t2\n45\t3\t7\n", [[0], [45]], [[8, 2], [3, 7]]),
    "spaces": ("orientation   0   1\n          0   8   2\n         45   3   7\n", [[0], [45]], [[8, 2], [3, 7]]),
    "UTF-16": ("orientation,0,1\n0,8,2\n45,3,7\n".encode("utf-16"), [[0], [45]], [[8, 2], [3, 7]]),
    "UTF-16 without a mark": ("orientation,0,1\n0,8,2\n45,3,7\n".encode("utf-16-le"), [[0], [45]], [[8, 2], [3, 7]]),
    "a byte order mark": (codecs.BOM_UTF8 + b"orientation,0,1\n0,8,2\n45,3,7\n", [[0], [45]], [[8, 2], [3, 7]]),
    "Latin-1": ("orientation (°),0,1\n0,8,2\n45,3,7\n".encode("latin-1"), [[0], [45]], [[8, 2], [3, 7]]),
    "a comment": ("# unit 17\norientation,0,1\n0,8,2\n45,3,7\n", [[0], [45]], [[8, 2], [3, 7]]),
    "names in a comment": ("# orientation,0,1\n0,8,2\n45,3,7\n", [[0], [45]], [[8, 2], [3, 7]]),
    "commas at the end": ("orientation,0,1,\n0,8,2,\n45,3,7,\n", [[0], [45]], [[8, 2], [3, 7]]),
    "commas at the end of rows": ("orientation,0,1\n0,8,2,\n45,3,7,,\n", [[0], [45]], [[8, 2], [3, 7]]),
    "responses in rows": ("spikes,0,45\n0,8,3\n1,2,7\n", [[0], [45]], [[8, 2], [3, 7]]),
    "responses 1, 2, ... with equal sums": ("x,1,2,3\n0,8,2,0\n45,2,5,3\n", [[0], [45]], [[8, 2, 0], [2, 5, 3]]),
    "long counts": ("x,response,n\n0,a,8\n0,b,2\n45,a,3\n45,b,7\n", [[0], [45]], [[8, 2], [3, 7]]),
    "long counts of spikes": ("x,spikes,count\n0,0,8\n0,1,2\n45,1,7\n", [[0], [45]], [[8, 2], [0, 7]]),
    "one trial per row": ("orientation,spikes\n0,3\n90,5\n0,2\n90,5\n0,3\n", [[0], [90]], [[1, 2, 0], [0, 0, 2]]),
    "numbered trials": ("trial,orientation,spikes\n1,45,3\n2,90,5\n3,45,3\n", [[45], [90]], [[2, 0], [0, 1]]),
    "the response first": ("spikes,orientation\n3,90\n5,0\n3,90\n", [[0], [90]], [[0, 1], [2, 0]]),
    "two features": (
        "orientation,contrast,spikes\n0,1,3\n0,2,3\n0,1,4\n", [[0, 1], [0, 2]], [[1, 1], [1, 0]],
    ),
    "two neurons": ("x,unit_1,unit_2\n" + "0,1,0\n0,1,0\n5,1,1\n" * 2, [[0], [5]], [[4, 0], [0, 2]]),
    "neurons n0, n1": ("x,n0,n1\n" + "0,1,0\n5,1,1\n" * 3, [[0], [5]], [[3, 0], [0, 3]]),
    "numbered trials of n spikes": ("trial,x,n\n1,0,1\n2,5,2\n3,0,1\n", [[0], [5]], [[2, 0], [0, 1]]),
    "words": ("x,word\n0,0110\n0,0010\n5,0110\n", [[0], [5]], [[1, 1], [0, 1]]),
    "spikes with a unit": ("orientation (deg),firing rate (Hz)\n0,3\n90,5\n0,3\n", [[0], [90]], [[2, 0], [0, 1]]),
    "trials by stimuli": ("trial,0,45\n1,3,9\n2,4,9\n3,3,\n", [[0], [45]], [[2, 1, 0], [0, 0, 2]]),
    "stimuli by trials": ("x,trial_1,trial_2,trial_3\n0,3,4,3\n45,9,9,\n", [[0], [45]], [[2, 1, 0], [0, 0, 2]]),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_each_table_is_read_as_its_header_shows(tmp_path, name):
    content, stimuli, counts = TABLES[name]
    found = read(tmp_path, content)
    assert found.stimuli.tolist() == stimuli
    assert found.counts.tolist() == counts
    assert found.trials.tolist() == np.sum(counts, axis=1).tolist()
    assert found.geometry == ("plane" if len(stimuli[0]) == 2 else "line")


#: Name -> file, words of the one line that says what to do.
REFUSED = {
    "no header": ("8,2,0\n2,5,3\n", ["line 1", "numbers only", "stimulus,0,1,2"]),
    "a name twice": ("orientation,0,1,1\n0,8,1,1\n90,3,4,3\n", ["'1'", "two names"]),
    "no trials": ("orientation,0,1\n0,8,2\n45,0,0\n90,7,3\n", ["line 3", "'45'", "leave its row out"]),
    "empty cells": ("orientation,0,1\n0,8,\n45,2,5\n", ["line 2, column '1'", "write 0"]),
    "a stimulus that is missing": (
        "orientation,0,1\n0,8,2\nnan,9,1\n",
        ["line 3, column 'orientation'", "missing", "blank"],
    ),
    "margins that are no sums": ("x,0,1,All\n0,8,2,11\n45,3,7,10\n", ["line 2, column 'All'", "adds up to 10"]),
    "a margin below that is no sum": ("x,0,1,2\n0,8,2,1\n45,3,7,1\nAll,11,8,2\n", ["line 4, column '1'", "9"]),
    "trials or responses": ("x,1,2,3\n0,8,2,1\n45,3,7,9\n", ["--as counts or --as wide"]),
    "frequency or spikes": ("x,contrast,count\n0,1,5\n0,2,3\n45,1,2\n", ["--as trials", "--as long"]),
    "stimulus or response": ("x,a,b\n" + "0,1,0\n5,1,1\n" * 3, ["--stimulus-column", "--response-column"]),
    "on both sides": ("x,spikes,correct\n0,1,0\n5,1,1\n", ["'correct'", "--stimulus-column"]),
    "numbers as names": ("0,45,spikes\n1,2,3\n3,4,5\n", ["--stimulus-column"]),
    "several sessions": ("session,x,spikes\nA,0,1\nA,5,1\nB,0,2\n", ["'session'", "one by one"]),
    "labels among numbers": ("x,0,1\n0,8,2\nface,3,7\n9,1,1\n", ["line 3", "'face'", "--stimulus nominal"]),
    "two units": ("x,0,1\n0 deg,8,2\n1 rad,3,7\n", ["'deg', 'rad'"]),
    "an infinite stimulus": ("x,0,1\ninf,8,2\n1,3,7\n", ["line 2", "'inf'", "finite"]),
    "commas and points": ("x;0;1\n0,5;8;2\n0.7;3;7\n", ["decimal comma", "write all alike"]),
    "a fraction": (
        "x,spikes\n0,0.5\n1,1\n0,2\n",
        ["line 2, column 'spikes'", "0.5 is fractional", "--bins", "--edges"],
    ),
    "thousands": ('x,0,1\n0,"1,000",2\n1,3,7\n', ["'1,000' is not a number"]),
    "a cell with an underscore": ("x,0,1\n0,1_0,2\n1,3,7\n", ["'1_0' is not a number"]),
    "too many trials": ("x,0,1\n0,1,2\n1,1e30,7\n", ["line 3", "2^53"]),
    "too many spikes": ("x,spikes\n0,1\n1,1e20\n0,2\n", ["line 3, column 'spikes'", "1e+20 is beyond 2^53"]),
    "too many spikes of a population": (
        "x,unit_1,unit_2\n" + "0,1,2\n1,3,1\n" * 9 + "0,1,1e20\n",
        ["line 20, column 'unit_2'", "1e+20 is beyond 2^53"],
    ),
    "too many spikes by stimulus": ("x,trial_1,trial_2\n0,1,2\n1,1e20,7\n", ["line 3", "1e+20 is beyond 2^53"]),
    "too many spikes as a response": ("x,response,n\n0,0,8\n0,1e20,2\n5,0,3\n", ["response '1e20'", "2^53"]),
    "too many spikes in a header": ("x,0,1e20\n0,8,2\n1,3,7\n", ["response '1e20'", "2^53"]),
    "a word in a table": ("x,1,2\n0,1,2\n1,two,7\n", ["line 3, column '1'", "'two'"]),
    "a negative number": ("x,spikes\n0,1\n1,-1\n0,2\n", ["line 3", "-1 is negative", "--bins"]),
    "responses that are missing": (
        "x,spikes\n0,1\n1,\n0,2\n1,NA\n0,\n1,\n1,\n",
        ["line 3, column 'spikes'", "(5 in all: also line 5, line 6, line 7 and 1 more)"],
    ),
    "responses that are missing in two columns": (
        "x,unit_1,unit_2\n0,1,2\n1,,3\n0,2,\n",
        ["line 3, column 'unit_1'", "(2 in all: also line 4, column 'unit_2')"],
    ),
    "ragged lines": ("x,a,b\n0,1,2\n1,1\n2,1,2\n3,1\n", ["line 3", "(2 in all: also line 5)"]),
    "labels that are missing": ("x,choice\n0,left\n1,\n0,\n", ["line 3", "also line 4"]),
    "labels among responses": ("x,spikes\n0,1\n1,two\n0,3\n1,four\n", ["line 3", "'two'", "also line 5"]),
    "stimuli that are missing": (
        "x,spikes\n0,1\n,2\n1,3\nNA,1\n,2\n1,2\n",
        ["line 3, column 'x'", "(3 in all: also line 5, line 6)"],
    ),
    "stimuli without end": ("x,spikes\ninf,1\n0,2\n1,3\ninf,1\n", ["line 2", "also line 5"]),
    "labels among stimuli": ("x,spikes\n0,1\nMean,2\n1,3\nNote,1\n", ["line 3", "'Mean'", "also line 5"]),
    "cells that are empty": ("x,0,1\n0,8,\n45,,5\n90,,2\n", ["line 3, column '0'", "3 in all", "line 2, column '1'"]),
    "stimuli without trials": ("x,0,1\n0,0,0\n45,0,0\n90,7,3\n50,2,3\n", ["line 2", "also line 3"]),
    "stimuli without trials in rows": ("x,trial_1,trial_2\n0,,\n45,,\n90,7,3\n", ["line 2", "also line 3"]),
    "fractions": ("x,spikes\n0,0.5\n1,1\n0,2.5\n", ["line 2", "also line 4, column 'spikes'"]),
    "a response that is missing": ("x,spikes\n0,1\n1,\n0,2\n", ["line 3, column 'spikes'", "leave the row out"]),
    "a label that is missing": ("x,choice\n0,left\n1,\n0,right\n", ["line 3", "missing"]),
    "an infinite response": ("x,spikes\n0,1\n1,inf\n0,2\n", ["line 3", "inf"]),
    "a number and a label": ("x,spikes\n0,1\n1,two\n0,2\n", ["line 3, column 'spikes'", "'two'", "2 of 3"]),
    "a column of labels among numbers": ("x,unit_1,unit_2\n0,1,a\n1,2,b\n0,1,b\n", ["'unit_2' holds labels"]),
    "one stimulus": ("x,spikes\n0,1\n0,2\n", ["one stimulus only, '0'"]),
    "trials without a stimulus": ("trial,spikes\n1,3\n2,4\n", ["--stimulus-column"]),
    "twice in long counts": ("x,response,n\n0,a,8\n0,b,2\n5,a,1\n0,a,3\n", ["line 5", "add their numbers"]),
    "cells without names": ("x,0,1\n0,8,2,3\n1,3,7,1\n", ["line 2", "4 cells", "ragged"]),
    "binary data": (b"\x00\x01\x02\x03" * 30, ["not a text table"]),
    "other binary data": (b"abc\x02\x03,\x01" * 30, ["not a text table"]),
    "an unclosed quote": ('x,0,1\n0,8,"2\n1,3,7\n', ["not a table"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_unclear_is_refused_in_one_line(tmp_path, name):
    content, words = REFUSED[name]
    said = refusal(tmp_path, content)
    assert "recording.csv" in said
    for word in words:
        assert word in said


def test_options_settle_what_is_unclear(tmp_path):
    ambiguous = "x,1,2,3\n0,8,2,1\n45,3,7,9\n"
    assert read(tmp_path, ambiguous, shape="counts").counts.tolist() == [[8, 2, 1], [3, 7, 9]]
    assert read(tmp_path, ambiguous, shape="wide").trials.tolist() == [3, 3]
    long = "x,contrast,count\n0,1,5\n0,2,3\n45,1,2\n"
    assert read(tmp_path, long, shape="long").counts.tolist() == [[5, 3], [2, 0]]
    assert read(tmp_path, long, shape="trials").stimuli.tolist() == [[0, 1], [0, 2], [45, 1]]
    unclear = "x,a,b\n" + "0,1,0\n5,1,1\n" * 3
    assert read(tmp_path, unclear, stimulus_columns="x").responses.shape == (6, 2)
    assert read(tmp_path, unclear, stimulus_columns=["x", "a"], response_columns=["b"]).stimuli.shape == (2, 2)
    assert read(tmp_path, unclear, response_columns=["b"]).stimulus_names == ("x", "a")
    sessions = "session,x,spikes\nA,0,1\nA,5,1\nB,0,2\n"
    pooled = read(tmp_path, sessions, stimulus_columns=["x"], response_columns=["spikes"])
    assert pooled.trials.tolist() == [2, 1]
    assert "left out: column 'session'" in "\n".join(pooled.how)


def test_a_shape_that_does_not_fit(tmp_path):
    assert "expected stimulus, response, number of trials" in refusal(tmp_path, "x,n\n0,1\n1,2\n", shape="long")
    assert "no column of trials" in refusal(tmp_path, "x\n0\n1\n", shape="wide")
    assert "line 3: the stimulus has no trial" in refusal(tmp_path, "x,trial_1,trial_2\n0,1,2\n1,,\n")


def test_a_header_that_is_given(tmp_path):
    found = read(tmp_path, "0,8,2\n45,3,7\n", header=["orientation", "0", "1"])
    assert found.counts.tolist() == [[8, 2], [3, 7]]
    assert "as given" in "\n".join(found.how)


def test_how_it_was_read_is_told(tmp_path):
    found = read(tmp_path, "trial;orientation;spikes\n1;45,5;3\n2;90;5\n3;45,5;3\n".encode("utf-16"))
    said = repr(found)
    for words in (
        "3 trials", "UTF-16", "semicolons", "decimal commas", "one row per trial", "left out: column 'trial'",
        "'45.5', '90'", "line, R^1", "2 values occurred", "1 to 2 per stimulus", "--stimulus circle:360",
    ):  # fmt: skip
        assert words in said, words
    plane = read(tmp_path, TABLES["vectors"][0])
    assert "'0 0.02' at (0, 0.02)" in repr(plane)


def test_a_blank_has_no_place_and_the_angles_keep_theirs(tmp_path):
    found = read(tmp_path, "orientation,0,1\n0,8,2\n180,2,5\nblank,9,1\n")
    assert found.stimuli[:2].tolist() == [[0], [180]]
    assert np.isnan(found.stimuli[2]).all()
    assert found.placed.tolist() == [True, True, False]
    assert "without position: 'blank'" in repr(found)
    # With a geometry given, any label is a stimulus without a place.
    face = read(tmp_path, "x,0,1\n0,8,2\nface,2,5\n4,9,1\n", "line")
    assert face.placed.tolist() == [True, False, True]
    trials = read(tmp_path, "x,spikes\nblank,1\n5,2\n0,3\nblank,1\n")
    assert trials.labels == ("0", "5", "blank")


def test_a_label_is_no_comment(tmp_path):
    found = read(tmp_path, "# of a session\nimage,0,1\n#1,8,2\n# a remark\n#2,3,7\n")
    assert found.labels == ("#1", "#2")
    assert "2 comment lines skipped" in repr(found)


def test_labels_are_nominal_and_words_are_no_numbers(tmp_path):
    sounds = read(tmp_path, "sound,0,1\ndog,8,2\nbell,2,5\n")
    assert (sounds.geometry, sounds.stimuli) == ("nominal", None)
    assert read(tmp_path, COUNTS, "nominal").stimuli is None
    words = read(tmp_path, "x,0000,0001,0110\n0,1,2,0\n1,1,1,1\n")
    assert (words.response_values, words.mean_responses) == (None, None)
    choices = read(tmp_path, "image,choice\na,left\nb,right\na,right\n")
    assert choices.response_labels == ("left", "right")
    assert choices.mean_responses is None


def test_a_circle_joins_what_is_the_same_on_it(tmp_path):
    directions = read(tmp_path, "direction,0,1\n-90,8,2\n0,2,5\n90,1,1\n", "circle:360")
    assert directions.stimuli[:, 0].tolist() == [270, 0, 90]
    trials = read(tmp_path, "direction,spikes\n0,1\n360,2\n90,1\n", "circle:360")
    assert trials.trials.tolist() == [2, 1]
    orientations = read(tmp_path, "direction,0,1\n0,8,2\n180,2,5\n90,1,1\n", "circle:180")
    assert orientations.counts.tolist() == [[10, 7], [1, 1]]
    assert "'180' is '0', for example" in repr(orientations)
    radians = read(tmp_path, "phase,0,1\n0,8,2\n3,2,5\n", "circle:2pi")
    assert float(radians.geometry.partition(":")[2]) == 2 * np.pi


def test_a_circle_of_the_wrong_period_is_said_or_refused(tmp_path):
    rows = "".join(f"{30 * (i % 12)},{i % 3}\n" for i in range(36))
    merged = read(tmp_path, "direction,spikes\n" + rows, "circle:180")
    assert "12 angles are 6 stimuli on the circle" in repr(merged)
    assert "'180' is '0', for example; is the period right?" in repr(merged)
    assert "for example" not in repr(read(tmp_path, "direction,spikes\n" + rows, "circle:360"))
    for table in ("direction,spikes\n" + rows, "direction,0,1\n0,8,2\n120,3,4\n330,1,1\n"):
        said = refusal(tmp_path, table, "circle:2pi")
        assert "go round a circle:6.28" in said
        assert "circle:360 for degrees" in said


@pytest.mark.parametrize(
    ("stimulus", "options", "words"),
    [
        ("circle", {}, ["circle:360"]),
        ("cirle:360", {}, ["did you mean 'circle:PERIOD'"]),
        (360, {}, ["stimulus is 360"]),
        (None, {"header": 5}, ["header holds 5"]),
        (None, {"response_columns": [1]}, ["response_columns holds 1"]),
        (None, {"edges": 0.5}, ["edges is 0.5"]),
        (None, {"edges": "abc"}, ["edges is 'abc'"]),
        (None, {"bins": 2.5}, ["bins is 2.5"]),
        (None, {"bins": "4"}, ["bins is '4'"]),
        (None, {"window": ("a", "b")}, ["expected (start, stop)"]),
        (None, {"law": 3}, ["unknown law 3"]),
        ("circle:round", {}, ["'round'", "positive number"]),
        ("circle:-3", {}, ["positive number"]),
        ("circle:1.2.3", {}, ["positive number"]),
        ("circle:1e5e5", {}, ["positive number"]),
        ("sphere", {}, ["unknown geometry"]),
        ("plane", {}, ["1 feature,"]),
        (None, {"shape": "tall"}, ["unknown shape 'tall'"]),
        (None, {"shapes": "counts"}, ["no option 'shapes'", "shape"]),
        (None, {"bins": 1}, ["bins is 1"]),
        (None, {"bins": 3}, ["counted already"]),
        (None, {"edges": [1, 0]}, ["increasing"]),
        (None, {"edges": [1], "bins": 3}, ["contradict"]),
        (None, {"window": (1, 0)}, ["start before stop"]),
        (None, {"window": 3}, ["expected (start, stop)"]),
        (None, {"stimulus_columns": ["angle"]}, ["no column 'angle'", "'orientation'"]),
    ],
)
def test_options_are_checked(tmp_path, stimulus, options, words):
    said = refusal(tmp_path, COUNTS, stimulus, **options)
    for word in words:
        assert word in said


def test_labels_have_no_place_on_a_line(tmp_path):
    assert "no place on a line" in refusal(tmp_path, "sound,0,1\ndog,8,2\nbell,2,5\n", "line")


CALCIUM = "x,dff,df\n" + "".join(f"{j % 2},{j / 8},{-j / 8}\n" for j in range(8))


def test_continuous_responses_are_counted_in_declared_bins(tmp_path):
    equal = read(tmp_path, CALCIUM, response_columns=["dff"], stimulus_columns=["x"], bins=4)
    assert equal.counts.sum(axis=0).tolist() == [2, 2, 2, 2]
    assert "4 bins of equal mass" in repr(equal)
    assert "at most that of the response" in repr(equal)
    edges = read(tmp_path, CALCIUM, stimulus_columns=["x"], edges=[0.5])
    assert edges.response_labels == ("below 0.5, below 0.5", "from 0.5, below 0.5")
    assert edges.counts.sum(axis=0).tolist() == [4, 4]
    # The mean is that of what was recorded, not of the bins.
    assert edges.mean_responses[:, 0].tolist() == [np.mean([0, 2, 4, 6]) / 8, np.mean([1, 3, 5, 7]) / 8]
    assert "labels" in refusal(tmp_path, "x,choice\n0,a\n1,b\n0,b\n", bins=2)
    assert "'dff'" in refusal(tmp_path, CALCIUM, stimulus_columns=["x"])


def test_trials_keep_their_responses(tmp_path):
    found = read(tmp_path, "x,unit_1,unit_2\n5,1,0\n0,4,0\n5,1,2\n", responses="words")
    assert found.responses.tolist() == [[1, 0], [4, 0], [1, 2]]
    assert [found.labels[j] for j in found.trial_stimulus] == ["5", "0", "5"]
    assert found.mean_responses.tolist() == [[4, 0], [1, 1]]
    assert found.response_values.tolist() == [[1, 0], [1, 2], [4, 0]]
    assert found.response_labels == ("1, 0", "1, 2", "4, 0")


def test_the_plug_in_model():
    found = si.Recording.from_counts([[3, 1], [1, 3]], [0, 2], ["a", "b"])
    assert found.model().likelihood.tolist() == [[0.75, 0.25], [0.25, 0.75]]
    assert found.model([0.9, 0.1]).prior.tolist() == [0.9, 0.1]
    assert si.Recording.from_counts([[3, 1], [1, 3]]).geometry == "nominal"
    for wrong in ({"labels": ["a"]}, {"stimuli": [1, 1]}):
        with pytest.raises(si.ModelError):
            si.Recording.from_counts([[3, 1], [1, 3]], **wrong)


def test_every_shape_has_a_name_and_a_title():
    assert list(SHAPES) == [shape.name for shape in SHAPES.values()]
    assert all(shape.title for shape in SHAPES.values())


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        si.read_recording(tmp_path / "none.csv")
    with pytest.raises(si.ModelError, match="is a folder"):
        si.read_recording(tmp_path)
    with pytest.raises(si.ModelError, match=r"expected a path"):
        si.read_recording(3)
    with pytest.raises(OptionError, match="no option"):
        si.read_recording(tmp_path, window_s=(0, 1))


def test_short_names_of_neurons_are_asked_about(tmp_path):
    """60 contrasts, one trial each: as counts of three responses it would say something."""
    rng = np.random.default_rng(0)
    lines = [f"{0.01 * (i + 1):.2f},{','.join(map(str, rng.poisson(4, 3)))}" for i in range(60)]
    (tmp_path / "t.csv").write_text("contrast,n1,n2,n3\n" + "\n".join(lines) + "\n")
    with pytest.raises(si.InputError, match=r"n1 to n3 may be responses.* --as counts or --as trials"):
        si.read_recording(tmp_path / "t.csv")
    found = si.read_recording(tmp_path / "t.csv", shape="trials")
    assert found.responses.shape == (60, 3)
    assert found.trials.tolist() == [1] * 60


@pytest.mark.parametrize(
    "header",
    [
        "Trial #,Gratings Dir (deg),# spikes",
        "Trial No.,orientation,spike count",
        "trial_nr,direction,Number of spikes",
        "trialNumber,stimDirection,spikeCount",
        "TrialID,dir,n spikes [0-500 ms]",
    ],
)
def test_trial_numbers_are_no_stimuli_however_they_are_spelt(tmp_path, header):
    rng = np.random.default_rng(0)
    rows = [f"{trial + 1},{30 * rng.integers(1, 13)},{rng.poisson(4)}" for trial in range(120)]
    (tmp_path / "trials.csv").write_text("\n".join([header, *rows]) + "\n")
    recording = si.read_recording(tmp_path / "trials.csv")
    assert recording.trials.sum() == 120
    assert recording.stimuli.min() == 30
    assert len(recording.labels) == 12


@pytest.mark.parametrize(
    "rows",
    [
        "neuron,trial1,trial2\n1,3,4\n2,1,2\n",
        "unit,0,1,2\n1,3,4,5\n2,1,2,9\n",
        "session,spikes,n\n1,0,4\n1,1,3\n2,0,3\n2,1,9\n",
    ],
)
def test_neurons_in_rows_are_no_stimuli(tmp_path, rows):
    assert "tells rows of several recordings apart" in refusal(tmp_path, rows)
    name = rows.split(",")[0]
    assert read(tmp_path, rows, stimulus_columns=name, shape="wide" if "trial1" in rows else None).labels == ("1", "2")


def test_of_a_series_of_responses_one_is_named(tmp_path):
    rows = "direction,n0,n1,n2\n" + "".join(f"{90 * (i % 3)},{i % 2},{i % 5},{i % 4}\n" for i in range(30))
    found = read(tmp_path, rows, response_columns="n1")
    assert (found.stimulus_names, found.response_names) == (("direction",), ("n1",))
    assert "left out: columns 'n0', 'n2'" in repr(found)


def test_numbered_rows_of_unknown_meaning_are_asked_about(tmp_path):
    rows = [f"{row},{row % 5},{row % 3 + 1}" for row in range(1, 41)]
    (tmp_path / "t.csv").write_text("\n".join(["q,a,b", *rows]) + "\n")
    with pytest.raises(RecordingError, match="numbers the rows 1 to 40"):
        si.read_recording(tmp_path / "t.csv")
    assert len(si.read_recording(tmp_path / "t.csv", shape="counts").labels) == 40


def test_a_period_in_another_unit_than_the_stimuli_is_doubted():
    radians = {"stimulus": np.repeat(np.arange(8) * np.pi / 4, 2), "responses": np.arange(16)}
    assert "If they are radians, write circle:2pi" in si.read_recording(radians, "circle:360").doubts[0]
    assert si.read_recording(radians, "circle:2pi").doubts == ()
    degrees = radians | {"stimulus": np.repeat(np.arange(0, 360, 45), 2)}
    assert si.read_recording(degrees, "circle:360").doubts == ()
    halved = si.read_recording(degrees, "circle:180")
    assert "8 angles are 4 stimuli on the circle:180" in halved.doubts[0]
    found = si.measure(halved, "i_surp", resamples=10)
    assert halved.doubts[0] in found.to_json()["warnings"]
    assert "Warning: 8 angles are 4 stimuli" in " ".join(str(found).split())


@pytest.mark.parametrize("law", ["Negative-Binomial", "negative_binomial", "negative-binomial"])
def test_names_are_spelt_with_hyphens_or_underscores(law):
    recording = si.read_recording({"stimulus": [0, 0, 1, 1], "responses": [1, 2, 3, 4]}, law=law)
    assert recording.law == si.Population([0, 1], [[1, 2]], law, dispersion=1).noise == "negative_binomial"
    assert si.audit(si.i_surp, axioms=["stimulus-invariance"], examples=1).verdicts["stimulus_invariance"]
    assert "i_surp" in si.measure(si.Recording.from_counts([[8, 2], [1, 9]]), ["I-Surp"], resamples=10).measures
    with pytest.raises(InputError, match="unknown law 'negbin'; did you mean 'negative_binomial'"):
        si.read_recording({"stimulus": [0, 1], "responses": [1, 2]}, law="negbin")


def test_a_neuron_of_a_recording_is_named():
    trials = {"stimulus": np.repeat([0, 1], 9), "responses": np.arange(36).reshape(18, 2)}
    with pytest.raises(InputError, match="neuron is -1; expected the name of a response"):
        si.measure(si.read_recording(trials, responses="population"), neuron=-1)


PAIRS = "".join(f"{i % 3},{i % 4}\n" for i in range(24))
#: Tables that may be read in two ways -> words of the refusal, and options that settle it with the labels they give.
DOUBTFUL = {
    "two unknown names": (
        "a,b\n" + PAIRS, ["--stimulus-column", "--response-column"],
        {("0", "1", "2"): {"stimulus_columns": "a"}, ("0", "1", "2", "3"): {"response_columns": "a"}},
    ),
    "two columns of stimuli": ("left,right\n" + PAIRS, ["--as columns"], {("left", "right"): {"shape": "columns"}}),
    "two names of stimuli": ("contrast,size\n" + PAIRS, ["--stimulus-column"], {}),
    "two unknown names of few rows": ("a,b\n1,2\n3,4\n", ["--stimulus-column"], {("1", "3"): {"shape": "counts"}}),
    "responses in rows": (
        "response,left,right\n0,8,3\n1,2,7\n2,0,1\n", ["--as trials", "--as transposed"],
        {("left", "right"): {"shape": "transposed"}, ("0, 1", "2, 7", "8, 3"): {"shape": "trials"}},
    ),
    "labelled responses in rows": (
        "choice,face,house\nyes,8,3\nno,2,7\n", ["--as trials", "--as transposed"],
        {("face", "house"): {"shape": "transposed"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DOUBTFUL)
def test_a_table_that_may_be_read_in_two_ways_is_refused(tmp_path, name):
    content, words, settled = DOUBTFUL[name]
    said = refusal(tmp_path, content)
    assert all(word in said for word in words)
    for labels, options in settled.items():
        assert read(tmp_path, content, **options).labels == labels


@pytest.mark.parametrize("header", ["contrast,b", "b,contrast", "contrast,spikes", "spikes,contrast", "a,spikes"])
def test_of_two_columns_one_name_tells_the_other(tmp_path, header):
    found = read(tmp_path, header + "\n" + PAIRS)
    stimulus, response = header.split(",") if header.startswith(("contrast", "a")) else header.split(",")[::-1]
    assert (found.stimulus_names, found.response_names) == ((stimulus,), (response,))
