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

from ..errors import CheckpointError
from ..files import write_whole
from .encoders import Encoder
from .sources import Source

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
    write_whole(path, raw)


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


def identity_of(source: Source, encoder: Encoder, seed: int) -> dict[str, Any]:
    """What a resumed run has to share with the one that was begun."""
    words = [value for _, value in sorted(vars(encoder).items()) if isinstance(value, Tensor)]
    population = float(sum(float((w.double() * torch.arange(1, w.numel() + 1).reshape(w.shape)).sum()) for w in words))
    return {
        "data": source.name,
        "digest": source.digest,
        "population": f"{encoder!r} {population:.12g}",
        "seed": seed,
    }


def begun(path: Path | None, resume: bool, identity: dict[str, Any]) -> Saved | None:
    """The run to go on with, None for a new one; raises `CheckpointError` where there is none, or another."""
    if path is None or not path.is_file():
        if resume:
            raise CheckpointError(f"{path}: no such unfinished run")
        return None
    if not resume:
        raise CheckpointError(f"{path}: is an unfinished run; resume it (--resume), or remove it to begin again")
    saved = read_saved(path)
    for name, value in identity.items():
        if saved.state.get(name) != value:
            raise CheckpointError(
                f"{path}: is a run with {name} {saved.state.get(name)!r}, not {value!r}; give the same options"
            )
    return saved


def moments_of(names: list[str], parameters: list[Any], optimiser: Any, average: Any) -> dict[str, dict[str, Tensor]]:
    """AdamW's two moments and the running average of the weights, by parameter."""
    moments = {name: optimiser.state[p] for name, p in zip(names, parameters)}
    return {
        "average": dict(zip(names, average.shadow_params)),
        "first": {name: m["exp_avg"] for name, m in moments.items()},
        "second": {name: m["exp_avg_sq"] for name, m in moments.items()},
    }


def restore(
    saved: Saved, names: list[str], parameters: list[Any], optimiser: Any, schedule: Any, average: Any, step: int
) -> None:
    """Set optimiser, schedule and running average to where the run was ended; the inverse of `moments_of`."""
    first, second, shadow = (saved.group(name) for name in ("first", "second", "average"))
    for name, p in zip(names, parameters):
        optimiser.state[p] = {
            "step": torch.tensor(float(step)),
            "exp_avg": first[name].to(p.device),
            "exp_avg_sq": second[name].to(p.device),
        }
    average.shadow_params = [shadow[name].to(p.device) for name, p in zip(names, parameters)]
    average.optimization_step = step
    rates = [base * f(step) for base, f in zip(schedule.base_lrs, schedule.lr_lambdas)]
    schedule.last_epoch, schedule._last_lr = step, rates
    for group, rate in zip(optimiser.param_groups, rates):
        group["lr"] = rate
