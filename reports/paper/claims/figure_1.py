"""Section 5.1 and Fig. 1: locality, for the parameters chosen here and for others."""

from __future__ import annotations

import numpy as np

from ....estimators import fisher
from ....models import (
    BernoulliNoise,
    Bump,
    Bumps,
    Gaussian,
    GaussianNoise,
    PoissonNoise,
    Sigmoid,
    encoding_model,
)
from ..compared import near_change
from ..models import Comparison, each, second_bump, values_of, varied
from .claim import CONFIRMED, CORRECTED, Result, claim
from .joints import distance

#: Number of nodes where only a sign matters.
_FEWER = 151
#: The measures of Fig. 1C to F; and all complete ones beside I_local.
_PRINTED = ("i_sp", "i_ssi", "i_surp", "i_cissi")
_COMPLETE = (*_PRINTED, "i_kong1", "i_kong2")
#: Parameters for which the statements are checked; the first are those of the figure. The last has Poisson noise.
SECOND_BUMP = (
    *varied(
        prior_sd=(2.5, 4.0),
        height=(5.0, 20.0),
        width=(0.7, 1.4),
        second=(5.0, 8.0),
        noise=(PoissonNoise(),),
    ),
)
#: Neurons so noisy that no measure changes much.
WEAK = varied(noise=(GaussianNoise(20.0), GaussianNoise(50.0)))[1:]


@claim(
    "fig-1-local",
    "Fig. 1B; section 5.1",
    "Adding a second bump far away leaves I_local near the first bump as it was.",
    CORRECTED,
    "it changes, and less with distance; less than every complete measure but, for a broad bump, I_sp",
)
def second_bump_unseen() -> Result:
    found = each(second_bump, SECOND_BUMP)
    changes = [near_change(one, "i_local") for one in found]
    others = [min(near_change(one, name) for name in _COMPLETE) for one in found]
    least = sum(mine < other for mine, other in zip(changes, others))
    but_sp = [min(near_change(one, name) for name in _COMPLETE if name != "i_sp") for one in found]
    weak = each(second_bump, WEAK, nodes=_FEWER)
    less = sum(min(near_change(one, name) for name in _COMPLETE) < near_change(one, "i_local") for one in weak)
    return Result(
        max(changes) < 1e-3,
        f"I_local within 2 units of -3 changes by {changes[0]:.1%} of its largest value there ({min(changes):.1%} to "
        f"{max(changes):.1%} on {len(found)} choices of parameters), other complete measures by {others[0]:.1%} "
        f"or more ({min(others):.1%} on all); I_local least on {least} of {len(found)}. With noise of sd 20 and 50, "
        f"where the neuron tells almost nothing, another complete measure changes less on {less} of {len(weak)}",
        max(mine / other for mine, other in zip(changes, but_sp)) < 1,
    )


@claim(
    "fig-1-others",
    "Fig. 1C to F; section 5.1",
    "The second bump changes I_sp, I_SSI, I_surp and I_CiSSI over the whole range of stimuli, far from it too.",
    CONFIRMED,
)
def second_bump_seen() -> Result:
    found = each(second_bump, SECOND_BUMP)
    least = [min(near_change(one, name) for name in _PRINTED) for one in found]
    far = min(_share_far(found[0], name) for name in _PRINTED)
    return Result(
        min(least) > 0.01 and far > 0.01,
        f"they change near -3 by {least[0]:.0%} or more ({min(least):.1%} over {len(found)} choices of parameters), "
        f"and at the far end of the likely stimuli by {far:.0%} or more of their value there",
    )


def _share_far(found: Comparison, name: str) -> float:
    """The change of a measure at the first likely stimulus, as a share of its value there."""
    at = int(np.argmax(found.likely()))
    return float(abs(found.change(name)[at] / found.before.values[name][at]))


@claim("fig-1-fisher", "Beside Fig. 1", "Fisher information near the first bump does not change.", CONFIRMED, ours=True)
def fisher_unmoved() -> Result:
    change = max(near_change(one, "fisher") for one in each(second_bump, SECOND_BUMP))
    return Result(change < 1e-3, f"it changes by {change:.1g} of its largest value there, or less")


