"""Networks of the user's own: read right, whatever they predict; read wrongly, refused with what they look like."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
diffusers = pytest.importorskip("diffusers", reason="schedulers are those of diffusers")

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import Denoiser, MixtureDenoiser, NotADenoiser, check_denoiser  # noqa: E402
from stiminfo.errors import ModelError  # noqa: E402
from stiminfo.models import LinearGaussian  # noqa: E402

ENCODER = LinearGaussian([[1.0, 0, 0.5, 0], [0, 1, 0, -0.5]], 0.2)
PRIOR = MixtureDenoiser(
    [0.4, 0.6],
    [[1.0, 0, 1, 0], [-1, 0.5, 0, 0]],
    [np.diag([0.3, 0.1, 0.2, 0.1]), np.diag([0.1, 0.2, 0.1, 0.3])],
    ENCODER,
)
SCHEDULER = diffusers.DDPMScheduler(prediction_type="sample", clip_sample=False)
ABAR = SCHEDULER.alphas_cumprod.double()


def network(prediction, *, preserving=True, gammas=(1 - ABAR) / ABAR):
    """What an ideally trained network of this kind answers."""

    def answer(x, step):
        g = gammas[step] if preserving else step**2
        root = (1 + g).sqrt()[:, None] if preserving else 1.0
        xg = x.reshape(len(x), -1) * root
        x0 = PRIOR.xhat(xg, g)
        noise = (xg - x0) / g.sqrt()[:, None]
        found = {"sample": x0, "epsilon": noise, "v": (noise - g.sqrt()[:, None] * x0) / (1 + g).sqrt()[:, None]}
        return found[prediction].reshape(x.shape)

    return answer


def samples(count=400, seed=1):
    return PRIOR.draw_prior(count, PRIOR.generator(seed))


def wrapped(model, **options):
    options = {"encoder": ENCODER, "shape": (2, 2), "samples": samples()} | options
    return Denoiser.from_diffusers(model, options.pop("scheduler", SCHEDULER), **options)


class Sigmas:
    """A variance-exploding scheduler: it has sigmas alone."""

    sigmas = torch.logspace(-2, 1.5, 200, dtype=torch.float64)


@pytest.mark.parametrize("prediction", ["sample", "epsilon", "v"])
@pytest.mark.parametrize("own", [False, True])
def test_every_prediction_is_the_same_denoiser(prediction, own):
    found = wrapped(network(prediction), prediction=prediction, samples=None if own else samples())
    assert ("checked on stimuli that it drew itself" in found.caution) == own
    xg, g = samples(50, 2) + 0.3, torch.full((50,), 0.37, dtype=torch.float64)
    # Between two of 1,000 time steps xhat is interpolated.
    assert torch.allclose(found.xhat(xg, g), PRIOR.xhat(xg, g), atol=1e-4)


def test_sigmas():
    found = wrapped(network("epsilon", preserving=False), scheduler=Sigmas(), prediction="epsilon")
    xg, g = samples(50, 2), torch.full((50,), 0.37, dtype=torch.float64)
    assert torch.allclose(found.xhat(xg, g), PRIOR.xhat(xg, g), atol=1e-3)


@pytest.mark.parametrize(("kind", "sign"), [("epsilon", 1), ("v_prediction", -1)])
def test_preconditioned_networks(kind, sign):
    """Karras et al. (2022): the network sees xg at unit size and log(sigma) / 4; its output is scaled by the level."""
    scheduler = diffusers.EDMEulerScheduler(sigma_min=0.01, sigma_max=30, sigma_data=0.8, prediction_type=kind)

    def answer(x, told):
        sigma = (4 * told).exp()[:, None]
        g, power = sigma**2, 0.8**2
        xg = x.reshape(len(x), -1) * (g + power).sqrt()
        x0 = PRIOR.xhat(xg, g[:, 0])
        return (sign * (x0 - power / (g + power) * xg) / (sigma * 0.8 / (g + power).sqrt())).reshape(x.shape)

    found = wrapped(answer, scheduler=scheduler)
    xg, g = samples(50, 2), torch.full((50,), 0.37, dtype=torch.float64)
    assert torch.allclose(found.xhat(xg, g), PRIOR.xhat(xg, g), atol=1e-3)
    theirs = scheduler.precondition_outputs(xg, answer(scheduler.precondition_inputs(xg, 0.6), told_at(0.6)), 0.6)
    level = torch.full((50,), 0.36, dtype=torch.float64)
    assert torch.allclose(theirs.double(), PRIOR.xhat(xg, level), atol=1e-4)


def told_at(sigma):
    return torch.full((50,), float(np.log(sigma)) / 4, dtype=torch.float64)


def test_an_estimate_is_that_of_the_exact_denoiser():
    x = samples(20, 3)
    truth = si.i_local.estimate(PRIOR, x, passes=2000, seed=1)
    found = si.i_local.estimate(wrapped(network("epsilon"), prediction="epsilon"), x, passes=2000, sampler="closure")
    off = np.abs(found.value - truth.value) - 2 * np.hypot(found.stderr, truth.stderr)
    assert (off <= found.systematic).mean() >= 0.9
    assert 0 < found.systematic.mean() < 0.6 * found.value.mean()
    # The closure's own bias on this mixture is 1 to 4%.
    assert found.value.mean() == pytest.approx(truth.value.mean(), rel=0.08)


WRONG = [
    (network("epsilon"), "sample", SCHEDULER, "network of epsilon predictions"),
    (network("sample"), "epsilon", SCHEDULER, "network of sample predictions"),
    (network("v"), "epsilon", SCHEDULER, "network of v predictions"),
    (network("epsilon"), "v", SCHEDULER, "network of epsilon predictions"),
    (lambda x, t: network("sample")(x / (1 / ABAR[t]).sqrt()[:, None, None, None], t), "sample", SCHEDULER, "sees xg"),
    (lambda x, t: torch.zeros_like(x), "epsilon", SCHEDULER, "not a posterior mean"),
    (lambda x, t: torch.full_like(x, torch.nan), "sample", SCHEDULER, "gave NaN or infinity, at noise levels gamma"),
    (lambda x, t: x[:, :, :1], "sample", SCHEDULER, "expected the same shape"),
]


@pytest.mark.parametrize(("model", "prediction", "scheduler", "words"), WRONG)
def test_what_is_read_wrongly_is_refused(model, prediction, scheduler, words):
    with pytest.raises(ModelError, match=words):
        wrapped(model, prediction=prediction, scheduler=scheduler)


@pytest.mark.parametrize("prediction", ["sample", "v"])
def test_its_own_draws_show_the_grossest_mistake(prediction):
    with pytest.raises(NotADenoiser, match="a network of epsilon predictions"):
        wrapped(network("epsilon"), prediction=prediction, samples=None)


def test_its_own_draws_do_not_condemn_an_exact_network():
    """Reverse diffusion of few steps draws too narrowly: seen with eight dimensions of unequal spread."""
    rng = np.random.default_rng(0)
    root = rng.normal(size=(8, 8)) / 2
    covariance = torch.tensor(root @ root.T + 0.05 * np.eye(8))

    def epsilon(x, step):
        g = ((1 - ABAR) / ABAR)[step][:, None]
        values, vectors = torch.linalg.eigh(covariance)
        xg = x * (1 + g).sqrt()
        return (xg @ vectors * (g.sqrt() / (values + g))) @ vectors.T

    encoder = LinearGaussian(rng.normal(size=(3, 8)), 0.5)
    found = Denoiser.from_diffusers(epsilon, SCHEDULER, encoder=encoder, shape=(8,), prediction="epsilon")
    with pytest.raises(NotADenoiser, match="network of epsilon predictions"):
        Denoiser.from_diffusers(epsilon, SCHEDULER, encoder=encoder, shape=(8,), prediction="v")
    assert found.dimensions == 8


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prediction": "score"}, "expected epsilon, v or sample"),
        ({"scheduler": object(), "prediction": "v"}, "neither alphas_cumprod nor sigmas"),
        ({"shape": (3, 2)}, "stimuli"),
        ({"shape": ()}, r"expected \(h, w\)"),
        ({"encoder": "linear"}, "expected a population"),
        ({"samples": np.ones((40, 4))}, "all equal"),
        ({"samples": np.full((40, 4), np.nan)}, "sample 0 holds a number that is not finite"),
        (
            {"samples": np.where(np.arange(160).reshape(40, 4) == 21, np.inf, np.arange(160.0).reshape(40, 4))},
            "sample 5",
        ),
        ({"samples": np.ones((31, 4))}, "32 stimuli or more"),
        ({"samples": np.ones((30, 5))}, "samples have shape"),
    ],
)
def test_what_does_not_fit(change, words):
    with pytest.raises(ModelError, match=words):
        wrapped(network("sample"), **change)


def test_a_network_that_is_a_little_worse_is_cautioned():
    def blurred(x, t):
        g = ((1 - ABAR) / ABAR)[t]
        return network("sample")(x, t) + 0.65 * (g / (1 + 4 * g)).sqrt()[:, None, None, None]

    with pytest.warns(UserWarning, match="worse than the best linear denoiser"):
        si.i_local.estimate(wrapped(blurred), samples(2, 5), passes=100, sampler="closure")


class Mine(Denoiser):
    """A user's own class around a network."""

    encoder, dimensions = ENCODER, 4

    def __init__(self, function):
        self.xhat = function

    def scales(self, x):
        return PRIOR.scales(x)

    def draw_prior(self, count, generator=None):
        return PRIOR.draw_prior(count, generator)


