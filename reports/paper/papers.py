"""The papers whose statements are checked, one line each. Each is imported only when needed, since one needs torch."""

from __future__ import annotations

from importlib import import_module

from ...errors import UnknownName, nearest, spelt
from .claims.claim import Paper

#: Name on the command line -> the package beside this file that holds the paper as PAPER.
_PLACES = {
    "laquitaine": "claims",
    "mig-vis": "migvis",
}
#: The paper whose statements are checked if none is named: the one that defines the measures.
FIRST = "laquitaine"
NAMES = tuple(_PLACES)


def paper_named(name: str) -> Paper:
    """The paper with this name.

    Raises
    ------
    UnknownName
        There is none.
    MissingExtra
        Its checks need packages that are not installed.
    """
    name = spelt(name, _PLACES)
    if name not in _PLACES:
        raise UnknownName(f"unknown paper {name!r}{nearest(name, _PLACES)}")
    paper: Paper = import_module(f".{_PLACES[name]}", __package__).PAPER
    return paper
