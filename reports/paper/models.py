"""What the paper's figures 1, 2, 3 and 5 compare, computed exactly for all eight measures.

The paper does not give every parameter: the missing ones are chosen here. `stiminfo.reports.paper.claims` checks what
the paper says about each figure for other choices too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ...estimators import PUBLISHED
from ...models import (
    Bump,
    Bumps,
    EncodingModel,
    Gaussian,
    GaussianNoise,
    Mixture,
    PoissonNoise,
    ResponsePair,
    Sigmoid,
    encoding_model,
)
from ...models.arrays import Array
from ...models.noise import Noise
from ...models.priors import Prior
from ...models.transforms import map_responses

Values = dict[str, Array]


@dataclass(frozen=True)
class Line:
    """A line of one of a figure's upper panels.

    Attributes
    ----------
    x, y : (J,) positions and heights
    role : "before" or "after", the colours of the two sides compared; "one" or "other", two things that are not those
        sides; "" for a line that stands alone
    label : its name, if the panel needs a legend
    spread : (J,) half the height of a band around the line; None for no band
    """

    x: Array
    y: Array
    role: str = ""
    label: str = ""
    spread: Array | None = None


@dataclass(frozen=True)
class Setting:
    """An upper panel of a figure: its title and lines."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Side:
    """One of the two things compared.

    Attributes
    ----------
    label : its name in the legend
    x : (J,) stimuli
    prior : (J,) probabilities
    values : measure -> I(x), (J,), nats
    """

    label: str
    x: Array
    prior: Array
    values: Values

    def mean(self, measure: str) -> float:
        """E_X[I(x)], nats."""
        return float(self.prior @ self.values[measure])


@dataclass(frozen=True)
class Comparison:
    """Two sides, and the models behind them.

    Attributes
    ----------
    before, after : the sides
    settings : the upper panels, which show prior and responses
    chosen : the parameters, in words
    """

    before: Side
    after: Side
    settings: tuple[Setting, ...]
    chosen: str

    def change(self, measure: str) -> Array:
        """I(x) of `after` minus that of `before` at each stimulus of `before`, (J,), nats."""
        same = np.array_equal(self.before.x, self.after.x)
        after = self.after.values[measure]
        return (after if same else np.interp(self.before.x, self.after.x, after)) - self.before.values[measure]

    def likely(self) -> Array:
        """A mask (J,) of the stimuli that are left when 1e-3 of the prior's mass is cut off on either side."""
        below = np.cumsum(self.before.prior)
        return (below > 1e-3) & (below < 1 - 1e-3)

    @property
    def span(self) -> tuple[float, float]:
        """The first and the last of the likely stimuli."""
        low, high = self.before.x[self.likely()][[0, -1]]
        return float(low), float(high)


def values_of(model: EncodingModel) -> Values:
    """All eight measures at the model's stimuli, by name; (J,) each, nats."""
    return {name: measure(model) for name, measure in PUBLISHED.items()}


def varied(**choices: tuple[Any, ...]) -> tuple[dict[str, Any], ...]:
    """Options of the functions below: none, and then each of the choices with all other options at their default."""
    return ({}, *({name: value} for name, values in choices.items() for value in values))


def each(make: Callable[..., Comparison], options: Iterable[dict[str, Any]], **others: Any) -> list[Comparison]:
    """The comparisons that one of the functions below makes with each of the options."""
    return [make(**one, **others) for one in options]


def _comparison(
    before: tuple[str, EncodingModel], after: tuple[str, EncodingModel], settings: tuple[Setting, ...], chosen: str
) -> Comparison:
    """Both models under their labels."""
    old, new = (Side(label, model.stimuli[:, 0], model.prior, values_of(model)) for label, model in (before, after))
    return Comparison(old, new, settings, chosen)


def _prior(*models: EncodingModel) -> Setting:
    """The density of the prior, or of both priors."""
    roles = ("before", "after") if len(models) > 1 else ("",)
    return Setting(
        "prior (1 / unit)",
        tuple(Line(one.stimuli[:, 0], one.prior / one.stimulus_volumes, role) for one, role in zip(models, roles)),
    )


@cache
def second_bump(
    *,
    prior_sd: float = 3.0,
    height: float = 10.0,
    width: float = 1.0,
    baseline: float = 0.5,
    second: float = 6.0,
    noise: Noise | None = None,
    nodes: int = 301,
) -> Comparison:
    """Fig. 1: a tuning curve with a bump at -3, and the same with another bump at 6; Gaussian prior and noise."""
    prior, first = Gaussian(0.0, prior_sd), Bump(-3.0, width, height, baseline)
    both = Bumps((first, Bump(second, width, height)))
    noise = GaussianNoise(2.0) if noise is None else noise
    one, two = (encoding_model(prior=prior, tuning=curve, noise=noise, nodes=nodes) for curve in (first, both))
    x = one.stimuli[:, 0]
    return _comparison(
        ("one bump", one),
        ("two bumps", two),
        (Setting("mean response", (Line(x, first(x), "before"), Line(x, both(x), "after"))), _prior(one)),
        f"X ~ N(0, {prior_sd:g}²); bumps of height {height:g} and width {width:g} on a baseline of {baseline:g}; "
        f"{_words(noise)}",
    )


