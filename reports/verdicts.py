"""The words for verdicts, claims and findings, as the terminal and every page show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..axioms.auditing.verdict import Verdict
from ..axioms.registry import EVERY

#: measure -> axiom id -> whether the paper claims that the axiom holds.
Claims = Mapping[str, Mapping[str, bool]]


class Word(NamedTuple):
    """How a verdict is shown: a sign, a word, and a colour on terminals. Colour alone never carries meaning."""

    sign: str
    word: str
    colour: str


#: How a verdict "holds" is shown where there is a proof beside the cases.
PROVED = Word("✓✓", "proved", "bold green")
WORDS = {
    "holds": Word("✓", "holds", "green"),
    "refuted": Word("✗", "refuted", "red"),
    "inconclusive": Word("?", "cannot tell", "yellow"),
    "not_applicable": Word("–", "n/a", "dim"),
    "error": Word("!", "error", "bold red"),
}
_MEASURED = ("holds", "refuted", "inconclusive")


def word_of(verdict: Verdict) -> Word:
    """How a verdict is shown: "proved" where it holds and there is a proof, "holds" where it rests on cases alone."""
    return PROVED if verdict.verdict == "holds" and verdict.proof else WORDS[verdict.verdict]


def claim_word(claim: bool) -> str:
    """A claim about an axiom, made by a measure or by the paper, in words."""
    return "holds" if claim else "does not"


def claim_words(verdict: Verdict) -> str:
    """The measure's claim in words, and whether the verdict contradicts it or settles nothing; "-" without a claim."""
    if verdict.claimed is None:
        return "-"
    said = " (not settled)" if verdict.verdict == "inconclusive" else " (DISAGREES)"
    return claim_word(verdict.claimed) + ("" if verdict.agrees else said)


def margin(verdict: Verdict) -> str:
    """By how much the witness violates the axiom, or the largest residual; "" where no case was judged.

    In units of the measure; of an axiom that compares sizes, a share.
    """
    if verdict.verdict not in _MEASURED:
        return ""
    share = verdict.axiom in EVERY and EVERY[verdict.axiom].of_shares
    return f"{100 * verdict.margin:.3g}%" if share else f"{verdict.margin:.3g}"


def error(verdict: Verdict) -> str:
    """The numerical error of the margin; "" where no case was judged."""
    return f"{verdict.numerical_error:.1g}" if verdict.verdict in _MEASURED else ""


def finding_words(says: str, violation: float, error: float, unit: str) -> str:
    """A finding in two sentences: what was found; the violation and its numerical error."""
    says = says.rstrip(".")
    return f"{says[:1].upper()}{says[1:]}. Violation: {violation:.3g} {unit} (numerical error {error:.1g})."


def differs(verdict: Verdict, claim: bool | None) -> bool:
    """Whether the verdict contradicts the paper's claim; only "holds" and "refuted" can."""
    return claim is not None and verdict.verdict in ("holds", "refuted") and claim != (verdict.verdict == "holds")


def cell_text(verdict: Verdict | None, claim: bool | None) -> str:
    """A cell of the table: the verdict, and the paper's claim where the verdict contradicts it."""
    if verdict is None:
        return "-"
    word = word_of(verdict).word
    return f"{word} [paper: {claim_word(bool(claim))}]" if differs(verdict, claim) else word
