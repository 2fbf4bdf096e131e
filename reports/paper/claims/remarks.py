"""The axioms as the paper states them, its remarks, and what it says of uniqueness."""

from __future__ import annotations

from functools import cache

import numpy as np

from ....axioms.auditing.audit import audit
from ....estimators import PUBLISHED, i_cissi, i_kong1, i_kong2, i_local, i_sp, i_ssi, i_surp
from ....estimators.relatives import RELATIVES
from ....models import EncodingModel, GaussianNoise, ResponsePair, StudentT, encoding_model
from ....models.transforms import coarse_and_fine, garble, merge_responses, merging_matrix, stretch_responses
from ....models.warps import relocate_stimuli
from .claim import CONFIRMED, CORRECTED, REFUTED, Claim, Result
from .equations import xor_model
from .table_one import verdict_of

_CLOSE = 1e-6


def _data(model: EncodingModel) -> dict[str, object]:
    return {
        "stimuli": model.stimuli.tolist(),
        "prior": model.prior.tolist(),
        "likelihood": model.likelihood.tolist(),
    }


@cache
def shared_response() -> EncodingModel:
    """W1: two stimuli that share one response and have one each of their own."""
    return EncodingModel([0.0, 1.0], [0.5, 0.5], [[0.5, 0.5], [0.5, 0.0], [0.0, 0.5]])


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


def remark_1() -> Result:
    """Additivity and positivity imply data processing: on measures, and step by step."""
    rows = []
    for name in PUBLISHED:
        premise = all(verdict_of(name, axiom).verdict == "holds" for axiom in ("additivity", "positivity"))
        if premise:
            rows.append((name, verdict_of(name, "data_processing").verdict == "holds"))
    idle = 0.0
    for model, matrix in garblings():
        pair = coarse_and_fine(model, matrix)
        for name in ("i_surp", "i_local"):
            # R' is a garbling of R: given R it tells nothing, at any stimulus of positive probability.
            idle = max(idle, float(np.abs(PUBLISHED[name].conditional(pair.swapped)).max()))
    null = _null_point()
    return Result(
        not null and all(stands for _, stands in rows) and idle < _CLOSE,
        f"{', '.join(name for name, _ in rows)} have both, and data processing; I_R'|R is at most {idle:.1g} nats on "
        f"{len(garblings())} garblings. At a stimulus of probability 0 completeness sees nothing, and there the values "
        "h(R) = 0, h(R') = 1, h(R'|R) = 1, h(R|R') = 0, h(R,R') = 1 are additive, non-negative, and rise",
        null and len(rows) >= 3 and all(stands for _, stands in rows) and idle < _CLOSE,
    )


def _null_point() -> bool:
    """Whether some values at a stimulus of probability 0 are additive in both orders, non-negative, and rise."""
    fine, coarse, coarse_given_fine, fine_given_coarse, both = 0.0, 1.0, 1.0, 0.0, 1.0
    additive = fine + coarse_given_fine == both == coarse + fine_given_coarse
    return additive and min(fine, coarse, coarse_given_fine, fine_given_coarse, both) >= 0 and coarse > fine


def remark_2() -> Result:
    """Invertible maps of the response."""
    rows = {name: verdict_of(name, "response_invariance") for name in ("fisher", "i_surp", "i_local", "i_kong1")}
    worst = 0.0
    for model, _ in garblings():
        order = np.random.default_rng(len(model.prior)).permutation(len(model.likelihood))
        mapped = model.replace(likelihood=model.likelihood[order], response_volumes=model.response_volumes[order])
        for name in ("i_surp", "i_local"):
            worst = max(worst, float(np.abs(PUBLISHED[name](mapped) - PUBLISHED[name](model)).max()))
    sound = all(one.verdict == "holds" for one in rows.values()) and worst < _CLOSE
    return Result(
        sound and not _null_point(),
        f"{', '.join(rows)}: unchanged (largest change {worst:.1g} nats); as for Remark 1, nothing binds a measure at "
        "stimuli of probability 0",
        sound,
    )


