"""Trained networks as a folder of safetensors and JSON, written whole or not at all and checked before it is used.

Each U-Net has its own folder, as `diffusers.UNet2DModel.save_pretrained` writes it. `layers.safetensors` holds the
layers around the U-Nets, MLPs and the population. `checkpoint.json` describes them and holds the SHA-256 of every other
file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from ..errors import MALFORMED, CheckpointError, ModelError
from .architecture import Architecture, Levels, whole_number
from .checkpoint_files import (
    check_digests,
    check_file,
    check_finite,
    check_shapes,
    description_in,
    digest_of,
    new_folder,
    put_in_place,
    reason,
    tensors_of,
)
from .encoders import Encoder, LinearGaussian, LinearNonlinearPoisson
from .networks import DenoisingNetwork, GainNetwork
from .stepped import PARTS, denoising_of, gain_of

SCHEMA = 3
#: Networks that come with the package, a folder per name.
PRETRAINED = Path(__file__).parent / "pretrained"
#: Limits of what is read: bytes of a description, pixels of a side, neurons.
_MOST_JSON, _MOST_PIXELS, _MOST_NEURONS = 1 << 20, 256, 1 << 16
#: The most numbers of a stimulus that is no image.
_MOST_NUMBERS = 1 << 14
_UNET = "diffusion_pytorch_model.safetensors"
#: The class of each kind of encoder, and the arguments that make it.
_ENCODERS: dict[str, tuple[type[Encoder], tuple[str, ...]]] = {
    "LinearGaussian": (LinearGaussian, ("weights", "noise")),
    "LinearNonlinearPoisson": (LinearNonlinearPoisson, ("weights", "gain", "threshold", "amplitude")),
}


@dataclass
class Learned:
    """Trained networks, the population that they are trained for, and where they come from.

    Attributes
    ----------
    gain : the gain network; None where it was not trained
    notes : data, recipe, seed, losses, versions: plain JSON values
    """

    denoising: DenoisingNetwork
    gain: GainNetwork | None
    encoder: Encoder
    notes: dict[str, Any]

    @property
    def shape(self) -> tuple[int, int]:
        """(h, w) pixels of an image."""
        return self.denoising.shape

    @property
    def minutes(self) -> float:
        """Minutes of training, including those of the networks that this training began with."""
        return minutes_of(self.notes)


def minutes_of(notes: dict[str, Any]) -> float:
    """Minutes of training by a checkpoint's notes, including those of the networks that the training began with."""
    seconds = 0.0
    while notes:
        seconds, notes = seconds + float(notes.get("seconds", 0)), notes.get("began_with", {})
    return seconds / 60


