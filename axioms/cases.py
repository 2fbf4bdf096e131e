"""The cases on which axioms are judged: a model and what is done to it, as small, hashable data with a JSON form.

A new kind of case is a subclass of `Case` with a ``tag``, its kind in JSON; the axiom that judges it lists it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Union

import numpy as np
from msgspec import Struct

from ..errors import MALFORMED, CaseError
from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array
from ..models.data import FiniteSpec, ModelSpec, PairSpec, Row, Table, from_json, to_json
from ..models.transforms import (
    add_response_noise,
    garble,
    map_responses,
    permute_responses,
    revalue_responses,
    stretch_responses,
)
from ..models.warps import relocate_stimuli

#: From this condition number on, a matrix is singular but for rounding; its size, a matter of units, says nothing.
_SINGULAR = 1e12


class Case(
    Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True, omit_defaults=True, dict=True, cache_hash=True
):
    """Base of all cases: the fields are data, the properties are the models that they describe."""

    @property
    def kind(self) -> str:
        """The name of this kind of case in JSON."""
        return str(self.__struct_config__.tag)

    @property
    def views(self) -> tuple[EncodingModel, ...]:
        """Every model that a check of the case needs; the first is the one whose stimuli a finding is about."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """The case as JSON data."""
        data: dict[str, Any] = to_json(self)
        return data


class _OfModel(Case, frozen=True):
    """A case that starts from one model."""

    model: ModelSpec

    @cached_property
    def built(self) -> EncodingModel:
        """The model as it is given."""
        return self.model.build()

    @property
    def views(self) -> tuple[EncodingModel, ...]:
        return (self.built,)


class ModelCase(_OfModel, frozen=True, tag="model"):
    """A model as it is."""


class PairCase(Case, frozen=True, tag="pair"):
    """Two responses."""

    pair: PairSpec

    @cached_property
    def built(self) -> ResponsePair:
        """The pair."""
        return self.pair.build()

    @property
    def views(self) -> tuple[EncodingModel, ...]:
        return (self.built.first,)


class GarblingCase(_OfModel, frozen=True, tag="garbling"):
    """A model and a degraded response.

    The response is degraded either by `garbling`, where garbling[k][l] is the weight with which response k becomes l,
    or by a `transform` of numerical responses: "abs" (|r - amount|), "round" (to multiples of amount), "clip" (to at
    most amount), or "noise" (Gaussian, of sd amount).
    """

    garbling: Table | None = None
    transform: str | None = None
    amount: float | None = None

    @cached_property
    def garbled(self) -> EncodingModel:
        """The model of the degraded response."""
        if self.garbling is not None:
            table = np.asarray(self.garbling, dtype=float)
            return garble(self.built, (table / table.sum(axis=1, keepdims=True)).T)
        amount = float(self.amount or 0.0)
        if self.transform == "noise":
            return add_response_noise(self.built, amount)
        if self.transform == "round" and not amount > 0:
            raise CaseError(f"rounding to multiples of {amount}; expected a positive amount")
        functions: dict[str, Callable[[Array], Array]] = {
            "abs": lambda r: np.abs(r - amount),
            "round": lambda r: amount * np.round(r / amount),
            "clip": lambda r: np.minimum(r, amount),
        }
        if self.transform not in functions:
            raise CaseError(f"unknown transform {self.transform!r}; expected noise, {', '.join(functions)}")
        return map_responses(self.built, functions[self.transform])

    @property
    def views(self) -> tuple[EncodingModel, ...]:
        return self.built, self.garbled


class ResponseMapCase(_OfModel, frozen=True, tag="response map"):
    """A model and an invertible map of its response: a permutation, stretched cells (`factors`) or new `values`."""

    order: tuple[int, ...] | None = None
    factors: Row | None = None
    values: Row | None = None

    @cached_property
    def mapped(self) -> EncodingModel:
        """The model of the mapped response."""
        model = self.built
        if self.order is not None:
            model = permute_responses(model, self.order)
        if self.factors is not None:
            model = stretch_responses(model, np.resize(self.factors, len(model.likelihood)))
        if self.values is not None:
            model = revalue_responses(model, self.values)
        return model

    @property
    def views(self) -> tuple[EncodingModel, ...]:
        return self.built, self.mapped


class StimulusMapCase(_OfModel, frozen=True, tag="stimulus map"):
    """A model and an invertible, coordinatewise map of its stimuli.

    Discrete stimuli are given their new values (`stimuli`), with the `slopes` of the map if it is monotone. A
    continuous stimulus is warped to ``x + bend width sin(x / width)``, which rises everywhere for 0 <= bend < 1, and
    reflected with `mirror`.
    """

    stimuli: Table | None = None
    slopes: Table | None = None
    bend: float | None = None
    width: float | None = None
    mirror: bool | None = None

    @cached_property
    def mapped(self) -> EncodingModel:
        """The model of the mapped stimulus."""
        model = self.built
        if self.stimuli is not None:
            return relocate_stimuli(model, self.stimuli, self.slopes, monotone=self.slopes is not None)
        bend, width = float(self.bend or 0.0), float(self.width or 1.0)
        if not (0 <= bend < 1 and width > 0):
            raise CaseError(f"bend {bend}, width {width}: expected 0 <= bend < 1 and width > 0")
        sign = -1.0 if self.mirror else 1.0
        x = model.stimuli
        return relocate_stimuli(
            model, sign * (x + bend * width * np.sin(x / width)), sign * (1 + bend * np.cos(x / width))
        )

    @property
    def views(self) -> tuple[EncodingModel, ...]:
        return self.built, self.mapped


class LinearMapCase(_OfModel, frozen=True, tag="linear map"):
    """A model and the map ``matrix x + shift`` of its stimuli, which may mix features."""

    model: FiniteSpec
    matrix: Table
    shift: Row

    @cached_property
    def mapped(self) -> EncodingModel:
        """The model of the mapped stimulus."""
        model = self.built
        matrix, shift = np.asarray(self.matrix, dtype=float), np.asarray(self.shift, dtype=float)
        if matrix.shape != (model.dimensions, model.dimensions) or shift.shape != (model.dimensions,):
            raise CaseError(f"the map of a stimulus in R^{model.dimensions} needs a square matrix and a shift")
        if not np.linalg.cond(matrix) < _SINGULAR:
            raise CaseError("the matrix of a linear map is not invertible")
        size = abs(float(np.linalg.det(matrix)))
        return model.replace(
            stimuli=model.stimuli @ matrix.T + shift,
            stimulus_volumes=model.stimulus_volumes * size,
            likelihood_gradient=None
            if model.likelihood_gradient is None
            else model.likelihood_gradient @ np.linalg.inv(matrix),
        )

    @property
    def views(self) -> tuple[EncodingModel, ...]:
        return self.built, self.mapped


class FeatureCase(_OfModel, frozen=True, tag="feature"):
    """A model in R^d; of feature `feature`, and of those in `also`, the axiom says by construction that I_i(x) = 0."""

    model: FiniteSpec
    feature: int
    also: tuple[int, ...] = ()

    @property
    def silent(self) -> tuple[int, ...]:
        """All of these features."""
        return (self.feature, *self.also)

    @cached_property
    def built(self) -> EncodingModel:
        """The model."""
        model = self.model.build()
        for feature in self.silent:
            if not 0 <= feature < model.dimensions:
                raise CaseError(f"feature {feature} of a model in R^{model.dimensions}")
        return model


def case_of(data: Any, kinds: Iterable[type[Case]]) -> Case:
    """A case of one of these kinds from untrusted JSON data; its models are built once, to check them.

    Raises
    ------
    CaseError
        (a ValueError) the data do not describe a case.
    """
    by_kind = {str(kind.__struct_config__.tag): kind for kind in kinds}
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in by_kind:
        raise CaseError(f"unknown kind of case {kind!r}; expected one of {', '.join(by_kind)}")
    case: Case = from_json(data, Union[tuple(by_kind.values())], f"case {kind!r}")  # noqa: UP007
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _ = case.views
    except CaseError:
        raise
    except MALFORMED as error:
        raise CaseError(f"case {kind!r}: {error}") from None
    return case
