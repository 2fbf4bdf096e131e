"""What networks are trained on: sets of images with some held out, or Gaussian images, which are drawn without end."""

from __future__ import annotations

from pathlib import Path

from ...errors import ModelError
from ...models.arrays import Array
from .. import registry
from ..encoders import Encoder
from ..populations import AMPLITUDE, NOISE, Population, usual_fields
from .dataset import Asked, Dataset
from .gaussian import natural_covariance
from .image_set import ImageSource
from .mixture import NEEDS_LINEAR, MixtureSource, gaussian_source
from .mnist import padded_mnist
from .source import ExactDenoiser, Source

#: The names in the registry; a path to a file of images is accepted too.
POPULATIONS, DATASETS = tuple(registry.POPULATIONS), tuple(registry.DATASETS)

__all__ = [
    "DATASETS",
    "POPULATIONS",
    "Asked",
    "Dataset",
    "ExactDenoiser",
    "ImageSource",
    "MixtureSource",
    "Source",
    "gaussian_source",
    "natural_covariance",
    "padded_mnist",
    "population_for",
    "source_named",
]


def source_named(name: str, *, side: int | None = None, folder: Path | None = None) -> Source:
    """The source of a name (`registry.DATASETS`) or of a file of images.

    Parameters
    ----------
    side : pixels per side, where the user may choose
    folder : of the data set's files

    Raises
    ------
    NotRegistered, ModelError
        The name is unknown; the data set does not have this size.
    """
    found: Dataset = registry.dataset_named(name)
    return found.load(Asked(name, side, folder))


def population_for(
    source: Source, kind: str = "", fields: Array | None = None, *, amplitude: float = AMPLITUDE, noise: float = NOISE
) -> Encoder:
    """A population of neurons that responds to a source's images.

    Parameters
    ----------
    kind : name of a population (`registry.POPULATIONS`); by default the source's own
    fields : (k, d) receptive fields; by default a grid of 7 x 7 Gaussian ones on images, else one per number
    amplitude : largest mean count of a Poisson neuron
    noise : standard deviation of linear neurons' noise, in median standard deviations of their drives

    Raises
    ------
    NotRegistered, ModelError
        The name is unknown; the source's exact denoiser is not known for this population.
    """
    population: Population = registry.population_named(kind or source.default_population)
    if source.linear_only and not population.linear:
        raise ModelError(NEEDS_LINEAR)
    rows = usual_fields(source.shape) if fields is None else fields
    return population.seeing_source(source, rows, amplitude=amplitude, noise=noise)