def axiom_5() -> Result:
    """XOR: each feature alone is independent of the response."""
    model = xor_model()
    parts = i_local.featurewise(model)
    alone = second_feature_alone(model).mutual_information()
    return Result(
        float(parts.max()) < _CLOSE,
        f"XOR: I(X_2;R) = {alone:.1g}, yet I_1 = I_2 = {parts[0, 1]:.5f} at every stimulus; both 0 would contradict "
        f"I(R;X) = {model.mutual_information():.5f}. Corrected: "
        f"{verdict_of('i_local', 'feature_insensitivity').message}",
        alone < 1e-12 and verdict_of("i_local", "feature_insensitivity").verdict == "holds",
        _data(model),
    )


def second_feature_alone(model: EncodingModel) -> EncodingModel:
    """The model of the second feature alone."""
    second = model.stimuli[:, 1]
    values = np.unique(second)
    prior = np.array([model.prior[second == v].sum() for v in values])
    table = np.stack([(model.likelihood * model.prior)[:, second == v].sum(axis=1) for v in values], axis=1) / prior
    return EncodingModel(values, prior, table)


def axiom_4() -> Result:
    """The clause of Axiom 4 on averages."""
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


def not_linear() -> Result:
    """Section 4.3: an additive measure that is no function of the diagonal of J."""
    corners = np.array([[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)])
    p = np.array([0.1, 0.5, 0.5, 0.9])  # along one diagonal
    prior, table = np.full(4, 0.25), np.stack([p, 1 - p])
    model = EncodingModel(corners, prior, table)
    mirrored = EncodingModel(corners * [1, -1], prior, table)
    second = np.stack([[0.2, 0.7, 0.4, 0.6], [0.8, 0.3, 0.6, 0.4]])
    pair = ResponsePair(corners, prior, table[:, None] * second[None])
    copy = RELATIVES["correlated noise"]
    gap = float(np.abs(copy(pair.first) + copy.conditional(pair) - copy(pair.both)).max())
    # The mirror keeps every J_jj(xg) at mirrored places, and turns the sign of J_12.
    back = np.lexsort((-mirrored.stimuli[:, 1], mirrored.stimuli[:, 0]))
    order = np.lexsort((model.stimuli[:, 1], model.stimuli[:, 0]))
    same = float(np.abs(i_local.featurewise(mirrored)[back] - i_local.featurewise(model)[order]).max())
    apart = float(np.abs(copy(mirrored)[back] - copy(model)[order]).max())
    return Result(
        apart < _CLOSE or gap > _CLOSE,
        f"with correlated noise in the place of isotropic noise the measure is additive (off by {gap:.1g} nats); "
        f"mirroring one feature of a two-feature model keeps every J_jj (I_i changes by {same:.1g}) and changes it by "
        f"{apart:.3f} nats",
        None,
        _data(model),
    )


def kong2_processing() -> Result:
    """Kong2 under a merge."""
    model = shared_response()
    merged = merge_responses(model, [0, 0, 1])
    before, after = i_kong2(model), i_kong2(merged)
    pair = coarse_and_fine(model, merging_matrix([0, 0, 1]))
    gap = i_kong2(pair.first) + i_kong2.conditional(pair) - i_kong2(pair.both)
    return Result(
        bool((after <= before + _CLOSE).all()),
        f"merging two responses raises it at stimulus 1 from {before[1]:.5f} to {after[1]:.5f} nats; additivity is off "
        f"by {np.abs(gap).max():.4f}",
        None,
        _data(model),
    )


