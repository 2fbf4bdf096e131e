"""How good a group VAE is, in numbers: reconstruction, what each group tells, gaps, partial correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...errors import NotApplicable
from ...models.arrays import Array
from .bounds import classifier_bounds
from .gap import binned_gap, information_gap
from .groups import FREE, Groups
from .shares import SAMPLES, FactorInformation, Progress, Shares, factor_information, group_shares, held_out_bounds
from .store import LearnedGroups

#: Responses from which the reconstruction and the gap by dimensions are measured.
RESPONSES = 4000
#: A group that tells less than this about the images, in nats, has collapsed: the decoder ignores it.
COLLAPSED = 0.05


@dataclass(frozen=True, eq=False)
class GroupScores:
    """The scores of a group VAE.

    Attributes
    ----------
    groups : Groups
    rows, factors : as in `Shares`
    information : (R, F) I(z_g; factor), nats; `law` and `bound` say how it is known
    stderr : (R, F) its standard error
    about_image, image_stderr : (R,) I(z_g; x), nats; NaN where it is not known
    entropies : (F,) H(factor), nats
    law : where the law of the responses is from: "known", or "fitted" to measured trials as Gaussian
    bound : whether `information` is what classifiers found; a lower bound if `held_out`
    least : (R, 1 + F) I(z_g; x) and I(z_g; factor) by a fitted law on trials that it was not fitted to, nats: lower
        bounds; None for a known law, and where no trials are held out
    r2, rmse : of the reconstruction, the mean over neurons; on responses that were not learned from, if `held_out`
    r2_of_means : R^2 of the true mean responses, where they are known; a line to compare with, no bound
    population : I(r; x) and I(r; factor), where the law of the responses is known
    partial_correlation, partial_stderr : nats, of the exact mixture over images; NaN where it is not known
    gap_dimensions : (F,) the published gap, by single latents, plug-in in 20 bins
    gap_groups : (F,) the gap by groups; all free groups count as one, because which of them holds what is arbitrary
    """

    groups: Groups
    rows: tuple[str, ...]
    factors: tuple[str, ...]
    information: Array
    stderr: Array
    about_image: Array
    image_stderr: Array
    entropies: Array
    law: str
    bound: bool
    least: Array | None
    r2: float
    rmse: float
    held_out: bool
    r2_of_means: float
    population: FactorInformation | None
    partial_correlation: float
    partial_stderr: float
    gap_dimensions: Array
    gap_groups: Array

    @property
    def shares(self) -> Array:
        """The share of each factor's entropy that each row tells, (R, F)."""
        return self._shares(self.information)

    @property
    def least_shares(self) -> Array | None:
        """Lower bounds of `shares`, where `least` is known."""
        return None if self.least is None else self._shares(self.least[:, 1:])

    def _shares(self, information: Array) -> Array:
        return np.asarray(information / np.where(self.entropies > 0, self.entropies, np.inf))

    @property
    def collapsed(self) -> tuple[str, ...]:
        """The groups that tell nothing, or nothing that trials show which the law was not fitted to."""
        told = self.about_image if not self.bound else self.information.max(axis=1)
        told = told if self.least is None else self.least.max(axis=1)
        return tuple(name for name, nats in zip(self.rows, told) if name in self.groups.names and nats < COLLAPSED)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; what is not known is null."""
        known, low = self.population, self.least_shares
        return {
            "groups": self.groups.to_json(),
            "r2": self.r2,
            "rmse": self.rmse,
            "r2_of_means": _or_none(self.r2_of_means),
            "held_out": self.held_out,
            "partial_correlation": _or_none(self.partial_correlation),
            "partial_correlation_stderr": _or_none(self.partial_stderr),
            "gap_dimensions": float(self.gap_dimensions.mean()),
            "gap_groups": float(self.gap_groups.mean()),
            "gap_dimensions_by_factor": dict(zip(self.factors, self.gap_dimensions.tolist())),
            "gap_groups_by_factor": dict(zip(self.factors, self.gap_groups.tolist())),
            "entropies": dict(zip(self.factors, self.entropies.tolist())),
            "law": self.law,
            "lower_bounds": self.bound and self.held_out,
            "information": {row: _or_none(float(nats)) for row, nats in zip(self.rows, self.about_image)},
            "information_stderr": {row: _or_none(float(nats)) for row, nats in zip(self.rows, self.image_stderr)},
            "shares": {row: dict(zip(self.factors, line)) for row, line in zip(self.rows, self.shares.tolist())},
            "at_least": None
            if self.least is None or low is None
            else {
                "information": dict(zip(self.rows, self.least[:, 0].tolist())),
                "shares": {row: dict(zip(self.factors, line)) for row, line in zip(self.rows, low.tolist())},
            },
            "collapsed": list(self.collapsed),
            "population": None
            if known is None
            else {
                "information": known.about_image,
                "information_stderr": known.stderr,
                "shares": dict(zip(known.names, known.shares.tolist())),
            },
        }


def score_groups(
    learned: LearnedGroups, samples: int = SAMPLES, seed: int = 0, progress: Progress | None = None
) -> GroupScores:
    """Every score of a group VAE.

    Parameters
    ----------
    learned : the VAE, its world and its responses
    samples : draws behind each information; the standard error falls with its square root
    seed : the same seed gives the same numbers
    progress : called with the draws done and their total
    """
    vae, world, responses = learned.vae, learned.world, learned.responses
    generator = torch.Generator().manual_seed(seed)
    index, r = responses.fresh(RESPONSES, generator)
    r = r.float()
    r2, rmse = _fit(r, vae.reconstruct(r))
    r2_of_means = _fit(r, responses.means[index].float())[0] if responses.table is not None else float("nan")
    z = vae.encode(r)[0].double().numpy()
    least = None
    try:
        exact = learned.exact()
        shares = group_shares(exact, samples, seed, progress)
        if responses.held_out is not None:
            least = held_out_bounds(exact, index, vae.sample(r, generator).double())
    except NotApplicable:
        shares = classifier_bounds(vae, world, responses, seed, progress)
    table = responses.table
    known = None if table is None else factor_information(table, world, samples, seed)
    return GroupScores(
        vae.groups,
        shares.rows,
        shares.factors,
        shares.about_factor,
        shares.factor_stderr,
        shares.about_image,
        shares.image_stderr,
        shares.entropies,
        responses.law,
        bool(np.isnan(shares.about_image).any()),
        least,
        r2,
        rmse,
        responses.table is not None or responses.held_out is not None,
        r2_of_means,
        known,
        shares.partial_correlation,
        shares.partial_stderr,
        binned_gap(z, world.factors[index.numpy()]),
        group_gap(shares, vae.groups),
    )


def told_by_trials(learned: LearnedGroups) -> tuple[Shares, Array] | None:
    """What each group tells by a fitted law, and at least by held-out trials, (R, F): numbers as in `score_groups`.

    None where the law is known, or no trials are held out. The samples and the seed are those of the learned groups.
    """
    seed, responses = int(learned.notes.get("seed", 0)), learned.responses
    if responses.held_out is None:
        return None
    generator, exact = torch.Generator().manual_seed(seed), learned.exact()
    index, r = responses.fresh(RESPONSES, generator)
    shares = group_shares(exact, int(learned.notes.get("samples", SAMPLES)), seed)
    least = held_out_bounds(exact, index, learned.vae.sample(r.float(), generator).double())[:, 1:]
    return shares, np.asarray(least / np.where(shares.entropies > 0, shares.entropies, np.inf))


def group_gap(shares: Shares, groups: Groups) -> Array:
    """The gap of each factor by groups, (F,); with a supervised group, all free groups count as one."""
    names = (*groups.supervised, FREE) if FREE in groups.rows else groups.names
    if len(names) < 2:
        return np.zeros(len(shares.factors))
    return information_gap(shares.about_factor[[shares.rows.index(name) for name in names]], shares.entropies)


def _fit(r: torch.Tensor, guess: torch.Tensor) -> tuple[float, float]:
    """R^2, the mean over neurons that respond, and the root mean squared error."""
    square, spread = ((r - guess) ** 2).sum(0), ((r - r.mean(0)) ** 2).sum(0)
    varies = spread > 0
    return float((1 - square[varies] / spread[varies]).mean()), float(((r - guess) ** 2).mean().sqrt())


def _or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None
