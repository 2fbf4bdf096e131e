"""What the paper claims (Laquitaine, Azeglio, Paris, Ferrari, Chalk, arXiv:2505.11309), to stand beside the verdicts.

The claims are those of its Table 1 and its Axioms 1 to 5, for the ten axioms here. Both "locality" and
"locality_any_prior" are its Axiom 2. Data processing follows from additivity and positivity by its Remark 1, response
invariance from that by its Remark 2; its section 5.3 and Fig. 3 show both sides of data processing. Kong's measures are
judged in its Appendix B. Axioms of which it says nothing are left out.
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
for _name in ("i_surp", "i_cissi", "i_local"):
    PAPER[_name] |= {"data_processing": True, "response_invariance": True}
for _name in ("i_sp", "i_ssi"):
    PAPER[_name]["data_processing"] = False
PAPER["i_local"]["feature_insensitivity_marginal"] = True
PAPER["i_kong1"] = {"locality": False, "locality_any_prior": False, "additivity": True}
PAPER["i_kong2"] = {"additivity": False}
