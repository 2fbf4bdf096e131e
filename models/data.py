"""Models as small data: what strategies draw, witnesses hold and JSON carries, from which models are built."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import models
from ..errors import CaseError as SpecError
from . import EncodingModel, ResponsePair
from .arrays import Array

Row = tuple[float, ...]
Table = tuple[Row, ...]

#: Untrusted files may not ask for more than this many numbers.
MOST_NUMBERS = 4_000_000


def listed(value: Any) -> Any:
    """Arrays and tuples as nested lists, whole floats as integers: what JSON shows."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [listed(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def tupled(value: Any) -> Any:
    """Nested lists as nested tuples (specs are hashable)."""
    return tuple(tupled(item) for item in value) if isinstance(value, list | tuple | np.ndarray) else value


def numbers(data: Any, name: str, axes: int) -> Any:
    """Nested lists of finite numbers, `axes` deep, as tuples."""
    budget = [MOST_NUMBERS]

    def walk(item: Any, depth: int) -> Any:
        if depth == 0:
            budget[0] -= 1
            if budget[0] < 0:
                raise SpecError(f"{name} holds more than {MOST_NUMBERS} numbers")
            if isinstance(item, bool) or not isinstance(item, int | float) or not _finite(item):
                raise SpecError(f"{name} holds {item!r}; expected finite numbers")
            return item
        if not isinstance(item, list | tuple) or not item:
            raise SpecError(f"{name} is not a list of numbers nested {axes} deep")
        return tuple(walk(part, depth - 1) for part in item)

    return walk(data, axes)


def _finite(item: float) -> bool:
    try:
        return math.isfinite(item)
    except OverflowError:
        return False


def fields_of(data: Any, name: str, required: set[str], optional: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    """`data` as a dict with these keys, else a SpecError that names what is missing or unknown."""
    if not isinstance(data, dict):
        raise SpecError(f"{name} is {type(data).__name__}; expected an object")
    missing, unknown = required - data.keys(), data.keys() - required - optional
    if missing:
        raise SpecError(f"{name} lacks {', '.join(sorted(missing))}")
    if unknown:
        raise SpecError(f"{name} has unknown entries: {', '.join(sorted(map(str, unknown)))}")
    return data


def _normalised(weights: Any) -> Array:
    array = np.asarray(weights, dtype=float)
    if (array < 0).any() or not (array.sum(axis=-1) > 0).all():
        raise SpecError("weights must not be negative, nor all zero")
    return np.asarray(array / array.sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class FiniteSpec:
    """A finite joint in weights: whole numbers where a person is to check it, floats where they are a user's.

    `prior[j]` is the weight of stimulus j; `responses[j][k]` the weight of response k at it; `gradient[j][k][i]`, in
    units of the row's total, the derivative of p(r_k | x_j) along feature i.
    """

    stimuli: Table
    prior: Row
    responses: Table
    stimulus_volumes: Row | None = None
    response_volumes: Row | None = None
    gradient: tuple[Table, ...] | None = None

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
        )

    def to_json(self) -> dict[str, Any]:
        data = {"stimuli": self.stimuli, "prior": self.prior, "responses": self.responses}
        for name in ("stimulus_volumes", "response_volumes", "gradient"):
            if getattr(self, name) is not None:
                data[name] = getattr(self, name)
        return {key: listed(value) for key, value in data.items()}

    @classmethod
    def from_json(cls, data: Any) -> FiniteSpec:
        optional = {"stimulus_volumes": 1, "response_volumes": 1, "gradient": 3}
        entries = fields_of(data, "model", {"stimuli", "prior", "responses"}, set(optional))
        return cls(
            numbers(entries["stimuli"], "stimuli", 2),
            numbers(entries["prior"], "prior", 1),
            numbers(entries["responses"], "responses", 2),
            **{name: numbers(entries[name], name, axes) for name, axes in optional.items() if name in entries},
        )

    @classmethod
    def of(cls, model: EncodingModel) -> FiniteSpec:
        """The spec of a user's model, in floats."""
        gradient = model.likelihood_gradient
        return cls(
            tupled(model.stimuli),
            tupled(model.prior),
            tupled(model.likelihood.T),
            None if (model.stimulus_volumes == 1).all() else tupled(model.stimulus_volumes),
            None if (model.response_volumes == 1).all() else tupled(model.response_volumes),
            None if gradient is None else tupled(gradient.swapaxes(0, 1)),
        )


@dataclass(frozen=True)
class PairSpec:
    """A finite joint of two responses in weights: `responses[j][k][l]` is the weight of (r_k, r'_l) at stimulus j.

    `response_volumes[k][l]` is the volume of the pair's cell: one of R times one of R'.
    """

    stimuli: Table
    prior: Row
    responses: tuple[Table, ...]
    gradient: tuple[tuple[Table, ...], ...] | None = None
    response_volumes: Table | None = None

    def build(self) -> ResponsePair:
        """The pair."""
        table = np.asarray(self.responses, dtype=float)
        totals = table.sum(axis=(1, 2))
        if (table < 0).any() or not (totals > 0).all():
            raise SpecError("weights must not be negative, nor all zero")
        gradient = None
        if self.gradient is not None:
            gradient = np.moveaxis(np.asarray(self.gradient, dtype=float) / totals[:, None, None, None], 0, 2)
        return ResponsePair(
            np.asarray(self.stimuli, dtype=float),
            _normalised(self.prior),
            np.moveaxis(table / totals[:, None, None], 0, 2),
            response_volumes=self.response_volumes,
            likelihood_gradient=gradient,
        )

    def to_json(self) -> dict[str, Any]:
        data = {"stimuli": self.stimuli, "prior": self.prior, "responses": self.responses}
        for name in ("gradient", "response_volumes"):
            if getattr(self, name) is not None:
                data[name] = getattr(self, name)
        return {key: listed(value) for key, value in data.items()}

    @classmethod
    def from_json(cls, data: Any) -> PairSpec:
        optional = {"gradient": 4, "response_volumes": 2}
        entries = fields_of(data, "pair", {"stimuli", "prior", "responses"}, set(optional))
        return cls(
            numbers(entries["stimuli"], "stimuli", 2),
            numbers(entries["prior"], "prior", 1),
            numbers(entries["responses"], "responses", 3),
            **{name: numbers(entries[name], name, axes) for name, axes in optional.items() if name in entries},
        )


#: What a continuous model is made of, by the names that JSON uses: the classes of `stiminfo.models`.
PARTS: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        models.Gaussian,
        models.Mixture,
        models.Uniform,
        models.Laplace,
        models.StudentT,
        models.Bump,
        models.Bumps,
        models.Sigmoid,
        models.Linear,
        models.Periodic,
        models.PiecewiseSmooth,
        models.GaussianNoise,
        models.PoissonNoise,
        models.BernoulliNoise,
        models.CategoricalNoise,
    )
}


