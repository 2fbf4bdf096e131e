"""The study of targets: a tiny run, what it keeps, and each target missed by a planted fault."""

import copy
import json

import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("accelerate")

from stiminfo.diffusion.latents import SizePreset, rendered_world  # noqa: E402
from stiminfo.errors import OptionError  # noqa: E402
from stiminfo.reports.studies import targets, targets_seed  # noqa: E402
from stiminfo.reports.studies.study import FOLDER, Run  # noqa: E402

CRITIC = SizePreset(16, "separable", 3, 16, "small", 0)
SIZES = {"steps": 5, "mlp_steps": 3, "samples": 100, "assignments": 2, "images": 4, "mapped": 3, "passes": 40}
SIZES |= {"critic": CRITIC, "minutes": 0.01}


def test_a_tiny_run_is_continued(monkeypatch):
    from stiminfo.diffusion.latents import bounds

    monkeypatch.setattr(bounds, "_STEPS", 2)
    world, kept, said = rendered_world(8, 3, 4, 2, 2), [], []

    def keep(data):
        kept.append(copy.deepcopy(data))
        if len(kept) == 3:
            raise KeyboardInterrupt

    options = {"target_seeds": ["1"]}
    with pytest.raises(KeyboardInterrupt):
        targets.make(Run(options, {}, said.append, keep), lambda: world, SIZES)
    data = targets.make(Run(options, kept[-1], said.append, kept.append), lambda: world, SIZES)
    assert said == [f"seed 1: {part}" for part in ("groups", "edits", "infonce", "maps", "learned")]
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["seeds"]["1"]["edits"]["round_trip"] < 1e-9
    assert data["seeds"]["1"]["edits"]["nothing_changes"] < 1e-6
    page = targets.markdown(data)
    assert "**" in page  # five steps reach little
    assert page.count("\n| ") > 30
    # Other seeds begin anew.
    with pytest.raises(OptionError, match="--target-seeds 1 x: expected whole numbers"):
        targets.make(Run({"target_seeds": ["1", "x"]}), lambda: world, SIZES)


def test_what_a_group_is_for_is_not_kept():
    from types import SimpleNamespace

    import numpy as np

    scores = SimpleNamespace(kept=np.array([0.1, 1.0, 0.2, 0.9]))
    assert targets_seed.kept_by_others(scores, np.array([0.9, 0.0, 0.4, 0.1])) == 0.9


@pytest.fixture
def committed():
    return json.loads((FOLDER / "targets.json").read_text(encoding="utf-8"))


def test_the_committed_seeds_reach_all(committed):
    assert targets.check(committed) == []
    assert len(committed["seeds"]) == 3
    assert (FOLDER / "targets.md").read_text(encoding="utf-8") == targets.markdown(committed)


FAULTS = {
    "category in": lambda s: s["groups"]["default"]["shares"]["category"].update(category=0.9),
    "rotation in": lambda s: s["groups"]["default"]["shares"]["pose"].update(rotation=0.5),
    "leak": lambda s: s["groups"]["default"]["shares"]["pose"].update(stripes=0.06),
    "partial": lambda s: s["groups"]["default"].update(partial_correlation=0.3),
    "gap by groups": lambda s: s["groups"]["default"].update(gap_groups=0.6),
    "R²": lambda s: s["groups"]["plain"].update(r2=s["groups"]["default"]["r2"] + 0.04),
    "plain VAE, mean": lambda s: s["groups"]["plain"].update(assigned=[0.2, 0.4]),
    "I(z_g; x) ≤": lambda s: s["groups"]["default"]["information"].update(whole=1.0),
    "I(z; x) ≤": lambda s: s["groups"]["default"]["information"].update(whole=9.0),
    "took": lambda s: s["edits"]["taken"].update(pose=[0, 0.9, 0, 0]),
    "kept another": lambda s: s["edits"]["kept_by_others"].update(free=0.9),
    "Pearson": lambda s: s["edits"].update(pearson=0.8),
    "tells nothing": lambda s: s["edits"].update(nothing_changes=0.1),
    "exact denoiser": lambda s: s["edits"].update(round_trip=1e-6),
    "network": lambda s: s["learned"].update(round_trip=1e-3),
    "smallest share of I": lambda s: s["infonce"]["pose"]["trained"].update(value=0.8 * s["infonce"]["pose"]["exact"]),
    "InfoNCE above": lambda s: s["infonce"]["pose"]["trained"].update(value=2 * s["infonce"]["pose"]["exact"]),
    "mean of I_local": lambda s: s["maps"]["free"].update(mean=9.0),
    "without labels": lambda s: s["groups"].update(unlabelled=s["groups"]["default"]),
}


@pytest.mark.parametrize("words", FAULTS)
def test_a_planted_fault_is_seen(committed, words):
    FAULTS[words](committed["seeds"]["41"])
    found = targets.check(committed)
    assert len(found) == 1
    assert words in found[0]
    assert ("**" in targets.markdown(committed)) is (words != "without labels")
