"""`measure` with several corrections: in Python, JSON, CSV, on the terminal and the page; and where it refuses."""

from __future__ import annotations

import csv
import io
import json
import math

import numpy as np
import pytest
from commands import stiminfo

import stiminfo as si
from stiminfo.errors import OptionError
from stiminfo.estimators.sampling import TITLES, panzeri_treves_bias
from stiminfo.reports.measured_page import measured_page

COUNTS = [[18, 2, 0], [5, 15, 1], [1, 6, 20]]
TABLE = "x,0,1,2\n0,18,2,0\n45,5,15,1\nblank,1,6,20\n"
MEASURES = ["i_sp", "i_ssi"]


@pytest.fixture(scope="module")
def found():
    return si.measure(si.Recording.from_counts(COUNTS, [0, 1, 2]), MEASURES, resamples=20, corrections=True)


def test_in_python(found):
    about = found.information
    assert list(about.corrections) == list(TITLES)
    assert about.corrections["none"].value == about.plug_in
    assert about.corrections["chosen"].value == about.corrected
    assert about.plug_in - about.corrections["panzeri_treves"].value == pytest.approx(panzeri_treves_bias(COUNTS))
    prior = np.sum(COUNTS, axis=1) / np.sum(COUNTS)
    for name in MEASURES:
        for key, one in found.measures[name].corrections.items():
            if one.value is not None:  # both measures are complete
                assert prior @ one.value == pytest.approx(float(about.corrections[key].value[0]), abs=1e-9), (name, key)


def test_bits(found):
    bits = found.in_bits()
    for before, after in ((found.information, bits.information), (found.measures["i_sp"], bits.measures["i_sp"])):
        for key, one in before.corrections.items():
            assert after.corrections[key].value == pytest.approx(one.value / math.log(2))
            assert after.corrections[key].error == pytest.approx(one.error / math.log(2))
    assert bits.measures["i_ssi"].corrections["panzeri_treves"].reason == (
        found.measures["i_ssi"].corrections["panzeri_treves"].reason
    )


def test_on_the_terminal_and_the_page(found):
    page = measured_page(found)
    for key, title in TITLES.items():
        one = found.information.corrections[key]
        said = f"{one.value[0]:.4f} ± {one.error[0]:.4f}"
        line = next(line for line in str(found).splitlines() if f"correction: {title}" in line)
        assert said in line
        assert f"correction: {title}" in page
        assert said in page
    assert "at each stimulus are in --json and --csv" in " ".join(str(found).split())


def test_the_command_writes_all(tmp_path):
    """A stimulus without position is left out of measures that need distances: null in JSON, an empty cell in CSV."""
    (tmp_path / "r.csv").write_text(TABLE)
    files = ["--json", str(tmp_path / "r.json"), "--csv", str(tmp_path / "out.csv")]
    ask = ["--stimulus", "line", "--measure", "i_sp", "--measure", "i_kong2", "--resamples", "10", "--prior", "uniform"]
    done = stiminfo("measure", tmp_path / "r.csv", *ask, "--corrections", *files)
    assert done.returncode == 0, done.stderr
    assert "Panzeri-Treves" in done.stdout
    data = json.loads((tmp_path / "r.json").read_text())
    whole = data["mutual_information"]["corrections"]
    assert whole["panzeri_treves"]["value"] is None
    assert "share of the trials" in whole["panzeri_treves"]["reason"]
    assert whole["shuffle"]["error"] > 0
    kong = data["measures"]["i_kong2"]["corrections"]["quadratic_extrapolation"]
    assert kong["values"][2] is None
    assert kong["errors"][0] > 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert rows[2]["i_kong2_jackknife"] == ""
    for key in ("", "_corrected", "_jackknife", "_quadratic_extrapolation", "_shuffle"):
        assert float(rows[0][f"i_sp{key}_standard_error"]) > 0
    assert float(rows[1]["i_sp_shuffle"]) == data["measures"]["i_sp"]["corrections"]["shuffle"]["values"][1]
    assert "i_sp_panzeri_treves" not in rows[0]


def test_only_if_asked():
    found = si.measure(si.Recording.from_counts(COUNTS, [0, 1, 2]), ["i_sp"], resamples=10)
    assert "correction: jackknife" not in str(found)
    data = found.to_json()
    assert data["mutual_information"]["corrections"] is data["measures"]["i_sp"]["corrections"] is None
    assert not any("standard_error" in name for name in found.columns())


def test_silent_trials_have_none():
    found = si.measure(si.Recording.from_counts([[1, 0], [0, 1]], [0, 1]), ["i_sp"], resamples=10, corrections=True)
    assert found.to_json()["mutual_information"]["corrections"] is None


def test_a_population_is_refused(tmp_path):
    (tmp_path / "p.csv").write_text("x,unit_1,unit_2\n" + "0,1,2\n1,3,1\n2,4,0\n" * 5)
    recording = si.read_recording(tmp_path / "p.csv", responses="population")
    with pytest.raises(OptionError, match="--responses words"):
        si.measure(recording, corrections=True)
