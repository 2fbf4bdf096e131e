"""Witnesses: a case that refutes an axiom, as small JSON, and its replay.

A witness is data only: it never names code to import.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from ... import __version__, show
from ...errors import CaseError, NotApplicable, UnknownAxiom, WitnessError
from ...estimators import Measure
from ...models.data import from_json
from ...texts import printable
from ..evaluator import evaluator
from ..finding import Finding
from ..registry import EVERY, AnyCase, axiom_named, case_from_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCHEMA = 1
#: The largest file that is read, in bytes: it may come from anyone.
LARGEST = 20_000_000


class Witness(Struct, frozen=True):
    """A case that refutes an axiom.

    Attributes
    ----------
    measure : name of the measure that it was found on
    axiom : id
    case : the case
    finding : what was found on the case, or None if the witness does not say
    """

    measure: str
    axiom: str
    case: AnyCase
    finding: Finding | None = None

    def to_json(self) -> dict[str, Any]:
        """The witness as JSON data."""
        data = {
            "schema": SCHEMA,
            "stiminfo": __version__,
            "measure": self.measure,
            "axiom": self.axiom,
            "case": self.case.to_json(),
        }
        if self.finding is None:
            return data
        finding = self.finding
        return data | {
            "finding": {
                "violation": finding.violation,
                "numerical_error": finding.error,
                "tolerance": finding.tolerance,
                "unit": finding.unit,
                "at": finding.at,
                "says": finding.says,
                "sides": {label: [_short(value) for value in values] for label, values in finding.sides.items()},
            }
        }

    def plot(self) -> Figure:
        """Draw the model and I(x), and where the axiom breaks."""
        return show.drawing(self.to_json())


class Replay(Struct, frozen=True):
    """A witness judged anew. `stands` is whether it still refutes."""

    witness: Witness
    finding: Finding

    @property
    def stands(self) -> bool:
        """Whether the violation is still real."""
        return self.finding.broken


class _Found(Struct, frozen=True):
    """The finding in a file; fields of other versions are ignored."""

    violation: float = 0.0
    numerical_error: float = 0.0
    tolerance: float = 0.0
    at: int = -1
    says: str = ""
    sides: dict[str, list[float]] = {}
    unit: str = ""


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    """A witness as a file holds it."""

    schema: Literal[1]
    measure: str
    axiom: str
    case: dict[str, Any]
    stiminfo: str = ""
    finding: _Found | None = None


def parse_witness(data: Any) -> Witness:
    """A `Witness` from untrusted JSON data; raises `WitnessError`."""
    if isinstance(data, dict) and data.get("schema", SCHEMA) != SCHEMA:
        raise WitnessError(f"schema {data['schema']!r}; this version reads schema {SCHEMA}")
    try:
        file: _File = from_json(data, _File, "the witness")
    except CaseError as error:
        raise WitnessError(f"not a witness, which `stiminfo audit --witnesses DIR` writes into DIR ({error})") from None
    try:
        axiom, case = axiom_named(file.axiom), case_from_json(file.case)
    except (CaseError, UnknownAxiom) as error:
        raise WitnessError(str(error)) from None
    if type(case) not in axiom.cases:
        raise WitnessError(f"a case of kind {case.kind!r} says nothing about {axiom.id}")
    found = file.finding
    if found is None:
        return Witness(file.measure, axiom.id, case)
    # "broken" is the file's word only; a replay judges anew.
    numbers = found.violation, found.numerical_error, found.tolerance, True, False, found.at, found.sides, found.says
    finding = Finding(*numbers, unit=printable(found.unit) or axiom.unit)
    return Witness(file.measure, axiom.id, case, finding)


def read_witness(path: str | Path) -> Witness:
    """A `Witness` from a JSON file; raises `WitnessError` or OSError."""
    path = Path(path)
    size = path.stat().st_size
    if not path.is_file():
        raise WitnessError(f"{path}: not a file")
    if size > LARGEST:
        raise WitnessError(f"{path}: larger than {LARGEST} bytes; not a witness")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise WitnessError(f"{path}: not JSON ({error})") from None
    try:
        return parse_witness(data)
    except WitnessError as error:
        raise WitnessError(f"{path}: {error}") from None


def replay(witness: Witness, measure: Measure, *, answered: Callable[[], None] = lambda: None) -> Replay:
    """Judge the witness's case anew, at the accuracy with which a refutation is confirmed.

    `answered` is called after each of the measure's answers.

    Raises
    ------
    NotApplicable, MeasureError
        The measure declines the case, or fails on it.
    """
    axiom = EVERY[witness.axiom]
    if axiom.featurewise and not measure.has_featurewise:
        raise NotApplicable(f"{measure.name} has no feature-wise form")
    found = axiom.check(evaluator(measure, "fine", answered), witness.case)
    return Replay(witness, replace(found, unit=axiom.unit_for(measure.units)))


def _short(value: float) -> float:
    """Eight digits: enough to check by hand, few enough to read."""
    return float(f"{value:.8g}")
