"""The cases on which axioms are judged: a model and what is done to it. Small, hashable, and JSON."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..models import EncodingModel, Mixture, ResponsePair
from ..models.transforms import add_response_noise, garble, map_responses, permute_responses, stretch_responses
from ..models.validation import Array
from ..models.warps import perturb, relocate_stimuli
from .specs import (
    FiniteSpec,
    ModelSpec,
    PairSpec,
    Row,
    SpecError,
    Table,
    fields_of,
    listed,
    model_spec_from_json,
    numbers,
    part_from_json,
    part_to_json,
)


class Case:
    """Base of all cases: `kind` names it in JSON; the other fields are data."""

    kind: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """The case as JSON data."""
        data: dict[str, Any] = {"kind": self.kind}
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if value is not None:
                data[field.name] = value.to_json() if hasattr(value, "to_json") else listed(value)
        return data


@dataclass(frozen=True)
class ModelCase(Case):
    """A model as it is."""

    kind: ClassVar[str] = "model"
    model: ModelSpec

    @cached_property
    def built(self) -> EncodingModel:
        return self.model.build()


@dataclass(frozen=True)
class PairCase(Case):
    """Two responses."""

    kind: ClassVar[str] = "pair"
    pair: PairSpec

    @cached_property
    def built(self) -> ResponsePair:
        return self.pair.build()


@dataclass(frozen=True)
class GarblingCase(Case):
    """A model and a degraded response.

    Either `garbling[k][l]`, the weight with which response k becomes l, or a `transform` of numerical responses:
    "abs" (|r - amount|), "round" (to multiples of amount), "clip" (to at most amount), "noise" (of sd amount).
    """

    kind: ClassVar[str] = "garbling"
    model: ModelSpec
    garbling: Table | None = None
    transform: str | None = None
    amount: float | None = None

    @cached_property
    def built(self) -> EncodingModel:
        return self.model.build()

    @cached_property
    def garbled(self) -> EncodingModel:
        if self.garbling is not None:
            table = np.asarray(self.garbling, dtype=float)
            return garble(self.built, (table / table.sum(axis=1, keepdims=True)).T)
        amount = float(self.amount or 0.0)
        if self.transform == "noise":
            return add_response_noise(self.built, amount)
        if self.transform == "round" and not amount > 0:
            raise SpecError(f"rounding to multiples of {amount}; expected a positive amount")
        functions: dict[str, Callable[[Array], Array]] = {
            "abs": lambda r: np.abs(r - amount),
            "round": lambda r: amount * np.round(r / amount),
            "clip": lambda r: np.minimum(r, amount),
        }
        if self.transform not in functions:
            raise SpecError(f"unknown transform {self.transform!r}; expected noise, {', '.join(functions)}")
        return map_responses(self.built, functions[self.transform])


@dataclass(frozen=True)
class ResponseMapCase(Case):
    """A model and an invertible map of its response: new names (`order`), or stretched cells (`factors`)."""

    kind: ClassVar[str] = "response map"
    model: ModelSpec
    order: tuple[int, ...] | None = None
    factors: Row | None = None

    @cached_property
    def built(self) -> EncodingModel:
        return self.model.build()

    @cached_property
    def mapped(self) -> EncodingModel:
        model = self.built
        if self.order is not None:
            model = permute_responses(model, [int(k) for k in self.order])
        if self.factors is not None:
            model = stretch_responses(model, np.resize(self.factors, len(model.likelihood)))
        return model


@dataclass(frozen=True)
class StimulusMapCase(Case):
    """A model and an invertible, coordinatewise map of its stimuli.

    Finite stimuli are listed anew (`stimuli`); a continuous one is warped to ``x + bend width sin(x / width)``, which
    rises everywhere for 0 <= bend < 1, or mirrored as well.
    """

    kind: ClassVar[str] = "stimulus map"
    model: ModelSpec
    stimuli: Table | None = None
    slopes: Table | None = None
    bend: float | None = None
    width: float | None = None
    mirror: bool | None = None

    @cached_property
    def built(self) -> EncodingModel:
        return self.model.build()

    @cached_property
    def mapped(self) -> EncodingModel:
        model = self.built
        if self.stimuli is not None:
            return relocate_stimuli(model, self.stimuli, self.slopes)
        bend, width = float(self.bend or 0.0), float(self.width or 1.0)
        if not (0 <= bend < 1 and width > 0):
            raise SpecError(f"bend {bend}, width {width}: expected 0 <= bend < 1 and width > 0")
        sign = -1.0 if self.mirror else 1.0
        x = model.stimuli
        return relocate_stimuli(
            model, sign * (x + bend * width * np.sin(x / width)), sign * (1 + bend * np.cos(x / width))
        )


@dataclass(frozen=True)
class LinearMapCase(Case):
    """A model and the map ``matrix x + shift`` of its stimuli, which may mix features."""

    kind: ClassVar[str] = "linear map"
    model: FiniteSpec
    matrix: Table
    shift: Row

    @cached_property
    def built(self) -> EncodingModel:
        return self.model.build()

    @cached_property
    def mapped(self) -> EncodingModel:
        model = self.built
        matrix, shift = np.asarray(self.matrix, dtype=float), np.asarray(self.shift, dtype=float)
        if matrix.shape != (model.dimensions, model.dimensions) or shift.shape != (model.dimensions,):
            raise SpecError(f"the map of a stimulus in R^{model.dimensions} needs a square matrix and a shift")
        size = abs(float(np.linalg.det(matrix)))
        if not size > 1e-12:
            raise SpecError("the matrix of a linear map is not invertible")
        return model.replace(
            stimuli=model.stimuli @ matrix.T + shift,
            stimulus_volumes=model.stimulus_volumes * size,
            likelihood_gradient=None
            if model.likelihood_gradient is None
            else model.likelihood_gradient @ np.linalg.inv(matrix),
        )


@dataclass(frozen=True)
class FeatureCase(Case):
    """A model in R^2 whose feature `feature` is, by construction, insensitive in the axiom's sense."""

    kind: ClassVar[str] = "feature"
    model: FiniteSpec
    feature: int

    @cached_property
    def built(self) -> EncodingModel:
        model = self.model.build()
        if not 0 <= self.feature < model.dimensions:
            raise SpecError(f"feature {self.feature} of a model in R^{model.dimensions}")
        return model


