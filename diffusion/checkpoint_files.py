"""A checkpoint's files: checks against its description before anything is built from them, and folders put in place."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from ..errors import CheckpointError

#: Digits of a whole number in a description: more than those of any size, count or seed, and within floats.
_DIGITS = 40
#: Letters of another library's error that are repeated; torch's go on with what was called.
_MOST_SAID = 200


def description_in(folder: Path, none: str, other: str, most: int) -> dict[str, Any]:
    """The JSON object in a folder's ``checkpoint.json``, whose ``files`` are an object, too.

    Parameters
    ----------
    none, other : what to say of a path that is no folder, and of a folder without this file
    most : the largest size of the file, in bytes

    Raises
    ------
    CheckpointError
        There is no such folder or file, or it holds something else.
    """
    path = folder / "checkpoint.json"
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: {none}")
    if not path.is_file():
        raise CheckpointError(f"{folder}: {other}")
    if path.stat().st_size > most:
        raise CheckpointError(f"{path}: too large for a description")
    try:
        data = json.loads(path.read_text(encoding="utf-8"), parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not JSON ({str(error).splitlines()[0]})") from None
    if not isinstance(data, dict) or not isinstance(data.get("files"), dict):
        raise CheckpointError(f"{path}: does not describe a checkpoint")
    return data


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def reason(error: Exception) -> str:
    """What an error of another library says, in one short line: its type, and its first line without stack frames."""
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {textwrap.shorten(lines[0], _MOST_SAID)}"


def tensors_of(path: Path) -> dict[str, Tensor]:
    """The floating-point tensors of a safetensors file; raises `CheckpointError` where it is not one."""
    try:
        return {name: _floating(path, name, value) for name, value in load_file(path).items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path}: not a safetensors file ({str(error).splitlines()[0]})") from None


def _floating(path: Path, name: str, value: Tensor) -> Tensor:
    if not value.is_floating_point():
        raise CheckpointError(f"{path}: {name} holds {value.dtype} values; expected floating-point ones")
    return value if value.dtype == torch.float64 else value.float()


def check_file(path: Path, network: nn.Module) -> None:
    """Raise `CheckpointError` unless the tensors' names and shapes in a file's header are those of a network."""
    if not path.is_file():
        raise CheckpointError(f"{path.parent.parent}: holds no {path.parent.name}/{path.name}")
    try:
        with safe_open(path, "pt") as stream:
            found = {name: tuple(stream.get_slice(name).get_shape()) for name in stream.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path}: not a safetensors file ({str(error).splitlines()[0]})") from None
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    _check_same(path, found, expected)


def check_shapes(path: Path, tensors: dict[str, Tensor], expected: Mapping[str, tuple[int, ...]]) -> None:
    """Raise `CheckpointError` unless tensors of these names have these shapes; further tensors are ignored."""
    _check_same(path, {name: tuple(tensors[name].shape) for name in expected if name in tensors}, expected)


def _check_same(path: Path, found: dict[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> None:
    for name in sorted(expected.keys() | found.keys()):
        if found.get(name) != expected.get(name):
            has, wants = found.get(name, "is missing"), expected.get(name, "nothing")
            raise CheckpointError(f"{path}: {name} {has}; the description says {wants}")


def check_finite(folder: Path, network: nn.Module) -> None:
    """Raise `CheckpointError` where a weight is NaN or infinite."""
    for name, value in network.state_dict().items():
        if not torch.isfinite(value).all():
            raise CheckpointError(f"{folder}: {name} holds NaN or infinity")


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_digests(folder: Path, digests: dict[str, Any]) -> None:
    """Raise `CheckpointError` unless each named file lies in the folder and has its SHA-256."""
    for name, digest in digests.items():
        path = folder / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise CheckpointError(f"{folder}: names the file {name!r}, which lies outside")
        if not path.is_file():
            raise CheckpointError(f"{folder}: holds no {name}")
        found = digest_of(path)
        if found != digest:
            raise CheckpointError(f"{path}: damaged (SHA-256 {found[:12]}..., expected {str(digest)[:12]}...)")


@contextmanager
def new_folder(parent: Path) -> Iterator[Path]:
    """An empty folder with the permissions of any new folder (`tempfile` makes folders for the owner alone).

    It is removed at the end unless it was renamed.
    """
    path = parent / f".stiminfo-{os.urandom(8).hex()}"
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def put_in_place(temporary: Path, folder: Path) -> None:
    """Rename a complete folder to where it belongs; it replaces another checkpoint, but no other folder."""
    for path in temporary.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
    if not folder.exists():
        os.replace(temporary, folder)
        return
    if not (folder / "checkpoint.json").is_file() and any(folder.iterdir()):
        raise CheckpointError(f"{folder}: exists and is not a checkpoint")
    with new_folder(folder.parent) as aside:
        os.replace(folder, aside / "old")
        os.replace(temporary, folder)
