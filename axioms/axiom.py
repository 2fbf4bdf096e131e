"""`Axiom`: what an axiom states, how a case is judged, and where cases come from; one file per axiom holds one.

An axiom's file defines ``AXIOM``; `registry` lists it in one line. Nothing else knows it by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

from ..models.data import FiniteSpec
from .cases import Case
from .evaluator import Evaluator
from .finding import Finding
from .known import with_slopes

#: The paper from which axioms are taken.
PAPER = "Laquitaine et al., arXiv:2505.11309"
#: Continuous and 2-d cases run at this share of the examples; those of locality along one of two features at this.
FIFTH, FORTIETH = 0.2, 0.025


@dataclass(frozen=True)
class Family:
    """A kind of generated case, and the share of the examples that it gets.

    Attributes
    ----------
    name : says what is generated; with the seed and the axiom's id it fixes the random numbers
    cases : Hypothesis strategy of `Case`
    """

    name: str
    cases: SearchStrategy[Any]
    share: float = 1.0


@dataclass(frozen=True)
class Axiom:
    """An axiom as the audit knows it.

    Attributes
    ----------
    id, title, statement, why, source : for people
    check : judges one case with an `Evaluator` of the measure
    cases : the kinds of case that `check` judges, and so those that a witness may hold
    smallest : ``smallest(gradient)`` gives all of the smallest cases, simplest first: asked one by one, not drawn
    silence : what a measure did that was never asked, as the verdict says it
    known : known hard cases, tried first on every measure, so that a verdict does not depend on luck
    families : ``families(gradient)`` gives the generated cases; with likelihood gradients where the measure needs them
    known_with_gradient : of a measure that needs the likelihood's gradient, tried before those in `known`, which then
        carry one
    of_models : ``of_models(specs)`` gives the families made from a user's own models; None where that cannot be
    featurewise : whether it is about I_i(x)
    unit : of a violation
    screened : whether a quick value that breaks the axiom by a few tolerances only may wait until the worst cases are
        confirmed; False for a statement about a limit, whose violation is no multiple of its tolerance
    """

    id: str
    title: str
    statement: str
    why: str
    source: str
    check: Callable[[Evaluator, Any], Finding]
    cases: tuple[type[Case], ...]
    known: tuple[Case, ...]
    families: Callable[[bool], tuple[Family, ...]]
    known_with_gradient: tuple[Case, ...] = ()
    of_models: Callable[[SearchStrategy[FiniteSpec]], tuple[Family, ...]] | None = None
    featurewise: bool = False
    unit: str = "nats"
    screened: bool = True
    smallest: Callable[[bool], tuple[Case, ...]] = lambda gradient: ()
    silence: str = "I was 0"

    def known_cases(self, gradient: bool) -> tuple[Case, ...]:
        """The known hard cases for a measure that needs the likelihood's gradient, or for one that does not."""
        if not gradient:
            return self.known
        return tuple(dict.fromkeys((*self.known_with_gradient, *map(with_slopes, self.known))))
