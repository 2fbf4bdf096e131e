"""Verdicts and audits: what an attack found, compared with what the measure claims; and their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from ... import __version__, show
from ..finding import Finding, Premise
from ..implications import contradictions
from ..nearest import Likeness
from ..registry import AnyCase
from ..strength import Strength, strength_of
from .witness import Witness

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCHEMA = 1
Word = Literal["holds", "refuted", "inconclusive", "not_applicable", "error"]


class Verdict(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The verdict on one axiom.

    Attributes
    ----------
    measure, axiom : name and id
    verdict : one of "holds", "refuted", "inconclusive", "not_applicable", "error"
    claimed : whether the measure claims to meet the axiom, or None if it makes no claim
    cases : how many cases were judged
    violation : by how much the witness breaks the axiom, or the largest residual found; nats (a share for locality)
    error : how far the violation may be off, in the same unit
    says : the finding, or the reason, in one line
    case : the case of a refutation, an inconclusive verdict or an error; else None
    finding : what was found on that case
    proof : why a published measure meets the axiom, where that is proved; else ""
    premise : what the axiom reports beside its verdict, if it was asked
    """

    measure: str
    axiom: str
    verdict: Word
    claimed: bool | None = None
    cases: int = 0
    violation: float = 0.0
    error: float = 0.0
    says: str = ""
    case: AnyCase | None = None
    finding: Finding | None = None
    proof: str = ""
    premise: Premise | None = None

    @property
    def agrees(self) -> bool | None:
        """Whether verdict and claim agree; None without a claim. `inconclusive` and `error` agree with no claim."""
        if self.claimed is None:
            return None
        return self.verdict == ("holds" if self.claimed else "refuted")

    @property
    def refutation(self) -> Witness | None:
        """The witness, if the axiom is refuted, else None."""
        if self.verdict != "refuted" or self.case is None:
            return None
        return Witness(self.measure, self.axiom, self.case, self.finding)

    @property
    def witness(self) -> dict[str, Any] | None:
        """The witness as JSON data, in the form that `stiminfo replay` reads; None unless the axiom is refuted."""
        witness = self.refutation
        return None if witness is None else witness.to_json()

    # The names in JSON, which code written for earlier versions uses.
    examples = property(lambda self: self.cases, doc="`cases`, by its name in JSON.")
    margin = property(lambda self: self.violation, doc="`violation`, by its name in JSON.")
    numerical_error = property(lambda self: self.error, doc="`error`, by its name in JSON.")
    message = property(lambda self: self.says, doc="`says`, by its name in JSON.")

    def to_json(self) -> dict[str, Any]:
        """The verdict as JSON data."""
        data = {
            "verdict": self.verdict,
            "claimed": self.claimed,
            "agrees": self.agrees,
            "examples": self.cases,
            "margin": self.violation,
            "numerical_error": self.error,
            "witness": self.witness,
            "message": self.says,
        }
        if self.premise is not None:
            data["premise"] = self.premise.to_json()
        return data | ({"proof": self.proof} if self.proof else {})

    def plot(self) -> Figure:
        """Draw the witness; raises ValueError if there is none."""
        witness = self.refutation
        if witness is None:
            raise ValueError(f"the verdict on {self.axiom} is {self.verdict!r}: there is no witness to draw")
        return witness.plot()


@dataclass(frozen=True)
class Audit:
    """The verdicts on one measure.

    Attributes
    ----------
    measure : its name
    verdicts : axiom id -> `Verdict`
    seed, examples : the arguments that repeat this audit
    complete : False if the audit was interrupted
    nearest : the known measure whose values are nearest to those of a user's; None unless every axiom was asked
    searched : whether generated models were searched, so that the strength of such a search applies; a user's own model
        is no search, and a network is asked a few stimuli
    """

    measure: str
    verdicts: Mapping[str, Verdict]
    seed: int
    examples: int
    complete: bool = True
    nearest: Likeness | None = None
    searched: bool = True

    @property
    def contradictions(self) -> list[str]:
        """Verdicts that contradict one another, a sentence each: a fault of the audit, whatever the measure is."""
        return contradictions(self.verdicts)

    @property
    def strengths(self) -> dict[str, Strength]:
        """By axiom that holds, how small a break the same search finds, where that was measured."""
        held = [axiom for axiom, verdict in self.verdicts.items() if self.searched and verdict.verdict == "holds"]
        return {axiom: found for axiom in held if (found := strength_of(axiom, self.examples)) is not None}

    @property
    def agrees(self) -> bool | None:
        """Whether every claim agrees, with no error or contradiction; None if an interrupted audit shows neither."""
        if self.contradictions or any(
            verdict.agrees is False or verdict.verdict == "error" for verdict in self.verdicts.values()
        ):
            return False
        return True if self.complete and self.verdicts else None

    def to_json(self) -> dict[str, Any]:
        """The audit as JSON data."""
        data: dict[str, Any] = {
            "measure": self.measure,
            "axioms": {axiom: verdict.to_json() for axiom, verdict in self.verdicts.items()},
            "seed": self.seed,
            "version": __version__,
            "schema": SCHEMA,
        }
        for axiom, found in self.strengths.items():
            data["axioms"][axiom]["strength"] = found.to_json()
        if self.nearest is not None:
            data["nearest"] = msgspec.to_builtins(self.nearest)
        return data | ({"contradictions": self.contradictions} if self.contradictions else {})

    def __str__(self) -> str:
        return show.text(self)

    def __repr__(self) -> str:
        said = ", ".join(f"{axiom}: {verdict.verdict}" for axiom, verdict in self.verdicts.items())
        return f"Audit({self.measure!r}, {said})"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"
