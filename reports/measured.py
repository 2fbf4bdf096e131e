"""What `measure` finds in a recording: I(R;X) and every measure per stimulus, as a record that turns into JSON."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..axioms.auditing.verdict import SCHEMA
from ..errors import MissingExtra
from ..estimators.sampling import table_warnings
from ..models.arrays import Array
from ..models.recordings import Recording
from .measured_corrections import columns_of, listed, whole_of
from .measured_values import COLUMNS, InformationResult, MeasureResult, NeuronsResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame
    from xarray import Dataset


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
        measures = {name: one.in_bits() for name, one in self.measures.items()}
        neurons = None if self.neurons is None else self.neurons.in_bits()
        information, warnings = self.information.in_bits(), self.warnings
        if neurons is None:  # responses were counted; of a population no sentence holds nats
            said = [
                table_warnings(self.recording.counts, self.information.bias, self.prior, u) for u in ("nats", "bits")
            ]
            turned = dict(zip(*said, strict=True))
            warnings = tuple(turned.get(sentence, sentence) for sentence in warnings)
        changed: dict[str, Any] = {"information": information, "measures": measures, "neurons": neurons}
        return replace(self, warnings=warnings, units="bits", **changed)

    def to_json(self) -> dict[str, Any]:
        """The result as JSON data; information in `units`."""
        read, about = self.recording, self.information
        points = None if read.stimuli is None else [listed(point) for point in read.stimuli]
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
                "corrections": whole_of(about.corrections),
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
        """The result as a table: one row per stimulus; a measure has a column of each of `COLUMNS` and correction.

        Where the trials say nothing (`silent`), values are NaN.
        """
        read = self.recording
        table: dict[str, list[Any]] = {"label": list(read.labels)}
        if read.stimuli is not None:
            for name, column in zip(_unlike(read.stimulus_names, read.stimuli.shape[1]), read.stimuli.T):
                table[name] = column.tolist()
        table |= {"trials": read.trials.tolist(), "prior": self.prior.tolist()}
        for name, one in self.measures.items():
            if self.silent is not None:  # numbers there are, but they tell of the number of trials alone
                if one.value is not None:
                    none = [math.nan] * len(read.labels)
                    table |= dict.fromkeys((name + ending for ending in COLUMNS.values()), none)
                continue
            for field, ending in COLUMNS.items():
                values = getattr(one, field)
                if values is not None:
                    table[name + ending] = values.tolist()
            table |= columns_of(name, one.corrections)
        return table

    def to_csv(self) -> str:
        """The table of `columns` as CSV, and its units; a value that is left out is an empty cell."""
        return as_csv(self.columns(), self.units)

    def to_frame(self) -> DataFrame:
        """The table of `columns` as a pandas DataFrame, indexed by the stimuli's labels; its ``attrs`` name the units.

        Raises
        ------
        MissingExtra
            pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingExtra("to_frame needs pandas: pip install 'stiminfo[recordings]'") from error
        frame = pandas.DataFrame(self.columns()).set_index("label")
        frame.attrs["units"] = self.units
        return frame

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


def as_csv(table: dict[str, list[Any]], units: str) -> str:
    """Named columns as CSV, the last of which is `units`; NaN is an empty cell."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*table, "units"])
    for row in zip(*table.values()):
        cells = ("" if isinstance(cell, float) and math.isnan(cell) else cell for cell in row)
        writer.writerow([*cells, units])
    return stream.getvalue()


def _unlike(names: tuple[str, ...], count: int) -> list[str]:
    """A name per feature that no other column of the table has."""
    given = list(names) if len(names) == count else [f"x{i + 1}" for i in range(count)]
    return [f"x_{name}" if name in ("label", "trials", "prior") or not name else name for name in given]
