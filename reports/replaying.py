"""A replayed witness on a terminal: the model, with all numbers that a check by hand needs, and the values compared."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..axioms.auditing.witness import Witness
from ..axioms.cases import Case
from ..axioms.finding import Finding, shown
from ..axioms.registry import EVERY
from ..models import EncodingModel

#: Up to so many stimuli are listed; of more, some are, evenly spaced. And up to so many responses to each.
_LISTED, _RESPONSES = 12, 4
#: Digits of the numbers of a model.
_DIGITS = 6


def print_replay(witness: Witness, finding: Finding, console: Console, found_for: str = "") -> None:
    """Print a replayed witness: the axiom, the model, the values compared, and whether they still refute the axiom.

    Parameters
    ----------
    finding : of the witness's case, judged anew
    found_for : the measure that the witness was found for, where another one was given
    """
    axiom = EVERY[witness.axiom]
    console.print(f"[bold]{axiom.title}[/] ({axiom.id}), measure {escape(witness.measure)}", highlight=False)
    console.print(f"  {escape(axiom.statement)}", highlight=False)
    _print_case(witness.case, console)
    _print_values(finding, console)
    if finding.broken:
        console.print(f"  {escape(finding.says)}", highlight=False)
    console.print(
        f"  violation {finding.violation:.6g} {escape(finding.unit)}, numerical error {finding.error:.1g}, "
        f"allowed {finding.tolerance:.1g}",
        highlight=False,
    )
    if finding.broken:
        console.print("[red]refuted[/]: the violation stands.", highlight=False)
    else:
        found = f" It was found for {escape(found_for)}." if found_for else ""
        console.print(f"[yellow]stale[/]: the case does not refute the axiom (any more).{found}", highlight=False)


def models_of(case: Case) -> list[dict[str, Any]]:
    """The models of a case as JSON data: stimuli (J, d), prior (J,) and likelihood (K, J)."""
    names = ("stimuli", "prior", "likelihood")
    return [{name: getattr(view, name).tolist() for name in names} for view in case.views]


def _print_values(finding: Finding, console: Console) -> None:
    """One row per stimulus, so that no number is cut, however narrow the terminal is."""
    longest = max((len(values) for values in finding.sides.values()), default=0)
    if not longest:
        return
    table = _table("values", "stimulus", *finding.sides)
    chosen = _some(longest)
    for j in chosen:
        table.add_row(
            str(j), *(shown(side[j], finding.violation) if j < len(side) else "" for side in finding.sides.values())
        )
    console.print(table)
    _say_some(chosen, longest, console)


def _print_case(case: Case, console: Console) -> None:
    rest = {key: value for key, value in case.to_json().items() if key != "kind"}
    model = rest.get("model") or rest.get("pair")
    if isinstance(model, dict) and "responses" in model and len(model["prior"]) <= _LISTED:
        table = Table(title="the model, in weights", title_justify="left")
        for name in ("stimulus", "prior", "responses"):
            table.add_column(name, overflow="fold")
        for stimulus, weight, row in zip(model["stimuli"], model["prior"], model["responses"]):
            table.add_row(str(stimulus), f"{weight:g}", str(row))
        console.print(table)
        rest = {key: value for key, value in rest.items() if key not in ("model", "pair")}
        rest |= {key: model[key] for key in ("response_volumes", "stimulus_volumes", "gradient") if key in model}
    for key, value in rest.items():
        said = str(value)
        console.print(f"  {key}: {escape(said if len(said) < 400 else said[:400] + ' ...')}", highlight=False)
    if model is None:
        _print_views(case.views, console)


def _print_views(views: tuple[EncodingModel, ...], console: Console) -> None:
    """The models that numbers alone describe: where stimuli lie, how likely they are, and how each responds."""
    for number, view in enumerate(views, start=1):
        count, responses = len(view.prior), len(view.likelihood)
        listed = responses <= _RESPONSES
        title = f"model {number} of {len(views)}" if len(views) > 1 else "the model"
        table = _table(
            title, "", "x", "p(x)", "p(r|x)" if listed else f"p(r|x) of the likeliest of {responses} responses"
        )
        chosen = _some(count)
        for j in chosen:
            law = view.likelihood[:, j]
            place = ", ".join(f"{x:.{_DIGITS}g}" for x in view.stimuli[j])
            said = ", ".join(f"{p:.{_DIGITS}g}" for p in law) if listed else f"{law.max():.{_DIGITS}g}"
            table.add_row(str(j), place, f"{view.prior[j]:.{_DIGITS}g}", said)
        console.print(table)
        _say_some(chosen, count, console)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(escape(name), justify="right", overflow="fold")
    return table


def _some(count: int) -> list[int]:
    """All of so many indices, or some that are evenly spaced, the first and the last among them."""
    if count <= _LISTED:
        return list(range(count))
    return sorted({round(k * (count - 1) / (_LISTED - 1)) for k in range(_LISTED)})


def _say_some(chosen: list[int], count: int, console: Console) -> None:
    if len(chosen) < count:
        console.print(f"  {len(chosen)} of {count} stimuli; `--json` lists all", highlight=False)
