"""The benchmarks with smooth truth: the judge itself, and a run of the study for a moment."""

import json
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers")
pytest.importorskip("accelerate")

from stiminfo.diffusion import MixtureDenoiser  # noqa: E402
from stiminfo.diffusion.recipes import PRESETS  # noqa: E402
from stiminfo.reports.studies import publish, smooth  # noqa: E402
from stiminfo.reports.studies.study import FOLDER  # noqa: E402

CASE = "two components in R²"


@pytest.fixture(scope="module")
def truth():
    return smooth.Truth.of(*smooth.cases()[CASE](), stimuli=24)


def test_the_judge_finds_what_is_wrong(truth):
    """The exact gain has no fault; one that is right in total, but not in its bands, is found."""
    source, encoder = smooth.cases()[CASE]()
    exact = source.exact(encoder)
    assert isinstance(exact, MixtureDenoiser)
    known = {"gain": truth.gain, "band": truth.band}

    def right(xg, gamma):
        found, known["gain"] = known["gain"][: len(xg)], known["gain"][len(xg) :]
        return found

    found = truth.judge(truth.answers(right))
    assert (found["total"], found["rmse"], found["map"]) == pytest.approx((1, 0, 0), abs=1e-6)
    assert found["worst"] == pytest.approx(1)
    assert sum(share for _, share in found["bands"]) == pytest.approx(1)
    total, doubt = truth.totals()
    nats, error = exact.mutual_information()
    assert float(total.mean()) == pytest.approx(nats, abs=4 * (error + float(total.std()) / 24**0.5))
    assert (doubt > 0).all()
    low, high = 1.5, None
    nats_of = truth.in_bands(truth.gain)
    part = nats_of[:3].sum() / nats_of.sum()
    high = float((1 - low * part) / (1 - part))
    known["gain"] = truth.gain * torch.where(truth.band < 3, low, high)[:, None]
    cancelling = truth.judge(truth.answers(right))
    assert cancelling["total"] == pytest.approx(1, abs=1e-6)
    assert abs(cancelling["worst"] - 1) > 0.4


@pytest.mark.filterwarnings("ignore:these networks denoise held-out")
def test_the_study_runs_and_goes_on(tmp_path, monkeypatch):
    moment = replace(PRESETS["vectors"], batch=16)
    monkeypatch.setattr(smooth, "PRESETS", {"vectors": moment})
    monkeypatch.setattr(smooth, "PASSES", 128)
    monkeypatch.setattr(smooth, "LONG_CASE", CASE)
    monkeypatch.setattr(smooth, "LONG", 0.02)
    monkeypatch.setattr(smooth, "COMPARED", smooth.COMPARED | {"dropout": (CASE,)})
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    cells = tmp_path / "cells"
    names = ["smooth", "--out", str(tmp_path), "--cells", str(cells), "--cell-minutes", "0.01", "--seeds", "1"]
    publish.main([*names, "--case", CASE])
    data = json.loads((tmp_path / "smooth.json").read_text(encoding="utf-8"))
    ways = [row["recipe"] for row in data["cells"]]
    ways_of_xhat = ["closure", "matched sampler", "closure, exact xhat(xg)", "matched sampler, exact xhat(xg)"]
    assert ways == [
        *("closed", "closed, not calibrated", *ways_of_xhat),
        *("dropout", "dropout, not calibrated"),
        *(f"{way}, 0.02 minutes" for way in ("closed", "closed, not calibrated", *ways_of_xhat[:1])),
    ]
    assert 0.9 < data["cells"][4]["total"] < 1  # a lower bound
    assert 0.5 < data["cells"][5]["total"] < 1.5
    assert 0 < data["cells"][5]["error"] < 0.5
    assert all(0 <= row["inside"] <= 1 for row in data["cells"] if "inside" in row)
    page = (tmp_path / "smooth.md").read_text(encoding="utf-8")
    assert page == smooth.markdown(data)
    assert "lie within two standard errors and the systematic error" in page
    monkeypatch.setattr(smooth, "Training", None)  # nothing is trained again
    publish.main([*names, "--case", CASE])
    assert json.loads((tmp_path / "smooth.json").read_text(encoding="utf-8")) == data


def test_the_published_table_is_that_of_its_numbers():
    data = json.loads((FOLDER / "smooth.json").read_text(encoding="utf-8"))
    assert smooth.markdown(data) == (FOLDER / "smooth.md").read_text(encoding="utf-8")
    inside = [row["inside"] for row in data["cells"] if "inside" in row]
    assert sum(inside) / len(inside) >= 0.9  # what the systematic error promises
