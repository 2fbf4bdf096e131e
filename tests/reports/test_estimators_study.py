"""The tables of the diffusion-based estimators, made small, say what the exact engine says."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from stiminfo.reports.studies import estimators as tables  # noqa: E402
from stiminfo.reports.studies import publish  # noqa: E402

# They share what a fixture makes: one worker runs them all.
pytestmark = pytest.mark.xdist_group("estimators study")


@pytest.fixture(scope="module")
def estimated():
    return tables.estimator_table(passes=2000)


def test_every_measure_is_estimated_without_bias(estimated):
    """Within its own standard errors of the exact value: 22 z-scores, none beyond four."""
    scores = np.array([row["z"] for row in estimated if "z" in row])
    assert len(scores) > 20
    assert np.abs(scores).max() < 4
    assert 0.3 < np.sqrt((scores**2).mean()) < 1.7
    for row in estimated:
        if row["measure"] == "fisher" and "not_applicable" not in row:
            assert row["case"].startswith("mixture")


def test_the_files_are_written_whole(estimated, tmp_path, monkeypatch):
    """``python -m stiminfo.reports.studies.publish estimators``, with one case of each part."""
    name = "two components in R^2, 1 neuron"
    monkeypatch.setattr(tables, "SAMPLED", {name: tables.SAMPLED[name]})
    monkeypatch.setattr(tables, "sampler_table", lambda say, whole=tables.sampler_table: whole(3, say))
    monkeypatch.setattr(tables, "estimator_table", lambda: estimated)
    small = tables._linear_neurons(np.zeros(64), tables.natural_covariance(8), 8)
    monkeypatch.setattr(tables, "curve_cases", lambda: {"images, pixel maps": small, "plane, totals": tables.plane()})
    monkeypatch.setattr(tables.error_curves, "__defaults__", ((40, 512), print))
    monkeypatch.setattr(tables, "REFERENCE", 4000)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)  # tests run side by side
    publish.main(["estimators", "--out", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {
        "estimators.json",
        "estimators.md",
        "error_against_passes.png",
    }
    data = json.loads((tmp_path / "estimators.json").read_text(encoding="utf-8"))
    assert {row["sampler"] for row in data["samplers"]} >= {"plug_in", "tweedie", "posterior", "amortised"}
    for case in ("images, pixel maps", "plane, totals"):
        rows = [row for row in data["errors"] if row["case"] == case]
        few, many = ({r["estimator"]: r["error"] for r in rows if r["passes"] in some} for some in ((40,), (504,)))
        assert many["variance form"] < few["variance form"]
        # The plug-in's bias does not go away with passes.
        assert many["plug-in"] > 3 * many["variance form"]
    page = (tmp_path / "estimators.md").read_text(encoding="utf-8")
    assert page == tables.markdown(data)
    assert "not defined on lone stimuli" in page


def test_the_gaussian_of_mnist_needs_its_files(monkeypatch):
    monkeypatch.delenv("STIMINFO_MNIST", raising=False)
    assert tables.mnist_gaussian() is None
    assert set(tables.curve_cases()) == {"natural images, pixel maps", "mixture in R¹⁶, totals"}
