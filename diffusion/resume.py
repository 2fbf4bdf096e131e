"""An unfinished training run in one file, replaced whole: weights, optimiser and average as safetensors, the rest JSON.

`accelerate.save_state` writes pickles, which are code; this file is data.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ..models.whole_files import replace_whole
from .checkpoints import CheckpointError

SCHEMA = 3


@dataclass
class Saved:
    """What a run is resumed from.

    Attributes
    ----------
    tensors : by name, ``group.name``
    state : stage, step, recipe, what it is trained on, and what was found so far: plain JSON values
    """

    tensors: dict[str, Tensor]
    state: dict[str, Any]

    def group(self, name: str) -> dict[str, Tensor]:
        """The tensors of a group, by their own names."""
        return {
            key.removeprefix(f"{name}."): value for key, value in self.tensors.items() if key.startswith(f"{name}.")
        }


def grouped(**groups: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of several groups under one another's names, as `Saved` holds them."""
    return {f"{name}.{key}": value for name, group in groups.items() for key, value in group.items()}


def write_saved(path: Path, saved: Saved) -> None:
    """Replace the file by a complete one; a machine that stops in the middle leaves the older one."""
    # Copies: safetensors refuses tensors that share memory, as those of two networks with one centre do.
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in saved.tensors.items()}
    raw = save(tensors, metadata={"stiminfo": json.dumps(saved.state | {"schema": SCHEMA}, allow_nan=False)})
    replace_whole(path, raw)


def read_saved(path: Path) -> Saved:
    """Read the file; raises `CheckpointError` where it is not whole or not one of these."""
    try:
        with safe_open(path, "pt") as stream:
            text = (stream.metadata() or {}).get("stiminfo")
            tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118
        state = json.loads(text) if text else None
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: damaged ({str(error).splitlines()[0]}); remove it to begin again") from None
    if not isinstance(state, dict) or state.get("schema") != SCHEMA:
        raise CheckpointError(f"{path}: not an unfinished run of this version; remove it to begin again")
    for name, value in tensors.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise CheckpointError(f"{path}: {name} holds NaN or infinity; remove it to begin again")
    return Saved(tensors, state)
