"""The axioms as the paper states them, and its remarks about them."""

from __future__ import annotations

from functools import cache

import numpy as np

from ....estimators import PUBLISHED, i_cissi, i_local, i_surp
from ....estimators.relatives import RELATIVES
from ....models import EncodingModel, GaussianNoise, ResponsePair, encoding_model
from ....models.transforms import coarse_and_fine, merge_responses, merging_matrix
from .claim import CORRECTED, REFUTED, Result, claim
from .joints import CLOSE, data_of, distance, xor_model
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
    "almost everywhere under p(x)",
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
    "almost everywhere under p(x)",
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
    "cissi-conditional",
    "Table 1, section 3",
    "Some non-negative conditional makes I_CiSSI additive.",
    REFUTED,
    "none does: it breaks data processing, which Remark 1 would forbid",
)
def cissi_merge() -> Result:
    model = EncodingModel([0.0, 1.0], [0.25, 0.75], [[0.25, 0.25], [0.75, 0.0], [0.0, 0.75]])
    merged = merge_responses(model, [0, 0, 1])
    before, after = i_cissi(model), i_cissi(merged)
    fall = i_surp(merged) - i_surp(model)
    pair = coarse_and_fine(model, merging_matrix([0, 0, 1]))
    # The only conditional that would make it additive, for the merged response first and then the response itself.
    needed = i_cissi(pair.both) - after
    return Result(
        bool((after <= before + 1e-9).all()) and bool((needed >= -1e-9).all()),
        f"merging responses 0 and 1 raises I_CiSSI(x2) from {before[1]:.5f} to {after[1]:.5f} nats while I_surp "
        f"changes by {fall[0]:+.3f} and {fall[1]:+.3f}; a conditional that makes it additive would be "
        f"{needed.min():.5f} there",
        None,
        data_of(model),
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


@claim(
    "axiom-4-average",
    "Axiom 4",
    "The clause on averages in Axiom 4 agrees with the ticks of Table 1.",
    CORRECTED,
    "it excludes Fisher information, which has the tick for additivity",
)
def axiom_4() -> Result:
    ratios = []
    for sd in (0.4, 0.8, 1.6):
        model = encoding_model(noise=GaussianNoise(sd), nodes=201)
        ratios.append(float(model.prior @ PUBLISHED["fisher"](model)) / model.mutual_information())
    verdict = verdict_of("fisher", "additivity").verdict
    return Result(
        max(ratios) / min(ratios) < 1 + 1e-6,
        f"Fisher information: additivity {verdict}, but E_X[J(x)] / I(R;X) is "
        + ", ".join(f"{ratio:.2f}" for ratio in ratios)
        + " per squared unit for noise of sd 0.4, 0.8, 1.6: with the clause it would not have the tick of Table 1",
        verdict == "holds",
    )


@claim(
    "section-4-3-linear",
    "Section 4.3",
    "An additive measure is linear in the Fisher information J_jj.",
    REFUTED,
    "it does not follow: off-diagonal terms of J are additive too",
)
def not_linear() -> Result:
    corners = np.array([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)])
    p = np.array([0.1, 0.5, 0.5, 0.9])  # along one diagonal
    prior, table = np.full(4, 0.25), np.stack([p, 1 - p])
    model = EncodingModel(corners, prior, table)
    mirrored = EncodingModel(corners * [1, -1], prior, table)
    second = np.stack([[0.2, 0.7, 0.4, 0.6], [0.8, 0.3, 0.6, 0.4]])
    pair = ResponsePair(corners, prior, table[:, None] * second[None])
    copy = RELATIVES["correlated noise"]
    gap = distance(copy(pair.first) + copy.conditional(pair), copy(pair.both))
    # Mirroring keeps every J_jj(xg) at the mirrored places and changes the sign of J_12.
    back = np.lexsort((-mirrored.stimuli[:, 1], mirrored.stimuli[:, 0]))
    order = np.lexsort((model.stimuli[:, 1], model.stimuli[:, 0]))
    same = distance(i_local.featurewise(mirrored)[back], i_local.featurewise(model)[order])
    apart = distance(copy(mirrored)[back], copy(model)[order])
    return Result(
        apart < CLOSE or gap > CLOSE,
        f"with correlated noise in the place of isotropic noise the measure is additive (off by {gap:.1g} nats); "
        f"mirroring one feature of a two-feature model keeps every J_jj (I_i changes by {same:.1g}) and changes it by "
        f"{apart:.3f} nats",
        None,
        data_of(model),
    )
