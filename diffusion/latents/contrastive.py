"""InfoNCE: a lower bound on I(z; x) from scores of pairs, by the optimal critic or by a trained one.

A critic f(x, z) scores how well latents z fit an image x. Among N candidates for the same x, one from p(z|x) and N - 1
from p(z), the softmax of the scores picks the right one with a mean log probability of at most I - log N nats, so that

    I_N = log N + E log softmax(f)[right one]  <=  min(I(z; x), log N)            (van den Oord et al. 2018).

The bound is the same for f(x, z) + c(x) with any c, since all candidates are scored at the same x. The best critic is
therefore log p(z|x) / p(z) only up to c(x): `log_ratio` removes it. With N images as candidates for one z it would be
c(z) that is arbitrary, and the gradient in x would not be that of the log ratio.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import torch
from torch import Generator, Tensor
from torch.distributions import MultivariateNormal

from ...errors import ModelError
from ..encoders import LinearGaussian
from ..finite_set import FiniteSetDenoiser

#: Candidates, and blocks of as many pairs, of a bound where none are asked for.
CANDIDATES, BLOCKS = 256, 16

#: f(x, z) of images (..., d) and latents (..., k), which broadcast against one another: (...).
Score = Callable[[Tensor, Tensor], Tensor]


class Bound(NamedTuple):
    """A lower bound on I(z; x), in nats.

    Attributes
    ----------
    value, stderr : the bound, and its standard error
    candidates : N; the bound cannot exceed log N
    fresh : whether the pairs were drawn anew; a figure on the pairs that a critic was trained on is no bound
    """

    value: float
    stderr: float
    candidates: int
    fresh: bool = True

    @property
    def cap(self) -> float:
        """The logarithm of N."""
        return math.log(self.candidates)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, nats."""
        return {**self._asdict(), "cap": self.cap}

    def __str__(self) -> str:
        said = f"{self.value:.3f} ± {self.stderr:.3f} nats, at most log {self.candidates} = {self.cap:.3f}"
        return said if self.fresh else f"{said}; on the training pairs, which makes it no bound"


