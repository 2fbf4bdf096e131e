"""Trained networks as a folder of safetensors and JSON: written whole or not at all, checked before anything is built.

Each U-Net lies in a folder of its own as `diffusers.UNet2DModel.save_pretrained` writes it; `layers.safetensors` holds
what is around them and the population; `checkpoint.json` says what they are and the SHA-256 of every other file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from ..errors import CheckpointError, ModelError
from .encoders import Encoder, LinearGaussian, LinearNonlinearPoisson
from .networks import Architecture, DenoisingNetwork, GainNetwork, Levels

SCHEMA = 3
#: Networks that come with the package, a folder per name.
PRETRAINED = Path(__file__).parent / "pretrained"
#: Larger than any description; a file beyond it is not read.
_MOST_JSON, _MOST_PIXELS, _MOST_NEURONS = 1 << 20, 256, 1 << 16
_UNET = "diffusion_pytorch_model.safetensors"
#: Of the gain network, what was measured after training.
_MEASURED = ("size", "level_scale", "pixel_scale")
#: What makes an encoder again, by its kind.
_ENCODERS: dict[str, tuple[type[Encoder], tuple[str, ...]]] = {
    "LinearGaussian": (LinearGaussian, ("weights", "noise")),
    "LinearNonlinearPoisson": (LinearNonlinearPoisson, ("weights", "gain", "threshold", "amplitude")),
}


@dataclass
class Learned:
    """Networks, the population they are made for, and where they come from.

    Attributes
    ----------
    gain : None where it was not trained
    notes : data, recipe, seed, losses, versions: plain JSON values
    """

    denoising: DenoisingNetwork
    gain: GainNetwork | None
    encoder: Encoder
    notes: dict[str, Any]

    @property
    def shape(self) -> tuple[int, int]:
        """Pixels of an image's height and width."""
        return self.denoising.conditional.shape

    @property
    def minutes(self) -> float:
        """Minutes of training, with those of the networks that it began with, and that those began with."""
        seconds, notes = 0.0, self.notes
        while notes:
            seconds, notes = seconds + float(notes.get("seconds", 0)), notes.get("began_with", {})
        return seconds / 60


