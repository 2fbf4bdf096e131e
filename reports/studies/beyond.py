"""What the axioms leave open: audits of measures related to I_local, and further axioms that would exclude some.

I_local forgets the stimulus step by step, by adding noise. Other ways to forget it give other measures that meet the
paper's axioms; the page explains them.
"""

from __future__ import annotations

from typing import Any

from ...axioms.auditing.attack import attack
from ...axioms.axiom import Axiom
from ...axioms.registry import AXIOMS, FURTHER
from ...estimators.relatives import RELATIVES
from ..verdicts import WORDS
from .study import Data, Run, Study, page
from .table import cell_differences

#: The paper's axioms and what follows from them; then axioms that might single out one measure.
ASKED = ("completeness", "locality", "positivity", "additivity", "data_processing", "feature_insensitivity")
CLOSING = (*FURTHER, "stimulus_invariance")
EXAMPLES = 20
#: Axioms about groups of maps; the page's last section lists the measures that they leave.
GROUPS = ("translation_invariance", "scale_invariance", "rotation_invariance")


def every() -> dict[str, Axiom]:
    """The axioms that each relative is audited against, by id."""
    return {axiom: (AXIOMS | FURTHER)[axiom] for axiom in (*ASKED, *CLOSING)}


def audited(name: str, axiom: Axiom, examples: int = EXAMPLES) -> dict[str, Any]:
    """One cell: verdict, message, and the witness of a refutation."""
    found = attack(axiom, RELATIVES[name], examples=examples)
    witness = found.witness
    if witness is not None:
        witness["measure"] = name  # the table's name of it: that of I_local itself is another
    return {"verdict": found.verdict, "message": found.says, "margin": found.violation, "witness": witness}


def make(run: Run) -> Data:
    """Audit every relative."""
    table: dict[str, dict[str, Any]] = {}
    for name in RELATIVES:
        table[name] = {}
        for id_, axiom in every().items():
            table[name][id_] = audited(name, axiom, run["examples"] or EXAMPLES)
            run.say(f"{name}, {id_}: {table[name][id_]['verdict']}")
    return {"relatives": table, "schema": 1}


def _meets(cells: dict[str, Any], axioms: tuple[str, ...]) -> bool:
    return all(cells[axiom]["verdict"] in ("holds", "not_applicable") for axiom in axioms)


def markdown(data: Data) -> str:
    """The page."""
    relatives = data["relatives"]
    sound = [name for name, cells in relatives.items() if _meets(cells, ASKED)]
    return page(
        "beyond.md",
        relatives=relatives,
        sources={name: RELATIVES[name].source for name in relatives},
        asked=ASKED,
        closing=CLOSING,
        axioms=every(),
        words=WORDS,
        sound=sound,
        left=[name for name in sound if all(relatives[name][axiom]["verdict"] != "refuted" for axiom in GROUPS)],
    )


def check(committed: Data) -> list[str]:
    """The differences of refutations that are made again: verdict, witness and margin."""
    lines = []
    for name, cells in committed["relatives"].items():
        for id_, axiom in every().items():
            if cells[id_]["verdict"] == "refuted":
                found = cell_differences(cells[id_], audited(name, axiom))
                lines += [f"beyond, {name}, {id_}: {text}" for text in found]
    return lines


STUDY = Study(
    name="beyond",
    cost="some minutes",
    make=make,
    outputs=("beyond.json", "beyond.md"),
    page=markdown,
    options=(("--examples", {"type": int, "help": "cases of each family of cases (default: 20)"}),),
    check=check,
    checked="each refutation made anew",
)
