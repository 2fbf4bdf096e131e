"""stiminfo tests whether a stimulus-specific information measure may be interpreted.

It computes the published decompositions of the mutual information I(R;X) = E_X[I(x)] exactly, and audits any measure:
it attacks the measure with generated encoding models until each axiom holds or is refuted by a witness, a case small
enough to check by hand.
"""

import importlib.util

import lazy_loader

__version__ = "0.1.0"

# The public names are listed in __init__.pyi, which type checkers read too. Each is imported when it is first used, so
# that `import stiminfo` and `stiminfo --help` are quick.
_public, _, _names = lazy_loader.attach_stub(__name__, __file__)

#: The packages; `from stiminfo import *` leaves them out, because not all can be imported (`diffusion` needs torch).
_PACKAGES = {"axioms", "diffusion", "estimators", "models", "reports"}

__all__ = [name for name in _names if name not in _PACKAGES]


def __getattr__(name: str):
    """Return a public name, or a measure that stands only in the registry."""
    try:
        return _public(name)
    except AttributeError:
        # Python asks here for a module's name, too, before it imports the module.
        if name.startswith("_") or importlib.util.find_spec(f"{__name__}.{name}"):
            raise
        registry = _public("estimators").registry
        measures = registry.PUBLISHED | registry.FAMILIES
        if name not in measures:
            raise
        return measures[name]


def __dir__() -> list[str]:
    return sorted({*_names, "__version__"})
