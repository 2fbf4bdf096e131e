"""Networks of samples whose responses are read by one linear step first."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("diffusers")
pytest.importorskip("accelerate")

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import GaussianDenoiser  # noqa: E402
from stiminfo.diffusion.architecture import Architecture  # noqa: E402
from stiminfo.diffusion.checkpoints import load_learned, save_learned  # noqa: E402
from stiminfo.diffusion.closure_pool import ClosurePool  # noqa: E402
from stiminfo.diffusion.gain_target import measure_means  # noqa: E402
from stiminfo.diffusion.recipes import (  # noqa: E402
    CLOSED_SHARE,
    MOST_STEPPED,
    POOL_SHARE,
    PRESETS,
    RESPONSE_SHARE,
    Recipe,
    fitting,
)
from stiminfo.diffusion.resume import read_saved  # noqa: E402
from stiminfo.diffusion.sources import MixtureSource  # noqa: E402
from stiminfo.diffusion.stepped import SteppedNetwork  # noqa: E402
from stiminfo.diffusion.training import Training  # noqa: E402
from stiminfo.diffusion.unet import UNetDenoiser  # noqa: E402
from stiminfo.errors import CheckpointError, ModelError  # noqa: E402
from stiminfo.models import LinearGaussian, LinearNonlinearPoisson  # noqa: E402
from stiminfo.reports.model_card import findings, model_card  # noqa: E402

D = 5
MIX = np.random.default_rng(1).normal(size=(D, D)) * np.logspace(0, -1, D)
SOURCE = MixtureSource("line", [1.0], np.arange(D)[None], (MIX @ MIX.T)[None], (1, D))
ENCODER = LinearGaussian(np.random.default_rng(2).normal(size=(3, D)), 0.5)
SMALL = replace(
    PRESETS["vectors"],
    architecture=replace(PRESETS["vectors"].architecture, channels=(8,)),
    steps=4,
    response_steps=4,
    gain_steps=4,
    batch=8,
    warm_up=1,
)


def training(recipe=SMALL, **options):
    return Training(SOURCE, ENCODER, recipe, device="cpu", threads=1, **options)


def weights(learned):
    return {**learned.denoising.state_dict(), **{f"gain.{k}": v for k, v in learned.gain.state_dict().items()}}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_the_step_alone_is_exact_for_a_gaussian():
    """Networks that have learned nothing: xhat(xg, r) is the closed form, at every level."""
    learned = training(replace(SMALL, rate=1e-12)).run()
    exact = GaussianDenoiser(SOURCE.mean, SOURCE.covariance, ENCODER)
    x = SOURCE.held_out(400)
    low, high = (np.log(g) for g in learned.denoising.levels.bounds)
    gamma = torch.linspace(float(low) + 1, float(high) - 1, 400).exp()
    xg = x + gamma.sqrt()[:, None] * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    r = ENCODER.sample(x.double(), torch.Generator().manual_seed(1))
    truth = exact.xhat(xg.double(), gamma.double(), r) - exact.xhat(xg.double(), gamma.double())
    found = (learned.denoising(xg, gamma, r.float()) - learned.denoising(xg, gamma)).double()
    off = ((found - truth) ** 2).sum(1) / gamma
    assert float(off.sum() / ((truth**2).sum(1) / gamma).sum()) < 0.01
    # And so is the gain, once its mean is measured.
    total = si.i_local.estimate(UNetDenoiser(learned), x[:4], passes=400, sampler="amortised")
    assert total.value == pytest.approx(exact.feature_information().sum(), rel=0.3)


def test_unets_see_the_step_as_images_and_keep_it(tmp_path):
    """Trained at no rate, they answer with the step; a checkpoint gives back the same networks."""
    mix = np.random.default_rng(3).normal(size=(16, 16)) * np.logspace(0, -1, 16)
    source = MixtureSource("square", [1.0], np.zeros((1, 16)), (mix @ mix.T)[None], (4, 4))
    encoder = LinearGaussian(np.random.default_rng(4).normal(size=(3, 16)), 0.5)
    form = Architecture(channels=(8, 8), preconditioning="wiener", shared=False, step=True)
    recipe = replace(SMALL, architecture=form, rate=1e-12)
    learned = Training(source, encoder, recipe, device="cpu", threads=1).run()
    network, exact = learned.denoising, GaussianDenoiser(source.mean, source.covariance, encoder)
    # xhat(xg) comes from a network with random weights; what responses tell beside it is the step, and nothing else.
    x, gamma = source.held_out(200), torch.full((200,), float(np.trace(source.covariance)) / 16)
    xg = x + gamma.sqrt()[:, None] * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    r = encoder.sample(x.double(), torch.Generator().manual_seed(1)).float()
    mean = network(xg, gamma)
    assert torch.allclose(network(xg, gamma, r) - mean, network.linear_step(mean, gamma, r), atol=1e-6)
    assert network.conditional.unet.config.in_channels == 3 + 1 + 2
    gain = learned.gain(xg, gamma, network.beside(xg, gamma))
    told = exact.posterior(xg.double(), gamma.double(), variance=True).variance
    told = told - exact.posterior(xg.double(), gamma.double(), r.double(), variance=True).variance
    assert float(gain.detach().double().mean(0).sum() / told.mean(0).sum()) == pytest.approx(1, abs=0.5)
    save_learned(learned, tmp_path / "n", "")
    again = load_learned(tmp_path / "n")
    assert same(weights(again), weights(learned))
    assert torch.equal(again.denoising(xg, gamma, r), network(xg, gamma, r))


@pytest.mark.parametrize("moment", [("denoisers", 2), ("responses", 2), ("gain", 2)])
def test_an_interrupted_run_goes_on_to_the_same_weights(moment, tmp_path):
    class Stop(Exception):
        pass

    def stop(stage, step, steps, loss):
        if (stage, step) == moment:
            raise Stop

    kept = tmp_path / "run.pt"
    with pytest.raises(Stop):
        training(resume_file=kept, save_every=0, progress=stop).run()
    assert read_saved(kept).state["stage"] == moment[0]
    learned = training(resume_file=kept, save_every=0, resume=True).run()
    assert same(weights(learned), weights(training().run()))
    assert [len(learned.notes["losses"][stage]) for stage in ("denoisers", "responses", "gain")] == [4, 4, 4]


def test_a_run_may_begin_with_networks_of_the_same_form():
    first = training().run()
    still = replace(SMALL, steps=1, response_steps=1, gain_steps=1, rate=1e-9)
    second = training(still, start=first).run()
    assert isinstance(second.denoising, SteppedNetwork)
    apart = [(a - b).abs().max() for a, b in zip(first.denoising.parameters(), second.denoising.parameters())]
    assert max(apart) < 1e-5
    with pytest.raises(CheckpointError, match="another architecture"):
        training(replace(SMALL.direct(channels=(8,)), steps=1, gain_steps=1), start=first).run()


def centred(recipe, **changes):
    return replace(recipe, architecture=replace(recipe.architecture, centred=True), **{"null_share": 0.3} | changes)


def test_what_is_said_without_a_response_is_taken_off_where_asked_for():
    learned = training(centred(SMALL)).run()
    network = learned.denoising
    torch.nn.init.normal_(network.conditional.leave.weight)
    x, gamma, r = SOURCE.held_out(16), torch.full((16,), 0.5), torch.ones(16, ENCODER.responses)
    with torch.no_grad():
        mean, taken_off, views = network.both(x, gamma, r)
        none = network(x, gamma, r, torch.zeros(16, 1, dtype=torch.bool)) - mean
        network.centred = False
        same, whole, seen = network.both(x, gamma, r)
    assert torch.equal(same, mean)
    assert torch.equal(seen, views)
    assert none.abs().max() > 1e-3
    torch.testing.assert_close(whole - taken_off, none)


def test_checkpoints_from_before_are_centred():
    told = centred(SMALL).architecture.to_json()
    del told["centred"]
    assert Architecture.from_json(told).centred
    assert not Architecture.from_json({name: one for name, one in told.items() if name != "step"}).centred
    assert not SMALL.architecture.centred


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: centred(SMALL, null_share=0.0), "these networks have to learn what no response means"),
        (lambda: replace(SMALL.direct(channels=(8,)), null_share=0.0), "these networks have to learn what no response"),
        (lambda: replace(SMALL, null_share=1.0), "null_share is 1.0; expected a number from 0 to below 1"),
        (lambda: Architecture(centred=True), "only answers beside a linear step can be centred"),
    ],
)
def test_what_cannot_be_centred(make, message):
    with pytest.raises(ModelError, match=message):
        make()


@pytest.mark.parametrize("neurons", ["linear", "poisson"])
def test_a_checkpoint_comes_back_equal(tmp_path, neurons):
    run = training()
    if neurons == "poisson":
        run.source = SOURCE_OF_FEW
        run.encoder = LinearNonlinearPoisson(np.eye(D)[:2], amplitude=4.0)
    learned = run.run()
    learned.notes |= findings(learned, run.source)
    card = model_card("net", learned.notes)
    third = "exact" if neurons == "linear" else "training set"  # stimuli without end: the true prior's
    assert f"| linear | {third} |" in card
    assert f"and an exact one ({third}: " in card
    assert "**Systematic error** of totals by the sampler amortised" in card
    assert "4 for what responses tell beyond a linear step" in card
    save_learned(learned, tmp_path / "net", card)
    again = load_learned(tmp_path / "net")
    x, gamma, r = SOURCE.held_out(4), torch.full((4,), 0.5), torch.ones(4, learned.encoder.responses)
    for given in (None, r):
        assert torch.equal(learned.denoising(x, gamma, given), again.denoising(x, gamma, given))
    mine, others = UNetDenoiser(learned), UNetDenoiser(again)
    assert torch.equal(mine.gain(x, gamma), others.gain(x, gamma))
    assert mine.kept["amortised"] == others.kept["amortised"]
    assert mine.bias(si.diffusion.samplers.sampler_named("amortised", mine), 100) is mine.kept["amortised"]


def _samples():
    from stiminfo.diffusion.sources.sample_set import SampleSource

    return SampleSource("few", SOURCE.held_out(200).numpy())


SOURCE_OF_FEW = _samples()


def test_minutes_are_shared_among_three_stages():
    recipe = SMALL.lasting(100, 0.1, 0.1, 0.0, 0.2)
    assert recipe.response_steps * 0.2 / (recipe.steps * 0.1) == pytest.approx(
        RESPONSE_SHARE / (1 - RESPONSE_SHARE), rel=0.02
    )
    assert training(minutes=0.02).run().notes["recipe"]["response_steps"] >= 1
    assert Recipe.from_json(recipe.to_json()) == recipe
    older = {name: value for name, value in SMALL.direct().to_json().items() if name not in ("response_steps", "pool")}
    assert Recipe.from_json(older) == SMALL.direct()


def test_what_does_not_go_with_the_step_is_refused():
    with pytest.raises(ModelError, match="two networks"):
        Architecture(step=True)
    with pytest.raises(ModelError, match="response_steps is 0"):
        replace(SMALL, response_steps=0)
    assert fitting(SMALL, (1, MOST_STEPPED)) is SMALL
    assert not fitting(SMALL, (1, MOST_STEPPED + 1)).architecture.step


def still(**changes):
    """A run whose networks learn nothing, so that the best linear denoiser is left, and its batches."""
    run = training(replace(SMALL, rate=1e-12, **changes))
    return run, run.run()


def test_the_closure_that_is_learned_is_that_of_the_denoisers():
    """Of a Gaussian it is the exact gain, in every row of every batch."""
    run, learned = still()
    pool = ClosurePool(run.batches, learned.denoising, 64)
    exact = GaussianDenoiser(SOURCE.mean, SOURCE.covariance, ENCODER)
    batch = pool.draw("gain", 3, 40)
    xg, gamma = batch.xg.double(), batch.gamma.double()
    given = exact.posterior(xg, gamma, torch.zeros(40, 3, dtype=torch.float64), variance=True)
    truth = exact.posterior(xg, gamma, variance=True).variance - given.variance
    assert torch.allclose(batch.closure.double(), truth, rtol=1e-3, atol=1e-6 * float(truth.max()))
    assert torch.allclose(batch.beside, learned.denoising.beside(batch.xg, batch.gamma), atol=1e-5)
    piece = batch.part(slice(4, 9))
    assert torch.equal(piece.closure, batch.closure[4:9])
    assert torch.equal(pool.draw("gain", 3, 40).xg, batch.xg)
    assert not torch.equal(pool.draw("gain", 4, 40).xg, batch.xg)


def test_responses_may_tell_more_than_the_closure_but_not_less():
    run, learned = still()
    for factor, low, high in ((0.25, 2.5, 8.0), (16.0, 1.0, 1.0)):
        gain = learned.gain
        gain.level_scale.fill_(1.0)
        gain.pixel_scale.fill_(factor)  # the truth is where this is 1
        measure_means(gain, learned.denoising, lambda k: run.batches.draw("levels", k, 512), 16, closed=True)
        assert low <= float(gain.level_scale.median()) <= high
        assert (gain.level_scale >= 1).all()
        assert (gain.pixel_scale == factor).all()


def test_few_closures_are_not_learned():
    found = SMALL.lasting(100, 0.1, 0.1, 0.0, 0.2, 1e-3)
    assert (found.target, found.pool) == ("closure", int(100 * CLOSED_SHARE * POOL_SHARE * 1e3))
    found = SMALL.lasting(100, 0.1, 0.1, 0.0, 0.2, 0.1)
    assert (found.target, found.pool) == ("square", 0)
    with pytest.raises(ModelError, match="pool is 0"):
        replace(SMALL, pool=0)


def test_inner_levels_are_learned_and_all_are_measured():
    run = still()[0]
    low, high = run.batches.bounds

    def middle(purpose):
        place = (run.batches.draw(purpose, 0, 4000).gamma / low).log() / np.log(high / low)
        assert 0 < place.min() < 0.01 < 0.99 < place.max() < 1
        return float(((place > 0.4) & (place < 0.6)).float().mean())

    assert middle("levels") == pytest.approx(0.2, abs=0.01)
    # The integral of the cosine whose value at the ends is a quarter of that in the middle.
    a = np.arccos(0.25)
    assert middle("denoisers") == pytest.approx(np.sin(0.2 * a) / np.sin(a), abs=0.01)


# -- leading directions --


def led(leading=3, **changes):
    """Networks of ten numbers that see three directions, and the source."""
    mix = np.random.default_rng(1).normal(size=(10, 10)) * np.logspace(0, -2, 10)
    source = MixtureSource("ten", [0.5, 0.5], mix[:, :2].T * 2, np.stack([mix @ mix.T] * 2), (1, 10))
    encoder = LinearGaussian(np.random.default_rng(2).normal(size=(4, 10)), 1.0)
    recipe = replace(SMALL, architecture=replace(SMALL.architecture, leading=leading), **changes)
    return source, Training(source, encoder, recipe, device="cpu", threads=1).run()


def test_directions_that_networks_do_not_see_are_denoised_linearly():
    source, learned = led(steps=30, rate=1e-2)
    denoising = learned.denoising
    assert denoising.lead == 3
    assert denoising.conditional.enter.in_features == learned.denoising.conditional.leave.out_features * 3 + 9
    x = source.held_out(50)
    gamma = torch.logspace(-3, 2, 50)
    xg = x + gamma.sqrt()[:, None] * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    values, vectors = np.linalg.eigh(source.covariance)
    directions, power = torch.tensor(vectors).float(), torch.tensor(values).float()
    linear = ((xg - denoising.centre) @ directions) * power / (power + gamma[:, None])
    off = (denoising(xg, gamma) - denoising.centre) @ directions - linear
    assert off[:, :-3].abs().max() < 1e-4
    assert off[:, -3:].abs().max() > 1e-3


def test_as_many_directions_as_there_are_is_no_limit():
    assert led(leading=10, steps=2)[1].denoising.lead == 0


def test_leading_directions_in_a_checkpoint(tmp_path):
    source, learned = led(steps=2)
    save_learned(learned, tmp_path / "net", "")
    again = load_learned(tmp_path / "net")
    assert again.shape == (1, 10)
    assert again.denoising.architecture.leading == 3
    xg, gamma, r = source.held_out(5), torch.ones(5), torch.zeros(5, 4)
    for one, other in zip(learned.denoising.both(xg, gamma, r), again.denoising.both(xg, gamma, r)):
        assert torch.equal(one, other)
    assert torch.equal(
        learned.gain(xg, gamma, learned.denoising.beside(xg, gamma)),
        again.gain(xg, gamma, again.denoising.beside(xg, gamma)),
    )


def test_few_directions_among_many_are_found():
    """Two clusters along one of 300 directions: a network that sees them all learns nothing of them in this time."""
    size = 300
    means = np.zeros((2, size))
    means[:, 0] = 2.0, -2.0
    variances = np.full(size, 0.05)
    variances[0] = 0.1
    source = MixtureSource("clusters", [0.5, 0.5], means, np.stack([np.diag(variances)] * 2), (1, size))
    encoder = LinearGaussian(np.eye(4, size), 1.0)
    exact = source.exact(encoder)
    x = source.held_out(400)
    gamma = torch.full((400,), 1.0)
    xg = x + torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    truth = exact.xhat(xg.double(), gamma.double())
    left = {}
    for leading in (0, 8):
        architecture = replace(SMALL.architecture, channels=(32,), leading=leading)
        recipe = replace(SMALL.direct(), architecture=replace(architecture, step=False, prior_only=True, shared=True))
        recipe = replace(recipe, steps=800, gain_steps=0, batch=64, rate=4e-3, ema=0.9)
        learned = Training(source, encoder, recipe, device="cpu", threads=1).run()
        left[leading] = float((learned.denoising(xg, gamma).double() - truth).square().sum(1).mean())
    assert left[8] < left[0] / 4
