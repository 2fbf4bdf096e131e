"""Locality for any prior, as the paper states it; priors with heavy tails refute it."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite
from msgspec.structs import replace

from .axiom import FIFTH, PAPER, Axiom, Family
from .flat_cases import FLAT, FlatCase, flat_cases
from .locality import AXIOM as LOCALITY
from .locality import check
from .locality_cases import JumpCase
from .strategies import steps, weight_rows


@composite
def jump_cases(draw: DrawFn) -> JumpCase:
    """Atoms at 0 and at powers of 10 or 30 with geometric weights, and a change of p(r|x) at 0."""
    responses = draw(st.integers(2, 3))
    return JumpCase(
        atoms=draw(st.integers(6, 9)),
        base=draw(st.sampled_from([10, 30])),
        weight=draw(steps(4, 16, 20)),
        ratio=draw(steps(4, 12, 20)),
        before=draw(weight_rows(responses)),
        inside=draw(weight_rows(responses)),
        mirror=draw(st.booleans()),
    )


_JUMP = JumpCase(9, 10, 0.5, 0.5, (1, 0), (0, 1))

AXIOM = Axiom(
    id="locality_any_prior",
    title="Locality, any prior",
    statement="As locality, for every prior: the paper's own wording.",
    why="Natural stimuli have heavy tails.",
    source=f"Axiom 2 of {PAPER}",
    check=check,
    cases=(*LOCALITY.cases, FlatCase),
    # Priors with light tails are priors too: what refutes `locality` refutes this as well.
    known=(_JUMP, replace(_JUMP, mirror=True), *FLAT, *LOCALITY.known),
    known_with_gradient=LOCALITY.known_with_gradient,
    sizes=LOCALITY.sizes,
    families=lambda gradient: (
        Family("heavy-tailed priors", jump_cases(), FIFTH),
        Family("few stimuli, far ones as probable as near ones", flat_cases(), FIFTH),
        *LOCALITY.families(gradient),
    ),
    settles=LOCALITY.settles,
    unit=LOCALITY.unit,
    screened=False,
)
