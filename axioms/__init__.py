"""The axioms: statements, strategies, witnesses and the audit."""

from .auditing import audit, audit_published
from .statements import AXIOMS, Axiom, UnknownAxiom
from .verdicts import Audit, Verdict
from .witness import Witness, WitnessError, read_witness, replay

__all__ = [
    "AXIOMS",
    "Audit",
    "Axiom",
    "UnknownAxiom",
    "Verdict",
    "Witness",
    "WitnessError",
    "audit",
    "audit_published",
    "read_witness",
    "replay",
]
