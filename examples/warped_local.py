"""I_local of x + sin(x) / 2 in place of x: it satisfies the same axioms as I_local, and is a different measure.

The map has slopes between 1/2 and 3/2, so that it and its inverse keep neighbouring stimuli close. The warped measure
therefore satisfies each axiom that I_local satisfies: the axioms do not single out one measure.
"""

import numpy as np

import stiminfo as si
from stiminfo.models.warps import warp_stimuli


def warped(model: si.EncodingModel) -> si.EncodingModel:
    """The same model with x + sin(x) / 2 in place of x, for each feature by itself."""
    return warp_stimuli(model, lambda x: x + 0.5 * np.sin(x), lambda x: 1 + 0.5 * np.cos(x))


def warped_pair(pair: si.ResponsePair) -> si.ResponsePair:
    """The same for two responses."""
    x = pair.stimuli
    return si.ResponsePair(x + 0.5 * np.sin(x), pair.prior, pair.likelihood)


MEASURE = si.Measure(
    "warped local",
    lambda model: si.i_local(warped(model)),
    conditional=lambda pair: si.i_local.conditional(warped_pair(pair)),
    featurewise=lambda model: si.i_local.featurewise(warped(model)),
    claims=dict(si.i_local.claims),
    slow=True,
)
