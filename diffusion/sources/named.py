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
    side : of images whose size one chooses
    folder : of the data set's files

    Raises
    ------
    NotRegistered, ModelError
        An unknown name; a size that the data set does not come in.
    """
    found: Dataset = dataset_named(name)
    return found.load(Asked(name, side, folder))


def population_for(
    source: Source, kind: str = "", fields: Array | None = None, *, amplitude: float = AMPLITUDE, noise: float = NOISE
) -> Encoder:
    """A population that looks at a source's images.

    Parameters
    ----------
    kind : name of a population (`registry.POPULATIONS`); the source's own default if left out
    fields : (k, d) receptive fields; a grid of 7 x 7 Gaussian ones if left out
    amplitude : largest mean count of a Poisson neuron
    noise : of linear neurons, in median spreads of their drives

    Raises
    ------
    NotRegistered, ModelError
        An unknown name; a population for which the truth of the source is not known.
    """
    population: Population = population_named(kind or source.default_population)
    if source.linear_only and not population.linear:
        raise ModelError(NEEDS_LINEAR)
    rows = receptive_fields(source.shape) if fields is None else fields
    return population.seeing_source(source, rows, amplitude=amplitude, noise=noise)
