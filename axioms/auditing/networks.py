"""The audit of trained networks, by the axioms that make sense for one prior and one population of neurons.

Each violation is one expectation over shared noise; it refutes if it exceeds `SIGMAS` of its standard errors and the
networks' systematic error (`stiminfo.diffusion.bias`). Networks are never exactly right: without that, enough passes
would refute any equality. What matters is the size of the violation, in nats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from msgspec import Struct
from msgspec.structs import asdict, replace
from torch import Tensor

from ...diffusion.response_views import coarser, views_of
from ...diffusion.samplers import PosteriorSampler, reverse_diffusion
from ...diffusion.sources import Source
from ...diffusion.unet import UNetDenoiser
from ...errors import OptionError
from ...estimators import i_local
from ...estimators.estimate import Estimate
from ...estimators.levels import LevelPlan
from ...estimators.monte_carlo import Budget, Task, integrate
from ...estimators.sight import Sight
from .. import additivity, completeness, data_processing, feature_insensitivity, positivity
from ..answers import SIGMAS
from .verdict import Audit, Verdict, Word

#: Images over which E_X[I(x)] is averaged, images for the other axioms, and passes per image.
IMAGES, FEW, PASSES = 256, 16, 64
#: Steps of the reverse diffusion that draws r ~ p(R|xg).
STEPS = 15

#: Passes in which the networks' systematic error is measured where that was not done after training.
_MEASURED = 1 << 14

#: From best to worst.
_ORDER = ("holds", "inconclusive", "refuted")


class Question(Struct, frozen=True):
    """What an axiom is checked on: the denoiser, the source that it was trained on, and the passes per image."""

    denoiser: UNetDenoiser
    source: Source
    passes: int
    seed: int

    def images(self, count: int) -> Tensor:
        """Images of the source, (count, d), drawn by the seed."""
        x = self.denoiser.tensor(self.source.shown().pixels.reshape(-1, self.denoiser.dimensions))
        return x[self._order(len(x))[:count]]

    def named(self, at: int) -> str:
        """One of `images` by its index in the data set: image 7."""
        members = self.source.whole().members
        return f"{self.source.words.one} {members[int(self._order(len(members))[at])]}"

    def _order(self, count: int) -> Tensor:
        return torch.randperm(count, generator=torch.Generator().manual_seed(self.seed))


class Answer(Struct, frozen=True):
    """The fields of a verdict that come from the networks: `cases` are images, `error` a standard error (nats)."""

    verdict: Word
    says: str
    cases: int = 0
    violation: float = 0.0
    error: float = 0.0


def _completeness(q: Question) -> Answer:
    """E_X[I(x)] against nested Monte Carlo or the closed form."""
    x = q.images(IMAGES)
    estimate = _estimate(q, x)
    truth, doubt = q.source.exact(q.denoiser.learned.encoder).mutual_information(samples=8000, seed=q.seed)
    mean = float(estimate.value.mean())
    error = float(np.hypot(estimate.value.std() / len(x) ** 0.5, doubt))
    message = f"E_X[I(x)] = {mean:.3f}, I(R;X) = {truth:.3f}: {mean / truth - 1:+.1%}, known to {error / truth:.1%}"
    return _judged(abs(mean - truth), error, float(estimate.systematic.mean()), len(x), message, equality=True)


def _positivity(q: Question) -> Answer:
    """The least informative pixel."""
    x = q.images(FEW)
    estimate = _estimate(q, x)
    assert estimate.featurewise is not None
    lowest = float(estimate.featurewise.min())
    least = f"the least informative {q.source.words.feature} has {lowest:.2g} nats"
    message = f"{least}: the gain network cannot answer less than 0"
    return Answer("holds" if lowest >= 0 else "refuted", message, len(x), -lowest)


def additivity_residual(at: Sight) -> Tensor:
    """``D_12^2 - D_1^2 - D_2|1^2`` summed over pixels, (n,); its mean over r ~ p(R|xg) is 0 for posterior means."""
    none, one, both = _denoised(at, "first half")
    return ((both - none) ** 2 - (one - none) ** 2 - (both - one) ** 2).sum(1)


def excess_of_view(at: Sight, view: str) -> Tensor:
    """``D'^2 - D^2`` summed over pixels, (n,): the excess of a coarser view of the response over the whole response."""
    none, coarse, whole = _denoised(at, view)
    return ((coarse - none) ** 2 - (whole - none) ** 2).sum(1)