@dataclass(frozen=True)
class DecayCase(Case):
    """A light-tailed prior on a lattice that runs far out to the right, changed inside a ball about `centre`.

    The prior is a mixture; D counts from its last component's mean in that component's sd, up to 16. Responses have
    logits given by one tuning curve each (with an implicit 0 for the last response). Inside the ball p(r|x) becomes
    `inside` (weights), the prior there is tilted by a factor ``1 + tilt (x - centre) / radius``, its mass kept.
    """

    kind: ClassVar[str] = "decay"
    prior: Mixture
    tuning: tuple[Any, ...]
    centre: float
    radius: float
    inside: Row | None = None
    tilt: float = 0.0

    LEVELS: ClassVar[tuple[float, ...]] = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

    def to_json(self) -> dict[str, Any]:
        data = {"kind": self.kind, "prior": part_to_json(self.prior), "tuning": part_to_json(self.tuning)}
        data |= {"centre": self.centre, "radius": self.radius, "tilt": self.tilt}
        return data if self.inside is None else data | {"inside": listed(self.inside)}

    @cached_property
    def last(self) -> tuple[float, float]:
        """Mean and sd of the component from which D counts."""
        return max(zip(self.prior.means, self.prior.sds), key=lambda component: component[0])

    @cached_property
    def built(self) -> EncodingModel:
        mean, sd = self.last
        step = 0.15 * min(self.prior.sds)
        low = min(min(self.prior.means) - 4 * max(self.prior.sds), self.centre - self.radius)
        count = int((mean + 16.5 * sd - low) / step) + 1
        if count > 2000:
            raise SpecError(f"the lattice has {count} nodes; expected at most 2000")
        x = low + step * np.arange(count)
        log_mass = self.prior.log_density(x)
        mass = np.exp(log_mass - log_mass.max())
        logits = np.stack([curve(x) for curve in self.tuning] + [np.zeros(count)])
        table = np.exp(logits - logits.max(axis=0))
        table /= table.sum(axis=0)
        slopes = np.stack([curve.derivative(x) for curve in self.tuning] + [np.zeros(count)])
        gradient = table * (slopes - (table * slopes).sum(axis=0))
        return EncodingModel(
            x,
            mass / mass.sum(),
            table,
            stimulus_volumes=np.full(count, step),
            likelihood_gradient=np.where(table > 0, gradient, 0.0)[..., None],
        )

    @cached_property
    def changed(self) -> EncodingModel:
        model = self.built
        table = None
        if self.inside is not None:
            weights = np.asarray(self.inside, dtype=float)
            if weights.shape != (len(model.likelihood),) or (weights < 0).any() or weights.sum() <= 0:
                raise SpecError(f"inside must be {len(model.likelihood)} weights, not negative, not all zero")
            table = (weights / weights.sum())[:, None]
        tilt = 1 + self.tilt * np.clip((model.stimuli[:, 0] - self.centre) / self.radius, -1, 1)
        return perturb(model, self.centre, self.radius, likelihood=table, prior_weights=tilt if self.tilt else None)

    @cached_property
    def distances(self) -> Array:
        """D of each stimulus; negative inside the ball and to the left."""
        mean, sd = self.last
        x = self.built.stimuli[:, 0]
        outside = x > self.centre + self.radius
        return np.where(outside, (x - mean) / sd, -1.0)

    @property
    def levels(self) -> tuple[float, ...]:
        return self.LEVELS


