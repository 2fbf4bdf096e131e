"""The ten axioms: what each states, why it matters, its source, how a case is judged and where cases come from."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..errors import UnknownAxiom
from ..models import EncodingModel
from ..models.data import FiniteSpec
from . import checks
from . import strategies as draw
from .cases import Case, FeatureCase, ModelCase
from .classics import BLOB_PLANE, CLASSICS, CLASSICS_WITH_GRADIENT
from .evaluator import Evaluator
from .finding import Finding
from .locality import locality

#: Continuous and 2-d cases run at this share of the examples; those of locality along one of two features at this.
FIFTH, FORTIETH = 0.2, 0.025


@dataclass(frozen=True)
class Family:
    """A kind of case, and the share of the examples that it gets."""

    name: str
    cases: SearchStrategy[Any]
    share: float = 1.0


@dataclass(frozen=True)
class Axiom:
    """An axiom as the audit knows it.

    Attributes
    ----------
    id, title, statement, why, source : for people
    check : judges one case
    families : ``families(gradient)`` gives the kinds of generated cases; with likelihood gradients if asked
    of_models : ``of_models(specs)`` gives the families made from a user's own models, or none
    featurewise : whether it is about I_i(x)
    unit : of the margin
    """

    id: str
    title: str
    statement: str
    why: str
    source: str
    check: Callable[[Evaluator, Any], Finding]
    families: Callable[[bool], tuple[Family, ...]]
    of_models: Callable[[SearchStrategy[FiniteSpec]], tuple[Family, ...]] | None
    featurewise: bool = False
    unit: str = "nats"

    def classics(self, gradient: bool) -> tuple[Case, ...]:
        """The known hard cases, tried first."""
        return (CLASSICS_WITH_GRADIENT if gradient else CLASSICS).get(self.id, ())


_PAPER = "Laquitaine et al., arXiv:2505.11309"


def _models(gradient: bool) -> SearchStrategy[Any]:
    return draw.finite_specs(gradient=gradient)


def _planes(gradient: bool) -> SearchStrategy[Any]:
    return draw.finite_specs(dimensions=2, gradient=gradient, max_stimuli=4, max_responses=3)


def _other_pairs(gradient: bool) -> tuple[Family, ...]:
    planes = draw.pair_cases(gradient, dimensions=2, max_stimuli=3, max_responses=2)
    return (
        Family("finite pairs, 2-d", planes, FIFTH),
        Family("pairs of continuous cells", draw.pair_cases(gradient, max_responses=2, volumes=True), FIFTH),
    )


def _far_in_the_plane() -> tuple[Family, ...]:
    # Hypothesis begins with the simplest, here the first: a known case.
    return tuple(
        Family(
            f"light-tailed priors, 2-d, along feature {along + 1}",
            st.just(replace(BLOB_PLANE, along=along)) | draw.decay_cases(dimensions=2, along=along),
            FORTIETH,
        )
        for along in (0, 1)
    )


def _pairs_and_models(gradient: bool) -> tuple[Family, ...]:
    return (
        Family("finite pairs", draw.pair_cases(gradient)),
        Family("finite", draw.model_cases(draw.finite_specs(gradient=gradient, max_stimuli=12, max_responses=6))),
        *_other_pairs(gradient),
        Family("finite, 2-d", draw.model_cases(_planes(gradient)), FIFTH),
        Family("continuous", draw.model_cases(draw.continuous_specs()), FIFTH),
    )


def _models_and_pairs_of(specs: SearchStrategy[FiniteSpec]) -> tuple[Family, ...]:
    return Family("your models", draw.model_cases(specs)), Family(
        "pairs made of your models", draw.pair_cases_of(specs)
    )


def _features_of(jointly: bool) -> Callable[[SearchStrategy[FiniteSpec]], tuple[Family, ...]]:
    def families(specs: SearchStrategy[FiniteSpec]) -> tuple[Family, ...]:
        cases = specs.flatmap(lambda spec: st.sampled_from(_silent_features(spec, jointly) or [None]))
        return (Family("your models", cases.filter(lambda case: case is not None)),)

    return families


def _silent_features(spec: FiniteSpec, jointly: bool) -> list[FeatureCase | None]:
    """The features of a user's model that are insensitive in the axiom's sense, each as a case."""
    from ..models.features import insensitive_features

    return [FeatureCase(spec, i) for i in insensitive_features(spec.build(), jointly)]


AXIOMS: dict[str, Axiom] = {
    axiom.id: axiom
    for axiom in (
        Axiom(
            "completeness",
            "Completeness",
            "E_X[I(x)] = I(R;X), and E_X[I_{R'|R}(x)] = I(X;R'|R).",
            "Only then are the values shares of the mutual information.",
            f"Axiom 1 of {_PAPER}",
            checks.completeness,
            _pairs_and_models,
            _models_and_pairs_of,
        ),
        Axiom(
            "locality",
            "Locality",
            "For priors with exponential or lighter tails, changing p(R, x) only inside a ball around x0 changes I(x) "
            "by an amount that goes to 0 as |x - x0| grows.",
            "Else a peak of I at x may come from what neurons do at quite another stimulus.",
            f"Axiom 2 of {_PAPER}, restricted to light tails and, here, to responses from a finite set",
            locality,
            lambda gradient: (
                Family("light-tailed priors", draw.decay_cases(), FIFTH),
                *_far_in_the_plane(),
            ),
            None,
            unit="of the near change, left in the limit",
        ),
        Axiom(
            "locality_any_prior",
            "Locality, any prior",
            "As locality, for every prior: the paper's own wording.",
            "Natural stimuli have heavy tails.",
            f"Axiom 2 of {_PAPER}",
            locality,
            lambda gradient: (Family("heavy-tailed priors", draw.jump_cases(), FIFTH),),
            None,
            unit="of the near change, left in the limit",
        ),
        Axiom(
            "positivity",
            "Positivity",
            "I(x) >= 0 at every x, and the conditional I_{R'|R}(x) >= 0 as well.",
            "A response cannot take information away.",
            f"Axiom 3 of {_PAPER}",
            checks.positivity,
            _pairs_and_models,
            _models_and_pairs_of,
        ),
        Axiom(
            "additivity",
            "Additivity",
            "I_{R,R'}(x) = I_R(x) + I_{R'|R}(x) at every x, in both orders of R and R'.",
            "What two responses tell is what one tells and what the other adds.",
            f"Axiom 4 of {_PAPER}",
            checks.additivity,
            lambda gradient: (Family("finite pairs", draw.pair_cases(gradient)), *_other_pairs(gradient)),
            lambda specs: (Family("pairs made of your models", draw.pair_cases_of(specs)),),
        ),
        Axiom(
            "data_processing",
            "Data processing",
            "X -> R -> R' implies I_R'(x) <= I_R(x) at every x.",
            "Else a coarser reading of the neurons seems to say more about a stimulus.",
            f"Remark 1 of {_PAPER}",
            checks.data_processing,
            lambda gradient: (
                Family("finite, garbled", draw.garbling_cases(_models(gradient))),
                Family("finite, 2-d, garbled", draw.garbling_cases(_planes(gradient)), FIFTH),
                Family("continuous, transformed", draw.transform_cases(), FIFTH),
            ),
            lambda specs: (Family("your models, garbled", draw.garbling_cases(specs)),),
        ),
        Axiom(
            "response_invariance",
            "Response invariance",
            "I is unchanged by an invertible map of the response, discrete or continuous.",
            "The units of a response, or the names of its values, carry nothing about the stimulus.",
            f"Remark 2 of {_PAPER}",
            checks.response_invariance,
            lambda gradient: (
                Family("finite, renamed", draw.relabelling_cases(_models(gradient))),
                Family("finite, 2-d, renamed", draw.relabelling_cases(_planes(gradient)), FIFTH),
                Family(
                    "continuous cells, stretched",
                    draw.stretching_cases(draw.finite_specs(gradient=gradient, volumes=True)),
                    FIFTH,
                ),
                Family("continuous, stretched", draw.stretching_cases(draw.continuous_specs()), FIFTH),
            ),
            lambda specs: (
                Family("your models, renamed", draw.relabelling_cases(specs)),
                Family("your models, stretched", draw.stretching_cases(specs.filter(_continuous_response))),
            ),
        ),
        Axiom(
            "feature_insensitivity",
            "Feature insensitivity",
            "X_i independent of (R, X_-i) jointly implies I_i(x) = 0 at every x.",
            "A feature that has nothing to do with the response, nor with the other features, must carry nothing.",
            f"Axiom 5 of {_PAPER}, corrected",
            checks.feature_silence,
            lambda gradient: (Family("irrelevant feature", draw.irrelevant_feature_cases(gradient), FIFTH),),
            _features_of(True),
            featurewise=True,
        ),
        Axiom(
            "feature_insensitivity_marginal",
            "Feature insensitivity, marginal",
            "X_i independent of R implies I_i(x) = 0 at every x: the paper's wording, which no complete measure meets.",
            "Two features may matter only together, as in XOR.",
            f"Axiom 5 of {_PAPER}",
            checks.feature_silence,
            lambda gradient: (Family("XOR-like", draw.xor_like_cases(gradient), FIFTH),),
            _features_of(False),
            featurewise=True,
        ),
        Axiom(
            "stimulus_invariance",
            "Stimulus invariance",
            "I is unchanged by an invertible, coordinatewise map of the stimulus, discrete or continuous.",
            "Contrast or log contrast: the choice of scale should not matter.",
            "Kostal & D'Onofrio (2018)",
            checks.stimulus_invariance,
            lambda gradient: (
                Family("finite, moved", draw.relocation_cases(_models(gradient), gradient)),
                Family("finite, 2-d, moved", draw.relocation_cases(_planes(gradient), gradient), FIFTH),
                Family("continuous cells, moved", draw.relocation_cases(_models(gradient), True), FIFTH),
                Family("continuous, warped", draw.warp_cases(), FIFTH),
            ),
            lambda specs: (Family("your models, moved", draw.relocation_cases(specs)),),
        ),
    )
}


def _continuous_response(spec: FiniteSpec) -> bool:
    return spec.response_volumes is not None


def axioms_named(names: Iterable[str] | None) -> tuple[Axiom, ...]:
    """The axioms with these ids, all ten for None; raises `UnknownAxiom` with the nearest match."""
    if names is None:
        return tuple(AXIOMS.values())
    if isinstance(names, str):
        names = [names]
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in AXIOMS:
            raise UnknownAxiom(f"unknown axiom {name!r}{nearest(str(name), AXIOMS)}")
    return tuple(axiom for axiom in AXIOMS.values() if axiom.id in wanted)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for an error: the nearest known name, or all of them."""
    known = list(known)
    close = difflib.get_close_matches(name, known, 1, 0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; expected one of {', '.join(known)}"


def specs_of(models: EncodingModel | SearchStrategy[EncodingModel]) -> SearchStrategy[FiniteSpec]:
    """A user's model, or strategy for models, as a strategy for specs."""
    if isinstance(models, EncodingModel):
        return st.just(FiniteSpec.of(models))
    if isinstance(models, SearchStrategy):
        return models.map(_spec_of)
    raise TypeError(f"models must be an EncodingModel or a Hypothesis strategy for them, not {type(models).__name__}")


def _spec_of(model: EncodingModel) -> FiniteSpec:
    if not isinstance(model, EncodingModel):
        raise TypeError(f"the strategy given as models= drew {type(model).__name__}; expected EncodingModel")
    return FiniteSpec.of(model)


__all__ = ["AXIOMS", "Axiom", "Family", "ModelCase", "UnknownAxiom", "axioms_named", "nearest", "specs_of"]
