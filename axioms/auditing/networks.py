"""The audit of trained networks: the axioms that can be asked of an estimator that serves one prior and one population.

Each residual is one expectation over shared noise, with a standard error; it refutes where it exceeds `SIGMAS` of them.
Networks are never exactly right, so that enough passes refute any equality: what matters is the margin, in nats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ...diffusion.response_views import coarser, views_of
from ...diffusion.samplers import PosteriorSampler, reverse_diffusion
from ...diffusion.sources import Source
from ...diffusion.unet import UNetDenoiser
from ...estimators import i_local
from ...estimators.estimate import Estimate
from ...estimators.levels import LevelPlan
from ...estimators.monte_carlo import Budget, Sight, Task, integrate
from ...models.arrays import Array
from ..answers import SIGMAS
from .verdict import Audit, Verdict

#: Images of which E_X[I(x)] is made, of which residuals are, and passes for each (times the steps of a posterior draw).
IMAGES, FEW, PASSES = 256, 16, 64
#: Steps of the reverse diffusion that draws r ~ p(R|xg).
STEPS = 30

#: From best to worst.
_ORDER = ("holds", "inconclusive", "refuted")
#: Verdict, images, margin, its standard error, a line.
_Found = tuple[str, int, float, float, str]

AXIOMS = ("completeness", "positivity", "additivity", "data_processing", "feature_insensitivity")


def audit_learned(
    denoiser: UNetDenoiser,
    source: Source,
    *,
    axioms: Sequence[str] | None = None,
    passes: int = PASSES,
    seed: int = 0,
) -> Audit:
    """Audit I_local as networks estimate it.

    Parameters
    ----------
    denoiser : with a gain network; with views of the response for additivity (halves) and data processing (any)
    source : what it was trained on
    axioms : ids of `AXIOMS` to ask (all, if left out); others are passed over
    passes : for each image

    Returns
    -------
    Audit
        completeness (E_X[I(x)] against nested Monte Carlo or the closed form), positivity (of each pixel), additivity
        (of the second half of the neurons after the first), data_processing (the first half tells no more than all),
        feature_insensitivity (pixels that never vary); margins in nats.
    """
    x = denoiser.tensor(source.shown().pixels.reshape(-1, denoiser.dimensions))
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    many, few = x[order[:IMAGES]], x[order[:FEW]]
    ask: dict[str, Callable[[], _Found]] = {
        "completeness": lambda: _completeness(denoiser, source, many, passes, seed),
        "positivity": lambda: _positivity(denoiser, few, passes, seed),
        "additivity": lambda: _additivity(denoiser, few, passes, seed),
        "data_processing": lambda: _data_processing(denoiser, few, passes, seed),
        "feature_insensitivity": lambda: _insensitivity(denoiser, source, few, passes, seed),
    }
    found = {axiom: answer() for axiom, answer in ask.items() if axioms is None or axiom in axioms}
    name = f"i_local by {denoiser!r}"
    verdicts = {}
    for axiom, (verdict, examples, margin, error, message) in found.items():
        claimed = None if verdict == "not_applicable" else i_local.claims.get(axiom)
        verdicts[axiom] = Verdict(axiom, verdict, claimed, examples, margin, error, None, message)
    return Audit(name, verdicts, seed, IMAGES)


def _completeness(denoiser: UNetDenoiser, source: Source, x: Tensor, passes: int, seed: int) -> _Found:
    estimate = i_local.estimate(denoiser, x, passes=passes, sampler="amortised", seed=seed)
    truth, doubt = source.exact(denoiser.learned.encoder).mutual_information(samples=8000, seed=seed)
    mean = float(estimate.value.mean())
    error = float(np.hypot(estimate.value.std() / len(x) ** 0.5, doubt))
    message = f"E_X[I(x)] = {mean:.3f}, I(R;X) = {truth:.3f}: {mean / truth - 1:+.1%}, known to {error / truth:.1%}"
    return _judged(abs(mean - truth), error, len(x), message, equality=True)


def _positivity(denoiser: UNetDenoiser, x: Tensor, passes: int, seed: int) -> _Found:
    estimate = i_local.estimate(denoiser, x, passes=passes, sampler="amortised", seed=seed)
    assert estimate.featurewise is not None
    lowest = float(estimate.featurewise.min())
    message = f"the least informative pixel has {lowest:.2g} nats: the gain network cannot answer less than 0"
    return "holds" if lowest >= 0 else "refuted", len(x), -lowest, 0.0, message


def additivity(at: Sight) -> Tensor:
    """``D_12^2 - D_1^2 - D_2|1^2`` summed over pixels; its mean over r ~ p(R|xg) is 0 for posterior means."""
    none, one, both = _told(at, "first half")
    return ((both - none) ** 2 - (one - none) ** 2 - (both - one) ** 2).sum(1)


def data_processing(at: Sight, view: str) -> Tensor:
    """``D'^2 - D^2`` summed over pixels: what a coarser view of the response tells beyond the response."""
    none, coarse, whole = _told(at, view)
    return ((coarse - none) ** 2 - (whole - none) ** 2).sum(1)


