"""The study of networks on a GPU, on a device that is pretended: what it measures, keeps and shows."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers", reason="networks need diffusers")
pytest.importorskip("accelerate", reason="training needs accelerate")

sys.path.insert(0, str(Path(__file__).parents[1] / "diffusion"))
import learning  # noqa: E402
from learning import RECIPES  # noqa: E402
from pretended_cuda import Accelerator, pretended_cuda  # noqa: E402

from stiminfo.diffusion import training  # noqa: E402
from stiminfo.diffusion.sources import ImageSource, source_named  # noqa: E402
from stiminfo.errors import ModelError  # noqa: E402
from stiminfo.reports.studies import gpu  # noqa: E402
from stiminfo.reports.studies.study import Run  # noqa: E402


@pytest.fixture
def small(monkeypatch):
    """Two small cases, and a card that takes no time."""
    cases = {"Gaussian": gpu.Case("gaussian", "wide"), "MNIST": gpu.Case("digits", "large")}
    monkeypatch.setattr(gpu, "CASES", cases)
    monkeypatch.setattr(gpu, "PRESETS", {"wide": RECIPES["step"], "large": RECIPES["u-net"]})
    sources = {"gaussian": learning.SOURCE, "digits": source_named("digits")}
    monkeypatch.setattr(gpu, "source_named", lambda name, side: sources[name])
    monkeypatch.setattr(training, "accelerator", lambda *given, **options: Accelerator())
    for name, value in {"STIMULI": 2, "PASSES": 400, "GOAL": 0.3, "_TIMED": 256, "_SIDE": 8, "_REPEATS": 1}.items():
        monkeypatch.setattr(gpu, name, value)
    for name in ("synchronize", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, name, lambda: None)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 2**29)


def test_every_case_is_made_once_and_shown(small, tmp_path, monkeypatch):
    assert isinstance(source_named("digits"), ImageSource)
    said = []
    with pretended_cuda():
        run = Run({"gpu_cells": tmp_path, "gpu_minutes": 0.05}, say=said.append)
        data = gpu.make(run)
        assert gpu.make(replace(run, say=pytest.fail)) == data
    one, other = data["cells"]
    assert [row["way"] for row in one["rows"]] == ["gain network", "closure", "reverse diffusion"]
    closed = learning.SOURCE.exact(learning.ENCODER).feature_information()
    assert np.isfinite(closed).all()
    assert np.allclose(one["maps"]["truth"], one["maps"]["closed form"], rtol=0.02)
    assert other["systematic"] > 0
    text = gpu.markdown(data)
    assert "| Gaussian | wide | 0.05 | gain network |" in text
    assert "no smooth truth" in text
    assert gpu.drawn(data)["gpu_maps.png"][:4] == b"\x89PNG"


def test_without_a_card_it_says_so(tmp_path):
    with pytest.raises(ModelError, match="CUDA is not available here"):
        gpu.make(Run({}))
    with pretended_cuda(), pytest.raises(ModelError, match="no case 'mnist'; expected one of Gaussian; "):
        gpu.make(Run({"gpu_case": "mnist", "gpu_cells": tmp_path}))
