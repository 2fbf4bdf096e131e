"""The axioms as the paper states them, and its remarks about them."""

from __future__ import annotations

from functools import cache

import numpy as np

from ....estimators import PUBLISHED, i_local
from ....models import EncodingModel, GaussianNoise, ResponsePair, encoding_model
from ....models.arrays import Array
from ....models.transforms import coarse_and_fine
from .claim import CONFIRMED, CORRECTED, REFUTED, Result, claim
from .joints import CLOSE, data_of, distance, xor_model
from .plane import fisher_matrices
from .table_one import verdict_of


@cache
def garblings() -> tuple[tuple[EncodingModel, np.ndarray], ...]:
    """Small models, each with a random garbling of its response."""
    rng = np.random.default_rng(11)
    found = []
    for _ in range(20):
        j, k, m = (int(n) for n in rng.integers(2, 6, 3))
        x = np.cumsum(rng.uniform(0.3, 1.5, j))
        model = EncodingModel(x, rng.dirichlet(np.ones(j)), rng.dirichlet(np.ones(k), j).T)
        found.append((model, rng.dirichlet(np.full(m, 0.5), k).T))
    return tuple(found)


@claim(
    "remark-1",
    "Remark 1",
    "Additivity and positivity imply the pointwise data processing inequality.",
    CORRECTED,
    "almost everywhere under p(x), and if I_{R'|R} averages to I(R';X|R), as Axiom 4 asks; on the whole support of the "
    "prior if I_{R'|R} is lower semicontinuous",
)
def remark_1() -> Result:
    rows = []
    for name in PUBLISHED:
        premise = all(verdict_of(name, axiom).verdict == "holds" for axiom in ("additivity", "positivity"))
        if premise:
            rows.append((name, verdict_of(name, "data_processing").verdict == "holds"))
    idle = 0.0
    for model, matrix in garblings():
        pair = coarse_and_fine(model, matrix)
        for name in ("i_surp", "i_local"):
            # R' is a garbling of R: given R it adds no information at any stimulus of positive probability.
            idle = max(idle, float(np.abs(PUBLISHED[name].conditional(pair.swapped)).max()))
    null = _null_point()
    return Result(
        not null and all(stands for _, stands in rows) and idle < CLOSE,
        f"{', '.join(name for name, _ in rows)} meet both, and data processing; I_R'|R is at most {idle:.1g} nats on "
        f"{len(garblings())} garblings. At a stimulus of probability 0 completeness sees nothing, and there the values "
        "h(R) = 0, h(R') = 1, h(R'|R) = 1, h(R|R') = 0, h(R,R') = 1 are additive, non-negative, and rise",
        null and len(rows) >= 3 and all(stands for _, stands in rows) and idle < CLOSE,
    )


def _null_point() -> bool:
    """Whether values exist at a stimulus of probability 0 that are additive and non-negative, yet rise."""
    fine, coarse, coarse_given_fine, fine_given_coarse, both = 0.0, 1.0, 1.0, 0.0, 1.0
    additive = fine + coarse_given_fine == both == coarse + fine_given_coarse
    return additive and min(fine, coarse, coarse_given_fine, fine_given_coarse, both) >= 0 and coarse > fine


@claim(
    "remark-2",
    "Remark 2",
    "Additivity and positivity also imply invariance under invertible maps of the response.",
    CORRECTED,
    "as Remark 1: almost everywhere under p(x), or on the support if I_{R'|R} is lower semicontinuous",
)
def remark_2() -> Result:
    rows = {name: verdict_of(name, "response_invariance") for name in ("fisher", "i_surp", "i_local", "i_kong1")}
    worst = 0.0
    for model, _ in garblings():
        order = np.random.default_rng(len(model.prior)).permutation(len(model.likelihood))
        mapped = model.replace(likelihood=model.likelihood[order], response_volumes=model.response_volumes[order])
        for name in ("i_surp", "i_local"):
            worst = max(worst, distance(PUBLISHED[name](mapped), PUBLISHED[name](model)))
    sound = all(one.verdict == "holds" for one in rows.values()) and worst < CLOSE
    return Result(
        sound and not _null_point(),
        f"{', '.join(rows)}: unchanged (largest change {worst:.1g} nats); as for Remark 1, nothing binds a measure at "
        "stimuli of probability 0",
        sound,
    )


@claim(
    "axiom-5",
    "Axiom 5",
    "A feature that is independent of the response has I_i(x) = 0.",
    CORRECTED,
    "one that is independent of the response and of the other features jointly",
)
def axiom_5() -> Result:
    model = xor_model()
    parts = i_local.featurewise(model)
    alone = second_feature_alone(model).mutual_information()
    return Result(
        float(parts.max()) < CLOSE,
        f"XOR: I(X_2;R) = {alone:.1g}, yet I_1 = I_2 = {parts[0, 1]:.5f} at every stimulus; both 0 would contradict "
        f"I(R;X) = {model.mutual_information():.5f}. Corrected: "
        f"{verdict_of('i_local', 'feature_insensitivity').message}",
        alone < 1e-12 and verdict_of("i_local", "feature_insensitivity").verdict == "holds",
        data_of(model),
    )


def second_feature_alone(model: EncodingModel) -> EncodingModel:
    """The model of the second feature, averaged over the first."""
    second = model.stimuli[:, 1]
    values = np.unique(second)
    prior = np.array([model.prior[second == v].sum() for v in values])
    table = np.stack([(model.likelihood * model.prior)[:, second == v].sum(axis=1) for v in values], axis=1) / prior
    return EncodingModel(values, prior, table)


