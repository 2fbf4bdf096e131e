"""I_local of phi(X) in place of X, phi(x) = x + sin(x) / 2, bi-Lipschitz: as good by the axioms, and different."""

import numpy as np

import stiminfo as si
from stiminfo.models.warps import warp_stimuli


def warped(model):
    return warp_stimuli(model, lambda x: x + 0.5 * np.sin(x), lambda x: 1 + 0.5 * np.cos(x))


def warped_pair(pair):
    x = pair.stimuli
    return si.ResponsePair(x + 0.5 * np.sin(x), pair.prior, pair.likelihood)


MEASURE = si.Measure(
    "warped local",
    lambda model: si.i_local(warped(model)),
    conditional=lambda pair: si.i_local.conditional(warped_pair(pair)),
    featurewise=lambda model: si.i_local.featurewise(warped(model)),
    claims=dict(si.i_local.claims),
)
