"""Statements of ours beside the paper: uniqueness, heavy tails, and properties of single measures."""

from __future__ import annotations

import numpy as np

from ....axioms.auditing.audit import audit
from ....estimators import PUBLISHED, Measure, i_cissi, i_kong2, i_local, i_sp, i_ssi, i_surp
from ....estimators.relatives import RELATIVES
from ....models import EncodingModel, StudentT
from ....models.transforms import coarse_and_fine, merge_responses, merging_matrix, permute_responses, stretch_responses
from ....models.warps import relocate_stimuli
from .appendix_a import seen_from_afar
from .claim import CONFIRMED, Result, claim
from .joints import CLOSE, data_of, distance, shared_response, three_stimuli
from .table_one import verdict_of


@claim(
    "kong2-processing",
    "Beside Appendix B",
    "Kong's second decomposition breaks data processing too.",
    CONFIRMED,
    ours=True,
)
def kong2_processing() -> Result:
    model = shared_response()
    merged = merge_responses(model, [0, 0, 1])
    before, after = i_kong2(model), i_kong2(merged)
    pair = coarse_and_fine(model, merging_matrix([0, 0, 1]))
    gap = i_kong2(pair.first) + i_kong2.conditional(pair) - i_kong2(pair.both)
    return Result(
        bool((after > before + 0.01).any()) and bool(np.abs(gap).max() > 0.01),
        f"merging two responses raises it at stimulus 1 from {before[1]:.5f} to {after[1]:.5f} nats; additivity is off "
        f"by {np.abs(gap).max():.4f}",
        None,
        data_of(model),
    )


@claim(
    "sp-responses",
    "Beside Remark 2",
    "I_sp is unchanged by invertible maps of a discrete response, but not of a continuous one.",
    CONFIRMED,
    ours=True,
)
def sp_stretched() -> Result:
    model = EncodingModel([0.0, 1.0], [0.5, 0.5], [[1.0, 0.0], [0.0, 1.0]], response_volumes=[1.0, 2.0])
    stretched = stretch_responses(model, [2.0, 1.0])
    before, after = i_sp(model), i_sp(stretched)
    others = max(
        distance(PUBLISHED[name](stretched), PUBLISHED[name](model)) for name in ("i_ssi", "i_surp", "i_local")
    )
    discrete = EncodingModel([0.0, 1.0], [0.4, 0.6], [[0.7, 0.1], [0.2, 0.3], [0.1, 0.6]])
    kept = distance(i_sp(permute_responses(discrete, [2, 0, 1])), i_sp(discrete))
    return Result(
        distance(after, before) > 0.1 and others < CLOSE and kept < 1e-12,
        f"r uniform on [0, 1] or on [1, 3]; [0, 1] stretched to [0, 2]: I_sp from ({before[0]:.4f}, "
        f"{before[1]:.4f}) to ({after[0]:.4f}, {after[1]:.4f}) nats; I_SSI, I_surp and I_local change by "
        f"{others:.1g}. Relabelling three discrete responses changes it by {kept:.1g}",
        None,
        data_of(model),
    )


@claim(
    "unique",
    "Beside the Discussion, which leaves it open",
    "The axioms do not single out one measure.",
    CONFIRMED,
    ours=True,
)
def not_unique() -> Result:
    three = three_stimuli()
    moved = relocate_stimuli(three, np.array([[0.0], [1.0], [3.0]]))
    change = i_local(moved)[1], i_local(three)[1]
    copy = RELATIVES["warped stimulus"]
    axioms = ("completeness", "positivity", "additivity", "feature_insensitivity")
    found = audit(copy, axioms=axioms, examples=10, isolate=False)
    holds = {axiom: verdict.verdict for axiom, verdict in found.verdicts.items()}
    far = [abs(b - a) for a, b in zip(*(_at_distance(copy, ball) for ball in (False, True)))]
    apart = distance(copy(three), i_local(three))
    return Result(
        apart > 1e-3 and set(holds.values()) == {"holds"} and bool(np.all(np.diff(far) < -0.3 * np.array(far[:-1]))),
        f"0, 1, 2 -> 0, 1, 3 changes I_local at the middle from {change[1]:.4f} to {change[0]:.4f} nats; I_local of "
        f"x + tanh(2x)/2 differs from it by up to {apart:.3f}; its verdicts: "
        + ", ".join(f"{k} {v}" for k, v in holds.items())
        + "; local as I_local is, since the map has slopes between 1 and 2: a change at 0 changes it at 8, 16, 32 by "
        + ", ".join(f"{change:.4f}" for change in far),
        None,
        data_of(three),
    )


def _at_distance(measure: Measure, ball: bool) -> list[float]:
    """A measure at 8, 16 and 32 for a prior N(0, 1), of a response that is changed at 0 or is not."""
    model = seen_from_afar(ball)
    return [float(measure(model)[model.stimuli[:, 0] == place][0]) for place in (8.0, 16.0, 32.0)]


@claim(
    "surp-cissi-maps",
    "Beside section 3 (Kostal and D'Onofrio)",
    "I_surp and I_CiSSI are unchanged by invertible maps of the stimulus.",
    CONFIRMED,
    ours=True,
)
def invariant_pair() -> Result:
    three = three_stimuli()
    moved = relocate_stimuli(three, np.array([[0.0], [1.0], [3.0]]))
    worst = max(distance(measure(moved), measure(three)) for measure in (i_surp, i_cissi))
    verdicts = [verdict_of(name, "stimulus_invariance").verdict for name in ("i_surp", "i_cissi")]
    return Result(worst < 1e-12 and verdicts == ["holds", "holds"], f"changes of {worst:.1g} nats; audit: {verdicts}")


@claim(
    "local-any-prior",
    "Beside Axiom 2 and Appendix A",
    "Under priors with heavy tails I_local is not local; under a Cauchy prior a change reaches 1 - ln 2 nats far away.",
    CONFIRMED,
    ours=True,
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
    limit = 1 - np.log(2)
    return Result(
        bool(far[-2] > 0.1) and bool(np.all(np.diff(at) > 0)) and at[-1] > 0.8 * limit,
        "R tells only whether x = 0; I_local at 10, 100, ...: "
        + " ".join(f"{value:.3f}" for value in far[1:-1])
        + "; X Cauchy, R = 1 where |x| < 1, I_local at 65, 251, 1019: "
        + " ".join(f"{value:.3f}" for value in at)
        + f" (limit 1 - ln 2 = {limit:.4f}); with R = 0 everywhere it is 0 at each of these",
        None,
        {"stimuli": x.tolist(), "prior": prior.tolist(), "likelihood": table.tolist()},
    )


@claim("ssi-cissi", "Beside section 3", "For a flat prior I_SSI and I_CiSSI agree.", CONFIRMED, ours=True)
def bimodal_flat_ssi() -> Result:
    rng = np.random.default_rng(2)
    worst = 0.0
    for count in (2, 3, 5, 8):
        model = EncodingModel(np.arange(count), np.full(count, 1 / count), rng.dirichlet(np.ones(4), count).T)
        worst = max(worst, distance(i_ssi(model), i_cissi(model)))
    return Result(worst < 1e-12, f"largest difference {worst:.1g} nats")
