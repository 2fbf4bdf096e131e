"""`Axiom`: what an axiom states, how a case is judged, and where cases come from.

Each axiom has a file that defines ``AXIOM``, and a line in `registry`. Nothing else knows it by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hypothesis.strategies import SearchStrategy

from ..models.data import FiniteSpec
from .cases import Case
from .evaluator import Evaluator
from .finding import Finding
from .known import with_slopes

#: The paper that states most of the axioms.
PAPER = "Laquitaine et al., arXiv:2505.11309"
#: The share of the examples for families that are slow: continuous and 2-d ones; those beyond the plane; pairs there,
#: and locality along one of two features.
FIFTH, TENTH, FORTIETH = 0.2, 0.1, 0.025


@dataclass(frozen=True)
class Family:
    """A kind of generated case, and the share of the examples that it gets.

    Attributes
    ----------
    name : what is generated; the name, the seed and the axiom's id fix the random numbers
    cases : Hypothesis strategy for a `Case`
    share : of the examples; 1 for a full family
    """

    name: str
    cases: SearchStrategy[Any]
    share: float = 1.0


@dataclass(frozen=True)
class Axiom:
    """An axiom as the audit knows it.

    Attributes
    ----------
    id, title, statement, why, source : for the reader
    check : judges one case with an `Evaluator` of the measure
    cases : the kinds of case that `check` judges, and so the kinds that a witness may hold
    known : known hard cases, tried first on every measure, so that a verdict does not depend on luck
    families : ``families(gradient)`` gives the families of generated cases, with likelihood gradients if `gradient`
    known_with_gradient : more of them for a measure that needs the likelihood's gradient, tried first; those in `known`
        then carry one as well
    smallest : ``smallest(gradient)`` gives all of the smallest cases, simplest first; each is asked, none is drawn
    sizes : ``sizes(gradient)`` gives a case of every size, and of every step of other quantities; each is asked
    crossed : ``crossed(gradient)`` gives sizes crossed with places and with ordinary probabilities; each is asked, of a
        measure that says it is slow one in `attack.SLOW_STEP`
    silence : what a measure did that no case could have refuted, as its verdict says
    settles : what would settle a case that is undecided for another reason than numerical error; "" if there is none
    of_models : ``of_models(specs)`` gives the families made from a user's own models; None if there are none
    featurewise : whether the axiom is about I_i(x)
    unit : of a violation; "nats" stands for the units of the measure
    screened : whether a violation of a few tolerances, seen at the quick effort, is confirmed only at the end, if it is
        among the worst; False for a statement about a limit, whose violation is not in units of its tolerance
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
    sizes: Callable[[bool], tuple[Case, ...]] = lambda gradient: ()
    crossed: Callable[[bool], tuple[Case, ...]] = lambda gradient: ()
    silence: str = "I was 0, or too small to tell from rounding,"
    settles: str = ""

    @property
    def of_shares(self) -> bool:
        """Whether a violation is a share of a size, and not in the measure's units."""
        return self.unit != "nats"

    def unit_for(self, units: str) -> str:
        """The unit of a violation by a measure with these units."""
        return self.unit if self.of_shares else units

    @cached_property
    def _kept(self) -> dict[tuple[bool, int], tuple[tuple[Case, ...], tuple[Case, ...]]]:
        return {}

    def fixed_cases(self, gradient: bool, step: int, keep: bool) -> tuple[tuple[Case, ...], tuple[Case, ...]]:
        """The known cases, and all other fixed ones: of `smallest` and `crossed` one in `step`.

        Parameters
        ----------
        keep : whether they are kept with the models that they build, for other measures in this process; a measure that
            is not ours may write to them
        """
        if not keep:
            return self._fixed(gradient, step)
        if (gradient, step) not in self._kept:
            self._kept[gradient, step] = self._fixed(gradient, step)
        return self._kept[gradient, step]

    def _fixed(self, gradient: bool, step: int) -> tuple[tuple[Case, ...], tuple[Case, ...]]:
        smallest, crossed = self.smallest(gradient)[::step], self.crossed(gradient)[::step]
        return self.known_cases(gradient), smallest + self.sizes(gradient) + crossed

    def known_cases(self, gradient: bool) -> tuple[Case, ...]:
        """The known hard cases for a measure that needs the likelihood's gradient, or for one that does not."""
        if not gradient:
            return self.known
        return tuple(dict.fromkeys((*self.known_with_gradient, *map(with_slopes, self.known))))
