"""Cases from JSON that nobody vouches for."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..models import Mixture
from ..models.data import FiniteSpec, PairSpec, SpecError, fields_of, model_spec_from_json, numbers, part_from_json
from .cases import (
    Case,
    FeatureCase,
    GarblingCase,
    LinearMapCase,
    ModelCase,
    PairCase,
    ResponseMapCase,
    StimulusMapCase,
)
from .locality_cases import DecayCase, JumpCase


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise SpecError(f"{name} is {value!r}; expected true or false")
    return value


_PARSERS: dict[str, dict[str, Any]] = {
    "model": {"model": model_spec_from_json},
    "pair": {"pair": PairSpec.from_json},
    "garbling": {
        "model": model_spec_from_json,
        "garbling?": lambda v: numbers(v, "garbling", 2),
        "transform?": str,
        "amount?": lambda v: numbers(v, "amount", 0),
    },
    "response map": {
        "model": model_spec_from_json,
        "order?": lambda v: numbers(v, "order", 1),
        "factors?": lambda v: numbers(v, "factors", 1),
    },
    "stimulus map": {
        "model": model_spec_from_json,
        "stimuli?": lambda v: numbers(v, "stimuli", 2),
        "slopes?": lambda v: numbers(v, "slopes", 2),
        "bend?": lambda v: numbers(v, "bend", 0),
        "width?": lambda v: numbers(v, "width", 0),
        "mirror?": lambda v: _flag(v, "mirror"),
    },
    "linear map": {
        "model": FiniteSpec.from_json,
        "matrix": lambda v: numbers(v, "matrix", 2),
        "shift": lambda v: numbers(v, "shift", 1),
    },
    "feature": {"model": FiniteSpec.from_json, "feature": lambda v: int(numbers(v, "feature", 0))},
    "decay": {
        "prior": part_from_json,
        "tuning": part_from_json,
        "centre": lambda v: numbers(v, "centre", 0),
        "radius": lambda v: numbers(v, "radius", 0),
        "inside?": lambda v: numbers(v, "inside", 1),
        "tilt": lambda v: numbers(v, "tilt", 0),
        "beside?": part_from_json,
        "mirror?": lambda v: _flag(v, "mirror"),
        "along?": lambda v: int(numbers(v, "along", 0)),
    },
    "jump": {
        "atoms": lambda v: int(numbers(v, "atoms", 0)),
        "base": lambda v: numbers(v, "base", 0),
        "weight": lambda v: numbers(v, "weight", 0),
        "ratio": lambda v: numbers(v, "ratio", 0),
        "before": lambda v: numbers(v, "before", 1),
        "inside": lambda v: numbers(v, "inside", 1),
        "mirror?": lambda v: _flag(v, "mirror"),
    },
}
_CLASSES: dict[str, type[Case]] = {
    cls.kind: cls
    for cls in (
        ModelCase,
        PairCase,
        GarblingCase,
        ResponseMapCase,
        StimulusMapCase,
        LinearMapCase,
        FeatureCase,
        DecayCase,
        JumpCase,
    )
}


def case_from_json(data: Any) -> Case:
    """A case from untrusted JSON data; raises `SpecError` (a ValueError) with what is wrong."""
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in _PARSERS:
        raise SpecError(f"unknown kind of case {kind!r}; expected one of {', '.join(_PARSERS)}")
    parsers = _PARSERS[kind]
    required = {name for name in parsers if not name.endswith("?")}
    optional = {name[:-1] for name in parsers if name.endswith("?")}
    entries = fields_of({k: v for k, v in data.items() if k != "kind"}, f"case {kind!r}", required, optional)
    parsed = {name: (parsers.get(name) or parsers[name + "?"])(value) for name, value in entries.items()}
    if kind == "decay" and not (
        isinstance(parsed["prior"], Mixture)
        and isinstance(parsed["tuning"], tuple)
        and isinstance(parsed.get("beside", ()), tuple)
    ):
        raise SpecError("a decay case needs a Mixture prior and a list of tuning curves")
    try:
        case = _CLASSES[kind](**parsed)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for view in ("built", "garbled", "mapped", "changed"):
                getattr(case, view, None)
    except SpecError:
        raise
    except (ValueError, TypeError, ArithmeticError, IndexError, AttributeError) as error:
        raise SpecError(f"case {kind!r}: {error}") from None
    return case
