"""What the paper says about its figures 1 and 2, checked for the parameters chosen here and for others."""

from __future__ import annotations

import numpy as np

from ....models import BernoulliNoise, Bump, Bumps, Gaussian, GaussianNoise, PoissonNoise, encoding_model
from ..compared import between_modes, near_change
from ..models import each, other_prior, second_bump, values_of, varied
from .claim import CONFIRMED, CORRECTED, Result, claim
from .joints import distance

#: Number of nodes where only a sign matters.
_FEWER = 151
_COMPLETE = ("i_sp", "i_ssi", "i_surp", "i_cissi", "i_kong1", "i_kong2")
#: Parameters for which the statements are checked; the first are those of the figure.
SECOND_BUMP = varied(
    prior_sd=(2.5, 4.0),
    height=(5.0, 20.0),
    width=(0.7, 1.4),
    baseline=(0.1,),
    noise=(GaussianNoise(2.0),),
    second=(5.0, 8.0),
)
#: Neurons so noisy that no measure changes much.
WEAK = (
    *varied(height=(0.7, 0.5, 0.3), noise=(GaussianNoise(10.0),))[1:],
    {"height": 0.3, "baseline": 0.05},
)
OTHER_PRIOR = (*varied(mode_sd=(0.3, 0.5, 0.15), noise=(0.3, 0.8, 0.1, 2.0)), {"mode_sd": 0.3, "noise": 0.8})
#: Modes almost as wide as their distance, which nearly merge.
WIDE = ({"mode_sd": 0.8}, {"mode_sd": 0.9}, {"mode_sd": 0.9, "noise": 0.2})


@claim(
    "fig-1-local",
    "Fig. 1; section 5.1, close",
    "Adding a second bump far away leaves I_local near the first bump as it was.",
    CORRECTED,
    "it changes, and less with distance; of the complete measures it changes least if the neuron responds clearly",
)
def second_bump_unseen() -> Result:
    found = each(second_bump, SECOND_BUMP)
    changes = [near_change(one, "i_local") for one in found]
    others = [min(near_change(one, name) for name in _COMPLETE) for one in found]
    least = sum(mine < other for mine, other in zip(changes, others))
    weak = each(second_bump, WEAK, nodes=_FEWER)
    less = sum(min(near_change(one, name) for name in _COMPLETE) < near_change(one, "i_local") for one in weak)
    return Result(
        max(changes) < 1e-3,
        f"I_local within 2 units of -3 changes by {changes[0]:.1%} of its largest value there ({min(changes):.1%} to "
        f"{max(changes):.1%} on {len(found)} choices of parameters), other complete measures by {others[0]:.1%} "
        f"or more; I_local least on {least} of {len(found)}. Of neurons that carry little information (a bump below "
        f"one spike, noise of 10) another complete measure, mostly I_CiSSI, changes less on {less} of {len(weak)}",
        least == len(found) and less == len(weak),
    )


@claim(
    "fig-1-others",
    "Fig. 1; section 5.1",
    "The second bump changes the non-local measures near the first bump, but not Fisher information.",
    CONFIRMED,
)
def second_bump_seen() -> Result:
    found = each(second_bump, SECOND_BUMP)
    least = [min(near_change(one, name) for name in _COMPLETE) for one in found]
    fisher = max(near_change(one, "fisher") for one in found)
    return Result(
        min(least) > 0.01 and fisher < 1e-3,
        f"I_sp, I_SSI, I_surp, I_CiSSI and Kong's change by {least[0]:.0%} or more ({min(least):.1%} over {len(found)} "
        f"choices of parameters); Fisher by {fisher:.1g}",
    )


