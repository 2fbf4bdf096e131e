import numpy as np
import pytest

pytest.importorskip("torch", reason="encoders need torch")
pytest.importorskip("sklearn")

from stiminfo.diffusion import FiniteSetDenoiser
from stiminfo.diffusion.datasets import digits
from stiminfo.diffusion.populations import (
    fields_for,
    linear_population,
    normalised_population,
    published_population,
    receptive_fields,
)
from stiminfo.models import ModelError

IMAGES = digits().pixels


def test_the_default_population_says_something_and_is_not_saturated():
    encoder = normalised_population(IMAGES, receptive_fields((8, 8)))
    denoiser = FiniteSetDenoiser(IMAGES.reshape(len(IMAGES), -1), encoder)
    information, error = denoiser.mutual_information(samples=1000)
    assert 2 < information - 3 * error < information + 3 * error < 5
    assert encoder.saturated(denoiser.tensor(denoiser.stimuli)) < 0.2


def test_the_published_population_is_nearly_silent_on_large_dark_images():
    dark = np.full((50, 28 * 28), -1.0)
    dark[:, 300:500] = np.random.default_rng(0).random((50, 200)) - 0.2
    encoder = published_population((28, 28))
    assert encoder.saturated(FiniteSetDenoiser(dark, encoder).stimuli) > 0.8


def test_fields_are_centred_on_their_grid():
    fields = receptive_fields((28, 28)).reshape(7, 7, 28, 28)
    assert np.unravel_index(fields[0, 6].argmax(), (28, 28))[0] < 4
    assert np.unravel_index(fields[0, 6].argmax(), (28, 28))[1] > 23
    assert fields.max() == pytest.approx(1, abs=0.05)


def test_fields_of_another_size():
    with pytest.raises(ModelError, match=r"expected \(k, 8, 8\), the size of the images"):
        fields_for(IMAGES, np.ones((4, 9, 9)))


@pytest.mark.parametrize("build", [normalised_population, linear_population])
def test_images_that_are_all_the_same(build):
    with pytest.raises(ModelError, match="all images are equal"):
        build(np.ones((5, 8, 8)), receptive_fields((8, 8)))
