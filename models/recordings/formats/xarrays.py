"""xarray objects: dimensions of trials, stimuli and neurons, with the stimulus as a coordinate or a variable."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....errors import RecordingError
from .. import words
from ..options import Options
from ..recording import Recording
from ..shapes import SHAPES, read_sheet
from ..sheet import Column, Sheet, listed
from .arrays import recording_of_arrays
from .format import Format, Source


def read(source: Source, options: Options) -> Recording:
    """The recording in a DataArray or a Dataset."""
    thing = source.thing
    if type(thing).__name__ == "Dataset":
        return _of_dataset(thing, options)
    return _of_array(thing, options)


def _of_array(array: Any, options: Options) -> Recording:
    kind = f"xarray DataArray ({', '.join(f'{d}: {n}' for d, n in array.sizes.items())})"
    trials = [dim for dim in array.dims if words.says(words.TRIAL, str(dim))]
    along = [
        str(name)
        for name, coordinate in array.coords.items()
        if trials and coordinate.dims == (trials[0],) and name != trials[0] and not words.says(words.TRIAL, str(name))
    ]
    if trials and along:
        stimuli = list(options.stimulus_columns) or along
        for name in stimuli:
            if name not in along:
                raise RecordingError(f"DataArray: no coordinate {name!r} along {trials[0]!r}; it has {listed(along)}")
        table = array.transpose(trials[0], ...).values
        arrays = {name: array.coords[name].values for name in stimuli} | {"responses": table}
        left = [name for name in along if name not in stimuli]
        told = (kind, *((f"left out: {listed(left)}",) if left else ()))
        return _read_as(arrays, stimuli, ["responses"], options, told)
    others = [str(dim) for dim in array.dims if dim not in trials]
    if len(array.dims) < 2 or not others or others[0] not in array.coords:
        raise RecordingError(
            "DataArray: expected a dimension of trials with the stimulus as a coordinate along it, or a dimension of "
            f"stimuli with their values as its coordinate; it has the dimensions {listed([str(d) for d in array.dims])}"
        )
    if trials:
        stimulus = next(d for d in array.dims if d not in trials)
        values = array.transpose(stimulus, trials[0], ...).values
        index = np.repeat(np.arange(values.shape[0]), values.shape[1])
        table = values.reshape(values.shape[0] * values.shape[1], *values.shape[2:])
        arrays = {str(stimulus): array.coords[stimulus].values[index], "responses": table}
        return _read_as(arrays, [str(stimulus)], ["responses"], options, (kind,))
    if len(array.dims) > 2:
        raise RecordingError(
            f"DataArray: none of the dimensions {listed(others)} is called trial; rename the one that is"
        )
    stimulus, response = others
    names = [str(v) for v in array.coords[response].values] if response in array.coords else range(array.shape[1])
    columns = [Column(str(name), array.values[:, k]) for k, name in enumerate(names)]
    first = Column(stimulus, [str(v) for v in array.coords[stimulus].values])
    lines = [f"{stimulus} {v}" for v in array.coords[stimulus].values]
    sheet = Sheet("DataArray", (first, *columns), lines, (kind,))
    return read_sheet(sheet, options) if options.shape else SHAPES["counts"].read(sheet, options)


def _of_dataset(data: Any, options: Options) -> Recording:
    kind = f"xarray Dataset ({', '.join(f'{d}: {n}' for d, n in data.sizes.items())})"
    trials = [str(dim) for dim in data.dims if words.says(words.TRIAL, str(dim))]
    if not trials:
        raise RecordingError(f"Dataset: no dimension is called trial; it has {listed([str(d) for d in data.dims])}")
    arrays = {
        str(name): variable.transpose(trials[0], ...).values
        for name, variable in data.variables.items()
        if trials[0] in variable.dims and name != trials[0]
    }
    return recording_of_arrays("Dataset", arrays, options, (kind,))


def _read_as(
    arrays: dict[str, Any], stimuli: list[str], responses: list[str], options: Options, told: tuple[str, ...]
) -> Recording:
    from dataclasses import replace

    named = replace(options, stimulus_columns=tuple(stimuli), response_columns=tuple(responses))
    return recording_of_arrays("DataArray", arrays, named, told)


FORMAT = Format("xarray object", lambda source: source.is_of("xarray", "DataArray", "Dataset"), read)
