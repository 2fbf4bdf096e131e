"""Checkpoints are read as they were written, and anything else is refused."""

import json
import os

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
diffusers = pytest.importorskip("diffusers")
pytest.importorskip("accelerate")

from safetensors.torch import load_file, save_file  # noqa: E402

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import UNetDenoiser  # noqa: E402
from stiminfo.diffusion.architecture import Architecture  # noqa: E402
from stiminfo.diffusion.checkpoint_files import digest_of  # noqa: E402
from stiminfo.diffusion.checkpoints import load_learned, save_learned  # noqa: E402
from stiminfo.diffusion.denoiser import Unknown  # noqa: E402
from stiminfo.diffusion.encoders import TableEncoder  # noqa: E402
from stiminfo.diffusion.response_views import coarser  # noqa: E402
from stiminfo.errors import CheckpointError  # noqa: E402
from stiminfo.estimators import NotApplicable  # noqa: E402
from stiminfo.models import LinearNonlinearPoisson, ModelError  # noqa: E402

from . import learning  # noqa: E402

# They share what a fixture makes: one worker runs them all.
pytestmark = pytest.mark.xdist_group("checkpoints")


@pytest.fixture(scope="module")
def learned():
    return learning.training().run()


@pytest.fixture
def folder(learned, tmp_path):
    save_learned(learned, tmp_path / "net", "# card\n")
    return tmp_path / "net"


def test_round_trip(learned, folder):
    found = load_learned(folder)
    xg, gamma, r = torch.randn(3, 16), torch.tensor([0.1, 1.0, 10.0]), torch.randn(3, 5)
    assert torch.equal(found.denoising(xg, gamma, r), learned.denoising(xg, gamma, r))
    assert torch.equal(found.gain(xg, gamma), learned.gain(xg, gamma))
    assert found.encoder.weights.equal(learned.encoder.weights)
    assert found.notes == json.loads(json.dumps(learned.notes))
    assert (folder / "card.md").read_text() == "# card\n"


def test_half_precision_is_half_the_size(learned, folder, tmp_path):
    save_learned(learned, tmp_path / "half", "", half=True)
    sizes = [sum(p.stat().st_size for p in f.rglob("*.safetensors")) for f in (folder, tmp_path / "half")]
    assert sizes[1] < 0.75 * sizes[0]
    xg, gamma = torch.randn(3, 16), torch.tensor([0.1, 1.0, 10.0])
    assert torch.allclose(load_learned(tmp_path / "half").gain(xg, gamma), learned.gain(xg, gamma), rtol=0.05)


def test_diffusers_reads_the_networks(learned, folder):
    unet = diffusers.UNet2DModel.from_pretrained(folder / "conditional", use_safetensors=True)
    assert all(torch.equal(v, learned.denoising.conditional.unet.state_dict()[k]) for k, v in unet.state_dict().items())


