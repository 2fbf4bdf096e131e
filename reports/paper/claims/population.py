"""Section 5.5, Fig. 4 and appendix C.2: the population of visual neurons, and its information about MNIST images."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from ....errors import ModelError
from ....models.arrays import Array
from .claim import CONFIRMED, CORRECTED, SLIP, Result, claim
from .joints import distance

if TYPE_CHECKING:
    from ....diffusion.datasets import Images
    from ....diffusion.encoders import LinearNonlinearPoisson

#: Images whose maps are compared, one of each digit, and denoiser passes for each.
_COMPARED, _PASSES = 10, 4000
#: The share of pixels that counts as edges.
_QUARTER = 0.25


def printed_fields(side: int) -> Array:
    """Eq. 23: 7 x 7 Gaussian receptive fields of amplitude 2 and width 0.2 on [-1, 1]^2, (49, side^2)."""
    at, centres = np.linspace(-1, 1, side), np.linspace(-1, 1, 7)
    along = np.exp(-((at - centres[:, None]) ** 2) / (2 * 0.2**2))
    return np.asarray(2 * np.einsum("ah,bw->abhw", along, along).reshape(49, -1))


def printed_rates(x: Array, fields: Array) -> Array:
    """Eq. 24 with gain 1 and threshold 0.5: mean counts (..., 49) of images x (..., pixels)."""
    return np.asarray(1 / (1 + np.exp(-(x @ fields.T - 0.5))))


def _tried() -> tuple[Array, Array, Array]:
    """A few random images (3, pixels), the fields, and J_ii (3, pixels) of Poisson counts by finite differences."""
    fields = printed_fields(12)
    x = np.random.default_rng(4).uniform(-0.3, 0.3, (3, 144))
    step = 1e-5 * np.eye(144)
    slope = (printed_rates(x[:, None] + step, fields) - printed_rates(x[:, None] - step, fields)) / 2e-5
    return x, fields, (slope**2 / printed_rates(x, fields)[:, None]).sum(axis=2)


@claim(
    "section-5-5-fisher",
    "Section 5.5",
    "The diagonal of Fisher information is a sum of squared receptive fields, each scaled by the neuron's activation.",
    CORRECTED,
    "each scaled by g^2 f (1 - f)^2, which vanishes for silent and for saturated neurons alike and is largest at f = "
    "1/3",
)
def fisher_map() -> Result:
    x, fields, truth = _tried()
    f = printed_rates(x, fields)
    by_slope = (f * (1 - f) ** 2) @ fields**2
    by_activation = f @ fields**2
    scale = (truth * by_activation).sum() / (by_activation**2).sum()
    off = [distance(found, truth) / float(truth.max()) for found in (scale * by_activation, by_slope)]
    low, third, high = (float(value * (1 - value) ** 2) for value in (0.02, 1 / 3, 0.98))
    return Result(
        off[0] < 0.01,
        f"J_ii of Eqs. 23 and 24 by finite differences: weights g^2 f (1 - f)^2 are off by {off[1]:.1g} of its largest "
        f"value, weights in proportion to f by {off[0]:.0%}; a neuron at f = 0.02, 1/3, 0.98 has the weight {low:.4f}, "
        f"{third:.4f}, {high:.4f}",
        off[1] < 1e-6,
    )


@claim(
    "fig-4-squared",
    "Fig. 4, caption of C",
    "The diagonal of Fisher information is a weighted sum of receptive fields.",
    SLIP,
    "of squared receptive fields, as section 5.5 says",
)
def fields_squared() -> Result:
    x, fields, truth = _tried()
    f = printed_rates(x, fields)
    weights = f * (1 - f) ** 2
    off = []
    for basis in (fields, fields**2):
        found = weights @ basis
        scale = (truth * found).sum() / (found**2).sum()
        off.append(distance(scale * found, truth) / float(truth.max()))
    return Result(
        off[0] < 0.01,
        f"with the right weights and the best scale, off by {off[0]:.0%} of its largest value; squared, by "
        f"{off[1]:.1g}",
        off[1] < 1e-6,
        slip=True,
    )


@claim(
    "section-5-5-population",
    "Section 5.5; C.2, Eqs. 23 and 24",
    "Both places describe the same neurons: mean counts A f(w.x + b), or A in the receptive fields and f alone.",
    SLIP,
    "ambiguous unless A = 1: the largest mean count is A or 1",
)
def two_readings() -> Result:
    x, fields, _ = _tried()
    rates = printed_rates(x, fields)
    outside = 2 * printed_rates(x, fields / 2)
    apart = distance(rates, outside)
    bright = np.ones((1, 144))
    largest = float(printed_rates(bright, fields).max()), 2 * float(printed_rates(bright, fields / 2).max())
    return Result(
        apart < 1e-6,
        f"with A = 2 in the fields the mean count is at most {largest[0]:.2f}, with A in front {largest[1]:.2f}; on "
        f"images of little contrast they differ by up to {apart:.2f}",
        largest[0] <= 1 + 1e-9 and 1 < largest[1] <= 2 + 1e-9,
        slip=True,
    )


def mnist_here() -> str:
    """Why MNIST images cannot be decomposed here, or ""."""
    try:
        from ....diffusion.datasets import MNIST_VARIABLE, mnist
        from ....diffusion.finite_set import FiniteSetDenoiser  # noqa: F401  (needs torch)
    except ImportError as reason:
        return f"needs stiminfo[diffusion]: {reason}"
    if not os.environ.get(MNIST_VARIABLE):
        return f"needs the MNIST files, in the folder that {MNIST_VARIABLE} names"
    try:
        mnist()
    except ModelError as reason:
        return str(reason)
    return ""


def edge_strength(image: Array) -> Array:
    """The length of an image's gradient at each pixel, (h * w,)."""
    return np.asarray(np.hypot(*np.gradient(image.astype(float))).ravel())


