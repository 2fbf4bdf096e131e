"""I_nce(x): how well a response to x can be picked from N candidates, the optimum that InfoNCE training approaches.

Of N responses one comes from p(r|x) and N - 1 come from p(r). InfoNCE (van den Oord et al. 2018) is log N plus the mean
log probability that a softmax of critic values gives to the right one. The best critic is the log of the density ratio
``rho(r) = p(r|x) / p(r)``, plus any function c(x): the candidates are compared for the same x, so that c(x) adds the
same number to all of them and cancels in the softmax. With that critic

    I_nce(x) = E log( N rho(r_1) / (rho(r_1) + ... + rho(r_N)) ),   r_1 ~ p(r|x),   r_2 ... r_N ~ p(r).

Under p(r) the mean of rho is 1, so that also ``I_nce(x) = E[rho log rho] - E[m log m]``, m the mean of rho over N
responses from p(r). The first term is I_surp(x). By Jensen's inequality the second is never negative, and falls as N
grows; so I_nce rises from 0 (N = 1) to I_surp, and never exceeds log N.
"""

from __future__ import annotations

from operator import index
from typing import SupportsIndex

import numpy as np

from ..errors import UnknownName
from ..models import EncodingModel
from ..models.arrays import Array
from . import finite
from .measure import Measure

#: Step of the trapezoid rule in log t. The integrand is analytic and bounded for |Im log t| < pi/2, so that the rule's
#: error is about the length of the range times exp(-pi^2 / step): 7e-18.
_STEP = 0.25
#: The integral is cut where what is left is at most this, in nats.
_CUT = 1e-17
#: Responses that x evokes more rarely do not decide where the integral is cut: they add at most 750 nats times this.
_RARE = 1e-20
#: Largest number of (node, response) pairs held at once: 16 MB.
_BLOCK = 1 << 21
#: Candidates where none are asked for.
CANDIDATES = 64
#: Beyond this, N - 1 and N are the same double.
_MOST = 2**53


def pointwise(model: EncodingModel, n: int) -> Array:
    """I_nce(x) with n candidates, (J,), nats; off by at most 1e-14 times (1 + I_surp(x)) or so, from rounding alone.

    With ``log u = integral of (e^-t - e^-tu) / t over t > 0`` the mean over all n responses is a one-dimensional
    integral of Laplace transforms: E e^-t(rho_1 + ... + rho_n)/n is the transform of rho under p(r|x), times the
    (n - 1)th power of that under p(r).
    """
    joint = finite.joint_of(model)
    scaled = finite.scaled_likelihood(joint)
    base = model.response_probability
    ratios = scaled / (scaled @ model.prior)[:, None]
    found = [_at_one(rho, given, base, n) for rho, given in zip(ratios.T, model.likelihood.T)]
    return np.maximum(0.0, found)


def _at_one(rho: Array, given: Array, base: Array, n: int) -> float:
    """I_nce at one stimulus, from the ratios, p(r|x) and p(r), each (K,)."""
    surprise = float(finite.xlogy(given, rho).sum())
    # Near t = 0 the integrand over log t is at most t (1 + rho_max / n); for large t, at most exp(-t rho_min / n).
    low = np.log(_CUT) - np.log1p(rho.max() / n)
    high = np.log(-np.log(_CUT)) + np.log(n) - np.log(min(1.0, float(rho[given > _RARE].min())))
    nodes = np.arange(low, high + _STEP, _STEP)
    total = 0.0
    for part in np.array_split(nodes, 1 + nodes.size * rho.size // _BLOCK):
        t = np.exp(part)
        # Where t rho overflows, and where e^-t rho underflows for every response, 0 and log 0 are right.
        with np.errstate(over="ignore", divide="ignore"):
            lost = np.expm1(-np.outer(t / n, rho))
            log_transform = np.log1p(np.maximum(lost @ given, -1)) + (n - 1) * np.log1p(np.maximum(lost @ base, -1))
        total += float((np.expm1(-t) - np.expm1(log_transform)).sum())
    return surprise - _STEP * total


def i_nce(n: SupportsIndex = CANDIDATES) -> Measure:
    """InfoNCE with the optimal critic and n candidates, one of which is the right one, as a measure; exact.

    Bounded by log n, it is neither complete nor additive; like I_surp it depends on p(r), so it is not local. It is
    never negative, meets data processing at each stimulus, and bijections of responses or stimuli leave it unchanged:
    it is a divergence of p(r|x) from p(r), the n-way Jensen-Shannon one.

    Parameters
    ----------
    n : int
        The candidates, 2 or more.

    Raises
    ------
    UnknownName
        (a ValueError) n is not a whole number of at least 2.

    Examples
    --------
    >>> import stiminfo as si
    >>> model = si.EncodingModel([0, 1], [0.5, 0.5], [[1, 0], [0, 1]])
    >>> si.i_nce(2)(model).round(4).tolist(), si.i_nce(64)(model).round(4).tolist()
    ([0.3466, 0.3466], [0.6853, 0.6853])
    """
    try:
        count = 0 if isinstance(n, bool) else index(n)
    except TypeError:
        count = 0
    if not 2 <= count <= _MOST:
        raise UnknownName(f"i_nce takes a whole number of candidates from 2 to 2^53, not {n!r}")
    return Measure(
        f"i_nce:{count}",
        lambda model: pointwise(model, count),
        claims={
            "completeness": False,
            "locality": False,
            "locality_any_prior": False,
            "positivity": True,
            "additivity": False,
            "data_processing": True,
            "response_invariance": True,
            "stimulus_invariance": True,
        },
        source="van den Oord, Li, Vinyals (2018), arXiv:1807.03748",
    )
