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
    LearnedGroups,
    Responses,
    mixed_population,
    rendered_world,
    save_groups,
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
    save_groups(LearnedGroups(vae, WORLD, responses, {}), folder)
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
            "unknown --guide 'mi'; expected one of exact, critic, likelihood, released",
        ),
        (("--group", "pose", "--condition", "all"), "unknown --condition 'all'; expected one of whole, group"),
        (("--group", "pose", "--level", "0.001"), "level 0.001 is not among those that"),
        (("--group", "pose", "--level", "1e9"), "level 1e+09 is not among those that"),
        (("--group", "pose", "--scale", "nan"), "--scale is nan; expected a finite number"),
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


def test_networks_that_have_no_inverse(edit, tmp_path, monkeypatch):
    monkeypatch.setattr("stiminfo.diffusion.load_denoiser", lambda folder: Steep())
    code, _, err = edit("--group", "pose", "--checkpoint", "NET")
    assert code == 2
    assert "cannot be inverted from level" in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
