"""The mode of X given a response, where X is Gaussian: Fisher scoring that never steps downhill."""

from __future__ import annotations

import torch
from torch import Tensor

from .encoders import Encoder

#: Shares of a step that are tried. Rates that saturate make whole steps overshoot, to where slopes are 0.
_SHARES = (1.0, 0.5, 0.25, 0.1, 0.03, 0.0)


def towards_mode(encoder: Encoder, centre: Tensor, frame: Tensor, r: Tensor, steps: int) -> Tensor:
    """The u (M, m) towards which p(u | r) grows, where ``x = centre + frame u`` and u ~ N(0, 1).

    Parameters
    ----------
    centre, frame : (M, d) and (M, d, m)
    r : (M, k)
    steps : of Fisher scoring; of each the share with the largest ``log p(r|x) - |u|^2 / 2`` is taken
    """
    u = frame.new_zeros(len(frame), frame.shape[2])
    shares = torch.tensor(_SHARES, dtype=u.dtype, device=u.device)[:, None]
    for _ in range(steps):
        slopes, residual = encoder.linearised(centre + _along(frame, u[:, None])[:, 0], r)
        assert residual is not None
        b = slopes @ frame
        push = residual + (b @ u[..., None])[..., 0]
        if b.shape[1] < b.shape[2]:
            unit = torch.eye(b.shape[1], dtype=u.dtype, device=u.device)
            goal = (b.mT @ torch.linalg.solve(b @ b.mT + unit, push[..., None]))[..., 0]
        else:
            unit = torch.eye(b.shape[2], dtype=u.dtype, device=u.device)
            goal = torch.linalg.solve(b.mT @ b + unit, b.mT @ push[..., None])[..., 0]
        tried = u[:, None] + shares * (goal - u)[:, None]  # (M, shares, m)
        fit = encoder.log_likelihood(r[:, None], centre[:, None] + _along(frame, tried)) - (tried**2).sum(2) / 2
        u = tried[torch.arange(len(u), device=u.device), fit.argmax(1)]
    return u


def _along(frame: Tensor, u: Tensor) -> Tensor:
    """Frame u of several u (M, n, m), (M, n, d)."""
    return u @ frame.mT
