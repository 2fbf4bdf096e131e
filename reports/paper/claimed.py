"""What the paper claims (Laquitaine, Azeglio, Paris, Ferrari, Chalk, arXiv:2505.11309), to stand beside the verdicts.

The claims are those of its Table 1 and its Axioms 1 to 5, for the ten axioms here. Both "locality" and
"locality_any_prior" are its Axiom 2; data processing follows from additivity and positivity by its Remark 1. Axioms
of which it says nothing are left out.
"""

from __future__ import annotations

#: measure -> axiom id -> whether the paper claims that the axiom holds.
PAPER: dict[str, dict[str, bool]] = {
    name: dict(
        zip(("completeness", "locality", "locality_any_prior", "positivity", "additivity"), (c, local, local, p, a))
    )
    for name, (c, local, p, a) in {
        "fisher": (False, True, True, True),
        "i_sp": (True, False, False, True),
        "i_ssi": (True, False, False, True),
        "i_surp": (True, False, True, True),
        "i_cissi": (True, False, True, True),
        "i_local": (True, True, True, True),
    }.items()
}
PAPER["i_cissi"]["data_processing"] = True
PAPER["i_local"] |= {"data_processing": True, "feature_insensitivity_marginal": True}
