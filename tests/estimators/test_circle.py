"""I_local and Kong's two on a circle: against the heat equation, and what a relative of I_local has to keep."""

from itertools import pairwise

import numpy as np
import pytest

import stiminfo as si
from stiminfo.estimators.relatives import RELATIVES
from stiminfo.models import ResponsePair

RNG = np.random.default_rng(5)
PHASES = np.array([16, 107, 190, 353, 490]) / 512
ANGLES = 360 * PHASES
PRIOR = np.array([0.3, 0.1, 0.2, 0.15, 0.25])
TABLE = RNG.dirichlet(np.ones(4), 5).T


def model(angles=ANGLES, geometry="circle:360", prior=PRIOR, table=TABLE):
    return si.EncodingModel(angles, prior, table, geometry=geometry)


def heat_kernel(g, nodes):
    """The heat kernel of the circle and its slope on a grid: a Fourier series, or a sum over turns where g is small."""
    if g > 0.01:
        waves = 2 * np.pi * np.arange(nodes // 2 + 1)
        decay = nodes * np.exp(-0.5 * waves**2 * g)
        return np.fft.irfft(decay, nodes), np.fft.irfft(1j * waves * decay, nodes)
    y = np.arange(nodes) / nodes - np.arange(-1, 3)[:, None]
    turns = np.exp(-0.5 * y**2 / g) / np.sqrt(2 * np.pi * g)
    return turns.sum(0), (-y / g * turns).sum(0)


def heat_equation(phases, prior, table, nodes=1024):
    """I_local and Kong's two, each (J,), by the heat equation on a grid of the circle; phases are multiples of 1/nodes.

    It shares nothing with the quadrature: nodes lie on a fixed grid, the levels are Gauss-Legendre.
    """
    places = np.rint(phases * nodes).astype(int)
    gap = np.diff(np.sort(np.append(phases, phases.min() + 1))).min()
    edges = np.linspace(np.log(gap**2 / 300), np.log(40 / (2 * np.pi) ** 2), 9)  # exp(-37) and exp(-40) are left
    roots, gauss = np.polynomial.legendre.leggauss(20)
    out = np.zeros((3, len(phases)))
    for low, high in pairwise(edges):
        for s, weight in zip(low + (high - low) * (roots + 1) / 2, gauss * (high - low) / 2):
            g = np.exp(s)
            kernel, slope = (np.stack([np.roll(one, j) for j in places], axis=1) for one in heat_kernel(g, nodes))
            kernel = np.maximum(kernel, 1e-200)
            joint, lean = kernel @ (prior * table).T, slope @ (prior * table).T
            density, rise = joint.sum(1, keepdims=True), lean.sum(1, keepdims=True)
            score = lean / joint - rise / density
            at_y = kernel / nodes * (g * weight / 2)
            out[0] += at_y.T @ (joint / density * score**2).sum(1)
            before = (slope / kernel - rise / density) ** 2
            for k in range(len(table)):
                after = (slope / kernel - (lean / joint)[:, k : k + 1]) ** 2
                out[1] += table[k] * (at_y * (before - after)).sum(0)
                out[2] += table[k] * (at_y * score[:, k : k + 1] ** 2).sum(0)
    return out


def test_against_the_heat_equation():
    local, kong1, kong2 = heat_equation(PHASES, PRIOR, TABLE)
    for measure, expected in ((si.i_local, local), (si.i_kong2, kong2)):
        assert measure(model()) == pytest.approx(expected, abs=1e-8)
        value, error = measure.evaluate(model(), "pointwise", "fine")
        assert value == pytest.approx(expected, abs=2e-10)
        assert error.max() < 1e-6
    # Kong's first is I_surp on the circle, too.
    assert si.i_surp(model()) == pytest.approx(kong1, abs=1e-9)
    assert np.array_equal(si.i_kong1(model()), si.i_surp(model()))
    assert np.array_equal(si.i_kong1.featurewise(model())[:, 0], si.i_surp(model()))


@pytest.mark.parametrize(("count", "responses"), [(2, 2), (3, 4), (9, 5), (60, 3)])
def test_complete(count, responses):
    rng = np.random.default_rng(count)
    angles, prior = rng.uniform(0, 360, count), rng.dirichlet(np.full(count, 5))
    one = model(angles, prior=prior, table=rng.dirichlet(np.ones(responses), count).T)
    for measure in (si.i_local, si.i_kong1, si.i_kong2):
        value, error = measure.with_error(one)
        assert one.prior @ value == pytest.approx(one.mutual_information(), abs=1e-8)
        assert (value >= 0).all()
        assert error.max() < 1e-4


def test_additive():
    """The chain rule, pointwise: I(R, R') = I(R) + I(R'|R)."""
    second = np.random.default_rng(6).dirichlet(np.ones(3), (5, 4)).transpose(1, 2, 0)  # depends on the first response
    pair = ResponsePair(ANGLES, PRIOR, TABLE[:, None] * second, geometry="circle:360")
    for measure in (si.i_local, si.i_kong1):
        assert measure(pair.both) == pytest.approx(measure(pair.first) + measure.conditional(pair), abs=1e-8)
    assert np.abs(si.i_kong2(pair.both) - si.i_kong2(pair.first) - si.i_kong2.conditional(pair)).max() > 1e-3


@pytest.mark.parametrize("measure", [si.i_local, si.i_kong2], ids=lambda m: m.name)
def test_neither_unit_nor_cut_nor_order_matters(measure):
    value = measure(model())
    assert measure(model(np.radians(ANGLES), "circle:2pi")) == pytest.approx(value, abs=1e-12)
    for cut in (-180.0, 5.0, 77.7, 1000.0):
        assert measure(model((ANGLES - cut) % 360)) == pytest.approx(value, abs=1e-12)
    assert measure(model(-ANGLES)) == pytest.approx(value, abs=1e-9)
    order = [3, 0, 4, 2, 1]
    assert measure(model().reordered(order)) == pytest.approx(value[order], abs=1e-12)
    # It is not the measure of the line: 340 and 10 degrees are neighbours.
    assert np.abs(measure(model(geometry="line")) - value).max() > 0.01


def test_a_small_arc_of_a_large_circle_is_a_line():
    line = si.i_local(model(geometry=None))
    apart = [np.abs(si.i_local(model(geometry=f"circle:{period}")) - line).max() for period in (3e3, 3e4)]
    assert apart[0] < 1e-4
    assert apart[1] < 2e-8


def test_symmetry_gives_equal_values():
    """Eight directions, each with its own response: all stimuli are alike; on a line the ends would differ."""
    table = 0.4 * np.eye(8) + 0.3 * np.roll(np.eye(8), 1, 0) + 0.3 * np.roll(np.eye(8), -1, 0)
    even = model(np.arange(8) * 45, prior=np.full(8, 1 / 8), table=table)
    assert si.i_local(even) == pytest.approx(np.full(8, even.mutual_information()), abs=1e-8)


def test_relatives_that_need_vectors_do_not_apply():
    with pytest.raises(si.NotApplicable, match="points of R"):
        RELATIVES["warped stimulus"](model())
    assert np.array_equal(RELATIVES["erasure"](model()), si.i_surp(model()))


def test_stimuli_nearly_at_one_angle():
    """Two stimuli at almost one angle are told apart by noise of that size: the integral reaches down to it."""
    close = model([10, 10 + 1e-7, 130, 250, 340])
    assert close.prior @ si.i_local(close) == pytest.approx(close.mutual_information(), abs=1e-8)
