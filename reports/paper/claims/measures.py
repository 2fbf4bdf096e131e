"""What the paper says about single measures, uniqueness, and locality under any prior."""

from __future__ import annotations

import numpy as np

from ....axioms.auditing.audit import audit
from ....estimators import PUBLISHED, i_cissi, i_kong1, i_kong2, i_local, i_sp, i_ssi, i_surp
from ....estimators.relatives import RELATIVES
from ....models import EncodingModel, StudentT
from ....models.transforms import coarse_and_fine, garble, merge_responses, merging_matrix, stretch_responses
from ....models.warps import relocate_stimuli
from .claim import CONFIRMED, CORRECTED, REFUTED, Result, claim
from .joints import CLOSE, and_model, data_of, distance, shared_response, three_stimuli
from .table_one import verdict_of


@claim(
    "kong2-processing",
    "Appendix B",
    "Kong's second decomposition, which is positive, obeys data processing.",
    REFUTED,
    "it breaks data processing as well as additivity",
)
def kong2_processing() -> Result:
    model = shared_response()
    merged = merge_responses(model, [0, 0, 1])
    before, after = i_kong2(model), i_kong2(merged)
    pair = coarse_and_fine(model, merging_matrix([0, 0, 1]))
    gap = i_kong2(pair.first) + i_kong2.conditional(pair) - i_kong2(pair.both)
    return Result(
        bool((after <= before + CLOSE).all()),
        f"merging two responses raises it at stimulus 1 from {before[1]:.5f} to {after[1]:.5f} nats; additivity is off "
        f"by {np.abs(gap).max():.4f}",
        None,
        data_of(model),
    )


@claim(
    "sp-responses",
    "Section 3",
    "I_sp is unchanged by invertible maps of the response.",
    CORRECTED,
    "of a discrete response",
)
def sp_stretched() -> Result:
    model = EncodingModel([0.0, 1.0], [0.5, 0.5], [[1.0, 0.0], [0.0, 1.0]], response_volumes=[1.0, 2.0])
    stretched = stretch_responses(model, [2.0, 1.0])
    before, after = i_sp(model), i_sp(stretched)
    others = max(
        distance(PUBLISHED[name](stretched), PUBLISHED[name](model)) for name in ("i_ssi", "i_surp", "i_local")
    )
    return Result(
        distance(after, before) < CLOSE,
        f"r uniform on [0, 1] or on [1, 3]; [0, 1] stretched to [0, 2]: I_sp from ({before[0]:.4f}, "
        f"{before[1]:.4f}) to ({after[0]:.4f}, {after[1]:.4f}) nats; I_SSI, I_surp and I_local change by "
        f"{others:.1g}. For discrete responses nothing changes",
        others < CLOSE,
        data_of(model),
    )


@claim(
    "unique",
    "Abstract, Discussion",
    "The axioms single out one measure.",
    REFUTED,
    "I_local of a warped stimulus meets them all and differs (the paper leaves uniqueness open)",
)
def not_unique() -> Result:
    three = three_stimuli()
    moved = relocate_stimuli(three, np.array([[0.0], [1.0], [3.0]]))
    change = i_local(moved)[1], i_local(three)[1]
    copy = RELATIVES["warped stimulus"]
    axioms = ("completeness", "locality", "positivity", "additivity", "feature_insensitivity")
    found = audit(copy, axioms=axioms, examples=10, isolate=False)
    holds = {axiom: verdict.verdict for axiom, verdict in found.verdicts.items()}
    apart = distance(copy(three), i_local(three))
    return Result(
        apart < 1e-3 or set(holds.values()) != {"holds"},
        f"0, 1, 2 -> 0, 1, 3 changes I_local at the middle from {change[1]:.4f} to {change[0]:.4f} nats; I_local of "
        f"x + tanh(2x)/2 differs from it by up to {apart:.3f}; its verdicts: "
        + ", ".join(f"{k} {v}" for k, v in holds.items()),
        None,
        data_of(three),
    )


