"""The eight published measures, with what each claims and how each estimates its own numerical error.

Claims follow theory and independent numerical checks; where the paper of Laquitaine, Azeglio, Paris, Ferrari and
Chalk (arXiv:2505.11309) claims otherwise, `stiminfo.reports.paper.claimed` says so and the audit's table shows both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..errors import MissingExtra
from ..models import EncodingModel, ResponsePair
from ..models.arrays import Array
from . import finite as finite_sums
from . import kong, local
from .measure import Measure, canonical_conditional
from .precise import precisely
from .resolution import CHECK, FINE, QUICK, STANDARD, Resolution, resolution_for

if TYPE_CHECKING:
    from ..diffusion.denoiser import Denoiser
    from .estimate import Estimate

Form = Literal["pointwise", "conditional", "featurewise"]
Effort = Literal["quick", "standard", "fine"]
Evaluation = tuple[Array, Array]

_LEVELS = {"quick": QUICK, "check": CHECK, "standard": STANDARD, "fine": FINE}
#: The resolution whose distance to a finer one is that one's error bound.
_COARSER = {"standard": "check", "fine": "standard"}
#: Rounding of a float64 finite sum, relative to the largest term in its logs.
_ROUNDING = 1e-14
#: What two resolutions may have in common: both cut the noise's tails and the lowest levels.
_SHARED = 1e-8


class PublishedMeasure(Measure):
    """A measure that can say how far its values may be off.

    `evaluate` serves the audit (a quick value to search with, a fine one to confirm with); `with_error` serves users.
    """

    def __init__(self, key: str, title: str, forms: Mapping[Form, _Sum | _Integral], **options: Any) -> None:
        self.title = title
        self._forms = dict(forms)
        given = {name: (lambda target, form=form: form.value(target, "standard")) for name, form in self._forms.items()}
        super().__init__(
            key,
            given["pointwise"],
            conditional=given.get("conditional"),
            featurewise=given.get("featurewise"),
            **options,
        )

    def with_error(self, target: EncodingModel | ResponsePair, form: Form = "pointwise") -> Evaluation:
        """Values and bounds on their numerical error (nats), both (J,) or, feature-wise, (J, d).

        Finite sums: a bound on rounding. Integrals: the distance between two resolutions, which is that of the
        coarser and so generous for the finer, whose value is returned.
        """
        return self.evaluate(target, form, "standard")

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
        """
        try:
            from .denoising import estimate
        except ImportError as error:
            raise MissingExtra("estimates from denoisers need torch: pip install 'stiminfo[diffusion]'") from error
        return estimate(self.name, denoiser, x, **options)

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


class _Sum:
    """A finite sum: float64 at once, 50 digits where a verdict hangs on it."""

    def __init__(self, formula: Callable[[Any], Any]) -> None:
        self.formula = formula

    def value(self, model: Any, effort: str) -> Array:
        return np.asarray(self.formula(finite_sums.joint_of(model)))

    def with_error(self, model: Any, effort: Effort) -> Evaluation:
        if effort == "fine" and model.likelihood.size <= 4096:
            value = precisely(self.formula, model)
            return value, 1e-15 * (1 + np.abs(value))
        value = self.value(model, effort)
        if effort == "quick":
            return value, np.zeros_like(value)
        scale = 1 + np.abs(np.log(model.prior.min())) + np.abs(value)
        return value, _ROUNDING * np.sqrt(model.likelihood.size) * scale


class _PairSum(_Sum):
    """A finite sum on a pair."""

    def value(self, pair: Any, effort: str) -> Array:
        return np.asarray(self.formula(pair))

    def with_error(self, pair: Any, effort: Effort) -> Evaluation:
        value = self.value(pair, effort)
        return value, _ROUNDING * np.sqrt(pair.likelihood.size) * (30 + np.abs(value))


class _Integral:
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


_PAPER = "Laquitaine, Azeglio, Paris, Ferrari, Chalk (arXiv:2505.11309)"
_AXIOMS = (
    "completeness",
    "locality",
    "locality_any_prior",
    "positivity",
    "additivity",
    "data_processing",
    "response_invariance",
    "feature_insensitivity",
    "feature_insensitivity_marginal",
    "stimulus_invariance",
)


def _claims(row: str) -> dict[str, bool]:
    """One character an axiom, in the order above: + holds, - does not, . no feature-wise form, so no claim."""
    return {axiom: mark == "+" for axiom, mark in zip(_AXIOMS, row, strict=True) if mark != "."}


fisher = PublishedMeasure(
    "fisher",
    "Fisher information",
    {
        "pointwise": _Sum(lambda joint: finite_sums.fisher(joint).sum(axis=1)),
        "featurewise": _Sum(finite_sums.fisher),
        "conditional": _PairSum(finite_sums.fisher_conditional),
    },
    claims=_claims("-++++++" + "+--"),
    units="nats per squared unit of the stimulus",
    source="Fisher (1925)",
)
i_sp = PublishedMeasure(
    "i_sp",
    "specific information",
    {"pointwise": _Sum(finite_sums.i_sp), "conditional": _PairSum(finite_sums.i_sp_conditional)},
    claims=_claims("+---+--" + "..+"),
    source="DeWeese & Meister (1999); Eq. 1 of " + _PAPER,
)
i_ssi = PublishedMeasure(
    "i_ssi",
    "stimulus-specific information",
    {"pointwise": _Sum(finite_sums.i_ssi)},
    claims=_claims("+---+-+" + "..-"),
    source="Butts (2003); Eq. 2 of " + _PAPER,
)
i_surp = PublishedMeasure(
    "i_surp",
    "specific surprise",
    {"pointwise": _Sum(finite_sums.i_surp)},
    claims=_claims("+--++++" + "..+"),
    source="DeWeese & Meister (1999); Eq. 3 of " + _PAPER,
)
i_cissi = PublishedMeasure(
    "i_cissi",
    "coordinate-invariant stimulus-specific information",
    {"pointwise": _Sum(finite_sums.i_cissi)},
    claims=_claims("+--+--+" + "..+"),
    source="Kostal & D'Onofrio (2018); Eq. 4 of " + _PAPER,
)
i_local = PublishedMeasure(
    "i_local",
    "local information",
    {
        "pointwise": _Integral(local.pointwise),
        "featurewise": _Integral(local.featurewise),
        "conditional": _Integral(local.conditional),
    },
    claims=_claims("++-++++" + "+--"),
    source="Eqs. 8, 9 of " + _PAPER,
)
i_kong1 = PublishedMeasure(
    "i_kong1",
    "Kong's first decomposition",
    # Its sum over features is I_surp exactly (the pointwise I-MMSE identity), so the sum is computed as such.
    {"pointwise": _Sum(finite_sums.i_surp), "featurewise": _Integral(kong.kong1_featurewise)},
    claims=_claims("+--++++" + "+-+"),
    source="Kong, Brekelmans, Ver Steeg (2023); Eq. 18 of " + _PAPER,
)
i_kong2 = PublishedMeasure(
    "i_kong2",
    "Kong's second decomposition",
    {"pointwise": _Integral(kong.kong2_pointwise), "featurewise": _Integral(kong.kong2_featurewise)},
    claims=_claims("++-+--+" + "+--"),
    source="Kong et al. (2024); Eqs. 19, 20 of " + _PAPER,
)

#: The eight, by the names used in JSON and on the command line.
PUBLISHED: dict[str, PublishedMeasure] = {
    measure.name: measure for measure in (fisher, i_sp, i_ssi, i_surp, i_cissi, i_local, i_kong1, i_kong2)
}
