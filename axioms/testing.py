"""For pytest: one test per axiom for a measure of yours; expected failures are checked by replaying a witness.

Example, in a test module::

    from stiminfo.axioms.testing import parametrize_axioms
    from my_measure import MEASURE

    @parametrize_axioms(MEASURE, expected_failures={"locality": "witnesses/locality.json"})
    def test_axiom(check):
        check()

An axiom without an expected failure is attacked; the test fails, and shows the witness, if the axiom is refuted. An
axiom with an expected failure is not attacked: its witness is replayed, and the test fails if the witness no longer
refutes the axiom (it is stale).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ..errors import NotApplicable
from ..estimators import Measure
from .auditing.audit import audit
from .auditing.measure_file import check_claims
from .auditing.process import CASE_TIMEOUT
from .auditing.verdict import Verdict
from .auditing.witness import Witness, parse_witness, read_witness, replay
from .registry import AXIOMS, axioms_named


class AxiomCheck:
    """The test of one axiom, a callable. Its repr is the axiom's id, which JUnit output shows."""

    def __init__(self, measure: Measure, axiom: str, expected: Witness | None, options: Mapping[str, Any]) -> None:
        self.measure, self.axiom, self.expected, self.options = measure, axiom, expected, dict(options)

    def __call__(self) -> Verdict | None:
        """Run the test; returns the verdict, or None if a witness was replayed."""
        __tracebackhide__ = True
        if self.expected is not None:
            try:
                again = replay(self.expected, self.measure)
            except NotApplicable as reason:
                pytest.fail(f"{self.axiom}: the witness cannot be replayed: {reason}", pytrace=False)
            if not again.stands:
                pytest.fail(
                    f"{self.axiom}: expected to fail, but its witness is stale: "
                    f"violation {again.finding.violation:.3g}, "
                    f"allowed {again.finding.tolerance:.1g} ({again.finding.says})",
                    pytrace=False,
                )
            return None
        verdict = audit(self.measure, axioms=[self.axiom], **self.options).verdicts[self.axiom]
        if verdict.verdict == "not_applicable":
            pytest.skip(f"{self.axiom}: {verdict.message}")
        if verdict.verdict != "holds":
            shown = "" if verdict.witness is None else f"\nwitness: {json.dumps(verdict.witness['case'])}"
            pytest.fail(f"{self.axiom}: {verdict.verdict}: {verdict.message}{shown}", pytrace=False)
        return verdict

    def __repr__(self) -> str:
        return self.axiom


def parametrize_axioms(
    measure: Measure,
    *,
    axioms: Iterable[str] | None = None,
    expected_failures: Mapping[str, str | Path | Mapping[str, Any]] | None = None,
    examples: int = 100,
    seed: int = 0,
    case_timeout: float = CASE_TIMEOUT,
    isolate: bool = True,
) -> Callable[[Callable[..., Any]], Any]:
    """Parametrise a test with one check per axiom, as the argument ``check``.

    Parameters
    ----------
    measure : Measure
    axioms : ids (default: all ten)
    expected_failures : axiom id -> witness (a path to its JSON file, or the JSON data)
    examples, seed, case_timeout, isolate : as for `stiminfo.audit`

    Raises
    ------
    UnknownAxiom, LoadError
        An id, or a claim of the measure, names an axiom that does not exist.
    WitnessError, OSError
        A witness cannot be read.
    ValueError
        A witness is about another axiom, or about one that is not in `axioms`.
    """
    chosen = axioms_named(axioms)
    check_claims(measure)
    expected: dict[str, Witness] = {}
    for name, source in (expected_failures or {}).items():
        axioms_named([name])
        witness = parse_witness(dict(source)) if isinstance(source, Mapping) else read_witness(source)
        if witness.axiom != name:
            raise ValueError(f"the witness given for {name!r} is about {witness.axiom!r}")
        expected[name] = witness
    if axioms is not None and (left := set(expected) - {axiom.id for axiom in chosen}):
        raise ValueError(f"expected failures of axioms that are not asked: {', '.join(sorted(left))}")
    options = {"examples": examples, "seed": seed, "case_timeout": case_timeout, "isolate": isolate}
    checks = [AxiomCheck(measure, axiom.id, expected.get(axiom.id), options) for axiom in chosen]
    return pytest.mark.parametrize("check", checks, ids=[check.axiom for check in checks])


__all__ = ["AXIOMS", "AxiomCheck", "parametrize_axioms"]
