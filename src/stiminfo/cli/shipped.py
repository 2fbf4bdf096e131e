"""The folder of a checkpoint that a user names: their own, or one that comes with the package. Loads no torch."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

#: What makes a folder a checkpoint.
_DESCRIPTION = "checkpoint.json"


def checkpoint_folder(target: Path) -> Path | None:
    """The folder of that name which holds a checkpoint, the user's own first; None where there is none."""
    places = [target]
    if len(target.parts) == 1:
        places += [place / target for place in _shipped_places()]
    return next((place for place in places if (place / _DESCRIPTION).is_file()), None)


def _shipped_places() -> list[Path]:
    """Where networks lie that come with the package: beside its diffusion code, wherever that was found."""
    spec = find_spec("stiminfo.diffusion")  # finds it, and does not import it
    return [Path(place) / "pretrained" for place in (spec.submodule_search_locations if spec else None) or ()]
