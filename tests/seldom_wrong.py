"""Measures that are wrong of few models only, each of a class that an audit once did not ask and so said "holds"."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from mutants import measure

import stiminfo as si
from stiminfo.models import EncodingModel, ResponsePair

fisher, local, surp = si.fisher, si.i_local, si.i_surp


def times(wrong: Callable[[EncodingModel], bool], factor: float) -> Callable[[EncodingModel], np.ndarray]:
    return lambda model: surp(model) * (factor if wrong(model) else 1.0)


def conditional_times(wrong: Callable[[ResponsePair], bool], factor: float) -> Callable[[ResponsePair], np.ndarray]:
    return lambda pair: surp.conditional(pair) * (factor if wrong(pair) else 1.0)


def less_the_mean(wrong: Callable[[EncodingModel], bool]) -> Callable[[EncodingModel], np.ndarray]:
    return lambda model: surp(model) - (model.mutual_information() if wrong(model) else 0.0)


def partly_cissi(share: float) -> Callable[[EncodingModel], np.ndarray]:
    """A share of I_CiSSI in I_surp: a merge raises it where the prior is skewed and likelihoods are graded."""
    return lambda model: (1 - share) * surp(model) + share * si.i_cissi(model)


def ssi_of_labels(least: int) -> Callable[[EncodingModel], np.ndarray]:
    """SSI, which can be negative, of this number of nominal stimuli or more."""
    return lambda model: (si.i_ssi if model.geometry.name == "nominal" and len(model.prior) >= least else surp)(model)


def conditional_of_frequent(pair: ResponsePair) -> np.ndarray:
    """Without responses of less than 1% at the stimulus."""
    total = np.zeros(len(pair.stimuli))
    for k, chance in enumerate(pair.first_given_stimulus):
        support = pair.support_given_first(k)
        total[support] += np.where(chance > 0.01, chance, 0)[support] * surp(pair.given_first(k))
    return total


def numbers(wrong: Callable[[np.ndarray], bool]) -> Callable[[EncodingModel], np.ndarray]:
    return times(lambda model: model.responses is not None and bool(wrong(model.responses)), 1.1)


def clipped(bound: float) -> Callable[[EncodingModel], np.ndarray]:
    """I_surp with a bound on its log ratios."""

    def pointwise(model: EncodingModel) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.clip(np.log(model.likelihood / model.response_probability[:, None]), -bound, bound)
        return np.where(model.likelihood > 0, model.likelihood * ratio, 0.0).sum(axis=0)

    return pointwise


def ssi_of_many(model: EncodingModel) -> np.ndarray:
    return (si.i_ssi if len(model.prior) > 200 else surp)(model)


def locally(wrong: Callable[[EncodingModel], bool]) -> si.Measure:
    return plain("I_local times 1.1", lambda model: local(model) * (1.1 if wrong(model) else 1.0))


def far(least: float) -> Callable[[EncodingModel], bool]:
    return lambda model: float(np.abs(model.stimuli).max()) > least


def grids(dimensions: int, least: int) -> Callable[[EncodingModel], bool]:
    return lambda model: model.dimensions == dimensions and len(model.prior) >= least


def gap_ratio(model: EncodingModel) -> float:
    gaps = np.diff(np.unique(model.stimuli[:, 0]))
    return float(gaps.max() / gaps.min()) if len(gaps) else 1.0


def is_a_line(model: EncodingModel) -> bool:
    apart = model.stimuli - model.stimuli[0]
    return model.dimensions == 2 and len(apart) > 2 and np.linalg.matrix_rank(apart) == 1


def share_numbers(model: EncodingModel) -> bool:
    return model.responses is not None and len(np.unique(model.responses)) < len(model.responses)


def uneven_units(model: EncodingModel) -> bool:
    spread = model.stimuli.std(axis=0)
    return bool(spread.min() > 0 and spread.max() > 1000 * spread.min())


def less_of_many(pair: ResponsePair) -> np.ndarray:
    less = 0.2 * pair.conditional_information() * (pair.likelihood.shape[0] > 100)
    return surp.conditional(pair) - less


def of_the_largest(model: EncodingModel) -> np.ndarray:
    slopes = fisher(model)
    return slopes / max(float(slopes.max()), 1e-300)


def leaking(wrong: Callable[[EncodingModel], bool]):
    def featurewise(model: EncodingModel) -> np.ndarray:
        values = fisher.featurewise(model)
        share = 0.05 * wrong(model)
        return (1 - share) * values + share * values.mean(axis=1, keepdims=True)

    return measure("leaking", fisher.pointwise, featurewise=featurewise, needs=("gradient",))


def plain(name: str, pointwise: Callable) -> si.Measure:
    return measure(name, pointwise)


def conditional(name: str, function: Callable) -> si.Measure:
    return measure(name, surp.pointwise, function)


#: Measures that are local but where this is so of a model, which a change in the ball may make so.
ALMOST_LOCAL = {
    "300 responses": locally(lambda model: len(model.likelihood) > 300),
    "200 stimuli": locally(lambda model: len(model.prior) > 200),
    "a nearly sure stimulus": locally(lambda model: model.prior.max() > 0.9),
    "half a nat": locally(lambda model: model.mutual_information() > 0.5),
    "two nats": locally(lambda model: model.mutual_information() > 2),
}
#: Axiom id, and measures that break it.
SELDOM_WRONG = {
    "completeness": (
        conditional("four first responses", conditional_times(lambda pair: len(pair.likelihood) == 4, 1.1)),
        plain("dates in seconds", times(far(1.5e9), 1.1)),
        plain("dates in microseconds", times(far(1.5e15), 1.1)),
        plain("large planes", times(grids(2, 100), 1.1)),
        plain("larger planes", times(grids(2, 400), 1.1)),
        plain("grids in space", times(grids(3, 27), 1.1)),
        plain("more than eight features", times(lambda model: model.dimensions > 8, 1.1)),
        plain("more than 60 features", times(lambda model: model.dimensions > 60, 1.1)),
        conditional("more than eight", conditional_times(lambda pair: pair.stimuli.shape[1] > 8, 1.1)),
        plain("uneven gaps", times(lambda model: gap_ratio(model) > 1e3, 1.05)),
        plain("uneven cells", times(lambda model: np.ptp(np.log(model.stimulus_volumes)) > 9, 1.05)),
        plain("uneven cells of responses", times(lambda model: np.ptp(np.log(model.response_volumes)) > 9, 1.05)),
        plain("a plane that is a line", times(is_a_line, 1.05)),
        plain("a table of 110 x 105", times(lambda model: min(model.likelihood.shape) > 100, 1.05)),
        plain("equal numbers", times(share_numbers, 1.05)),
        plain("units of the plane", times(lambda model: model.dimensions == 2 and uneven_units(model), 1.05)),
        plain("tiny in space", times(lambda model: model.dimensions == 3 and np.abs(model.stimuli).max() < 1e-2, 1.05)),
        plain("beyond 5 nats", times(lambda model: model.mutual_information() > 5, 1.05)),
        plain("many on circles", times(lambda model: bool(model.geometry.period) and len(model.prior) > 40, 1.05)),
        plain("many labels", times(lambda model: model.geometry.name == "nominal" and len(model.prior) > 100, 1.05)),
        conditional("many first", conditional_times(lambda pair: pair.likelihood.shape[0] > 100, 1.05)),
    ),
    "positivity": (
        plain("SSI of more than 200", ssi_of_many),
        plain("large planes", less_the_mean(grids(2, 100))),
        conditional("less where the first has many", less_of_many),
        plain("less beyond 5 nats", less_the_mean(lambda model: model.mutual_information() > 5)),
        plain("700 stimuli", less_the_mean(lambda model: len(model.prior) >= 700)),
        plain("many alike", less_the_mean(lambda model: len(model.prior) > 20 and np.ptp(model.prior) < 1e-12)),
        plain("in R^6 alone", less_the_mean(lambda model: model.dimensions == 6)),
        plain("in R^7 alone", less_the_mean(lambda model: model.dimensions == 7)),
        plain("SSI of labels", ssi_of_labels(5)),
        plain("SSI of many labels", ssi_of_labels(12)),
        plain("beyond 4 nats", less_the_mean(lambda model: model.mutual_information() > 4)),
    ),
    "additivity": (
        conditional("many first ones", conditional_times(lambda pair: pair.likelihood.shape[0] > 20, 1.05)),
        conditional("many second ones", conditional_times(lambda pair: pair.likelihood.shape[1] > 100, 1.05)),
        conditional("frequent", conditional_of_frequent),
        conditional("beyond 1.2 nats", conditional_times(lambda pair: pair.conditional_information() > 1.2, 0.99)),
    ),
    "data_processing": (
        plain("half of CiSSI", partly_cissi(0.5)),
        plain("a third of CiSSI", partly_cissi(0.3)),
        *(plain(f"at most {bound} nats", clipped(bound)) for bound in (30, 100, 250)),
        plain("21 on a circle", times(lambda model: bool(model.geometry.period) and len(model.likelihood) > 20, 1.05)),
        plain("many in both", times(lambda model: min(model.likelihood.shape) > 100, 1.05)),
        plain("two left", times(lambda model: len(model.likelihood) == 2 and len(model.prior) > 3, 1.05)),
    ),
    "response_invariance": (
        plain("large cells", times(lambda model: model.response_volumes.max() > 50, 1.01)),
        plain("no positive number", numbers(lambda r: (r <= 0).all())),
        plain("numbers that fall", numbers(lambda r: (np.diff(r) < 0).any())),
        plain("huge numbers", numbers(lambda r: np.abs(r).max() > 1e9)),
    ),
    "stimulus_invariance": (
        plain("dates", times(far(1.5e9), 1.1)),
        plain("cells that grow", times(lambda model: np.ptp(np.log(model.stimulus_volumes)) > 9, 1.05)),
        plain("units of the plane", times(lambda model: model.dimensions == 2 and uneven_units(model), 1.05)),
    ),
    "locality": (
        measure("of the largest", of_the_largest, needs=("gradient",)),
        locally(lambda model: len(model.likelihood) > 24),
    ),
    "feature_insensitivity": (
        leaking(lambda model: model.dimensions >= 7),
        leaking(lambda model: model.dimensions > 20),
        leaking(grids(2, 200)),
        leaking(lambda model: len(model.likelihood) > 100),
        leaking(lambda model: model.prior.max() > 0.9),
        leaking(lambda model: model.prior.min() < 1e-5),
        leaking(lambda model: np.ptp(np.log(model.stimulus_volumes)) > 5),
        leaking(lambda model: len(model.likelihood) >= 5),
        leaking(lambda model: 0 < np.diff(np.unique(model.stimuli[:, 0])).min(initial=9) < 0.3),
    ),
}
