"""`stiminfo groups`: what it prints, writes and refuses."""

import json
import re

import numpy as np
import pytest
from commands import stiminfo

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("accelerate")

from stiminfo.diffusion.latents import load_groups, rendered_world  # noqa: E402

FEW = ("--size", "4", "--steps", "3", "--samples", "100", "--neurons", "6", "--critic-steps", "2")


@pytest.fixture
def groups(monkeypatch, tmp_path):
    """Runs ``stiminfo groups ARGUMENTS`` in an empty folder; returns the exit code, what it printed, its errors."""
    from stiminfo.diffusion.latents import rendered

    # Few images: a test of the command, not of the world.
    small = {"shapes": lambda size: rendered_world(8, 3, 4, 2, 2)}
    monkeypatch.setattr(rendered, "WORLDS", small)
    monkeypatch.chdir(tmp_path)
    world = small["shapes"](8)
    np.save("X.npy", world.images)
    np.save("R.npy", np.random.default_rng(0).poisson(3 + 4 * world.flat[:, None, :5], (48, 4, 5)))
    header, rows = ",".join(world.names), world.factors.tolist()
    lines = (",".join(str(world.values[f][c]) for f, c in enumerate(row)) for row in rows)
    (tmp_path / "F.csv").write_text("\n".join([header, *lines]) + "\n")

    def run(*arguments):
        done = stiminfo("groups", *arguments)
        return done.returncode, done.stdout, done.stderr

    return run


def test_the_known_world(groups, tmp_path):
    code, out, err = groups(*FEW, "--json", "s.json")
    assert (code, err) == (0, "")
    for words in (
        "pose",
        "rotation",
        "all free groups",
        "responses r",
        "gap by groups",
        "I(z; x) =",
        "written to groups",
    ):
        assert words in out
    folder = tmp_path / "groups"
    found = json.loads((folder / "groups.json").read_text())
    assert found == json.loads((tmp_path / "s.json").read_text())
    assert set(found["shares"]["pose"]) == {"category", "rotation", "elongation", "stripes"}
    assert (folder / "groups.png").read_bytes()[:4] == b"\x89PNG"
    assert "<svg" in (folder / "groups.svg").read_text()
    learned = load_groups(folder)
    assert learned.notes["seed"] == 0
    assert learned.exact().channel("pose").responses == 6
    assert set(learned.critics) == set(found["critics"]) == {"pose", "category", "free-1", "free-2", "free", "whole"}
    assert "critics, trained with InfoNCE, find on fresh latents (nats; at most 5.55): pose" in out
    assert not (tmp_path / "groups.unfinished.pt").exists()
    code, _, err = groups(*FEW)
    assert (code, err) == (2, "stiminfo: groups: is there already; give another --out, or remove it\n")


def test_own_images_and_responses(groups, tmp_path, monkeypatch):
    from stiminfo.diffusion.latents import bounds

    monkeypatch.setattr(bounds, "_STEPS", 3)
    own = ("--images", "X.npy", "--factors", "F.csv", "--responses", "R.npy", "--steps", "3", "--samples", "100")
    exact = ("--critic-steps", "0")
    code, out, err = groups(*own, *exact, "--circular", "rotation:360", "--group", "pose=rotation", "--group", "rest:4")
    assert (code, err) == (0, "")
    assert "responses that were not learned from" in out
    assert "(from at least, by held-out trials, to an estimate)" in " ".join(out.split())
    assert "exact in the images" not in out
    assert "the estimate is too high; what held-out trials show is too low" in out
    assert load_groups(tmp_path / "groups").vae.groups.ranks == (6, 4)
    # `edit` prints what `groups` does, and names the group of a factor.
    range_of = re.search(r"│ pose +│ rotation +│ +\S+ +│ +(\d+–\d+%)", out)
    few = ("edit", "--groups", "groups", "--images", "4")
    done = stiminfo(*few, "--group", "pose")
    assert re.search(r"│ rotation +│ +(\d+–\d+%)", done.stdout)[1] == range_of[1]
    edited = json.loads((tmp_path / "edits" / "edits.json").read_text())
    assert 0 <= edited["at_least"]["pose"]["rotation"] < edited["shares"]["pose"]["rotation"] + 0.05
    picture = (tmp_path / "edits" / "edits.svg").read_text()
    assert range_of[1] + " of rotation" in picture or "tells nothing" in picture
    total, error = edited["map_totals"]["nats"][0], edited["map_totals"]["stderr"][0]
    assert f"{total:.2f} ± {error:.2f}" in picture
    done = stiminfo(*few, "--group", "rotation")
    assert done.stderr == "stiminfo: unknown group 'rotation', which is a factor; the group of this factor is 'pose'\n"
    done = stiminfo(*few, "--group", "stripes")
    assert done.stderr.endswith("which is a factor; no group is supervised by this factor\n")
    code, _, err = groups(*own[:4], *own[6:], *exact, "--neurons", "4", "--out", "simulated")
    assert code == 0
    assert "stiminfo: note: no --responses are given: 4 simulated neurons respond" in err
    code, out, _ = groups(*own, "--lane", "mlp", "--latents", "8", "--group", "a:2", "--group", "b", "--out", "counts")
    assert code == 0
    assert "at least, by classifiers" in out
    assert "has collapsed" in out
    assert load_groups(tmp_path / "counts").vae.groups.ranks == (2, 6)
    np.save("R.npy", np.load("R.npy").mean(1))
    code, out, err = groups(*own, *exact, "--out", "averages")
    assert code == 0
    assert err.count("\n") == 1
    assert "stiminfo: warning: there is one row of responses per image" in err
    assert "tells (estimated from trials)" in out
    code, out, err = groups(*own, "--lane", "mlp", "--out", "two")
    assert (code, err.count("\n")) == (2, 1)
    code, _, err = groups(*own[:4], "--resume", "--out", "two")
    assert (code, err.count("\n")) == (2, 1)
    np.save("R.npy", np.random.default_rng(0).poisson(3, (48, 2, 5)))
    code, out, _ = groups(*own, "--lane", "mlp", "--out", "two")
    assert code == 0
    assert "(by classifiers, on the trials that were learned from)" in " ".join(out.split())
    assert "what they find is no lower bound" in out
    assert json.loads((tmp_path / "two" / "groups.json").read_text())["lower_bounds"] is False


