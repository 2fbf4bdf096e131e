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


def search(axiom: str, size: float, seed: int, examples: int, known: bool) -> tuple[bool, bool]:
    """Whether the break is found, and whether by a case that every audit asks; without those unless `known`."""
    asked, measure = AXIOMS[axiom], PLANTS[axiom].measure(size)
    if not known:
        asked = replace(asked, known=(), known_with_gradient=(), smallest=lambda gradient: ())
    verdict = attack(asked, measure, examples=examples, seed=seed, shrink=False)
    gradient = bool(measure.needs)
    fixed = {*asked.known_cases(gradient), *asked.smallest(gradient)}
    return verdict.verdict == "refuted", verdict.case in fixed


def make(run: Run) -> Data:
    """The table; every search is kept as it ends, so that an interrupted run goes on where it stopped."""
    examples = run["strength_examples"] or EXAMPLES
    data = dict(run.before)
    for seed in range(run["strength_seeds"] or SEEDS):  # so what is there has about as many seeds for all
        for axiom, plant in PLANTS.items():
            row = data.get(axiom)
            if row is None or row["examples"] != examples:
                row = {"planted": plant.planted, "examples": examples, "breaks": []}
            rows = {one["size"]: one for one in row["breaks"]}
            for size in SIZES:
                one = rows.setdefault(size, {"size": size, "found": 0, "drawn": 0, "seeds": 0, "known": False})
                if one["seeds"] == seed:
                    rows[size] = one | _searched(axiom, one, seed, examples)
                    data[axiom] = row | {"breaks": [rows[each] for each in SIZES if each in rows]}
                    run.keep(data)
            run.say(f"strength: {axiom}, seed {seed}")
    return data


def _searched(axiom: str, one: Data, seed: int, examples: int) -> Data:
    """The counts after one more search."""
    found, known = (True, True) if one["known"] else search(axiom, one["size"], seed, examples, True)
    drawn = search(axiom, one["size"], seed, examples, False)[0] if known else found
    return {
        "found": one["found"] + found,
        "drawn": one["drawn"] + drawn,
        "seeds": seed + 1,
        "known": known,
    }


def check(committed: Data) -> list[str]:
    """Whether the table has the form that the package reads, and is the copy that the package reads."""
    lines = []
    table: dict[str, Strength] = msgspec.convert(committed, dict[str, Strength])
    for axiom, strength in table.items():
        if tuple(one.size for one in strength.breaks) != SIZES:
            lines.append(f"strength.json: {axiom} lacks sizes")
        lines += [
            f"strength.json: {axiom}, a break of {size_text(one.size)}: found {one.found} of {one.seeds} times"
            for one in strength.breaks
            if not _plausible(one)
        ]
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
    cost="some hours: 20 searches per axiom and size of a break; goes on where it was interrupted",
    make=make,
    outputs=("strength.json", "strength.md"),
    page=_page,
    options=(
        ("--strength-seeds", {"type": int, "help": f"searches per axiom and size (default: {SEEDS})"}),
        ("--strength-examples", {"type": int, "help": f"generated cases per family (default: {EXAMPLES})"}),
    ),
    only_named=True,
    check=check,
    checked="the form of the table, and that the package reads the same",
    shipped=SHIPPED,
)
