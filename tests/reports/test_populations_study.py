"""The study of populations with few trials: it goes on where it stopped, and what is committed keeps its promise."""

import json

import pytest

from stiminfo.reports.studies import populations, publish
from stiminfo.reports.studies.study import FOLDER


@pytest.fixture
def small(monkeypatch):
    """The study with one law, two neurons and finite sums."""
    changed = {"BATCH": 1, "RESAMPLES": 4, "PERMUTATIONS": 19, "TRIALS": (10,), "NEURONS": (3,), "PASSES": 64}
    for name, value in changed.items():
        monkeypatch.setattr(populations, name, value)
    monkeypatch.setattr(populations, "LAWS", {"poisson": populations.LAWS["poisson"]})
    monkeypatch.setattr(populations, "MEASURES", {"i_surp": populations.MEASURES["i_surp"]})


def test_a_study_goes_on_where_it_stopped(small, tmp_path):
    for folder, numbers in (("once", ["2"]), ("twice", ["1", "2"])):
        for number in numbers:
            publish.main(["populations", "--out", str(tmp_path / folder), "--simulated", number])
    once, twice = (json.loads((tmp_path / name / "populations.json").read_text()) for name in ("once", "twice"))
    assert once == twice
    part = once["parts"]["poisson; 3 neurons; 10 trials"]
    assert part["experiments"] == 2
    hits, width, _, _ = part["measures"]["I"]
    assert hits >= 1
    assert width > 0
    assert once["information"]["poisson, no tuning; 3 neurons"] == pytest.approx(0, abs=1e-12)
    silent = once["parts"]["poisson, no tuning; 3 neurons; 10 trials"]["measures"]["I"]
    assert silent[0] == 2  # the interval contains 0
    page = (tmp_path / "once" / "populations.md").read_text()
    assert "from 2 simulated experiments of each population" in page
    assert "| 3 neurons | 10 trials |" in page


def test_the_committed_intervals_cover():
    data = json.loads((FOLDER / "populations.json").read_text(encoding="utf-8"))
    for neurons in populations.NEURONS:
        for trials in populations.TRIALS:
            parts = [one for name, one in data["parts"].items() if f"; {neurons} neurons; {trials} trials" in name]
            assert len(parts) == len(populations.LAWS) + 1
            count = sum(part["experiments"] for part in parts)
            for name in ("I", *populations.MEASURES):
                share = sum(part["measures"][name][0] for part in parts) / count
                # Two standard errors of a share of so many experiments.
                assert share > 0.9 - 2 * (0.9 * 0.1 / count) ** 0.5, (neurons, trials, name)
