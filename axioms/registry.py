"""The axioms, one line each: the ten of an audit, and further ones to tell measures apart that meet the same ten."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Union

from ..errors import UnknownAxiom, nearest, spelt
from .axiom import Axiom
from .cases import Case, case_of

#: The ten, in the order of the tables; each is the name of a file beside this one that defines ``AXIOM``.
_ASKED = (
    "completeness",
    "locality",
    "locality_any_prior",
    "positivity",
    "additivity",
    "data_processing",
    "response_invariance",
    "feature_insensitivity",
    "feature_insensitivity_marginal",
    "stimulus_invariance",
)
_FURTHER = (
    "translation_invariance",
    "scale_invariance",
    "rotation_invariance",
    "unit_invariance",
)


def _axioms(files: tuple[str, ...]) -> dict[str, Axiom]:
    found = [import_module(f".{file}", __package__).AXIOM for file in files]
    return {axiom.id: axiom for axiom in found}


#: The axioms of an audit, by id, in the order of the tables.
AXIOMS: dict[str, Axiom] = _axioms(_ASKED)
#: Axioms that further narrow down the measures that meet the ten.
FURTHER: dict[str, Axiom] = _axioms(_FURTHER)
#: Every axiom that a witness may be about.
EVERY: dict[str, Axiom] = AXIOMS | FURTHER

_KINDS: tuple[type[Case], ...] = tuple(dict.fromkeys(kind for axiom in EVERY.values() for kind in axiom.cases))
#: A case of any kind: the type of a field of the records that have a JSON form.
if TYPE_CHECKING:
    AnyCase = Case
else:
    AnyCase = Union[_KINDS]  # noqa: UP007


def axioms_named(names: Iterable[str] | None) -> tuple[Axiom, ...]:
    """The axioms with these ids, in the order of the tables; for None, the ten of an audit. Raises `UnknownAxiom`."""
    if names is None:
        return tuple(AXIOMS.values())
    wanted = {axiom_named(name).id for name in ([names] if isinstance(names, str) else names)}
    return tuple(axiom for axiom in EVERY.values() if axiom.id in wanted)


def axiom_named(name: Any) -> Axiom:
    """The axiom with this id; raises `UnknownAxiom`, which names the nearest id."""
    name = spelt(name, EVERY)
    if not isinstance(name, str) or name not in EVERY:
        raise UnknownAxiom(f"unknown axiom {name!r}{nearest(str(name), EVERY)}")
    return EVERY[name]


def case_from_json(data: Any) -> Case:
    """A case of any kind from untrusted JSON data; raises `CaseError` (a ValueError)."""
    return case_of(data, _KINDS)
