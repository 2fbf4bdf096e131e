"""How small a break of each axiom the search finds: sound measures with a break of known size planted in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from ...axioms.auditing.attack import attack
from ...axioms.auditing.audit import EXAMPLES
from ...axioms.axiom import Family
from ...axioms.registry import AXIOMS
from ...axioms.strength import Break, Strength, size_text
from ...estimators import PUBLISHED, Measure
from ...models import EncodingModel, ResponsePair
from ...models.arrays import Array
from .study import Data, Run, Study, page

#: Relative to I(x).
SIZES = (0.1, 1e-2, 1e-3, 1e-4, 1e-5)
SEEDS = 20
#: The copy of the table that the package reads.
SHIPPED = Path(__file__).parents[2] / "axioms" / "strength.json"


class _Plant(NamedTuple):
    """A break: in words, with e for its size, and the measure that has it."""

    planted: str
    measure: Callable[[float], Measure]


def _surprise(share: Callable[[EncodingModel], Array | float]) -> Callable[[float], Measure]:
    """I_surp times 1 + e share(model)."""
    return lambda size: Measure("planted", lambda model: _surp(model) * (1 + size * share(model)))


def _surp(model: EncodingModel) -> Array:
    return PUBLISHED["i_surp"](model)


def _fisher(model: EncodingModel) -> Array:
    return PUBLISHED["fisher"](model)


def _everywhere(size: float) -> Measure:
    return Measure(
        "planted", lambda model: _fisher(model) + size * float(model.prior @ _fisher(model)), needs=("gradient",)
    )


def _leaking(size: float) -> Measure:
    def featurewise(model: EncodingModel) -> Array:
        values = PUBLISHED["fisher"].featurewise(model)
        return np.asarray((1 - size) * values + size * values.mean(axis=1, keepdims=True))

    return Measure("planted", _fisher, featurewise=featurewise, needs=("gradient",))


def _with_conditional(size: float) -> Measure:
    def conditional(pair: ResponsePair) -> Array:
        return np.asarray((1 + size) * PUBLISHED["i_surp"].conditional(pair))  # type: ignore[operator]

    return Measure("planted", _surp, conditional=conditional)


#: By axiom. Of the marginal axiom there is none: no complete measure meets it.
PLANTS = {
    "completeness": _Plant("(1 + e) I(x)", _surprise(lambda model: 1.0)),
    "locality": _Plant("J(x) + e E[J], of Fisher information: its change ends with the ball", _everywhere),
    "locality_any_prior": _Plant("J(x) + e E[J], of Fisher information: its change ends with the ball", _everywhere),
    "positivity": _Plant(
        "I(x) - e E[I]",
        lambda size: Measure("planted", lambda model: _surp(model) - size * model.mutual_information()),
    ),
    "additivity": _Plant("the conditional times 1 + e", _with_conditional),
    "data_processing": _Plant(
        "I(x) times 1 + e / number of responses", _surprise(lambda model: 1 / len(model.likelihood))
    ),
    "response_invariance": _Plant(
        "I(x) times 1 + e p(first response)", _surprise(lambda model: float(model.response_probability[0]))
    ),
    "feature_insensitivity": _Plant("a share e of I(x) spread over all features", _leaking),
    "stimulus_invariance": _Plant(
        "I(x) times 1 + e abs(x_1) / (1 + abs(x_1))",
        _surprise(lambda model: np.abs(model.stimuli[:, 0]) / (1 + np.abs(model.stimuli[:, 0]))),
    ),
}


def search(axiom: str, size: float, seed: int, examples: int, family: Family) -> bool:
    """Whether drawn cases of one family find the break. An audit's search is that of each family in turn."""
    return _refuted(axiom, size, seed, examples, known=(), known_with_gradient=(), families=lambda gradient: (family,))


def known(axiom: str, size: float) -> bool:
    """Whether a case that every audit asks finds it."""
    asked = AXIOMS[axiom]
    fixed = {"smallest": asked.smallest, "sizes": asked.sizes}
    return _refuted(axiom, size, 0, 1, families=lambda gradient: (), **fixed)


def _refuted(axiom: str, size: float, seed: int, examples: int, **cases: Any) -> bool:
    none = {"smallest": lambda gradient: (), "sizes": lambda gradient: ()}
    asked = replace(AXIOMS[axiom], **(none | cases))
    measure = PLANTS[axiom].measure(size)
    return attack(asked, measure, examples=examples, seed=seed, shrink=False).verdict == "refuted"


