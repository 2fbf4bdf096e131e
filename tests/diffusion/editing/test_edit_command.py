"""`stiminfo edit`: what it prints, writes and refuses."""

import json

import numpy as np
import pytest
from commands import stiminfo

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("accelerate")

from stiminfo.diffusion import GaussianDenoiser  # noqa: E402
from stiminfo.diffusion.latents import (  # noqa: E402
    GroupRecipe,
    Groups,
    GroupTraining,
    LatentPairs,
    LearnedGroups,
    Responses,
    mixed_population,
    rendered_world,
    save_groups,
    train_critic,
)
from stiminfo.models import LinearGaussian  # noqa: E402

WORLD = rendered_world(8, 3, 8, 1, 2)
GROUPS = Groups(("pose", "category", "rest"), (2, 2, 1), {"pose": "rotation", "category": "category"})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Latent groups of the tiny world, trained for a moment."""
    responses = Responses.of_table(mixed_population(WORLD, 30, seed=1), WORLD)
    vae = GroupTraining(WORLD, responses, GROUPS, GroupRecipe(steps=60, warm_up=5), say=lambda _: None).run()
    folder = tmp_path_factory.mktemp("edit") / "groups"
    learned = LearnedGroups(vae, WORLD, responses, {})
    rows = ("pose", "whole")
    learned.critics.update({row: train_critic(LatentPairs(learned.exact(), row), steps=60, batch=48) for row in rows})
    save_groups(learned, folder)
    return folder


@pytest.fixture
def edit(trained, monkeypatch, tmp_path):
    """Runs ``stiminfo edit --groups DIR ARGUMENTS``; returns the exit code, what it printed, its errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        done = stiminfo("edit", "--groups", trained, "--images", "8", *arguments)
        return done.returncode, done.stdout, done.stderr

    return run


def scores(folder):
    return json.loads((folder / "edits.json").read_text())


def test_donor_edits(edit, tmp_path):
    code, out, err = edit("--group", "pose", "--out", "found")
    assert (code, err) == (0, "")
    for words in ("8 images edited along pose", "took the donor's", "no donor differs", "round trip", "Pearson"):
        assert words in out
    assert "written to found: edits.png, edits.svg, edits.json" in out
    found = scores(tmp_path / "found")
    assert set(found["taken"]) == set(found["kept"]) == {"category", "rotation", "elongation", "stripes"}
    assert found["taken"]["elongation"] is None
    assert found["taken"]["rotation"] > 0.2
    assert found["round_trip"] < 1e-9
    assert set(found["matrix"]) == set(GROUPS.names)
    assert -1 <= found["pearson"] <= 1
    assert found["shares"]["pose"]["rotation"] > 0.3
    assert found["condition"] == "whole"
    assert len(found["edits"]) == 8
    assert len(found["map_totals"]["nats"]) == 6
    assert (tmp_path / "found" / "edits.png").read_bytes()[:4] == b"\x89PNG"
    picture = (tmp_path / "found" / "edits.svg").read_text()
    for words in ("Edits along pose, which tells", "donor of", "rotation", "blue: moved to the donor"):
        assert words in picture


def test_published_choices_are_warned_of(edit, tmp_path):
    published = ("--perturb", "ones", "--amount", "40", "--condition", "group", "--out", "found")
    code, out, err = edit("--group", "category", *published)
    assert code == 0
    assert "reached the value asked for" in out
    assert "Pearson" not in out
    assert "depth" not in out
    assert "stiminfo: warning: 8 of 8 perturbed latents are of no image: their density given the best image" in err
    found = scores(tmp_path / "found")
    assert found["depth"] < -20
    assert (found["matrix"], found["pearson"]) == ({}, None)
    assert "asked for" in (tmp_path / "found" / "edits.svg").read_text()


def test_along_an_axis_and_the_free_groups(edit, tmp_path):
    code, out, err = edit("--group", "free", "--perturb", "axis", "--guide", "likelihood", "--scale", "0.5")
    assert (code, err) == (0, "")
    assert "edited along free" in out
    found = scores(tmp_path / "edits")
    assert found["guide"] == "likelihood"
    # The same seed gives the same edits, another one other images.
    same = ("--group", "free", "--perturb", "axis", "--guide", "likelihood", "--scale", "0.5", "--out")
    edit(*same, "again")
    assert scores(tmp_path / "again") == found
    edit(*same, "other", "--seed", "1")
    assert scores(tmp_path / "other")["images"] != found["images"]


class Coarse(GaussianDenoiser):
    """Networks that know no more than the mean and covariance of the world's images."""

    steep = 0.0

    def __init__(self):
        cov = np.cov(WORLD.flat.T) + 1e-4 * np.eye(64)
        super().__init__(WORLD.flat.mean(axis=0), cov, LinearGaussian(np.eye(64), 1.0))

    def some_stimuli(self, generator=None):
        return self.means

    def xhat(self, xg, gamma, r=None):
        return super().xhat(xg, gamma, r) - self.steep * xg


class Steep(Coarse):
    knows_posterior = False
    steep = 40.0


