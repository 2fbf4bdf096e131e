"""An audit as one self-contained HTML page: the table, and each refutation with its case, drawn and in numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from .. import __version__
from ..axioms.auditing.verdict import Audit, Verdict
from ..axioms.axiom import Axiom
from ..axioms.registry import EVERY, case_from_json
from ..errors import MALFORMED
from ..estimators import PUBLISHED
from .draw.kinds import Numbers, kind_of
from .draw.model import short
from .draw.witness import describe, plot_witness, svg
from .symbols import in_html, symbol
from .templating import render
from .verdicts import PROVED, WORDS, Claims, claim_word, differs, error, finding_words, margin, word_of

#: Models of at most this many stimuli are printed in numbers.
PRINTED = 6


@dataclass(frozen=True)
class _Table:
    """A small table of numbers."""

    caption: str
    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class _Row:
    """One verdict as the page shows it; `anchor` is "" without a witness, `undrawn` says why there is no drawing."""

    axiom: Axiom
    verdict: Verdict
    paper: bool | None
    anchor: str = ""
    drawing: Markup | None = None
    undrawn: str = ""
    tables: tuple[_Table, ...] = ()


@dataclass(frozen=True)
class _Measure:
    """The section of a measure."""

    id: str
    name: str
    symbol: Markup
    about: str
    rows: dict[str, _Row]


def audit_page(audits: Mapping[str, Audit], paper: Claims | None = None, command: str = "") -> str:
    """One HTML page that loads nothing and runs no script; the same audits give the same bytes.

    Parameters
    ----------
    audits : measure -> `Audit`, as `audit_published` returns them; ``{name: audit}`` for a single one
    paper : measure -> axiom id -> whether the paper claims that the axiom holds; shown beside the verdicts
    command : the command that made the page
    """
    claims = paper or {}
    measures = [_measure(f"m{n}", audit, claims.get(name, {})) for n, (name, audit) in enumerate(audits.items())]
    asked = [axiom for axiom in EVERY.values() if any(axiom.id in measure.rows for measure in measures)]
    proofs = any(verdict.proof for audit in audits.values() for verdict in audit.verdicts.values())
    return render(
        "page.html",
        title="Stimulus-specific information measures, audited",
        version=__version__,
        command=command,
        seeds=_listed(audit.seed for audit in audits.values()),
        examples=_listed(audit.examples for audit in audits.values()),
        complete=all(audit.complete for audit in audits.values()),
        faults=[f"{name}: {fault}" for name, audit in audits.items() for fault in audit.contradictions],
        nearest={name: str(audit.nearest) for name, audit in audits.items() if audit.nearest is not None},
        axioms=asked,
        measures=measures,
        words=[*([PROVED] if proofs else []), *WORDS.values()],
        word_of=word_of,
        proofs=proofs,
        strengths={axiom: found for audit in audits.values() for axiom, found in audit.strengths.items()},
        published=PUBLISHED,
        claim_word=claim_word,
        differs=differs,
        error=error,
        finding_words=finding_words,
        margin=margin,
        maths=in_html,
        readable=_readable,
        has_paper=any(row.paper is not None for measure in measures for row in measure.rows.values()),
    )


def _listed(numbers: Any) -> str:
    return ", ".join(str(number) for number in sorted(set(numbers)))


def _measure(anchor: str, audit: Audit, claims: Mapping[str, bool]) -> _Measure:
    published = PUBLISHED.get(audit.measure)
    about = f"{published.title}: {published.source}; in {published.units}" if published else ""
    rows = {
        axiom: _row(f"{anchor}-{axiom.replace('_', '-')}", EVERY[axiom], verdict, claims.get(axiom))
        for axiom, verdict in audit.verdicts.items()
    }
    return _Measure(anchor, audit.measure, symbol(audit.measure).html, about, rows)


def _row(anchor: str, axiom: Axiom, verdict: Verdict, paper: bool | None) -> _Row:
    if verdict.witness is None:
        return _Row(axiom, verdict, paper)
    try:
        case = case_from_json(verdict.witness["case"])
        # svg() escapes the label.
        drawing = Markup(svg(plot_witness(verdict.witness), anchor, describe(verdict.witness)))
        numbers = kind_of(case).numbers(case)
        tables = tuple(_table(one) for one in numbers if _is_small(one))
    except MALFORMED as problem:
        # A page that lacks one drawing is better than no page.
        return _Row(axiom, verdict, paper, anchor, undrawn=str(problem))
    return _Row(axiom, verdict, paper, anchor, drawing, tables=tables)


def _readable(witness: dict[str, Any]) -> str:
    """The witness as JSON, one entry per line."""
    lines = (f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in witness.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def _is_small(numbers: Numbers) -> bool:
    return len(numbers.model.stimuli) <= PRINTED and len(numbers.model.likelihood) <= numbers.most


def _table(numbers: Numbers) -> _Table:
    """A model in numbers, one row per stimulus."""
    caption, model = numbers.caption, numbers.model
    coordinates = ["x"] if model.dimensions == 1 else [f"x{i + 1}" for i in range(model.dimensions)]
    responses = numbers.responses or [f"p({k}|x)" for k in range(len(model.likelihood))]
    head = ["stimulus", *coordinates, "p(x)", *responses]
    rows = [
        [str(j), *(f"{x:.6g}" for x in point), _number(prior), *map(_number, column)]
        for j, (point, prior, column) in enumerate(zip(model.stimuli, model.prior, model.likelihood.T))
    ]
    if model.likelihood_gradient is not None:
        head += [f"d{name}/d{axis}" for axis in coordinates for name in responses]
        for row, slopes in zip(rows, model.likelihood_gradient.transpose(1, 2, 0)):
            row += [f"{slope:.6g}" for slope in slopes.ravel()]
    if (model.stimulus_volumes != 1).any():
        head.append("cell volume")
        for row, volume in zip(rows, model.stimulus_volumes):
            row.append(f"{volume:.6g}")
    if (model.response_volumes != 1).any():
        volumes = ", ".join(f"{volume:.6g}" for volume in model.response_volumes)
        caption += f"; volumes of the response's cells: {volumes}"
    return _Table(caption, head, rows)


def _number(p: float) -> str:
    """A probability with six digits, or as a fraction of denominator 12 or less."""
    text = short(float(p))
    return text if "/" in text or text in ("0", "1") else f"{p:.6g}"