class Pairs(Protocol):
    """Pairs of an image and latents that it evokes."""

    @property
    def fresh(self) -> bool:
        """Whether no critic was trained on these very pairs."""
        ...

    def draw(self, count: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Images (count, d) and latents (count, k)."""
        ...


class Channel(Pairs, Protocol):
    """Pairs of a known law."""

    def scored(self, count: int, generator: Generator) -> Tensor:
        """The log ratios p(z_j|x_i) / p(z_j) of so many pairs, (count, count)."""
        ...


@dataclass(frozen=True, eq=False)
class SetChannel:
    """Images of a finite set, and latents that an encoder draws for them; the law is exact.

    Attributes
    ----------
    source : the set, its prior, and the encoder; ``latents.denoiser("pose")`` is one
    """

    source: FiniteSetDenoiser
    fresh: bool = field(default=True, init=False)

    def draw(self, count: int, generator: Generator) -> tuple[Tensor, Tensor]:
        return self._drawn(count, generator)[1:]

    def scored(self, count: int, generator: Generator) -> Tensor:
        return self.paired(count, generator)[2]

    def paired(self, count: int, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Images, latents, and the log ratios of all pairs of the two."""
        index, x, z = self._drawn(count, generator)
        log = self.source.likelihoods(z)
        return x, z, (log[:, index] - torch.logsumexp(self.source.log_prior + log, 1, keepdim=True)).T

    def _drawn(self, count: int, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
        index = torch.multinomial(self.source.log_prior.exp(), count, replacement=True, generator=generator)
        x = self.source.stimuli[index].to(self.source.dtype)
        return index, x, self.source.encoder.sample(x, generator)


@dataclass(frozen=True, eq=False)
class GaussianChannel:
    """Images x ~ N(mean, cov), and latents of linear neurons with Gaussian noise.

    Attributes
    ----------
    mean, cov : (d,) and (d, d)
    encoder : LinearGaussian
    """

    mean: Tensor
    cov: Tensor
    encoder: LinearGaussian
    fresh: bool = field(default=True, init=False)

    def draw(self, count: int, generator: Generator) -> tuple[Tensor, Tensor]:
        normal = torch.randn((count, len(self.mean)), dtype=self.mean.dtype, generator=generator)
        x = self.mean + normal @ torch.linalg.cholesky(self.cov).T
        return x, self.encoder.sample(x, generator)

    def scored(self, count: int, generator: Generator) -> Tensor:
        x, z = self.draw(count, generator)
        w = self.encoder.weights
        marginal = MultivariateNormal(w @ self.mean, w @ self.cov @ w.T + self.encoder.noise)
        return self.encoder.log_likelihood(z[None], x[:, None]) - marginal.log_prob(z)


@dataclass(frozen=True, eq=False)
class RecordedPairs:
    """A list of pairs: one or several trials per image, as an experiment records them.

    Attributes
    ----------
    x, z : (M, d) and (M, k)
    fresh : whether no critic was trained on them; what they give is a bound only then
    """

    x: Tensor
    z: Tensor
    fresh: bool = False

    def __post_init__(self) -> None:
        if self.x.ndim != 2 or self.z.ndim != 2 or len(self.x) != len(self.z):
            raise ModelError(
                f"images have shape {tuple(self.x.shape)} and latents {tuple(self.z.shape)}; expected (M, d) and (M, k)"
            )

    def draw(self, count: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Different pairs, so that no candidate is there twice; raises `ModelError` if there are fewer."""
        if count > len(self.x):
            raise ModelError(f"{count} candidates are asked for; {len(self.x)} pairs are recorded")
        chosen = torch.randperm(len(self.x), generator=generator)[:count]
        return self.x[chosen], self.z[chosen]


def info_nce(scores: Tensor) -> Tensor:
    """InfoNCE: log N plus the mean log softmax of the right candidate, nats; (..., N, N) to (...).

    Parameters
    ----------
    scores : f(x_i, z_j), images in rows; the pairs are on the diagonal, and each row's candidates are the z of all rows

    Raises
    ------
    ModelError
        The scores are no square matrix of at least two pairs.
    """
    if scores.ndim < 2 or scores.shape[-1] != scores.shape[-2] or scores.shape[-1] < 2:
        raise ModelError(f"scores have shape {tuple(scores.shape)}; expected (..., N, N) with at least two pairs")
    right = scores.diagonal(dim1=-2, dim2=-1) - torch.logsumexp(scores, -1)
    return right.mean(-1) + math.log(scores.shape[-1])


def log_ratio(score: Score, x: Tensor, z: Tensor, negatives: Tensor) -> Tensor:
    """The critic's log p(z|x) / p(z), ``f(x, z) - log mean_j exp f(x, z_j)``, (B,): any c(x) cancels.

    Parameters
    ----------
    x, z : (B, d) and (B, k)
    negatives : (n, k) latents from p(z)
    """
    others = score(x[:, None], negatives[None])
    return score(x, z) - torch.logsumexp(others, 1) + math.log(len(negatives))


def exact_info_nce(channel: Channel, candidates: int = CANDIDATES, *, blocks: int = BLOCKS, seed: int = 0) -> Bound:
    """The bound with the optimal critic, by Monte Carlo; for a table of responses `stiminfo.i_nce` is exact.

    Parameters
    ----------
    channel : the law of the pairs
    candidates : N
    blocks : how many blocks of N pairs are drawn; the error is that of their mean
    seed : the same seed gives the same number
    """
    generator = torch.Generator().manual_seed(seed)
    return _bound([info_nce(channel.scored(candidates, generator)) for _ in range(blocks)], candidates, True)


@torch.no_grad()
def critic_info_nce(
    score: Score, pairs: Pairs, candidates: int = CANDIDATES, *, blocks: int = BLOCKS, seed: int = 1
) -> Bound:
    """The bound of a critic; on the pairs that it was trained on the figure is no bound. As `exact_info_nce`."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(blocks):
        x, z = pairs.draw(candidates, generator)
        found.append(info_nce(score(x[:, None], z[None])))
    return _bound(found, candidates, pairs.fresh)


def _bound(blocks: list[Tensor], candidates: int, fresh: bool) -> Bound:
    if len(blocks) < 2:
        raise ModelError("a standard error needs at least two blocks of pairs")
    values = torch.stack(blocks)
    return Bound(float(values.mean()), float(values.std() / len(values) ** 0.5), candidates, fresh)
