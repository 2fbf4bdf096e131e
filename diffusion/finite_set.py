"""The exact denoiser of a finite set of stimuli: a softmax over the set, for any likelihood and any d."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ModelError, NotApplicable
from ..models.arrays import as_distribution
from ..models.encoding_model import EncodingModel
from .denoiser import Denoiser, Posterior, Scales, column, device_named, float_type
from .denoiser import normal as _randn
from .encoders import MOST_OUTCOMES, Encoder, TableEncoder
from .finite_joint import FiniteJoint, some_responses
from .set_likelihood import SetLikelihood, checked_set, neighbours
from .set_screen import RESPONSES, Screen

#: Largest number of entries of a (noisy stimuli, set) matrix held at once, and of stimuli converted to the working
#: dtype at once.
_BLOCK = 1 << 22
_ROWS = 4096
#: Members whose nearest neighbours are found to represent the set: all, or as many as take so many differences of one
#: feature (some seconds), but at least so many.
_MOST_DISTANCES, _FEWEST_TYPICAL = 1 << 30, 256
#: Passes by default of sets with at most so many numbers, where responses cannot be listed.
_PASSES, _QUICK = 2048, 1 << 17
#: Most entries of a table of all responses to all stimuli.
_MOST_JOINT = 1 << 21


class FiniteSetDenoiser(Denoiser):
    """X is one of N stimuli, for example the images shown in an experiment. Exact, without training.

    E[X|xg, r] is a mean of the set whose weights are the softmax of ``log p(x_n) + log p(r|x_n) - |xg - x_n|^2 / 2g``.

    Parameters
    ----------
    stimuli : (N, d) array or tensor; kept in its own dtype (uint8, float32, ...) and converted a block at a time
    encoder : Encoder
    prior : (N,) probabilities; uniform by default
    device, dtype : where to compute, and in which precision (the log weights are differences of large numbers, so the
        default is float64)

    Raises
    ------
    ModelError
        The set is empty or all its stimuli are equal; shapes do not fit; the likelihood is not a valid one.
    """

    knows_variance = True
    knows_posterior = True

    def __init__(
        self,
        stimuli: Any,
        encoder: Encoder,
        prior: Any = None,
        *,
        device: Any = "cpu",
        dtype: torch.dtype = torch.float64,
    ) -> None:
        x = checked_set(stimuli)
        count, d = x.shape
        if encoder.dimensions != d:
            raise ModelError(f"the encoder sees stimuli in R^{encoder.dimensions}, the set's are in R^{d}")
        p = np.full(count, 1 / count) if prior is None else as_distribution(prior, "prior", count)
        keep = torch.from_numpy(p > 0)
        if not keep.all():
            x, p = x[keep], p[p > 0]
        self.dimensions, self.device, self.dtype = d, device_named(device), float_type(dtype)
        self.encoder = encoder.to(self.device, dtype)
        self.stimuli = x.to(self.device)
        self.log_prior = self.tensor(np.log(p))
        first = self.stimuli[:1]
        if not (self.stimuli != first).any():
            raise ModelError("all stimuli of the set are the same; expected at least two that differ")
        # Relative to a member of the set, so that a small set far from 0 keeps its digits.
        origin = first.to(dtype)[0]
        self.centre = origin + sum(self.log_prior[rows].exp() @ (block - origin) for rows, block in self._blocks())
        self.half_square = torch.empty(len(x), dtype=dtype, device=self.device)
        for rows, block in self._blocks():
            self.half_square[rows] = 0.5 * ((block - self.centre) ** 2).sum(1)
        self.spread = 2 * float(self.log_prior.exp() @ self.half_square)
        if not 1e-60 < float(self.half_square.max()) < 1e60 or (dtype == torch.float32 and not self.spread > 1e-20):
            raise ModelError(f"the set's stimuli lie some {self.spread**0.5:.1g} apart; give them in another unit")
        # A response may single out the rarest member; continuous ones do so by degrees.
        self.rare_nats = -float(self.log_prior.min()) if encoder.discrete else 1 + self._rarity
        self.likelihoods = SetLikelihood(self.encoder, [block for _, block in self._blocks()], origin)

    @classmethod
    def from_model(cls, model: EncodingModel, **options: Any) -> FiniteSetDenoiser:
        """The denoiser of an `EncodingModel`: its stimuli are the set, and its likelihood table is the encoder.

        Raises
        ------
        NotApplicable
            The stimuli are no vectors (angles, or labels).
        """
        if not model.geometry.vectors:
            raise NotApplicable(f"denoisers remove noise in R^d; these stimuli are {model.geometry}")
        encoder = TableEncoder(model.stimuli, model.likelihood)
        return cls(model.stimuli, encoder, model.prior, **options)

    def _blocks(self) -> Any:
        """(slice, block) of the set in the working dtype."""
        for start in range(0, len(self.stimuli), _ROWS):
            rows = slice(start, start + _ROWS)
            yield rows, self.stimuli[rows].to(self.dtype)

    def xhat(self, xg: Tensor, gamma: Tensor, r: Tensor | None = None) -> Tensor:
        return self.posterior(xg, gamma, r).mean

    def posterior(
        self,
        xg: Tensor,
        gamma: Tensor,
        r: Tensor | None = None,
        *,
        variance: bool = False,
        draw: bool = False,
        normal: bool = False,
        generator: torch.Generator | None = None,
    ) -> Posterior:
        pieces = []
        g = column(gamma, xg)
        if self.screen is not None and not normal and not self._close(g):
            return self.screen.posterior(xg, g, r, variance, draw, generator)
        for start in range(0, len(xg), self._most):
            part = slice(start, start + self._most)
            given, close = None if r is None else r[part], self._close(g[part])
            weights = torch.softmax(self._log_weights(xg[part], g[part], given, close), dim=1)
            pieces.append(self._summarise(weights, variance, draw, normal, close, generator))
        joined: list[Any] = [None if p[0] is None else torch.cat(p) for p in zip(*pieces)]
        return Posterior(*joined)

    @cached_property
    def screen(self) -> Screen | None:
        """The set in single precision, where it is large and float32 holds it exactly."""
        if self.dtype != torch.float64 or not Screen.fits(self.stimuli, self.centre, self.half_square):
            return None
        parts = self.stimuli, self.centre, self.half_square, self.log_prior
        return Screen(*parts, self.likelihoods, self._log_weights)

    @property
    def usual_passes(self) -> int:  # type: ignore[override]
        """More where responses are drawn, of which rare ones tell most, and a pass takes next to nothing."""
        quick = self.stimuli.numel() <= _QUICK and self.outcomes is None
        return _PASSES if quick else Denoiser.usual_passes

    @property
    def responses(self) -> int:  # type: ignore[override]
        return 1 if self.screen is None else RESPONSES

    @property
    def _most(self) -> int:
        return max(1, _BLOCK // len(self.stimuli))

    def _log_weights(self, xg: Tensor, g: Tensor, r: Tensor | None = None, close: bool = False) -> Tensor:
        """Log posterior weights (B, N), up to a constant for each row."""
        log = self.log_prior[None]
        if r is not None:
            log = log + self.likelihoods(r)
        inner = torch.empty(len(xg), len(self.stimuli), dtype=self.dtype, device=self.device)
        offset = xg - self.centre
        for rows, block in self._blocks():
            if close:
                inner[:, rows] = torch.cdist(xg, block, compute_mode="donot_use_mm_for_euclid_dist") ** 2 / -2
            else:
                inner[:, rows] = offset @ (block - self.centre).T - self.half_square[rows]
        inner /= g
        return inner.add_(log)

    def _close(self, g: Tensor) -> bool:
        """Whether noise is so low that it separates stimuli which a matrix product, with its rounding, would not."""
        largest = float(self.half_square.max() / g.min())
        return largest * torch.finfo(self.dtype).eps > 1e-9

    def _summarise(
        self,
        weights: Tensor,
        variance: bool,
        draw: bool,
        normal: bool,
        close: bool,
        generator: torch.Generator | None,
    ) -> tuple[Tensor | None, ...]:
        moments = torch.zeros(3, len(weights), self.dimensions, dtype=self.dtype, device=self.device)
        lone = weights.sqrt() * _randn(weights.shape, weights, generator) if normal else None
        for rows, block in self._blocks():
            block = block - self.centre
            moments[0] += weights[:, rows] @ block
            if variance and not close:
                moments[1] += weights[:, rows] @ block**2
            if lone is not None:
                moments[2] += lone[:, rows] @ block
        mean = moments[0]
        chosen = self._pick(weights, generator) if draw else None
        spread = None
        if variance:
            spread = self._spread_about(mean, weights) if close else (moments[1] - mean**2).clamp_min(0)
        other = None if lone is None else mean + moments[2] - lone.sum(1, keepdim=True) * mean + self.centre
        return mean + self.centre, spread, chosen, other

    def _spread_about(self, mean: Tensor, weights: Tensor) -> Tensor:
        """Posterior variances (B, d), without subtracting large squares."""
        spread = torch.zeros_like(mean)
        for i in range(self.dimensions):
            for rows, block in self._blocks():
                offset = block[:, i] - self.centre[i] - mean[:, i, None]
                spread[:, i] += (weights[:, rows] * offset**2).sum(1)
        return spread

    def _pick(self, weights: Tensor, generator: torch.Generator | None) -> Tensor:
        index = torch.multinomial(weights, 1, generator=generator)[:, 0]
        return self.stimuli[index].to(self.dtype)

    def draw_prior(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        index = torch.multinomial(self.log_prior.exp(), count, replacement=True, generator=generator)
        return self.stimuli[index].to(self.dtype)

    def draw_given_response(self, r: Tensor, generator: torch.Generator | None = None) -> Tensor:
        parts = (torch.softmax(self.log_prior + self.likelihoods(part), dim=1) for part in torch.split(r, self._most))
        return torch.cat([self._pick(weights, generator) for weights in parts])

    def scales(self, x: Tensor) -> Scales:
        """From the level that confuses a stimulus with its nearest neighbour to that of the spread of the whole set."""
        own, other, far = neighbours(x, self._blocks, self.log_prior)
        # A stimulus may be a rounded member of the set (float32 pixels beside float64 ones).
        outside = own > 1e-6 * other.clamp_max(self.spread**0.5)
        if outside.any():
            i = int(outside.nonzero()[0])
            raise ModelError(
                f"stimulus {i} is not in the set (its nearest member is {float(own[i]):.3g} away); information is "
                "defined at members of the set only"
            )
        high = torch.maximum(far, torch.full_like(own, self.spread / 2))
        # Noise confuses two members at about gap^2 / 8, and a rare one with its neighbours at lower levels.
        return Scales(torch.minimum(other**2 / 16, high), high, below=3.0 + math.log1p(self._rarity / 8))

    @property
    def _rarity(self) -> float:
        """Log of the most probable member's probability over that of the least probable one."""
        return float(self.log_prior.max() - self.log_prior.min())

    def joint(self, x: Tensor) -> FiniteJoint | None:
        table, listed = self.outcomes, self.outcomes is not None
        if table is None:
            table = some_responses(self.encoder, self.stimuli.to(self.dtype), self.likelihoods)
        if table is None:
            return None
        at = torch.cdist(x.double(), self.stimuli.double(), compute_mode="donot_use_mm_for_euclid_dist").argmin(1)
        drawn = () if listed else (self.likelihoods, self.stimuli.to(self.dtype))
        return FiniteJoint(self.stimuli.double(), self.log_prior.double(), table, table[:, at].T, at, *drawn)

    @cached_property
    def outcomes(self) -> Tensor | None:
        """p(r|x) of all responses, (K, N), in float64; None where they cannot be listed or are too many."""
        if len(self.stimuli) > MOST_OUTCOMES or not self.encoder.keeps("outcomes"):
            return None
        table = self.encoder.to(dtype=torch.float64).outcomes(self.stimuli.double())
        return table if table is not None and table.numel() <= _MOST_JOINT else None

    def typical(self, generator: torch.Generator | None = None) -> Tensor:
        count, most = len(self.stimuli), max(_FEWEST_TYPICAL, _MOST_DISTANCES // self.stimuli.numel())
        if count <= most:
            return self.stimuli.to(self.dtype)
        return self.draw_prior(most, generator)

    def mutual_information(self, samples: int = 2000, seed: int = 0) -> tuple[float, float]:
        """I(R;X) in nats and its standard error, by Monte Carlo over responses; the sum over the set is exact.

        ``E_{x, r|x}[log p(r|x) - log sum_n p_n p(r|x_n)]``; it never exceeds the entropy of the prior.

        Parameters
        ----------
        samples : pairs (x, r) to draw
        seed : the same seed gives the same numbers
        """
        generator = self.generator(seed)
        index = torch.multinomial(self.log_prior.exp(), samples, replacement=True, generator=generator)
        r = self.encoder.sample(self.stimuli[index].to(self.dtype), generator)
        found = []
        for part in torch.split(torch.arange(samples, device=self.device), self._most):
            log = self.likelihoods(r[part])
            own = log.gather(1, index[part, None])[:, 0]
            found.append(own - torch.logsumexp(log + self.log_prior, dim=1))
        all_found = torch.cat(found)
        return float(all_found.mean()), float(all_found.std() / samples**0.5)

    def response_side(self) -> Denoiser:
        return self.encoder.responses_of_set(self)

    def __repr__(self) -> str:
        return f"FiniteSetDenoiser({len(self.stimuli)} stimuli in R^{self.dimensions}, {self.encoder!r})"