def share_in(where: Array, maps: Array) -> Array:
    """The share of each map (n, pixels) that lies in the quarter of pixels with the largest `where`, (n,)."""
    chosen = np.argsort(-where, kind="stable")[: round(_QUARTER * len(where))]
    return np.asarray(maps[:, chosen].sum(axis=1) / maps.sum(axis=1))


@cache
def edge_shares() -> dict[str, tuple[Array, Array, Array]]:
    """For C.2's neurons and ours: shares of I_local in the strongest own edges, in those of others, and where the prior
    varies most, (n,) each.
    """
    from ...decomposition import spread_choice
    from ..images import our_neurons, paper_images, printed_neurons

    images = paper_images()
    chosen = spread_choice(images, _COMPARED)
    return {
        "C.2's neurons": _shares_of(printed_neurons(), images, chosen),
        "our neurons": _shares_of(our_neurons(images), images, chosen),
    }


def _shares_of(encoder: LinearNonlinearPoisson, images: Images, chosen: Array) -> tuple[Array, Array, Array]:
    from ....diffusion import FiniteSetDenoiser
    from ....estimators import i_local

    flat = images.pixels.reshape(len(images.pixels), -1)
    denoiser = FiniteSetDenoiser(flat, encoder)
    found = i_local.estimate(denoiser, denoiser.tensor(flat[chosen]), passes=_PASSES, sampler="posterior", seed=0)
    assert found.featurewise is not None
    shares = np.array([share_in(edge_strength(images.pixels[j]), found.featurewise) for j in chosen])
    own = np.diag(shares)
    others = (shares.sum(axis=0) - own) / (len(chosen) - 1)
    return own, others, share_in(flat.var(axis=0), found.featurewise)


@claim(
    "section-5-5-edges",
    "Section 5.5; Fig. 4D and G",
    "I_local of MNIST images is concentrated along the edges of the object shown.",
    CORRECTED,
    "it is concentrated where the images of the set vary; the edges of the image shown hold a little more of it than "
    "those of other images",
)
def edges() -> Result:
    reason = mnist_here()
    if reason:
        return Result(False, reason, skipped=True)
    from ..images import SET

    rows = edge_shares()
    said = [
        f"{name}: {own.mean():.0%} of I_local lies in the quarter of pixels with the strongest edges of the image, "
        f"{others.mean():.0%} in that of the other {len(own) - 1} images (the own is more on {(own > others).sum()} of "
        f"{len(own)}), {varied.mean():.0%} in the quarter where the set varies most"
        for name, (own, others, varied) in rows.items()
    ]
    return Result(
        all(own.mean() > varied.mean() and (own > others).all() for own, others, varied in rows.values()),
        f"finite set of {SET:,} images, one image of each digit. " + "; ".join(said),
        all(own.mean() > others.mean() and varied.mean() > 2 * _QUARTER for own, others, varied in rows.values()),
    )


@claim(
    "c-2-literal",
    "Beside C.2",
    "On MNIST almost all of C.2's neurons, taken as printed, are silent or saturated.",
    CONFIRMED,
    ours=True,
)
def hardly_graded() -> Result:
    reason = mnist_here()
    if reason:
        return Result(False, reason, skipped=True)
    from ..images import SATURATED, SILENT, paper_images, printed_neurons, rates, regimes

    images = paper_images()
    silent, graded, saturated = regimes(printed_neurons(), images)
    mean = float(rates(printed_neurons(), images).mean())
    return Result(
        graded < 0.1,
        f"{silent:.0%} of (neuron, image) pairs have a rate below {SILENT:g}, {saturated:.0%} above {SATURATED:g}, "
        f"{graded:.1%} between; the mean count is {mean:.3f}",
    )
