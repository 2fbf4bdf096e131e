"""U-Nets that denoise images with or without the responses to them, and one that regresses the gain of a response.

All are a `diffusers.UNet2DModel`, or an MLP where the stimuli are no images, with a preconditioning (which keeps input
and output at unit size at every noise level) and an input for responses.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .architecture import Architecture, Levels
from .encoders import Encoder
from .mlp import ResponseMLP
from .response_unet import ResponseUNet

__all__ = ["Architecture", "DenoisingNetwork", "GainNetwork", "Levels", "ResponseMLP", "ResponseUNet"]

#: The gain network has a measured factor for each of so many parts of the range of levels.
LEVEL_SCALES = 16


def network_for(
    architecture: Architecture, shape: tuple[int, int], responses: int, inputs: int = 1, numbers: int = 0
) -> ResponseUNet | ResponseMLP:
    """The network of an architecture, with random weights, for stimuli of this shape and so many responses.

    `inputs` is how many numbers it sees for each of a stimulus, or for each of so many `numbers`.
    """
    if architecture.network == "mlp":
        return ResponseMLP(architecture, shape, responses, inputs, numbers)
    return ResponseUNet(architecture, shape, responses, inputs)


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
    lead : the last `lead` of these directions are all that the networks see and change; 0: they see the stimuli
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
        self.shape, self.lead = shape, architecture.leads(len(centre))
        shape = (1, self.lead) if self.lead else shape
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
        image = self._shown(xg, gamma)
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
        if self.lead:
            power, directions = self.leading
            out = (found * (power * gamma[:, None] / (power + gamma[:, None])).sqrt()) @ directions.T
        else:
            out = self._along(found, gamma, 1)
        return self.centre + self._along(xg - self.centre, gamma, 0) + out

    def both(self, xg: Tensor, gamma: Tensor, r: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """E[X | xg], E[X | xg, r], and what a gain network sees (`beside`)."""
        return self(xg, gamma), self(xg, gamma, r), self.beside(xg, gamma)

    def beside(self, xg: Tensor, gamma: Tensor) -> Tensor:
        """What a gain network sees, (B, inputs * d): the noisy stimuli at unit size, or more."""
        if self.lead:
            return self._shown(xg, gamma)
        return (xg - self.centre) * (gamma[:, None] + self.spread**2).rsqrt()

    @property
    def leading(self) -> tuple[Tensor, Tensor]:
        """Variances (lead,) and directions (d, lead) of what the networks see."""
        assert self.variances is not None
        assert self.directions is not None
        return self.variances[-self.lead :], self.directions[:, -self.lead :]

    def _shown(self, xg: Tensor, gamma: Tensor) -> Tensor:
        """Noisy stimuli as the networks see them, (B, d) or (B, lead)."""
        if not self.lead:
            return self._along(xg - self.centre, gamma, 2)
        power, directions = self.leading
        return ((xg - self.centre) @ directions) * (power.sqrt() / (power + gamma[:, None]))

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
        self.network = network_for(architecture, shape, 0, self.inputs, architecture.leads(len(centre)))

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