@claim(
    "surp-cissi-maps",
    "Section 3 (Kostal and D'Onofrio)",
    "I_surp and I_CiSSI are unchanged by invertible maps of the stimulus.",
    CONFIRMED,
)
def invariant_pair() -> Result:
    three = three_stimuli()
    moved = relocate_stimuli(three, np.array([[0.0], [1.0], [3.0]]))
    worst = max(distance(measure(moved), measure(three)) for measure in (i_surp, i_cissi))
    verdicts = [verdict_of(name, "stimulus_invariance").verdict for name in ("i_surp", "i_cissi")]
    return Result(worst < 1e-12 and verdicts == ["holds", "holds"], f"changes of {worst:.1g} nats; audit: {verdicts}")


@claim(
    "local-any-prior",
    "Axiom 2, Appendix A",
    "I_local is local whatever the prior.",
    CORRECTED,
    "for priors with exponential or lighter tails",
)
def heavy_tails() -> Result:
    """I_local of stimuli 0 and 10^n with probabilities 1/2, 1/4, ..., and under a Cauchy prior."""
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


@claim(
    "eq-15",
    "Eq. 15, Appendix A",
    "A change at x0 reaches I_local(x) only through noise levels g of the order of |x - x0|^2 or more.",
    CORRECTED,
    "under a N(0, s^2) prior, through levels from the order of s^2 |x - x0| on",
)
def influence_of_width() -> Result:
    places = (8.0, 16.0, 32.0)
    levels = np.geomspace(1e-2, 1e4, 2000)
    onsets = []
    for place in places:
        # The posterior of X ~ N(0, 1) at xg = place.
        mean, sd = place / (1 + levels), np.sqrt(levels / (1 + levels))
        onsets.append(float(levels[np.argmax(mean - 3 * sd < 0.5)]))
    ratio = [level / place for level, place in zip(onsets, places)]
    return Result(
        min(level / place**2 for level, place in zip(onsets, places)) > 0.5,
        "with X ~ N(0, 1) the posterior of xg = D reaches x0 = 0 (to 3 sd) at g = "
        + ", ".join(f"{level:.1f}" for level in onsets)
        + f" for D = 8, 16, 32: of the order of s^2 D ({min(ratio):.2f} to {max(ratio):.2f} of it), far below D^2",
        max(ratio) < 2 and max(onsets) < 0.5 * 32**2,
    )


@claim(
    "kong1-features",
    "Eq. 18",
    "Kong's first decomposition splits into features that are shares of information.",
    CORRECTED,
    "its features may be negative and rise under garbling; only their sum is sound",
)
def kong1_features() -> Result:
    bits = and_model()
    parts = i_kong1.featurewise(bits)[1]
    none = garble(bits, np.ones((1, 2)))
    return Result(
        float(parts.min()) >= -CLOSE,
        f"AND of two bits, at (0, 1): {parts.min():.4f} nats of one feature; after the response is thrown away "
        f"{abs(none.mutual_information()):.0f}, which is more. The sum is I_surp, "
        f"data processing {verdict_of('i_kong1', 'data_processing').verdict}",
        verdict_of("i_kong1", "data_processing").verdict == "holds",
        data_of(bits),
    )


@claim("ssi-negative", "Section 3", "I_SSI may be negative.", CONFIRMED)
def ssi_negative() -> Result:
    model = EncodingModel([0.0, 1.0], [0.25, 0.75], [[1.0, 1 / 3], [0.0, 2 / 3]])
    low = float(i_ssi(model)[0])
    return Result(
        low < 0, f"prior (1/4, 3/4), p(r0|x) = (1, 1/3): I_SSI = {low:.5f} nats at the first", None, data_of(model)
    )


@claim("ssi-cissi", "Section 3", "For a flat prior I_SSI and I_CiSSI agree.", CONFIRMED)
def bimodal_flat_ssi() -> Result:
    rng = np.random.default_rng(2)
    worst = 0.0
    for count in (2, 3, 5, 8):
        model = EncodingModel(np.arange(count), np.full(count, 1 / count), rng.dirichlet(np.ones(4), count).T)
        worst = max(worst, distance(i_ssi(model), i_cissi(model)))
    return Result(worst < 1e-12, f"largest difference {worst:.1g} nats")
