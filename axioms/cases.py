"""The cases on which axioms are judged: a model and what is done to it. Small, hashable, and JSON.

Those of locality are in `far_cases`; `case_json` reads them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array
from ..models.data import FiniteSpec, ModelSpec, PairSpec, Row, SpecError, Table, listed
from ..models.transforms import add_response_noise, garble, map_responses, permute_responses, stretch_responses
from ..models.warps import relocate_stimuli


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

    Finite stimuli are listed anew (`stimuli`), with the `slopes` of a monotone map or without; a continuous one is
    warped to ``x + bend width sin(x / width)``, which rises everywhere for 0 <= bend < 1, or mirrored as well.
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
            return relocate_stimuli(model, self.stimuli, self.slopes, monotone=self.slopes is not None)
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
