"""A prior in a file: a table of stimulus and probability."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...errors import RecordingError
from ..arrays import SUM_TOLERANCE, Array
from .formats.text import sheet_of
from .options import period_of
from .placing import placed
from .recording import Recording
from .sheet import listed, number, others


def read_prior(path: Path, recording: Recording) -> Array:
    """p(x) of the recording's stimuli, (J,), from a text table whose last column holds probabilities.

    Stimuli are matched by position, those without one by label; weights that do not sum to 1 are refused.

    Raises
    ------
    RecordingError
        The table lacks a stimulus, has one more, or holds what is no probability.
    """
    sheet = sheet_of(path, path.read_bytes())
    *stimulus, last = sheet.columns
    if not stimulus:
        raise RecordingError(f"{path}: expected a column of stimuli and a column of probabilities")
    cells = [tuple(column.text(i) for column in stimulus) for i in range(len(sheet))]
    rows = placed(cells, tuple(column.name for column in stimulus), recording.geometry, sheet.at)
    numbers = last.numbers
    if wrong := [(i, last) for i in range(len(sheet)) if not _is_probability(last.text(i))]:
        i = wrong[0][0]
        also = others(sheet.places(wrong))
        raise RecordingError(f"{sheet.at(i, last)}: {last.text(i)!r}; expected a probability above 0{also}")
    assert numbers is not None
    given = dict(zip((_key(rows.points, rows.labels, j, rows.geometry) for j in range(len(sheet))), numbers.tolist()))
    keys = [_key(recording.stimuli, recording.labels, j, recording.geometry) for j in range(len(recording.labels))]
    missing = [label for label, key in zip(recording.labels, keys) if key not in given]
    extra = [
        label for j, label in enumerate(rows.labels) if _key(rows.points, rows.labels, j, rows.geometry) not in keys
    ]
    if missing or extra:
        what = [f"it lacks {listed(missing)}"] if missing else []
        what += [f"the recording has no stimulus {listed(extra)}"] if extra else []
        raise RecordingError(f"{path}: the prior does not match the stimuli: {' and '.join(what)}")
    if len(given) < len(sheet):
        raise RecordingError(f"{path}: a stimulus stands in two rows; write each once")
    total = sum(given.values())
    if abs(total - 1) > SUM_TOLERANCE:
        raise RecordingError(f"{path}: the probabilities sum to {total:.12g}; expected 1 (within {SUM_TOLERANCE:g})")
    return np.array([given[key] for key in keys])


def _is_probability(text: str) -> bool:
    try:
        return 0 < number(text) <= 1
    except ValueError:
        return False


def _key(points: Array | None, labels: tuple[str, ...], j: int, geometry: str) -> object:
    if points is None or not np.isfinite(points[j]).all():
        return labels[j]
    period = period_of(geometry)
    return tuple(round(float(v) if period is None else float(v) % period, 9) for v in points[j])
