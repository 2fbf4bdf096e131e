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
    premises : axioms that have to report, beside their verdict, a premise that is met
    kind : that of the case which refutes the excluded axiom; "" where any does
    """

    holding: tuple[str, ...]
    excluded: str
    verdict: str
    because: str
    premises: tuple[str, ...] = ()
    kind: str = ""


IMPLICATIONS = (
    Implication(
        ("positivity", "additivity"),
        "data_processing",
        "refuted",
        "if R' comes from R alone, I_{R'} <= I_{R'} + I_{R|R'} = I_{R,R'} = I_R + I_{R'|R} = I_R",
        premises=("additivity",),
    ),
    Implication(
        ("positivity", "additivity"),
        "response_invariance",
        "refuted",
        "of a response and an invertible map of it each comes from the other alone, so neither I may exceed the other",
        premises=("additivity",),
    ),
    Implication(
        ("data_processing",),
        "response_invariance",
        "refuted",
        "an invertible map processes the response in either direction, so neither side may exceed the other",
    ),
    Implication(
        ("data_processing",),
        "positivity",
        "refuted",
        "to lose all responses processes them, and where none is left I is 0: what is negative would rise",
        premises=("data_processing",),
        kind="model",
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
    found = []
    for rule in IMPLICATIONS:
        premises = [verdicts[axiom].premise for axiom in rule.premises if axiom in verdicts]
        if (
            all(words.get(axiom) == "holds" for axiom in rule.holding)
            and words.get(rule.excluded) == rule.verdict
            and all(premise is not None and premise.met for premise in premises)
            and (not rule.kind or getattr(verdicts[rule.excluded].case, "kind", "") == rule.kind)
        ):
            held = f"{' and '.join(rule.holding)} {'hold' if len(rule.holding) > 1 else 'holds'}"
            found.append(
                f"{', '.join([held, *map(str, premises)])}, and {rule.excluded} is {rule.verdict!r}; "
                f"{'these' if premises else 'both'} cannot be: {rule.because}"
            )
    return found
