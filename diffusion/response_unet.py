"""A U-Net of `diffusers` for images and the responses to them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ModelError
from .architecture import Architecture
from .response_views import seen_by, shown_responses, views_of

#: Input channels that show the responses, and what is learned about each position, beside the noisy image.
_RESPONSE_CHANNELS, _POSITION_CHANNELS = 2, 1


class ResponseUNet(nn.Module):
    """A U-Net of the noisy image, the noise level and, where it takes them, responses.

    Parameters
    ----------
    shape : (h, w) pixels
    responses : k, or 0 for a network without responses
    inputs : how many images it sees; one that sees more than the noisy one begins as zero, so that what it is shown
        beside is the first guess

    Raises
    ------
    ModelError
        Images of this size cannot be halved as often as the architecture does.
    """

    seen: Tensor

    def __init__(self, architecture: Architecture, shape: tuple[int, int], responses: int, inputs: int = 1) -> None:
        super().__init__()
        from diffusers import UNet2DModel

        halvings, patch = len(architecture.channels) - 1, architecture.patch
        height, width = shape
        if height % (patch * 2**halvings) or width % (patch * 2**halvings):
            raise ModelError(
                f"{height} x {width} images in patches of {patch} cannot be halved {halvings} times; "
                "give fewer channels"
            )
        self.shape, self.responses, self.patch = shape, responses, patch
        views = views_of(architecture.views)
        self.register_buffer("seen", torch.stack([seen_by(view, responses) for view in views]), persistent=False)
        self.as_image = responses > 0 and architecture.route in ("image", "both")
        self.as_embedding = responses > 0 and architecture.route in ("embedding", "both")
        channels, blocks = architecture.channels, len(architecture.channels)
        shown = _RESPONSE_CHANNELS if self.as_image else 0
        self.unet = UNet2DModel(
            sample_size=(height // patch, width // patch),
            in_channels=(inputs + _POSITION_CHANNELS + shown) * patch**2,
            out_channels=patch**2,
            layers_per_block=architecture.layers,
            block_out_channels=channels,
            down_block_types=("DownBlock2D",) * blocks,
            up_block_types=("UpBlock2D",) * blocks,
            norm_num_groups=8,
            attention_head_dim=8,
            add_attention=architecture.attention,
            class_embed_type="identity" if self.as_embedding else None,
        )
        if inputs > 1:
            nn.init.zeros_(self.unet.conv_out.weight)
            nn.init.zeros_(self.unet.conv_out.bias)
        # Tells the network where a pixel is: a convolution is the same everywhere but at the border.
        self.position = nn.Parameter(torch.randn(_POSITION_CHANNELS, height, width) * 0.5)
        if self.as_image:
            size = _RESPONSE_CHANNELS * height * width
            self.image = nn.Linear(responses + len(views), size, bias=False)
        if self.as_embedding:
            size = 4 * channels[0]
            self.embed = nn.Sequential(nn.Linear(responses + len(views), size), nn.SiLU(), nn.Linear(size, size))

    def forward(
        self, image: Tensor, place: Tensor, r: Tensor | None, given: Tensor | None = None, weight: Tensor | None = None
    ) -> Tensor:
        """The U-Net's output, (B, d).

        Parameters
        ----------
        image : (B, inputs * d)
        place : (B,), positions of the levels in their range, from 0 to 1
        r : (B, k)
        given : (B, views), one-hot: which view of the response each row is given; a row of zeros is given none. By
            default the whole response
        weight : (B, 1), a factor on the responses
        """
        count, (height, width) = len(image), self.shape
        layers = [image.reshape(count, -1, height, width), self.position.expand(count, -1, -1, -1)]
        options: dict[str, Any] = {}
        if self.responses:
            seen = shown_responses(self.seen, image, r, given)
            if weight is not None:
                seen = seen * weight
            if self.as_image:
                layers.append(self.image(seen).reshape(count, -1, height, width))
            if self.as_embedding:
                options["class_labels"] = self.embed(seen)
        points = nn.functional.pixel_unshuffle(torch.cat(layers, dim=1), self.patch)
        found = self.unet(points, 100 * place, **options).sample
        return nn.functional.pixel_shuffle(found, self.patch).reshape(count, -1)