def families(axiom: str) -> tuple[Family, ...]:
    """The families of an axiom that the planted measure meets."""
    return AXIOMS[axiom].families("gradient" in PLANTS[axiom].measure(SIZES[0]).needs)


def make(run: Run) -> Data:
    """The table; every seed of an axiom is kept as it ends, so that an interrupted run goes on where it stopped."""
    examples = run["strength_examples"] or EXAMPLES
    data = dict(run.before)
    for seed in range(run["strength_seeds"] or SEEDS):  # so what is there has about as many seeds for all
        for axiom, plant in PLANTS.items():
            row = data.get(axiom)
            if row is None or row["examples"] != examples or "families" not in row:
                row = {"planted": plant.planted, "examples": examples, "breaks": [], "families": {}}
            if any(one["seeds"] == seed for one in row["breaks"]) or not row["breaks"]:
                data[axiom] = row | _searched(axiom, row, seed, examples)
                run.keep(data)
            run.say(f"strength: {axiom}, seed {seed}")
    return data


def _searched(axiom: str, row: Data, seed: int, examples: int) -> Data:
    """The counts after one more seed: of each family, and of all of them together."""
    before = {one["size"]: one for one in row["breaks"]}
    breaks: list[Data] = []
    counts: dict[str, list[Data]] = {}
    for n, size in enumerate(SIZES):
        drawn = False
        for family in families(axiom):
            of_family = row["families"].get(family.name, [])
            found = search(axiom, size, seed, examples, family)
            drawn = drawn or found
            counts.setdefault(family.name, []).append(_counted(of_family[n] if of_family else None, size, found, found))
        one = before.get(size) or {"known": known(axiom, size)}
        breaks.append(_counted(one, size, one["known"] or drawn, drawn))
    return {"breaks": breaks, "families": counts}


def _counted(one: Data | None, size: float, found: bool, drawn: bool) -> Data:
    """One more seed in a count."""
    one = one or {}
    more = {name: one.get(name, 0) + add for name, add in (("found", found), ("drawn", drawn), ("seeds", 1))}
    return {"size": size, **more, "known": one.get("known", False)}


def check(committed: Data) -> list[str]:
    """Whether the table has the form that the package reads, and is the copy that the package reads."""
    lines = []
    table: dict[str, Strength] = msgspec.convert(committed, dict[str, Strength])
    for axiom, strength in table.items():
        for where, breaks in ((axiom, strength.breaks), *((f"{axiom}, {f}", b) for f, b in strength.families.items())):
            if tuple(one.size for one in breaks) != SIZES:
                lines.append(f"strength.json: {where} lacks sizes")
            lines += [
                f"strength.json: {where}, a break of {size_text(one.size)}: found {one.found} of {one.seeds} times"
                for one in breaks
                if not _plausible(one)
            ]
        if axiom in PLANTS and strength.families.keys() != {family.name for family in families(axiom)}:
            lines.append(f"strength.json: {axiom} has other families than the search")
    if table.keys() != PLANTS.keys():
        lines.append("strength.json: other axioms than those with planted breaks")
    if not SHIPPED.is_file() or msgspec.json.decode(SHIPPED.read_bytes()) != committed:
        lines.append(f"{SHIPPED.name}: is not strength.json")
    return lines


def _plausible(one: Break) -> bool:
    return 0 <= one.drawn <= one.found <= one.seeds and one.seeds > 0 and (not one.known or one.found == one.seeds)


def _page(data: Data) -> str:
    table: dict[str, Any] = msgspec.convert(data, dict[str, Strength])
    return page("strength.md", table=table, sizes=[size_text(size) for size in SIZES])


STUDY = Study(
    name="strength",
    cost="some 20 minutes: 20 searches per axiom, family and size of a break; goes on where it was interrupted",
    make=make,
    outputs=("strength.json", "strength.md"),
    page=_page,
    options=(
        ("--strength-seeds", {"type": int, "help": f"searches per axiom, family and size (default: {SEEDS})"}),
        ("--strength-examples", {"type": int, "help": f"generated cases per family (default: {EXAMPLES})"}),
    ),
    only_named=True,
    check=check,
    checked="the form of the table, and that the package reads the same",
    shipped=SHIPPED,
)
