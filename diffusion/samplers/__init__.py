"""Where r ~ p(R|xg) comes from: the plug-in, Tweedie's Gaussian, posterior samples, or a network in its stead.

Every sampler answers one question, E_r[D_i^2 | xg] with D = xhat(xg, r) - xhat(xg), by one unbiased or biased draw:

- `PlugIn`: r ~ p(r | xhat(xg)), as published (Laquitaine et al., section 5.4). Biased: it takes xhat for the stimulus.
- `Tweedie`: x0 ~ N(xhat, gamma dxhat/dxg), r ~ p(r | x0). Exact for Gaussian posteriors.
- `PosteriorSampler`: x0 ~ p(X|xg), r ~ p(r | x0). Exact where the denoiser can draw, else by reverse diffusion.
- `Amortised`: a regressor of D_i^2 on (xg, gamma); no response is drawn.
"""

from __future__ import annotations

from ..denoiser import Denoiser
from ..registry import sampler_class
from .amortised import Amortised, fit_amortised
from .ancestral import reverse_diffusion
from .plug_in import PlugIn
from .posterior import PosteriorSampler
from .sampler import NoSampler, ResponseSampler, Sampler, gain_squared
from .tweedie import Tweedie

#: Samplers that need nothing but a denoiser, ready to use; all names are in `diffusion.registry`.
SAMPLERS: dict[str, ResponseSampler] = {"plug_in": PlugIn(), "tweedie": Tweedie(), "posterior": PosteriorSampler()}

__all__ = [
    "SAMPLERS",
    "Amortised",
    "NoSampler",
    "PlugIn",
    "PosteriorSampler",
    "ResponseSampler",
    "Sampler",
    "Tweedie",
    "fit_amortised",
    "gain_squared",
    "reverse_diffusion",
    "sampler_named",
]


def sampler_named(sampler: str | ResponseSampler, denoiser: Denoiser) -> ResponseSampler:
    """The sampler of a name, or the one given.

    Raises
    ------
    NotRegistered, NoSampler
        No sampler of that name, an object that is none, or one that has to be fitted to the denoiser first.
    """
    if isinstance(sampler, str):
        found: ResponseSampler = sampler_class(sampler).for_denoiser(denoiser)
        return found
    if not callable(getattr(sampler, "squared_gain", None)):
        raise NoSampler(f"sampler is {sampler!r}; expected a name or an object with squared_gain")
    return sampler