def _told(at: Sight, view: str) -> tuple[Tensor, Tensor, Tensor]:
    """Xhat without the response, with a coarser view of it, and with all of it, for one r ~ p(R|xg)."""
    denoiser = at.denoiser
    assert isinstance(denoiser, UNetDenoiser)
    x0 = reverse_diffusion(denoiser, at.xg, at.gamma, STEPS, at.generator)
    r = denoiser.encoder.sample(x0, at.generator)
    seen = coarser(denoiser.encoder, r, view, at.generator)
    return at.xhat(at.xg), denoiser.xhat_of_view(at.xg, at.gamma, seen, view), at.xhat(at.xg, r)


def _additivity(denoiser: UNetDenoiser, x: Tensor, passes: int, seed: int) -> _Found:
    if "first half" not in views_of(denoiser.network.architecture.views):
        return "not_applicable", 0, 0.0, 0.0, "the networks were not trained on halves of the population (--halves)"
    found = _integrated(denoiser, x, passes, seed, additivity)
    return _worst(found.value, np.abs(found.value), found.stderr, _whole(denoiser, x, passes, seed), equality=True)


def _data_processing(denoiser: UNetDenoiser, x: Tensor, passes: int, seed: int) -> _Found:
    views = views_of(denoiser.network.architecture.views)[1:]
    if not views:
        said = "the networks were not trained on coarser views of the response (--halves, --coarse)"
        return "not_applicable", 0, 0.0, 0.0, said
    total = _whole(denoiser, x, passes, seed)
    found = {}
    for view in views:
        beyond = _integrated(denoiser, x, passes, seed, partial(data_processing, view=view))
        found[view] = _worst(beyond.value, beyond.value, beyond.stderr, total, equality=False)
    # The view that is least sure to tell less.
    view = max(found, key=lambda one: (_ORDER.index(found[one][0]), found[one][2] / found[one][3]))
    verdict, _, margin, error, message = found[view]
    return verdict, len(views) * len(x), margin, error, f"{view}, {message}"


def _integrated(
    denoiser: UNetDenoiser,
    x: Tensor,
    passes: int,
    seed: int,
    residual: Callable[[Sight], Tensor],
    cost: int = STEPS + 3,
) -> Estimate:
    task = Task("i_local", residual, cost, False)
    with torch.no_grad():
        return integrate(
            task,
            denoiser,
            PosteriorSampler(STEPS),
            x,
            LevelPlan.between(denoiser.scales(x)),
            Budget(passes * cost, None),
            use_variance=False,
            seed=seed,
            progress=None,
        )


def _whole(denoiser: UNetDenoiser, x: Tensor, passes: int, seed: int) -> float:
    """What the whole response tells, the mean over images."""
    found = _integrated(
        denoiser, x, passes, seed, lambda at: ((at.xhat(at.xg, at.response()) - at.xhat(at.xg)) ** 2).sum(1), 2
    )
    return max(float(found.value.mean()), 1e-12)


def _worst(value: Array, size: Array, stderr: Array, total: float, *, equality: bool) -> _Found:
    """Judged at the image at which it is most surely broken."""
    at = int((size / stderr).argmax())
    share = size[at] / total
    message = f"at image {at}: {value[at]:+.3g} ± {stderr[at]:.2g} nats, {share:+.1%} of what all neurons tell"
    return _judged(float(size[at]), float(stderr[at]), len(value), message, equality=equality)


def _insensitivity(denoiser: UNetDenoiser, source: Source, x: Tensor, passes: int, seed: int) -> _Found:
    still = np.flatnonzero(source.covariance.diagonal() <= 1e-12 * source.covariance.trace())
    if not len(still):
        return "not_applicable", 0, 0.0, 0.0, "every pixel of these images varies"
    estimate = i_local.estimate(denoiser, x, passes=passes, sampler="amortised", seed=seed)
    assert estimate.featurewise is not None
    assert estimate.featurewise_stderr is not None
    values = estimate.featurewise[:, still].sum(axis=1)
    errors = estimate.featurewise_stderr[:, still].sum(axis=1)
    at = int(values.argmax())
    share = values[at] / estimate.value[at]
    message = f"{len(still)} pixels that never vary get {values[at]:.2g} nats at image {at}, {share:.2%} of its total"
    return _judged(float(values[at]), float(errors[at]), len(x), message, equality=True)


def _judged(margin: float, error: float, examples: int, message: str, *, equality: bool) -> _Found:
    """Refuted beyond the noise; an inequality holds where it is met beyond the noise; else nobody can tell."""
    if margin > SIGMAS * error:
        verdict = "refuted"
    elif not equality and margin + SIGMAS * error <= 0:
        verdict = "holds"
    else:
        verdict = "inconclusive"
    return verdict, examples, margin, error, message
