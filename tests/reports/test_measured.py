"""What `measure` finds in a recording: its numbers, what it declines, and that it reads at 80 columns."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import sys
from dataclasses import replace

import numpy as np
import pytest

import stiminfo as si
from stiminfo.errors import OptionError, OutOfReach
from stiminfo.estimators import PUBLISHED
from stiminfo.estimators.sampling import Settings, limited_sampling, panzeri_treves_bias, resample_warnings
from stiminfo.models import ModelError, Recording
from stiminfo.reports.draw.measured import plot_measured
from stiminfo.reports.measured_page import measured_page
from stiminfo.reports.measured_terminal import decimals, fixed, print_measured
from stiminfo.reports.symbols import symbol
from stiminfo.reports.terminal import plain_console, text_of

COUNTS = np.array([[18.0, 2.0, 0.0], [5.0, 15.0, 1.0], [1.0, 6.0, 20.0]])


def recording_of(counts, stimuli=None, names=None):
    counts = np.asarray(counts, dtype=float)
    x = np.arange(len(counts)) if stimuli is None else stimuli
    return Recording.from_counts(counts, x, names or [f"s{j}" for j in range(len(counts))])


def printed(report, width=80):
    console = plain_console(width)
    print_measured(report, console)
    return text_of(console)


def applicable(report):
    """The measures that have values."""
    found = [measure for measure in report.measures.values() if measure.value is not None]
    assert len(found) > 1
    return found


@pytest.fixture(scope="module")
def report():
    return si.measure(recording_of(COUNTS), resamples=80, seed=3)


def test_numbers(report):
    model = recording_of(COUNTS).model()
    about = report.information
    assert (report.recording.trials.tolist(), report.to_json()["number_of_responses"]) == ([20, 21, 27], 3)
    assert report.resamples == 80
    assert about.plug_in == model.mutual_information()
    assert about.bias == pytest.approx(panzeri_treves_bias(COUNTS), rel=0.5)
    assert about.corrected == about.plug_in - about.bias
    few = limited_sampling(COUNTS, model.stimuli, {}, Settings(resamples=80, seed=3)).information
    assert (about.p_value, about.null) == (few.p_value, few.null_mean)
    assert about.low < about.plug_in < about.high
    assert list(report.measures) == list(PUBLISHED)
    for measure in applicable(report):
        assert measure.value.tolist() == PUBLISHED[measure.name](model).tolist()
        assert max(measure.numerical_error) < 1e-4
        assert (measure.low < measure.value).all(), measure
        assert (measure.value < measure.high).all(), measure


def test_complete_measures_average_to_the_information(report):
    share = report.recording.trials / report.recording.trials.sum()
    for measure in applicable(report):
        assert share @ measure.value == pytest.approx(report.information.plug_in, abs=1e-5), measure.name


def test_fisher_is_declined_with_its_reason(report):
    fisher = report.measures["fisher"]
    assert (fisher.name, fisher.value, fisher.low, fisher.high) == ("fisher", None, None, None)
    assert "gradient" in fisher.reason
    assert "fisher does not apply" in printed(report)


BEYOND = recording_of(np.concatenate([COUNTS, COUNTS[:2]]), np.random.default_rng(0).normal(size=(5, 4)))


def test_beyond_space_the_integrals_are_declined(monkeypatch):
    """Where there is no torch."""
    monkeypatch.setitem(sys.modules, "stiminfo.diffusion.finite_set", None)
    report = si.measure(BEYOND, resamples=20)
    reasons = {measure.name: measure.reason for measure in report.measures.values() if measure.reason}
    assert list(reasons) == ["fisher", "i_local", "i_kong2"]
    assert "R^4" in reasons["i_local"]
    assert "R^4" in reasons["i_kong2"]
    assert "i_local does not apply: 5 stimuli that span 4 dimensions of R^4" in printed(report)
    assert "pip install 'stiminfo[diffusion]'" in reasons["i_local"]


def test_beyond_space_the_integrals_are_estimated(monkeypatch):
    pytest.importorskip("torch", reason="the diffusion side needs torch")
    monkeypatch.setattr("stiminfo.reports.measuring_beyond._PASSES_OF_TABLE", 512)
    report = si.measure(BEYOND, ["i_surp", "i_local"], resamples=10, seed=1)
    one = report.measures["i_local"]
    again = si.i_local.estimate(BEYOND.model(), passes=512, seed=1)
    assert one.numerical_error == pytest.approx(again.stderr, rel=0.5)
    assert (np.abs(one.value - again.value) < 4 * np.hypot(one.numerical_error, again.stderr)).all()
    assert abs(report.prior @ one.value - report.information.plug_in) < 4 * again.stderr.max()
    assert (one.corrected, one.low, one.high) == (None, None, None)
    said = " ".join(printed(report).split())
    assert "i_local: estimated with denoisers of the finite set of stimuli, 512 passes" in said
    assert report.plot() is not None


def test_json_is_repeatable_and_complete(report):
    data = report.to_json()
    again = si.measure(recording_of(COUNTS), resamples=80, seed=3).to_json()
    assert json.dumps(data, allow_nan=False) == json.dumps(again, allow_nan=False)
    other = si.measure(recording_of(COUNTS), resamples=80, seed=4).to_json()
    assert data["mutual_information"]["interval"] != other["mutual_information"]["interval"]
    assert data["mutual_information"]["corrected"] == report.information.corrected
    assert (data["number_of_stimuli"], data["number_of_responses"], data["total_trials"]) == (3, 3, 68)
    assert list(data["measures"]) == list(PUBLISHED)
    assert data["measures"]["fisher"]["values"] is None
    assert len(data["measures"]["i_local"]["high"]) == 3
    assert (data["seed"], data["bootstrap"]) == (3, {"resamples": 80, "level": 0.95})


def test_deterministic_channel():
    report = si.measure(recording_of(8 * np.eye(3)), resamples=30)
    about = report.information
    assert about.plug_in == pytest.approx(math.log(3), abs=1e-14)
    assert about.low < math.log(3)
    assert about.high == pytest.approx(math.log(3), abs=1e-14)  # the entropy of the stimuli
    assert report.measures["i_surp"].value == pytest.approx([math.log(3)] * 3, abs=1e-14)
    assert about.corrected < math.log(3)
    assert report.warnings == ()
    assert report.stimulus_warnings == ()


def test_single_stimulus():
    report = si.measure(recording_of([[9, 9]]), resamples=30)
    about = report.information
    assert (about.plug_in, about.bias, about.low, about.high) == (0, 0, 0, 0)
    for measure in applicable(report):
        assert measure.value == pytest.approx([0], abs=1e-12), measure.name
    assert report.warnings == ("There is one stimulus: I(R;X) is 0 whatever the responses.",)
    assert "1 stimulus, 2 responses, 18 trials" in printed(report)


def test_stimulus_with_one_trial():
    report = si.measure(recording_of([[20, 4], [0, 1], [3, 17]]), resamples=20)
    assert report.recording.trials.tolist() == [24, 1, 20]
    (said,) = report.stimulus_warnings
    assert said.startswith("Stimulus s1 has 1 trial:")
    assert "Warning: Stimulus s1 has 1 trial" in printed(report)


@pytest.mark.parametrize("width", [80, 120, 240])
def test_reads_at_any_width(report, width):
    text = printed(report, width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert "nats" in text
    rows = [line for line in lines if line.strip().startswith("s1 ")]
    assert len(rows) == {80: 4, 120: 3, 240: 1}[width]
    # Every value stands whole in its row, in order.
    cells = [cell.strip() for row in rows for cell in row.split("│")[1:]]
    for measure in applicable(report):
        cell = f"{measure.value[1]:.3f} ({measure.corrected[1]:.3f}) [{measure.low[1]:.3f}, {measure.high[1]:.3f}]"
        assert cell in cells
    assert cells[0] == "21"
    assert len(cells) == 8


def test_names_are_escaped_and_cut():
    names = ["[bold]", "a grating of long name, leftward", "c"]
    text = printed(si.measure(recording_of(COUNTS, names=names), resamples=10))
    assert " [bold] " in text
    assert " a grating of lo... " in text
    assert max(map(len, text.splitlines())) <= 80


def test_stimuli_that_differ_at_their_end_stay_different():
    labels = [f"a long name of a grating, {n}" for n in (10, 11, 12)]
    text = printed(si.measure(recording_of(np.full((3, 2), 9), names=labels), ["i_surp"], resamples=10), 100)
    assert all(sum(f"{n} " in line and "…" in line for line in text.splitlines()) == 1 for n in (10, 11, 12))


def test_many_poor_stimuli_are_counted():
    report = si.measure(recording_of(np.tile([[1, 1], [2, 0]], (6, 1))), resamples=10)
    assert len(report.stimulus_warnings) == 12
    assert "Warning: 4 more stimuli have too few trials" in printed(report)


def test_str_is_what_is_printed(report, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert repr(report) == str(report)
    assert str(report) == printed(report, 100).rstrip("\n")


def test_progress_is_heard():
    heard = []
    si.measure(recording_of(COUNTS), resamples=2000, progress=lambda done, total: heard.append((done, total)))
    assert len(heard) > 1
    assert heard == sorted(heard)
    assert heard[-1] == (2000, 2000)


def test_repeated_stimuli_are_refused():
    with pytest.raises(ModelError, match="two rows"):
        si.measure(recording_of(COUNTS, [[0.0], [0.0], [1.0]]), resamples=10)


def sorted_by_label(data):
    """Each stimulus's numbers, whatever the order of stimuli."""
    order = np.argsort(data["stimulus_names"])
    return {
        name: {key: [one[key][j] for j in order] for key in ("values", "low", "high") if one[key] is not None}
        for name, one in data["measures"].items()
    }


