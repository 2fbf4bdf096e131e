"""`Measure`: a stimulus-specific information as the audit uses it, with its conditional and feature-wise forms."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from ..errors import MeasureError, NotApplicable
from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array

#: What a measure may need of a model beyond the joint distribution.
NEEDS = frozenset({"gradient", "distances", "vectors"})
Pointwise = Callable[[EncodingModel], Any]
Conditional = Callable[[ResponsePair], Any]


class Uncertain(NamedTuple):
    """Estimates with standard errors, both (J,) or (J, d), which a measure may return instead of numbers.

    The audit then refutes an axiom only if it is violated by more than noise. An `Estimate` may be returned as well.
    """

    value: Any
    stderr: Any


class Measure:
    """A decomposition of the mutual information over stimuli, I(R;X) = E_X[I(x)], or a function meant as one.

    Parameters
    ----------
    name : str
    pointwise : callable
        ``pointwise(model)`` returns I(x) at ``model.stimuli``, shape (J,).
    conditional : callable, optional
        ``conditional(pair)`` returns I_{R'|R}(x), the information of the second response given the first, shape (J,).
        By default the canonical one: for each r, `pointwise` of the model with prior p(x|r) and likelihood p(r'|r,x),
        averaged over p(r|x).
    featurewise : callable, optional
        ``featurewise(model)`` returns I_i(x), shape (J, d), whose sum over features is I(x): the feature axioms refute
        what does not add up. By default it raises `NotApplicable`.
    claims : mapping of axiom id to bool, optional
        Which axioms the measure is said to meet; the audit compares.
    units : str
        "nats", or the units of I(x) (Fisher: nats per squared stimulus unit).
    source : str
        Where the measure comes from.
    needs : collection of str
        What the measure needs of a model beyond the joint distribution: "gradient" for the likelihood's gradient. A
        measure that does not declare it may raise `stiminfo.errors.NeedsGradient` where a model has no gradient.
        "distances" between stimuli, which nominal stimuli lack; "vectors" for stimuli in R^d, which angles are not
        (see `stiminfo.models.geometry`). A measure that declares neither must not depend on where stimuli lie.
    slow : bool
        Whether it takes much longer than a finite sum: audits of several measures start with the slow ones, ask them
        fewer of the fixed cases, and confirm with fewer answers what seems sound.

    Raises
    ------
    TypeError
        The name is empty, a form is not callable, a claim is not a bool, or a need is unknown.

    Examples
    --------
    >>> import stiminfo as si
    >>> half = si.Measure("half surprise", lambda model: 0.5 * si.i_surp(model), claims={"completeness": False})
    >>> half(si.EncodingModel([0, 1], [0.5, 0.5], [[1, 0], [0, 1]])).round(4).tolist()
    [0.3466, 0.3466]
    """

    def __init__(
        self,
        name: str,
        pointwise: Pointwise,
        *,
        conditional: Conditional | None = None,
        featurewise: Pointwise | None = None,
        claims: Mapping[str, bool] | None = None,
        units: str = "nats",
        source: str = "",
        needs: Collection[str] = (),
        slow: bool = False,
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise TypeError(f"a measure's name must be a non-empty string, not {name!r}")
        forms = {"pointwise": pointwise, "conditional": conditional, "featurewise": featurewise}
        for form, function in forms.items():
            if not callable(function) and (form == "pointwise" or function is not None):
                raise TypeError(f"{form} of measure {name!r} must be a function, not {type(function).__name__}")
        for axiom, claim in dict(claims or {}).items():
            if not isinstance(claim, bool | np.bool_):
                raise TypeError(f"the claim of measure {name!r} about {axiom!r} must be True or False, not {claim!r}")
        if unknown := set(needs) - NEEDS:
            raise TypeError(f"measure {name!r} needs {', '.join(sorted(unknown))}; expected some of {', '.join(NEEDS)}")
        self.name = name
        self.needs, self.slow = frozenset(needs), slow
        self.pointwise = self._where_defined(pointwise)
        self.conditional = self._where_defined(conditional) if conditional else self._canonical_conditional
        self.featurewise = self._where_defined(featurewise) if featurewise else self._no_featurewise
        self.claims = MappingProxyType({axiom: bool(claim) for axiom, claim in dict(claims or {}).items()})
        self.units = units
        self.source = source
        self.has_featurewise = featurewise is not None

    def __call__(self, model: EncodingModel) -> Array:
        """I(x) at ``model.stimuli``, shape (J,); for an `Uncertain` answer, its value."""
        return value_and_error(self.pointwise(model))[0]

    def check_geometry(self, target: Any) -> None:
        """Raise `NotApplicable` where the measure needs distances or vectors and the stimuli of `target` are none."""
        geometry = target.geometry
        if "distances" in self.needs and not geometry.distances:
            raise NotApplicable(f"{self.name} needs distances between stimuli, and {geometry} stimuli have none")
        if "vectors" in self.needs and not geometry.vectors:
            raise NotApplicable(f"{self.name} needs stimuli that are points of R^d; these are {geometry}")

    def _where_defined(self, form: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The form, after a check of the geometry if the measure needs one."""
        if not self.needs & {"distances", "vectors"}:
            return form

        @functools.wraps(form)
        def checked(target: Any) -> Any:
            self.check_geometry(target)
            return form(target)

        return checked

    def each(self, model: EncodingModel, tables: Array) -> Array:
        """I(x) for each of several likelihoods in place of the model's own, (B, J).

        Parameters
        ----------
        tables : (B, K, J) likelihoods p(r|x); a response that never occurs is a row of zeros
        """
        return np.array([self(with_likelihood(model, table)) for table in tables])

    def _canonical_conditional(self, pair: ResponsePair) -> Array | Uncertain:
        noisy = False

        def part(model: EncodingModel) -> Array:
            nonlocal noisy
            value, stderr = value_and_error(self.pointwise(model))
            if value.shape != (len(model.stimuli),):
                raise MeasureError(
                    f"{self.name}(model) returned shape {value.shape}; expected ({len(model.stimuli)},), one value per "
                    "stimulus"
                )
            noisy = noisy or stderr is not None
            return np.stack([value, np.zeros_like(value) if stderr is None else stderr], axis=1)

        # Errors of the parts may be correlated, so the errors are added and not their squares.
        value, stderr = canonical_conditional(part, pair).T
        return Uncertain(value, stderr) if noisy else value

    def _no_featurewise(self, model: EncodingModel) -> Array:
        raise NotApplicable(f"{self.name} has no feature-wise form")

    def __repr__(self) -> str:
        return f"Measure({self.name!r})"


def value_and_error(answer: Any) -> tuple[Array, Array | None]:
    """The values of an answer, and its standard errors or None."""
    if hasattr(answer, "value") and hasattr(answer, "stderr"):
        return np.asarray(answer.value), np.asarray(answer.stderr)
    return np.asarray(answer), None


def with_likelihood(model: EncodingModel, likelihood: Array) -> EncodingModel:
    """The model of other responses to the same stimuli."""
    return EncodingModel(model.stimuli, model.prior, likelihood, geometry=model.geometry)


def canonical_conditional(pointwise: Pointwise, pair: ResponsePair) -> Array:
    """The average over p(r|x) of `pointwise` for the model of R' given r, (J,) or (J, ...).

    That model has the prior p(x|r) and the likelihood p(r'|r,x).
    """
    total: Array | None = None
    for k, given in enumerate(pair.first_given_stimulus):
        support = pair.support_given_first(k)
        if support.any():
            found = np.asarray(pointwise(pair.given_first(k)))
            if total is None:
                total = np.zeros((len(pair.stimuli), *found.shape[1:]))
            total[support] += given[support].reshape(-1, *(1,) * (found.ndim - 1)) * found
    assert total is not None
    return total
