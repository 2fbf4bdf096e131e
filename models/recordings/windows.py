"""Spikes counted in a window after each stimulus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import RecordingError
from ..arrays import Array
from .options import Options

#: Trials whose durations differ by less than this, in seconds, have one duration: clocks and rounding.
_SAME = 0.002


def windows(
    where: str, onsets: Array, ends: Array | None, options: Options, covered: Array | None
) -> tuple[Array, Array, str]:
    """Start and stop of the window of each trial in seconds, and a sentence about it.

    Parameters
    ----------
    onsets, ends : (n,) seconds; `ends` is None where stimuli have no duration
    covered : (m, 2) times in which the recording ran, or None if unknown

    Raises
    ------
    RecordingError
        No window is given and the trials have no common duration, or a window leaves the recording.
    """
    if options.window is not None:
        low, high = options.window
        start, stop = onsets + low, onsets + high
        said = f"spikes are counted from {low:g} to {high:g} s after the onset of each stimulus"
    elif ends is None:
        raise RecordingError(f"{where}: stimuli are moments without a duration; give a window, such as --window 0,0.5")
    else:
        durations = ends - onsets
        if np.ptp(durations) > _SAME:
            raise RecordingError(
                f"{where}: trials last {durations.min():.3g} to {durations.max():.3g} s, so counts would depend on the "
                "duration; give a window, such as --window 0,0.5"
            )
        start, stop = onsets, ends
        said = f"spikes are counted in the whole of each trial, {float(np.median(durations)):.3g} s"
    if covered is not None:
        inside = ((start[:, None] >= covered[:, 0] - _SAME) & (stop[:, None] <= covered[:, 1] + _SAME)).any(axis=1)
        for i in np.flatnonzero(~inside):
            raise RecordingError(
                f"{where}, trial {i}: the window from {start[i]:.3f} to {stop[i]:.3f} s lies outside the recording "
                f"({covered[:, 0].min():.3f} to {covered[:, 1].max():.3f} s, {len(covered)} part"
                f"{'' if len(covered) == 1 else 's'}); shorten it with --window, or leave the trial out"
            )
    return start, stop, said


def spike_counts(trains: Sequence[Array], start: Array, stop: Array) -> Array:
    """Number of spikes of each neuron in each window, from its start up to before its stop, (n, N)."""
    counts = np.empty((len(start), len(trains)))
    for i, train in enumerate(trains):
        times = np.sort(np.asarray(train, dtype=np.float64))
        counts[:, i] = np.searchsorted(times, stop, side="left") - np.searchsorted(times, start, side="left")
    if not counts.any() and any(len(train) for train in trains):
        spikes = np.concatenate([np.asarray(train, dtype=np.float64) for train in trains])
        raise RecordingError(
            f"no spike falls into any window: spikes are from {spikes.min():.3f} to {spikes.max():.3f} s, windows from "
            f"{start.min():.3f} to {stop.max():.3f} s. Do both have one clock?"
        )
    return counts
