"""The known exception to i_kong2's locality: responses are unbounded, and a change inside |x| < 1 is felt far out."""

import numpy as np
import pytest

import stiminfo as si


def model(tilted, step=0.05, reach=17.0):
    x = np.arange(-5, reach, step)
    log_prior = -0.5 * x * x
    tilt = 2 * x * np.clip(1 - x * x, 0, None) ** 3 if tilted else 0 * x
    prior = np.exp(log_prior) * (1 + tilt)
    r = np.arange(-7, reach + 3, 0.125)
    inner = np.abs(x) < 1
    mean, variance = np.where(inner, 1.0, x), np.where(inner, 1.25, 0.25)
    table = np.exp(-0.5 * (r[:, None] - mean) ** 2 / variance)
    return si.EncodingModel(x, prior / prior.sum(), table / table.sum(axis=0))


@pytest.mark.slow
def test_the_change_grows_with_distance():
    tilted, plain = model(True), model(False)
    x = plain.stimuli[:, 0]
    at = {d: np.argmin(np.abs(x - d)) for d in (4, 8, 16)}
    change = si.i_kong2(tilted) - si.i_kong2(plain)
    # As the lattice is refined these tend to -0.014, -0.032 and -0.046.
    assert change[at[16]] < 1.3 * change[at[8]] < 2.5 * change[at[4]] < -0.02
    local = si.i_local(tilted) - si.i_local(plain)
    assert abs(local[at[16]]) < 0.01 * abs(change[at[16]])
