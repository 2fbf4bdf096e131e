"""The study of few trials: its tallies add up and go on, its page is made, and what is committed keeps its promise."""

import json

import numpy as np
import pytest

from stiminfo.reports.studies import publish, sampling
from stiminfo.reports.studies.study import FOLDER


@pytest.fixture
def small(monkeypatch):
    """The study with two finite sums, two simulations and few resamples."""
    for name, value in {"BATCH": 2, "RESAMPLES": 8, "PARTIAL": 3, "TRIALS": (5, 20)}.items():
        monkeypatch.setattr(sampling, name, value)
    monkeypatch.setattr(sampling, "MEASURES", {name: sampling.MEASURES[name] for name in ("i_ssi", "i_surp")})
    monkeypatch.setattr(sampling, "SIMULATIONS", dict(list(sampling.SIMULATIONS.items())[2:]))


def test_a_study_goes_on_where_it_stopped(small, tmp_path):
    for folder, numbers in (("once", ["4"]), ("twice", ["2", "4"])):
        for number in numbers:
            publish.main(["sampling", "--out", str(tmp_path / folder), "--experiments", number])
    once, twice = (json.loads((tmp_path / name / "sampling.json").read_text()) for name in ("once", "twice"))
    assert once == twice
    part = once["parts"]["Poisson counts, 3 spikes at every stimulus; 20 trials"]
    assert part["experiments"] == 4
    assert part["intervals"]["chosen"]["I"][0] >= 2
    assert part["intervals"]["percentile"]["I"][0] == 0
    assert np.mean(part["by_stimulus"]["i_surp"]) == pytest.approx(part["intervals"]["chosen"]["i_surp"][0])
    page = (tmp_path / "once" / "sampling.md").read_text()
    assert "at least 4 simulated experiments" in page
    assert "| **chosen** |" in page


def test_other_settings_start_anew(small, tmp_path, monkeypatch):
    publish.main(["sampling", "--out", str(tmp_path), "--experiments", "2"])
    before = (tmp_path / "sampling.json").read_text()
    monkeypatch.setattr(sampling, "RESAMPLES", 9)
    publish.main(["sampling", "--out", str(tmp_path), "--experiments", "2"])
    after = json.loads((tmp_path / "sampling.json").read_text())
    assert after["settings"]["resamples"] == 9
    assert after["parts"] != json.loads(before)["parts"]


def test_the_committed_intervals_cover():
    data = json.loads((FOLDER / "sampling.json").read_text(encoding="utf-8"))
    for least, trials in ((0.90, 20), (0.93, 50)):
        for simulation in sampling.SIMULATIONS:
            part = data["parts"][f"{simulation}; {trials} trials"]
            count = part["experiments"]
            for name, (hits, _) in part["intervals"]["chosen"].items():
                # Two standard errors of a share of so many experiments.
                assert hits / count > least - 2 * (least * (1 - least) / count) ** 0.5, (simulation, trials, name)


def test_tallies_of_unlike_types_add():
    assert sampling.added({"a": [1.5, 2.0], "n": 1}, {"a": [1.0, 0.25], "n": 2}) == {"a": [2.5, 2.25], "n": 3}