def cissi_merge() -> Result:
    """The witness against CiSSI's additivity."""
    model = EncodingModel([0.0, 1.0], [0.25, 0.75], [[0.25, 0.25], [0.75, 0.0], [0.0, 0.75]])
    merged = merge_responses(model, [0, 0, 1])
    before, after = i_cissi(model), i_cissi(merged)
    fall = i_surp(merged) - i_surp(model)
    pair = coarse_and_fine(model, merging_matrix([0, 0, 1]))
    # What a conditional would have to be for additivity, with the response as R and the merged one as R'.
    needed = i_cissi(pair.both) - after
    return Result(
        bool((after <= before + 1e-9).all()) and bool((needed >= -1e-9).all()),
        f"merging responses 0 and 1 raises I_CiSSI(x2) from {before[1]:.5f} to {after[1]:.5f} nats while I_surp "
        f"changes by {fall[0]:+.3f} and {fall[1]:+.3f}; a conditional that makes it additive would be "
        f"{needed.min():.5f} there",
        None,
        _data(model),
    )


def sp_stretched() -> Result:
    """I_sp under an invertible map of a continuous response."""
    model = EncodingModel([0.0, 1.0], [0.5, 0.5], [[1.0, 0.0], [0.0, 1.0]], response_volumes=[1.0, 2.0])
    stretched = stretch_responses(model, [2.0, 1.0])
    before, after = i_sp(model), i_sp(stretched)
    others = max(
        float(np.abs(PUBLISHED[name](stretched) - PUBLISHED[name](model)).max())
        for name in ("i_ssi", "i_surp", "i_local")
    )
    return Result(
        float(np.abs(after - before).max()) < _CLOSE,
        f"r uniform on [0, 1] or on [1, 3]; [0, 1] stretched to [0, 2]: I_sp from ({before[0]:.4f}, "
        f"{before[1]:.4f}) to ({after[0]:.4f}, {after[1]:.4f}) nats; I_SSI, I_surp and I_local change by "
        f"{others:.1g}. For discrete responses nothing changes",
        others < _CLOSE,
        _data(model),
    )


