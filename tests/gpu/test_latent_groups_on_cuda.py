"""Latent groups of 64 x 64 images on a CUDA device, by the presets: groups, critics, a denoiser, and edits."""

import json
from dataclasses import replace

import pytest
from commands import stiminfo

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers", reason="networks need diffusers")
pytest.importorskip("accelerate", reason="training needs accelerate")

from stiminfo.diffusion.latents import preset_for_size  # noqa: E402
from stiminfo.diffusion.recipes import PRESETS  # noqa: E402

pytestmark = pytest.mark.gpu


def test_64_pixels_by_the_presets(tmp_path):
    preset = preset_for_size(64)
    assert preset.device == "cuda"
    done = stiminfo("groups", "--size", "64", "--out", "groups", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "groups" / "groups.json").read_text())
    assert found["shares"]["category"]["category"] > 0.95
    assert found["critics"]["pose"]["value"] > 0.7 * found["information"]["pose"]
    data = ("--dataset", "groups/world.safetensors", "--preset", preset.network, "--prior-only")
    done = stiminfo("train", *data, "--minutes", "2", "--out", "net", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    sweep = ("--groups", "groups", "--group", "pose,category", "--guide", "exact,critic", "--level", "4,12")
    done = stiminfo("edit", *sweep, "--out", "exact", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "exact" / "sweep.json").read_text())["rows"]
    assert min(row["took"] for row in rows if row["guide"] == "exact" and row["level"] == 12) > 0.9
    done = stiminfo("edit", *sweep[:4], "--checkpoint", "net", "--level", "4", "--out", "learned", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["64", "128"])
def test_a_batch_of_the_preset_fits(name):
    """One step with the preset's batch, of its size of image."""
    from stiminfo.diffusion.datasets import Images
    from stiminfo.diffusion.latents import rendered_world
    from stiminfo.diffusion.sources import ImageSource, population_for
    from stiminfo.diffusion.training import Training

    world = rendered_world(int(name), 4, 6, 1, 1)
    source = ImageSource(Images("shapes", world.images, None, ""))
    recipe = replace(PRESETS[name], steps=1, gain_steps=1)
    Training(source, population_for(source, noise=1.0), recipe, device="cuda").run()
