"""Each identity and inequality of the proof that I_local is local (reports/site/pages/locality.md), and its rates.

The numbers come from a plain sum over atoms that shares no code with the package's quadrature.
"""

import numpy as np
import pytest
from scipy.integrate import quad

import stiminfo as si

SEEDS = range(40)
ROUNDING = 1e-11


class Posterior:
    """A law w of (X, R) with finitely many atoms, X in R^d, and an event, "in the ball"."""

    def __init__(self, weight, points, inside):
        self.w, self.x, self.inside = weight / weight.sum(), points, inside

    def given(self, chosen):
        """The law given that X is among the chosen atoms."""
        return Posterior(self.w * chosen[:, None], self.x, self.inside)

    @property
    def responses(self):
        return self.w.sum(axis=0)

    @property
    def mean(self):
        return self.w.sum(axis=1) @ self.x

    @property
    def means(self):
        """E[X|R], (K, d); 0 for a response that does not occur."""
        total = self.w.T @ self.x
        return np.divide(total, self.responses[:, None], out=np.zeros_like(total), where=self.responses[:, None] > 0)

    @property
    def told(self):
        """T(w), the trace of Cov E[X|R]."""
        return float(self.responses @ ((self.means - self.mean) ** 2).sum(axis=1))

    def moment(self, centre, power):
        return float(self.w.sum(axis=1) @ np.linalg.norm(self.x - centre, axis=1) ** power)


def random_posterior(seed, d=2):
    """Weights over many orders of magnitude; the ball holds from nearly none to nearly all of the mass."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(7, d)) * 10 ** rng.uniform(-1, 1.5, size=(7, 1))
    inside = np.arange(7) < rng.integers(1, 4)
    points[inside] = rng.uniform(-1, 1, size=(int(inside.sum()), d)) / np.sqrt(d)
    weight = rng.dirichlet(0.3 * np.ones(4), size=7) * 10 ** rng.uniform(-4, 0, size=(7, 1))
    weight[inside] *= 10 ** rng.uniform(-3, 3)
    return Posterior(weight, points, inside)


def most_lost(m, fourth, a):
    """The lemma's bound on F."""
    return ((m * (1 - m) * fourth / 4) ** 0.25 + (m * (1 - m)) ** 0.5 * a) ** 2


@pytest.mark.parametrize("seed", SEEDS)
def test_the_lemma_on_balls(seed):
    w = random_posterior(seed)
    out, within = w.given(~w.inside), w.given(w.inside)
    m = float(w.w[w.inside].sum())
    a = float(np.linalg.norm(w.x[w.inside] - out.mean, axis=1).max())
    second, fourth = out.moment(out.mean, 2), out.moment(out.mean, 4)
    # The variance of E[X|R, in or out], split by the ball, and what not knowing "in or out" loses.
    between = m * (1 - m) * float(((out.mean - within.mean) ** 2).sum())
    with_ball = (1 - m) * out.told + m * within.told + between
    share = w.w[w.inside].sum(axis=0) / w.responses
    lost = float(w.responses @ (share * (1 - share) * ((out.means - within.means) ** 2).sum(axis=1)))
    assert w.told == pytest.approx(with_ball - lost, rel=1e-9, abs=ROUNDING)
    assert -m * second - ROUNDING <= with_ball - out.told <= m * a**2 + ROUNDING
    assert lost <= most_lost(m, fourth, a) * (1 + 1e-9)
    change = abs(w.told - out.told)
    assert change <= max(m * a**2, m * second + lost) * (1 + 1e-9) + ROUNDING
    assert change <= ((m * fourth) ** 0.5 + m * second + 2 * m * a**2) * (1 + 1e-9)
    # As Theorem B uses it.
    far = float((out.responses * share) @ np.array([squared(out, k) for k in range(4)]))
    size = float(np.linalg.norm(w.x[w.inside], axis=1).max())
    bound = 4 * size**2 * m + 3 * m * out.moment(0.0, 2) + 2 * far
    assert change <= bound * (1 + 1e-9)


def squared(law, k):
    """E[|X|^2 | R = k]."""
    column = law.w[:, k]
    return float(column @ (law.x**2).sum(axis=1) / column.sum())


