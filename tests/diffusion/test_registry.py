"""The registries: every line leads to what it names, and help texts read it without torch."""

import subprocess
import sys

import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from stiminfo.diffusion import FiniteSetDenoiser, GaussianDenoiser, Unknown, registry  # noqa: E402
from stiminfo.diffusion.encoders import Encoder, LinearGaussian  # noqa: E402
from stiminfo.diffusion.samplers import NoSampler, sampler_named  # noqa: E402
from stiminfo.diffusion.sources import source_named  # noqa: E402
from stiminfo.errors import InputError  # noqa: E402

GAUSSIAN = GaussianDenoiser([0.0], [[1.0]], LinearGaussian([[1.0]], 1.0))


@pytest.mark.parametrize("name", registry.SAMPLERS)
def test_samplers(name):
    assert registry.sampler_class(name).name == name


@pytest.mark.parametrize("name", registry.POPULATIONS)
def test_populations(name):
    assert registry.population_named(name).name == name


@pytest.mark.parametrize("name", [*registry.DATASETS, "mine.npy", "mine.npz"])
def test_data_sets(name):
    found = registry.dataset_named(name)
    assert found.name in (name, *registry.FORMATS)
    assert found.default_population in registry.POPULATIONS
    assert found.images is not None or found.source is not None


@pytest.mark.parametrize("name", ["digits", "gaussian"])
def test_what_a_name_declares_is_what_its_source_is(name):
    found, source = registry.dataset_named(name), source_named(name)
    assert (found.default_population, found.linear_only) == (source.default_population, source.linear_only)
    assert source.name == name
    assert isinstance(source, found.kind)


@pytest.mark.parametrize("ask", [registry.sampler_class, registry.population_named, registry.dataset_named])
def test_unknown_names(ask):
    with pytest.raises(registry.NotRegistered, match="'cifar'; expected one of"):
        ask("cifar")


@pytest.mark.parametrize("sampler", ["guess", "amortised", 3])
def test_a_sampler_that_is_none(sampler):
    with pytest.raises(InputError, match="sampler"):
        sampler_named(sampler, GAUSSIAN)
    assert issubclass(NoSampler, ValueError)


class Shift(Encoder):
    """r = x + uniform noise on [-1/2, 1/2]; it gives no denoiser of its responses."""

    dimensions = responses = 1

    def sample(self, x, generator=None):
        return x + torch.rand(x.shape, dtype=x.dtype, generator=generator) - 0.5

    def log_likelihood(self, r, x):
        return torch.where((r - x).abs() <= 0.5, 0.0, -torch.inf)[..., 0].to(x.dtype)


def test_an_encoder_without_a_denoiser_of_its_responses():
    denoiser = FiniteSetDenoiser([[0.0], [0.3]], Shift())
    with pytest.raises(Unknown, match="Shift does not give the denoiser of its responses"):
        denoiser.response_side()


def test_names_need_no_torch():
    script = "import sys; from stiminfo.diffusion import registry; registry.choices(registry.DATASETS)\n"
    script += "print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