def save_learned(learned: Learned, folder: Path, card: str, *, half: bool = False) -> None:
    """Write a checkpoint; an older one in its place is kept until the new one is complete.

    Parameters
    ----------
    card : the text of the model card
    half : whether to store the networks' weights in half precision

    Raises
    ------
    CheckpointError
        The folder exists and is not a checkpoint.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(folder.parent) as temporary:
        _write(learned, temporary, card, half)
        put_in_place(temporary, folder)


def _write(learned: Learned, folder: Path, card: str, half: bool) -> None:
    dtype = torch.float16 if half else torch.float32
    layers: dict[str, Tensor] = {}
    for role, network in _networks(learned.denoising, learned.gain).items():
        if network.unet is not None:
            # As UNet2DModel.save_pretrained writes it, but in the precision asked for.
            network.unet.save_config(folder / role)
            weights = {
                name: value.detach().cpu().to(dtype).contiguous() for name, value in network.unet.state_dict().items()
            }
            (folder / role / _UNET).write_bytes(save(weights, metadata={"format": "pt"}))
        layers |= {
            f"{role}.{name}": value for name, value in network.state_dict().items() if not name.startswith("unet.")
        }
    layers |= _around(learned.denoising)
    if learned.gain is not None:
        layers |= {f"gain_{name}": getattr(learned.gain, name) for name in learned.gain.measured}
    kind = type(learned.encoder).__name__
    layers = {name: value.detach().cpu().to(dtype) for name, value in layers.items()}
    for name in _ENCODERS[kind][1]:  # the population keeps its double precision
        layers[f"encoder.{name}"] = getattr(learned.encoder, name).detach().cpu().double()
    (folder / "layers.safetensors").write_bytes(save({name: value.contiguous() for name, value in layers.items()}))
    (folder / "card.md").write_text(card, encoding="utf-8")
    digests = {path.relative_to(folder).as_posix(): digest_of(path) for path in sorted(folder.rglob("*.*"))}
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


def _around(denoising: DenoisingNetwork) -> dict[str, Tensor]:
    """What a denoising network knows beside its weights."""
    names = ("centre", "response_mean", "response_spread", "variances", "directions", *denoising.tables)
    found = {name: getattr(denoising, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _networks(denoising: DenoisingNetwork, gain: GainNetwork | None) -> dict[str, Any]:
    found = {"conditional": denoising.conditional}
    if denoising.unconditional is not None:
        found["unconditional"] = denoising.unconditional
    if gain is not None:
        found["gain"] = gain.network
    return found


def load_learned(folder: Path) -> Learned:
    """Read a checkpoint.

    Raises
    ------
    CheckpointError
        The folder does not exist; a file is missing, truncated or altered; weights do not have the described shapes;
        the checkpoint has another schema.
    """
    data = _description(folder)
    try:
        check_digests(folder, data["files"])
        described = _described(folder, data)
    except MALFORMED as error:
        if isinstance(error, ModelError):
            raise CheckpointError(f"{folder}: {str(error).removeprefix(f'{folder}: ')}") from None
        raise CheckpointError(f"{folder}: checkpoint.json does not describe a checkpoint ({reason(error)})") from None
    layers = tensors_of(folder / "layers.safetensors")
    pixels, responses = described.shape[0] * described.shape[1], described.responses
    heard = 0 if described.architecture.prior_only else responses
    around: dict[str, tuple[int, ...]] = {"centre": (pixels,), "response_mean": (heard,), "response_spread": (heard,)}
    if described.architecture.preconditioning == "wiener":
        around |= {"variances": (pixels,), "directions": (pixels, pixels)}
    if described.architecture.step:
        around |= {"step": (PARTS, pixels, pixels), "told": (PARTS, pixels), "shown": (PARTS, pixels)}
    check_shapes(folder / "layers.safetensors", layers, around)
    # First without memory, so that a description cannot ask for more memory than its files need.
    with torch.device("meta"):
        bare = described.built(layers)
    for role, network in _networks(*bare).items():
        if network.unet is not None:
            check_file(folder / role / _UNET, network.unet)
    denoising, gain = described.built(layers)
    _fill(folder, denoising, gain, layers)
    encoder = _encoder(folder, described.kind, layers, responses, pixels)
    denoising.know_encoder(encoder)
    return Learned(denoising, gain, encoder, described.notes)


@dataclass(frozen=True)
class _Described:
    """What checkpoint.json says about the networks."""

    shape: tuple[int, int]
    responses: int
    levels: Levels
    spread: float
    architecture: Architecture
    gain_architecture: Architecture | None
    kind: str
    notes: dict[str, Any]

    def built(self, layers: dict[str, Tensor]) -> tuple[DenoisingNetwork, GainNetwork | None]:
        """Networks of this description, whose weights are not filled in yet."""
        around = (layers["centre"], self.spread, layers["response_mean"], layers["response_spread"])
        denoising = denoising_of(self.architecture)(self.architecture, self.shape, self.levels, *around)
        if self.gain_architecture is None:
            return denoising, None
        gain = gain_of(self.gain_architecture)(
            self.gain_architecture, self.shape, self.levels, layers["centre"], self.spread
        )
        return denoising, gain


def _described(folder: Path, data: Any) -> _Described:
    height, width = data["shape"]
    whole_number("shape", height, 1, _MOST_PIXELS)
    whole_number("shape", width, 1, _MOST_NUMBERS if height == 1 else _MOST_PIXELS)
    responses = whole_number("responses", data["responses"], 1, _MOST_NEURONS)
    levels, spread = Levels(**data["levels"]), float(data["spread"])
    architecture = Architecture.from_json(data["architecture"])
    gain = data["gain_architecture"]
    gain_architecture = None if gain is None else Architecture.from_json(gain)
    kind, notes = data["population"], data["notes"]
    if kind not in _ENCODERS:
        raise CheckpointError(f"{folder}: unknown population {kind!r}")
    if not isinstance(notes, dict) or not 0 < spread < float("inf"):
        raise CheckpointError(f"{folder}: checkpoint.json does not describe a checkpoint")
    return _Described((height, width), responses, levels, spread, architecture, gain_architecture, kind, notes)


def _fill(folder: Path, denoising: DenoisingNetwork, gain: GainNetwork | None, layers: dict[str, Tensor]) -> None:
    path = folder / "layers.safetensors"
    for role, network in _networks(denoising, gain).items():
        if network.unet is not None:
            network.unet.load_state_dict(tensors_of(folder / role / _UNET))
        own = {name.removeprefix(f"{role}."): value for name, value in layers.items() if name.startswith(f"{role}.")}
        wanted = {name: value for name, value in network.state_dict().items() if not name.startswith("unet.")}
        check_shapes(path, own, {name: tuple(v.shape) for name, v in wanted.items()})
        network.load_state_dict(own, strict=False)
    if gain is not None:
        measured: dict[str, tuple[int, ...]] = {f"gain_{n}": tuple(getattr(gain, n).shape) for n in gain.measured}
        check_shapes(path, layers, measured)
        for name in gain.measured:
            getattr(gain, name).copy_(layers[f"gain_{name}"])
    for name, value in _around(denoising).items():
        value.copy_(layers[name])
    for whole in (denoising, gain):
        if whole is not None:
            check_finite(folder, whole)
            whole.eval().requires_grad_(False)


def _description(folder: Path) -> Any:
    path = folder / "checkpoint.json"
    data = description_in(folder, "no such checkpoint", "not a checkpoint (it holds no checkpoint.json)", _MOST_JSON)
    if data.get("schema") != SCHEMA:
        raise CheckpointError(
            f"{path}: has schema {data.get('schema')!r}; this version reads {SCHEMA}. Schemas differ in their "
            "networks: train anew with stiminfo train"
        )
    if "layers.safetensors" not in data["files"]:
        raise CheckpointError(f"{path}: names no layers.safetensors")
    return data


def _encoder(folder: Path, kind: str, layers: dict[str, Tensor], responses: int, pixels: int) -> Encoder:
    made, names = _ENCODERS[kind]
    try:
        encoder: Encoder = made(*(layers[f"encoder.{name}"].double() for name in names))
    except KeyError as error:
        raise CheckpointError(f"{folder}: layers.safetensors holds no {error.args[0]}") from None
    except ModelError as error:
        raise CheckpointError(f"{folder}: the population is not valid ({error})") from None
    if (encoder.responses, encoder.dimensions) != (responses, pixels):
        raise CheckpointError(
            f"{folder}: the population has {encoder.responses} neurons that see {encoder.dimensions} pixels; the "
            f"description says {responses} and {pixels}"
        )
    return encoder
