"""U-Nets that denoise images with or without the responses to them, and one that regresses the gain of a response.

All are a `diffusers.UNet2DModel`, or an MLP where the stimuli are no images, with a preconditioning (which keeps input
and output at unit size at every noise level) and an input for responses.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ModelError
from .architecture import Architecture, Levels
from .encoders import Encoder
from .mlp import ResponseMLP
from .response_views import seen_by, shown_responses, views_of

__all__ = ["Architecture", "DenoisingNetwork", "GainNetwork", "Levels", "ResponseMLP", "ResponseUNet"]

#: Input channels that show the responses, and what is learned about each position, beside the noisy image.
_RESPONSE_CHANNELS, _POSITION_CHANNELS = 2, 1
#: The gain network has a measured factor for each of so many parts of the range of levels.
LEVEL_SCALES = 16


class ResponseUNet(nn.Module):
    """A U-Net of the noisy image, the noise level and, where it takes them, responses.

    Parameters
    ----------
    shape : (h, w) pixels
    responses : k, or 0 for a network without responses

    Raises
    ------
    ModelError
        Images of this size cannot be halved as often as the architecture does.
    """

    seen: Tensor

    def __init__(self, architecture: Architecture, shape: tuple[int, int], responses: int) -> None:
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
            in_channels=(1 + _POSITION_CHANNELS + shown) * patch**2,
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
        image : (B, d)
        place : (B,), positions of the levels in their range, from 0 to 1
        r : (B, k)
        given : (B, views), one-hot: which view of the response each row is given; a row of zeros is given none. By
            default the whole response
        weight : (B, 1), a factor on the responses
        """
        count, (height, width) = len(image), self.shape
        layers = [image.reshape(count, 1, height, width), self.position.expand(count, -1, -1, -1)]
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


def network_for(
    architecture: Architecture, shape: tuple[int, int], responses: int, inputs: int = 1
) -> ResponseUNet | ResponseMLP:
    """The network of an architecture, with random weights, for stimuli of this shape and so many responses.

    `inputs` is how many numbers it sees for each of a stimulus; only an MLP sees more than one.
    """
    if architecture.network == "mlp":
        return ResponseMLP(architecture, shape, responses, inputs)
    return ResponseUNet(architecture, shape, responses)


class _Normalised(nn.Module):
    """A network whose input images are centred and scaled by the noise level.

    Parameters
    ----------
    levels : the range of noise levels
    centre : (d,) the mean image
    spread : square root of the mean variance of a pixel
    """

    centre: Tensor

    def __init__(self, architecture: Architecture, levels: Levels, centre: Tensor, spread: float) -> None:
        super().__init__()
        self.architecture, self.levels, self.spread = architecture, levels, spread
        self.register_buffer("centre", centre.float())

    def part_of(self, stage: str) -> nn.Module:
        """What a stage of training changes."""
        return self


