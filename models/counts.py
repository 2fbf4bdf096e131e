"""Count tables of an experiment (stimuli by responses), read from CSV."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .arrays import Array
from .encoding_model import EncodingModel
from .recordings import read_recording


@dataclass(frozen=True)
class CountTable:
    """A count table as it was read.

    Attributes
    ----------
    counts : (J, K) whole numbers of trials
    stimuli : (J, d)
    stimulus_names, response_names : labels, as written in the file
    """

    counts: NDArray[np.float64]
    stimuli: Array
    stimulus_names: tuple[str, ...]
    response_names: tuple[str, ...]

    def model(self) -> EncodingModel:
        """The joint distribution with the probabilities that the counts estimate (plug-in)."""
        return EncodingModel.from_counts(self.counts, self.stimuli)


def read_counts(path: str | Path) -> CountTable:
    """Read a count table; `read_recording` reads more, and says how.

    The first row gives the labels of the responses, the first column the stimuli: numbers, or labels, which become
    stimuli 0, 1, .... Every other cell is a whole number of trials. A stimulus in R^d is d numbers, separated by spaces
    or semicolons.

    Raises
    ------
    FileNotFoundError, ModelError
        The message of a `ModelError` names the file, and where it can the line and the cell.
    """
    read = read_recording(path, shape="counts")
    if read.stimuli is not None and read.placed.all():
        x = read.stimuli
    else:
        x = np.arange(len(read.labels), dtype=float)[:, None]
    return CountTable(read.counts, x, read.labels, read.response_labels)
