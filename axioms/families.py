"""Families of cases that several axioms share: finite and continuous models, on a line and in the plane, and pairs."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..models import EncodingModel
from ..models.data import FiniteSpec
from . import crossed, ordinary, places
from . import strategies as draw
from .axiom import FIFTH, FORTIETH, TENTH, Family
from .cases import ModelCase, PairCase
from .known import with_slopes
from .spaces import TELLING, independent_features, solids


def planes(gradient: bool) -> SearchStrategy[FiniteSpec]:
    """Finite models of stimuli in the plane."""
    return draw.finite_specs(dimensions=2, gradient=gradient, max_stimuli=4, max_responses=3)


def spaces(gradient: bool, told: int = TELLING) -> SearchStrategy[FiniteSpec]:
    """Finite models in R^3 to R^8 that exact measures reach: in a plane there, in three dimensions, or independent.

    Of independent features, at most `told` have a response.
    """
    in_a_plane = st.sampled_from([3, 4, 5]).flatmap(
        lambda d: draw.finite_specs(dimensions=d, gradient=gradient, max_stimuli=3, max_responses=3)
    )
    return in_a_plane | solids(gradient) | independent_features(gradient, told)


def other_pairs(gradient: bool) -> tuple[Family, ...]:
    """Pairs of responses to stimuli in the plane or in R^3, and pairs of responses with unequal cell volumes."""
    in_the_plane = draw.pair_cases(gradient, dimensions=2, max_stimuli=3, max_responses=2)
    in_space = draw.pair_cases(gradient, dimensions=3, max_stimuli=3, max_responses=2)
    return (
        Family("finite pairs, 2-d", in_the_plane, FIFTH),
        Family("finite pairs, 3-d", in_space, FORTIETH),
        Family("pairs of continuous cells", draw.pair_cases(gradient, max_responses=2, volumes=True), FIFTH),
        *places.pairs(gradient),
        Family("ordinary pairs", _ordinary_pairs(gradient), FORTIETH),
    )


def _ordinary_pairs(gradient: bool) -> SearchStrategy[PairCase]:
    """Pairs made of ordinary models."""
    pairs = ordinary.drawn().map(crossed.paired)
    return pairs.map(with_slopes) if gradient else pairs


def pairs_and_models(gradient: bool) -> tuple[Family, ...]:
    """The families of an axiom about both I(x) and the conditional I_{R'|R}(x)."""
    return (
        Family("finite pairs", draw.pair_cases(gradient)),
        Family("finite", draw.finite_specs(gradient=gradient, max_stimuli=12, max_responses=6).map(ModelCase)),
        *other_pairs(gradient),
        Family("finite, 2-d", planes(gradient).map(ModelCase), FIFTH),
        Family("finite, 3-d to 8-d", spaces(gradient).map(ModelCase), TENTH),
        Family("continuous", draw.continuous_specs().map(ModelCase), FIFTH),
        *places.models(gradient),
        Family("ordinary", ordinary.drawn(gradient).map(ModelCase), TENTH),
    )


def models_and_pairs_of(specs: SearchStrategy[FiniteSpec]) -> tuple[Family, ...]:
    """The families of such an axiom, made from a user's own models."""
    return (
        Family("your models", specs.map(ModelCase)),
        Family("pairs made of your models", draw.pair_cases_of(specs)),
    )


def specs_of(models: EncodingModel | SearchStrategy[EncodingModel]) -> SearchStrategy[FiniteSpec]:
    """A user's model, or Hypothesis strategy for models, as a strategy for data; raises TypeError for anything else."""
    if isinstance(models, EncodingModel):
        return st.just(FiniteSpec.of(models))
    if isinstance(models, SearchStrategy):
        return models.map(_spec_of)
    raise TypeError(f"models must be an EncodingModel or a Hypothesis strategy for them, not {type(models).__name__}")


def _spec_of(model: EncodingModel) -> FiniteSpec:
    if not isinstance(model, EncodingModel):
        raise TypeError(f"the strategy given as models= drew {type(model).__name__}; expected EncodingModel")
    return FiniteSpec.of(model)
