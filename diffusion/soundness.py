"""Is it a denoiser? What any posterior mean must do, asked of one on samples before it is used.

For X ~ p and Xg = X + sqrt(g) Z, the posterior mean m(Xg) = E[X|Xg] has three properties that hold for every prior:
its squared error is at most that of the best linear estimate; its error X - m is orthogonal to every function of Xg;
and E|Xg - m|^2 <= g d, since Xg - m = E[sqrt(g) Z | Xg].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ..errors import EstimateError, ModelError
from .denoiser import normal

if TYPE_CHECKING:
    from .denoiser import Denoiser

#: xhat(xg, gamma), (B, d) and (B,) to (B, d).
Answer = Callable[[Tensor, Tensor], Tensor]

#: Levels at which a denoiser is asked, and noisy stimuli per level.
LEVELS, NOISY = 6, 512
#: Half of the samples are those to be denoised: a few say little of the products that should vanish.
FEWEST = 32
#: A loss is wrong beyond this multiple of the linear one: networks trained for minutes stay below 1.05 of it, and the
#: mistakes below give from 3 to 1e6.
WRONG = 1.5
#: Standard errors by which a loss, or a product that should vanish, must be off.
DOUBT = 5.0
#: How large E[(x - m) . (xg - c)] may be, in units of E|x - c|^2; the networks that come with stiminfo stay below 0.03.
SLANT = 0.2
#: The same on a network's own draws: exact networks in 4 and 8 dimensions reach 0.3, wrongly read ones 2 to 1e8.
SLANT_OF_DRAWS = 0.6


class NotADenoiser(ModelError):
    """The function is not the posterior mean of these stimuli; the message says what it looks like."""


@dataclass(frozen=True)
class Report:
    """What was found at each of L levels.

    Attributes
    ----------
    gamma : (L,) levels
    loss : (L,) E|x - xhat|^2 over that of the best linear denoiser
    loss_stderr : (L,) its standard error
    slant : (L,) E[(x - xhat) . (xg - c)] / E|x - c|^2, with c the mean stimulus; 0 for a posterior mean
    slant_stderr : (L,)
    step : (L,) E|xg - xhat|^2 / (gamma d); at most 1 for a posterior mean
    """

    gamma: Tensor
    loss: Tensor
    loss_stderr: Tensor
    slant: Tensor
    slant_stderr: Tensor
    step: Tensor

    @property
    def worst(self) -> float:
        """The largest loss, in units of the best linear denoiser's."""
        return float(self.loss.max())

    def complaint(self, drawn: bool = False) -> str:
        """What no posterior mean does, in words, or "".

        Parameters
        ----------
        drawn : the stimuli are the network's own draws, by reverse diffusion of few steps, which draws too narrowly
        """
        over = (self.loss - WRONG > DOUBT * self.loss_stderr).nonzero()
        if len(over):
            at = int(over[self.loss[over[:, 0]].argmax(), 0])
            return (
                f"at gamma = {float(self.gamma[at]):.3g} its squared error is {float(self.loss[at]):.3g} times that of "
                "the best linear denoiser"
            )
        far = (self.step > WRONG).nonzero()
        if len(far):
            at = int(far[0, 0])
            return (
                f"at gamma = {float(self.gamma[at]):.3g} it moves stimuli by {float(self.step[at]):.3g} times the "
                "variance of the noise (a posterior mean: at most once)"
            )
        most = SLANT_OF_DRAWS if drawn else SLANT
        slanted = ((self.slant.abs() > most) & (self.slant.abs() > DOUBT * self.slant_stderr)).nonzero()
        if len(slanted):
            at = int(slanted[0, 0])
            return (
                f"at gamma = {float(self.gamma[at]):.3g} its error is not orthogonal to the noisy stimulus "
                f"({float(self.slant[at]):.3g} of the stimuli's variance)"
            )
        return ""


