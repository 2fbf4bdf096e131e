"""A world of rendered images: four shapes without symmetry, turned, stretched and striped, in all combinations."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from ...errors import ModelError
from ...models.arrays import Array
from .world import World

#: The shapes, in the order of their codes.
SHAPES = ("corner", "half disc", "drop", "arrow")
#: Points per pixel and axis over which a pixel is averaged.
SUPERSAMPLING = 4
#: Steepness of an edge, per unit of signed distance (the image is 2 units wide): an edge is about a pixel of 16 wide.
EDGE = 30.0
#: Largest log of the stretch along one axis (and the shrinking along the other).
STRETCH = 0.28
#: Largest contrast of the stripes, and their periods per unit of length.
CONTRAST, STRIPES_PER_UNIT = 0.8, 2.2
#: Most images, and pixels per side.
MOST_IMAGES, MOST_PIXELS = 1 << 17, 256


def rendered_world(
    size: int = 16, shapes: int = 4, rotations: int = 24, elongations: int = 6, stripes: int = 4
) -> World:
    """All combinations of shape, rotation, elongation and contrast of stripes, as images of `size` x `size` pixels.

    Deterministic. By default 2,304 images.

    Raises
    ------
    ModelError
        A number is out of its range.
    """
    counts = {"shapes": shapes, "rotations": rotations, "elongations": elongations, "stripes": stripes}
    for name, count in counts.items():
        most = len(SHAPES) if name == "shapes" else MOST_IMAGES
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= most:
            raise ModelError(f"{name} is {count!r}; expected a whole number from 1 to {most}")
    if isinstance(size, bool) or not isinstance(size, int) or not 4 <= size <= MOST_PIXELS:
        raise ModelError(f"size is {size!r}; expected 4 to {MOST_PIXELS} pixels")
    total = shapes * rotations * elongations * stripes
    if not 2 <= total <= MOST_IMAGES:
        raise ModelError(f"these factors make {total} images; expected 2 to {MOST_IMAGES}")
    angles = [360 * k / rotations for k in range(rotations)]
    logs = np.linspace(-STRETCH, STRETCH, elongations) if elongations > 1 else np.zeros(1)
    contrasts = np.linspace(0, CONTRAST, stripes)
    ticks = (np.arange(size * SUPERSAMPLING) + 0.5) / (size * SUPERSAMPLING) * 2 - 1
    x, y = np.meshgrid(ticks, ticks)
    images = []
    for shape, angle, log in itertools.product(range(shapes), angles, logs):
        inside, bands = _drawn(shape, np.radians(angle), float(np.exp(log)), x, y)
        images += [_averaged(inside * (1 - contrast * bands), size) for contrast in contrasts]
    ranges = [range(count) for count in counts.values()]
    return World(
        np.array(images).clip(0, 1),
        np.array(list(itertools.product(*ranges))),
        ("category", "rotation", "elongation", "stripes"),
        (
            SHAPES[:shapes],
            tuple(angles),
            tuple(float(v) for v in np.exp(2 * logs).round(3)),
            tuple(float(v) for v in contrasts.round(3)),
        ),
        (None, 360.0, None, None),
        name="shapes",
    )


#: Worlds by name, as functions of the pixels per side.
WORLDS: dict[str, Callable[[int], World]] = {"shapes": rendered_world}


def _drawn(shape: int, angle: float, stretch: float, x: Array, y: Array) -> tuple[Array, Array]:
    """How much of each point lies inside the shape, and how dark full stripes make it; both between 0 and 1."""
    u = (np.cos(angle) * x + np.sin(angle) * y) * stretch
    v = (np.cos(angle) * y - np.sin(angle) * x) / stretch
    inside = 1 / (1 + np.exp(np.clip(_distance(shape, u, v) * EDGE, -60, 60)))
    return inside, 0.5 * (1 + np.cos(2 * np.pi * STRIPES_PER_UNIT * u))


def _averaged(points: Array, size: int) -> Array:
    return np.asarray(points.reshape(size, SUPERSAMPLING, size, SUPERSAMPLING).mean(axis=(1, 3)))


def _distance(shape: int, u: Array, v: Array) -> Array:
    """Signed distance to the edge of a shape, or a bound of it; negative inside."""
    if shape == 0:  # a corner: two bars of unequal length
        upright = np.maximum(np.abs(u + 0.25) - 0.18, np.abs(v) - 0.62)
        return np.minimum(upright, np.maximum(np.abs(u - 0.05) - 0.48, np.abs(v - 0.45) - 0.18))
    if shape == 1:  # a half disc
        return np.maximum(np.hypot(u, v) - 0.62, -v - 0.05)
    if shape == 2:  # a drop: a disc with a pointed tail
        tail = np.maximum(np.abs(u) - 0.38 * (v + 0.75) / 0.95, np.maximum(v - 0.2, -v - 0.75))
        return np.minimum(np.hypot(u, v - 0.2) - 0.38, tail)
    # an arrow with a notch
    notch = v - 0.55 + 0.7 * (0.45 - np.abs(u))
    return np.maximum(np.abs(u) - 0.5 * (v + 0.65) / 1.2 - 0.02, np.maximum(notch, -v - 0.65))