def test_no_number_depends_on_the_order_of_stimuli_or_responses():
    names = ["dog", "bell", "rain"]
    one = si.measure(Recording.from_counts(COUNTS, labels=names), resamples=40).to_json()
    shuffled = Recording.from_counts(COUNTS[[2, 0, 1]], labels=[names[j] for j in (2, 0, 1)])
    other = si.measure(shuffled, resamples=40).to_json()
    assert sorted_by_label(one) == sorted_by_label(other)
    assert one["mutual_information"]["interval"] == other["mutual_information"]["interval"]
    for name in ("fisher", "i_local", "i_kong2"):
        assert "nominal" in one["measures"][name]["reason"]


def circle(tmp_path, start):
    """One neuron's counts at twelve directions, listed from `start` degrees on."""
    rows = []
    for direction in range(start, start + 360, 30):
        rate = np.exp(np.cos(np.radians(direction % 360)))
        rows.append([direction, *(round(90 * rate**k / math.factorial(k)) for k in range(3))])
    text = "direction,0,1,2\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    (tmp_path / "circle.csv").write_text(text)
    return si.measure(si.read_recording(tmp_path / "circle.csv", "circle:360"), resamples=30)


def test_where_a_circle_is_cut_changes_nothing(tmp_path):
    one, other = circle(tmp_path, 0), circle(tmp_path, -180)
    angles = [found.recording.stimuli[:, 0].argsort() for found in (one, other)]
    assert one.information == other.information
    for name in one.measures:
        first, second = one.measures[name], other.measures[name]
        assert first.reason == second.reason
        if first.value is not None:
            for key in ("value", "low", "high"):
                assert getattr(first, key)[angles[0]].tolist() == getattr(second, key)[angles[1]].tolist()
    assert [name for name, measure in one.measures.items() if measure.value is None] == ["fisher"]