@dataclass(frozen=True)
class JumpCase(Case):
    """Atoms at 0 and at base^0, base^1, ... with weights that fall by `ratio` each: the heaviest of tails.

    At 0 the response changes from `before` to `inside`; at the others it is `before` throughout.
    """

    kind: ClassVar[str] = "jump"
    atoms: int
    base: float
    weight: float
    ratio: float
    before: Row
    inside: Row

    @cached_property
    def built(self) -> EncodingModel:
        return self._model(self.before)

    @cached_property
    def changed(self) -> EncodingModel:
        return self._model(self.inside)

    def _model(self, at_zero: Row) -> EncodingModel:
        if not (4 <= self.atoms <= 40 and 1 < self.base <= 1000 and 0 < self.weight < 1 and 0 < self.ratio < 1):
            raise SpecError("expected 4 to 40 atoms, base in (1, 1000], weight and ratio in (0, 1)")
        if len(self.before) != len(self.inside):
            raise SpecError(f"before has {len(self.before)} responses, inside {len(self.inside)}")
        x = np.concatenate([[0.0], float(self.base) ** np.arange(self.atoms)])
        tail = float(self.ratio) ** np.arange(self.atoms)
        prior = np.concatenate([[self.weight], (1 - self.weight) * tail / tail.sum()])
        table = np.tile(np.asarray(self.before, dtype=float)[:, None], len(x))
        table[:, 0] = at_zero
        table = table / table.sum(axis=0)
        # The response does not depend on x but at 0, a lone atom: its derivative there is taken as 0.
        return EncodingModel(x, prior, table, likelihood_gradient=np.zeros((*table.shape, 1)))

    @cached_property
    def distances(self) -> Array:
        return np.where(self.built.stimuli[:, 0] > 0, self.built.stimuli[:, 0], -1.0)

    @property
    def levels(self) -> tuple[float, ...]:
        return tuple(float(self.base) ** n for n in range(0, self.atoms))


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
        "mirror?": bool,
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
    },
    "jump": {
        "atoms": lambda v: int(numbers(v, "atoms", 0)),
        "base": lambda v: numbers(v, "base", 0),
        "weight": lambda v: numbers(v, "weight", 0),
        "ratio": lambda v: numbers(v, "ratio", 0),
        "before": lambda v: numbers(v, "before", 1),
        "inside": lambda v: numbers(v, "inside", 1),
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
    if kind == "decay" and not (isinstance(parsed["prior"], Mixture) and isinstance(parsed["tuning"], tuple)):
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
