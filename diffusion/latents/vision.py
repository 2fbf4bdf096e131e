"""`VisionTransformer`: DINO's features of images, from a file of weights, for critics of large images.

MIG-Vis's critic sees DINO's embedding of an image (Caron et al., Emerging properties in self-supervised vision
transformers, 2021; ViT-B/16). The layers are torch's own; the file is one in DINO's names of tensors, as its authors
and timm give it (``vit_base_patch16_224.dino``). Nothing is fetched, and only safetensors are read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...errors import MALFORMED, CheckpointError
from ..checkpoint_files import check_finite, check_shapes, tensors_of

#: Numbers per attention head in all of DINO's transformers.
_PER_HEAD = 64
#: Mean and standard deviation of the red, green and blue values that DINO was trained on.
_MEAN, _SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: Added to variances by the layers' normalisation.
_EPSILON = 1e-6
#: torch's names of the tensors of a layer, and DINO's.
_LAYER = {
    "norm1": "norm1",
    "norm2": "norm2",
    "self_attn.out_proj": "attn.proj",
    "linear1": "mlp.fc1",
    "linear2": "mlp.fc2",
}


class VisionTransformer(nn.Module):
    """Features of grey images: the class token after the last layer.

    Parameters
    ----------
    shape : (h, w) of the images; they are scaled to the size that the transformer knows
    width, depth, hidden, patch, side : of the transformer, see `from_file`
    """

    def __init__(self, shape: tuple[int, int], width: int, depth: int, hidden: int, patch: int, side: int) -> None:
        super().__init__()
        self.shape, self.side = shape, side
        self.first = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(torch.zeros(1, 1 + (side // patch) ** 2, width))
        self.patches = nn.Conv2d(3, width, patch, patch)
        layer = nn.TransformerEncoderLayer(
            width, width // _PER_HEAD, hidden, 0.0, "gelu", _EPSILON, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, depth, nn.LayerNorm(width, _EPSILON), enable_nested_tensor=False)
        for name, values in (("mean", _MEAN), ("spread", _SPREAD)):
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)

    @classmethod
    def from_file(cls, path: Path, shape: tuple[int, int]) -> VisionTransformer:
        """Read weights in DINO's names; the sizes are those of the tensors.

        Raises
        ------
        CheckpointError
            The file is not in safetensors, or holds another network.
        """
        if not path.is_file():
            raise CheckpointError(f"{path}: no such file of weights")
        tensors = tensors_of(path)
        try:
            width, _, patch, _ = tensors["patch_embed.proj.weight"].shape
            side = patch * math.isqrt(tensors["pos_embed"].shape[1] - 1)
            hidden = len(tensors["blocks.0.mlp.fc1.weight"])
            depth = len({name.split(".")[1] for name in tensors if name.startswith("blocks.")})
            weights = _renamed(tensors, depth)
        except MALFORMED as error:
            raise CheckpointError(
                f"{path}: holds no vision transformer in DINO's names of tensors ({error}); expected those of timm's "
                "vit_base_patch16_224.dino"
            ) from None
        if width % _PER_HEAD or width == 0:
            raise CheckpointError(f"{path}: has {width} numbers per token; expected a multiple of {_PER_HEAD}")
        network = cls(shape, width, depth, hidden, patch, side)
        check_shapes(path, weights, {name: tuple(value.shape) for name, value in network.state_dict().items()})
        network.load_state_dict(weights)
        check_finite(path, network)
        return network.eval().requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        """Features (..., width) of images (..., d) with pixels from 0 to 1."""
        grey = x.reshape(-1, 1, *self.shape).to(self.first.dtype)
        seen = functional.interpolate(grey, (self.side, self.side), mode="bicubic", antialias=True)
        mean, spread = self.get_buffer("mean"), self.get_buffer("spread")
        tokens = self.patches((seen - mean) / spread).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.first.expand(len(tokens), -1, -1), tokens], dim=1) + self.places
        return self.layers(tokens)[:, 0].reshape(*x.shape[:-1], -1)


def _renamed(tensors: Mapping[str, Tensor], depth: int) -> dict[str, Tensor]:
    """The tensors under the names of `VisionTransformer`; raises KeyError for one that is missing."""
    found = {"first": tensors["cls_token"], "places": tensors["pos_embed"]}
    for kind in ("weight", "bias"):
        found[f"patches.{kind}"] = tensors[f"patch_embed.proj.{kind}"]
        found[f"layers.norm.{kind}"] = tensors[f"norm.{kind}"]
        for n in range(depth):
            found[f"layers.layers.{n}.self_attn.in_proj_{kind}"] = tensors[f"blocks.{n}.attn.qkv.{kind}"]
            for mine, theirs in _LAYER.items():
                found[f"layers.layers.{n}.{mine}.{kind}"] = tensors[f"blocks.{n}.{theirs}.{kind}"]
    return found