def report_on(answer: Answer, samples: Tensor, levels: Tensor, seed: int = 0) -> Report:
    """Ask a denoiser at `levels` about the second half of `samples` (N, d); the first half fits the linear one.

    Raises
    ------
    NotADenoiser
        Answers of another shape, or that are not finite; the message says at which level.
    ModelError
        Fewer than `FEWEST` samples, or samples that do not differ.
    """
    if samples.ndim != 2 or len(samples) < FEWEST:
        raise ModelError(
            f"samples have shape {tuple(samples.shape)}; expected (N, d) with {FEWEST} stimuli or more: with "
            "fewer, chance would decide"
        )
    if not bool(torch.isfinite(samples).all()):
        row = int((~torch.isfinite(samples)).any(dim=1).nonzero()[0, 0])
        raise ModelError(f"sample {row} holds a number that is not finite; leave it out")
    fitted, held = samples[::2].double(), samples[1::2]
    centre, d = fitted.mean(0), samples.shape[1]
    covariance = torch.cov(fitted.T).reshape(d, d)
    if not (samples != samples[:1]).any():
        raise ModelError("the samples are all equal; expected stimuli that differ")
    # Few samples know the covariance badly: the identity takes a part of it (about as in Ledoit and Wolf 2004).
    kept = len(fitted) / (len(fitted) + d)
    covariance = kept * covariance + (1 - kept) * covariance.diagonal().mean() * torch.eye(d, device=centre.device)
    values, vectors = torch.linalg.eigh(covariance)
    generator = torch.Generator(device=samples.device).manual_seed(seed)
    x = held[torch.arange(NOISY, device=samples.device) % len(held)]
    found = []
    for g in levels.tolist():
        xg = x + math.sqrt(g) * normal(x.shape, x, generator)
        try:
            with torch.no_grad():
                answered = answer(xg, torch.full((len(x),), g, dtype=x.dtype, device=x.device))
        except EstimateError as error:  # a denoiser's own check of its answers
            raise NotADenoiser(str(error)) from None
        if answered.shape != x.shape:
            raise NotADenoiser(f"xhat returned shape {tuple(answered.shape)}; expected {tuple(x.shape)}")
        if not torch.isfinite(answered).all():
            raise NotADenoiser(f"xhat is not finite at gamma = {g:.3g}")
        m, seen, true = answered.double(), xg.double(), x.double()
        linear = centre + ((seen - centre) @ vectors * (values / (values + g))) @ vectors.T
        best = ((true - linear) ** 2).sum(1)
        ratio = ((true - m) ** 2).sum(1) / best.mean()
        product = ((true - m) * (seen - centre)).sum(1) / ((true - centre) ** 2).sum(1).mean()
        root = math.sqrt(len(x))
        found.append(
            [ratio.mean(), ratio.std() / root, product.mean(), product.std() / root, ((seen - m) ** 2).mean() / g]
        )
    columns = torch.tensor([[float(v) for v in row] for row in found]).T
    return Report(levels, *columns)


def check(
    answer: Answer,
    samples: Tensor,
    levels: Tensor,
    others: Mapping[str, tuple[Answer, Callable[[], Tensor]]],
    what: str,
    drawn: bool = False,
) -> Report:
    """Raise `NotADenoiser` unless `answer` behaves like the posterior mean of stimuli `samples` (N, d).

    Parameters
    ----------
    others : other readings of the same function, each with the stimuli on which to ask it, by the words for the mistake
        that it would mend
    what : the words for the function, at the beginning of the message
    drawn : whether the samples are the denoiser's own draws
    """
    found = report_on(answer, samples, levels)
    complaint = found.complaint(drawn)
    if not complaint:
        return found
    tried = {}
    for words, (other, its) in others.items():
        try:
            tried[words] = report_on(other, its(), levels)
        except ModelError:
            continue
    right = {words: report.worst for words, report in tried.items() if not report.complaint(drawn)}
    if right:
        raise NotADenoiser(f"{what} is not a posterior mean: {complaint}. {min(right, key=lambda w: right[w])}")
    raise NotADenoiser(
        f"{what} is not a posterior mean: {complaint}. If it is one of other stimuli, pass samples of those; if it is "
        "hardly trained, train it for longer"
    )


def check_denoiser(denoiser: Denoiser, samples: Any = None, *, levels: Any = None) -> Report:
    """Check any denoiser's xhat(xg, gamma) on samples of its stimuli, before estimates are made with it.

    Parameters
    ----------
    samples : (N, d) stimuli from the prior, by default 512 draws from the denoiser itself, a weaker check
    levels : (L,) noise levels gamma; by default 6 over the denoiser's own scales

    Raises
    ------
    NotADenoiser
        The function does what no posterior mean does: an epsilon network taken for x0, or a network that was given xg
        where it expects x_t = sqrt(alpha-bar) xg, for example.
    """
    drawn = denoiser.draw_prior(512, denoiser.generator(0)) if samples is None else denoiser.tensor(samples)
    if levels is None:
        scales = denoiser.scales(drawn[:1])
        low, high = math.log(float(scales.low[0])), math.log(float(scales.high[0]))
        levels = torch.linspace(low, high, LEVELS, dtype=torch.float64).exp()
    others = {words: (other, lambda: drawn) for words, other in _mistakes(denoiser.xhat).items()}
    return check(denoiser.xhat, drawn, torch.as_tensor(levels), others, repr(denoiser))


def _mistakes(answer: Answer) -> dict[str, Answer]:
    """The usual mistakes, and xhat without each."""

    def root(gamma: Tensor) -> Tensor:
        return (1 + gamma[:, None]).sqrt()

    return {
        "It looks like an epsilon network taken for x0: xhat = xg - sqrt(gamma) epsilon": lambda xg, g: (
            xg - g[:, None].sqrt() * answer(xg, g)
        ),
        "It looks as if xg had not been multiplied by sqrt(alpha-bar): the network expects x_t = sqrt(alpha-bar) xg": (
            lambda xg, g: answer(xg / root(g), g)
        ),
        "It looks as if xg had been taken for x_t and divided by sqrt(alpha-bar)": lambda xg, g: answer(
            xg * root(g), g
        ),
        "It looks like an epsilon network taken for x0, which was given xg where it expects sqrt(alpha-bar) xg": (
            lambda xg, g: xg - g[:, None].sqrt() * answer(xg / root(g), g)
        ),
        "It looks like a v network taken for x0: xhat = sqrt(abar) x_t - sqrt(1 - abar) v": lambda xg, g: (
            (xg / root(g) - g[:, None].sqrt() * answer(xg, g)) / root(g)
        ),
    }