def blank_recording(tmp_path):
    (tmp_path / "blank.csv").write_text("orientation,0,1,2\n0,8,2,0\n180,2,5,3\n90,7,3,0\nblank,9,1,0\n")
    return si.read_recording(tmp_path / "blank.csv")


def test_measures_that_need_distances_leave_a_blank_out(tmp_path):
    found = si.measure(blank_recording(tmp_path), resamples=20)
    local = found.measures["i_local"]
    assert np.isfinite(local.value).tolist() == [True, True, True, False]
    angles = Recording.from_counts([[8, 2, 0], [2, 5, 3], [7, 3, 0]], [0, 180, 90])
    assert local.value[:3].tolist() == pytest.approx(si.i_local(angles.model()).tolist(), abs=1e-12)
    assert "blank left out" in local.note
    assert np.isfinite(found.measures["i_surp"].value).all()
    assert found.to_json()["measures"]["i_local"]["values"][3] is None
    assert found.to_csv().splitlines()[4].startswith("blank,,10,")
    assert "i_local: blank left out" in printed(found)
    axes = {one.get_title(loc="left"): one for one in plot_measured(found).axes}
    assert "(not drawn: blank)" in next(iter(axes.values())).get_xlabel()
    # The mean of I_local is not the I(R;X) of all stimuli.
    dashed = {title: any(line.get_linestyle() == "--" for line in one.lines) for title, one in axes.items()}
    assert dashed[symbol("i_surp").mathtext]
    assert not dashed[symbol("i_local").mathtext]
    # Only measures with distances: I(R;X) is still that of all stimuli.
    alone = si.measure(blank_recording(tmp_path), ["i_local"], resamples=20)
    assert alone.information.plug_in == found.information.plug_in
    assert list(alone.measures) == ["i_local"]