def test_a_class_of_the_user_s_own():
    check_denoiser(PRIOR)
    check_denoiser(Mine(lambda xg, g: PRIOR.xhat(xg, g)), samples())
    with pytest.raises(NotADenoiser, match="epsilon network taken for x0: xhat"):
        check_denoiser(Mine(lambda xg, g: (xg - PRIOR.xhat(xg, g)) / g.sqrt()[:, None]))
    with pytest.raises(NotADenoiser, match="multiplied by sqrt"):
        # The network expects x_t, and gets xg.
        check_denoiser(Mine(lambda xg, g: PRIOR.xhat(xg * (1 + g[:, None]).sqrt(), g)))
    with pytest.raises(NotADenoiser, match="returned shape"):
        check_denoiser(Mine(lambda xg, g: xg[:, :2]))


@pytest.mark.parametrize("prediction", ["sample", "epsilon", "v"])
def test_a_network_without_a_derivative_is_refused(prediction):
    """Else the derivative of the noisy stimulus, which xhat holds too, would pass for that of the network."""
    ideal = network(prediction)
    denoiser = wrapped(lambda x, step: ideal(x, step).detach(), prediction=prediction)
    with pytest.raises(si.NotApplicable, match="has no derivative"):
        si.i_local.estimate(denoiser, samples()[:2], passes=64, sampler="closure")
    assert np.isfinite(si.i_local.estimate(wrapped(ideal, prediction=prediction), samples()[:2], passes=64).value).all()
