"""Populations of neurons that look at images: Gaussian receptive fields on a grid, and their normalisation.

Images fill the square [-1, 1]^2. Needs torch for the encoders.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ModelError
from ..models.arrays import Array, as_real_array
from .encoders import LinearGaussian, LinearNonlinearPoisson

#: The largest mean count of a neuron, and how many standard deviations of its drive half the sigmoid's slope spans.
AMPLITUDE, SLOPE = 2.0, 1.2


def receptive_fields(shape: tuple[int, int], grid: tuple[int, int] = (7, 7), sigma: float = 0.2) -> Array:
    """Gaussian receptive fields centred on a grid, peak 1, shape (k, h * w).

    Parameters
    ----------
    shape : (h, w) pixels of an image
    grid : rows and columns of centres, spread evenly over [-1, 1]^2 with half a step of margin
    sigma : width, in units in which the image is 2 wide

    Examples
    --------
    >>> receptive_fields((8, 8)).shape
    (49, 64)
    """
    if min(*shape, *grid) < 1 or not sigma > 0:
        raise ModelError(f"shape {shape}, grid {grid} and sigma {sigma} must be positive")
    pixels = [(np.arange(n) + 0.5) / n * 2 - 1 for n in shape]
    centres = [(np.arange(n) + 0.5) / n * 2 - 1 for n in grid]
    along = [np.exp(-((p - c[:, None]) ** 2) / (2 * sigma**2)) for p, c in zip(pixels, centres)]
    return np.asarray(np.einsum("ah,bw->abhw", *along).reshape(grid[0] * grid[1], -1))


def fields_for(images: Array, fields: Any) -> Array:
    """Receptive fields (k, h, w) or (k, h * w) as rows (k, h * w); raises `ModelError` where they do not fit images."""
    rows = as_real_array(fields, "receptive fields")
    largest = float(np.abs(rows).max(initial=0.0))
    if not 1e-30 < largest < 1e30:
        raise ModelError(f"receptive fields have a largest weight of {largest:.3g}; give them in another unit")
    height, width = images.shape[1:]
    if rows.ndim == 3 and rows.shape[1:] == (height, width):
        return rows.reshape(len(rows), -1)
    if rows.ndim == 2 and rows.shape[1] == height * width:
        return rows
    raise ModelError(
        f"receptive fields have shape {rows.shape}; expected (k, {height}, {width}), the size of the images"
    )


def published_population(shape: tuple[int, int]) -> LinearNonlinearPoisson:
    """The population of Laquitaine et al. as printed: 7 x 7 fields, sigma 0.2, amplitude 2, gain 1, threshold 0.5.

    For images in [-1, 1]; nearly silent on images that are mostly dark.
    """
    return LinearNonlinearPoisson(receptive_fields(shape), gain=1.0, threshold=0.5, amplitude=2.0)


def normalised_population(
    images: Array, fields: Array, amplitude: float = AMPLITUDE, slope: float = SLOPE
) -> LinearNonlinearPoisson:
    """Poisson neurons whose sigmoids are centred on the drives that these images cause.

    Parameters
    ----------
    images : (N, h, w)
    fields : (k, h * w)
    amplitude : largest mean count
    slope : gain, per standard deviation of a neuron's drive
    """
    drive, spread = _drives(images, fields)
    # A neuron at the empty rim is not blown up into one that codes for the rare image that touches it.
    gain = slope / np.maximum(spread, 0.25 * spread.max())
    return LinearNonlinearPoisson(fields, gain, drive.mean(axis=0), amplitude)


def linear_population(images: Array, fields: Array, noise: float = 2.0) -> LinearGaussian:
    """Linear neurons with independent noise of `noise` times the median spread of their drives.

    Parameters
    ----------
    images : (N, h, w)
    fields : (k, h * w)
    """
    typical = float(np.median(_drives(images, fields)[1]))
    return LinearGaussian(fields, np.full(len(fields), (noise * typical) ** 2))


def _drives(images: Array, fields: Array) -> tuple[Array, Array]:
    """Each neuron's drive by each image (N, k), and its spread (k,)."""
    drive = images.reshape(len(images), -1) @ fields.T
    spread = drive.std(axis=0)
    if not np.median(spread) > 1e-9 * np.abs(drive).max():
        raise ModelError("the images drive the neurons no differently: they are all the same, or the fields miss them")
    return drive, spread
