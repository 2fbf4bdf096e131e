"""An unfinished training run in one file: the state dicts of everything that is trained. Reading it runs no code.

`torch.load` with ``weights_only=True`` builds tensors and plain containers only. The file is replaced as a whole.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import MALFORMED, CheckpointError
from ..files import write_whole
from .architecture import Levels
from .encoders import Encoder
from .recipes import Recipe
from .sources import Source

SCHEMA = 4
_AGAIN = "remove it to begin again"


@dataclass
class Saved:
    """What a run is resumed from.

    Attributes
    ----------
    state : stage, step, recipe, data, and what was measured so far: plain JSON values
    parts : state dicts by name: ``weights``, ``optimiser``, ``schedule``, ``average``, ``done`` (the denoisers, once
        they are trained), ``yardstick``
    """

    state: dict[str, Any]
    parts: dict[str, Any]


def write_saved(path: Path, saved: Saved) -> None:
    """Replace the file by a complete one; if the machine stops in the middle, the old file is left."""
    stream = io.BytesIO()
    torch.save({"stiminfo": SCHEMA, "state": saved.state, "parts": saved.parts}, stream)
    write_whole(path, stream.getvalue())


def read_saved(path: Path) -> Saved:
    """Read the file; raises `CheckpointError` where it is damaged or not an unfinished run of this version."""
    if not zipfile.is_zipfile(path):
        raise CheckpointError(f"{path}: damaged, or no unfinished run of this version; {_AGAIN}")
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        found: Any = None if damaged else torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged or foreign file can make the two readers raise anything
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{path}: damaged, or no unfinished run ({said}); {_AGAIN}") from None
    if damaged:
        raise CheckpointError(f"{path}: damaged ({damaged} is not what was written); {_AGAIN}")
    whole = isinstance(found, dict) and found.get("stiminfo") == SCHEMA
    if not whole or not all(isinstance(found.get(name), dict) for name in ("state", "parts")):
        raise CheckpointError(f"{path}: not an unfinished run of this version; {_AGAIN}")
    for value in _tensors(found["parts"]):
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise CheckpointError(f"{path}: its weights hold NaN or infinity; {_AGAIN}")
    return Saved(found["state"], found["parts"])


def _tensors(part: Any) -> Iterator[Tensor]:
    """All tensors in nested state dicts."""
    if isinstance(part, Tensor):
        yield part
    elif isinstance(part, dict | list | tuple):
        for value in part.values() if isinstance(part, dict) else part:
            yield from _tensors(value)


def identity_of(source: Source, encoder: Encoder, seed: int) -> dict[str, Any]:
    """What a resumed run has to have in common with the run that was begun."""
    words = [value for _, value in sorted(vars(encoder).items()) if isinstance(value, Tensor)]
    population = float(sum(float((w.double() * torch.arange(1, w.numel() + 1).reshape(w.shape)).sum()) for w in words))
    return {
        "data": source.name,
        "digest": source.digest,
        "population": f"{encoder!r} {population:.12g}",
        "seed": seed,
    }


def begun(path: Path | None, resume: bool, identity: dict[str, Any]) -> Saved | None:
    """The saved run to go on with, or None for a new run.

    Raises
    ------
    CheckpointError
        There is no file to resume, or one that `resume` does not ask for; the file is damaged or of another run.
    """
    if path is None or not path.is_file():
        if resume:
            raise CheckpointError(f"{path}: no such unfinished run")
        return None
    if not resume:
        raise CheckpointError(f"{path}: is an unfinished run; resume it (--resume), or {_AGAIN}")
    saved = read_saved(path)
    for name, value in identity.items():
        if saved.state.get(name) != value:
            raise CheckpointError(
                f"{path}: a run with {name} {saved.state.get(name)!r}, not {value!r}; give the same options"
            )
    return saved


def recipe_of(
    path: Path | None, state: dict[str, Any], stages: tuple[str, ...], asked: Recipe, say: Callable[[str], None]
) -> Recipe:
    """The recipe of a saved run; says so where it is not the one that is asked for now.

    Raises
    ------
    CheckpointError
        The state lacks what a run needs to go on.
    """
    try:
        recipe = Recipe.from_json(state["recipe"])
        Levels(**state["levels"])
        numbers = [float(state["spent"]), int(state["step"]), int(state["threads"])]
        dict(state["speeds"])
        lists = [len(entry) for entries in state["losses"].values() for entry in entries]
        whole = state["stage"] in stages and min(numbers) >= 0 and set(lists) <= {2}
    except MALFORMED as error:
        raise CheckpointError(f"{path}: not an unfinished run of this version ({error}); {_AGAIN}") from None
    if not whole:
        raise CheckpointError(f"{path}: not an unfinished run of this version; {_AGAIN}")
    if _but_steps(recipe) != _but_steps(asked):
        say("resuming with the recipe that the run was begun with, not with the one given now")
    return recipe


def _but_steps(recipe: Recipe) -> Recipe:
    return replace(recipe, steps=1, gain_steps=1, response_steps=min(1, recipe.response_steps))


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    """A copy of a network's weights, which further training does not change."""
    return {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}


def give_weights(network: nn.Module, saved: Saved, part: str) -> None:
    """Give a network its saved weights; raises `CheckpointError` where they belong to another network."""
    try:
        network.load_state_dict(saved.parts[part])
    except (RuntimeError, KeyError, TypeError, AttributeError) as error:
        said = str(error).splitlines()[0]
        raise CheckpointError(f"the unfinished run is of other networks ({said})") from None
