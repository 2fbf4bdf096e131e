"""Denoisers, noise levels and response samplers; needs the extra ``stiminfo[diffusion]`` (torch, diffusers)."""

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    from ..errors import MissingExtra

    raise MissingExtra("stiminfo.diffusion needs torch: pip install 'stiminfo[diffusion]'") from error

from .denoiser import Denoiser, Posterior, Unknown
from .finite_set import FiniteSetDenoiser
from .gaussian import GaussianDenoiser, MixtureDenoiser
from .samplers import Amortised, PlugIn, PosteriorSampler, Tweedie, fit_amortised, reverse_diffusion
from .unet import UNetDenoiser

__all__ = [
    "Amortised",
    "Denoiser",
    "FiniteSetDenoiser",
    "GaussianDenoiser",
    "MixtureDenoiser",
    "PlugIn",
    "Posterior",
    "PosteriorSampler",
    "Tweedie",
    "UNetDenoiser",
    "Unknown",
    "fit_amortised",
    "reverse_diffusion",
]
