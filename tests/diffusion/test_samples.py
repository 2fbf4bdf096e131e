"""Networks of stimuli that are no images: an MLP, the Wiener preconditioning, files of samples, networks without r."""

import json
import shlex
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers")
pytest.importorskip("accelerate")

import torch
from safetensors.numpy import save_file

import stiminfo as si
from stiminfo.axioms.auditing.networks import Question
from stiminfo.cli import app
from stiminfo.diffusion import GaussianDenoiser, load_denoiser
from stiminfo.diffusion.architecture import Architecture, Levels
from stiminfo.diffusion.batches import Batches
from stiminfo.diffusion.bias import Reference, fewest_passes, measure_bias
from stiminfo.diffusion.checkpoints import load_learned, save_learned
from stiminfo.diffusion.denoiser import Unknown
from stiminfo.diffusion.loading import serving
from stiminfo.diffusion.recipes import PRESETS, preset_for
from stiminfo.diffusion.samplers import Closure
from stiminfo.diffusion.sources import MixtureSource
from stiminfo.diffusion.sources.sample_set import SampleSource
from stiminfo.diffusion.training import Training
from stiminfo.diffusion.unet import UNetDenoiser
from stiminfo.errors import ModelError
from stiminfo.models import LinearGaussian
from stiminfo.reports.model_card import findings, model_card

FEW = ("--steps", "2", "--batch", "8", "--channels", "8", "--device", "cpu", "--seed", "0")


def main(arguments):
    """The exit code of a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["stiminfo", *arguments])
        with pytest.raises(SystemExit) as stopped:
            app.main()
    return stopped.value.code or 0


def gaussian(d=3):
    """A Gaussian of very different variances, and two neurons."""
    mix = np.random.default_rng(1).normal(size=(d, d)) * np.logspace(0, -1, d)
    source = MixtureSource("line", [1.0], np.arange(d)[None], (mix @ mix.T)[None], (1, d))
    return source, LinearGaussian(np.random.default_rng(2).normal(size=(2, d)), 1.0)


def trained(source, encoder, **changes):
    architecture = {name: changes.pop(name) for name in list(changes) if hasattr(Architecture(), name)}
    few = {"steps": 2, "gain_steps": 2, "batch": 8, "warm_up": 1} | changes
    if architecture.get("prior_only") or architecture.get("preconditioning"):
        recipe = replace(PRESETS["vectors"].direct(channels=(8,), **architecture), **few)
    else:
        recipe = replace(PRESETS["vectors"], response_steps=2, **few)
        recipe = replace(recipe, architecture=replace(recipe.architecture, channels=(8,)))
    return Training(source, encoder, recipe, device="cpu", threads=1).run()


def test_the_first_guess_is_the_best_linear_denoiser():
    """Exact for a Gaussian: an MLP that has learned nothing gives the closed form by the closure, at any scale."""
    source, encoder = gaussian()
    learned = trained(source, encoder, gain_steps=0, prior_only=True, rate=1e-12)
    exact = GaussianDenoiser(source.mean, source.covariance, encoder)
    x = source.held_out(4)
    gamma = torch.tensor([1e-3, 0.1, 1.0, 30.0])
    found = learned.denoising(x, gamma)
    assert torch.allclose(found.double(), exact.xhat(x.double(), gamma.double()), atol=1e-4)
    total = si.i_local.estimate(serving(UNetDenoiser(learned)), x, passes=4000, sampler="closure", seed=1)
    truth = si.i_local.estimate(exact, x, passes=4000, seed=1)
    assert np.abs(total.value - truth.value).max() < 0.02 * truth.value.mean()
    plain = trained(source, encoder, gain_steps=0, prior_only=True, rate=1e-12, preconditioning="edm", leading=0)
    assert not torch.allclose(plain.denoising(x, gamma), found, atol=1e-2)


@pytest.mark.parametrize("prior_only", [False, True])
def test_a_checkpoint_of_an_mlp_comes_back_equal(tmp_path, prior_only):
    source, encoder = gaussian()
    learned = trained(source, encoder, prior_only=prior_only, gain_steps=0 if prior_only else 2)
    learned.notes["data"] = {"name": "line"}
    save_learned(learned, tmp_path / "net", "card")
    again = load_learned(tmp_path / "net")
    x, gamma, r = source.held_out(4), torch.full((4,), 0.5), torch.ones(4, 2)
    for given in (None, r):
        assert torch.equal(learned.denoising(x, gamma, given), again.denoising(x, gamma, given))
    assert not prior_only or torch.equal(again.denoising(x, gamma, r), again.denoising(x, gamma))
    assert prior_only or not torch.equal(again.denoising(x, gamma, r), again.denoising(x, gamma))
    assert repr(UNetDenoiser(again)).startswith("UNetDenoiser(3 numbers, line")
    if prior_only:
        with pytest.raises(Unknown, match="learned no responses"):
            UNetDenoiser(again).xhat(x, gamma, r)
        assert load_denoiser(tmp_path / "net").usual_sampler == "closure"


def test_what_is_measured_after_training_keeps_to_its_time():
    """A closure takes a pass per neuron, or per feature: many neurons of 64 x 64 pixels would take hours."""
    source, encoder = gaussian(12)
    learned = trained(source, encoder, gain_steps=0, prior_only=True)
    denoiser = serving(UNetDenoiser(learned))
    sampler = Counted()
    reference = Reference(source.held_out(64), (1.0, 0.1))
    measure_bias(denoiser, sampler, reference, 1 << 12)
    assert 0 < sampler.rows * sampler.passes(denoiser) <= 1 << 12
    assert fewest_passes(denoiser, sampler) == 64 * (2 * 3 + 1 + 3)
    short, long = (findings(learned, source, seconds=seconds) for seconds in (1e-9, 600.0))
    assert (short["bias"], list(long["bias"])) == ({}, ["closure"])
    assert short["held_out"] == long["held_out"]
    for found, words in ((short, "too short to measure"), (long, "by the sampler closure")):
        assert words in model_card("net", learned.notes | found)


class Counted(Closure):
    """It counts the noisy stimuli at which it is asked."""

    rows = 0

    def squared_gain(self, denoiser, xg, *others):
        type(self).rows += len(xg)
        return super().squared_gain(denoiser, xg, *others)


def test_the_preset_follows_the_shape():
    assert [preset_for(shape) for shape in ((1, 300), (8, 8), (32, 32))] == ["vectors", "small", "medium"]
    endless = [preset_for(shape, endless=True) for shape in ((1, 300), (8, 8), (32, 32))]
    assert endless == ["vectors", "vectors", "vectors"]
    assert preset_for((64, 64), endless=True) == "medium"
    with pytest.raises(ModelError, match="the width of an MLP"):
        Architecture(network="mlp", channels=(8, 8))
    with pytest.raises(ModelError, match="no views"):
        Architecture(prior_only=True, shared=False)


def test_samples_say_what_is_odd_about_them():
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(30, 40))
    assert "30 samples of 40 features" in SampleSource("s", samples).remarks[0]
    samples[:, 7], samples[3] = 1.0, samples[4]
    constant, repeated, _ = SampleSource("s", samples).remarks
    assert constant.startswith("1 of 40 features never vary (the first is feature 7)")
    assert repeated.startswith("1 of 30 samples repeat")
    assert SampleSource("s", rng.normal(size=(300, 4))).remarks == ()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Samples with a constant feature, receptive fields, and networks of the samples alone."""
    place = tmp_path_factory.mktemp("samples")
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(200, 4)) * 5
    samples[:, 2] = 7
    np.save(place / "x.npy", samples)
    np.save(place / "rf.npy", rng.normal(size=(3, 4)))
    fields = ("--data", str(place / "x.npy"), "--receptive-fields", str(place / "rf.npy"))
    assert main(["train", *fields, "--noise", "1", "--prior-only", *FEW, "--out", str(place / "net")]) == 0
    return place


