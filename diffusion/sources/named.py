"""Sources and populations by name."""

from __future__ import annotations

from pathlib import Path

from ...errors import ModelError
from ...models.arrays import Array
from ..encoders import Encoder
from ..populations import AMPLITUDE, NOISE, Population, receptive_fields
from ..registry import dataset_named, population_named
from .dataset import Asked, Dataset
from .mixture import NEEDS_LINEAR
from .source import Source


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
    found: Dataset = dataset_named(name)
    return found.load(Asked(name, side, folder))


def population_for(
    source: Source, kind: str = "", fields: Array | None = None, *, amplitude: float = AMPLITUDE, noise: float = NOISE
) -> Encoder:
    """A population of neurons that responds to a source's images.

    Parameters
    ----------
    kind : name of a population (`registry.POPULATIONS`); by default the source's own
    fields : (k, d) receptive fields; by default a grid of 7 x 7 Gaussian ones
    amplitude : largest mean count of a Poisson neuron
    noise : standard deviation of linear neurons' noise, in median standard deviations of their drives

    Raises
    ------
    NotRegistered, ModelError
        The name is unknown; the source's exact denoiser is not known for this population.
    """
    population: Population = population_named(kind or source.default_population)
    if source.linear_only and not population.linear:
        raise ModelError(NEEDS_LINEAR)
    rows = receptive_fields(source.shape) if fields is None else fields
    return population.seeing_source(source, rows, amplitude=amplitude, noise=noise)
