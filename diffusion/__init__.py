"""Denoisers, noise levels and response samplers. Needs the extra ``stiminfo[diffusion]`` (torch, diffusers)."""

from importlib.util import find_spec as _find_spec
from typing import TYPE_CHECKING
from typing import Any as _Any

import lazy_loader as _lazy_loader  # type: ignore[import-untyped, unused-ignore]

from ..errors import MissingExtra as _MissingExtra

_NEEDS_TORCH = f"{__name__} needs torch: pip install 'stiminfo[diffusion]'"
if _find_spec("torch") is None:
    raise _MissingExtra(_NEEDS_TORCH)

if TYPE_CHECKING:
    from .denoiser import Denoiser, Posterior, Unknown
    from .finite_set import FiniteSetDenoiser
    from .gaussian import GaussianDenoiser, MixtureDenoiser
    from .loading import load_denoiser
    from .samplers import (
        Amortised,
        Closure,
        Matched,
        PlugIn,
        PosteriorSampler,
        Tweedie,
        fit_amortised,
        reverse_diffusion,
    )
    from .soundness import NotADenoiser, check_denoiser
    from .unet import UNetDenoiser
    from .zero_shot import ZeroShotDenoiser

__all__ = [
    "Amortised",
    "Closure",
    "Denoiser",
    "FiniteSetDenoiser",
    "GaussianDenoiser",
    "Matched",
    "MixtureDenoiser",
    "NotADenoiser",
    "PlugIn",
    "Posterior",
    "PosteriorSampler",
    "Tweedie",
    "UNetDenoiser",
    "Unknown",
    "ZeroShotDenoiser",
    "check_denoiser",
    "fit_amortised",
    "load_denoiser",
    "reverse_diffusion",
]

# A name is imported when it is first used: the registry serves `--help`, which must not load torch.
_load, __dir__, _ = _lazy_loader.attach(
    __name__,
    submod_attrs={
        "denoiser": ["Denoiser", "Posterior", "Unknown"],
        "finite_set": ["FiniteSetDenoiser"],
        "gaussian": ["GaussianDenoiser", "MixtureDenoiser"],
        "loading": ["load_denoiser"],
        "samplers": [
            "Amortised",
            "Closure",
            "Matched",
            "PlugIn",
            "PosteriorSampler",
            "Tweedie",
            "fit_amortised",
            "reverse_diffusion",
        ],
        "unet": ["UNetDenoiser"],
        "soundness": ["NotADenoiser", "check_denoiser"],
        "zero_shot": ["ZeroShotDenoiser"],
    },
)


def __getattr__(name: str) -> _Any:
    if name in __all__:
        try:
            import torch  # noqa: F401
        except ImportError as error:
            raise _MissingExtra(_NEEDS_TORCH) from error
    return _load(name)
