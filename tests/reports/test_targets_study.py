"""The study of targets: a tiny run, what it keeps, and each target missed by a planted fault."""

import copy
import json

import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("accelerate")

from stiminfo.diffusion.latents import SizePreset, rendered_world  # noqa: E402
from stiminfo.errors import OptionError  # noqa: E402
from stiminfo.reports.studies import targets, targets_seed  # noqa: E402
from stiminfo.reports.studies.study import Run  # noqa: E402

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


def groups(gap=0.75, labelled=True):
    shares = {"pose": [0.01, 0.7, 0, 0], "category": [0.98, 0.01, 0, 0], "free": [0, 0, 0.6, 0.7]}
    shares |= {} if labelled else {"pose": [0.4, 0.2, 0.3, 0]}
    names = ("category", "rotation", "elongation", "stripes")
    found = {"shares": {row: dict(zip(names, values)) for row, values in shares.items()}, "gap_groups": gap, "r2": 0.7}
    found |= {"partial_correlation": 0.1, "information": {"pose": 2.3, "category": 1.4, "free": 2.0, "whole": 5.7}}
    return found | {"population": {"information": 7.0}, "stderr": 0.01, "assigned": [0.1, 0.2]}


@pytest.fixture
def reached():
    """A seed that reaches all targets."""
    bound = {"value": 2.1, "stderr": 0.01}
    one = {"exact": 2.3, "exact_stderr": 0.02, "trained": bound, "optimal": bound}
    edit = {"taken": [0, None, 0, 0], "kept": [1, 1, 1, 1]}
    lanes = dict.fromkeys(("exact", "critic", "exact, low", "network, low"), edit)
    rows = ("pose", "category", "free")
    taken = {"pose": [0, 1, 0, 0], "category": [1, 0, 0, 0], "free": [0, None, 0.97, 1]}
    seed = {
        "groups": {name: groups(labelled=name != "unlabelled") for name in ("default", "plain", "unlabelled", "mlp")},
        "edits": {"round_trip": 1e-15, "taken": taken, "kept_by_others": dict.fromkeys(rows, 1.0), "pearson": 0.95}
        | {"targets": {"pose": [1], "category": [0], "free": [2, 3]}, "nothing_changes": 0.0},
        "infonce": {row: copy.deepcopy(one) for row in rows},
        "maps": {row: {"mean": 2.2, "stderr": 0.1, "exact": 2.3, "exact_stderr": 0.02} for row in rows},
        "learned": {"round_trip": 1e-7, "edits": dict.fromkeys(rows, lanes)}
        | {"cosines": dict.fromkeys(rows, dict.fromkeys(("0.3", "1", "4"), 0.5))},
    }
    sizes = {"images": 64, "assignments": 4, "minutes": 1}
    return {"sizes": sizes, "seeds": {"41": seed, "42": copy.deepcopy(seed)}}


def test_a_seed_that_reaches_all(reached):
    assert targets.check(reached) == []
    page = targets.markdown(reached)
    assert "All targets are reached." in page
    assert "0.40, 0.20, 0.30, 0.00" not in page  # the learned lane is the labelled one
    assert "(fails)" in page
    assert "no donor" in page


def test_what_was_not_measured_is_not_reached(reached):
    del reached["seeds"]["42"]["learned"]
    assert targets.check(reached) == ["seed 42: round trip, network, of a pixel"]
    page = targets.markdown(reached)
    assert "**not measured**" in page
    assert "## The learned lane" not in page
    reached["seeds"] = {"41": {}}
    assert "No seed has been measured yet" in targets.markdown(reached)
    assert len(targets.check(reached)) == len(targets.TARGETS)


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
def test_a_planted_fault_is_seen(reached, words):
    FAULTS[words](reached["seeds"]["41"])
    found = targets.check(reached)
    assert len(found) == 1
    assert words in found[0]
    assert ("**" in targets.markdown(reached)) is (words != "without labels")