def test_train_on_samples_and_decompose_with_other_neurons(folder, capsys):
    imagined = ("image", "pixel")
    capsys.readouterr()
    data = json.loads((folder / "net" / "checkpoint.json").read_text())
    assert data["architecture"]["network"] == "mlp"
    assert data["gain_architecture"] is None
    assert data["shape"] == [1, 4]
    assert data["notes"]["held_out"][0]["network_given"] is None
    card = (folder / "net" / "card.md").read_text()
    assert "| - |" in card
    assert "| gamma | network | linear | training set |" in card
    assert "training set: the exact denoiser of the 180 stimuli that were trained on" in card
    assert "Residual MLPs that denoise stimuli" in card
    assert not any(word in card for word in ("U-Net", *imagined))
    np.save(folder / "other.npy", np.eye(4)[:1])
    known = ("--data", str(folder / "x.npy"), "--checkpoint", str(folder / "net"), "--passes", "300", "--show", "2")
    out = folder / "out"
    assert main(["decompose", *known, "--out", str(out)]) == 0
    found = json.loads((out / "decomposition.json").read_text())
    assert found["measures"]["i_local"]["sampler"] == "closure"
    assert min(found["measures"]["i_local"]["systematic"]) > 0
    said = capsys.readouterr()
    assert "± systematic error" in " ".join(said.out.split())
    assert not any(word in said.out + said.err for word in imagined)
    # A constant feature has no information, but for float32's rounding; a neuron that sees one feature tells nothing
    # about independent ones.
    maps = np.load(out / "decomposition.npz")["i_local_map"][:, 0]
    assert np.abs(maps[:, 2]).max() < 1e-5 * maps.max()
    assert main(["decompose", *known, "--receptive-fields", str(folder / "other.npy"), "--out", str(out)]) == 0
    maps = np.load(out / "decomposition.npz")["i_local_map"][:, 0]
    assert maps[:, 0].min() > 3 * maps[:, 1:].max()


