"""The axioms: statements, strategies, witnesses and the audit."""

from ..errors import UnknownAxiom, WitnessError
from .auditing.audit import audit, audit_published
from .auditing.verdict import Audit, Verdict
from .auditing.witness import Witness, read_witness, replay
from .axiom import Axiom
from .registry import AXIOMS

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
