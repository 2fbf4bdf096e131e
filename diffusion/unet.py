"""`UNetDenoiser`: trained networks as a denoiser, for use with every estimator."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import ModelError
from .bias import Approximate
from .bias_record import Bias
from .cautions import caution_about
from .checkpoints import Learned, load_learned
from .datasets import words_for
from .denoiser import Denoiser, Scales, Unknown, column, device_named
from .denoiser import normal as randn
from .response_views import views_of
from .samplers import reverse_diffusion

#: Pixels that go through a network at once.
_BLOCK = 1 << 21
#: Steps of the reverse diffusion that draws stimuli from the prior, or given a response.
_DRAW_STEPS = 30


class UNetDenoiser(Approximate):
    """Networks trained on images, as a denoiser for priors whose posterior mean is not known.

    Parameters
    ----------
    learned : what `load_learned` or `train` returns
    device : where to compute
    autocast : torch.bfloat16 or torch.float16, to run the networks in that precision; float32 by default

    Attributes
    ----------
    caution : a warning that the networks denoise held-out images worse than the best linear denoiser, and where; "" if
        they do not, or if the checkpoint holds no held-out losses. Every estimate repeats it as a warning.

    Notes
    -----
    Errors of the networks enter the estimates but not their standard errors: see the accuracy tables, and the held-out
    losses in the checkpoint's card.
    """

    dtype = torch.float32

    def __init__(self, learned: Learned, *, device: Any = "cpu", autocast: torch.dtype | None = None) -> None:
        self.learned, self.device, self.autocast = learned, device_named(device), autocast
        self.encoder = learned.encoder.to(self.device, torch.float32)
        self.dimensions = learned.encoder.dimensions
        self.caution = caution_about(learned.notes.get("held_out"), words_for(learned.shape).many)
        self.kept = {name: Bias.from_json(found) for name, found in dict(learned.notes.get("bias", {})).items()}
        # Copies: two denoisers of the same networks may live on two devices.
        self.network = copy.deepcopy(learned.denoising).to(self.device).eval()
        self.gain_network = None if learned.gain is None else copy.deepcopy(learned.gain).to(self.device).eval()

    @classmethod
    def load(cls, folder: Path | str, **options: Any) -> UNetDenoiser:
        """The denoiser of a checkpoint's folder; raises `CheckpointError` where that is no checkpoint."""
        return cls(load_learned(Path(folder)), **options)

    def xhat(self, xg: Tensor, gamma: Tensor, r: Tensor | None = None) -> Tensor:
        """The networks' output; levels outside their range are treated as the nearest one inside it."""
        if r is not None and self.network.architecture.prior_only:
            raise Unknown("these networks have learned no responses; load_denoiser(DIR) adds one linear step for them")
        if r is not None and r.shape != (len(xg), self.encoder.responses):
            raise ModelError(
                f"responses have shape {tuple(r.shape)}; the networks were trained for "
                f"({len(xg)}, {self.encoder.responses}), those of {self.encoder!r}"
            )
        return self._in_blocks(lambda rows: self.network(xg[rows], gamma[rows], None if r is None else r[rows]), xg)

    def xhat_of_view(self, xg: Tensor, gamma: Tensor, r: Tensor, view: str) -> Tensor:
        """E[X | xg, r'] of a coarser view r' (B, k) of the response (see `response_views`).

        Raises
        ------
        Unknown
            The networks have not learned this view.
        """
        views = views_of(self.network.architecture.views)
        if view not in views:
            raise Unknown(f"the networks know {', '.join(views)} of the response, not {view!r}")
        given = (torch.arange(len(views), device=xg.device) == views.index(view)).expand(len(xg), -1)
        return self._in_blocks(lambda rows: self.network(xg[rows], gamma[rows], r[rows], given[rows]), xg)

    @property
    def gain(self) -> Callable[[Tensor, Tensor], Tensor] | None:
        """A function of (xg, gamma) that approximates E_r[D_i^2 | xg], (B, d); None where it was not trained."""
        network = self.gain_network
        if network is None:
            return None

        def answer(xg: Tensor, gamma: Tensor) -> Tensor:
            return network(xg, gamma, self.network.beside(xg, gamma))

        return lambda xg, gamma: self._in_blocks(lambda rows: answer(xg[rows], gamma[rows]), xg)

    def _in_blocks(self, answer: Callable[[slice], Tensor], xg: Tensor) -> Tensor:
        if xg.ndim != 2 or xg.shape[1] != self.dimensions:
            raise ModelError(f"stimuli have shape {tuple(xg.shape)}; the networks see (n, {self.dimensions})")
        most = max(1, _BLOCK // self.dimensions)
        # Not inference mode, because Tweedie's sampler needs derivatives.
        half = nullcontext() if self.autocast is None else torch.autocast(self.device.type, self.autocast)
        with half:
            parts = [answer(slice(i, i + most)) for i in range(0, len(xg), most)]
        return torch.cat(parts).to(self.dtype)

    def scales(self, x: Tensor) -> Scales:
        """The levels that the networks were trained for."""
        levels = self.network.levels
        ones = torch.ones(len(x), dtype=self.dtype, device=self.device)
        return Scales(levels.low * ones, levels.high * ones, below=levels.reach, above=levels.reach)

    def some_stimuli(self, generator: torch.Generator | None = None) -> Tensor:
        return self.network.centre[None]

    def draw_prior(self, count: int, generator: torch.Generator | None = None) -> Tensor:
        """Images by reverse diffusion from the highest level: a sample of the prior that the networks have learned."""
        return self._draw(count, None, generator)

    def draw_given_response(self, r: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Images given responses (B, k), by reverse diffusion with the conditional network."""
        return self._draw(len(r), r, generator)

    def _draw(self, count: int, r: Tensor | None, generator: torch.Generator | None) -> Tensor:
        top = torch.full((count,), self.network.levels.bounds[1], dtype=self.dtype, device=self.device)
        start = self.network.centre.expand(count, -1)
        xg = start + column(top, start).sqrt() * randn(start.shape, start, generator)
        with torch.no_grad():
            return reverse_diffusion(self, xg, top, _DRAW_STEPS, generator, r)

    def response_side(self) -> Denoiser:
        raise Unknown("the networks denoise stimuli; those of their responses were not trained")

    def __repr__(self) -> str:
        count = sum(p.numel() for p in self.network.parameters())
        data = self.learned.notes.get("data", {}).get("name", words_for(self.learned.shape).many)
        height, width = self.learned.shape
        size = f"{height} x {width}" if height > 1 else f"{width} numbers,"
        return f"UNetDenoiser({size} {data}, {count / 1e6:.2g} M weights)"