def test_indices_are_rows_of_the_file(folder, capsys):
    """Against the samples themselves: every row that is shown or asked for, whether networks learned it or not."""
    samples = np.load(folder / "x.npy").astype(np.float32)
    source = SampleSource("s", samples)
    whole = source.whole()
    assert np.array_equal(whole.pixels[:, 0], samples)
    assert np.array_equal(whole.pixels[whole.members, 0], source.images.numpy())
    kept = np.setdiff1d(np.arange(200), whole.members)
    known = ("decompose", "--data", str(folder / "x.npy"), "--checkpoint", str(folder / "net"), "--passes", "100")
    out = folder / "rows"
    for asked, exact in (
        (("--show", "5"), True),
        (("--image", "199", "--image", str(whole.members[9])), 199 in whole.members),
        (("--image", str(kept[0]), "--image", str(whole.members[0])), False),
    ):
        assert main([*known, *asked, "--out", str(out)]) == 0
        found, said = np.load(out / "decomposition.npz"), capsys.readouterr()
        data = json.loads((out / "decomposition.json").read_text())
        assert np.array_equal(found["images"][:, 0], samples[found["index"]])
        assert data["images"] == found["index"].tolist()
        assert data["held_out"] == [int(i) in kept for i in found["index"]]
        assert data["set_size"] == 180
        assert "exact" in data if exact else "exact" not in data
        assert exact or "held out" in said.err
        assert "180 stimuli (of 200; the others were held out)" in said.out
        assert all(f"{index} │" in said.out for index in found["index"])
    assert main([*known, "--image", "200", "--out", str(out)]) == 2
    assert "expected 0 to 199" in capsys.readouterr().err


def test_poisson_neurons_of_samples(folder, capsys):
    fields = ("--data", str(folder / "x.npy"), "--poisson", "--gain-steps", "2")
    assert main(["train", *fields, *FEW, "--out", str(folder / "lnp")]) == 0
    assert "LinearNonlinearPoisson(4 neurons" in (folder / "lnp" / "card.md").read_text()
    assert "never vary" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--data", "nan.npy"), "expected finite numbers"),
        (("--data", "x.npy", "--dataset", "digits"), "--dataset has no effect beside --data"),
        (("--data", "x.npy", "--poisson", "--population", "linear"), "--population has no effect beside --poisson"),
        (("--data", "x.npy", "--receptive-fields", "nan.npy"), "expected finite numbers"),
        (("--data", "x.npy", "--receptive-fields", "x3.npy"), "expected (k, 4), as the stimuli"),
        (("--data", "x.npy", "--prior-only", "--halves"), "--halves has no effect with --prior-only"),
        (("--data", "few.npy"), "5 stimuli; expected at least 20"),
        (("--data", "same.npy"), "the stimuli are all the same"),
        (("--data", "x.npy", "--receptive-fields", "blind.npy"), "do not depend on the stimulus"),
    ],
)
def test_bad_input_is_one_line(folder, monkeypatch, capsys, options, words):
    monkeypatch.chdir(folder)
    np.save("nan.npy", np.full((30, 4), np.nan))
    np.save("x3.npy", np.ones((2, 3)))
    np.save("same.npy", np.ones((30, 4)))
    np.save("blind.npy", np.eye(4)[2:3])
    np.save("few.npy", np.random.default_rng(0).normal(size=(5, 4)))
    assert main(["train", *options, *FEW, "--out", "never"]) == 2
    line = [text for text in capsys.readouterr().err.splitlines() if "note:" not in text]
    assert len(line) == 1
    assert words in line[0]
    assert not any(word in line[0] for word in ("image", "pixel"))


def test_the_next_command_of_a_world_works(folder, capsys):
    """Its images are in a file, too, that decompose has to be told of."""
    world = folder / "world.safetensors"
    save_file({"images": np.random.default_rng(0).random((30, 4, 4)).astype(np.float32)}, world)
    assert main(["train", "--data", str(world), "--prior-only", *FEW, "--out", str(folder / "w")]) == 0
    command = shlex.split(capsys.readouterr().out.splitlines()[-1])
    assert main([*command[1:], "--image", "99", "--out", str(folder / "seen")]) == 2
    assert "image 99 is not in the set; expected 0 to 29" in capsys.readouterr().err


def test_an_audit_names_stimuli_by_their_rows():
    samples = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    asked = Question(SimpleNamespace(tensor=torch.as_tensor, dimensions=3), SampleSource("s", samples), 1, 0)
    for at, x in enumerate(asked.images(16).numpy()):
        word, row = asked.named(at).split()
        assert word == "stimulus"
        assert np.array_equal(samples[int(row)], x)


def test_the_means_of_the_gain_are_those_of_stimuli_that_were_not_learned():
    """Where there are enough of them: a tenth of 1,100 samples, but not of 300."""
    for count, purpose, kept in ((1100, "levels", True), (1100, "gain", False), (300, "levels", False)):
        source = SampleSource("s", np.random.default_rng(0).normal(size=(count, 2)))
        _, encoder = gaussian(2)
        batches = Batches(source, encoder, PRESETS["vectors"], Levels(0.1, 1.0, 3.0), 0, 0, "cpu")
        x = batches.draw(purpose, 0, 64).x
        held = source.held_out(count)
        assert bool((x[:, None] == held[None]).all(2).any(1).all()) is kept
