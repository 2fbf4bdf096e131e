"""Models as small, hashable data: strategies draw them, witnesses hold them, and they have a JSON form.

JSON from a file is not trusted: `from_json` builds only the declared records, with fields of their declared types.
"""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np
from msgspec import Struct

from ..errors import CaseError
from .arrays import Array
from .continuous import MOST_NODES, encoding_model
from .encoding_model import EncodingModel
from .noise import AnyNoise
from .priors import AnyPrior
from .response_pair import ResponsePair
from .tuning import AnyTuning

Row = tuple[float, ...]
Table = tuple[Row, ...]

T = TypeVar("T")


class Record(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of the models below: hashable; default values are left out of the JSON."""


class FiniteSpec(Record, frozen=True):
    """A finite joint distribution in weights: whole numbers if it was drawn, so that a person can check it.

    `prior[j]` is the weight of stimulus j; `responses[j][k]` is the weight of response k to stimulus j;
    `gradient[j][k][i]`, divided by the sum of ``responses[j]``, is the derivative of p(r_k | x_j) along feature i;
    `values[k]` is the number that response k stands for; `geometry` is there where it is not that of R^d.
    """

    stimuli: Table
    prior: Row
    responses: Table
    stimulus_volumes: Row | None = None
    response_volumes: Row | None = None
    gradient: tuple[Table, ...] | None = None
    values: Row | None = None
    geometry: str | None = None

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
            geometry=self.geometry,
        )

    @classmethod
    def of(cls, model: EncodingModel) -> FiniteSpec:
        """The data of a user's model, as floats."""
        arrays = {"stimuli": model.stimuli, "prior": model.prior, "responses": model.likelihood.T}
        volumes = {"stimulus_volumes": model.stimulus_volumes, "response_volumes": model.response_volumes}
        arrays |= {name: array for name, array in volumes.items() if (array != 1).any()}
        if model.likelihood_gradient is not None:
            arrays["gradient"] = model.likelihood_gradient.swapaxes(0, 1)
        if model.responses is not None:
            arrays["values"] = model.responses
        data: dict[str, Any] = {name: array.tolist() for name, array in arrays.items()}
        return msgspec.convert(data if model.geometry.vectors else data | {"geometry": str(model.geometry)}, cls)


class PairSpec(Record, frozen=True):
    """A finite joint distribution of two responses, in weights; `responses[j][k][l]` is that of (r_k, r'_l) at x_j.

    `response_volumes[k][l]` is the volume of the cell of (r_k, r'_l): that of r_k times that of r'_l; `geometry` is
    there where it is not that of R^d.
    """

    stimuli: Table
    prior: Row
    responses: tuple[Table, ...]
    gradient: tuple[tuple[Table, ...], ...] | None = None
    response_volumes: Table | None = None
    stimulus_volumes: Row | None = None
    geometry: str | None = None

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
            geometry=self.geometry,
        )


class ContinuousSpec(Record, frozen=True):
    """A continuous 1-D model: prior, tuning curves, noise, and the number of nodes."""

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
        """A model as data. In JSON the two kinds have no tag: `decode_models` tells them apart by their fields."""

    ModelSpec.register(FiniteSpec)
    ModelSpec.register(ContinuousSpec)


def from_json(data: Any, kind: type[T] | Any, name: str) -> T:
    """A record of a declared type from untrusted JSON data.

    Raises
    ------
    CaseError
        The data do not fit; the message says where in `name`, and what was expected there.
    """
    try:
        found: T = msgspec.convert(data, kind, dec_hook=decode_models)
    except (msgspec.ValidationError, RecursionError) as error:
        where = str(error).replace("`$", f"`{name}").replace("`", "'")
        raise CaseError(where if name in where else f"{name}: {where}") from None
    return found


def to_json(record: Any) -> Any:
    """A record as plain JSON data, with lists for tuples and integers for whole numbers."""
    return _whole(msgspec.to_builtins(record))


def decode_models(kind: Any, data: Any) -> Any:
    """Decode a `ModelSpec` (msgspec's ``dec_hook``): of its two kinds only the continuous one has noise."""
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


def _normalised(weights: Any) -> Array:
    array = np.asarray(weights, dtype=float)
    if (array < 0).any() or not (array.sum(axis=-1) > 0).all():
        raise CaseError("weights must not be negative, nor all zero")
    return np.asarray(array / array.sum(axis=-1, keepdims=True))