def test_a_checkpoint_gives_way_to_a_whole_one_only(learned, folder, tmp_path, monkeypatch):
    from stiminfo.diffusion import checkpoints

    before = (folder / "checkpoint.json").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "save", lambda *a, **k: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            save_learned(learned, folder, "")
    assert (folder / "checkpoint.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["net"]
    save_learned(learned, folder, "new")
    assert (folder / "card.md").read_text() == "new"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.tex").write_text("")
    with pytest.raises(CheckpointError, match="is not a checkpoint"):
        save_learned(learned, tmp_path / "own", "")
    assert (tmp_path / "own" / "thesis.tex").exists()


def described(folder, change, resign=True):
    path = folder / "checkpoint.json"
    data = json.loads(path.read_text())
    change(data)
    if resign:
        for name in data["files"]:
            if (folder / name).is_file():
                data["files"][name] = digest_of(folder / name)
    path.write_text(json.dumps(data))


def truncated(folder):
    path = folder / "conditional" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def altered(name, change):
    def act(folder):
        path = folder / name
        tensors = load_file(path)
        change(tensors)
        save_file(tensors, path)
        described(folder, lambda data: None)

    return act


def put(**values):
    return lambda folder: described(folder, lambda data: data.update(values))


UNET = "conditional/diffusion_pytorch_model.safetensors"
DAMAGES = {
    "truncated": (truncated, "damaged"),
    "truncated and signed": (lambda f: (truncated(f), described(f, lambda d: None)), "not a safetensors file"),
    "removed": (lambda f: (f / UNET).unlink(), f"holds no {UNET}"),
    "no description": (lambda f: (f / "checkpoint.json").unlink(), "holds no checkpoint.json"),
    "no JSON": (lambda f: (f / "checkpoint.json").write_text("{"), "not JSON"),
    "deep JSON": (lambda f: (f / "checkpoint.json").write_text("[" * 100_000), "not JSON"),
    "a list": (lambda f: (f / "checkpoint.json").write_text("[]"), "does not describe"),
    "another schema": (
        put(schema=99),
        "has schema 99; this version reads 3. Schemas differ .* train anew with stiminfo train",
    ),
    "another shape": (put(shape=[8, 8]), "centre"),
    "no shape": (put(shape=None), "does not describe"),
    "a huge shape": (put(shape=[4, 10**9]), "expected a whole number, 1 to 256"),
    "more neurons": (put(responses=6), "response_mean"),
    "another population": (put(population="os.system"), "unknown population 'os.system'"),
    "levels": (put(levels={"low": 2, "high": 1, "reach": 5}), "span no range"),
    "spread": (put(spread=float("inf")), "does not describe"),
    "a larger network": (
        lambda f: described(f, lambda d: d["architecture"].update(channels=[1024, 1024, 1024])),
        "cannot be halved|the description says",
    ),
    "an outside file": (
        lambda f: described(f, lambda d: d["files"].update({"../../etc/passwd": "0"}), False),
        "outside",
    ),
    "weights that are no numbers": (altered(UNET, lambda t: t["conv_in.weight"].fill_(float("nan"))), "NaN"),
    "one weight less": (altered(UNET, lambda t: t.pop("conv_in.weight")), "conv_in.weight is missing"),
    "one weight more": (altered(UNET, lambda t: t.update(extra=torch.zeros(3))), "extra"),
    "no population": (altered("layers.safetensors", lambda t: t.pop("encoder.noise")), "holds no encoder.noise"),
    "noise that is none": (
        altered("layers.safetensors", lambda t: t["encoder.noise"].zero_()),
        "population is not valid",
    ),
    "whole numbers": (
        altered("layers.safetensors", lambda t: t.update(centre=torch.zeros(16, dtype=torch.int64))),
        "floating-point",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_checkpoints(damage, folder):
    act, message = DAMAGES[damage]
    act(folder)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_learned(folder)
    assert "net" in str(caught.value)


def test_no_such_folder(tmp_path):
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        UNetDenoiser.load(tmp_path / "nowhere")


# -- the denoiser -------------------------------------------------------------------------------------------------


def test_the_networks_serve_every_estimator_that_they_can(learned):
    denoiser = UNetDenoiser(learned)
    x = learning.SOURCE.held_out(2)
    for sampler, passes in (("amortised", 40), ("plug_in", 80), ("tweedie", 800), ("posterior", 1000)):
        found = si.i_local.estimate(denoiser, x, passes=passes, sampler=sampler)
        assert np.isfinite(found.value).all()
        assert found.featurewise.shape == (2, 16)
        assert found.featurewise.sum(axis=1) == pytest.approx(found.value, rel=1e-4)
    for measure in (si.i_kong1, si.i_kong2, si.i_surp, si.i_ssi, si.i_cissi):
        assert np.isfinite(measure.estimate(denoiser, x, passes=200).value).all()
    for measure in (si.i_sp, si.fisher):
        with pytest.raises(NotApplicable):
            measure.estimate(denoiser, x, passes=200)


def test_levels_of_the_estimate_are_those_of_the_networks(learned):
    denoiser = UNetDenoiser(learned)
    found = si.i_local.estimate(denoiser, learning.SOURCE.held_out(2), passes=400, sampler="amortised")
    low, high = learned.denoising.levels.bounds
    assert low <= found.gamma_range[0] < found.gamma_range[1] <= high * (1 + 1e-6)
    assert found.passes <= 400


def test_wrong_responses_and_images(learned):
    denoiser = UNetDenoiser(learned)
    xg, gamma = torch.zeros(2, 16), torch.ones(2)
    with pytest.raises(ModelError, match=r"trained for \(2, 5\)"):
        denoiser.xhat(xg, gamma, torch.zeros(2, 6))
    with pytest.raises(ModelError, match=r"the networks see \(n, 16\)"):
        denoiser.xhat(torch.zeros(2, 15), gamma)


def test_a_network_without_gain_has_no_amortised_sampler():
    denoiser = UNetDenoiser(learning.training(gain_steps=0).run())
    with pytest.raises(ValueError, match="has to be fitted"):
        si.i_local.estimate(denoiser, learning.SOURCE.held_out(1), passes=64, sampler="amortised")


VIEWS = ("first half", "second half", "thinned", "merged")


def test_views_of_the_response():
    from dataclasses import replace

    views = ("halves", "thinned", "merged")
    recipe = replace(learning.RECIPE, architecture=replace(learning.RECIPE.architecture, views=views))
    denoiser = UNetDenoiser(learning.training(recipe).run())
    xg, gamma, r = torch.randn(4, 16), torch.ones(4), torch.randn(4, 5)
    whole = denoiser.xhat(xg, gamma, r)
    assert torch.allclose(denoiser.xhat_of_view(xg, gamma, r, "all"), whole, atol=1e-6)
    # The second half, neurons 1 and 3, is not seen where it is not given.
    other = r.clone()
    other[:, 1::2] += 1
    one = denoiser.xhat_of_view(xg, gamma, r, "first half")
    assert torch.equal(one, denoiser.xhat_of_view(xg, gamma, other, "first half"))
    answers = [whole, denoiser.xhat(xg, gamma), *(denoiser.xhat_of_view(xg, gamma, r, view) for view in VIEWS)]
    assert all(not torch.allclose(a, b) for i, a in enumerate(answers) for b in answers[:i])
    with pytest.raises(Unknown, match="know all of the response, not 'merged'"):
        UNetDenoiser(learning.training().run()).xhat_of_view(xg, gamma, r, "merged")


@pytest.mark.parametrize("views", [["halves", "halves"], ["thirds"], "halves", [1]])
def test_views_that_are_none(views):
    with pytest.raises(ModelError, match="views are"):
        Architecture.from_json(Architecture().to_json() | {"views": views})
    with pytest.raises(ModelError, match="shared network"):
        Architecture(shared=False, views=("halves",))


def test_coarser_views_are_degraded_responses():
    """Thinned: the same mean, half the Fisher information. Merged: means of pairs; an odd last neuron is unchanged."""
    generator = torch.Generator().manual_seed(0)
    counts = LinearNonlinearPoisson(np.eye(3), amplitude=4.0).to(dtype=torch.float32)
    r = counts.sample(torch.full((40_000, 3), 0.5), generator)
    rate = counts.rates(torch.full((3,), 0.5))
    thin = coarser(counts, r, "thinned", generator)
    assert torch.allclose(thin.mean(0), rate, rtol=0.02)
    assert torch.allclose((thin / 2).var(0), rate / 2, rtol=0.05)  # a Poisson count of half the rate
    linear, told = learning.ENCODER.to(dtype=torch.float32), torch.zeros(40_000, 5)
    spread = torch.cov(coarser(linear, told, "thinned", generator).T)
    assert torch.allclose(spread, linear.noise, atol=0.05)
    pairs = coarser(linear, torch.tensor([[1.0, 3.0, 5.0, 5.0, 7.0]]), "merged")
    assert pairs.tolist() == [[2.0, 2.0, 5.0, 5.0, 7.0]]
    assert coarser(linear, told, "first half") is told
    with pytest.raises(ModelError, match="cannot be thinned"):
        coarser(TableEncoder(np.eye(2), [[1.0, 0.5], [0.0, 0.5]]), torch.eye(2), "thinned")


def test_a_checkpoint_s_folder_has_the_permissions_of_any_new_folder(learned, tmp_path):
    (tmp_path / "ordinary").mkdir()
    save_learned(learned, tmp_path / "net", "")
    assert (tmp_path / "net").stat().st_mode == (tmp_path / "ordinary").stat().st_mode
    before = os.umask(0o027)
    try:
        save_learned(learned, tmp_path / "closed", "")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert (tmp_path / "closed").stat().st_mode & 0o777 == 0o750
