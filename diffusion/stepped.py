"""Networks for stimuli whose responses are read by one linear step; what is learned is what the step leaves.

With m = xhat(xg), ``D0 = (C_g^-1 + J)^-1 grad log p(r|x)`` at m is one step of Fisher scoring towards E[X|xg, r]: C_g
is the covariance of x - m at the level g, and J the mean Fisher information. At low levels D is small beside the spread
of X given xg, and a network that learns all of it from x misses it; the step gets it right from the start.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .architecture import Architecture, Levels
from .encoders import Encoder
from .networks import DenoisingNetwork, GainNetwork
from .sources.source import alike

#: Parts of the range of levels in which the step is measured; between their middles it is interpolated.
PARTS = 24
#: Variances and gains are kept above this share of their largest, so that nothing is divided by 0.
_LEAST, _LEAST_GAIN, _FLAT = 1e-6, 1e-4, 1e-9
#: Added to C_g as a share of its mean variance, where few stimuli leave directions unseen.
_RIDGE = 1e-4


def _between(place: Tensor) -> tuple[Tensor, Tensor]:
    """The part whose middle is below places (B,) from 0 to 1, and how far they are on the way to the next middle."""
    at = (place * PARTS - 0.5).clamp(0, PARTS - 1)
    left = at.floor().long().clamp_max(PARTS - 2)
    return left, at - left


def interpolated(table: Tensor, place: Tensor) -> Tensor:
    """Rows of a table (`PARTS`, d) at places (B,), (B, d)."""
    left, share = _between(place)
    return torch.lerp(table[left], table[left + 1], share[:, None])


class SteppedNetwork(DenoisingNetwork):
    """xhat(xg), and xhat(xg, r) = xhat(xg) + D(r), D = D0 + a network's answer.

    If the architecture is ``centred``, D(no response) is subtracted: the error of xhat(xg), which D learns as well.

    Attributes
    ----------
    encoder : the population
    step : (`PARTS`, d, d) (C_g^-1 + J)^-1 in units of the output's variance
    told : (`PARTS`, d) log standard deviations of D0 along `directions`, in units of the output
    shown : (`PARTS`, d) log variances of D0 of each feature, likewise
    """

    inputs = 3
    tables = ("step", "told", "shown")
    step: Tensor
    told: Tensor
    shown: Tensor

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
        super().__init__(architecture, shape, levels, centre, spread, response_mean, response_spread)
        pixels = len(centre)
        self.encoder: Encoder | None = None
        self.centred = architecture.centred
        self.register_buffer("step", self.centre.new_zeros(PARTS, pixels, pixels))
        self.register_buffer("told", self.centre.new_zeros(PARTS, pixels))
        self.register_buffer("shown", self.centre.new_zeros(PARTS, pixels))

    def know_encoder(self, encoder: Encoder) -> None:
        self.encoder = encoder.to(self.centre.device, torch.float32)

    def part_of(self, stage: str) -> nn.Module:
        assert self.unconditional is not None
        return self.conditional if stage == "responses" else self.unconditional

    def forward(self, xg: Tensor, gamma: Tensor, r: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        """E[X | xg] or E[X | xg, r], (B, d).

        In training, rows that are `given` no response learn D(no response), and xhat(xg) learns nothing.
        """
        if r is None:
            return super().forward(xg, gamma)
        if given is None:
            return self.both(xg, gamma, r)[1]
        with torch.no_grad():
            mean = super().forward(xg, gamma)
            views = self._views(xg, gamma, mean)
            first = self.linear_step(mean, gamma, r)
        return mean + self.answer(gamma, r, views, first, given.any(1, keepdim=True).to(xg.dtype))

    def both(self, xg: Tensor, gamma: Tensor, r: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean = super().forward(xg, gamma)
        views, first = self._views(xg, gamma, mean), self.linear_step(mean, gamma, r)
        heard = torch.ones(len(xg), 1, dtype=xg.dtype, device=xg.device)
        given = mean + self.answer(gamma, r, views, first, heard)
        if self.centred:
            given = given - self.answer(gamma, r, views, first, 0 * heard)
        return mean, given, views

    def answer(self, gamma: Tensor, r: Tensor, views: Tensor, first: Tensor, heard: Tensor) -> Tensor:
        """D of rows that are given their response (`heard` is 1, (B, 1)) or none (0); `first` is the linear step."""
        assert self.directions is not None
        place, first = self.levels.place(gamma), first * heard
        unit = interpolated(self.told, place).exp() * self.scaling(gamma)[1]
        if self.lead:
            unit, directions = unit[:, -self.lead :], self.leading[1]
            seen = torch.cat([views, (first @ directions) / unit], dim=1)
        else:
            directions = self.directions
            seen = torch.cat([views, ((first @ directions) / unit) @ directions.T], dim=1)
        shown = (r - self.response_mean) / self.response_spread
        rest = self.conditional(seen, place, shown, heard).to(first.dtype)
        return first + ((rest if self.lead else rest @ directions) * unit) @ directions.T

    def linear_step(self, mean: Tensor, gamma: Tensor, r: Tensor) -> Tensor:
        """D0, (B, d)."""
        score = self.score(mean, r)
        left, share = _between(self.levels.place(gamma))
        along = torch.empty_like(score)
        for k, rows in enumerate(alike(left, PARTS)):  # a matrix for each row would take too much memory
            if len(rows):
                along[rows] = torch.lerp(score[rows] @ self.step[k], score[rows] @ self.step[k + 1], share[rows, None])
        return along * self.scaling(gamma)[1] ** 2

    def score(self, mean: Tensor, r: Tensor) -> Tensor:
        """Grad log p(r|x) at x = mean, (B, d)."""
        slopes, residual = self._population(mean.device).linearised(mean, r)
        assert residual is not None
        return residual @ slopes if slopes.ndim == 2 else torch.einsum("bk,bkd->bd", residual, slopes)

    def _population(self, device: torch.device) -> Encoder:
        """The population on a device; it is no part of the module, which moves without it."""
        assert self.encoder is not None
        if self.encoder.weights.device != device:
            self.encoder = self.encoder.to(device)
        return self.encoder

    def beside(self, xg: Tensor, gamma: Tensor) -> Tensor:
        return self._views(xg, gamma, super().forward(xg, gamma))

    def _views(self, xg: Tensor, gamma: Tensor, mean: Tensor) -> Tensor:
        """The noisy stimulus and xhat(xg), white at every level, (B, 2 d); their leading directions, (B, 2 lead)."""
        assert self.variances is not None
        assert self.directions is not None
        directions = self.directions[:, -self.lead :]  # all of them where `lead` is 0
        deviation = self.variances.clamp_min(_LEAST * float(self.variances.max())).sqrt()[-self.lead :]
        white = ((mean - self.centre) @ directions) / deviation
        return torch.cat([self._shown(xg, gamma), white if self.lead else white @ directions.T], dim=1)

    @torch.no_grad()
    def measure(self, x: Tensor, xg: Tensor, gamma: Tensor) -> None:
        """Take the step's tables from stimuli (B, d), many for each part of the range of levels."""
        assert self.directions is not None
        mean = self(xg, gamma)
        encoder = self._population(mean.device)
        part = (self.levels.place(gamma) * PARTS).long().clamp_max(PARTS - 1)
        eye = torch.eye(x.shape[1], dtype=torch.float64, device=x.device)
        for k in range(PARTS):
            at = part == k
            out = self.scaling(gamma[at])[1].double()
            off = (x[at] - mean[at]).double() / out
            covariance = off.T @ off / at.sum()
            covariance = covariance + _RIDGE * covariance.diagonal().mean() * eye
            slopes = encoder.linearised(mean[at])[0].double()
            fisher = slopes.mT @ slopes
            fisher = fisher if fisher.ndim == 2 else fisher.mean(0)
            step = torch.linalg.inv(torch.linalg.inv(covariance) + fisher * (out**2).mean())
            step = (step + step.mT) / 2
            along = self.directions.double()
            told = ((along.T @ (covariance - step)) * along.T).sum(1)
            shown = (covariance - step).diagonal()
            self.step[k] = step.to(self.step)
            self.told[k] = told.clamp_min(_LEAST_GAIN * float(told.max())).log().to(self.told) / 2
            self.shown[k] = shown.clamp_min(_FLAT * float(shown.max())).log().to(self.shown)