def _denoised(at: Sight, view: str) -> tuple[Tensor, Tensor, Tensor]:
    """Xhat without the response, with a coarser view of it, and with the whole response, for one r ~ p(R|xg)."""
    denoiser = at.denoiser
    assert isinstance(denoiser, UNetDenoiser)
    x0 = reverse_diffusion(denoiser, at.xg, at.gamma, STEPS, at.generator)
    r = denoiser.encoder.sample(x0, at.generator)
    seen = coarser(denoiser.encoder, r, view, at.generator)
    return at.xhat(at.xg), denoiser.xhat_of_view(at.xg, at.gamma, seen, view), at.xhat(at.xg, r)


def _additivity(q: Question) -> Answer:
    """What the second half of the neurons adds to the first."""
    if "first half" not in _views(q):
        return Answer("not_applicable", "the networks were not trained on halves of the population (--halves)")
    x = q.images(FEW)
    return _worst(q, _integrated(q, x, additivity_residual), *_whole(q, x), equality=True)


def _data_processing(q: Question) -> Answer:
    """No coarser view of the response tells more than all of it."""
    views = _views(q)[1:]
    if not views:
        return Answer(
            "not_applicable", "the networks were not trained on coarser views of the response (--halves, --coarse)"
        )
    x = q.images(FEW)
    whole = _whole(q, x)
    found = {}
    for view in views:
        found[view] = _worst(q, _integrated(q, x, partial(excess_of_view, view=view)), *whole, equality=False)
    # Report the view with the worst verdict, and of these the one whose violation is largest in standard errors.
    view = max(found, key=lambda one: (_ORDER.index(found[one].verdict), found[one].violation / found[one].error))
    worst = found[view]
    return replace(worst, cases=len(views) * len(x), says=f"{view}, {worst.says}")


def _views(q: Question) -> tuple[str, ...]:
    return views_of(q.denoiser.network.architecture.views)


def _estimate(q: Question, x: Tensor) -> Estimate:
    return i_local.estimate(q.denoiser, x, passes=q.passes, sampler="amortised", seed=q.seed)


def _integrated(q: Question, x: Tensor, residual: Callable[[Sight], Tensor], cost: int = 2 * STEPS + 2) -> Estimate:
    budget = Budget(q.passes * cost, None)
    task = Task(i_local.name, residual, cost, False, q.denoiser, PosteriorSampler(STEPS), budget, q.seed)
    with torch.no_grad():
        return integrate(task, x, LevelPlan.between(q.denoiser.scales(x)))


def _whole(q: Question, x: Tensor) -> tuple[float, float]:
    """The information of the whole response and its systematic error, averaged over the images, in nats."""
    found = _integrated(q, x, lambda at: ((at.xhat(at.xg, at.response()) - at.xhat(at.xg)) ** 2).sum(1), 2)
    total, bias = max(float(found.value.mean()), 1e-12), q.denoiser.bias(None, _MEASURED)
    return total, 0.0 if bias is None else total * bias.common


def _worst(q: Question, found: Estimate, total: float, systematic: float, *, equality: bool) -> Answer:
    """Judge at the image where the violation is largest in standard errors."""
    size = np.abs(found.value) if equality else found.value
    at = int((size / found.stderr).argmax())
    value, stderr = float(size[at]), float(found.stderr[at])
    says = (
        f"at {q.named(at)}: {found.value[at]:+.3g} ± {stderr:.2g} nats, {value / total:+.1%} of what all neurons tell"
    )
    return _judged(value, stderr, systematic, len(size), says, equality=equality)


