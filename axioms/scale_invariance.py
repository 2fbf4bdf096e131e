"""Scale invariance: the unit of the stimulus does not matter."""

from __future__ import annotations

from . import known
from .axiom import Axiom
from .cases import LinearMapCase
from .groups import on_line_and_plane, scaled_cases
from .stimulus_invariance import check

AXIOM = Axiom(
    id="scale_invariance",
    title="Scale invariance",
    statement="I is unchanged when every stimulus is multiplied by one number.",
    why="Degrees or minutes of arc: the unit is convention.",
    source="stiminfo",
    check=check,
    cases=(LinearMapCase,),
    known=(LinearMapCase(known.THREE, ((2,),), (0,)),),
    families=on_line_and_plane(scaled_cases),
)
