"""One self-contained HTML page of an audit: the table, and for every refutation the case, drawn and in numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from .. import __version__
from ..axioms.auditing.verdict import Audit, Verdict
from ..axioms.axiom import Axiom
from ..axioms.cases import Case, GarblingCase, PairCase, ResponseMapCase
from ..axioms.locality_cases import DecayCase, JumpCase
from ..axioms.registry import AXIOMS, case_from_json
from ..estimators import PUBLISHED
from ..models import EncodingModel
from .draw.model import short
from .draw.panels import model_of
from .draw.witness import describe, plot_witness, svg

#: Verdicts in signs and words: nothing is said by colour alone.
SIGNS = {
    "holds": ("✓", "holds"),
    "refuted": ("✗", "refuted"),
    "inconclusive": ("?", "cannot tell"),
    "not_applicable": ("–", "n/a"),
    "error": ("!", "error"),
}
#: Models of so many stimuli and responses are printed in numbers.
PRINTED = 6


@dataclass(frozen=True)
class _Table:
    """A small table of numbers."""

    caption: str
    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class _Row:
    """One cell of the audit as the page shows it; `anchor` is "" where there is nothing to show."""

    axiom: Axiom
    verdict: Verdict
    margin: str
    error: str
    paper: bool | None
    differs: bool
    anchor: str = ""
    finding: str = ""
    drawing: Markup | None = None
    undrawn: str = ""
    tables: tuple[_Table, ...] = ()
    json: str = ""
    replay: str = ""


@dataclass(frozen=True)
class _Measure:
    """A measure's section."""

    id: str
    name: str
    about: str
    rows: dict[str, _Row]