def save_learned(learned: Learned, folder: Path, card: str, *, half: bool = False) -> None:
    """Write a checkpoint; an older one in its place is kept until the new one is complete.

    Parameters
    ----------
    card : the text of the model card
    half : weights in half precision, for a smaller checkpoint
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".stiminfo-", dir=folder.parent))
    try:
        _write(learned, temporary, card, half)
        _put_in_place(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _write(learned: Learned, folder: Path, card: str, half: bool) -> None:
    dtype = torch.float16 if half else torch.float32
    layers: dict[str, Tensor] = {}
    for role, network in _networks(learned.denoising, learned.gain).items():
        # As UNet2DModel.save_pretrained writes it, but in a precision of ours.
        network.unet.save_config(folder / role)
        weights = {
            name: value.detach().cpu().to(dtype).contiguous() for name, value in network.unet.state_dict().items()
        }
        (folder / role / _UNET).write_bytes(save(weights, metadata={"format": "pt"}))
        layers |= {
            f"{role}.{name}": value for name, value in network.state_dict().items() if not name.startswith("unet.")
        }
    for name in ("centre", "response_mean", "response_spread"):
        layers[name] = getattr(learned.denoising, name)
    if learned.gain is not None:
        layers |= {f"gain_{name}": getattr(learned.gain, name) for name in _MEASURED}
    kind = type(learned.encoder).__name__
    layers = {name: value.detach().cpu().to(dtype) for name, value in layers.items()}
    for name in _ENCODERS[kind][1]:  # the population is not ours to round
        layers[f"encoder.{name}"] = getattr(learned.encoder, name).detach().cpu().double()
    (folder / "layers.safetensors").write_bytes(save({name: value.contiguous() for name, value in layers.items()}))
    (folder / "card.md").write_text(card, encoding="utf-8")
    digests = {path.relative_to(folder).as_posix(): _digest(path) for path in sorted(folder.rglob("*.*"))}
    data = {
        "schema": SCHEMA,
        "shape": list(learned.shape),
        "responses": learned.encoder.responses,
        "population": kind,
        "architecture": learned.denoising.architecture.to_json(),
        "gain_architecture": None if learned.gain is None else learned.gain.architecture.to_json(),
        "levels": vars(learned.denoising.levels),
        "spread": learned.denoising.spread,
        "notes": learned.notes,
        "files": digests,
    }
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    (folder / "checkpoint.json").write_text(text, encoding="utf-8")
    os.chmod(folder, 0o755)


def _networks(denoising: DenoisingNetwork, gain: GainNetwork | None) -> dict[str, Any]:
    found = {"conditional": denoising.conditional}
    if denoising.unconditional is not None:
        found["unconditional"] = denoising.unconditional
    if gain is not None:
        found["gain"] = gain.network
    return found


def _put_in_place(temporary: Path, folder: Path) -> None:
    """Rename a complete folder to where it belongs; only another checkpoint gives way to it."""
    for path in temporary.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
    if not folder.exists():
        os.replace(temporary, folder)
        return
    if not (folder / "checkpoint.json").is_file() and any(folder.iterdir()):
        raise CheckpointError(f"{folder}: is there, and is not a checkpoint")
    aside = Path(tempfile.mkdtemp(prefix=".stiminfo-old-", dir=folder.parent))
    os.replace(folder, aside / "old")
    os.replace(temporary, folder)
    shutil.rmtree(aside, ignore_errors=True)


def load_learned(folder: Path) -> Learned:
    """Read a checkpoint.

    Raises
    ------
    CheckpointError
        No such folder; a file that is missing, truncated or altered; weights of other shapes than described; another
        schema.
    """
    data = _description(folder)
    try:
        for name, digest in data["files"].items():
            path = folder / name
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise CheckpointError(f"{folder}: names the file {name!r} outside itself")
            if not path.is_file():
                raise CheckpointError(f"{folder}: holds no {name}")
            found = _digest(path)
            if found != digest:
                raise CheckpointError(f"{path}: damaged (SHA-256 {found[:12]}..., expected {str(digest)[:12]}...)")
        height, width = (_whole(value, "shape", _MOST_PIXELS) for value in data["shape"])
        shape, responses = (height, width), _whole(data["responses"], "responses", _MOST_NEURONS)
        levels, spread = Levels(**data["levels"]), float(data["spread"])
        architecture = Architecture.from_json(data["architecture"])
        described = data["gain_architecture"]
        gain_architecture = None if described is None else Architecture.from_json(described)
        kind = data["population"]
        if kind not in _ENCODERS:
            raise CheckpointError(f"{folder}: unknown population {kind!r}")
        notes = data["notes"]
        if not isinstance(notes, dict) or not 0 < spread < float("inf"):
            raise CheckpointError(f"{folder}: checkpoint.json does not describe a checkpoint")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, ModelError):
            raise CheckpointError(f"{folder}: {str(error).removeprefix(f'{folder}: ')}") from None
        raise CheckpointError(f"{folder}: checkpoint.json does not describe a checkpoint ({error!r})") from None
    layers = _tensors(folder / "layers.safetensors")
    expected: dict[str, tuple[int, ...]] = {
        "centre": (height * width,),
        "response_mean": (responses,),
        "response_spread": (responses,),
    }
    _check_shapes(folder / "layers.safetensors", layers, expected)
    # First without memory, so that a description cannot ask for more than the files hold.
    with torch.device("meta"):
        bare, bare_gain = _build(architecture, gain_architecture, shape, levels, spread, layers)
    for role, network in _networks(bare, bare_gain).items():
        _check_file(folder / role / _UNET, network.unet)
    denoising, gain = _build(architecture, gain_architecture, shape, levels, spread, layers)
    for role, network in _networks(denoising, gain).items():
        network.unet.load_state_dict(_tensors(folder / role / _UNET))
        own = {name.removeprefix(f"{role}."): value for name, value in layers.items() if name.startswith(f"{role}.")}
        wanted = {name: value for name, value in network.state_dict().items() if not name.startswith("unet.")}
        _check_shapes(folder / "layers.safetensors", own, {name: tuple(v.shape) for name, v in wanted.items()})
        network.load_state_dict(own, strict=False)
    if gain is not None:
        measured = {f"gain_{name}": tuple(getattr(gain, name).shape) for name in _MEASURED}
        _check_shapes(folder / "layers.safetensors", layers, measured)
        for name in _MEASURED:
            getattr(gain, name).copy_(layers[f"gain_{name}"])
    for network in (denoising, gain):
        if network is not None:
            _check_finite(folder, network)
            network.eval().requires_grad_(False)
    encoder = _encoder(folder, kind, layers, responses, height * width)
    return Learned(denoising, gain, encoder, notes)


def _build(
    architecture: Architecture,
    gain_architecture: Architecture | None,
    shape: tuple[int, int],
    levels: Levels,
    spread: float,
    layers: dict[str, Tensor],
) -> tuple[DenoisingNetwork, GainNetwork | None]:
    around = (layers["centre"], spread, layers["response_mean"], layers["response_spread"])
    denoising = DenoisingNetwork(architecture, shape, levels, *around)
    if gain_architecture is None:
        return denoising, None
    return denoising, GainNetwork(gain_architecture, shape, levels, layers["centre"], spread)


def _description(folder: Path) -> Any:
    path = folder / "checkpoint.json"
    if not folder.is_dir():
        raise CheckpointError(f"{folder}: no such checkpoint")
    if not path.is_file():
        raise CheckpointError(f"{folder}: not a checkpoint (it holds no checkpoint.json)")
    if path.stat().st_size > _MOST_JSON:
        raise CheckpointError(f"{path}: too large to be a description")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not JSON ({str(error).splitlines()[0]})") from None
    if not isinstance(data, dict) or not isinstance(data.get("files"), dict):
        raise CheckpointError(f"{path}: does not describe a checkpoint")
    if data.get("schema") != SCHEMA:
        raise CheckpointError(f"{path}: has schema {data.get('schema')!r}; this version reads {SCHEMA}")
    if "layers.safetensors" not in data["files"]:
        raise CheckpointError(f"{path}: names no layers.safetensors")
    return data


def _whole(value: Any, name: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ModelError(f"{name} is {value!r}; expected 1 to {most}")
    return value


def _tensors(path: Path) -> dict[str, Tensor]:
    try:
        return {name: _floating(path, name, value) for name, value in load_file(path).items()}
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path}: not a safetensors file ({str(error).splitlines()[0]})") from None


def _floating(path: Path, name: str, value: Tensor) -> Tensor:
    if not value.is_floating_point():
        raise CheckpointError(f"{path}: {name} holds {value.dtype} values; expected floating-point ones")
    return value if value.dtype == torch.float64 else value.float()


def _check_file(path: Path, network: nn.Module) -> None:
    """The shapes in a file's header are those of a network."""
    if not path.is_file():
        raise CheckpointError(f"{path.parent.parent}: holds no {path.parent.name}/{path.name}")
    try:
        with safe_open(path, "pt") as stream:
            found = {name: tuple(stream.get_slice(name).get_shape()) for name in stream.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path}: not a safetensors file ({str(error).splitlines()[0]})") from None
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    _check_same(path, found, expected)