@claim(
    "fig-1-bernoulli",
    "Fig. 1",
    "If the neuron spikes once or not at all (p = 0.8 at its peak), I_local changes least of the complete measures.",
    CONFIRMED,
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
    "Axiom 2, section 5.1",
    "The farther away the second bump is, the less it changes I_local at the first.",
    CONFIRMED,
)
def distance_decays() -> Result:
    prior, noise = Gaussian(0.0, 3.0), PoissonNoise()
    first = Bump(-3.0, 1.0, 10.0, 0.5)
    alone = encoding_model(prior=prior, tuning=first, noise=noise, nodes=301)
    far = np.abs(alone.stimuli[:, 0] + 3) <= 0.05
    before = values_of(alone)
    changes: dict[str, list[float]] = {"i_local": [], "i_surp": []}
    places = (3.0, 6.0, 9.0)
    for place in places:
        both = encoding_model(prior=prior, tuning=Bumps((first, Bump(place, 1.0, 10.0))), noise=noise, nodes=301)
        after = values_of(both)
        for name, row in changes.items():
            row.append(float(np.abs(after[name] - before[name])[far].max()))
    return Result(
        bool(np.all(np.diff(changes["i_local"]) < 0)),
        "change of I_local at -3 with the second bump at "
        + ", ".join(f"{place:g}: {value:.3f}" for place, value in zip(places, changes["i_local"]))
        + " nats; of I_surp, which depends only on how often the bump is met, "
        + ", ".join(f"{value:.3f}" for value in changes["i_surp"]),
    )


@claim(
    "fig-2-gaussian",
    "Fig. 2, section 5.2",
    "For r = x + noise under a Gaussian prior, I_local is the same at every stimulus.",
    CONFIRMED,
)
def flat_under_gaussian() -> Result:
    spread, off = 0.0, 0.0
    for one, options in zip(each(other_prior, OTHER_PRIOR), OTHER_PRIOR):
        values = one.before.values["i_local"][one.likely()]
        sd, noise = np.hypot(1, options.get("mode_sd", 0.4)), options.get("noise", 0.5)
        spread = max(spread, float(np.ptp(values)))
        off = max(off, distance(values, 0.5 * np.log1p((sd / noise) ** 2)))
    return Result(
        max(spread, off) < 1e-4, f"I_local varies by {spread:.1g} nats, and is {off:.1g} from 1/2 log(1 + sd²/noise²)"
    )


@claim(
    "fig-2-bimodal",
    "Fig. 2; section 5.2, close",
    "Under a bimodal prior I_local is largest between the modes, where Fisher information stays flat.",
    CONFIRMED,
)
def largest_between_modes() -> Result:
    found = each(other_prior, OTHER_PRIOR)
    rises = [between_modes(one, "i_local") for one in found]
    wide = [between_modes(one, "i_local") for one in each(other_prior, WIDE, nodes=_FEWER)]
    flat = max(float(np.ptp(one.after.values["fisher"][one.likely()])) for one in found)
    return Result(
        min(rises) > 0.05 and flat < 1e-3 and min(wide) > 0.05,
        f"I_local(0) exceeds its value at the modes by {rises[0]:.2f} nats ({min(rises):.2f} to {max(rises):.2f} on "
        f"{len(found)} choices of parameters, {min(wide):.2f} or more where the modes almost merge); Fisher varies by "
        f"{flat:.1g}",
    )


@claim(
    "fig-2-others",
    "Fig. 2",
    "(Ours.) If the modes are apart, so is Kong's second decomposition; I_sp and I_SSI are not.",
    CONFIRMED,
)
def others_between_modes() -> Result:
    found = each(other_prior, OTHER_PRIOR)
    above = {
        name: sum(between_modes(one, name) > 0.01 for one in found)
        for name in ("i_sp", "i_ssi", "i_cissi", "i_surp", "i_kong2")
    }
    merged = {
        name: max(between_modes(one, name) for one in each(other_prior, WIDE, nodes=_FEWER))
        for name in ("i_sp", "i_ssi", "i_kong2")
    }
    return Result(
        above["i_sp"] == above["i_ssi"] == 0 and above["i_kong2"] == len(found) and max(merged.values()) < 1e-3,
        f"of {len(found)} choices of parameters, larger midway: "
        + ", ".join(f"{name} on {count}" for name, count in above.items())
        + f"; where modes almost merge (sd 0.8, 0.9) i_kong2 is smaller midway, by {-merged['i_kong2']:.2f} or more",
    )
