"""The records of what `measure` finds: I(R;X), one measure, and the neurons of a population."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ..estimators.sampling import Corrected
from ..models.arrays import Array
from .measured_corrections import listed, values_of

#: Nats per bit.
_BIT = math.log(2)
#: The arrays of a measure, and what follows its name in a table.
COLUMNS = {"value": "", **{name: f"_{name}" for name in ("corrected", "correction_error", "low", "high")}}


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
    corrections : by name, I(R;X) by each correction, (1,); empty if not asked for
    """

    plug_in: float
    corrected: float | None
    low: float | None
    high: float | None
    p_value: float | None = None
    null: float | None = None
    per_spike: float | None = None
    correction_error: float | None = None
    corrections: Mapping[str, Corrected] = field(default_factory=dict)

    @property
    def bias(self) -> float | None:
        """The estimate of the plug-in value's upward bias."""
        return None if self.corrected is None else self.plug_in - self.corrected

    def in_bits(self) -> InformationResult:
        """The same in bits."""
        kept = ("p_value", "corrections")
        numbers = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in kept}
        scaled: dict[str, Any] = {name: None if value is None else value / _BIT for name, value in numbers.items()}
        return replace(self, corrections=_corrected_in_bits(self.corrections), **scaled)


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
    corrections : by name, the values by each correction; empty if not asked for
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
    corrections: Mapping[str, Corrected] = field(default_factory=dict)

    def in_bits(self) -> MeasureResult:
        """The same in bits; Fisher information keeps its unit."""
        if self.units != "nats":
            return self
        arrays = _over_bit(self, (*COLUMNS, "numerical_error"))
        return replace(self, units="bits", corrections=_corrected_in_bits(self.corrections), **arrays)

    def to_json(self) -> dict[str, Any]:
        """The measure as JSON data; null at stimuli that it leaves out."""
        data: dict[str, Any] = {"title": self.title, "units": self.units, "values": listed(self.value)}
        data |= {name: listed(getattr(self, name)) for name in (*list(COLUMNS)[1:], "numerical_error")}
        return data | {"corrections": values_of(self.corrections), "reason": self.reason, "note": self.note}


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

    def in_bits(self) -> NeuronsResult:
        """The same in bits."""
        return replace(self, **_over_bit(self, COLUMNS))

    def columns(self) -> dict[str, list[Any]]:
        """A table with one row per neuron."""
        found: dict[str, list[Any]] = {"neuron": list(self.names)}
        arrays = {f"information{end}": getattr(self, name) for name, end in COLUMNS.items()}
        return found | {name: array.tolist() for name, array in arrays.items() if array is not None}


def _corrected_in_bits(corrections: Mapping[str, Corrected]) -> dict[str, Corrected]:
    return {name: one.each(lambda array: array / _BIT) for name, one in corrections.items()}


def _over_bit(one: Any, names: Iterable[str]) -> dict[str, Any]:
    """Arrays of nats in bits."""
    arrays = {name: getattr(one, name) for name in names}
    return {name: None if array is None else array / _BIT for name, array in arrays.items()}
