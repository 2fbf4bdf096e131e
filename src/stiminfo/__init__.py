"""stiminfo tells whether a stimulus-specific information measure is one that you may interpret.

The published decompositions of mutual information I(R;X) = E_X[I(x)], computed exactly, and an audit that attacks any
measure with generated encoding models until each axiom holds or falls to a witness small enough to check by hand.
"""

import lazy_loader

__version__ = "0.1.0"

# The public names are listed in __init__.pyi, where type checkers read them too. Each is imported when it is first
# used, so that `import stiminfo` and `stiminfo --help` stay quick.
__getattr__, _, _names = lazy_loader.attach_stub(__name__, __file__)

#: Packages, which need not all be importable (`diffusion` needs torch): `from stiminfo import *` leaves them out.
_WINGS = {"axioms", "diffusion", "estimators", "models", "reports"}

__all__ = [name for name in _names if name not in _WINGS]


def __dir__() -> list[str]:
    return sorted({*globals(), *_names} - {"_", "_names"})
