"""Public names of a package that are imported when they are first used, so that its registry loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from ..errors import MissingExtra


def names_in(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package, from each public name to the module beside it that holds it.

    Parameters
    ----------
    package : the package's ``__name__``
    homes : name to module

    Notes
    -----
    The functions raise `MissingExtra` where torch is not installed or cannot be imported.
    """

    def getattribute(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            import torch  # noqa: F401
        except ImportError as error:
            raise MissingExtra(f"{package} needs torch: pip install 'stiminfo[diffusion]'") from error
        return getattr(import_module(f".{homes[name]}", package), name)

    return getattribute, lambda: sorted(homes)
