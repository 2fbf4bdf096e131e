"""Measures that are computed exactly, with bounds on their numerical error.

A published measure consists of forms: finite sums (`Sum`, `PairSum`), which can be computed in 50 digits, and integrals
over noise (`Integral`), whose error is the difference between two resolutions. Each measure has its own file;
`registry` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..errors import MissingExtra, ModelError, NotApplicable
from ..models import EncodingModel, Population, ResponsePair
from ..models.arrays import Array
from .forms import Effort, Evaluation, ExactForm, Integral, PairSum, PointwiseForm, Sum, called_effort
from .measure import Measure, canonical_conditional

if TYPE_CHECKING:
    from torch import Tensor

    from ..diffusion.denoiser import Denoiser
    from .drawn import Drawn
    from .estimate import Estimate
    from .sight import Sight

__all__ = [
    "PAPER",
    "Effort",
    "Evaluation",
    "ExactForm",
    "Form",
    "Integral",
    "Integrand",
    "PairSum",
    "PointwiseForm",
    "PublishedMeasure",
    "Sum",
]

Form = Literal["pointwise", "conditional", "featurewise"]

#: The paper that defines the measures and axioms; equation numbers in `source` are its own.
PAPER = "Laquitaine, Azeglio, Paris, Ferrari, Chalk (arXiv:2505.11309)"


@dataclass(frozen=True)
class Integrand:
    """An expectation whose integral with dg / (2 g^2) is the measure.

    Attributes
    ----------
    value : ``value(sight)``, one draw per noisy stimulus: (B,), or (B, d) if it is feature-wise
    passes : denoiser passes per draw; None for as many as the response sampler takes
    featurewise : whether it gives a number per feature
    variance : whether posterior variances may replace squares where the denoiser knows them (law of total variance);
        with a response sampler, only if that draws from the posterior
    looks_elsewhere : whether it also evaluates the denoiser at other stimuli than x, from which a response may have
        come
    of_responses : whether it uses the denoiser of the responses instead of that of the stimuli
    small_noise : whether the measure is not the integral, but the limit of the expectation over g^2 as g -> 0
    """

    value: Callable[[Sight], Tensor]
    passes: int | None = 2
    featurewise: bool = False
    variance: bool = False
    looks_elsewhere: bool = False
    of_responses: bool = False
    small_noise: bool = False

    @property
    def by_sampler(self) -> bool:
        """Whether r ~ p(R|xg) comes from a response sampler."""
        return self.passes is None


class PublishedMeasure(Measure):
    """A measure from the literature, computed exactly, and estimated from denoisers.

    Parameters
    ----------
    key : str
        Its name in JSON and on the command line.
    title : str
        Its name in words.
    pointwise, conditional, featurewise : ExactForm
        By default the conditional is the canonical one, and there is no feature-wise form.
    integrand : Integrand, optional
        For its estimate from denoisers.
    drawn : callable, optional
        For its estimate for a population: ``drawn(at)`` gives replicates of its values, (S, J) or (S, J, d), from a
        `Drawn`.
    passes : int, optional
        Draws per stimulus of that estimate by default; without it, those of all finite sums or of all integrals.
    most : callable, optional
        ``most(prior)`` is the largest value that it can have at each stimulus, (J,), if there is a bound.
    of_entropies : bool
        Whether it is H(R) - H(R|x), so that what few trials do to it is what they do to these entropies.
    formula, tells : str
        Its formula as plain text (``I_sp(x) = H(R) - H(R|x)``), and what its values mean, in words.
    symbol : tuple of str
        Its letter and its index, as figures and pages typeset it.
    notes : mapping of str to str, optional
        Remarks on its verdicts, by axiom.
    proofs : mapping of str to str, optional
        By axiom, why the measure meets it: a short proof. Where there is none, "holds" rests on cases alone.
    claims, units, source, needs, slow
        As for `Measure`.
    """

    def __init__(
        self,
        key: str,
        title: str,
        *,
        pointwise: PointwiseForm,
        conditional: ExactForm | None = None,
        featurewise: ExactForm | None = None,
        integrand: Integrand | None = None,
        drawn: Callable[[Drawn], Array] | None = None,
        passes: int | None = None,
        most: Callable[[Array], Array] | None = None,
        of_entropies: bool = False,
        formula: str = "",
        tells: str = "",
        symbol: tuple[str, str] = ("I", ""),
        notes: Mapping[str, str] | None = None,
        proofs: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        self.title, self.formula, self.tells = title, formula, tells
        self.integrand, self.drawn, self.passes, self.most = integrand, drawn, passes, most
        self.symbol, self.notes, self.proofs = symbol, dict(notes or {}), dict(proofs or {})
        self.of_entropies = of_entropies
        self._each = pointwise.each
        given = {"pointwise": pointwise, "conditional": conditional, "featurewise": featurewise}
        self._forms: Mapping[str, ExactForm] = {name: form for name, form in given.items() if form is not None}
        functions = {name: _as_called(form) for name, form in self._forms.items()}
        super().__init__(
            key,
            functions["pointwise"],
            conditional=functions.get("conditional"),
            featurewise=functions.get("featurewise"),
            **options,
        )

    def with_error(self, target: EncodingModel | ResponsePair, form: Form = "pointwise") -> Evaluation:
        """Values and bounds on their numerical error, in nats, both (J,) or, feature-wise, (J, d).

        For finite sums the bound is that on rounding. For integrals it is the difference between two resolutions, which
        is generous: it is the error of the coarser one, and the value is that of the finer one.
        """
        return self.evaluate(target, form, "standard")

    def evaluate(self, target: EncodingModel | ResponsePair, form: Form, effort: Effort) -> Evaluation:
        """Values and error bounds, which are 0 for "quick"; raises `NotApplicable` for a form that it lacks."""
        self.check_geometry(target)
        if form in self._forms:
            return self._forms[form].with_error(target, effort)
        if form == "conditional":
            assert isinstance(target, ResponsePair)
            inner = self._forms["pointwise"]
            both = canonical_conditional(lambda model: np.stack(inner.with_error(model, effort), axis=1), target)
            value, error = np.ascontiguousarray(both.T)
            return value, error
        assert isinstance(target, EncodingModel)
        return np.asarray(self.featurewise(target)), np.zeros(1)  # raises NotApplicable

    def each(self, model: EncodingModel, tables: Array) -> Array:
        """As for `Measure`, to about 1e-4 nats: as finely as resamples need."""
        self.check_geometry(model)
        return self._each(model, tables, "rough")

    def estimate(self, source: Denoiser | Population | EncodingModel, x: Any = None, **options: Any) -> Estimate:
        """Estimate I(x) from a denoiser, for stimuli of any dimension, or for a population of neurons.

        Parameters
        ----------
        source : Denoiser, Population or EncodingModel
            A denoiser of the stimuli and, through its encoder, of their responses (needs ``stiminfo[diffusion]``). A
            model is turned into the denoiser of its finite set of stimuli: for stimuli that span three dimensions or
            more, where quadrature is out of reach. A population takes the options `passes`, `rtol`, `seed` and `neuron`
            only, see `stiminfo.estimators.population.estimate`.
        x : (n, d)
            Stimuli; for a `FiniteSetDenoiser`, members of its set. Left out for a population or a model, which give
            values at all their stimuli.
        passes : int
            Denoiser passes to spend on each stimulus; by default 256 (2,048 for small sets whose
            responses cannot be listed), or at most 200,000 with `rtol`. Where all
            responses of a finite set can be listed (tables, few counts, Gaussian responses along a line or plane), one
            pass sums over all of them; finding first where noisy stimuli matter is not counted.
        rtol : float
            Stop when every total has at most this relative standard error, or `passes` are spent; `Estimate.reached`
            tells which.
        sampler : {"posterior", "tweedie", "plug_in", "amortised", "closure", "matched"} or a sampler
            How r ~ p(R|xg) is drawn, for I_local only: see `stiminfo.diffusion.samplers`; "amortised" is for networks
            that have learned E_r[D_i^2|xg]. By default "closure" for networks of the stimuli alone, else "posterior".
        seed : int
            The same seed gives the same numbers on the same device.
        form : {"auto", "variance", "raw"}
            Whether E_r[D_i^2|xg] is computed as a difference of posterior variances, which the denoiser has to know, or
            as the square itself; "auto" uses variances where it can.
        gamma_range : (low, high)
            Integrate between these levels only; the part that is cut off is estimated as `cutoff` and added to the
            error.
        progress : callable
            Called with the passes spent and the relative error reached.

        Returns
        -------
        Estimate
            value, stderr, systematic (n,) and, where the measure has features, featurewise, featurewise_stderr (n, d);
            nats. The systematic error is 0 for exact denoisers.

        Raises
        ------
        NotApplicable
            The denoiser lacks what this measure needs (Fisher information without a density; responses without a
            denoiser).
        ModelError, ValueError
            Stimuli or options do not fit.
        EstimateError
            The denoiser returned NaN, infinity or a wrong shape; the message gives the noise levels.

        Warns
        -----
        UserWarning
            There is reason to doubt the denoiser (a network worse than the best linear denoiser).
        """
        if isinstance(source, Population | EncodingModel) and x is not None:
            raise ModelError("a population and a model give values at all their stimuli; leave x out")
        if isinstance(source, Population):
            from .population import estimate as of_population

            return of_population(self, source, **options)
        if self.integrand is None:
            raise NotApplicable(f"{self.name} has no estimate from denoisers")
        try:
            from ..diffusion.finite_set import FiniteSetDenoiser
            from .denoising import estimate
        except ImportError as error:
            raise MissingExtra("estimates from denoisers need torch: pip install 'stiminfo[diffusion]'") from error
        if isinstance(source, EncodingModel):
            source, x = FiniteSetDenoiser.from_model(source), source.stimuli
        return estimate(self.name, self.integrand, source, x, **options)


def _as_called(form: ExactForm) -> Callable[[Any], Array]:
    return lambda target: form.value(target, called_effort())
