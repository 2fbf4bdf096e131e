"""`Recording`: the trials of an experiment, its stimuli and responses, and how they were read."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np

from ...errors import RecordingError
from ...texts import printable
from ..arrays import Array
from ..counting import as_counts, joint_of_counts
from ..encoding_model import EncodingModel


@dataclass(frozen=True, eq=False)
class Recording:
    """Trials of an experiment, counted by stimulus and response.

    Attributes
    ----------
    labels : J names of the stimuli, as they were written
    stimuli : (J, d) positions, NaN in the row of a stimulus that has none (a blank); None if none has a position
    geometry : "line", "plane", "space", "nominal" or "circle:PERIOD"
    counts : (J, K) trials of each stimulus with each response
    response_labels : K names of the responses
    response_values : (K, N) numbers that the responses stand for, or None
    trial_stimulus : (n,) the stimulus of each trial, as an index; None if only counts were given
    trial_response : (n,) the response of each trial, as an index into `response_labels`; None if only counts were given
    responses : (n, N) the response of each trial as recorded: numbers, or labels; None if only counts were given
    stimulus_names, response_names : names of the d features of the stimulus, and of the N responses
    how : lines that say how the recording was read
    doubts : sentences on what may be read wrongly
    law : of the neurons of a population, whose responses are not counted: `counts` then holds the trials of each
        stimulus in one column; None where responses are counted
    """

    labels: tuple[str, ...]
    stimuli: Array | None
    geometry: str
    counts: Array
    response_labels: tuple[str, ...]
    response_values: Array | None = None
    trial_stimulus: Array | None = None
    trial_response: Array | None = None
    responses: Array | None = None
    stimulus_names: tuple[str, ...] = ("stimulus",)
    response_names: tuple[str, ...] = ("response",)
    how: tuple[str, ...] = field(default=())
    law: str | None = None
    doubts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Names come from files of others, and are printed: no terminal obeys them.
        for name in ("labels", "response_labels", "stimulus_names", "response_names", "how", "doubts"):
            object.__setattr__(self, name, tuple(map(printable, getattr(self, name))))

    @classmethod
    def from_counts(cls, counts: Any, stimuli: Any = None, labels: Any = None) -> Self:
        """The recording that a count table is.

        Parameters
        ----------
        counts : array_like of whole numbers, shape (J, K)
        stimuli : array_like, shape (J, d) or (J,), optional
            Positions; if left out, the stimuli are nominal.
        labels : sequence of J str, optional

        Raises
        ------
        ModelError
            For counts that are negative, fractional, NaN, ragged or all zero, a stimulus without trials, or one that
            stands in two rows.
        """
        table = as_counts(counts)
        x = joint_of_counts(table, stimuli)[0]
        if len(np.unique(x, axis=0)) < len(x):
            raise RecordingError("a stimulus stands in two rows of the table; add their counts into one")
        d = x.shape[1]
        names = tuple(", ".join(f"{v:g}" for v in row) for row in x) if labels is None else tuple(map(str, labels))
        if len(names) != len(table):
            raise RecordingError(f"{len(names)} labels for a table of {len(table)} rows; expected one per row")
        return cls(
            names,
            None if stimuli is None else x,
            "nominal" if stimuli is None else {1: "line", 2: "plane"}.get(d, "space"),
            table,
            tuple(str(k) for k in range(table.shape[1])),
            response_values=np.arange(table.shape[1], dtype=float)[:, None],
            stimulus_names=("stimulus",) if d == 1 else tuple(f"feature {i + 1}" for i in range(d)),
        )

    @cached_property
    def trials(self) -> Array:
        """Trials of each stimulus, (J,)."""
        return np.asarray(self.counts.sum(axis=1).astype(np.int64))

    @cached_property
    def placed(self) -> Array:
        """Whether each stimulus has a position, (J,)."""
        if self.stimuli is None:
            return np.zeros(len(self.labels), dtype=bool)
        return np.asarray(np.isfinite(self.stimuli).all(axis=1))

    @cached_property
    def mean_responses(self) -> Array | None:
        """Mean of each response at each stimulus, (J, N); None if the responses are labels."""
        if self.responses is not None and self.trial_stimulus is not None:
            if self.responses.dtype.kind != "f":
                return None
            sums = np.zeros((len(self.labels), self.responses.shape[1]))
            np.add.at(sums, self.trial_stimulus, self.responses)
            return np.asarray(sums / self.trials[:, None])
        if self.response_values is None:
            return None
        return np.asarray(self.counts @ self.response_values / self.trials[:, None])

    def model(self, prior: Any = None) -> EncodingModel:
        """The joint distribution whose probabilities are the shares of the counts (plug-in).

        If a stimulus has no position, all are labels, 0, 1, ..., and measures that need distances do not apply.

        Parameters
        ----------
        prior : (J,) probabilities of the stimuli; by default their shares of the trials

        Raises
        ------
        RecordingError
            The responses are those of a population, which are not counted.
        """
        if self.law is not None:
            raise RecordingError(
                "the responses of a population are not counted, so there is no table of them; read it with "
                "--responses words (responses='words'), or fewer neurons with --response-column"
            )
        placed = self.stimuli is not None and self.placed.all()
        points, shares, likelihood = joint_of_counts(
            self.counts, self.stimuli if placed else np.arange(len(self.labels))
        )
        geometry = self.geometry if placed else "nominal"
        return EncodingModel(points, shares if prior is None else prior, likelihood, geometry=geometry)

    def __repr__(self) -> str:
        lines = (*self.how, *(f"Warning: {one}" for one in self.doubts))
        return "\n".join([f"Recording of {self.trials.sum()} trials", *(f"  {line}" for line in lines)])
