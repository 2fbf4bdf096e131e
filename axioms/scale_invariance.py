"""Scale invariance: the unit of the stimulus does not matter."""

from __future__ import annotations

from . import crossed_maps, known, places
from .axiom import Axiom
from .cases import LinearMapCase
from .groups import diagonal, everywhere, scaled_cases
from .stimulus_invariance import check

AXIOM = Axiom(
    id="scale_invariance",
    title="Scale invariance",
    statement="I is unchanged when every stimulus is multiplied by one number.",
    why="Degrees or minutes of arc: the unit is convention.",
    source="stiminfo",
    check=check,
    cases=(LinearMapCase, places.PlacesCase),
    known=(
        LinearMapCase(known.THREE, ((2,),), (0,)),
        diagonal(known.FOUR, (2,) * 3, (0,) * 3),
        diagonal(known.MANY_FEATURES, (2,) * 5, (0,) * 5),
        *places.UNITS,
    ),
    crossed=crossed_maps.scales,
    families=everywhere(scaled_cases),
)
