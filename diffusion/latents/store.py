"""A trained group VAE as a folder of safetensors and JSON, with the world and the responses that it is about.

Written whole or not at all, and checked before it is used. Nothing else is needed to compute what the groups tell.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from ...errors import MALFORMED, CheckpointError, InputError, ModelError
from ...files import json_text
from ..architecture import whole_number
from ..checkpoint_files import (
    check_digests,
    check_finite,
    check_shapes,
    description_in,
    digest_of,
    new_folder,
    put_in_place,
    reason,
    tensors_of,
)
from .channel import ExactLatents
from .critic import Critic
from .groups import Groups
from .lanes import LANES
from .responses import Responses
from .tables import GaussianTable, MemberTable, PoissonTable
from .vae import GroupVAE
from .world import World

SCHEMA, KIND = 1, "latent groups"
#: Most bytes of a description, and most units of a hidden layer: a description may come from anyone.
_MOST_JSON, _MOST_HIDDEN = 1 << 22, 1 << 13
#: The laws that are stored: name, class, and the tensors that make one beside the images.
_LAWS: dict[str, tuple[type[MemberTable], tuple[str, ...]]] = {
    "gaussian": (GaussianTable, ("means", "covariance")),
    "poisson": (PoissonTable, ("means",)),
}
_WORLD, _WEIGHTS, _CRITICS = "world.safetensors", "vae.safetensors", "critics.safetensors"


@dataclass(frozen=True, eq=False)
class LearnedGroups:
    """A trained group VAE, the world and the responses that it was trained on.

    Attributes
    ----------
    notes : recipe, seed, scores: plain JSON values
    critics : trained critics, by the group, "free" or "whole" whose latents they see
    """

    vae: GroupVAE
    world: World
    responses: Responses
    notes: dict[str, Any]
    critics: dict[str, Critic] = field(default_factory=dict)

    def exact(self) -> ExactLatents:
        """The exact law of z given each image; raises `NotApplicable` where there is none."""
        return self._exact

    @cached_property
    def _exact(self) -> ExactLatents:
        return self.vae.exact(self.world, self.responses)

    @property
    def digest(self) -> str:
        """SHA-256 of world, responses, weights and critics, in hexadecimal."""
        found = hashlib.sha256((self.world.digest + self.responses.digest).encode())
        for network in (self.vae, *self.critics.values()):
            for value in network.state_dict().values():
                found.update(value.detach().cpu().contiguous().numpy().tobytes())
        return found.hexdigest()

    def check_world(self, world: World, what: str = "this checkpoint") -> None:
        """Raise `CheckpointError` unless the VAE was trained on this world."""
        if world.digest != self.world.digest:
            raise CheckpointError(f"{what} is of another world ({self.world!r}, not {world!r})")


def save_groups(learned: LearnedGroups, folder: Path, files: dict[str, str | bytes] | None = None) -> None:
    """Write a checkpoint; an older one in its place is kept until the new one is complete.

    Parameters
    ----------
    files : more files of the folder, by name: scores, figures

    Raises
    ------
    CheckpointError
        The folder exists and is not a checkpoint.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    world, responses = learned.world, learned.responses
    law = next((name for name, (kind, _) in _LAWS.items() if type(responses.table) is kind), None)
    tensors = {"images": torch.tensor(world.images), "factors": torch.tensor(world.factors)}
    if law is None:
        assert responses.trials is not None
        tensors |= {"responses": torch.tensor(world.responses)}
    else:
        tensors |= {name: getattr(responses.table, name) for name in _LAWS[law][1]}
    description = {
        "schema": SCHEMA,
        "kind": KIND,
        "world": {"name": world.name, "names": world.names, "values": world.values, "circular": world.circular},
        "law": law,
        "vae": learned.vae.describe(),
        "notes": learned.notes,
        "critics": {row: critic.describe() for row, critic in learned.critics.items()},
    }
    weights = {row: critic.state_dict() for row, critic in learned.critics.items()}
    files_of = {_WORLD: tensors, _WEIGHTS: learned.vae.state_dict()}
    if weights:
        files_of[_CRITICS] = {f"{row}/{name}": value for row, one in weights.items() for name, value in one.items()}
    with new_folder(folder.parent) as temporary:
        for name, packed in files_of.items():
            (temporary / name).write_bytes(_packed(packed))
        description["files"] = {name: digest_of(temporary / name) for name in files_of}
        for name, content in (files or {}).items():
            (temporary / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        (temporary / "checkpoint.json").write_text(json_text(description), encoding="utf-8")
        put_in_place(temporary, folder)


def _packed(tensors: dict[str, Tensor]) -> bytes:
    return save({name: value.detach().cpu().contiguous() for name, value in tensors.items()})


def load_groups(folder: Path) -> LearnedGroups:
    """Read what `save_groups` wrote.

    Raises
    ------
    CheckpointError
        The folder does not exist; a file is missing, truncated or altered; it holds something else.
    """
    data = _description(folder)
    try:
        check_digests(folder, data["files"])
        tensors = _tensors(folder / _WORLD)
        codes, about = tensors["factors"], data["world"]
        values = tuple(tuple(one) for one in about["values"])
        measured = tensors["responses"].numpy() if "responses" in tensors else None
        world = World(
            tensors["images"].numpy(),
            codes.numpy(),
            tuple(about["names"]),
            values,
            tuple(about["circular"]),
            measured,
            str(about["name"]),
        )
        lane, hidden = data["vae"]["lane"], whole_number("hidden", data["vae"]["hidden"], 1, _MOST_HIDDEN)
        responses = _responses(data["law"], world, tensors, lane)
        vae = GroupVAE(Groups.from_json(data["vae"]["groups"]), world, responses, lane, hidden)
        weights = tensors_of(folder / _WEIGHTS)
        check_shapes(folder / _WEIGHTS, weights, {name: tuple(v.shape) for name, v in vae.state_dict().items()})
        vae.load_state_dict(weights)
        check_finite(folder, vae)
        notes = dict(data["notes"])
        critics = _critics(folder, data.get("critics", {}))
    except CheckpointError:
        raise
    except InputError as error:
        raise CheckpointError(f"{folder}: {error}") from None
    except (*MALFORMED, RuntimeError) as error:
        raise CheckpointError(f"{folder}: checkpoint.json does not describe latent groups ({reason(error)})") from None
    return LearnedGroups(vae.eval().requires_grad_(False), world, responses, notes, critics)


def _critics(folder: Path, described: Any) -> dict[str, Critic]:
    """The trained critics by group; {} where there are none."""
    if not described:
        return {}
    tensors, found = tensors_of(folder / _CRITICS), {}
    for row, options in described.items():
        # First without memory, so that a description cannot ask for more memory than its file needs.
        with torch.device("meta"):
            expected = {f"{row}/{name}": tuple(v.shape) for name, v in Critic(**options).state_dict().items()}
        check_shapes(folder / _CRITICS, tensors, expected)
        critic = Critic(**options)
        mine = {name: tensors[f"{row}/{name}"] for name in critic.state_dict()}
        critic.load_state_dict(mine)
        check_finite(folder, critic)
        found[row] = critic.eval().requires_grad_(False)
    return found


def _tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, whatever their type."""
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path}: not a safetensors file ({str(error).splitlines()[0]})") from None


def _responses(law: Any, world: World, tensors: dict[str, Tensor], lane: str) -> Responses:
    if law is None:
        return Responses.of_trials(world, stabilise=not LANES[lane].counts)
    if law not in _LAWS:
        raise ModelError(f"unknown law {law!r} of the responses")
    kind, names = _LAWS[law]
    return Responses.of_table(kind(world.flat, *(tensors[name] for name in names)), world)


def _description(folder: Path) -> Any:
    path = folder / "checkpoint.json"
    wrote = "expected what `stiminfo groups --out` wrote"
    data = description_in(folder, "no such folder of latent groups", f"holds no checkpoint.json; {wrote}", _MOST_JSON)
    if data.get("kind") != KIND:
        raise CheckpointError(f"{folder}: holds no latent groups; {wrote}")
    if data.get("schema") != SCHEMA:
        raise CheckpointError(f"{path}: has schema {data.get('schema')!r}; this version reads {SCHEMA}")
    expected = [_WORLD, _WEIGHTS, *([_CRITICS] if data.get("critics") else [])]
    if set(data["files"]) != set(expected):
        raise CheckpointError(f"{path}: names other files than {' and '.join(expected)}")
    return data
