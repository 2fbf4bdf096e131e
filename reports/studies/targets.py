"""What latent groups, edits, critics and maps must reach in the known world, on seeds that chose no setting."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ...diffusion.latents import World, rendered_world
from ...errors import OptionError
from . import targets_seed
from .study import Data, Run, Study, page

#: The seeds; the recipes were chosen by others (1 to 13).
SEEDS = (41, 42, 43)
#: An estimate may exceed its bound, or miss its truth, by so many standard errors.
_ERRORS = 3


@dataclass(frozen=True)
class Target:
    """One thing that each seed must reach.

    Attributes
    ----------
    what : the number, in words
    limit : what it must reach
    least : whether it must be at least the limit, or else at most
    value : the number, from the data of a seed
    """

    what: str
    limit: float
    least: bool
    value: Callable[[Mapping[str, Any]], float]

    def number(self, seed: Mapping[str, Any]) -> float | None:
        """The number; None where the part of the seed that it is of was not measured."""
        try:
            return float(self.value(seed))
        except KeyError:
            return None

    def of(self, recipe: str) -> Target:
        """The same of a recipe's groups, from the data of a whole seed."""
        return Target(self.what, self.limit, self.least, lambda seed: self.value(seed["groups"][recipe]))

    def reached(self, seed: Mapping[str, Any]) -> bool:
        """Whether a seed reaches it; what was not measured is not reached."""
        value = self.number(seed)
        if value is None:
            return False
        return value >= self.limit if self.least else value <= self.limit


def _share(groups: Mapping[str, Any], row: str, factor: str) -> float:
    return float(groups["shares"][row][factor])


def _leak(groups: Mapping[str, Any]) -> float:
    """The largest share of a factor in a supervised group that is not for it."""
    rows = {"pose": "rotation", "category": "category"}
    return float(max(v for row, own in rows.items() for name, v in groups["shares"][row].items() if name != own))


def _order(groups: Mapping[str, Any]) -> float:
    """How far I(z_g; x) <= I(z; x) <= I(r; x) is missed, in standard errors; 0 if it is not."""
    told, error = dict(groups["information"]), groups["stderr"]
    whole = told.pop("whole")
    return float(max(max(told.values()) - whole, whole - groups["population"]["information"], 0.0) / error)


def _over(one: Mapping[str, Any]) -> float:
    """By how many standard errors the trained bound exceeds the information."""
    error = math.hypot(one["trained"]["stderr"], one["exact_stderr"])
    return float((one["trained"]["value"] - one["exact"]) / error)


def _off(one: Mapping[str, Any]) -> float:
    """The distance of the mean map from the information, in standard errors."""
    return float(abs(one["mean"] - one["exact"]) / math.hypot(one["stderr"], one["exact_stderr"]))


def _taken(edits: Mapping[str, Any]) -> float:
    """The smallest share of edits that took a factor which the group is there for."""
    taken = [edits["taken"][row][factor] for row, factors in edits["targets"].items() for factor in factors]
    return float(min((share for share in taken if share is not None), default=0.0))


#: What the recipe with labels and penalty must reach; a training without labels must miss some of the first three.
EXACT_LANE = (
    Target("category in its group, share of entropy", 0.95, True, lambda g: _share(g, "category", "category")),
    Target("rotation in the pose group, share of entropy", 0.60, True, lambda g: _share(g, "pose", "rotation")),
    Target("largest leak into a supervised group, share of entropy", 0.05, False, _leak),
    Target("partial correlation of the exact mixture, nats", 0.2, False, lambda g: g["partial_correlation"]),
    Target("gap by groups", 0.65, True, lambda g: g["gap_groups"]),
)
TARGETS = (
    *(target.of("default") for target in EXACT_LANE),
    Target(
        "R² below the plain VAE's", 0.03, False, lambda s: s["groups"]["plain"]["r2"] - s["groups"]["default"]["r2"]
    ),
    Target(
        "gap by groups of the plain VAE, mean over assignments of its latents to groups",
        0.25,
        False,
        lambda s: float(np.mean(s["groups"]["plain"]["assigned"])),
    ),
    Target(
        "I(z_g; x) ≤ I(z; x) ≤ I(r; x): missed by standard errors",
        _ERRORS,
        False,
        lambda s: _order(s["groups"]["default"]),
    ),
    Target("donor edits: smallest share that took what the group is for", 0.95, True, lambda s: _taken(s["edits"])),
    Target(
        "donor edits: smallest share that kept another factor",
        0.95,
        True,
        lambda s: min(s["edits"]["kept_by_others"].values()),
    ),
    Target("Pearson's correlation of edits with shares of information", 0.9, True, lambda s: s["edits"]["pearson"]),
    Target(
        "edits along a group that tells nothing: largest change of a pixel",
        1e-6,
        False,
        lambda s: s["edits"]["nothing_changes"],
    ),
    Target("round trip, exact denoiser, of a pixel", 1e-9, False, lambda s: s["edits"]["round_trip"]),
    Target("round trip, network, of a pixel", 1e-5, False, lambda s: s["learned"]["round_trip"]),
    Target(
        "InfoNCE of 256 candidates, trained critics, fresh trials: smallest share of I(z_g; x)",
        0.85,
        True,
        lambda s: min(one["trained"]["value"] / one["exact"] for one in s["infonce"].values()),
    ),
    Target(
        "InfoNCE above I(z_g; x) by standard errors",
        _ERRORS,
        False,
        lambda s: max(_over(one) for one in s["infonce"].values()),
    ),
    Target(
        "mean of I_local of a group off I(z_g; x) by standard errors",
        _ERRORS,
        False,
        lambda s: max(_off(one) for one in s["maps"].values()),
    ),
)


