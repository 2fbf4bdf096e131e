"""Verdicts and audits: what a search came to, held against what the measure claims; and their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ... import __version__, show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VERDICTS = ("holds", "refuted", "inconclusive", "not_applicable", "error")
SCHEMA = 1


@dataclass(frozen=True)
class Verdict:
    """The verdict on one axiom.

    Attributes
    ----------
    axiom : id
    verdict : one of "holds", "refuted", "inconclusive", "not_applicable", "error"
    claimed : what the measure says of itself, or None
    examples : cases judged
    margin : by how much the witness breaks the axiom, or the largest residual found; nats (a share for locality)
    numerical_error : how far the margin may be off
    witness : JSON data for `stiminfo replay`, where refuted
    message : one line
    case : the case behind an error or an inconclusive verdict, JSON data
    """

    axiom: str
    verdict: str
    claimed: bool | None
    examples: int
    margin: float
    numerical_error: float
    witness: dict[str, Any] | None
    message: str
    case: dict[str, Any] | None = None

    @property
    def agrees(self) -> bool | None:
        """Whether verdict and claim agree: None without a claim; `inconclusive` and `error` agree with none."""
        if self.claimed is None:
            return None
        return self.verdict == ("holds" if self.claimed else "refuted")

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "claimed": self.claimed,
            "agrees": self.agrees,
            "examples": self.examples,
            "margin": self.margin,
            "numerical_error": self.numerical_error,
            "witness": self.witness,
            "message": self.message,
        }

    def plot(self) -> Figure:
        """Draw the witness; raises ValueError where there is none."""
        if self.witness is None:
            raise ValueError(f"the verdict on {self.axiom} is {self.verdict!r}: there is no witness to draw")
        return show.drawing(self.witness)


@dataclass(frozen=True)
class Audit:
    """A measure audited.

    Attributes
    ----------
    measure : its name
    verdicts : axiom id -> `Verdict`
    seed, examples : what to give to repeat it
    complete : False where it was interrupted
    """

    measure: str
    verdicts: Mapping[str, Verdict]
    seed: int
    examples: int
    complete: bool = True

    @property
    def agrees(self) -> bool:
        """No claim disagrees and nothing failed: exit code 0."""
        return all(v.agrees is not False and v.verdict != "error" for v in self.verdicts.values())

    def to_json(self) -> dict[str, Any]:
        """The audit as JSON data."""
        return {
            "measure": self.measure,
            "axioms": {axiom: verdict.to_json() for axiom, verdict in self.verdicts.items()},
            "seed": self.seed,
            "version": __version__,
            "schema": SCHEMA,
        }

    def __str__(self) -> str:
        return show.text(self)

    def __repr__(self) -> str:
        said = ", ".join(f"{axiom}: {verdict.verdict}" for axiom, verdict in self.verdicts.items())
        return f"Audit({self.measure!r}, {said})"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"
