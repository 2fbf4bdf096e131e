"""``1/2 int E_{Xg|x}[J(Xg)] dg`` as a matrix, for a few stimuli in the plane, by plain quadrature.

Like `quadrature` it shares no code with the engine.
"""

from __future__ import annotations

import numpy as np

from ....models import ResponsePair
from ....models.arrays import Array

#: Nodes of each coordinate of the noise, and levels: about 1e-5 nats for stimuli about 1 apart.
_Z = np.linspace(-6.5, 6.5, 41)
_LEVELS = 81


def fisher_matrices(pair: ResponsePair) -> dict[str, Array]:
    """The integrals (J, 2, 2) of J of the first response, of both, and of the second given the first, nats."""
    x, (first, second, count) = pair.stimuli, pair.likelihood.shape
    weight = np.exp(-0.5 * (_Z[:, None] ** 2 + _Z**2)).ravel()
    weight /= weight.sum()
    z = np.stack(np.meshgrid(_Z, _Z, indexing="ij"), axis=-1).reshape(-1, 2)
    squares = ((x[:, None] - x) ** 2).sum(axis=2)
    steps = np.linspace(np.log(squares[squares > 0].min()) - 6.0, np.log(squares.max()) + 14.0, _LEVELS)
    found: dict[str, list[Array]] = {"first": [], "both": [], "given": []}
    for level in np.exp(steps):
        xg = (x[:, None] + np.sqrt(level) * z).reshape(-1, 2)
        log = np.log(pair.prior) - ((xg[:, None] - x) ** 2).sum(axis=2) / (2 * level)
        post = np.exp(log - log.max(axis=1, keepdims=True))
        post /= post.sum(axis=1, keepdims=True)
        p = post @ pair.likelihood.reshape(-1, count).T  # (nodes, K1 K2)
        p = np.where(p > 0, p, 1e-300).reshape(-1, first, second)
        moment = np.einsum("nj,klj,ji->nkli", post, pair.likelihood, x)
        mean, mean_r, mean_both = (
            (post @ x)[:, None],
            moment.sum(axis=2) / p.sum(axis=2)[..., None],
            moment / p[..., None],
        )
        shifts = {
            "first": ((mean_r - mean)[:, :, None], p.sum(axis=2)[..., None]),
            "both": (mean_both - mean[:, None], p),
            "given": (mean_both - mean_r[:, :, None], p),
        }
        for name, (shift, mass) in shifts.items():
            at = np.einsum("nkl,nkla,nklb->nab", mass, shift, shift).reshape(count, -1, 2, 2)
            found[name].append(0.5 * np.einsum("m,jmab->jab", weight, at) / level)  # dg / g^2 = d(log g) / g
    return {name: np.asarray(np.trapezoid(np.array(rows), steps, axis=0)) for name, rows in found.items()}