def part_to_json(part: Any) -> Any:
    """A prior, tuning curve or noise as ``{"kind": class name, field: value}``."""
    if isinstance(part, tuple):
        return [part_to_json(item) for item in part]
    if type(part).__name__ in PARTS:
        return {"kind": type(part).__name__} | {
            field.name: part_to_json(getattr(part, field.name)) for field in dataclasses.fields(part)
        }
    return listed(part)


def part_from_json(data: Any, depth: int = 0) -> Any:
    """The inverse of `part_to_json`; builds nothing but the classes in `PARTS`."""
    if depth > 4:
        raise SpecError("a description is nested too deeply")
    if isinstance(data, list):
        return tuple(part_from_json(item, depth + 1) for item in data)
    if isinstance(data, dict):
        kind = data.get("kind")
        if not isinstance(kind, str) or kind not in PARTS:
            raise SpecError(f"unknown kind {kind!r}; expected one of {', '.join(PARTS)}")
        cls = PARTS[kind]
        names = {field.name for field in dataclasses.fields(cls)}
        entries = fields_of({k: v for k, v in data.items() if k != "kind"}, kind, set(), names)
        try:
            return cls(**{name: part_from_json(value, depth + 1) for name, value in entries.items()})
        except (TypeError, ValueError, ArithmeticError) as error:
            raise SpecError(f"{kind}: {error}") from None
    if isinstance(data, bool) or not isinstance(data, int | float) or not _finite(data):
        raise SpecError(f"{data!r} is not a finite number")
    return data


@dataclass(frozen=True)
class ContinuousSpec:
    """A continuous 1-D model: prior, tuning curves, noise, on so many nodes."""

    prior: Any
    tuning: tuple[Any, ...]
    noise: Any
    nodes: int

    def build(self) -> EncodingModel:
        """The model, discretised."""
        return models.encoding_model(self.prior, self.tuning, self.noise, self.nodes)

    def to_json(self) -> dict[str, Any]:
        return {
            "prior": part_to_json(self.prior),
            "tuning": part_to_json(self.tuning),
            "noise": part_to_json(self.noise),
            "nodes": self.nodes,
        }

    @classmethod
    def from_json(cls, data: Any) -> ContinuousSpec:
        entries = fields_of(data, "model", {"prior", "tuning", "noise", "nodes"})
        nodes = entries["nodes"]
        if not isinstance(nodes, int) or isinstance(nodes, bool) or not 2 <= nodes <= 8192:
            raise SpecError(f"nodes is {nodes!r}; expected a whole number from 2 to 8192")
        prior, tuning, noise = (part_from_json(entries[name]) for name in ("prior", "tuning", "noise"))
        spec = cls(prior, tuning, noise, nodes)
        wanted = (("prior", spec.prior, "log_density"), ("noise", spec.noise, "channel"))
        for name, part, method in wanted:
            if not hasattr(part, method):
                raise SpecError(f"{name} is no {name}")
        if not isinstance(spec.tuning, tuple) or not all(hasattr(part, "derivative") for part in spec.tuning):
            raise SpecError("tuning is not a list of tuning curves")
        return spec


ModelSpec = FiniteSpec | ContinuousSpec


def model_spec_from_json(data: Any) -> ModelSpec:
    """A finite or a continuous model."""
    if isinstance(data, dict) and "noise" in data:
        return ContinuousSpec.from_json(data)
    return FiniteSpec.from_json(data)