def test_responses_in_an_impossible_unit(groups, tmp_path):
    np.save("R.npy", np.load("R.npy") * 1e200)
    code, _, err = groups("--images", "X.npy", "--factors", "F.csv", "--responses", "R.npy", "--steps", "3")
    assert code == 2
    assert "responses reach " in err
    assert "give them in another unit" in err


def test_large_images_need_a_gpu_for_critics(groups, tmp_path, monkeypatch):
    from stiminfo.diffusion.latents import SizePreset, sizes

    monkeypatch.setattr(sizes, "SIZES", (SizePreset(64, "convolutional", 2, 8, "64", 1.0),))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    code, out, err = groups(*FEW[:-2])
    assert code == 0
    assert err == (
        "stiminfo: note: no critics are trained: without a GPU they take hours at this size; see --critic-steps\n"
    )
    assert "critics, trained" not in out
    assert load_groups(tmp_path / "groups").critics == {}
    code, out, _ = groups(*FEW, "--out", "asked")
    assert "critics, trained" in out
    assert load_groups(tmp_path / "asked").critics["pose"].kind == "convolutional"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--lane", "mlp", "--critic-steps", "3"), "--critic-steps has no effect on the mlp lane"),
        (("--circular", "rotation:3"), "--circular has no effect without --images"),
        (("--images", "X.npy"), "--images needs --factors"),
        (("--images", "X.npy", "--factors", "F.csv", "--size", "8"), "--size has no effect beside --images"),
        (("--images", "X.npy", "--factors", "F.csv", "--responses", "R.npy", "--neurons", "3"), "beside --responses"),
        (("--images", "X.npy", "--factors", "F.csv", "--circular", "rotation"), "expected NAME:PERIOD"),
        (("--dataset", "shape"), "unknown world 'shape'; did you mean 'shapes'"),
        (("--lane", "exat"), "did you mean 'exact'"),
        (("--recipe", "publishd"), "did you mean 'published'"),
        (("--group", "pose:x"), "--group pose:x: expected NAME, NAME:RANK or NAME:RANK=FACTOR"),
        (("--group", "pose:0"), "--group pose:0: expected NAME, NAME:RANK or NAME:RANK=FACTOR"),
        (("--group", "pose:" + 5000 * "9"), "latents; expected at most 4096"),
        (("--images", "X.npy", "--factors", "."), ".: is a folder; expected a table"),
        (("--images", "X.npy", "--factors", "G.csv"), "G.csv: no such file; did you mean F.csv"),
        (("--group", "pose=rotatoin"), "no factor of this world; did you mean 'rotation'"),
        (("--latents", "12"), "the ranks add up to 6 + 6 + 6 + 6 = 24; the latent has 12 dimensions"),
        (("--resume",), "groups.unfinished.pt: no such unfinished run"),
    ],
)
def test_bad_input_is_one_line(groups, tmp_path, arguments, says):
    code, out, err = groups("--steps", "3", *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert not (tmp_path / "groups").exists()


def test_ctrl_c_says_how_to_go_on(groups, monkeypatch, tmp_path):
    from stiminfo.diffusion import stages

    whole = stages.Stage.advance

    def stopped(stage):
        whole(stage)
        if stage.step == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(stages.Stage, "advance", stopped)
    code, _, err = groups(*FEW, "--out", "never", "--seed", "1")
    assert code == 130
    assert "interrupted before anything was trained" in err  # a step was under way
    monkeypatch.setattr(stages.Stage, "advance", whole)
    monkeypatch.setattr(stages.Every, "__call__", lambda every: (_ for _ in ()).throw(KeyboardInterrupt))
    code, _, err = groups(*FEW, "--seed", "1")
    assert code == 130
    assert "groups.unfinished.pt. Go on with:\nstiminfo groups --size 4" in err
    assert "--seed 1 --resume" in err
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert (tmp_path / "groups.unfinished.pt").is_file()
