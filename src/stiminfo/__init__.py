"""stiminfo tells whether a stimulus-specific information measure is one that you may interpret.

The published decompositions of mutual information I(R;X) = E_X[I(x)], computed exactly, and an audit that attacks any
measure with generated encoding models until each axiom holds or falls to a witness small enough to check by hand.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .axioms import Audit, Verdict, audit
    from .errors import ModelError, NotApplicable
    from .estimators import Measure, Uncertain, fisher, i_cissi, i_kong1, i_kong2, i_local, i_sp, i_ssi, i_surp
    from .models import EncodingModel, ResponsePair, encoding_model

# Imported when first used: `import stiminfo` and `stiminfo --help` stay quick.
_HOME = {
    "EncodingModel": "models",
    "ResponsePair": "models",
    "ModelError": "models",
    "encoding_model": "models",
    "Measure": "estimators",
    "NotApplicable": "estimators",
    "Uncertain": "estimators",
    "fisher": "estimators",
    "i_sp": "estimators",
    "i_ssi": "estimators",
    "i_surp": "estimators",
    "i_cissi": "estimators",
    "i_local": "estimators",
    "i_kong1": "estimators",
    "i_kong2": "estimators",
    "audit": "axioms",
    "Audit": "axioms",
    "Verdict": "axioms",
}
_WINGS = ("models", "estimators", "diffusion", "axioms", "reports")

__all__ = [
    "Audit",
    "EncodingModel",
    "Measure",
    "ModelError",
    "NotApplicable",
    "ResponsePair",
    "Uncertain",
    "Verdict",
    "audit",
    "encoding_model",
    "fisher",
    "i_cissi",
    "i_kong1",
    "i_kong2",
    "i_local",
    "i_sp",
    "i_ssi",
    "i_surp",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
        globals()[name] = value
        return value
    if name in _WINGS:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'stiminfo' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_WINGS})