def ignored_feature(correlation: float = 0.8, noise: float = 0.5) -> tuple[float, float]:
    """I_local of two correlated Gaussian features of variance 1, of which r = x_1 + noise sees the first only.

    Returns the part of the second feature and I(R;X), nats. ``1/2 int [C_g^-1 - C_{r,g}^-1]_ii dg`` over posterior
    covariances C of X + sqrt(g) Z is ``1/2 [log C - log C_r]_ii``, with matrix logarithms.
    """
    prior = np.array([[1.0, correlation], [correlation, 1.0]])
    after = prior - np.outer(prior[0], prior[0]) / (1 + noise**2)

    def log(matrix: Array) -> Array:
        values, vectors = np.linalg.eigh(matrix)
        return np.asarray((vectors * np.log(values)) @ vectors.T)

    parts = 0.5 * np.diag(log(prior) - log(after))
    return float(parts[1]), float(parts.sum())


@claim(
    "axiom-5-total",
    "Introduction; Axiom 5",
    "I_local gives nothing to features that do not contribute to the total information (read: that p(r|x) ignores).",
    CORRECTED,
    "if such a feature is independent of the others too; otherwise what they tell about it counts",
)
def ignored() -> Result:
    part, total = ignored_feature()
    alone, _ = ignored_feature(correlation=0.0)
    return Result(
        part < CLOSE,
        f"two Gaussian features with correlation 0.8, r = x_1 + N(0, 1/4): I_2 = {part:.3f} of {total:.3f} nats, "
        f"though p(r|x) ignores x_2; with correlation 0, I_2 = {alone:.1g}",
        alone < CLOSE,
    )


@claim(
    "axiom-4-average",
    "Beside Axiom 4",
    "The clause on averages in Axiom 4 excludes Fisher information, which has the tick for additivity in Table 1.",
    CONFIRMED,
    ours=True,
)
def axiom_4() -> Result:
    ratios = []
    for sd in (0.4, 0.8, 1.6):
        model = encoding_model(noise=GaussianNoise(sd), nodes=201)
        ratios.append(float(model.prior @ PUBLISHED["fisher"](model)) / model.mutual_information())
    verdict = verdict_of("fisher", "additivity").verdict
    return Result(
        max(ratios) / min(ratios) > 1.1 and verdict == "holds",
        f"Fisher information: additivity {verdict}, but E_X[J(x)] / I(R;X) is "
        + ", ".join(f"{ratio:.2f}" for ratio in ratios)
        + " per squared unit for noise of sd 0.4, 0.8, 1.6, so that no unit makes its mean I(R;X)",
    )


@claim(
    "section-4-3-linear",
    "Section 4.3",
    "To be additive, a feature's share of I_local must be a linear combination of the integrals of J_jj.",
    REFUTED,
    "off-diagonal terms of J are additive too: 1/2 int E tr(W_i J) with matrices W_i that are positive semi-definite "
    "and sum to 1. The paper's conclusion, J_ii alone, survives: with Axiom 5 such W_i leave nothing else",
)
def not_linear() -> Result:
    stimuli = np.array([[0.0, 0.0], [1.0, 0.5], [-0.5, 1.0], [1.0, -1.0]])
    p, prior = np.array([0.9, 0.1, 0.8, 0.3]), np.full(4, 0.25)
    table, second = np.stack([p, 1 - p]), np.stack([[0.2, 0.7, 0.4, 0.6], [0.8, 0.3, 0.6, 0.4]])
    likelihood = table[:, None] * second[None]
    model = EncodingModel(stimuli, prior, table)
    one, mirrored = (
        in_order(ResponsePair(x, prior, likelihood), x) for x in (stimuli, stimuli * np.array([1.0, -1.0]))
    )
    axis = np.array([np.cos(0.5), np.sin(0.5)])
    weights = (np.outer(axis, axis), np.eye(2) - np.outer(axis, axis))
    shares = {name: [np.einsum("ab,jab->j", w, found) for w in weights] for name, found in one.items()}
    gap = max(distance(a + b, c) for a, b, c in zip(shares["first"], shares["given"], shares["both"]))
    exact = np.empty(4)
    exact[_order(stimuli, model.stimuli)] = i_local(model)
    total = distance(shares["first"][0] + shares["first"][1], exact)
    same = distance(one["first"][:, (0, 1), (0, 1)], mirrored["first"][:, (0, 1), (0, 1)])
    there = np.einsum("ab,jab->j", weights[0], mirrored["first"])
    at = int(np.abs(there - shares["first"][0]).argmax())
    return Result(
        abs(there - shares["first"][0])[at] < 1e-4 or gap > CLOSE,
        "W_1 = vv', W_2 = 1 - vv', v = (cos 0.5, sin 0.5), four stimuli in the plane: shares of two responses add up "
        f"to {gap:.1g} nats, both shares to I_local (to {total:.1g}), the least is "
        f"{min(map(np.min, shares['first'])):.3f}; mirroring x_2 keeps every J_jj (to {same:.1g}) and changes I_1 at "
        f"({stimuli[at, 0]:g}, {stimuli[at, 1]:g}) from {shares['first'][0][at]:.3f} to {there[at]:.3f} nats",
        None,
        data_of(model),
    )


def _order(x: Array, sorted_x: Array) -> list[int]:
    """For each row of `sorted_x`, its row in x."""
    return [int(np.flatnonzero((x == row).all(axis=1))[0]) for row in sorted_x]


def in_order(pair: ResponsePair, x: Array) -> dict[str, Array]:
    """The Fisher matrices of a pair in the order of the stimuli x (J, 2) that it was made of."""
    place = np.argsort(_order(x, pair.stimuli))
    return {name: found[place] for name, found in fisher_matrices(pair).items()}
