"""Witnesses: a refuting case as small JSON, and its replay. A witness is data; it never names code to import."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import __version__, show
from ...errors import NotApplicable, WitnessError
from ...estimators import Measure
from ...models.data import SpecError, fields_of
from ..case_json import case_from_json
from ..cases import Case
from ..evaluator import evaluator
from ..finding import Finding
from ..registry import AXIOMS, Axiom, nearest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCHEMA = 1
#: Untrusted files may not be larger than this, in bytes.
LARGEST = 20_000_000


@dataclass(frozen=True)
class Witness:
    """A case, the axiom it is about and the measure it was found on (by name only)."""

    measure: str
    axiom: Axiom
    case: Case
    found: dict[str, Any]
    data: dict[str, Any]

    def plot(self) -> Figure:
        """Draw the model and I(x), and where the axiom breaks."""
        return show.drawing(self.data)


@dataclass(frozen=True)
class Replay:
    """A witness judged anew. `stands` is whether it still refutes."""

    witness: Witness
    finding: Finding

    @property
    def stands(self) -> bool:
        return self.finding.broken


def witness_json(measure: str, axiom: str, case: dict[str, Any], finding: dict[str, Any]) -> dict[str, Any]:
    """JSON data of a witness."""
    sides = {label: [_short(value) for value in values] for label, values in finding["sides"].items()}
    return {
        "schema": SCHEMA,
        "stiminfo": __version__,
        "measure": measure,
        "axiom": axiom,
        "case": case,
        "finding": {
            "violation": finding["violation"],
            "numerical_error": finding["error"],
            "tolerance": finding["tolerance"],
            "at": finding["at"],
            "says": finding["says"],
            "sides": sides,
        },
    }


def _short(value: float) -> float:
    return float(f"{value:.8g}")


def parse_witness(data: Any) -> Witness:
    """A `Witness` from JSON data; raises `WitnessError`."""
    try:
        entries = fields_of(data, "the witness", {"schema", "measure", "axiom", "case"}, {"stiminfo", "finding"})
        if entries["schema"] != SCHEMA:
            raise WitnessError(f"schema {entries['schema']!r}; this version reads schema {SCHEMA}")
        if not isinstance(entries["axiom"], str) or entries["axiom"] not in AXIOMS:
            raise WitnessError(f"unknown axiom {entries['axiom']!r}{nearest(str(entries['axiom']), AXIOMS)}")
        if not isinstance(entries["measure"], str):
            raise WitnessError("measure is no name")
        case = case_from_json(entries["case"])
    except SpecError as error:
        raise WitnessError(str(error)) from None
    axiom = AXIOMS[entries["axiom"]]
    kinds = {type(known) for known in axiom.classics(False) + axiom.classics(True)}
    if axiom.id in ("completeness", "positivity"):
        pass
    elif axiom.id.startswith("locality"):
        kinds |= {type(known) for name in ("locality", "locality_any_prior") for known in AXIOMS[name].classics(False)}
    if type(case) not in kinds:
        raise WitnessError(f"a case of kind {case.kind!r} says nothing about {axiom.id}")
    found = entries.get("finding", {})
    return Witness(entries["measure"], axiom, case, found if isinstance(found, dict) else {}, data)


def read_witness(path: str | Path) -> Witness:
    """A `Witness` from a JSON file; raises `WitnessError` or OSError."""
    path = Path(path)
    kind = path.stat()
    if not stat.S_ISREG(kind.st_mode):
        raise WitnessError(f"{path}: not a file")
    if kind.st_size > LARGEST:
        raise WitnessError(f"{path}: larger than {LARGEST} bytes; not a witness")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise WitnessError(f"{path}: not JSON ({error})") from None
    try:
        return parse_witness(data)
    except WitnessError as error:
        raise WitnessError(f"{path}: {error}") from None


def replay(witness: Witness, measure: Measure) -> Replay:
    """Judge the witness's case anew, at the accuracy of a confirmation.

    Raises
    ------
    NotApplicable, MeasureError
        Where the measure declines the case, or fails on it.
    """
    if witness.axiom.featurewise and not measure.has_featurewise:
        raise NotApplicable(f"{measure.name} has no feature-wise form")
    return Replay(witness, witness.axiom.check(evaluator(measure, "fine"), witness.case))
