"""What `measure` finds in a recording: I(R;X) and every measure per stimulus, as a record that turns into JSON."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from ..axioms.auditing.verdict import SCHEMA
from ..errors import MissingExtra
from ..models.arrays import Array
from ..models.recordings import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame
    from xarray import Dataset

#: Nats per bit.
_BIT = math.log(2)
#: The arrays of a measure, and what follows its name in a table.
_COLUMNS = {"value": "", **{name: f"_{name}" for name in ("corrected", "correction_error", "low", "high")}}


@dataclass(frozen=True)
class InformationResult:
    """I(R;X) of a recording.

    Attributes
    ----------
    plug_in : of the shares of the counts, or of the fitted tuning of a population
    corrected : plug-in minus an estimate of its upward bias, may be negative; None if the trials say nothing
    low, high : the interval; None if the trials say nothing
    p_value : of the null hypothesis of no information, or None
    null : mean of the plug-in value if responses are shuffled among the trials, or None (of a population)
    per_spike : plug-in I(R;X) over the mean number of spikes per trial; None if responses are no numbers of spikes
    correction_error : standard error of the estimate of the bias; None if the trials say nothing
    """

    plug_in: float
    corrected: float | None
    low: float | None
    high: float | None
    p_value: float | None = None
    null: float | None = None
    per_spike: float | None = None
    correction_error: float | None = None

    @property
    def bias(self) -> float | None:
        """The estimate of the plug-in value's upward bias."""
        return None if self.corrected is None else self.plug_in - self.corrected