def test_networks_generate(edit, tmp_path, monkeypatch):
    monkeypatch.setattr("stiminfo.diffusion.load_denoiser", lambda folder: Coarse())
    code, _, err = edit("--group", "category", "--checkpoint", "NET")
    assert (code, err) == (0, "")
    found = scores(tmp_path / "edits")
    assert found["round_trip"] < 1e-9
    assert found["denoiser"].startswith("Coarse")
    assert found["distance"]["mean"] > 0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--group", "poise"), "unknown group 'poise'; did you mean 'pose'?"),
        (("--group", "pose", "--perturb", "doner"), "unknown --perturb 'doner'; did you mean 'donor'?"),
        (
            ("--group", "pose", "--guide", "mi"),
            "unknown --guide 'mi'; expected one of exact, critic, critic-detached, best-critic",
        ),
        (("--group", "pose", "--condition", "all"), "unknown --condition 'all'; expected one of whole, group"),
        (("--group", "pose", "--level", "0.001"), "level 0.001 is not among those that"),
        (("--group", "pose", "--level", "1e9"), "level 1e+09 is not among those that"),
        (("--group", "pose", "--scale", "nan"), "--scale nan: expected finite numbers, with commas between them"),
        (("--group", "pose", "--amount", "inf"), "--amount is inf; expected a finite number"),
        (("--group", "pose", "--level", "2,x"), "--level 2,x: expected finite numbers"),
        (("--group", "pose", "--seed", "0,1.5"), "--seed 0,1.5: expected whole numbers from 0"),
        (("--group", "pose,"), "--group pose,: expected names, with commas between them"),
        (("--group", "pose,poise"), "unknown group 'poise'; did you mean 'pose'?"),
        (("--group", "pose", "--guide", "exact,mi"), "unknown --guide 'mi'"),
        (
            ("--group", "category", "--condition", "group", "--guide", "critic"),
            "there is no trained critic of category",
        ),
        (("--group", "pose", "--seed", ",".join(map(str, range(10_001)))), "these values make 10001 combinations"),
        (("--group", "pose", "--scale", "1e6"), "edits are no images any more"),
        (("--group", "pose", "--checkpoint", "digits"), "digits is of other images than"),
        (("--group", "pose", "--checkpoint", "mnist"), "mnist is of other images than"),
        (("--group", "pose", "--checkpoint", "nowhere"), "no such checkpoint"),
        (("--group", "pose", "--groups", "nowhere"), "nowhere: no such folder of latent groups"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(edit, tmp_path, arguments, message):
    code, out, err = edit(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


SWEEP = ("--group", "pose,category", "--level", "2,4", "--guide", "exact,critic", "--out", "found")


def test_a_sweep_is_kept_and_continued(edit, tmp_path, monkeypatch):
    from stiminfo.reports import sweeping

    made, whole = [], sweeping._row

    def row(learned, start, setting, common):
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(setting)
        return whole(learned, start, setting, common)

    monkeypatch.setattr(sweeping, "_row", row)
    assert edit(*SWEEP)[0] == 130
    monkeypatch.setattr(sweeping, "_row", whole)
    code, out, err = edit(*SWEEP)
    assert (code, err) == (0, "stiminfo: note: 3 of 8 combinations are in found/sweep.json already\n")
    assert "written to found: sweep.json, sweep.csv, sweep.png, sweep.svg" in out
    rows = json.loads((tmp_path / "found" / "sweep.json").read_text())["rows"]
    assert len(rows) == 8
    assert [row["guide"] for row in rows[:2]] == ["exact", "critic"]
    assert {row["target"] for row in rows if row["group"] == "pose"} == {"rotation"}
    table = (tmp_path / "found" / "sweep.csv").read_text().splitlines()
    assert table[0].startswith("groups,seed,level,group,condition,guide,scale,target,told,took,kept")
    assert len(table) == 9
    picture = (tmp_path / "found" / "sweep.svg").read_text()
    for words in ("along pose", "(tells rotation)", "guide critic", "kept the rest", "level"):
        assert words in picture
    # The rows are those of single edits.
    single = ("--group", "category", "--level", "4", "--guide", "critic", "--out", "one")
    assert edit(*single)[0] == 0
    one = scores(tmp_path / "one")
    assert rows[-1]["taken"] == one["taken"]
    assert rows[-1]["distance"] == one["distance"]["mean"]


def test_a_sweep_of_scales_names_those_that_leave_the_images(edit, tmp_path):
    code, out, err = edit("--group", "pose", "--scale", "1,1e6", "--seed", "0,1", "--out", "found")
    assert (code, err) == (0, "")
    assert "no edit: at scale 1e+06" in " ".join(out.split())
    rows = json.loads((tmp_path / "found" / "sweep.json").read_text())["rows"]
    assert ["error" in row for row in rows] == [False, True, False, True]
    # Another sweep does not mix with these rows.
    code, _, err = edit("--group", "pose", "--scale", "1,2", "--perturb", "axis", "--out", "found")
    assert code == 2
    assert "sweep.json: holds a sweep of other settings or groups; give another --out, or remove it" in err
    (tmp_path / "found" / "sweep.json").write_text("[]")
    assert "holds a sweep of other settings" in edit("--group", "pose", "--scale", "1,2", "--out", "found")[2]


def test_a_sweep_with_networks_that_have_no_inverse(edit, monkeypatch):
    monkeypatch.setattr("stiminfo.diffusion.load_denoiser", lambda folder: Steep())
    code, out, _ = edit("--group", "pose", "--checkpoint", "NET", "--scale", "0.5,1", "--out", "found")
    assert code == 0
    assert "cannot be inverted from level" in " ".join(out.split())


def test_networks_that_have_no_inverse(edit, tmp_path, monkeypatch):
    monkeypatch.setattr("stiminfo.diffusion.load_denoiser", lambda folder: Steep())
    code, _, err = edit("--group", "pose", "--checkpoint", "NET")
    assert code == 2
    assert "cannot be inverted from level" in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