def not_unique() -> Result:
    """A warped copy of I_local against the paper's axioms."""
    three = EncodingModel([0.0, 1.0, 2.0], [1 / 3] * 3, [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    moved = relocate_stimuli(three, np.array([[0.0], [1.0], [3.0]]))
    change = i_local(moved)[1], i_local(three)[1]
    copy = RELATIVES["warped stimulus"]
    axioms = ("completeness", "locality", "positivity", "additivity", "feature_insensitivity")
    found = audit(copy, axioms=axioms, examples=10, isolate=False)
    holds = {axiom: verdict.verdict for axiom, verdict in found.verdicts.items()}
    apart = float(np.abs(copy(three) - i_local(three)).max())
    return Result(
        apart < 1e-3 or set(holds.values()) != {"holds"},
        f"0, 1, 2 -> 0, 1, 3 changes I_local at the middle from {change[1]:.4f} to {change[0]:.4f} nats; the copy on "
        f"x + tanh(2x)/2 differs by up to {apart:.3f}, and: " + ", ".join(f"{k} {v}" for k, v in holds.items()),
        None,
        _data(three),
    )


def invariant_pair() -> Result:
    """I_surp and I_CiSSI under maps of the stimulus."""
    three = EncodingModel([0.0, 1.0, 2.0], [1 / 3] * 3, [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    moved = relocate_stimuli(three, np.array([[0.0], [1.0], [3.0]]))
    worst = max(float(np.abs(measure(moved) - measure(three)).max()) for measure in (i_surp, i_cissi))
    verdicts = [verdict_of(name, "stimulus_invariance").verdict for name in ("i_surp", "i_cissi")]
    return Result(worst < 1e-12 and verdicts == ["holds", "holds"], f"changes of {worst:.1g} nats; audit: {verdicts}")


def heavy_tails() -> Result:
    """Locality of I_local with atoms at 0 and 10^n, weights 1/2, 1/4, ..., and with a Cauchy prior."""
    count = 12
    x = np.concatenate([[0.0], 10.0 ** np.arange(1, count)])
    prior = 0.5 ** np.arange(1, count + 1)
    prior[-1] *= 2
    table = np.zeros((2, count))
    table[1, 0], table[0, 1:] = 1, 1
    far = i_local(EncodingModel(x, prior, table))
    cauchy = StudentT(1.0)
    nodes, widths = cauchy.nodes(1201)
    mass = np.exp(cauchy.log_density(nodes)) * widths
    inside = np.abs(nodes) < 1
    model = EncodingModel(nodes, mass / mass.sum(), np.stack([~inside, inside]).astype(float), stimulus_volumes=widths)
    values = i_local(model)
    at = [float(np.interp(place, model.stimuli[:, 0], values)) for place in (65.0, 251.0, 1019.0)]
    light = verdict_of("i_local", "locality").verdict
    return Result(
        bool(far[-2] < 0.01),
        "R tells only whether x = 0; I_local at 10, 100, ...: "
        + " ".join(f"{value:.3f}" for value in far[1:-1])
        + "; X Cauchy, R = 1 where |x| < 1, I_local at 65, 251, 1019: "
        + " ".join(f"{value:.3f}" for value in at)
        + f" (limit 1 - ln 2 = {1 - np.log(2):.4f}). With light tails: {light}",
        light == "holds",
        {"stimuli": x.tolist(), "prior": prior.tolist(), "likelihood": table.tolist()},
    )


def influence_of_width() -> Result:
    """Appendix A, Eq. 15: at which noise level x0 begins to matter at x."""
    sd = 1.0
    onsets = []
    for place in (8.0, 16.0, 32.0):
        # Log weight of the ball around 0 against that of x's own neighbourhood under N(0, s^2) at xg = place.
        levels = np.geomspace(1e-2, 1e4, 2000)
        mean = place * sd**2 / (sd**2 + levels)
        spread = np.sqrt(levels * sd**2 / (sd**2 + levels))
        onsets.append(float(levels[np.argmax(mean - 3 * spread < 0.5)]))
    ratio = [level / place for level, place in zip(onsets, (8.0, 16.0, 32.0))]
    return Result(
        min(level / place**2 for level, place in zip(onsets, (8.0, 16.0, 32.0))) > 0.5,
        "with X ~ N(0, 1) the posterior of xg = D reaches x0 = 0 (to 3 sd) at g = "
        + ", ".join(f"{level:.1f}" for level in onsets)
        + f" for D = 8, 16, 32: of the order of s^2 D ({min(ratio):.2f} to {max(ratio):.2f} of it), far below D^2",
        max(ratio) < 2 and max(onsets) < 0.5 * 32**2,
    )


def kong1_features() -> Result:
    """Kong1 feature-wise: AND of two bits."""
    bits = EncodingModel([[0, 0], [0, 1], [1, 0], [1, 1]], [0.25] * 4, [[1, 1, 1, 0], [0, 0, 0, 1]])
    parts = i_kong1.featurewise(bits)[1]
    none = garble(bits, np.ones((1, 2)))
    return Result(
        float(parts.min()) >= -_CLOSE,
        f"AND of two bits, at (0, 1): {parts.min():.4f} nats of one feature; after the response is thrown away "
        f"{0.0 if none.mutual_information() < 1e-12 else float('nan'):.0f}, which is more. The sum is I_surp, "
        f"data processing {verdict_of('i_kong1', 'data_processing').verdict}",
        verdict_of("i_kong1", "data_processing").verdict == "holds",
        _data(bits),
    )


def ssi_negative() -> Result:
    """A published measure that is negative somewhere."""
    model = EncodingModel([0.0, 1.0], [0.25, 0.75], [[1.0, 1 / 3], [0.0, 2 / 3]])
    low = float(i_ssi(model)[0])
    return Result(
        low < 0, f"prior (1/4, 3/4), p(r0|x) = (1, 1/3): I_SSI = {low:.5f} nats at the first", None, _data(model)
    )


def bimodal_flat_ssi() -> Result:
    """With a flat prior I_SSI is I_CiSSI."""
    rng = np.random.default_rng(2)
    worst = 0.0
    for count in (2, 3, 5, 8):
        model = EncodingModel(np.arange(count), np.full(count, 1 / count), rng.dirichlet(np.ones(4), count).T)
        worst = max(worst, float(np.abs(i_ssi(model) - i_cissi(model)).max()))
    return Result(worst < 1e-12, f"largest difference {worst:.1g} nats")


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "remark-1",
        "Remark 1",
        "Additivity and positivity imply the pointwise data processing inequality.",
        CORRECTED,
        remark_1,
        "almost everywhere under p(x)",
    ),
    Claim(
        "remark-2",
        "Remark 2",
        "They also make a measure invariant under invertible maps of the response.",
        CORRECTED,
        remark_2,
        "almost everywhere under p(x)",
    ),
    Claim(
        "cissi-conditional",
        "Table 1, section 3",
        "Some non-negative conditional makes I_CiSSI additive.",
        REFUTED,
        cissi_merge,
        "none does: it breaks data processing, which Remark 1 would forbid",
    ),
    Claim(
        "axiom-5",
        "Axiom 5",
        "A feature that is independent of the response has I_i(x) = 0.",
        CORRECTED,
        axiom_5,
        "one that is independent of the response and of the other features jointly",
    ),
    Claim(
        "axiom-4-average",
        "Axiom 4",
        "The clause on averages fits every measure with a tick for additivity.",
        CORRECTED,
        axiom_4,
        "it excludes Fisher information, which has the tick",
    ),
    Claim(
        "section-4-3-linear",
        "Section 4.3",
        "An additive measure is linear in the Fisher information J_jj.",
        REFUTED,
        not_linear,
        "it does not follow: off-diagonal terms of J are additive too",
    ),
    Claim(
        "kong2-processing",
        "Appendix B",
        "Kong's second decomposition, positive, obeys data processing.",
        REFUTED,
        kong2_processing,
        "it breaks data processing as well as additivity",
    ),
    Claim(
        "sp-responses",
        "Section 3",
        "I_sp is unchanged by invertible maps of the response.",
        CORRECTED,
        sp_stretched,
        "of a discrete response",
    ),
    Claim(
        "unique",
        "Abstract, Discussion",
        "The axioms leave one measure.",
        REFUTED,
        not_unique,
        "a copy on a warped stimulus meets them all and differs (the paper leaves uniqueness open)",
    ),
    Claim(
        "surp-cissi-maps",
        "Section 3 (Kostal and D'Onofrio)",
        "I_surp and I_CiSSI are unchanged by invertible maps of the stimulus.",
        CONFIRMED,
        invariant_pair,
    ),
    Claim(
        "local-any-prior",
        "Axiom 2, Appendix A",
        "I_local is local whatever the prior.",
        CORRECTED,
        heavy_tails,
        "for priors with exponential or lighter tails",
    ),
    Claim(
        "eq-15",
        "Eq. 15, Appendix A",
        "Noise matters for a far change only once g is of the order of |x - x0|^2.",
        CORRECTED,
        influence_of_width,
        "with a N(0, s^2) prior from g of the order of s^2 |x - x0|",
    ),
    Claim(
        "kong1-features",
        "Eq. 18",
        "Kong's first decomposition splits into features that are shares of information.",
        CORRECTED,
        kong1_features,
        "its features may be negative and rise under garbling; only their sum is sound",
    ),
    Claim("ssi-negative", "Section 3", "I_SSI may be negative.", CONFIRMED, ssi_negative),
    Claim("ssi-cissi", "Section 3", "For a flat prior I_SSI and I_CiSSI agree.", CONFIRMED, bimodal_flat_ssi),
)
