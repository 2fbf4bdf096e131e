"""Response samplers, which draw r ~ p(R|xg): from the plug-in, Tweedie's Gaussian, posterior samples, or a regression.

Each gives an estimate, which may be biased, of E_r[D_i^2 | xg] with D = xhat(xg, r) - xhat(xg):

- `PlugIn`: r ~ p(r | xhat(xg)), as published (Laquitaine et al., section 5.4). Biased: xhat stands in for the stimulus.
- `Tweedie`: x0 ~ N(xhat, gamma dxhat/dxg), r ~ p(r | x0). Exact for Gaussian posteriors.
- `PosteriorSampler`: x0 ~ p(X|xg), r ~ p(r | x0). Exact where the denoiser can draw from its posterior; otherwise it
  uses reverse diffusion.
- `Matched`: the same, by reverse diffusion in steps of the right covariance. Needs no learned responses: without them,
  xhat(xg, r) comes from particles that the response leads through the same steps.
- `Closure`: E_r[D_i^2 | xg] as if X given xg were Gaussian and the neurons linear; no response is drawn.
- `Amortised`: a regression of D_i^2 on (xg, gamma); no response is drawn.
"""

from __future__ import annotations

from ..denoiser import Denoiser
from ..registry import sampler_class
from .amortised import Amortised, fit_amortised
from .closure import Closure
from .matched import Matched
from .plug_in import PlugIn
from .posterior import PosteriorSampler, reverse_diffusion
from .sampler import NoSampler, ResponseSampler, Sampler, gain_squared
from .tweedie import Tweedie

#: Samplers that need only a denoiser, ready to use; `diffusion.registry` lists all names.
SAMPLERS: dict[str, ResponseSampler] = {"plug_in": PlugIn(), "tweedie": Tweedie(), "posterior": PosteriorSampler()}

__all__ = [
    "SAMPLERS",
    "Amortised",
    "Closure",
    "Matched",
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
    """The sampler of this name, or the sampler itself if one is given.

    Raises
    ------
    NotRegistered, NoSampler
        There is no sampler of this name; the object is not a sampler; the sampler must first be fitted to the denoiser.
    """
    if isinstance(sampler, str):
        found: ResponseSampler = sampler_class(sampler).for_denoiser(denoiser)
        return found
    if not callable(getattr(sampler, "squared_gain", None)):
        raise NoSampler(f"sampler is {sampler!r}; expected a name or an object with squared_gain")
    return sampler
