"""Models as small, hashable data: what strategies draw, witnesses hold and JSON carries, from which models are built.

JSON from a file is not trusted: `from_json` builds nothing but the records named here, each field of its declared type.
"""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np
from msgspec import Struct

from ..errors import CaseError
from .arrays import Array
from .continuous import encoding_model
from .encoding_model import EncodingModel
from .noise import AnyNoise
from .priors import AnyPrior
from .response_pair import ResponsePair
from .tuning import AnyTuning

Row = tuple[float, ...]
Table = tuple[Row, ...]

#: Nodes of a continuous model that a file may ask for: what a desk machine computes in seconds.
MOST_NODES = 8192

T = TypeVar("T")


class Record(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of the models below: hashable, without what is left out in its JSON."""

    def to_json(self) -> Any:
        """Plain JSON data, whole numbers as integers."""
        return to_json(self)


class FiniteSpec(Record, frozen=True):
    """A finite joint in weights: whole numbers where a person is to check it, floats where they are a user's.

    `prior[j]` is the weight of stimulus j; `responses[j][k]` the weight of response k at it; `gradient[j][k][i]`, in
    units of the row's total, the derivative of p(r_k | x_j) along feature i; `values[k]` the number that response k is.
    """

    stimuli: Table
    prior: Row
    responses: Table
    stimulus_volumes: Row | None = None
    response_volumes: Row | None = None
    gradient: tuple[Table, ...] | None = None
    values: Row | None = None

    def build(self) -> EncodingModel:
        """The model."""
        gradient = None
        if self.gradient is not None:
            totals = np.maximum(np.asarray(self.responses, dtype=float).sum(axis=1), 1e-300)
            gradient = (np.asarray(self.gradient, dtype=float) / totals[:, None, None]).swapaxes(0, 1)
        return EncodingModel(
            np.asarray(self.stimuli, dtype=float),
            _normalised(self.prior),
            _normalised(self.responses).T,
            stimulus_volumes=self.stimulus_volumes,
            response_volumes=self.response_volumes,
            likelihood_gradient=gradient,
            responses=self.values,
        )

    @classmethod
    def of(cls, model: EncodingModel) -> FiniteSpec:
        """The data of a user's model, in floats."""
        gradient = model.likelihood_gradient
        return cls(
            _tuples(model.stimuli),
            _tuples(model.prior),
            _tuples(model.likelihood.T),
            None if (model.stimulus_volumes == 1).all() else _tuples(model.stimulus_volumes),
            None if (model.response_volumes == 1).all() else _tuples(model.response_volumes),
            None if gradient is None else _tuples(gradient.swapaxes(0, 1)),
            None if model.responses is None else _tuples(model.responses),
        )


class PairSpec(Record, frozen=True):
    """A finite joint of two responses in weights: `responses[j][k][l]` is the weight of (r_k, r'_l) at stimulus j.

    `response_volumes[k][l]` is the volume of the pair's cell: one of R times one of R'.
    """

    stimuli: Table
    prior: Row
    responses: tuple[Table, ...]
    gradient: tuple[tuple[Table, ...], ...] | None = None
    response_volumes: Table | None = None
    stimulus_volumes: Row | None = None

    def build(self) -> ResponsePair:
        """The pair."""
        table = np.asarray(self.responses, dtype=float)
        totals = table.sum(axis=(1, 2))
        if (table < 0).any() or not (totals > 0).all():
            raise CaseError("weights must not be negative, nor all zero")
        gradient = None
        if self.gradient is not None:
            gradient = np.moveaxis(np.asarray(self.gradient, dtype=float) / totals[:, None, None, None], 0, 2)
        return ResponsePair(
            np.asarray(self.stimuli, dtype=float),
            _normalised(self.prior),
            np.moveaxis(table / totals[:, None, None], 0, 2),
            stimulus_volumes=self.stimulus_volumes,
            response_volumes=self.response_volumes,
            likelihood_gradient=gradient,
        )


class ContinuousSpec(Record, frozen=True):
    """A continuous 1-D model: prior, tuning curves, noise, on so many nodes."""

    prior: AnyPrior
    tuning: tuple[AnyTuning, ...]
    noise: AnyNoise
    nodes: int

    def build(self) -> EncodingModel:
        """The model, discretised."""
        if not 2 <= self.nodes <= MOST_NODES:
            raise CaseError(f"nodes is {self.nodes}; expected a whole number from 2 to {MOST_NODES}")
        return encoding_model(self.prior, self.tuning, self.noise, self.nodes)


if TYPE_CHECKING:
    ModelSpec = FiniteSpec | ContinuousSpec
else:

    class ModelSpec(ABC):  # noqa: B024
        """A model as data: a name for both kinds, which JSON tells apart by what they hold and not by a tag."""

    ModelSpec.register(FiniteSpec)
    ModelSpec.register(ContinuousSpec)


def from_json(data: Any, kind: type[T] | Any, name: str) -> T:
    """Data of a declared type from JSON that nobody vouches for.

    Raises
    ------
    CaseError
        `name`, where in it, and what was expected there.
    """
    try:
        found: T = msgspec.convert(data, kind, dec_hook=decode_models)
    except (msgspec.ValidationError, RecursionError) as error:
        where = str(error).replace("`$", f"`{name}").replace("`", "'")
        raise CaseError(where if name in where else f"{name}: {where}") from None
    return found


def to_json(record: Any) -> Any:
    """A record as plain JSON data: lists, and integers for whole numbers."""
    return _whole(msgspec.to_builtins(record))


def decode_models(kind: Any, data: Any) -> Any:
    """A `ModelSpec`: which of the two, its JSON does not say, but only one has noise."""
    if kind is not ModelSpec:
        raise NotImplementedError(kind)
    if not isinstance(data, dict):
        raise ValueError(f"expected a model, an object; found {type(data).__name__}")
    return msgspec.convert(data, ContinuousSpec if "noise" in data else FiniteSpec)


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _tuples(array: Array) -> Any:
    def nested(value: Any) -> Any:
        return tuple(nested(item) for item in value) if isinstance(value, list) else value

    return nested(array.tolist())


def _normalised(weights: Any) -> Array:
    array = np.asarray(weights, dtype=float)
    if (array < 0).any() or not (array.sum(axis=-1) > 0).all():
        raise CaseError("weights must not be negative, nor all zero")
    return np.asarray(array / array.sum(axis=-1, keepdims=True))
