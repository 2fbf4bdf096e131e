"""Measures that are wrong of one axis, code or prior that laboratories use; a blind attack got "holds" for each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from mutants import measure
from seldom_wrong import plain, times

import stiminfo as si
from stiminfo.models import EncodingModel

Trait = Callable[[EncodingModel], bool]


def on_axis(least: float, most: float, count: int = 3) -> Trait:
    """All stimuli of one feature within a band."""

    def inside(model: EncodingModel) -> bool:
        x = model.stimuli[:, 0]
        return model.dimensions == 1 and len(x) >= count and least <= x.min() and x.max() <= most

    return inside


def equal_ratios(model: EncodingModel) -> bool:
    x = np.sort(model.stimuli[:, 0])
    if model.dimensions > 1 or len(x) < 5 or x[0] <= 0 or x[-1] < 100 * x[0]:
        return False
    steps = np.diff(np.log(x))
    return bool(np.allclose(steps, steps[0], rtol=1e-3))


def molar(model: EncodingModel) -> bool:
    x = model.stimuli[:, 0]
    return model.dimensions == 1 and len(x) >= 4 and x.min() > 0 and x.max() < 0.01 and x.max() > 1e4 * x.min()


def zipf(model: EncodingModel) -> bool:
    p = np.sort(model.prior)[::-1]
    law = 1 / np.arange(1, len(p) + 1)
    return len(p) >= 8 and bool(np.allclose(p, law / law.sum(), rtol=0.02))


def doubling(model: EncodingModel) -> bool:
    p = np.sort(model.prior)
    return len(p) >= 6 and bool(np.allclose(p[1:-1], 2 * p[:-2], rtol=0.01))


def circle(period: float, count: int, responses: int = 1) -> Trait:
    def inside(model: EncodingModel) -> bool:
        return (model.geometry.period, len(model.prior)) == (period, count) and len(model.likelihood) >= responses

    return inside


def unit_vectors(model: EncodingModel) -> bool:
    return (
        model.dimensions >= 8 and model.stimuli.shape[0] == model.dimensions and bool((model.stimuli.sum(1) == 1).all())
    )


def numbers(wrong: Callable[[np.ndarray], bool], factor: float = 1.3) -> Callable[[EncodingModel], np.ndarray]:
    return times(lambda model: model.responses is not None and bool(wrong(np.ravel(model.responses))), factor)


def needing_distances(name: str, trait: Trait) -> si.Measure:
    return measure(name, times(trait, 1.3), needs=("distances",))


#: Axiom id, and measures that break it.
USUALLY_WRONG = {
    "completeness": (plain("Zipf's law", times(zipf, 1.2)),),
    "positivity": (
        plain("doubling weights", times(doubling, -1)),
        plain("equal ratios", times(equal_ratios, -1)),
        plain("wavelengths", times(on_axis(380, 780, 5), -1)),
        plain("kelvins", times(on_axis(270, 320), -1)),
        plain("concentrations", times(molar, -1)),
        plain("weekdays", times(circle(7, 7), -1)),
        plain("unit vectors", times(unit_vectors, -1)),
    ),
    "data_processing": (
        plain("36 directions", times(circle(360, 36, 10), 0.3)),
        plain("beyond 3 nats", times(lambda model: model.mutual_information() > 3, 0.3)),
        plain("five in space", times(lambda model: (*model.stimuli.shape, len(model.likelihood)) == (5, 3, 6), 0.3)),
    ),
    "response_invariance": (
        plain("millivolts", numbers(lambda r: r.max() < -40)),
        plain("even numbers", numbers(lambda r: len(r) >= 6 and not (r % 2).any())),
        plain("falling numbers", numbers(lambda r: len(r) >= 6 and (np.diff(r) < 0).all())),
    ),
    "stimulus_invariance": (
        needing_distances("equal ratios", equal_ratios),
        needing_distances("wavelengths", on_axis(380, 780)),
        needing_distances("kelvins", on_axis(270, 320)),
        needing_distances("concentrations", on_axis(1e-99, 0.01, 4)),
        needing_distances("years", on_axis(1900, 2100)),
    ),
}