def missed(seed: Mapping[str, Any]) -> list[str]:
    """The targets that a seed misses, and "unlabelled" if a training without labels reaches all that it is asked."""
    found = [target.what for target in TARGETS if not target.reached(seed)]
    if "groups" in seed and all(target.reached(seed["groups"]["unlabelled"]) for target in EXACT_LANE):
        found.append("without labels the same thresholds must fail")
    return found


#: The parts of a seed, in the order in which they are measured.
PARTS = ("groups", "edits", "infonce", "maps", "learned")


@cache
def _world() -> World:
    return rendered_world()


def make(run: Run, world: Callable[[], World] = _world, sizes: dict[str, Any] = targets_seed.SIZES) -> Data:
    """Measure every part of every seed that is not there yet."""
    data: Data = {"schema": 1, "seeds": {}} | dict(run.before)
    data["sizes"] = {name: sizes[name] for name in ("images", "assignments", "minutes")}
    try:
        seeds = [int(one) for one in run["target_seeds"] or SEEDS]
    except ValueError:
        raise OptionError(f"--target-seeds {' '.join(run['target_seeds'])}: expected whole numbers") from None
    # Other seeds than those that were asked for are of another run.
    data["seeds"] = {key: value for key, value in data["seeds"].items() if int(key) in seeds}
    network = cache(lambda: targets_seed.network_of(world(), sizes["minutes"]))
    for number in seeds:
        done: Data = data["seeds"].setdefault(str(number), {})
        seed = targets_seed.Seed(world(), number, sizes)
        parts: dict[str, Callable[[], Data]] = {
            "groups": seed.groups,
            "edits": seed.edits,
            "infonce": seed.infonce,
            "maps": seed.maps,
            "learned": lambda seed=seed: seed.learned_lane(network()),  # type: ignore[misc]
        }
        for name, part in parts.items():
            if name not in done:
                done[name] = part()
                run.say(f"seed {number}: {name}")
                run.keep(data)
    # A run says which targets it missed; those are bold on its page, and no difference from what is committed.
    return data | {"missed": all_missed(data)}


def markdown(data: Data) -> str:
    """The tables in Markdown, of the seeds whose groups were measured."""
    seeds = {key: seed for key, seed in data["seeds"].items() if "groups" in seed}
    return page(
        "targets.md",
        seeds=seeds,
        sizes=data["sizes"],
        targets=TARGETS,
        lane=EXACT_LANE,
        missed={key: missed(seed) for key, seed in seeds.items()},
        factors=("category", "rotation", "elongation", "stripes"),
        whole=all(set(PARTS) <= set(seed) for seed in seeds.values()),
    )


def check(committed: Data) -> list[str]:
    """The targets that the committed seeds miss and that the run did not list as missed, or the other way round."""
    return sorted(set(all_missed(committed)) ^ set(committed.get("missed", [])))


def all_missed(data: Data) -> list[str]:
    """The targets that seeds miss, one line each."""
    return [f"seed {key}: {what}" for key, seed in data["seeds"].items() for what in missed(seed)]


STUDY = Study(
    name="targets",
    cost="about 15 CPU minutes; made only when it is named, and continued where it stopped",
    make=make,
    outputs=("targets.json", "targets.md"),
    page=markdown,
    options=(("--target-seeds", {"nargs": "+", "metavar": "N", "help": "seeds of the known world (41 42 43)"}),),
    only_named=True,
    check=check,
    checked="the targets that are missed, by the committed numbers",
)
