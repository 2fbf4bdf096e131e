"""`generate` and `invert`: deterministic diffusion from a noisy image to a clean one, and its exact inverse.

A step from level s to s' < s is ``y' = q y + (1 - q) h(y)``, with q = s'/s and h the (guided) xhat. For an exact
denoiser h is the gradient of a convex function (its Jacobian is ``Cov[X|y] / s^2``), so that a step is the gradient of
the strongly convex ``q/2 |y|^2 + (1 - q) s^2 log Z(y)``: a bijection of R^d, whose inverse minimises that potential
minus ``y' . y``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...errors import EstimateError
from ..denoiser import Denoiser
from .guidance import Guide
from .ladder import Ladder, ddim_step

#: Fixed-point iterations of a step, where Newton's method is there for what they leave, and where it is not.
_FIRST, _ALONE = 12, 200
#: Newton iterations of a step, halvings in one line search, and conjugate gradients per dimension.
_NEWTON, _HALVINGS, _CONJUGATE = 200, 60, 3
#: Share of the linear decrease that a step of the line search has to reach.
_ARMIJO = 0.1
#: A step is inverted when its residual, relative to the size of the image, is this many units of rounding; it may be
#: left at the second number, and is an error above it: 1e-10 in float64, 1e-5 in float32.
_SOLVED, _BOUND = 16, {torch.float64: 1e-10, torch.float32: 1e-5}


class NotInvertible(EstimateError):
    """A step of the generation has no inverse that can be found."""


@dataclass(frozen=True)
class Inversion:
    """Noisy images, and how exactly they were found.

    Attributes
    ----------
    noisy : (B, d) images at the highest level of the ladder
    residual : (B,) the largest residual of a step, relative to the largest pixel
    passes : evaluations of the denoiser per image
    """

    noisy: Tensor
    residual: Tensor
    passes: int


@dataclass
class Flow:
    """The guided xhat, ``h(y) + scale * guide``, which counts its evaluations."""

    denoiser: Denoiser
    guide: Guide | None = None
    scale: float = 1.0
    passes: int = 0

    def __call__(self, y: Tensor, sigma: float) -> Tensor:
        self.passes += 1
        gamma = torch.full((len(y),), sigma**2, dtype=y.dtype, device=y.device)
        if self.guide is None or self.scale == 0:
            return self.denoiser.xhat(y, gamma)
        plain, added = self.guide.shift(self.denoiser, y, gamma)
        return plain + self.scale * added

    @property
    def is_convex(self) -> bool:
        """Whether xhat is the gradient of a convex function."""
        if self.guide is None or self.scale == 0:
            return self.denoiser.knows_posterior
        return self.guide.is_convex(self.denoiser, self.scale)

    def at(self, rows: Tensor) -> Flow:
        """The flow of some rows of the batch."""
        return Flow(self.denoiser, None if self.guide is None else self.guide.at(rows), self.scale)


@torch.no_grad()
def generate(denoiser: Denoiser, y: Tensor, ladder: Ladder, guide: Guide | None = None, scale: float = 1.0) -> Tensor:
    """Images at the lowest level of a ladder from noisy ones at its highest, by deterministic DDIM steps.

    Parameters
    ----------
    y : (B, d) noisy images
    guide, scale : what is added to xhat, and how many times
    """
    flow = Flow(denoiser, guide, scale)
    for above, below in ladder.down():
        y = ddim_step(y, flow(y, above), above, below)
    return y


@torch.no_grad()
def explicit(denoiser: Denoiser, x: Tensor, ladder: Ladder) -> Tensor:
    """The usual inversion (DDIM run upwards, as in diffusers), whose round trip is wrong by O(1 / steps)."""
    flow = Flow(denoiser)
    for below, above in ladder.up():
        x = ddim_step(x, flow(x, below), below, above)
    return x


@torch.no_grad()
def invert(denoiser: Denoiser, x: Tensor, ladder: Ladder, guide: Guide | None = None, scale: float = 1.0) -> Inversion:
    """The exact inverse of `generate`: the noisy images from which it generates x.

    Parameters
    ----------
    x : (B, d) images, taken as they are at the lowest level of the ladder
    guide, scale : as for `generate`

    Raises
    ------
    NotInvertible
        A step has no inverse (a network that is no posterior mean, or a scale above 1), or the fixed point diverges.
    """
    flow = Flow(denoiser, guide, scale)
    worst = torch.zeros(len(x), dtype=x.dtype, device=x.device)
    newton_passes = 0
    for below, above in ladder.up():
        unit = x.abs().amax(1).clamp_min(torch.finfo(x.dtype).tiny)
        solved = _SOLVED * torch.finfo(x.dtype).eps * unit
        q = below / above
        y, residual = _fixed_point(flow, x, q, above, solved, _FIRST if flow.is_convex else _ALONE)
        left = (~(residual <= solved)).nonzero()[:, 0]
        if len(left) and flow.is_convex:
            some = flow.at(left)
            y[left], residual[left] = _newton(some, x[left], q, above, solved[left], _BOUND[x.dtype] * unit[left])
            newton_passes += some.passes
        worst = torch.maximum(worst, residual / unit)
        if not (worst <= _BOUND[x.dtype]).all():
            row = int((~(worst <= _BOUND[x.dtype])).nonzero()[0])
            raise NotInvertible(
                f"{denoiser!r} cannot be inverted from level {below:.3g} to {above:.3g}: image {row} is left with a "
                f"relative residual of {float(worst[row]):.1g}, above {_BOUND[x.dtype]:g}; take more steps, a lower "
                "level, or a better network"
            )
        x = y
    return Inversion(x, worst, flow.passes + newton_passes)


def _residual(y: Tensor, h: Tensor, x: Tensor, q: float) -> Tensor:
    return q * y + (1 - q) * h - x


def _fixed_point(flow: Flow, x: Tensor, q: float, sigma: float, solved: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """``y <- (x - (1 - q) h(y)) / q``: the best y (B, d) of each row, and its residual (B,)."""
    best, least = x.clone(), torch.full_like(solved, torch.inf)
    y = x
    for _ in range(most):
        off = _residual(y, flow(y, sigma), x, q)
        size = off.abs().amax(1)
        better = size < least
        best[better], least[better] = y[better], size[better]
        if (least <= solved).all() or not better.any():
            break
        y = y - off / q
    return best, least


def _newton(flow: Flow, x: Tensor, q: float, sigma: float, solved: Tensor, rounded: Tensor) -> tuple[Tensor, Tensor]:
    """Damped Newton on the convex potential psi, whose gradient is the residual: y (B, d) and its residual (B,).

    The line search needs only differences of psi. By convexity ``psi(y - t p) - psi(y) <= -t (m(t/2) + m(t)) / 2``,
    where m(t) = p . gradient(y - t p): slopes keep their digits where psi itself has none left.
    """
    y = x.clone()
    off = _residual(y, flow(y, sigma), x, q)
    size = torch.full_like(solved, torch.inf)
    for _ in range(_NEWTON):
        last, size = size, off.abs().amax(1)
        # A steep h turns the rounding of y into a residual that no step can remove.
        busy = (size > solved) & ~((size <= rounded) & (size > last / 2))
        if not busy.any():
            break
        p = _newton_step(flow, y, off, q, sigma)
        p = torch.where(busy[:, None], p, 0.0)
        slope = (off * p).sum(1)
        t = torch.ones_like(slope)
        taken, found = y.clone(), off.clone()
        end = _residual(y - p, flow(y - p, sigma), x, q)
        for _ in range(_HALVINGS):
            middle = _residual(y - t[:, None] / 2 * p, flow(y - t[:, None] / 2 * p, sigma), x, q)
            fine = busy & (((middle + end) * p).sum(1) >= 2 * _ARMIJO * slope)
            taken[fine], found[fine] = (y - t[:, None] * p)[fine], end[fine]
            busy = busy & ~fine
            if not busy.any():
                break
            t, end = t / 2, middle
        if (taken == y).all():
            break
        y, off = taken, found
    return y, off.abs().amax(1)


def _newton_step(flow: Flow, y: Tensor, off: Tensor, q: float, sigma: float) -> Tensor:
    """The p (B, d) with ``(q + (1 - q) dh/dy) p = off``, by conjugate gradients; the Jacobian is symmetric."""
    with torch.enable_grad():
        point = y.detach().requires_grad_(True)
        h = flow(point, sigma)

        def hessian(v: Tensor) -> Tensor:
            return q * v + (1 - q) * torch.autograd.grad(h, point, v, retain_graph=True)[0]

        p, left = torch.zeros_like(off), off.clone()
        along, square = left.clone(), (left**2).sum(1)
        goal = square * 1e-24
        for _ in range(_CONJUGATE * y.shape[1]):
            busy = square > goal
            if not busy.any():
                break
            image = hessian(along)
            curve = (along * image).sum(1)
            step = torch.where(busy & (curve > 0), square / curve, 0.0)[:, None]
            p, left = p + step * along, left - step * image
            fresh = (left**2).sum(1)
            along = left + torch.where(busy, fresh / square, 0.0)[:, None] * along
            square = fresh
    return p