def audit_page(
    audits: Mapping[str, Audit], paper: Mapping[str, Mapping[str, bool]] | None = None, command: str = ""
) -> str:
    """One HTML page, complete in itself: no script, nothing loaded, the same bytes for the same audits.

    Parameters
    ----------
    audits : measure -> `Audit`, as `audit_published` gives; ``{name: audit}`` for one
    paper : measure -> axiom id -> what the paper claims, shown beside the verdicts
    command : what was typed to make it
    """
    claims = paper or {}
    measures = [_measure(f"m{n}", audit, claims.get(name, {})) for n, (name, audit) in enumerate(audits.items())]
    asked = [axiom for axiom in AXIOMS.values() if any(axiom.id in measure.rows for measure in measures)]
    names = [measure.name for measure in measures]
    page = _environment().get_template("page.html").render(
        title=f"Audit of {names[0]}" if len(names) == 1 else "Stimulus-specific information measures, audited",
        version=__version__,
        command=command,
        seeds=_listed(audit.seed for audit in audits.values()),
        examples=_listed(audit.examples for audit in audits.values()),
        complete=all(audit.complete for audit in audits.values()),
        axioms=asked,
        measures=measures,
        signs=SIGNS,
        has_paper=any(row.paper is not None for measure in measures for row in measure.rows.values()),
    )  # fmt: skip
    return page if page.endswith("\n") else page + "\n"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("stiminfo.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["maths"] = maths
    return environment


def maths(text: str) -> Markup:
    """Escaped text in which the subscripts of I_{R'|R}(x), I_R, E_X are set as such, and 2e-15 unbroken."""
    # Escaped first: what is put in afterwards is nothing but <sub> and a hyphen.
    safe = re.sub(r"\b([IEX])_(?:\{([^{}<>]{1,24})\}|(\w(?:&#39;)?)(?!\w))", _subscript, str(escape(text)))
    return Markup(re.sub(r"(\de)-(\d)", r"\1&#8209;\2", safe))


def _subscript(found: re.Match[str]) -> str:
    return f"{found[1]}<sub>{found[2] or found[3]}</sub>"


def _listed(numbers: Any) -> str:
    return ", ".join(str(number) for number in sorted(set(numbers)))


def _measure(anchor: str, audit: Audit, claims: Mapping[str, bool]) -> _Measure:
    published = PUBLISHED.get(audit.measure)
    about = f"{published.title}: {published.source}; in {published.units}" if published else ""
    rows = {
        axiom: _row(f"{anchor}-{axiom.replace('_', '-')}", audit.measure, AXIOMS[axiom], verdict, claims.get(axiom))
        for axiom, verdict in audit.verdicts.items()
    }
    return _Measure(anchor, audit.measure, about, rows)


def _row(anchor: str, measure: str, axiom: Axiom, verdict: Verdict, paper: bool | None) -> _Row:
    counted = verdict.verdict in ("holds", "refuted", "inconclusive")
    margin = f"{verdict.margin:.3g}" if counted else "–"
    error = f"{verdict.numerical_error:.1g}" if counted else "–"
    # "cannot tell" and failures differ from nothing.
    differs = paper is not None and verdict.verdict in ("holds", "refuted") and paper != (verdict.verdict == "holds")
    if verdict.witness is None:
        return _Row(axiom, verdict, margin, error, paper, differs)
    says = verdict.message.rstrip(".")
    drawing: Markup | None = None
    undrawn = ""
    tables: tuple[_Table, ...] = ()
    try:
        case = case_from_json(verdict.witness["case"])
        label = describe(verdict.witness)
        drawing = Markup(svg(plot_witness(verdict.witness), anchor, label))  # svg() escapes the label
        tables = _tables(case)
    except (ValueError, KeyError, TypeError, ArithmeticError) as problem:
        undrawn = str(problem)  # a page without one drawing is better than none
    return _Row(
        axiom,
        verdict,
        margin,
        error,
        paper,
        differs,
        anchor,
        f"{says[:1].upper()}{says[1:]}. Violation: {verdict.margin:.3g} {axiom.unit} (numerical error {error}).",
        drawing,
        undrawn,
        tables,
        _readable(verdict.witness),
        "stiminfo replay witness.json" + ("" if measure in PUBLISHED else " --measure FILE:NAME"),
    )


def _readable(witness: dict[str, Any]) -> str:
    """The witness as JSON, an entry a line."""
    lines = (f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in witness.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def _tables(case: Case) -> tuple[_Table, ...]:
    """The case's models in numbers, where they are small."""
    if isinstance(case, DecayCase | JumpCase):
        return ()
    if isinstance(case, PairCase):
        first, second, _ = case.built.likelihood.shape
        occurs = (case.built.likelihood > 0).sum(axis=2)
        names = [f"p({k},{m}|x)" for k in range(first) for m in range(second) if occurs[k, m]]
        return _printed(case.built.both, "The two responses r, r′", names, 12)
    tables = _printed(model_of(case), "The model")
    if isinstance(case, GarblingCase):
        tables += _printed(case.garbled, "With the garbled response")
    elif isinstance(case, ResponseMapCase) and case.order is not None:
        tables += _printed(case.mapped, "With the responses renamed")
    elif getattr(case, "mapped", None) is not None:
        tables += _printed(case.mapped, "After the map")  # type: ignore[attr-defined]
    return tables


def _printed(
    model: EncodingModel, caption: str, names: list[str] | None = None, most: int = PRINTED
) -> tuple[_Table, ...]:
    count, responses = len(model.stimuli), len(model.likelihood)
    if count > PRINTED or responses > most:
        return ()
    coordinates = ["x"] if model.dimensions == 1 else [f"x{i + 1}" for i in range(model.dimensions)]
    head = ["stimulus", *coordinates, "p(x)", *(names or [f"p({k}|x)" for k in range(responses)])]
    cells = bool((model.stimulus_volumes != 1).any())
    rows = [
        [str(j), *(f"{x:.6g}" for x in model.stimuli[j]), _number(model.prior[j])]
        + [_number(p) for p in model.likelihood[:, j]]
        + ([f"{model.stimulus_volumes[j]:.6g}"] if cells else [])
        for j in range(count)
    ]
    if (model.response_volumes != 1).any():
        volumes = ", ".join(f"{volume:.6g}" for volume in model.response_volumes)
        caption += f"; volumes of the response's cells: {volumes}"
    return (_Table(caption, head + (["cell volume"] if cells else []), rows),)


def _number(p: float) -> str:
    """A probability: exactly, where it is a small fraction."""
    text = short(float(p))
    return text if "/" in text or text in ("0", "1") else f"{p:.6g}"
