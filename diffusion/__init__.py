"""Denoisers, noise levels and response samplers; needs the extra ``stiminfo[diffusion]`` (torch, diffusers)."""

from importlib.util import find_spec as _find_spec
from typing import TYPE_CHECKING

if _find_spec("torch") is None:
    from ..errors import MissingExtra

    raise MissingExtra("stiminfo.diffusion needs torch: pip install 'stiminfo[diffusion]'")

from .lazily import names_in as _names_in

if TYPE_CHECKING:
    from .denoiser import Denoiser, Posterior, Unknown
    from .finite_set import FiniteSetDenoiser
    from .gaussian import GaussianDenoiser, MixtureDenoiser
    from .samplers import Amortised, PlugIn, PosteriorSampler, Tweedie, fit_amortised, reverse_diffusion
    from .unet import UNetDenoiser

# Imported when first used: the registry serves `--help`, which loads no torch.
_HOME = {
    "Amortised": "samplers",
    "Denoiser": "denoiser",
    "FiniteSetDenoiser": "finite_set",
    "GaussianDenoiser": "gaussian",
    "MixtureDenoiser": "gaussian",
    "PlugIn": "samplers",
    "Posterior": "denoiser",
    "PosteriorSampler": "samplers",
    "Tweedie": "samplers",
    "UNetDenoiser": "unet",
    "Unknown": "denoiser",
    "fit_amortised": "samplers",
    "reverse_diffusion": "samplers",
}
__getattr__, __dir__ = _names_in(__name__, _HOME)

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