class TestPriors:
    COUNTS = np.array([[400, 80, 20], [3, 4, 3], [45, 4, 1]])

    def test_uniform(self):
        found = si.measure(Recording.from_counts(self.COUNTS, [0, 45, 90]), prior="uniform", resamples=60)
        share = self.COUNTS / self.COUNTS.sum(axis=1, keepdims=True)
        model = si.EncodingModel([0, 45, 90], np.full(3, 1 / 3), share.T)
        assert found.information.plug_in == pytest.approx(model.mutual_information(), abs=1e-14)
        assert found.information.low < found.information.plug_in < found.information.high
        assert found.measures["i_surp"].value == pytest.approx(si.i_surp(model), abs=1e-14)
        assert (found.measures["i_surp"].low < found.measures["i_surp"].value).all()
        assert "prior: every stimulus alike" in printed(found)
        by_trials = si.measure(Recording.from_counts(self.COUNTS, [0, 45, 90]), resamples=10)
        assert "prior: the share of the trials" in printed(by_trials)
        assert by_trials.information.plug_in < found.information.plug_in

    def test_in_numbers_and_by_label(self):
        recording = Recording.from_counts(self.COUNTS, [0, 45, 90], ["a", "b", "c"])
        one = si.measure(recording, ["i_sp"], prior=[0.2, 0.3, 0.5], resamples=10)
        other = si.measure(recording, ["i_sp"], prior={"c": 0.5, "b": 0.3, "a": 0.2}, resamples=10)
        assert one.to_json() == other.to_json()
        assert one.prior.tolist() == [0.2, 0.3, 0.5]

    @pytest.mark.parametrize(
        ("prior", "words"),
        [
            ("flat", "unknown prior 'flat'"),
            ([0.5, 0.5], r"prior has shape \(2,\)"),
            ([0.5, 0.5, 0.0], "prior of stimulus 'c' is 0"),
            ([0.5, 0.5, 0.5], "sums to 1.5"),
            ({"a": 0.5, "b": 0.5}, "does not match the stimuli: 'c'"),
        ],
    )
    def test_refused(self, prior, words):
        with pytest.raises(si.InputError, match=words):
            si.measure(Recording.from_counts(self.COUNTS, [0, 45, 90], ["a", "b", "c"]), prior=prior)

    def test_the_bias_under_a_chosen_prior_is_that_of_simulation(self):
        likelihood = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
        prior, trials = np.array([0.8, 0.2]), np.array([60, 120])
        truth = si.EncodingModel([0, 1], prior, likelihood.T).mutual_information()
        rng = np.random.default_rng(1)
        drawn = [rng.multinomial(trials, likelihood) for _ in range(300)]
        off = [Recording.from_counts(c, [0, 1]).model(prior).mutual_information() - truth for c in drawn]
        options = {"measures": [], "prior": prior, "resamples": 20}
        said = [si.measure(Recording.from_counts(c, [0, 1]), **options).information.bias for c in drawn[:100]]
        assert abs(np.mean(said) - np.mean(off)) < 4 * np.std(off) / len(off) ** 0.5
        assert np.mean(off) > 2 * np.std(off) / len(off) ** 0.5


