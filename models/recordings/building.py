"""From stimuli and responses that a reader found to a `Recording`: checks and counting, once for all readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ...errors import RecordingError
from ..arrays import Array
from ..counting import MOST, why_no_count
from .binning import Binned, binned
from .options import Options, period_of
from .placing import Placed, placed
from .populations import law_of_responses
from .recording import Recording
from .sheet import others

#: So many stimuli are shown in the lines that say how a recording was read.
_SHOWN = 4
#: A label of more letters is cut there.
_LETTERS = 24


class Names(NamedTuple):
    """What the features of the stimulus and the responses are called."""

    stimulus: tuple[str, ...]
    response: tuple[str, ...]


def recording_of_counts(
    cells: Sequence[tuple[str, ...]],
    counts: Array,
    responses: tuple[str, ...],
    names: Names,
    source: tuple[str, Callable[[int], str], tuple[str, ...]],
    options: Options,
) -> Recording:
    """A recording of a count table.

    Parameters
    ----------
    cells : for each of J rows, what stands in its stimulus columns
    counts : (J, K) whole numbers, not negative
    responses : K labels
    source : the file, where row j stands, and how it was read so far
    """
    where, at, told = source
    if len(options.edges) or options.bins:
        raise RecordingError(
            f"{where}: the responses are counted already; --edges and --bins are for responses per trial"
        )
    if not counts.any():
        raise RecordingError(f"{where}: counts are all zero; expected at least one trial")
    stimuli = placed(cells, names.stimulus, options.stimulus, at)
    group, kept = _groups(stimuli)
    _refuse_twice(stimuli, group, at)
    stimuli = _merged(stimuli, group)
    table = np.zeros((len(kept), counts.shape[1]))
    np.add.at(table, group, counts)
    if len(silent := kept[table.sum(axis=1) == 0]):
        also = others([at(int(j)).rsplit(", ", 1)[-1] for j in silent])
        raise RecordingError(
            f"{at(int(silent[0]))}: stimulus {stimuli.labels[silent[0]]!r} has no trial; leave its row out{also}"
        )
    numbers = _response_values(responses)
    for label, value in zip(responses, () if numbers is None else numbers[:, 0]):
        if value > MOST:
            raise RecordingError(
                f"{where}: response {label!r} is {why_no_count(value)}, so it is no number of spikes; give it a name "
                "if it is a label"
            )
    _refuse_one(where, stimuli, kept)
    return _recording(stimuli, kept, table, responses, numbers, names, told)


def recording_of_trials(
    trial_stimulus: Array,
    cells: Sequence[tuple[str, ...]],
    responses: Array,
    names: Names,
    source: tuple[str, list[str], tuple[str, ...]],
    options: Options,
) -> Recording:
    """A recording of single trials.

    Parameters
    ----------
    trial_stimulus : (n,) index into `cells`
    cells : for each distinct stimulus, what stands in its columns
    responses : (n, N) numbers or labels, nothing missing
    source : the file, where each trial stands, and how it was read so far
    """
    where, lines, told = source
    if len(trial_stimulus) == 0:
        raise RecordingError(f"{where}: no trials; expected at least one row below the header")
    first = np.unique(trial_stimulus, return_index=True)[1]
    stimuli = placed(
        cells,
        names.stimulus,
        options.stimulus,
        lambda j: f"{where}, {lines[int(first[j])]}",
        lambda some: [lines[i] for i in np.flatnonzero(np.isin(trial_stimulus, some))],
    )
    group, kept = _groups(stimuli)
    stimuli = _merged(stimuli, group)
    _refuse_one(where, stimuli, kept)
    index = group[trial_stimulus]
    law, chosen = law_of_responses(responses, index, names.response, options, (where, lines))
    if law is not None:
        order = _ascending(stimuli, kept)
        counts = np.bincount(index, minlength=len(kept))[order, None].astype(float)
        made = _recording(stimuli, kept[order], counts, ("any",), None, names, (*told, *chosen), law)
        return replace(made, trial_stimulus=np.argsort(order)[index], responses=responses)
    told = (*told, *chosen)
    found = binned(responses, names.response, options, where, lines)
    counts, labels, values, code = _counted(index, len(kept), found)
    order = _ascending(stimuli, kept)
    rank = np.argsort(order)
    made = _recording(stimuli, kept[order], counts[order], labels, values, names, (*told, *found.told))
    return replace(made, trial_stimulus=rank[index], trial_response=code, responses=responses)


def _refuse_one(where: str, stimuli: Placed, kept: Array) -> None:
    if len(kept) == 1:
        raise RecordingError(
            f"{where}: one stimulus only, {stimuli.labels[kept[0]]!r}; I(R;X) is 0 whatever the responses: expected "
            "two or more"
        )


def _groups(stimuli: Placed) -> tuple[Array, Array]:
    """For each row the stimulus that it is, and the first row of each stimulus, in the order of the rows."""
    keys: dict[object, int] = {}
    group: list[int] = []
    kept: list[int] = []
    for j, label in enumerate(stimuli.labels):
        key = _key(stimuli, j, label)
        if key not in keys:
            keys[key] = len(kept)
            kept.append(j)
        group.append(keys[key])
    return np.array(group), np.array(kept)


def _merged(stimuli: Placed, group: Array) -> Placed:
    """With a sentence on angles that are one on the circle: their trials are taken together.

    That 0 and 360 are one is told; several such pairs are doubted, because the period may be wrong.
    """
    count, angles = len(set(group.tolist())), len(set(stimuli.labels))
    if count == angles or period_of(stimuli.geometry) is None:
        return stimuli
    firsts = np.unique(group, return_index=True)[1]
    again, first = next((j, firsts[g]) for j, g in enumerate(group) if stimuli.labels[firsts[g]] != stimuli.labels[j])
    said = (
        f"{angles} angles are {count} stimuli on the {stimuli.geometry}, whose trials are taken together: "
        f"{stimuli.labels[again]!r} is {stimuli.labels[first]!r}, for example"
    )
    if angles == count + 1:
        return stimuli._replace(told=(*stimuli.told, said))
    return stimuli._replace(doubts=(*stimuli.doubts, f"{said}; is the period right?"))


def _key(stimuli: Placed, j: int, label: str) -> object:
    if stimuli.points is None or not np.isfinite(stimuli.points[j]).all():
        return label
    period = period_of(stimuli.geometry)
    if period is None:
        return tuple(float(v) + 0.0 for v in stimuli.points[j])
    return round(float(stimuli.points[j, 0]) % period / period, 12) % 1.0


def _refuse_twice(stimuli: Placed, group: Array, at: Callable[[int], str]) -> None:
    """Refuse a count table with two rows of one stimulus; two angles that are the same on a circle are two labels."""
    seen: dict[int, int] = {}
    for j, g in enumerate(group):
        first = seen.setdefault(int(g), j)
        same = stimuli.points is None or np.array_equal(stimuli.points[first], stimuli.points[j], equal_nan=True)
        if first != j and (same or period_of(stimuli.geometry) is None):
            raise RecordingError(
                f"{at(j)}: stimulus {stimuli.labels[j]!r} stands in two rows; add their counts into one, or write "
                "--as trials if each row is a trial"
            )


def _ascending(stimuli: Placed, kept: Array) -> Array:
    """The order in which stimuli of single trials are listed: by position, those without position last."""
    if stimuli.points is None:
        return np.arange(len(kept))
    points = stimuli.points[kept]
    return np.lexsort((*points.T[::-1], ~np.isfinite(points).all(axis=1)))


def _counted(index: Array, count: int, found: Binned) -> tuple[Array, tuple[str, ...], Array | None, Array]:
    """Counts (J, K) of responses, which are tuples where there are several; their labels, values and codes (n,)."""
    words, code = np.unique(found.codes, axis=0, return_inverse=True)
    counts = np.zeros((count, len(words)))
    code = code.ravel()
    np.add.at(counts, (index, code), 1)
    labels = tuple(", ".join(found.labels[i][k] for i, k in enumerate(word)) for word in words)
    if found.values is None:
        return counts, labels, None, code
    columns = [values[words[:, i]] for i, values in enumerate(found.values)]
    return counts, labels, np.stack(columns, axis=1), code


def _response_values(labels: tuple[str, ...]) -> Array | None:
    """The numbers that labels are, (K, 1); None if some is a word such as 0110."""
    try:
        values = [float(label) for label in labels]
    except ValueError:
        return None
    plain = all(not label.strip().lstrip("-+").startswith("0") or abs(v) < 1 for label, v in zip(labels, values))
    return np.array(values)[:, None] if plain and len(set(values)) == len(labels) else None


def _recording(
    stimuli: Placed,
    kept: Array,
    counts: Array,
    responses: tuple[str, ...],
    values: Array | None,
    names: Names,
    told: tuple[str, ...],
    law: str | None = None,
) -> Recording:
    labels = tuple(stimuli.labels[j] for j in kept)
    points = None if stimuli.points is None else stimuli.points[kept]
    period = period_of(stimuli.geometry)
    if period is not None and points is not None:
        points = np.where(points % period == period, 0.0, points % period)
    made = Recording(
        labels, points, stimuli.geometry, counts, responses, values, stimulus_names=names.stimulus,
        response_names=names.response, law=law,
    )  # fmt: skip
    return replace(made, how=(*told, *stimuli.told, *_summary(made)), doubts=stimuli.doubts)


def _summary(made: Recording) -> list[str]:
    """Lines on the stimuli with their coordinates, the responses and the trials."""
    shown = []
    for j, label in enumerate(made.labels[:_SHOWN]):
        place = "" if not made.placed[j] or made.stimuli is None else _place(made.stimuli[j])
        cut = label if len(label) <= _LETTERS else label[:_LETTERS] + "..."
        shown.append(repr(cut) if place in ("", label) else f"{cut!r} at {place}")
    more = ", ..." if len(made.labels) > _SHOWN else ""
    names, d = ", ".join(made.stimulus_names), 0 if made.stimuli is None else made.stimuli.shape[1]
    space = f"{made.geometry}, R^{d}" if d else made.geometry
    lines = [f"stimulus ({names}; {space}): {_many(len(made.labels), 'value')}: {', '.join(shown)}{more}"]
    count, kinds = len(made.response_names), int(made.counts.any(axis=0).sum())
    response = ", ".join(made.response_names[:_SHOWN]) + (", ..." if count > _SHOWN else "")
    words = f", each a combination of {count} responses" if count > 1 else ""
    said = _many(count, "neuron") if made.law else f"{_many(kinds, 'value')} occurred{words}"
    lines.append(f"response ({response}): {said}")
    low, high = int(made.trials.min()), int(made.trials.max())
    each = f"{low}" if low == high else f"{low} to {high}"
    lines.append(f"{_many(int(made.trials.sum()), 'trial')}, {each} per stimulus")
    return lines


def _place(point: Array) -> str:
    return f"{point[0]:.6g}" if len(point) == 1 else f"({', '.join(f'{v:.6g}' for v in point)})"


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