def _words(noise: Noise) -> str:
    name = f"{type(noise).__name__.removesuffix('Noise')} noise"
    return f"{name} of sd {noise.sd:g}" if isinstance(noise, GaussianNoise) else name


def two_modes(weight: float = 0.5, sd: float = 0.4) -> Mixture:
    """A bimodal prior with modes at -1 and 1; `weight` is that of the mode at -1."""
    return Mixture((weight, 1 - weight), (-1.0, 1.0), (sd, sd))


#: Fig. 2A: the distance of the two stimuli whose posteriors are compared.
APART = 0.4


def posterior_density(model: EncodingModel, r: float, noise: float) -> Array:
    """The density (J,) of X given r = x + N(0, noise^2), 1 / unit."""
    weight = model.prior * np.exp(-((r - model.stimuli[:, 0]) ** 2) / (2 * noise**2))
    return np.asarray(weight / weight.sum() / model.stimulus_volumes)


def _posteriors(model: EncodingModel, place: float, noise: float) -> Setting:
    """p(X|r) at r = x for two stimuli beside a place."""
    x = model.stimuli[:, 0]
    pair = (("one", place - APART / 2), ("other", place + APART / 2))
    return Setting(
        f"p(X|r) near {place:g}", tuple(Line(x, posterior_density(model, r, noise), role) for role, r in pair)
    )


@cache
def other_prior(*, mode_sd: float = 0.4, noise: float = 0.5, nodes: int = 301) -> Comparison:
    """Fig. 2: r = x + noise under a Gaussian prior, and under a bimodal prior with the same mean and variance."""
    priors = Gaussian(0.0, float(np.hypot(1.0, mode_sd))), two_modes(sd=mode_sd)
    one, two = (encoding_model(prior=prior, noise=GaussianNoise(noise), nodes=nodes) for prior in priors)
    chosen = f"modes at -1 and 1 of sd {mode_sd:g}; the Gaussian has the same variance; r = x + N(0, {noise:g}²)"
    settings = (_prior(one, two), _posteriors(two, 0.0, noise), _posteriors(two, 1.0, noise))
    return _comparison(("Gaussian prior", one), ("bimodal prior", two), settings, chosen)


@cache
def magnitude(*, weight: float = 0.1, mode_sd: float = 0.5, noise: float = 1.0, nodes: int = 301) -> Comparison:
    """Fig. 3: r = x + noise and |r|, a function of r, under a bimodal prior."""
    return magnitude_of(two_modes(weight, mode_sd), noise, nodes, f"modes weighted {weight:g} and {1 - weight:g}")


def magnitude_of(prior: Prior, noise: float, nodes: int, words: str) -> Comparison:
    """Fig. 3 under any prior; `words` describe the prior."""
    whole = encoding_model(prior=prior, noise=GaussianNoise(noise), nodes=nodes)
    folded = map_responses(whole, np.abs)
    responses = Setting("response (mean ± sd)", (_responses(whole, "before"), _responses(folded, "after")))
    return _comparison(("r", whole), ("|r|", folded), (_prior(whole), responses), f"{words}; r = x + N(0, {noise:g}²)")


def _responses(model: EncodingModel, role: str) -> Line:
    """The mean response at each stimulus, with a band of one standard deviation."""
    values = model.responses
    assert values is not None
    mean = values @ model.likelihood
    spread = np.sqrt(np.maximum(values**2 @ model.likelihood - mean**2, 0))
    return Line(model.stimuli[:, 0], mean, role, spread=spread)


@cache
def two_neurons(
    *,
    prior_sd: float = 1.0,
    centres: tuple[float, float] = (-0.7, 0.7),
    widths: tuple[float, float] = (0.3, 0.3),
    height: float = 3.0,
    nodes: int = 151,
) -> Comparison:
    """Fig. 5: two sigmoidal neurons: I of both, and I of the first plus I of the second given the first."""
    curves = [Sigmoid(centre, width, height, 0.1) for centre, width in zip(centres, widths)]
    prior = Gaussian(0.0, prior_sd)
    first, second = (encoding_model(prior=prior, tuning=curve, noise=PoissonNoise(), nodes=nodes) for curve in curves)
    pair = ResponsePair.independent(first, second)
    x, p = pair.stimuli[:, 0], pair.prior
    total = {name: measure(pair.first) + measure.conditional(pair) for name, measure in PUBLISHED.items()}
    return Comparison(
        Side("I of both", x, p, values_of(pair.both)),
        Side("I of the first + I of the second given the first", x, p, total),
        (
            Setting(
                "mean count",
                tuple(
                    Line(x, curve(x), role, f"neuron {number}")
                    for number, (curve, role) in enumerate(zip(curves, ("one", "other")), 1)
                ),
            ),
            _prior(pair.both),
        ),
        f"X ~ N(0, {prior_sd:g}²); counts of mean 0.1 to {height + 0.1:g}; Poisson noise",
    )