class TestBits:
    def test_information_is_scaled_and_fisher_is_not(self, report):
        bits = report.in_bits()
        assert bits.information.plug_in == report.information.plug_in / math.log(2)
        assert bits.information.corrected == pytest.approx(report.information.corrected / math.log(2), abs=1e-15)
        assert bits.measures["i_sp"].low.tolist() == (report.measures["i_sp"].low / math.log(2)).tolist()
        assert bits.to_json()["mutual_information"]["units"] == bits.measures["i_sp"].units == "bits"
        assert bits.measures["fisher"].units == report.measures["fisher"].units
        assert "I(R;X), bits" in printed(bits)
        assert bits.in_bits() is bits

    def test_per_spike(self, report):
        mean = (COUNTS @ [0, 1, 2]).sum() / COUNTS.sum()
        assert report.information.per_spike == pytest.approx(report.information.plug_in / mean, rel=1e-14)
        assert "nats per spike" in printed(report)
        silent = si.measure(Recording.from_counts([[3, 0], [4, 0]], [0, 1]), ["i_sp"], resamples=10)
        assert silent.information.per_spike is None


def test_digits_suit_the_sizes():
    near = si.measure(recording_of([[5000, 5000], [5080, 4920]]), ["i_surp", "i_sp"], resamples=10)
    assert 0 < near.information.plug_in < 1e-3
    text = printed(near, 120)
    assert f"{near.information.plug_in:.7f}" in text
    assert "0.000 [" not in text
    assert decimals([0.0, math.nan]) == 3
    assert decimals([3.2e-20]) == 12
    assert fixed(-1e-9, 3) == "0.000"
    assert fixed(math.nan, 3) == "–"


def test_trials_that_say_nothing_have_no_interval(report):
    bare = {name: replace(one, low=None, high=None) for name, one in report.measures.items()}
    information = replace(report.information, corrected=None, low=None, high=None, null=0.2, p_value=0.4)
    silent = replace(report, information=information, measures=bare, silent="Every trial has a response of its own.")
    text = printed(silent)
    assert "No values: Every trial has a response of its own." in text
    assert f"{report.information.plug_in:.3f}" not in text
    assert silent.in_bits().information.null == 0.2 / math.log(2)
    assert silent.to_json()["mutual_information"]["corrected"] is None
    assert "of its own" in measured_page(silent)
    whole, none = ([row.split(",") for row in one.to_csv().splitlines()] for one in (report, silent))
    assert none[0][:4] == whole[0][:4]
    first = none[0].index("i_surp")
    assert {"i_surp_low", "i_surp_high", "i_surp_corrected"} <= set(none[0])
    assert all(set(row[first:-1]) == {""} for row in none[1:])
    drawn = [text.get_text() for axes in plot_measured(silent).axes for text in axes.texts]
    assert any(text.startswith("No values") for text in drawn)
    assert len(plot_measured(silent).axes) < len(plot_measured(report).axes)


def test_corrected_values_stand_beside_the_plug_in(report):
    fair = {name: one if one.value is None else replace(one, corrected=one.value / 2) for name, one in
            report.measures.items()}  # fmt: skip
    found = replace(report, measures=fair)
    one = report.measures["i_surp"]
    assert f"{one.value[1]:.3f} ({one.value[1] / 2:.3f}) [{one.low[1]:.3f}, {one.high[1]:.3f}]" in printed(found, 200)
    assert "value (corrected) [95 % interval]" in printed(found, 200)
    assert found.in_bits().measures["i_surp"].corrected[1] == pytest.approx(one.value[1] / 2 / math.log(2), rel=1e-14)


def test_how_it_was_read_stands_above(tmp_path):
    text = printed(si.measure(blank_recording(tmp_path), ["i_sp"], resamples=10))
    assert text.startswith("read: text in UTF-8, separated by commas\nread: shape: count table")


def test_a_table_that_is_too_large_for_integrals(monkeypatch):
    monkeypatch.setattr("stiminfo.reports.measuring._MOST_ENTRIES", 8)
    found = si.measure(recording_of(COUNTS), ["i_local", "i_sp"], resamples=10)
    assert "3 stimuli by 3 responses are too many" in found.measures["i_local"].reason
    assert found.measures["i_sp"].value is not None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"resamples": 9}, "resamples is 9; expected a whole number, 10 or more"),
        ({"resamples": 20.5}, "resamples is 20.5"),
        ({"resamples": True}, "resamples is True"),
        ({"seed": -1}, "seed is -1; expected a whole number, 0 or more"),
        ({"level": 95}, "level is 95; expected a share between 0 and 1"),
        ({"level": "0.9"}, "level is '0.9'"),
    ],
)
def test_wrong_settings(wrong, said):
    with pytest.raises(OptionError, match=said):
        si.measure(recording_of(COUNTS), ["i_sp"], **wrong)