def _check_shapes(path: Path, tensors: dict[str, Tensor], expected: dict[str, tuple[int, ...]]) -> None:
    _check_same(path, {name: tuple(tensors[name].shape) for name in expected if name in tensors}, expected)


def _check_same(path: Path, found: dict[str, tuple[int, ...]], expected: dict[str, tuple[int, ...]]) -> None:
    for name in sorted(expected.keys() | found.keys()):
        if found.get(name) != expected.get(name):
            has, wants = found.get(name, "is missing"), expected.get(name, "nothing")
            raise CheckpointError(f"{path}: {name} {has}; the description says {wants}")


def _check_finite(folder: Path, network: nn.Module) -> None:
    for name, value in network.state_dict().items():
        if not torch.isfinite(value).all():
            raise CheckpointError(f"{folder}: {name} holds NaN or infinity")


def _encoder(folder: Path, kind: str, layers: dict[str, Tensor], responses: int, pixels: int) -> Encoder:
    made, names = _ENCODERS[kind]
    try:
        encoder: Encoder = made(*(layers[f"encoder.{name}"].double() for name in names))
    except KeyError as error:
        raise CheckpointError(f"{folder}: layers.safetensors holds no {error.args[0]}") from None
    except ModelError as error:
        raise CheckpointError(f"{folder}: the population is not one ({error})") from None
    if (encoder.responses, encoder.dimensions) != (responses, pixels):
        raise CheckpointError(
            f"{folder}: the population has {encoder.responses} neurons that see {encoder.dimensions} pixels; the "
            f"description says {responses} and {pixels}"
        )
    return encoder


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
