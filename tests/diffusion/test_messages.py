"""Wrong stimuli, populations and denoisers end in one line that says what is wrong, and what was expected."""

import importlib
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from stiminfo.diffusion import FiniteSetDenoiser, GaussianDenoiser, MixtureDenoiser  # noqa: E402
from stiminfo.diffusion.datasets import Images  # noqa: E402
from stiminfo.diffusion.denoiser import Denoiser, Unknown, float_type  # noqa: E402
from stiminfo.diffusion.encoders import LinearGaussian, TableEncoder  # noqa: E402
from stiminfo.diffusion.level_range import levels_for  # noqa: E402
from stiminfo.diffusion.populations import fields_for, receptive_fields  # noqa: E402
from stiminfo.diffusion.populations.fields import drives  # noqa: E402
from stiminfo.diffusion.sources import (  # noqa: E402
    ImageSource,
    MixtureSource,
    gaussian_source,
    natural_covariance,
    population_for,
    source_named,
)
from stiminfo.models import ModelError  # noqa: E402

LINE = LinearGaussian([[1.0]], 0.5)
GAUSSIAN = gaussian_source("gaussian", np.zeros(16), natural_covariance(4))
NOISE = np.random.default_rng(0).random((30, 4, 4))
OTHERS = np.zeros((1, 16))
OTHERS[0, 0] = 1.0


def images(pixels):
    return Images("mine", np.asarray(pixels, dtype=np.float32), None, "")


WRONG = {
    "no neuron": (lambda: receptive_fields((8, 8), (0, 7)), "must be positive"),
    "fields of other images": (lambda: fields_for(np.ones((2, 8, 8)), np.ones((3, 5))), r"expected \(k, 8, 8\)"),
    "few images": (lambda: ImageSource(images(NOISE[:5])), "5 images; expected at least 20"),
    "huge numbers": (
        lambda: ImageSource(images(1e20 * np.random.default_rng(0).normal(size=(30, 4, 4)))),
        "in another unit",
    ),
    "one image many times": (lambda: ImageSource(images(np.ones((30, 4, 4)))), "the images are all the same"),
    "pixels that are no image": (
        lambda: MixtureSource("m", [1.0], np.zeros((1, 4)), [np.eye(4)], (3, 3)),
        "do not fit images of 3 x 3",
    ),
    "no covariance": (
        lambda: MixtureSource("m", [1.0], np.zeros((1, 4)), [np.diag([1, 1, 1, -1.0])], (2, 2)),
        "has an eigenvalue of -1; expected a covariance matrix",
    ),
    "no such data": (lambda: source_named("cifar"), "unknown dataset 'cifar'"),
    "images of one pixel": (lambda: source_named("gaussian", side=1), "expected 2 to 64"),
    "digits of another size": (lambda: source_named("digits", side=9), "digits comes in 8 x 8 pixels, not 9 x 9"),
    "no such population": (lambda: population_for(GAUSSIAN, "spiking"), "unknown population 'spiking'"),
    "a single image": (lambda: drives(np.ones((1, 2, 2)), np.eye(4)), "there is one image only"),
    "fields beside the images": (
        lambda: population_for(ImageSource(images(NOISE * OTHERS.reshape(4, 4))), "linear", np.eye(16)[5:6]),
        "no receptive field sees them",
    ),
    "spikes on Gaussian images": (lambda: population_for(GAUSSIAN, "poisson"), "only then is the exact denoiser known"),
    "truth of a table": (
        lambda: GAUSSIAN.exact(TableEncoder(np.eye(16), [[0.5] * 16, [0.5] * 16])),
        "only then is the exact denoiser known",
    ),
    "fields of 1e200": (lambda: fields_for(np.ones((2, 2, 2)), np.full((1, 4), 1e200)), "in another unit"),
    "half precision": (lambda: float_type(torch.float16), "expected torch.float32 or torch.float64"),
    "a set that is a point": (
        lambda: FiniteSetDenoiser([[1e-40], [2e-40]], LINE),
        "give them in another unit",
    ),
    "words for stimuli": (lambda: FiniteSetDenoiser(torch.tensor([[True], [False]]), LINE), "expected real numbers"),
    "crooked covariance": (
        lambda: GaussianDenoiser([0.0, 0.0], [[1.0, 0.5], [0.0, 1.0]], LinearGaussian([[1.0, 0.0]], 0.5)),
        "is not symmetric",
    ),
    "closed form of two": (
        lambda: MixtureDenoiser([0.5, 0.5], [[0.0], [1.0]], [[[1.0]], [[1.0]]], LINE).feature_information(),
        "no closed form",
    ),
    "flat Gaussian": (
        lambda: GaussianDenoiser(
            [0.0, 0.0], [[1.0, 0.0], [0.0, 0.0]], LinearGaussian([[1.0, 0.0]], 0.5)
        ).feature_information(),
        "is singular",
    ),
    "nothing to learn": (
        lambda: levels_for(GAUSSIAN, LinearGaussian(1e-6 * np.eye(16), 1.0)),
        "nothing to learn",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_line_says_what_is_wrong(name):
    make, message = WRONG[name]
    with pytest.raises(ModelError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_source_is_exact_for_part_of_a_large_set():
    source = ImageSource(images(NOISE))
    encoder = population_for(source, fields=receptive_fields((4, 4), (2, 2)))
    assert len(source.exact(encoder, most=10).stimuli) == 10
    assert len(source.exact(encoder).stimuli) == len(source.images)


class _Least(Denoiser):
    """A denoiser with xhat and nothing else."""

    def xhat(self, xg, gamma, r=None):
        return xg


@pytest.mark.parametrize(
    "ask",
    [
        lambda d: d.posterior(torch.zeros(1, 1), torch.ones(1), draw=True),
        lambda d: d.draw_prior(2),
        lambda d: d.draw_given_response(torch.zeros(1, 1)),
        lambda d: d.response_side(),
    ],
)
def test_what_a_denoiser_does_not_know_it_says(ask):
    with pytest.raises(Unknown, match="_Least"):
        ask(_Least())
    assert _Least().posterior(torch.ones(1, 1), torch.ones(1)).mean == 1


@pytest.mark.parametrize("blocked", ["sklearn.datasets", "torch"])
def test_what_is_not_installed_is_named(blocked, monkeypatch):
    """Each error says what to install."""
    from stiminfo.diffusion.datasets import digits
    from stiminfo.errors import MissingExtra
    from stiminfo.reports.paper import images as paper_images

    monkeypatch.setitem(sys.modules, blocked, None)
    if blocked == "torch":
        for name in [n for n in sys.modules if n.startswith(("stiminfo.diffusion", "stiminfo.reports.decomposition"))]:
            monkeypatch.delitem(sys.modules, name)
        with pytest.raises(MissingExtra, match=r"stiminfo\[diffusion\]"):
            importlib.import_module("stiminfo.diffusion")
        for draw in (paper_images.figure_4, paper_images.figure_6):
            with pytest.raises(MissingExtra, match=r"stiminfo\[diffusion\]"):
                draw(None)
    else:
        with pytest.raises(ImportError, match=r"stiminfo\[diffusion\]"):
            digits()
