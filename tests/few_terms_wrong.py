"""Measures of few terms, wrong where what they look at is 0 or of first order; a blind attack got "holds" for each."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
from mutants import measure

import stiminfo as si
from stiminfo.models import EncodingModel

Of = Callable[[EncodingModel], np.ndarray]
#: What is counted as 0.
TINY = 1e-12
surp, ssi, cissi, sp = si.i_surp, si.i_ssi, si.i_cissi, si.i_sp


def mixed(share: float, other: Of) -> Of:
    """The specific surprise, and a share of another measure."""
    return lambda model: (1 - share) * surp(model) + share * other(model)


def nearer(model: EncodingModel) -> np.ndarray:
    """By how much of the widest distance a response brings the expected stimulus nearer to x."""
    apart = np.linalg.norm(model.stimuli[:, None] - model.stimuli, axis=2)
    apart = apart / max(float(apart.max()), 1e-300)
    return (model.likelihood * ((apart @ model.prior)[None] - model.posterior @ apart)).sum(axis=0)


def surer(model: EncodingModel) -> np.ndarray:
    """By how much a response raises the sum of squared probabilities."""
    return (model.posterior**2).sum(axis=1) @ model.likelihood - (model.prior**2).sum()


def gained(of: Of) -> Callable[[si.ResponsePair], np.ndarray]:
    """The conditional as a difference."""
    return lambda pair: of(pair.both) - of(pair.first)


def without_synergy(pair: si.ResponsePair) -> np.ndarray:
    """5% less where both responses tell a nat more than each alone, in all."""
    more = pair.both.mutual_information() - pair.first.mutual_information() - pair.second.mutual_information()
    return (0.95 if more > 1 else 1) * gained(surp)(pair)


def mixed_where(condition: Callable[[EncodingModel], bool]) -> Of:
    """The specific surprise, and a tenth of SSI where a condition is met."""
    return lambda model: mixed(0.1 * condition(model), ssi)(model)


def on_a_short_arc(model: EncodingModel) -> bool:
    return model.geometry.period is not None and np.ptp(model.stimuli) < 0.5


def rising(model: EncodingModel) -> bool:
    return len(model.prior) > 3 and bool((np.diff(model.prior[np.argsort(model.stimuli[:, 0])]) > 0).all())


def shared_out(weigh: Of) -> Of:
    """I(R;X), shared out in proportion to what is looked at; 0 where that is 0 for all stimuli."""

    def pointwise(model: EncodingModel) -> np.ndarray:
        weights = np.asarray(weigh(model), dtype=float)
        weights = np.where(weights > TINY, weights, 0.0)
        mean = model.prior @ weights
        return model.mutual_information() * weights / mean if mean > 0 else 0 * weights

    return pointwise


def where(condition: Callable[[EncodingModel], bool], weigh: Of) -> Of:
    """The same where a condition is met, and else the specific surprise."""
    return lambda model: shared_out(weigh)(model) if condition(model) else surp(model)


def on_a_line(model: EncodingModel) -> bool:
    return model.dimensions == 1 and model.geometry.period is None and len(model.prior) > 3


def on_a_circle(model: EncodingModel) -> bool:
    return model.geometry.period is not None and len(model.prior) > 3


def squares_of(rows: np.ndarray) -> np.ndarray:
    return (rows**2).sum(axis=0)


def along(model: EncodingModel) -> tuple[np.ndarray, np.ndarray]:
    """The order of the stimuli, and sqrt(p(r|x)) in it."""
    order = np.argsort(model.stimuli[:, 0])
    return order, np.sqrt(model.likelihood[:, order])


def back(order: np.ndarray, values: np.ndarray) -> np.ndarray:
    found = np.empty(len(order))
    found[order] = values
    return found


def across_a_neighbour(model: EncodingModel) -> np.ndarray:
    order, root = along(model)
    return back(order, squares_of(np.roll(root, -1, 1) - np.roll(root, 1, 1)))


def curvature(model: EncodingModel) -> np.ndarray:
    order = np.argsort(model.stimuli[:, 0])
    x, p = model.stimuli[order, 0], model.likelihood[:, order]
    share = (x[2:] - x[1:-1]) / (x[2:] - x[:-2])
    found = np.zeros(len(x))
    found[1:-1] = squares_of(p[:, 1:-1] - share * p[:, :-2] - (1 - share) * p[:, 2:])
    return back(order, found)


def mirrored(model: EncodingModel) -> np.ndarray:
    order, root = along(model)
    return back(order, squares_of(root - root[:, ::-1]))


def harmonics(count: int) -> Of:
    def weigh(model: EncodingModel) -> np.ndarray:
        angles = 2 * np.pi * model.stimuli[:, 0] / model.geometry.period
        waves = np.exp(1j * np.arange(1, count + 1)[:, None] * angles)
        return model.likelihood.T @ (np.abs((model.posterior - model.prior) @ waves.T) ** 2).sum(axis=1)

    return weigh


def moments(count: int) -> Of:
    """Squared changes of the first moments of the stimulus, told by each response."""

    def weigh(model: EncodingModel) -> np.ndarray:
        x = model.stimuli[:, 0] - model.prior @ model.stimuli[:, 0]
        x = x / max(float(np.abs(x).max()), 1e-300)
        powers = np.stack([x**n for n in range(1, count + 1)])
        return model.likelihood.T @ (((model.posterior - model.prior) @ powers.T) ** 2).sum(axis=1)

    return weigh


def moments_of_responses(model: EncodingModel) -> np.ndarray:
    k = np.arange(len(model.likelihood))
    mean, square = k @ model.likelihood, k**2 @ model.likelihood
    spread = square - mean**2
    return (mean - model.prior @ mean) ** 2 + (spread - model.prior @ spread) ** 2


def of_features(model: EncodingModel, some: tuple[int, ...]) -> np.ndarray:
    """The specific surprise of these features alone, at each stimulus."""
    _, group = np.unique(model.stimuli[:, list(some)], axis=0, return_inverse=True)
    group = np.ravel(group)
    belongs = (group[:, None] == np.arange(group.max() + 1)).astype(float)
    weight = model.prior @ belongs
    table = (model.likelihood * model.prior) @ belongs / weight
    marginal = table @ weight
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(table > 0, table * np.log(table / marginal[:, None]), 0.0)
    return parts.sum(axis=0)[group]


def single_features(model: EncodingModel) -> np.ndarray:
    return np.sum([of_features(model, (i,)) for i in range(model.dimensions)], axis=0)


def interactions(most: int) -> Of:
    """What up to `most` features tell together is shared among them; the rest among all."""

    def featurewise(model: EncodingModel) -> np.ndarray:
        d = model.dimensions
        if d > 6:
            raise si.NotApplicable("at most six features")
        told: dict[tuple[int, ...], np.ndarray] = {}
        found = np.zeros((len(model.prior), d))
        for size in range(1, min(most, d) + 1):
            for some in combinations(range(d), size):
                fewer = sum(told[part] for k in range(1, size) for part in combinations(some, k))
                told[some] = of_features(model, some) - fewer
                found[:, list(some)] += told[some][:, None] / size
        return found + ((surp(model) - found.sum(axis=1)) / d)[:, None]

    return featurewise


def by_single_features(model: EncodingModel) -> np.ndarray:
    """In proportion to what each feature tells alone, or equally where none does."""
    alone = np.stack([of_features(model, (i,)) for i in range(model.dimensions)], axis=1)
    total = alone.sum(axis=1, keepdims=True)
    share = np.where(total > 1e-9, alone / np.where(total > 1e-9, total, 1), 1 / model.dimensions)
    return surp(model)[:, None] * share


def smoothed(least: int) -> Of:
    """Of so many responses and more, neighbours in the list are mixed."""

    def pointwise(model: EncodingModel) -> np.ndarray:
        table = model.likelihood
        if len(table) >= least:
            ends = np.concatenate([table[:1], table, table[-1:]])
            table = (ends[:-2] + 2 * ends[1:-1] + ends[2:]) / 4
        return surp(model.replace(likelihood=table / table.sum(axis=0)))

    return pointwise


def rare_ones_merged(least: float) -> Of:
    """The first responses of the list are one, as long as they are rare together."""

    def pointwise(model: EncodingModel) -> np.ndarray:
        rare = np.cumsum(model.response_probability) < least
        if rare.sum() < 2:
            return surp(model)
        table = np.concatenate([model.likelihood[rare].sum(axis=0, keepdims=True), model.likelihood[~rare]])
        return surp(model.replace(likelihood=table, response_volumes=None))

    return pointwise


def of_ratios(function: Callable[[np.ndarray], np.ndarray]) -> Of:
    """E_r f(p(r|x)/p(r)) over p(r)."""

    def pointwise(model: EncodingModel) -> np.ndarray:
        q = model.response_probability[:, None]
        return (q * function(model.likelihood / q)).sum(axis=0)

    return pointwise


def _log(t: np.ndarray) -> np.ndarray:
    return np.log(np.where(t > 0, t, 1.0))


def correlation(model: EncodingModel, i: int, k: int, power: int = 1) -> float:
    x = model.stimuli - model.prior @ model.stimuli
    x = x**power - model.prior @ x**power
    spread = model.prior @ x**2
    size = float(np.sqrt(spread[i] * spread[k]))
    return float(abs(model.prior @ (x[:, i] * x[:, k]))) / size if size > TINY else 0.0


def slopes_scaled(condition: Callable[[EncodingModel], bool], scale: Callable[[EncodingModel], float]) -> Of:
    return lambda model: si.fisher(model) * (1 - 0.5 * scale(model) if condition(model) else 1.0)


def _variances(model: EncodingModel) -> float:
    x = model.stimuli - model.prior @ model.stimuli
    spread = model.prior @ x**2 + 1e-9
    return float(np.tanh(np.log(spread[1] / spread[0])))


def planar(model: EncodingModel) -> bool:
    return model.dimensions == 2


def in_space(model: EncodingModel) -> bool:
    return model.dimensions > 2


_GRADIENT = ("gradient", "vectors")
_LOCAL = [
    measure("scaled by a correlation", slopes_scaled(planar, lambda model: correlation(model, 0, 1)), needs=_GRADIENT),
    measure("scaled by one in space", slopes_scaled(in_space, lambda model: correlation(model, 1, 2)), needs=_GRADIENT),
    measure("scaled by variances", slopes_scaled(lambda model: model.dimensions > 1, _variances), needs=_GRADIENT),
    measure("scaled by squares", slopes_scaled(planar, lambda model: correlation(model, 0, 1, 2)), needs=_GRADIENT),
]
FEW_TERMS_WRONG = {
    "completeness": [
        measure("across a neighbour", where(on_a_circle, across_a_neighbour)),
        measure("first harmonic", where(on_a_circle, harmonics(1))),
        measure("two harmonics", where(on_a_circle, harmonics(2))),
        measure("curvature", where(on_a_line, curvature), needs=("vectors",)),
        measure("mirrored", where(on_a_line, mirrored), needs=("vectors",)),
        measure("mean and variance", where(on_a_line, moments(2)), needs=("vectors",)),
        measure("four moments", where(on_a_line, moments(4)), needs=("vectors",)),
        measure("moments of responses", shared_out(moments_of_responses)),
        measure("without synergy", surp.pointwise, conditional=without_synergy),
        measure("single features", where(lambda model: model.dimensions > 2, single_features), needs=("vectors",)),
    ],
    "positivity": [
        measure("half of squares", mixed(0.5, surer)),
        measure("a fifth of CiSSI, gained", mixed(0.2, cissi), conditional=gained(mixed(0.2, cissi))),
        measure("an eighth of SSI", mixed(0.12, ssi)),
        measure("a thousandth of I_sp", mixed(0.001, sp)),
    ],
    "additivity": [
        measure("without synergy", surp.pointwise, conditional=without_synergy),
        measure("beyond 600 responses", mixed_where(lambda model: len(model.likelihood) > 600)),
        measure("beside very rare ones", mixed_where(lambda model: model.prior.min() < 1e-12)),
        measure("beyond four nats", mixed_where(lambda model: model.mutual_information() > 4)),
    ],
    "stimulus_invariance": [
        measure("rising priors", mixed_where(rising), needs=("vectors",)),
        measure("near on a circle", mixed_where(on_a_short_arc)),
    ],
    "data_processing": [
        measure("by nats beyond five", lambda model: surp(model) / (1 + 0.2 * max(0, model.mutual_information() - 5))),
        measure("half of squares", mixed(0.5, surer)),
        measure("a fifth of distances", mixed(0.2, nearer), needs=("vectors",)),
        measure("a tenth of distances", mixed(0.1, nearer), needs=("vectors",)),
        measure("two fifths of SSI", mixed(0.4, ssi)),
        measure("an eighth of SSI", mixed(0.12, ssi)),
        measure("a twentieth of CiSSI", mixed(0.05, cissi)),
        measure("a tenth of CiSSI", mixed(0.1, cissi)),
        measure("squared logs", of_ratios(lambda t: t * (_log(t) + 0.1 * _log(t) ** 2))),
        measure("squares less logs", of_ratios(lambda t: (t - 1) ** 2 - 0.01 * t * _log(t))),
    ],
    "response_invariance": [
        *(measure(f"smoothed from {least}", smoothed(least)) for least in (60, 200, 800)),
        measure("rare ones merged", rare_ones_merged(1e-6)),
    ],
    "feature_insensitivity": [
        measure("by single features", surp.pointwise, featurewise=by_single_features, needs=("vectors",)),
        *(
            measure(f"up to {most} together", surp.pointwise, featurewise=interactions(most), needs=("vectors",))
            for most in (2, 3)
        ),
    ],
    "locality": _LOCAL,
    "locality_any_prior": _LOCAL,
}