def test_intervals_of_a_high_level_need_many_resamples():
    """One in 1 / (1 - level) lies beyond the ends; and there are 30 at any level."""
    assert resample_warnings(30, 0.95) == resample_warnings(100, 0.99) == ()
    assert "--resamples 30 or more" in resample_warnings(29, 0.5)[0]
    assert "99 simulated experiments are few" in resample_warnings(99, 0.99)[0]
    found = si.measure(recording_of(COUNTS), ["i_sp"], resamples=40, level=0.99)
    assert "40 simulated experiments are few for intervals of 99 %" in found.warnings[-1]
    assert "(--resamples 100 or more)" in found.warnings[-1]


def test_the_error_of_a_correction_stands_beside_it(report):
    about, one = report.information, report.measures["i_surp"]
    assert about.correction_error > 0
    assert f"± {about.correction_error:.4f}" in printed(report, 120)
    data = report.to_json()
    assert data["mutual_information"]["correction_error"] == about.correction_error
    assert data["measures"]["i_surp"]["correction_error"] == one.correction_error.tolist()
    assert report.in_bits().information.correction_error == pytest.approx(about.correction_error / math.log(2))


def test_a_table_that_is_too_large_for_the_memory():
    """Five neurons with 20 counts each have 3.2 million joint responses; here 20,000 occurred."""
    counts = np.ones((100, 20_000))
    with pytest.raises(OutOfReach, match=r"100 stimuli by 20000 responses would take 5 GiB .*--responses population"):
        si.measure(recording_of(counts), ["i_sp"])


def test_unknown_measures():
    with pytest.raises(si.InputError, match="did you mean 'i_local'"):
        si.measure(recording_of(COUNTS), ["i_locl"])


def test_rows_are_stimuli(report):
    rows = [line.split(",") for line in report.to_csv().splitlines()]
    assert rows[0][:7] == ["label", "stimulus", "trials", "prior", "i_sp", "i_sp_corrected", "i_sp_correction_error"]
    assert [float(row[4]) for row in rows[1:]] == report.measures["i_sp"].value.tolist()
    plane = si.measure(Recording.from_counts(COUNTS, [[0, 0], [1, 0], [0, 1]]), ["i_sp"], resamples=10)
    assert list(plane.columns())[:4] == ["label", "feature 1", "feature 2", "trials"]


@pytest.mark.parametrize("units", ["nats", "bits"])
def test_rows_say_their_units(report, units):
    found = report.in_bits() if units == "bits" else report
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert {row["units"] for row in rows} == {units}
    assert [float(row["i_sp"]) for row in rows] == found.measures["i_sp"].value.tolist()


def test_a_data_frame(report):
    pytest.importorskip("pandas", reason="needs stiminfo[recordings]")
    frame = report.to_frame()
    assert frame.attrs == {"units": "nats"}
    assert frame.loc["s1", "i_local"] == report.measures["i_local"].value[1]
    assert frame["i_kong2_high"].tolist() == report.measures["i_kong2"].high.tolist()


def test_an_xarray_dataset(report):
    pytest.importorskip("xarray", reason="needs stiminfo[recordings]")
    data = report.to_xarray()
    assert float(data["i_local"].sel(label="s1")) == report.measures["i_local"].value[1]
    assert data.attrs["units"] == "nats"


@pytest.mark.parametrize(("library", "method"), [("pandas", "to_frame"), ("xarray", "to_xarray")])
def test_a_library_that_is_not_installed_is_named(report, monkeypatch, library, method):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(si.InputError, match=r"pip install 'stiminfo\[recordings\]'"):
        getattr(report, method)()