class DenoisingNetwork(_Normalised):
    """xhat(xg, gamma) and xhat(xg, gamma, r) of images.

    Parameters
    ----------
    shape : (h, w) pixels
    levels : the range of noise levels
    centre : (d,) the mean image
    spread : square root of the mean variance of a pixel
    response_mean, response_spread : (k,)

    Attributes
    ----------
    variances, directions : (d,) and (d, d), of the stimuli's covariance, directions in columns; None unless the
        preconditioning is ``wiener``
    """

    #: How many numbers the conditional network sees for each of a stimulus, and its measured tables.
    inputs = 1
    tables: tuple[str, ...] = ()
    response_mean: Tensor
    response_spread: Tensor
    variances: Tensor | None
    directions: Tensor | None

    def __init__(
        self,
        architecture: Architecture,
        shape: tuple[int, int],
        levels: Levels,
        centre: Tensor,
        spread: float,
        response_mean: Tensor,
        response_spread: Tensor,
    ) -> None:
        super().__init__(architecture, levels, centre, spread)
        responses = len(response_mean)
        self.register_buffer("response_mean", response_mean.float())
        self.register_buffer("response_spread", response_spread.float())
        self.conditional = network_for(architecture, shape, 0 if architecture.prior_only else responses, self.inputs)
        self.unconditional = None if architecture.shared else network_for(architecture, shape, 0)
        self.register_buffer("variances", None)
        self.register_buffer("directions", None)
        if architecture.preconditioning == "wiener":
            pixels = len(centre)
            self.variances, self.directions = centre.new_zeros(pixels), centre.new_zeros(pixels, pixels)

    def know_covariance(self, covariance: Tensor) -> None:
        """Take the stimuli's covariance (d, d) for the Wiener preconditioning; nothing happens with another one."""
        if self.variances is not None:
            values, vectors = torch.linalg.eigh(covariance.double())
            self.variances = values.clamp_min(0).to(self.centre)
            self.directions = vectors.to(self.centre).contiguous()  # as a checkpoint gives it back

    def know_encoder(self, encoder: Encoder) -> None:
        """Take the population, where it is needed."""

    def scaling(self, gamma: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The preconditioning's scales of the skip connection, the output and the input, (B, 1) each."""
        g, power = gamma[:, None], self.spread**2
        if self.architecture.preconditioning != "epsilon":
            total = g + power
            return power / total, (g * power / total).sqrt(), total.rsqrt()
        return torch.ones_like(g), -g.sqrt(), (1 + g).rsqrt()

    def loudness(self, gamma: Tensor) -> Tensor:
        """The factor on the responses, (B, 1): about the size of ``D / out``, their share of the networks' output.

        At low levels D is gamma times a score, and falls faster than the output's unit, sqrt(gamma). Without this
        factor, the networks' errors in D would count as information there.
        """
        g = gamma[:, None]
        return (g / (g + self.levels.low)).sqrt()

    def raw(self, xg: Tensor, gamma: Tensor, r: Tensor | None, given: Tensor | None = None) -> Tensor:
        """The networks' output F in ``xhat = skip (xg - centre) + out F + centre``, (B, d)."""
        image = self._along(xg - self.centre, gamma, 2)
        place = self.levels.place(gamma)
        if self.architecture.prior_only:
            r = given = None
        if r is not None:
            r = (r - self.response_mean) / self.response_spread
        weight = self.loudness(gamma)
        if self.unconditional is None:
            return self.conditional(image, place, r, given, weight)
        if r is None:
            return self.unconditional(image, place, None)
        found = self.conditional(image, place, r, None, weight)
        if given is None:
            return found
        return torch.where(given, found, self.unconditional(image, place, None))

    def forward(self, xg: Tensor, gamma: Tensor, r: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        """E[X | xg] or E[X | xg, r], (B, d)."""
        found = self.raw(xg, gamma, r, given).to(xg.dtype)
        return self.centre + self._along(xg - self.centre, gamma, 0) + self._along(found, gamma, 1)

    def both(self, xg: Tensor, gamma: Tensor, r: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """E[X | xg], E[X | xg, r], and what a gain network sees (`beside`)."""
        return self(xg, gamma), self(xg, gamma, r), self.beside(xg, gamma)

    def beside(self, xg: Tensor, gamma: Tensor) -> Tensor:
        """What a gain network sees, (B, inputs * d): the noisy stimuli at unit size, or more."""
        return (xg - self.centre) * (gamma[:, None] + self.spread**2).rsqrt()

    def _along(self, rows: Tensor, gamma: Tensor, which: int) -> Tensor:
        """Rows (B, d) times one of the preconditioning's scales, in each principal direction if it is ``wiener``."""
        if self.variances is None or self.directions is None:
            return self.scaling(gamma)[which] * rows
        g, power = gamma[:, None], self.variances
        scale = (power / (power + g), (power * g / (power + g)).sqrt(), (power + g).rsqrt())[which]
        return ((rows @ self.directions) * scale) @ self.directions.T


class GainNetwork(_Normalised):
    """The amortised gain, h_i(xg, gamma) ~ E[(xhat_i(xg, R) - xhat_i(xg))^2 | xg], never negative.

    Attributes
    ----------
    size : the mean size of the squares relative to `unit`
    level_scale : (`LEVEL_SCALES`,) a factor for each part of the range of levels; 1 until it is measured
    pixel_scale : (d,) a factor for each pixel; 1 until it is measured
    """

    #: How many numbers it sees for each of a stimulus, and its buffers that are measured.
    inputs = 1
    measured: tuple[str, ...] = ("size", "level_scale", "pixel_scale")
    size: Tensor
    level_scale: Tensor
    pixel_scale: Tensor

    def __init__(
        self, architecture: Architecture, shape: tuple[int, int], levels: Levels, centre: Tensor, spread: float
    ) -> None:
        super().__init__(architecture, levels, centre, spread)
        self.register_buffer("size", torch.tensor(1.0))
        self.register_buffer("level_scale", torch.ones(LEVEL_SCALES))
        self.register_buffer("pixel_scale", torch.ones(shape[0] * shape[1]))
        self.network = network_for(architecture, shape, 0, self.inputs)

    def know(self, denoising: DenoisingNetwork) -> None:
        """Take what is measured of trained denoisers."""

    def unit(self, gamma: Tensor) -> Tensor:
        """The approximate size of the output, (B, 1): as gamma^2 at low levels, then as gamma, then constant."""
        g, low, high = gamma[:, None], self.levels.low, self.levels.high
        return self.size * g * (g / (g + low)) / (1 + g / high)

    def forward(self, xg: Tensor, gamma: Tensor, beside: Tensor | None = None) -> Tensor:
        """Noisy stimuli (B, d), levels (B,) and what the denoisers show (`DenoisingNetwork.beside`) to h, (B, d)."""
        if beside is None:
            beside = (xg - self.centre) * (gamma[:, None] + self.spread**2).rsqrt()
        found = self.network(beside, self.levels.place(gamma), None).to(xg.dtype)
        return nn.functional.softplus(found) * self.unit(gamma) * self.pixel_scale * self._scale(gamma)

    def _scale(self, gamma: Tensor) -> Tensor:
        """The measured factor (B, 1), interpolated linearly between the middles of the parts."""
        at = (self.levels.place(gamma) * LEVEL_SCALES - 0.5).clamp(0, LEVEL_SCALES - 1)
        left = at.floor().long().clamp_max(LEVEL_SCALES - 2)
        return torch.lerp(self.level_scale[left], self.level_scale[left + 1], at - left)[:, None]
