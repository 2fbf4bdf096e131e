"""Measures that are computed exactly, and that know how far their numbers may be off.

A published measure is made of forms: finite sums (`Sum`, `PairSum`), which can be had in 50 digits, and integrals over
noise (`Integral`), whose error is the distance between two resolutions. One file per measure holds them, `registry`
lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from ..errors import MissingExtra, NotApplicable
from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array
from . import finite
from .integrand import Integrand
from .measure import Measure, canonical_conditional
from .precise import precisely
from .resolution import CHECK, FINE, QUICK, STANDARD, Resolution, resolution_for

if TYPE_CHECKING:
    from ..diffusion.denoiser import Denoiser
    from .estimate import Estimate

Form = Literal["pointwise", "conditional", "featurewise"]
Effort = Literal["quick", "standard", "fine"]
#: Values, and bounds on their numerical error.
Evaluation = tuple[Array, Array]

#: From which the measures and axioms are taken; the equations that sources name are its.
PAPER = "Laquitaine, Azeglio, Paris, Ferrari, Chalk (arXiv:2505.11309)"

_LEVELS = {"quick": QUICK, "check": CHECK, "standard": STANDARD, "fine": FINE}
#: The resolution whose distance to a finer one is that one's error bound.
_COARSER = {"standard": "check", "fine": "standard"}
#: Rounding of a float64 finite sum, relative to the largest term in its logs.
_ROUNDING = 1e-14
#: What two resolutions may have in common: both cut the noise's tails and the lowest levels.
_SHARED = 1e-8
#: Entries of a likelihood up to which a sum in 50 digits takes a second.
_MOST_PRECISE = 4096


class ExactForm(Protocol):
    """One form of a measure: its values on a model or a pair, and how far they may be off."""

    def value(self, target: Any, effort: str) -> Array:
        """Values at the stimuli, (J,) or (J, d)."""
        ...

    def with_error(self, target: Any, effort: Effort) -> Evaluation:
        """Values and error bounds; an effort of "quick" gives no bound (zeros)."""
        ...


class Sum:
    """A finite sum over a joint: float64 at once, 50 digits where a verdict hangs on it."""

    def __init__(self, formula: Callable[[finite.Joint], Any]) -> None:
        self.formula = formula

    def value(self, target: EncodingModel, effort: str) -> Array:
        return np.asarray(self.formula(finite.joint_of(target)))

    def with_error(self, target: EncodingModel, effort: Effort) -> Evaluation:
        if effort == "fine" and target.likelihood.size <= _MOST_PRECISE:
            value = precisely(self.formula, target)
            return value, 1e-15 * (1 + np.abs(value))
        value = self.value(target, effort)
        if effort == "quick":
            return value, np.zeros_like(value)
        scale = 1 + np.abs(np.log(target.prior.min())) + np.abs(value)
        return value, _ROUNDING * np.sqrt(target.likelihood.size) * scale


class PairSum:
    """A finite sum over a pair of responses, in float64."""

    def __init__(self, formula: Callable[[ResponsePair], Any]) -> None:
        self.formula = formula

    def value(self, target: ResponsePair, effort: str) -> Array:
        return np.asarray(self.formula(target))

    def with_error(self, target: ResponsePair, effort: Effort) -> Evaluation:
        value = self.value(target, effort)
        return value, _ROUNDING * np.sqrt(target.likelihood.size) * (30 + np.abs(value))


class Integral:
    """An integral over the Gaussian channel: its error is the distance to a coarser resolution."""

    def __init__(self, formula: Callable[[Any, Resolution], Array]) -> None:
        self.formula = formula

    def value(self, target: EncodingModel | ResponsePair, effort: str) -> Array:
        return self.formula(target, resolution_for(target.stimuli.shape[1], _LEVELS[effort]))

    def with_error(self, target: EncodingModel | ResponsePair, effort: Effort) -> Evaluation:
        value = self.value(target, effort)
        if effort == "quick":
            return value, np.zeros_like(value)
        apart = np.abs(value - self.value(target, _COARSER[effort]))
        # Where both happen to agree, the largest distance on this model still says how coarse they are.
        return value, 4 * apart + 0.05 * apart.max() + _SHARED * (1 + np.abs(value))


class PublishedMeasure(Measure):
    """A measure from the literature, exact, with an estimate from denoisers.

    Parameters
    ----------
    key : str
        Its name in JSON and on the command line.
    title : str
        Its name in words.
    pointwise, conditional, featurewise : ExactForm
        The conditional is the canonical one, and there is no feature-wise form, where they are left out.
    integrand : Integrand, optional
        Of its estimate from denoisers.
    formula, tells : str
        What it is, in the notation of the pages, and what it tells about a stimulus.
    symbol : tuple of str
        Its letter and its index, as figures and pages typeset it.
    notes : mapping of str to str, optional
        By axiom, what a verdict alone does not say.
    claims, units, source, needs, slow
        As for `Measure`.
    """

    def __init__(
        self,
        key: str,
        title: str,
        *,
        pointwise: ExactForm,
        conditional: ExactForm | None = None,
        featurewise: ExactForm | None = None,
        integrand: Integrand | None = None,
        formula: str = "",
        tells: str = "",
        symbol: tuple[str, str] = ("I", ""),
        notes: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        self.title, self.formula, self.tells, self.integrand = title, formula, tells, integrand
        self.symbol, self.notes = symbol, dict(notes or {})
        given = {"pointwise": pointwise, "conditional": conditional, "featurewise": featurewise}
        self._forms: Mapping[str, ExactForm] = {name: form for name, form in given.items() if form is not None}
        functions = {name: _at_standard(form) for name, form in self._forms.items()}
        super().__init__(
            key,
            functions["pointwise"],
            conditional=functions.get("conditional"),
            featurewise=functions.get("featurewise"),
            **options,
        )

    def with_error(self, target: EncodingModel | ResponsePair, form: Form = "pointwise") -> Evaluation:
        """Values and bounds on their numerical error (nats), both (J,) or, feature-wise, (J, d).

        Finite sums: a bound on rounding. Integrals: the distance between two resolutions, which is that of the
        coarser and so generous for the finer, whose value is returned.
        """
        return self.evaluate(target, form, "standard")

    def evaluate(self, target: EncodingModel | ResponsePair, form: Form, effort: Effort) -> Evaluation:
        """Values and error bounds at an effort; "quick" gives no bound (zeros)."""
        if form in self._forms:
            return self._forms[form].with_error(target, effort)
        if form == "conditional":
            assert isinstance(target, ResponsePair)
            inner = self._forms["pointwise"]
            value = canonical_conditional(lambda model: inner.with_error(model, effort)[0], target)
            return value, canonical_conditional(lambda model: inner.with_error(model, effort)[1], target)
        assert isinstance(target, EncodingModel)
        return np.asarray(self.featurewise(target)), np.zeros(1)  # raises NotApplicable

    def estimate(self, denoiser: Denoiser, x: Any, **options: Any) -> Estimate:
        """Estimate I(x) from a denoiser, for stimuli of any dimension (needs ``stiminfo[diffusion]``).

        Parameters
        ----------
        denoiser : Denoiser
            Of the stimuli and, through its encoder, of their responses.
        x : (n, d)
            Stimuli; for a `FiniteSetDenoiser`, members of its set.
        passes : int
            Denoiser passes to spend on each stimulus (256 if neither this nor `rtol` is given).
        rtol : float
            Stop when every total's relative standard error is at most this, or `passes` are spent.
        sampler : {"posterior", "tweedie", "plug_in", "amortised"} or a sampler
            Where r ~ p(R|xg) comes from (I_local only): see `stiminfo.diffusion.samplers`; amortised for networks that
            have learned E_r[D_i^2|xg].
        seed : int
            The same seed gives the same numbers on the same device.
        form : {"auto", "variance", "raw"}
            Whether E_r[D_i^2|xg] is taken as a difference of posterior variances, which the denoiser may know, or as
            the raw square; auto: the first where it can be.
        gamma_range : (low, high)
            Integrate between these levels only; what is cut off is estimated as `cutoff` and part of the error.
        progress : callable
            Called with the passes spent and the relative error reached.

        Returns
        -------
        Estimate
            value, stderr (n,) and, where the measure has features, featurewise, featurewise_stderr (n, d); nats.

        Raises
        ------
        NotApplicable
            The denoiser cannot give what this measure takes (Fisher of lone stimuli; responses without a denoiser).
        ModelError, ValueError
            Stimuli or options that do not fit.
        EstimateError
            NaN, infinity or a wrong shape from the denoiser, with the noise levels where it happened.

        Warns
        -----
        UserWarning
            The denoiser has a reason to be doubted (a network worse than the best linear denoiser).
        """
        if self.integrand is None:
            raise NotApplicable(f"{self.name} has no estimate from denoisers")
        try:
            from .denoising import estimate
        except ImportError as error:
            raise MissingExtra("estimates from denoisers need torch: pip install 'stiminfo[diffusion]'") from error
        return estimate(self.name, self.integrand, denoiser, x, **options)


def _at_standard(form: ExactForm) -> Callable[[Any], Array]:
    return lambda target: form.value(target, "standard")
