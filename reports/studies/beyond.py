"""What the axioms leave open: relatives of I_local, audited, and further axioms that would narrow them down.

``python -m stiminfo.reports.studies.beyond`` writes reports/published/beyond.json and beyond.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ...axioms.auditing.attack import attack
from ...axioms.axiom import Axiom
from ...axioms.registry import AXIOMS, FURTHER
from ...estimators.relatives import RELATIVES
from ...files import json_text, write_whole
from ..terminal import WORDS

FOLDER = Path(__file__).parents[1] / "published"
#: The paper's axioms and what follows from them, then what might close them.
ASKED = ("completeness", "locality", "positivity", "additivity", "data_processing", "feature_insensitivity")
CLOSING = (*FURTHER, "stimulus_invariance")
EXAMPLES = 20


def every() -> dict[str, Axiom]:
    """The axioms asked of each relative, by id."""
    return {axiom: (AXIOMS | FURTHER)[axiom] for axiom in (*ASKED, *CLOSING)}


def audited(name: str, axiom: Axiom, examples: int = EXAMPLES) -> dict[str, Any]:
    """One cell: verdict, message, and the witness of a refutation."""
    found = attack(axiom, RELATIVES[name], examples=examples)
    witness = found.witness
    if witness is not None:
        witness["measure"] = name  # the table's name of it: that of I_local itself is another
    return {"verdict": found.verdict, "message": found.says, "margin": found.violation, "witness": witness}


def _witness_words(cell: dict[str, Any]) -> str:
    """The model of a small witness, to check by hand."""
    case = cell["witness"]["case"]
    model = case["model"]
    if "responses" not in model:
        return ""
    words = f" Witness: stimuli {model['stimuli']}, prior {model['prior']}, response weights {model['responses']}"
    if "matrix" in case:
        return words + f", mapped by {case['matrix']}, shift {case['shift']}."
    return words + (f", moved to {case['stimuli']}." if case.get("stimuli") else ".")


def markdown(table: dict[str, dict[str, Any]]) -> str:
    """The page."""
    lines = [
        "# What the axioms leave open",
        "",
        "Written by `python -m stiminfo.reports.studies.beyond`.",
        "",
        "Let X_t forget the stimulus step by step, from X_0 = X until nothing is left. What I(R;X_t) loses at a "
        "step is an",
        "average over X_t of something that is never negative; averaged over X_t given X = x instead, and summed "
        "over the",
        "steps, it is complete and positive, and additive, since each loss obeys a chain rule. Gaussian noise of "
        "one width",
        "in all directions gives I_local. Other ways to forget give its relatives:",
        "",
        "| relative | " + " | ".join(axiom.replace("_", " ") for axiom in ASKED) + " |",
        "|---" * (1 + len(ASKED)) + "|",
    ]
    lines += [_row(name, cells, ASKED) for name, cells in table.items()]
    lines += ["", *(f"- **{name}**: {RELATIVES[name].source}" for name in table), ""]
    sound = [name for name, cells in table.items() if _meets(cells, ASKED)]
    lines += [
        f"No case broke an axiom that was asked of: {', '.join(sound)}. These differ from one another, so the axioms "
        "do not single out one measure.",
        "",
        "## Which further axioms would",
        "",
        "| relative | " + " | ".join(axiom.replace("_", " ") for axiom in CLOSING) + " |",
        "|---" * (1 + len(CLOSING)) + "|",
    ]
    lines += [_row(name, cells, CLOSING) for name, cells in table.items()]
    lines += [""]
    axioms = every()
    for axiom in CLOSING:
        killed = [name for name in sound if table[name][axiom]["verdict"] == "refuted"]
        lines += [f"### {axioms[axiom].title}", "", axioms[axiom].statement + " " + axioms[axiom].why, ""]
        for name in killed:
            cell = table[name][axiom]
            lines.append(f"- kills **{name}**: {cell['message']}.{_witness_words(cell)}")
        if not killed:
            lines.append("- kills none of those that meet the paper's axioms")
        lines.append("")
    groups = ("translation_invariance", "scale_invariance", "rotation_invariance")
    left = [name for name in sound if all(table[name][axiom]["verdict"] != "refuted" for axiom in groups)]
    lines += [
        "## What stays open",
        "",
        f"Translation, scale and rotation invariance together leave {', '.join(left)}. That is not one measure: in one "
        "dimension the walk between neighbouring stimuli meets them too, and in several so would, by the "
        "argument at the "
        "top, Langevin diffusion in the prior, whose drift turns and scales with the stimulus. Nor can axioms of "
        "this kind ever leave one measure where they leave two: any average of two complete, positive, additive "
        "measures is another. Unit invariance excludes I_local itself in two dimensions. Invariance under every "
        "coordinatewise map excludes every Gaussian noise above and, of discrete values, the walk, which sees their "
        "order.",
        "",
        "The expanded stimulus shows what locality asks of a description: sinh(x) makes the tails of a Gaussian prior "
        "heavier than exponential, and there I_local is not local. The walk is not computed where the prior spans more "
        "than twelve orders of magnitude, so its locality is not asked.",
        "",
        "Locality is searched on a line, where a width of noise is nothing and the whitened, unequal and correlated "
        "noises are I_local itself, and in the plane. There whitened and correlated noise turn the stimuli off their "
        "grid, quadrature would take minutes a case, and it is not asked of them; the whitened noise, whose covariance "
        "sees the prior everywhere, is the one to doubt.",
        "",
    ]
    return "\n".join(lines)


def _meets(cells: dict[str, Any], axioms: tuple[str, ...]) -> bool:
    return all(cells[axiom]["verdict"] in ("holds", "not_applicable") for axiom in axioms)


def _row(name: str, cells: dict[str, Any], axioms: tuple[str, ...]) -> str:
    words = [WORDS[cells[axiom]["verdict"]][0] for axiom in axioms]
    return f"| {name} | " + " | ".join(f"**{w}**" if w == "refuted" else w for w in words) + " |"


def main() -> None:
    """Audit every relative and write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="cases of each family (default: 20)")
    options = parser.parse_args()
    table: dict[str, dict[str, Any]] = {}
    for name in RELATIVES:
        table[name] = {}
        for id_, axiom in every().items():
            table[name][id_] = audited(name, axiom, options.examples)
            print(f"{name}, {id_}: {table[name][id_]['verdict']}", file=sys.stderr, flush=True)
    write_whole(options.out / "beyond.json", json_text({"relatives": table, "schema": 1}))
    write_whole(options.out / "beyond.md", markdown(table))


if __name__ == "__main__":
    main()
