"""The parts of a continuous model: priors, tuning curves and noise are small records with a JSON form."""

from __future__ import annotations

import math

from msgspec import Struct

from ..errors import ModelError


class Part(Struct, frozen=True, tag=True, tag_field="kind", forbid_unknown_fields=True):
    """Base of priors, tuning curves and noise: hashable, with the JSON ``{"kind": class name, field: value, ...}``."""


def finite(**values: float) -> None:
    """Raise `ModelError` if a value is NaN or infinite; the message gives the name of its keyword."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise ModelError(f"{name} is {value}; expected a finite number")


def positive(**values: float) -> None:
    """Raise `ModelError` if a value is not positive and finite; the message gives the name of its keyword."""
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise ModelError(f"{name} is {value}; expected a positive number")
