"""What `measure` finds by several corrections, as JSON data, as columns of a table, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..estimators.sampling import TITLES, Corrected
from ..models.arrays import Array

#: What follows a measure's name in the columns that a table has without corrections.
_STANDING = {"none": "", "chosen": "_corrected"}
#: Below the terminal's table.
NOTE = (
    "A correction's ± is the standard error of the corrected I(R;X): its scatter over simulated experiments, without "
    "the bias that is left. The corrections of each measure at each stimulus are in --json and --csv."
)


def listed(values: Array | None) -> list[float | None] | None:
    """Numbers as JSON data; what is not finite is null."""
    return None if values is None else [float(value) if np.isfinite(value) else None for value in values]


def values_of(corrections: Mapping[str, Corrected]) -> dict[str, Any] | None:
    """The values at J stimuli by correction as JSON data; None if no corrections were asked for."""
    return {
        name: {"values": listed(one.value), "errors": listed(one.error), "reason": one.reason}
        for name, one in corrections.items()
    } or None


def whole_of(corrections: Mapping[str, Corrected]) -> dict[str, Any] | None:
    """I(R;X) by correction as JSON data; None if no corrections were asked for."""
    return {
        name: {"value": _one(one.value), "error": _one(one.error), "reason": one.reason}
        for name, one in corrections.items()
    } or None


def _one(values: Array | None) -> float | None:
    return None if values is None else float(values[0])


def columns_of(name: str, corrections: Mapping[str, Corrected]) -> dict[str, list[Any]]:
    """Columns of a measure's values and errors by correction; values that stand in the table already are left out."""
    table: dict[str, list[Any]] = {}
    for key, one in corrections.items():
        if one.value is not None and one.error is not None:
            column = name + _STANDING.get(key, f"_{key}")
            table |= {} if key in _STANDING else {column: one.value.tolist()}
            table[f"{column}_standard_error"] = one.error.tolist()
    return table


def rows_of(corrections: Mapping[str, Corrected], places: int) -> list[tuple[str, str]]:
    """Labels and numbers of I(R;X) by correction."""
    rows = []
    for key, one in corrections.items():
        value, error = _one(one.value), _one(one.error)
        said = f"– ({one.reason})" if value is None else f"{value + 0.0:.{places}f} ± {error:.{places}f}"
        rows.append((f"correction: {TITLES[key]}", said))
    return rows