@claim(
    "fig-1-bernoulli",
    "Beside Fig. 1",
    "If the neuron spikes once or not at all (p = 0.8 at its peak), I_local changes least of the complete measures.",
    CONFIRMED,
    ours=True,
)
def bernoulli_bump() -> Result:
    prior, noise = Gaussian(0.0, 3.0), BernoulliNoise()
    one, two = Bump(-3.0, 1.0, 0.8, 0.05), Bump(6.0, 1.0, 0.8)
    alone, both = (
        encoding_model(prior=prior, tuning=curve, noise=noise, nodes=201) for curve in (one, Bumps((one, two)))
    )
    near = np.abs(alone.stimuli[:, 0] + 3) <= 1
    before, after = values_of(alone), values_of(both)
    change = {name: float(np.abs(after[name] - before[name])[near].max()) for name in before}
    least = min(value for name, value in change.items() if name in _COMPLETE)
    return Result(
        change["fisher"] < 1e-5 and change["i_local"] < least,
        f"Fisher changes by {change['fisher']:.1g}, I_local by {change['i_local']:.4f}, the others by {least:.4f} "
        "or more",
    )


@claim(
    "fig-1-distance",
    "Beside Axiom 2 and section 5.1",
    "The farther away the second bump is, the less it changes I_local at the first.",
    CONFIRMED,
    ours=True,
)
def distance_decays() -> Result:
    places = (3.0, 6.0, 9.0)
    changes: dict[str, list[float]] = {"i_local": [], "i_surp": []}
    for place in places:
        found = second_bump(second=place)
        for name, row in changes.items():
            row.append(abs(float(np.interp(-3.0, found.before.x, found.change(name)))))
    return Result(
        bool(np.all(np.diff(changes["i_local"]) < 0)),
        "change of I_local at -3 with the second bump at "
        + ", ".join(f"{place:g}: {value:.3f}" for place, value in zip(places, changes["i_local"]))
        + " nats; of I_surp, which depends only on how often the bump is met, "
        + ", ".join(f"{value:.3f}" for value in changes["i_surp"]),
    )


@claim(
    "section-5-1-steepest",
    "Section 5.1; Fig. 1B",
    "I_local peaks where the tuning curve is steepest, as Fisher information does.",
    CONFIRMED,
)
def peaks_where_steep() -> Result:
    worst, first = 0.0, list[float]()
    gaussian = [options for options in SECOND_BUMP if "noise" not in options]
    for options in gaussian:
        found = second_bump(**options)
        x, values = found.before.x, found.before.values["i_local"]
        peaks = x[1:-1][(values[1:-1] > values[:-2]) & (values[1:-1] > values[2:])]
        width = options.get("width", 1.0)
        at = [float(peaks[np.abs(peaks - steep).argmin()]) for steep in (-3 - width, -3 + width)]
        first = first or at
        worst = max(worst, *(abs(peak - steep) / width for peak, steep in zip(at, (-3 - width, -3 + width))))
    return Result(
        worst < 0.5,
        f"peaks at {first[0]:.1f} and {first[1]:.1f}, the curve is steepest at -4 and -2; at most {worst:.2f} widths "
        f"of the bump away on {len(gaussian)} choices of parameters",
    )


@claim(
    "section-5-1-fisher",
    "Section 5.1",
    "Under Gaussian noise Fisher information is proportional to f'(x)^2.",
    CONFIRMED,
)
def squared_slope() -> Result:
    worst = 0.0
    for curve in (Bump(-3.0, 1.0, 10.0), Sigmoid(0.5, 0.4, 2.0)):
        for sd in (0.7, 2.0):
            model = encoding_model(prior=Gaussian(0.0, 3.0), tuning=curve, noise=GaussianNoise(sd), nodes=201)
            right = (curve.derivative(model.stimuli[:, 0]) / sd) ** 2
            worst = max(worst, distance(fisher(model), right) / float(right.max()))
    return Result(worst < 1e-6, f"J(x) is f'(x)^2 / sd^2 to {worst:.1g} of its largest value, on 4 neurons")