def test_the_bound_on_what_is_lost_is_attained():
    u = 0.01
    m = 2 * u / (1 + 2 * u)
    weight = np.array([[u, 0, 0], [0, 1 - 2 * u, 0], [0, 0, u], [0, 0, 0]]) * (1 - m)
    weight[3] = m / 2, 0, m / 2
    w = Posterior(weight, np.array([[-1.0], [0.0], [1.0], [0.0]]), np.arange(4) == 3)
    assert w.given(~w.inside).told == pytest.approx(2 * u)
    with_ball = (1 - m) * 2 * u
    assert with_ball - w.told == pytest.approx(most_lost(m, 2 * u, 0.0))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_posterior_is_nearer_than_the_prior_and_forgets_the_ball(seed):
    rng = np.random.default_rng(seed)
    eps, count = 0.2, 1 if seed % 2 else 20
    x = rng.normal(size=(count, 2)) * 5
    far = np.argmax(np.linalg.norm(x, axis=1))
    direction = x[far] / np.linalg.norm(x[far])
    if seed % 2:  # as little as may be is seen: one stimulus just beyond 3 eps
        x = 3.001 * eps * direction[None]
    x = np.concatenate([[eps * direction], x])
    prior = rng.dirichlet(np.ones(len(x)))
    xi = direction * 10 ** rng.uniform(1, 4)
    g = np.linalg.norm(xi) * 10 ** rng.uniform(-1.5, 2)
    far = np.linalg.norm(x - xi, axis=1)
    log = np.log(prior) - far**2 / (2 * g)
    w = np.exp(log - log.max())
    w /= w.sum()
    for k in (1, 2, 4):
        assert w @ far**k <= prior @ far**k * (1 + 1e-9)
    seen = x @ xi / np.linalg.norm(xi) > 3 * eps
    reach, c = np.linalg.norm(x[seen], axis=1).max(), prior[seen].sum()
    if np.linalg.norm(xi) >= reach**2 / eps:
        assert 0 < w[0] <= np.exp(-1.5 * eps * np.linalg.norm(xi) / g) / c * (1 + 1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_entropy_bound_of_theorem_b(seed):
    rng = np.random.default_rng(seed)
    y = np.sort(np.append(rng.uniform(-6, 12, size=14), [0.0, 0.3]))
    inside = np.abs(y) <= 0.5
    joint = rng.dirichlet(0.5 * np.ones(3), size=16) * np.exp(-np.abs(y) - rng.uniform(0, 3, size=16))[:, None]
    size, z = 20.0, rng.normal()

    def at(t):
        energy = t * (y - y**2 / (2 * size)) + (t / size) ** 0.5 * z * y
        mass = joint * np.exp(energy)[:, None]
        ball, rest = mass[inside].sum(axis=0), mass[~inside].sum(axis=0)
        whole = (ball + rest).sum()
        m = ball.sum() / whole
        lapse = ball / whole * np.log((ball + rest) / ball)
        return mass, ball, rest, whole, m, lapse.sum(), m * (1 - np.log(m))

    t, h = rng.uniform(0.3, 3), 1e-5
    mass, ball, rest, whole, m, lapse, _entropy = at(t)
    before, after = at(t - h), at(t + h)
    assert -ROUNDING <= lapse <= m * np.log(1 / m) + ROUNDING
    slope = [(b - a) / (2 * h) for a, b in zip(before, after)]
    v = y - y**2 / (2 * size) + 0.5 * z * y / (t * size) ** 0.5
    rise = (v[~inside, None] * mass[~inside]).sum(axis=0)  # O_r'
    assert slope[2] == pytest.approx(rise, rel=1e-6, abs=1e-6)
    held = np.abs(v[inside]).max()
    growth = slope[3] / whole
    constant = max(held, -growth)
    left = float((ball / whole) @ (rise / (ball + rest)))
    shares = (after[1] / after[3] - before[1] / before[3]) / (2 * h)
    held_back = slope[1] / whole @ (rest / (ball + rest))
    assert left == pytest.approx(slope[5] - shares @ np.log((ball + rest) / ball) + held_back, rel=1e-6, abs=1e-6)
    assert -shares @ np.log((ball + rest) / ball) <= -slope[6] + (constant + held) * m * np.log(1 / m) + 1e-6
    right = slope[5] - slope[6] + (constant + held) * m * np.log(1 / m) + 2 * held * m
    assert left <= right + 1e-6
    # Lost masses n_r turn O_r' into an integral over the points that rise, which is not negative.
    falls = (np.maximum(-v[~inside, None], 0) * mass[~inside]).sum(axis=0)
    assert (rise + falls >= -ROUNDING).all()


# -- the two theorems at work: stimuli on a line, R = 1[X > 1] against the same with R = 1 in the ball too ------------


def told(xi, g, y, log_prior, ones):
    """T at noisy stimuli xi with levels g, for a response that is 1 at the stimuli `ones` and 0 at others."""
    energy = log_prior - (xi[..., None] - y) ** 2 / (2 * g[..., None])
    w = np.exp(energy - energy.max(axis=-1, keepdims=True))
    w /= w.sum(axis=-1, keepdims=True)
    apart = y - (w @ y)[..., None]
    total = 0.0
    for row in (ones, 1.0 - ones):
        mass, moment = w @ row, (w * apart) @ row
        total = total + np.divide(moment**2, mass, out=np.zeros_like(mass), where=mass > 0)
    return total


def change(x, y, log_prior, ones, others, t, noise):
    """Delta(x) = 1/2 int E|J - J~|(x + sqrt(g) Z) dg over the levels g = x / t; t a geometric sequence."""
    weight = np.exp(-(noise**2) / 2)
    g, z = np.meshgrid(x / t, noise, indexing="ij")
    xi = x + np.sqrt(g) * z
    apart = told(xi, g, y, log_prior, ones) - told(xi, g, y, log_prior, others)
    return float((np.abs(apart) / (2 * g) @ weight).sum() / weight.sum() * np.log(t[1] / t[0]))


LEVELS, NOISE = np.geomspace(1e-3, 40, 160), np.linspace(-6, 6, 41)


def on_a_lattice(x, log_density, step):
    y = np.arange(-2 * x, 2 * x + step / 2, step)
    ones = (y > 1.25).astype(float)
    return y, log_density(y), ones, np.where(np.abs(y) < 0.75, 1.0, ones)


def test_a_gaussian_prior_forgets_as_1_over_x():
    seen = np.array(
        [x * change(x, *on_a_lattice(x, lambda y: -(y**2) / 2, 0.5), LEVELS, NOISE) for x in (8, 16, 32, 64)]
    )
    assert (np.diff(seen) < 0).all()  # falls at least as fast as 1/x, towards 0.61/x
    assert seen[-1] == pytest.approx(0.6155, abs=2e-3)


def test_a_laplace_prior_forgets_as_log_x_over_x():
    sizes = np.array([16, 32, 64, 128])
    seen = np.array([x * change(x, *on_a_lattice(x, lambda y: -np.abs(y), 1.0), LEVELS, NOISE) for x in sizes])
    assert (np.diff(seen) > 0.05).all()  # slower than 1/x ...
    assert (np.diff(seen / np.log(sizes)) < 0).all()  # ... and no slower than (log x)/x
    assert np.diff(seen) == pytest.approx(np.full(3, 0.14), abs=0.02)  # the same for each doubling


def test_lone_atoms_of_exponential_weight_forget_as_the_root_of_log_x_over_x():
    found = []
    for x in 2.0 ** np.arange(5, 14, 2):
        k = np.arange(1, int(np.log2(x)) + 4)
        y, log_prior = np.append(0.0, 2.0**k), np.append(0.0, -k * np.log(2) - 2.0**k)
        ones = (y > 1.5).astype(float)
        fine = np.geomspace(1e-3, 40, 600)
        found.append(change(x, y, log_prior, ones, np.where(y == 0, 1.0, ones), fine, NOISE))
    assert found == pytest.approx([0.0726, 0.0314, 0.0154, 0.0082, 0.0046], abs=6e-5)
    slopes = np.diff(np.log(found)) / np.log(4)
    assert (slopes < -0.35).all()
    assert slopes[-1] > -0.5


@pytest.mark.parametrize("before", [4.0, 8.0, 16.0])
def test_no_rate_holds_for_all_priors_of_the_class(before):
    """At x = y' y the change is about I(s) / (2 y' - 1), while y, and with it x, is as large as one likes."""
    y = 1e4
    x = before * y
    atoms = np.array([0.0, before, y, x])
    log_prior = np.array([0.0, -np.log(2) - before, -2 * np.log(2) - y, -(x**2)])
    levels = np.geomspace(0.8, 2, 30_001)
    found = change(x, atoms, log_prior, (atoms > 0) * 1.0, np.ones(4), levels, np.linspace(-4, 4, 9))
    s = np.exp(before / (2 * before - 1)) / 2  # weight of y' when y takes over, at t = 1 / (1 - 1 / 2y')
    expected = quad(lambda w: w / ((s + w) * (1 + s + w) ** 2), 0, np.inf)[0] / (2 * before - 1)
    assert found == pytest.approx(expected, rel=0.02)


def test_the_package_changes_by_no_more_than_the_bound():
    y, log_prior, ones, others = on_a_lattice(16, lambda y: -np.abs(y), 1.0)
    prior = np.exp(log_prior - log_prior.max())
    values = [si.i_local(si.EncodingModel(y, prior / prior.sum(), [row, 1 - row])) for row in (ones, others)]
    at = int(np.flatnonzero(y == 16)[0])
    apart = abs(values[0][at] - values[1][at])
    bound = change(16, y, log_prior, ones, others, np.geomspace(1e-7, 60, 400), NOISE)
    assert 0.5 * bound < apart <= bound + 1e-6
