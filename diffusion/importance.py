"""`ImportanceDenoiser`: the posterior of a Gaussian mixture given responses of any smooth population, by sampling.

It is a reference for estimators, exact but for Monte Carlo error: no network and no linearisation is left in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from .denoiser import Denoiser, Posterior, Scales, column
from .denoiser import normal as randn
from .encoders import Encoder, LinearGaussian
from .gaussian import MixtureDenoiser
from .mode import towards_mode

#: Samples per component of the mixture, in pairs of opposite signs.
SAMPLES = 64
#: Steps of Fisher scoring towards each component's mode. The samples correct what is left.
_STEPS = 4
#: Components with less than this share of the posterior without the response are left out.
_NEGLIGIBLE = 1e-7
#: Numbers held at once.
_BLOCK = 1 << 20


@dataclass
class _Frames:
    """Of M Gaussians, x = centre + along u + the rest, u ~ N(0, 1): only the first part changes the responses.

    Attributes
    ----------
    along : (M, d, m)
    hidden : (M, d) variance of the rest
    axes : (M, d, m) of u among the d standard directions of the Gaussian; None if nothing is hidden
    """

    along: Tensor
    hidden: Tensor
    axes: Tensor | None

    def of(self, pair: Tensor) -> _Frames:
        return _Frames(self.along[pair], self.hidden[pair], None if self.axes is None else self.axes[pair])


@dataclass
class _Weighed:
    """Weighted samples: log weight (M, S), samples x (M, S, d) of M (row, component) pairs, and each pair's moments.

    Samples do not vary in hidden directions; `mean` and `square` (M, d), the posterior's mean and second moment within
    the component, count these.
    """

    row: Tensor
    component: Tensor
    log: Tensor
    x: Tensor
    mean: Tensor
    square: Tensor


class ImportanceDenoiser(Denoiser):
    """X ~ a mixture of C Gaussians, and responses of neurons whose likelihood and slopes are known.

    Without a response the posterior is that of `MixtureDenoiser`, exact. A response weighs samples from Gaussians at
    each component's mode (Laplace's method). Sums of samples are corrected by their known means under those Gaussians,
    so that noise is left only as far as the posterior is not Gaussian. Directions in which a stimulus does not change
    the drives of the neurons are not sampled: what is known of them does not depend on the response.

    Parameters
    ----------
    weights, means, covs : (C,), (C, d), (C, d, d)
    encoder : with `log_likelihood` and `linearised`
    samples : per component; more make the error smaller as 1 / sqrt(samples)
    """

    knows_variance = True
    knows_posterior = True
    is_density = True

    def __init__(self, weights: Any, means: Any, covs: Any, encoder: Encoder, *, samples: int = SAMPLES) -> None:
        d = encoder.dimensions
        self.prior = MixtureDenoiser(weights, means, covs, LinearGaussian(torch.zeros(1, d), 1.0))
        self.dimensions, self.samples = d, samples
        self.encoder: Encoder = encoder.to(self.device, self.dtype)
        p, m, c = self.prior.prior_moments()
        centre = self.tensor(p @ m)[None]
        slopes = self.encoder.linearised(centre)[0].reshape(-1, d)
        linear = MixtureDenoiser(p, m, c, LinearGaussian(slopes, 1.0))
        scales = linear.scales(centre)
        narrow = self.encoder.linear_drive and encoder.keeps("linear_drive") and len(self.encoder.weights) < d
        self._drives = self.encoder.weights @ self.prior.vectors if narrow else None  # (C, k, d)
        self._low, self._high, self.rare_nats = float(scales.low), float(scales.high), linear.rare_nats

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
        if r is None:
            return self.prior.posterior(xg, gamma, variance=variance, draw=draw, normal=normal, generator=generator)
        generator = generator or self.generator(0)
        found: list[tuple[Tensor, Tensor]] = []
        for rows in torch.split(torch.arange(len(xg)), max(1, _BLOCK // self.prior.values.numel())):
            g = column(gamma, xg)[rows][:, None]
            offset = torch.einsum("bcd,cdk->bck", xg[rows][:, None] - self.prior.means, self.prior.vectors)
            total = self.prior.values + g
            log = self.prior.log_weights - 0.5 * (offset**2 / total + total.log()).sum(-1)
            shift, spread = self.prior.values / total * offset, self.prior.values * g / total
            found += self._moments(torch.log_softmax(log, 1), shift, spread, r[rows], generator)
        mean, square = (torch.cat(part) for part in zip(*found))
        return Posterior(mean, (square - mean**2).clamp_min(0) if variance else None)

    def _moments(
        self, log: Tensor, shift: Tensor, spread: Tensor, r: Tensor, generator: torch.Generator
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """The mean and the second moment given r as well, of mixtures with these log weights (B, C), in blocks."""
        pairs = (log > math.log(_NEGLIGIBLE)).sum(1).max()
        for part in torch.split(torch.arange(len(r)), self._at_once(int(pairs))):

            def frames(row: Tensor, component: Tensor, spread: Tensor = spread[part]) -> _Frames:
                return self._frames(component, spread[row, component])

            seen = self._weighed(log[part], shift[part], frames, r[part], generator)
            mass = seen.log.logsumexp(1)
            share = (mass - _evidence(seen.row, mass, len(part))[seen.row]).exp()[:, None]
            none = torch.zeros(len(part), self.dimensions, dtype=r.dtype)
            mean, square = (none.index_add(0, seen.row, share * value) for value in (seen.mean, seen.square))
            yield mean, square

    def _at_once(self, pairs: int) -> int:
        """How many responses are asked at once, if each is asked with so many components."""
        return max(1, _BLOCK // (self.samples * self.dimensions * pairs))

    def draw_prior(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        return self.prior.draw_prior(count, generator)

    def draw_given_response(self, r: Tensor, generator: torch.Generator | None = None) -> Tensor:
        generator = generator or self.generator(0)
        drawn = []
        for seen, _ in self._of_responses(r, generator):
            # The largest of log weight + Gumbel noise is a draw by the weights.
            noise = -torch.rand(seen.log.shape, dtype=seen.log.dtype, generator=generator).log()
            best, which = (seen.log - noise.log()).max(1)
            pair = torch.stack([torch.where(seen.row == i, best, -torch.inf).argmax() for i in seen.row.unique()])
            drawn.append(seen.x[pair, which[pair]] + self._hidden(seen.component[pair], generator))
        return torch.cat(drawn)

    def mutual_information(self, samples: int = 2000, seed: int = 0) -> tuple[float, float]:
        """I(R;X) in nats and its standard error, by Monte Carlo over (x, r); p(r) is a mean of weights."""
        generator = self.generator(seed)
        x = self.draw_prior(samples, generator)
        r = self.encoder.sample(x, generator)
        evidence = torch.cat([log for _, log in self._of_responses(r, generator)])
        found = self.encoder.log_likelihood(r, x) - evidence
        return float(found.mean()), float(found.std() / samples**0.5)

    def _hidden(self, component: Tensor, generator: torch.Generator) -> Tensor:
        """Draws (B, d) in the directions that responses do not depend on, of components (B,) of the prior."""
        axes, values = self._frames_of_prior.axes, self.prior.values[component]
        if axes is None:
            return torch.zeros_like(values)
        z = randn(values.shape, values, generator)[..., None]
        free = z - axes[component] @ (axes[component].mT @ z)
        return self._turned(component, values.sqrt()[..., None] * free)[..., 0]

    def _of_responses(self, r: Tensor, generator: torch.Generator) -> Iterator[tuple[_Weighed, Tensor]]:
        """Weighted samples of X given r alone and log p(r), in blocks of the responses (B, k)."""
        shape = self.prior.values.shape
        for part in torch.split(r, self._at_once(len(self.prior.means))):
            wide = (len(part), *shape)
            log, none = self.prior.log_weights.expand(len(part), -1), torch.zeros(wide, dtype=r.dtype)
            seen = self._weighed(log, none, lambda _, c: self._frames_of_prior.of(c), part, generator)
            yield seen, _evidence(seen.row, seen.log.logsumexp(1), len(part))

    def scales(self, x: Tensor) -> Scales:
        """Those of linear neurons with the slopes at the mean stimulus."""
        ones = torch.ones(len(x), dtype=self.dtype)
        return Scales(self._low * ones, self._high * ones)

    def _weighed(
        self,
        log: Tensor,
        shift: Tensor,
        frames: Callable[[Tensor, Tensor], _Frames],
        r: Tensor,
        generator: torch.Generator,
    ) -> _Weighed:
        """Samples of X given r, with weights that sum to p(r | ...), from N(means + V shift, V spread V') by component.

        Parameters
        ----------
        log : (B, C) log weights of the components
        shift : (B, C, d), along the components' eigenvectors V
        frames : gives those of pairs (row, component)
        """
        row, component = (log > math.log(_NEGLIGIBLE)).nonzero(as_tuple=True)
        frame = frames(row, component)
        along = frame.along
        centre = self.prior.means[component] + self._turned(component, shift[row, component][..., None])[..., 0]
        seen = r[row]
        u = towards_mode(self.encoder, centre, along, seen, _STEPS)
        x = centre + torch.einsum("mdk,mk->md", along, u)
        b = self.encoder.linearised(x, seen)[0] @ along
        upper = torch.linalg.cholesky(torch.eye(u.shape[1], dtype=u.dtype) + b.mT @ b, upper=True)
        half = randn((len(u), self.samples // 2, u.shape[1]), u, generator)
        z = torch.cat([half, -half], dim=1)
        off = torch.linalg.solve_triangular(upper, z.mT, upper=True).mT  # covariance (I + B'B)^-1
        around = off @ along.mT
        drawn = u[:, None] + off
        weight = self.encoder.log_likelihood(seen[:, None], x[:, None] + around) - 0.5 * (drawn**2 - z**2).sum(-1)
        weight = weight - upper.diagonal(dim1=1, dim2=2).log().sum(1)[:, None] - math.log(self.samples)
        share = torch.softmax(weight, 1) - 1 / self.samples
        # What uniform weights would give is known: the Gaussian's own mean and variance.
        mean = x + torch.einsum("ms,msd->md", share, around)
        own = frame.hidden + (torch.linalg.solve_triangular(upper.mT, along.mT, upper=False) ** 2).sum(1)
        square = own + torch.einsum("ms,msd->md", share, around**2) + 2 * x * mean - x**2
        weight = weight + log[row, component][:, None]
        return _Weighed(row, component, weight, x[:, None] + around, mean, square)

    def _frames(self, component: Tensor, variance: Tensor) -> _Frames:
        """Those of components (M,) with variances (M, d) along their eigenvectors."""
        root = variance.sqrt()
        if self._drives is None:
            whole = self.prior.vectors[component] * root[:, None]
            return _Frames(whole, torch.zeros_like(root), None)
        axes = torch.linalg.qr((self._drives[component] * root[:, None]).mT)[0]
        along = self._turned(component, root[..., None] * axes)
        whole = torch.empty_like(root)
        for c in component.unique().tolist():
            whole[component == c] = variance[component == c] @ self.prior.vectors[c].mT ** 2
        return _Frames(along, (whole - (along**2).sum(2)).clamp_min(0), axes)

    @cached_property
    def _frames_of_prior(self) -> _Frames:
        return self._frames(torch.arange(len(self.prior.means)), self.prior.values)

    def _turned(self, component: Tensor, part: Tensor) -> Tensor:
        """Parts (M, d, n) along the eigenvectors of their components (M,), as stimuli."""
        out = torch.empty_like(part)
        for c in component.unique().tolist():
            some = part[component == c].movedim(0, 1)
            out[component == c] = (self.prior.vectors[c] @ some.flatten(1)).reshape(some.shape).movedim(1, 0)
        return out


def _evidence(row: Tensor, mass: Tensor, rows: int) -> Tensor:
    """The log of the sum of exp(mass) over the pairs of each row, (rows,)."""
    top = torch.full((rows,), -torch.inf, dtype=mass.dtype).scatter_reduce(0, row, mass, "amax")
    return top + torch.zeros(rows, dtype=mass.dtype).index_add(0, row, (mass - top[row]).exp()).log()
