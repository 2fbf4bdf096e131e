"""The paper's statements, each as a check with an outcome: confirmed, refuted, or holds only as corrected."""

from .claim import CONFIRMED, CORRECTED, REFUTED, Claim, Result
from .register import CLAIMS, claims_named

__all__ = ["CLAIMS", "CONFIRMED", "CORRECTED", "REFUTED", "Claim", "Result", "claims_named"]