class SteppedGain(GainNetwork):
    """The gain as a multiple of that of the linear step; it sees xhat(xg), too.

    Attributes
    ----------
    shown : (`PARTS`, d) as in `SteppedNetwork`
    """

    inputs = 2
    measured = (*GainNetwork.measured, "shown")
    shown: Tensor

    def __init__(
        self, architecture: Architecture, shape: tuple[int, int], levels: Levels, centre: Tensor, spread: float
    ) -> None:
        super().__init__(architecture, shape, levels, centre, spread)
        self.register_buffer("shown", torch.zeros(PARTS, len(centre)))

    def know(self, denoising: DenoisingNetwork) -> None:
        assert isinstance(denoising, SteppedNetwork)
        self.shown.copy_(denoising.shown)

    def unit(self, gamma: Tensor) -> Tensor:
        """The gain of the linear step, (B, d)."""
        g, power = gamma[:, None], self.spread**2
        shown = interpolated(self.shown, self.levels.place(gamma)).exp()
        return self.size * shown * g * power / (g + power)


def denoising_of(architecture: Architecture) -> type[DenoisingNetwork]:
    """The class of an architecture's denoisers."""
    return SteppedNetwork if architecture.step else DenoisingNetwork


def gain_of(architecture: Architecture) -> type[GainNetwork]:
    """The class of its gain network."""
    return SteppedGain if architecture.step else GainNetwork
