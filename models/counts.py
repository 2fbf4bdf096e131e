"""Count tables of an experiment (stimuli by responses), read from CSV."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from .arrays import Array, as_stimuli
from .counting import as_counts, joint_of_counts
from .encoding_model import EncodingModel


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
    """Read a count table from CSV.

    The first row gives the labels of the responses, the first column the stimuli: numbers, or labels, which become
    stimuli 0, 1, .... Every other cell is a whole number of trials. A stimulus in R^d is d numbers, separated by spaces
    or semicolons.

    Raises
    ------
    FileNotFoundError, ModelError
        The message of a `ModelError` names the file, and where it can the line and the cell.
    """
    path = Path(path)
    if path.is_dir():
        raise ModelError(f"{path}: is a folder; expected a CSV file")
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            rows = [(n, row) for n, row in enumerate(csv.reader(handle), 1) if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ModelError(f"{path}: not a CSV text file ({error})") from None
    if len(rows) < 2:
        raise ModelError(f"{path}: expected a header row of responses and at least one row of counts")
    header = [cell.strip() for cell in rows[0][1]]
    if len(header) < 2:
        raise ModelError(f"{path}: the header has {len(header)} cell; expected a corner cell and one cell per response")
    names, counts = [], []
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise ModelError(f"{path}, line {line}: {len(row)} cells, but the header has {len(header)} (ragged)")
        names.append(row[0].strip())
        counts.append(
            [_count(cell, f"{path}, line {line}, column {header[i + 1]!r}") for i, cell in enumerate(row[1:])]
        )
    try:
        table = as_counts(counts)
        stimuli = _stimuli(names)
        joint_of_counts(table, stimuli)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from None
    return CountTable(table, stimuli, tuple(names), tuple(header[1:]))


def _count(cell: str, where: str) -> float:
    try:
        value = _number(cell)
    except ValueError:
        raise ModelError(f"{where}: {cell.strip()!r} is not a number; expected a whole number of trials") from None
    if value > 2**53:
        raise ModelError(f"{where}: {cell.strip()} trials; expected at most 2^53")
    if not math.isfinite(value) or value < 0 or value != int(value):
        raise ModelError(f"{where}: {cell.strip()}; expected a whole number of trials, 0 or more")
    return value


def _number(text: str) -> float:
    """A number; unlike float(), refuses 1_0, which people do not write for 10."""
    if "_" in text:
        raise ValueError(text)
    return float(text)


def _stimuli(names: list[str]) -> Array:
    try:
        rows = [[_number(part) for part in name.replace(";", " ").split()] for name in names]
    except ValueError:
        rows = [[float(j)] for j in range(len(names))]
    if len({len(row) for row in rows}) != 1 or not rows[0]:
        raise ModelError("the stimuli in the first column do not all have the same number of features")
    stimuli = as_stimuli(np.asarray(rows))
    first = np.unique(stimuli, axis=0, return_index=True)[1]
    if len(first) < len(names):
        repeated = names[np.setdiff1d(np.arange(len(names)), first)[0]]
        raise ModelError(f"stimulus {repeated!r} stands in two rows; add their counts into one")
    return stimuli
