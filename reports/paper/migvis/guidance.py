"""Sections 3.2 and 4.2: mutual information as guidance, likelihood as guidance, and what stands in for either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor

from ....diffusion import FiniteSetDenoiser, MixtureDenoiser
from ....diffusion.editing import AsReleased, ByLikelihood, Exact, Guide
from ....diffusion.encoders import LinearGaussian
from ..claims.claim import CONFIRMED, CORRECTED, REFUTED, Result, claim
from . import setting

#: Noise levels at which guides are compared, in pixels.
LEVELS = (0.3, 0.6, 1.0, 2.0, 4.0)
#: A level at which the estimate of the image is nearly the image.
_FAINT = 0.02
#: Relative difference of two float64 computations of one gradient.
_SAME = 1e-9
#: What counts as the same guide: cosine, and ratio of lengths.
_COSINE, _LENGTH = 0.99, 0.1


def noisy_pairs(of: str, level: float) -> tuple[FiniteSetDenoiser, Tensor, Tensor, Tensor]:
    """The exact denoiser, noisy images (B, d), their level (B,), and latents of other images, (B, k)."""
    denoiser = setting.latents().denoiser(of)
    generator = torch.Generator().manual_seed(setting.SEED)
    x = denoiser.stimuli[setting.chosen()].double()
    y = x + level * torch.randn(x.shape, dtype=x.dtype, generator=generator)
    donors = torch.randint(len(denoiser.stimuli), (len(x),), generator=generator)
    z = denoiser.encoder.sample(denoiser.stimuli[donors].double(), generator)
    return denoiser, y, torch.full((len(x),), level**2, dtype=x.dtype), z


def three_gradients(of: str, level: float) -> dict[str, Tensor]:
    """``s^2`` times three gradients at noisy images, (B, d), each from a formula of its own.

    Mutual information guidance is that of log p(y|z*) / p(y), likelihood guidance that of log p(z*|y), and
    classifier-free guidance the difference of two posterior means.
    """
    denoiser, y, gamma, z = noisy_pairs(of, level)
    x = denoiser.stimuli.double()
    told = denoiser.likelihoods(z) + denoiser.log_prior
    given = told - torch.logsumexp(told, 1, keepdim=True)  # log p(x_n | z*)

    def slope(value: Tensor, at: Tensor) -> Tensor:
        return torch.autograd.grad(value.sum(), at)[0] * gamma[:, None]

    def near(at: Tensor) -> Tensor:
        return -0.5 * ((at[:, None] - x) ** 2).sum(2) / gamma[:, None]

    at = y.clone().requires_grad_(True)
    mutual = torch.logsumexp(given + near(at), 1) - torch.logsumexp(denoiser.log_prior + near(at), 1)
    first = slope(mutual, at)
    at = y.clone().requires_grad_(True)
    seen = torch.log_softmax(denoiser.log_prior + near(at), 1)  # log p(x_n | y)
    second = slope(torch.logsumexp(seen + denoiser.likelihoods(z), 1), at)
    third = denoiser.xhat(y, gamma, z) - denoiser.xhat(y, gamma)
    return {"mutual information": first, "likelihood": second, "classifier-free": third}


def apart(found: dict[str, Tensor]) -> float:
    """The largest difference between any two, relative to the largest value."""
    first, *others = found.values()
    return max(float((one - first).abs().max()) for one in others) / float(first.abs().max())


@claim(
    "section-4-2-weaker",
    "Section 4.2",
    "Guidance by the likelihood p(z*|x) is a weaker objective than guidance by mutual information.",
    REFUTED,
    "with the same model of p(z|x) they are the same gradient, since p(z*) does not depend on the image; what differs "
    "in practice is that model, a Gaussian encoder or a critic",
)
def weaker() -> Result:
    off = max(apart(three_gradients("category", level)) for level in LEVELS)
    return Result(
        off > _SAME,
        f"with exact models, at {len(LEVELS)} noise levels and {setting.IMAGES} images: gradients of log p(y|z*)/p(y) "
        f"and of log p(z*|y), and E[X|y,z*] - E[X|y] (classifier-free guidance), differ by {off:.1g} of the largest",
    )


def pointwise(of: str) -> tuple[np.ndarray, float, float]:
    """The log of p(z|x) / p(z) of pairs drawn from the channel, and the exact I(z; x) with its standard error."""
    generator = torch.Generator().manual_seed(setting.SEED)
    values = np.concatenate([setting.channel(of).scored(256, generator).diagonal().numpy() for _ in range(8)])
    scores = setting.scores("default")
    row = scores.rows.index(of)
    return values, float(scores.about_image[row]), float(scores.image_stderr[row])


@claim(
    "eq-4",
    "Section 3.2, Eqs. 3 and 4",
    "What is added to the score is the gradient of the mutual information between the image and the latents.",
    CORRECTED,
    "it is the gradient of the pointwise log p(z*|x)/p(z*); the mutual information is its mean over all pairs, and has "
    "no gradient in one image",
)
def maximised() -> Result:
    values, information, stderr = pointwise("category")
    off = apart(three_gradients("category", 1.0))
    error = float(np.hypot(stderr, values.std() / len(values) ** 0.5))
    return Result(
        bool(np.ptp(values) < 1e-6),
        f"log p(z|x)/p(z) of {len(values)} pairs lies between {values.min():.2f} and {values.max():.2f} nats, with the "
        f"mean {values.mean():.3f}; I(z;x) = {information:.3f}. Its gradient is the difference of the scores of "
        f"p(y|z*) and p(y), within {off:.1g}",
        abs(values.mean() - information) < 4 * error and off < _SAME,
    )


@cache
def mixture() -> tuple[MixtureDenoiser, Tensor]:
    """Images that are a mixture of three Gaussians in R^4, seen by two linear neurons; and responses to aim at."""
    rng = np.random.default_rng(setting.SEED)
    means = rng.normal(size=(3, 4)) * 2
    encoder = LinearGaussian(rng.normal(size=(2, 4)), 0.3)
    denoiser = MixtureDenoiser([0.5, 0.3, 0.2], means, np.stack([0.05 * np.eye(4)] * 3), encoder)
    generator = torch.Generator().manual_seed(setting.SEED)
    return denoiser, encoder.sample(denoiser.draw_prior(200, generator), generator)


def compared(make: Callable[[Tensor], Guide], level: float) -> tuple[float, float]:
    """Cosine with the exact guide, and ratio of lengths, over 200 noisy images of `mixture`."""
    denoiser, z = mixture()
    generator = torch.Generator().manual_seed(setting.SEED + 1)
    x = denoiser.draw_prior(len(z), generator)
    y = x + level * torch.randn(x.shape, dtype=x.dtype, generator=generator)
    gamma = torch.full((len(x),), level**2, dtype=x.dtype)
    right = Exact(z).shift(denoiser, y, gamma)[1]
    found = make(z).shift(denoiser, y, gamma)[1]
    cosine = float((right * found).sum() / (right.norm() * found.norm()))
    return cosine, float(found.norm() / right.norm())


def plug_in(level: float) -> tuple[float, float]:
    """As `compared`, of log p(z*|x) at x = E[X|y], with the derivative through E[X|y]."""
    encoder = mixture()[0].encoder
    return compared(lambda z: ByLikelihood(z, mean=lambda x: x @ encoder.weights.T, precision=encoder.precision), level)


def listed(levels: Sequence[float], found: list[tuple[float, float]]) -> str:
    """The cosine and the length at each level of noise, in words."""
    rows = (f"{g:g}: {cosine:.2f} and {float(f'{length:.2g}'):g}" for g, (cosine, length) in zip(levels, found))
    return f"cosine with the right gradient and length relative to it, by noise level: {'; '.join(rows)}"


@claim(
    "section-3-2-estimate",
    "Section 3.2; A.2",
    "The guide may take the noise-free estimate of the image in the place of the noisy image.",
    CORRECTED,
    "where little noise is left; at higher levels the gradient at the estimate is not that of log p(z*|y)",
)
def noise_free() -> Result:
    found = [plug_in(level) for level in (_FAINT, *LEVELS)]
    near = [cosine > _COSINE and abs(length - 1) < _LENGTH for cosine, length in found]
    return Result(
        all(near),
        f"a mixture of Gaussians, where both are exact: {listed((_FAINT, *LEVELS), found)}",
        near[0],
    )


def as_released(level: float) -> tuple[float, float]:
    """As `compared`, of the released rule with the exact log p(z|x) as its critic."""
    denoiser, negatives = mixture()
    generator = torch.Generator().manual_seed(setting.SEED)

    def critic(x: Tensor, z: Tensor) -> Tensor:
        return denoiser.encoder.log_likelihood(z, x)

    return compared(lambda z: AsReleased(z, critic=critic, negatives=negatives, generator=generator), level)


@claim(
    "code-guidance",
    "Beside the released code: guidance in the sampler",
    "The released rule is not the guidance term of Eq. 4 up to one scale: it leaves out the derivative of the estimate "
    "and the factor sqrt(1 - abar), and draws ten negatives anew at each step.",
    CONFIRMED,
    ours=True,
)
def released() -> Result:
    found = [as_released(level) for level in LEVELS]
    lengths = [length for _, length in found]
    return Result(
        max(lengths) / min(lengths) > 2 and min(cosine for cosine, _ in found) < _COSINE,
        f"with an exact critic: {listed(LEVELS, found)}",
    )