def _insensitivity(q: Question) -> Answer:
    """Pixels that never vary."""
    source, words, x = q.source, q.source.words, q.images(FEW)
    still = np.flatnonzero(source.covariance.diagonal() <= 1e-12 * source.covariance.trace())
    if not len(still):
        return Answer("not_applicable", f"every {words.feature} of these {words.many} varies")
    estimate = _estimate(q, x)
    assert estimate.featurewise is not None
    assert estimate.featurewise_stderr is not None
    values = estimate.featurewise[:, still].sum(axis=1)
    errors = estimate.featurewise_stderr[:, still].sum(axis=1)
    at = int(values.argmax())
    share = values[at] / estimate.value[at]
    get = f"{len(still)} {words.features} that never vary get {values[at]:.2g} nats"
    message = f"{get} at {q.named(at)}, {share:.2%} of its total"
    systematic = float(estimate.systematic[at])
    return _judged(float(values[at]), float(errors[at]), systematic, len(x), message, equality=True)


def _judged(violation: float, error: float, systematic: float, cases: int, says: str, *, equality: bool) -> Answer:
    """Refute a violation beyond noise and bias. An inequality holds if met beyond both; an equality never does."""
    beyond = SIGMAS * error + systematic
    word: Word = "inconclusive"
    if violation > beyond:
        word = "refuted"
    elif not equality and violation + beyond <= 0:
        word = "holds"
    if word == "inconclusive" and violation > SIGMAS * error:
        says = f"{says}; no more than the networks' systematic error, {systematic:.2g} nats"
    return Answer(word, says, cases, violation, error)


#: The check of each axiom that can be asked of networks, by id.
QUESTIONS: dict[str, Callable[[Question], Answer]] = {
    completeness.AXIOM.id: _completeness,
    positivity.AXIOM.id: _positivity,
    additivity.AXIOM.id: _additivity,
    data_processing.AXIOM.id: _data_processing,
    feature_insensitivity.AXIOM.id: _insensitivity,
}


def audit_networks(
    denoiser: UNetDenoiser,
    source: Source,
    *,
    axioms: Sequence[str] | None = None,
    passes: int = PASSES,
    seed: int = 0,
    progress: Callable[[str, int], object] | None = None,
) -> Audit:
    """Audit I_local as networks estimate it.

    Parameters
    ----------
    denoiser : has a gain network; views of the response for additivity (halves) and data processing (any)
    source : what it was trained on
    axioms : ids of the axioms to check (default: all of `QUESTIONS`); those not in `QUESTIONS` are left out
    passes : per image; additivity and data processing take 2 `STEPS` + 2 times as many for their posterior draws
    progress : called with the axiom to be judged next, and with the number of those judged

    Returns
    -------
    Audit
        completeness (E_X[I(x)] against nested Monte Carlo or the closed form), positivity (of each pixel), additivity
        (of the second half of the neurons after the first), data_processing (the first half tells no more than all),
        feature_insensitivity (pixels that never vary); violations in nats.

    Raises
    ------
    OptionError
        Networks can be checked by none of the axioms.
    """
    asked = [axiom for axiom in QUESTIONS if axioms is None or axiom in axioms]
    if not asked:
        raise OptionError(
            f"trained networks can be checked by {', '.join(QUESTIONS)} only, not by {', '.join(axioms or ())}"
        )
    name = f"i_local by {denoiser!r}"
    question = Question(denoiser, source, passes, seed)
    verdicts = {}
    for done, axiom in enumerate(asked):
        if progress is not None:
            progress(axiom, done)
        answer = QUESTIONS[axiom](question)
        verdicts[axiom] = Verdict(
            measure=name,
            axiom=axiom,
            claimed=None if answer.verdict == "not_applicable" else i_local.claims.get(axiom),
            **asdict(answer),
        )
    return Audit(name, verdicts, seed, IMAGES, searched=False)