@dataclass(frozen=True, eq=False)
class MeasureResult:
    """One measure of a recording: its values and intervals, or why it does not apply.

    Attributes
    ----------
    name, title, units : as in `PUBLISHED`; units follow `Measured.in_bits`
    value, low, high, numerical_error : (J,), NaN at stimuli that the measure leaves out; None if it does not apply
    corrected, correction_error : (J,) values less an estimate of their bias, and the error of this estimate; or None
    reason : why the measure does not apply; None if it does
    note : what the values leave out, or None
    """

    name: str
    title: str
    units: str
    value: Array | None = None
    low: Array | None = None
    high: Array | None = None
    numerical_error: Array | None = None
    corrected: Array | None = None
    correction_error: Array | None = None
    reason: str | None = None
    note: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The measure as JSON data; null at stimuli that it leaves out."""
        data: dict[str, Any] = {"title": self.title, "units": self.units, "values": _listed(self.value)}
        data |= {name: _listed(getattr(self, name)) for name in (*list(_COLUMNS)[1:], "numerical_error")}
        return data | {"reason": self.reason, "note": self.note}


@dataclass(frozen=True, eq=False)
class NeuronsResult:
    """The neurons of a population, each alone.

    Attributes
    ----------
    names : N names
    given_others : the neuron whose information, given all others, `Measured` holds; None if it is the population's
    value, corrected, correction_error, low, high : (N,) I(R_n;X) of each neuron alone, as of I(R;X)
    """

    names: tuple[str, ...]
    given_others: str | None
    value: Array
    corrected: Array | None = None
    correction_error: Array | None = None
    low: Array | None = None
    high: Array | None = None

    def columns(self) -> dict[str, list[Any]]:
        """A table with one row per neuron."""
        found: dict[str, list[Any]] = {"neuron": list(self.names)}
        arrays = {f"information{end}": getattr(self, name) for name, end in _COLUMNS.items()}
        return found | {name: array.tolist() for name, array in arrays.items() if array is not None}


@dataclass(frozen=True, eq=False)
class Measured:
    """The measures of a recording and how reliable they are.

    Attributes
    ----------
    recording : what was measured
    prior : (J,) probabilities of the stimuli
    prior_name : where they come from
    information : I(R;X), in `units`
    measures : by name, in the order of `PUBLISHED`
    relevant_responses : J, Bayesian estimate of the number of responses each stimulus can evoke; none of a population
    resamples, level, seed : of the bootstrap
    silent : why the trials say nothing, a sentence; None if they say something
    warnings, stimulus_warnings : sentences on the whole recording and on single stimuli
    units : "nats" or "bits"
    neurons : of a population, each neuron alone; None if responses were counted
    """

    recording: Recording
    prior: Array
    prior_name: str
    information: InformationResult
    measures: dict[str, MeasureResult]
    relevant_responses: tuple[int, ...]
    resamples: int
    level: float
    seed: int
    warnings: tuple[str, ...]
    stimulus_warnings: tuple[str, ...]
    silent: str | None = None
    units: str = "nats"
    neurons: NeuronsResult | None = None

    def in_bits(self) -> Measured:
        """The same with information in bits; Fisher information keeps its unit."""
        if self.units == "bits":
            return self
        about = self.information
        numbers = {one.name: getattr(about, one.name) for one in fields(about) if one.name != "p_value"}
        scaled: dict[str, Any] = {name: None if value is None else value / _BIT for name, value in numbers.items()}
        measures = {name: _in_bits(one) for name, one in self.measures.items()}
        neurons = None if self.neurons is None else replace(self.neurons, **_over_bit(self.neurons, _COLUMNS))
        whole = replace(about, **scaled)
        return replace(self, information=whole, measures=measures, neurons=neurons, units="bits")

    def to_json(self) -> dict[str, Any]:
        """The result as JSON data; information in `units`."""
        read, about = self.recording, self.information
        points = None if read.stimuli is None else [_listed(point) for point in read.stimuli]
        return {
            "stimulus_names": list(read.labels),
            "stimuli": points,
            "geometry": read.geometry,
            "how": list(read.how),
            "number_of_stimuli": len(read.labels),
            "number_of_responses": None if read.law else int(read.counts.any(axis=0).sum()),
            "law": read.law,
            "total_trials": int(read.trials.sum()),
            "trials": read.trials.tolist(),
            "prior": self.prior.tolist(),
            "prior_name": self.prior_name,
            "relevant_responses": list(self.relevant_responses),
            "mutual_information": {
                "plug_in": about.plug_in,
                "bias_estimate": about.bias,
                "correction_error": about.correction_error,
                "corrected": about.corrected,
                "interval": [about.low, about.high],
                "p_value": about.p_value,
                "null": about.null,
                "per_spike": about.per_spike,
                "units": self.units,
            },
            "measures": {name: one.to_json() for name, one in self.measures.items()},
            "neurons": self.neurons and {**self.neurons.columns(), "given_others": self.neurons.given_others},
            "silent": self.silent,
            "bootstrap": {"resamples": self.resamples, "level": self.level},
            "warnings": [*read.doubts, *self.warnings],
            "stimulus_warnings": list(self.stimulus_warnings),
            "seed": self.seed,
            "version": __version__,
            "schema": SCHEMA,
        }

    def columns(self) -> dict[str, list[Any]]:
        """The result as a table: one row per stimulus; a measure has a column of each of `_COLUMNS`."""
        read = self.recording
        table: dict[str, list[Any]] = {"label": list(read.labels)}
        if read.stimuli is not None:
            for name, column in zip(_unlike(read.stimulus_names, read.stimuli.shape[1]), read.stimuli.T):
                table[name] = column.tolist()
        table |= {"trials": read.trials.tolist(), "prior": self.prior.tolist()}
        for name, one in self.measures.items():
            for field, ending in _COLUMNS.items():
                values = getattr(one, field)
                if values is not None:
                    table[name + ending] = values.tolist()
        return table

    def to_csv(self) -> str:
        """The table of `columns` as CSV; a value that is left out is an empty cell."""
        return as_csv(self.columns())

    def to_frame(self) -> DataFrame:
        """The table of `columns` as a pandas DataFrame, indexed by the stimuli's labels.

        Raises
        ------
        MissingExtra
            pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingExtra("to_frame needs pandas: pip install 'stiminfo[recordings]'") from error
        return pandas.DataFrame(self.columns()).set_index("label")

    def to_xarray(self) -> Dataset:
        """The table of `columns` as an xarray Dataset along the dimension ``label``.

        Raises
        ------
        MissingExtra
            xarray is not installed.
        """
        try:
            import xarray
        except ImportError as error:
            raise MissingExtra("to_xarray needs xarray: pip install 'stiminfo[recordings]'") from error
        table = self.columns()
        labels = table.pop("label")
        attributes = {"units": self.units, "mutual_information": self.information.plug_in, "prior": self.prior_name}
        return xarray.Dataset({name: ("label", v) for name, v in table.items()}, {"label": labels}, attributes)

    def plot(self) -> Figure:
        """Draw responses and measures against the stimulus; returns a matplotlib Figure."""
        from .draw.measured import plot_measured

        return plot_measured(self)

    def __str__(self) -> str:
        from .measured_terminal import measured_text

        return measured_text(self)

    def __repr__(self) -> str:
        return str(self)


def as_csv(table: dict[str, list[Any]]) -> str:
    """Named columns as CSV; NaN is an empty cell."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table)
    for row in zip(*table.values()):
        writer.writerow("" if isinstance(cell, float) and math.isnan(cell) else cell for cell in row)
    return stream.getvalue()


def _in_bits(one: MeasureResult) -> MeasureResult:
    if one.units != "nats":
        return one
    return replace(one, units="bits", **_over_bit(one, (*_COLUMNS, "numerical_error")))


def _over_bit(one: Any, names: Iterable[str]) -> dict[str, Any]:
    """Arrays of nats in bits."""
    arrays = {name: getattr(one, name) for name in names}
    return {name: None if array is None else array / _BIT for name, array in arrays.items()}


def _listed(values: Array | None) -> list[float | None] | None:
    if values is None:
        return None
    return [float(value) if np.isfinite(value) else None for value in values]


def _unlike(names: tuple[str, ...], count: int) -> list[str]:
    """A name per feature that no other column of the table has."""
    given = list(names) if len(names) == count else [f"x{i + 1}" for i in range(count)]
    return [f"x_{name}" if name in ("label", "trials", "prior") or not name else name for name in given]
