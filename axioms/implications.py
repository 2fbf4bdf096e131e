"""What verdicts say about one another: a table that contradicts itself is a fault of the audit, not of a measure.

Each implication is between statements, so a proof. Verdicts that contradict one come from cases that one of the two
axioms was not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Implication(NamedTuple):
    """Verdicts that cannot stand together.

    Attributes
    ----------
    holding : axioms that hold
    excluded : the axiom that then cannot be `verdict`
    because : the argument, in one sentence
    """

    holding: tuple[str, ...]
    excluded: str
    verdict: str
    because: str


IMPLICATIONS = (
    Implication(
        ("data_processing",),
        "response_invariance",
        "refuted",
        "an invertible map processes the response in either direction, so neither side may exceed the other",
    ),
    Implication(
        ("locality_any_prior",),
        "locality",
        "refuted",
        "priors with exponential or lighter tails are among all priors",
    ),
    Implication(
        ("feature_insensitivity_marginal",),
        "feature_insensitivity",
        "refuted",
        "a feature independent of the response and the other features together is independent of the response",
    ),
    Implication(
        ("completeness", "feature_insensitivity_marginal"),
        "feature_insensitivity_marginal",
        "holds",
        "in XOR each feature alone is independent of the response, so all I_i would be 0, and I(R;X) is not",
    ),
)


def contradictions(verdicts: Mapping[str, Any]) -> list[str]:
    """The implications that a measure's verdicts contradict, each in one sentence that names both cells.

    Parameters
    ----------
    verdicts : mapping of axiom id to `Verdict`
    """
    words = {axiom: verdict.verdict for axiom, verdict in verdicts.items()}
    return [
        f"{' and '.join(rule.holding)} {'hold' if len(rule.holding) > 1 else 'holds'}, and {rule.excluded} is "
        f"{rule.verdict!r}; both cannot be: {rule.because}"
        for rule in IMPLICATIONS
        if all(words.get(axiom) == "holds" for axiom in rule.holding) and words.get(rule.excluded) == rule.verdict
    ]
