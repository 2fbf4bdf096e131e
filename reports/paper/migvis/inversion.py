"""Section 3.3: inversion by deterministic DDIM, and the released code's."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch

from ....diffusion import GaussianDenoiser
from ....diffusion.editing import Ladder, explicit, generate
from ....diffusion.encoders import LinearGaussian
from ..claims.claim import CONFIRMED, Result, claim
from . import setting

#: Steps of the ladders on which the usual inversion is tried.
STEPS = (10, 20, 40, 80, 160)
#: A round trip that loses less than this, in units of the images, is exact in float64.
_EXACT = 1e-9
#: Steps of the paper's schedule, the step at which its edits begin, and the ends of the sigmoid.
_STEPS, _START, _ENDS = 150, 135, (-3.0, 3.0)


def usual_round_trip(steps: int) -> float:
    """Relative error of DDIM run upwards and down again, on Gaussian images with their exact denoiser."""
    denoiser = GaussianDenoiser(np.zeros(3), np.diag([2.0, 1.0, 0.3]), LinearGaussian(np.eye(3), 1.0))
    x = denoiser.draw_prior(50, torch.Generator().manual_seed(setting.SEED))
    ladder = Ladder.between(0.1, setting.LEVEL, steps)
    return float((generate(denoiser, explicit(denoiser, x, ladder), ladder) - x).norm() / x.norm())


@claim(
    "inversion-steps",
    "Beside section 3.3",
    "The usual deterministic inversion leads back to the image up to an error in proportion to the step; if each step "
    "is inverted exactly, to the last digits.",
    CONFIRMED,
    ours=True,
)
def inverted() -> Result:
    errors = [usual_round_trip(steps) for steps in STEPS]
    slope = float(np.polyfit(np.log(STEPS[1:]), np.log(errors[1:]), 1)[0])
    exact = setting.start().round_trip
    return Result(
        abs(slope + 1) < 0.2 and exact < _EXACT,
        f"Gaussian images and their exact denoiser: off by {', '.join(f'{error:.1%}' for error in errors)} with "
        f"{', '.join(map(str, STEPS))} steps, which falls as the power {slope:.2f} of the number of steps. "
        "With each step inverted exactly, "
        f"{setting.IMAGES} images of the world come back within {exact:.1g} of a pixel",
    )


def spread_at_start(released: bool) -> tuple[float, float]:
    """What inversion makes of the standard deviation 1 of images, up to the paper's starting step; and abar there.

    For images of unit variance the exact eps is ``sqrt(1 - abar) x_t``, and the exact flow keeps the deviation at 1.
    """
    time = np.linspace(0, 1, _STEPS + 1)
    curve = 1 / (1 + np.exp(-(_ENDS[0] + time * (_ENDS[1] - _ENDS[0]))))
    abar = ((curve[-1] - curve) / (curve[-1] - curve[0]))[1:]  # after each step of the noise
    spread = 1.0
    for before, after in pairwise(abar[: _START + 1]):
        rise = np.sqrt(1 / after - 1) - np.sqrt(1 / before - 1)
        eps = np.sqrt(1 - before) * spread
        spread = np.sqrt(after / before) * spread + (1.0 if released else np.sqrt(after)) * rise * eps
    return float(spread), float(abar[_START])


@claim(
    "code-inversion",
    "Beside the released code: inversion",
    "The released inversion leaves out the factor sqrt(abar) of eps: at the paper's starting step noisy images are "
    "many times too large, and near the clean image it hardly matters.",
    CONFIRMED,
    ours=True,
)
def released_inversion() -> Result:
    (released, abar), (right, _) = spread_at_start(True), spread_at_start(False)
    return Result(
        released > 2 and abs(right - 1) < 0.1,
        f"images of standard deviation 1, sigmoid schedule, step {_START} of {_STEPS} (abar {abar:.3f}): "
        f"{released:.3g} with the released coefficient, {right:.3g} with the right one; the exact flow keeps 1",
    )