class TestPage:
    def test_everything_is_on_it(self, tmp_path):
        found = si.measure(blank_recording(tmp_path), resamples=10)
        page = measured_page(found, "<blank>.csv", "stiminfo measure '<blank>.csv'")
        assert "<h1>&lt;blank&gt;.csv</h1>" in page
        assert "count table, stimuli (orientation) in rows" in page
        assert "<script" not in page
        assert page.count("<svg") == 1
        surprise = found.measures["i_surp"]
        numbers = (surprise.value[1], surprise.corrected[1], surprise.low[1], surprise.high[1])
        assert "{:.3f} ({:.3f}) [{:.3f}, {:.3f}]".format(*numbers) in page
        assert "fewer than 4 each" in page
        assert "blank left out" in page


class TestFigure:
    def axes(self, recording, **options):
        figure = si.measure(recording, resamples=10, **options).plot()
        return figure, {axes.get_title(loc="left"): axes for axes in figure.axes}

    def test_a_line(self):
        _figure, axes = self.axes(recording_of(COUNTS))
        assert axes["mean response"].lines[0].get_ydata().tolist() == (COUNTS @ [0, 1, 2] / COUNTS.sum(axis=1)).tolist()
        assert len(axes) == 9  # responses, I(R;X), seven measures
        local = axes[r"I$_{\mathrm{local}}$"]
        assert local.lines[0].get_ydata().tolist() == si.i_local(recording_of(COUNTS).model()).tolist()
        found = si.measure(recording_of(COUNTS), resamples=10)
        assert local.lines[1].get_ydata().tolist() == found.measures["i_local"].corrected.tolist()
        assert local.lines[2].get_ydata()[0] == found.information.corrected  # dashed
        assert axes["mean response"].get_ylabel() == "per trial"
        assert (
            local.get_ylabel() == next(one for title, one in axes.items() if "I(R;X)" in title).get_xlabel() == "nats"
        )

    def test_a_legend_stands_beside_the_curves(self):
        rng = np.random.default_rng(0)
        trials = {"stimulus": np.repeat(np.arange(4), 10), "responses": rng.poisson(3, (40, 3))}
        figure = si.measure(si.read_recording(trials, responses="population"), ["i_surp"], resamples=10).plot()
        figure.canvas.draw()
        (legend,) = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
        assert len(legend.get_texts()) == 3
        assert not legend.get_window_extent().overlaps(figure.axes[0].bbox)

    @pytest.mark.parametrize(
        "names",
        [
            ("area_V1_unit_01_spikes", "area_V1_unit_02_spikes", "area_V1_unit_13_spikes"),
            ("unit_12 (spikes)", "unit_13 (spikes)"),
            ("a", "a_very_long_name_of_a_recording_in_one_area_of_the_brain, unit 1 of 2"),
            ("left_hemisphere_area_V1_shank_1_unit_7_spikes", "left_hemisphere_area_V1_shank_2_unit_7_spikes"),
        ],
    )
    def test_long_names_stay_different_beside_the_curves(self, names, tmp_path):
        counts = np.random.default_rng(0).poisson(2, (40, len(names)))
        rows = [f"{30 * (n % 4)},{','.join(map(str, row))}" for n, row in enumerate(counts)]
        (tmp_path / "t.csv").write_text("\n".join([f"angle,{','.join(map(json.dumps, names))}", *rows]))
        recording = si.read_recording(
            tmp_path / "t.csv", "circle:360", stimulus_columns=("angle",), responses="population"
        )
        figure = si.measure(recording, ["i_surp"], resamples=10).plot()
        figure.canvas.draw()
        (legend,) = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
        said = [text.get_text() for text in legend.get_texts()]
        assert len(set(said)) == len(names)
        assert all(word[0] == "…" or word[0] == name[0] for word, name in zip(said, names))
        box = legend.get_window_extent()
        assert box.x1 < figure.axes[2].bbox.x0  # the panel to the right

    def test_ticks_of_a_grid_of_octaves_do_not_overprint(self):
        points = [(a, b) for a in (0, 45, 90) for b in (0.02, 0.04, 0.08, 0.16, 0.32)]
        counts = np.random.default_rng(0).multinomial(20, [0.5, 0.3, 0.2], size=15)
        figure = si.measure(Recording.from_counts(counts, points), ["i_surp"], resamples=10).plot()
        figure.canvas.draw()
        boxes = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
        assert len(boxes) == 5
        assert not any(one.overlaps(other) for one, other in itertools.pairwise(boxes))

    def test_long_labels_keep_both_ends(self):
        labels = [f"natural image number {k}" for k in range(3)]
        _figure, axes = self.axes(Recording.from_counts(COUNTS, labels=labels), measures=["i_sp"])
        assert [text.get_text()[-3:] for text in axes["mean response"].get_xticklabels()] == ["r 0", "r 1", "r 2"]

    def test_a_circle_is_round(self, tmp_path):
        circle_found = circle(tmp_path, 0)
        figure = circle_found.plot()
        polar = [axes for axes in figure.axes if axes.name == "polar"]
        assert len(polar) == 1 + len(applicable(circle_found))
        curve = polar[-1].lines[0]
        assert curve.get_xdata()[-1] - curve.get_xdata()[0] == pytest.approx(2 * math.pi)

    @pytest.mark.parametrize("shape", ["round", "one side"])
    def test_labels_of_the_radius_stay_off_the_curves(self, shape):
        """At the angle of the labels no curve runs where one is written; on a circle everywhere only the last is."""
        from matplotlib.figure import Figure

        from stiminfo.reports.draw.measured_axes import _label_circle

        angles = np.linspace(0, 2 * np.pi, 73)
        radius = 0.62 + 0 * angles if shape == "round" else 0.05 + 0.6 * np.clip(np.cos(angles - 0.8), 0, None)
        axes = Figure().add_subplot(projection="polar")
        axes.plot(angles, radius)
        axes.set_ylim(0, 1)
        _label_circle(axes, 360.0)
        there = np.interp(np.deg2rad(axes.get_rlabel_position()), angles, radius)
        written = [float(t.get_text()) for t in axes.get_yticklabels() if t.get_text()]
        assert written
        assert not any(tick <= there <= tick + 0.25 for tick in written)
        assert len(written) < len(axes.get_yticks()) if shape == "round" else len(written) == len(axes.get_yticks())

    def test_a_plane_is_a_map(self):
        grid = [[0, 0], [0, 1], [1, 0], [1, 1]]
        counts = np.concatenate([COUNTS, COUNTS[:1]])
        _figure, axes = self.axes(Recording.from_counts(counts, grid), measures=["i_sp", "i_surp"])
        maps = axes[r"I$_{\mathrm{surp}}$ (nats)"].collections[0].get_array()
        values = si.measure(Recording.from_counts(counts, grid), resamples=10).measures["i_surp"].corrected
        assert np.sort(maps.ravel()).tolist() == np.sort(values).tolist()
        _scattered, axes = self.axes(Recording.from_counts(COUNTS, [[0, 0], [1, 0], [0, 1]]), measures=["i_surp"])
        assert len(axes[r"I$_{\mathrm{surp}}$ (nats)"].collections[0].get_offsets()) == 3

    def test_labels_and_words(self, tmp_path):
        _figure, axes = self.axes(Recording.from_counts(COUNTS, labels=["dog", "bell", "rain"]), measures=["i_sp"])
        shown = [label.get_text() for label in axes[r"I$_{\mathrm{sp}}$"].get_xticklabels()]
        assert shown == ["dog", "bell", "rain"]
        (tmp_path / "words.csv").write_text("x,word\n" + "0,01\n1,10\n1,11\n0,01\n")
        _, axes = self.axes(si.read_recording(tmp_path / "words.csv"), measures=["i_sp"])
        assert "p(r|x) of the most frequent responses" in axes

    def test_many_neurons(self):
        rng = np.random.default_rng(0)
        two = si.read_recording({"stimulus": [0, 1] * 4, "responses": rng.integers(0, 2, (8, 2))})
        _, axes = self.axes(two, measures=["i_sp"])
        assert len(axes["mean response"].lines) == 2
        many = si.read_recording({"stimulus": [0, 1] * 4, "responses": rng.integers(0, 2, (8, 9))})
        _, axes = self.axes(many, measures=["i_sp"])
        assert "mean response, average of 9" in axes


def test_one_name_and_any_source_that_can_be_read():
    found = si.measure({"stimulus": [0, 0, 1, 1, 0, 1], "responses": [3, 2, 5, 6, 3, 5]}, "i_surp", resamples=20)
    assert list(found.measures) == ["i_surp"]
    assert found.information.high <= math.log(2)
