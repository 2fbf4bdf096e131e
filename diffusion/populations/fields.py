"""Receptive fields on images, which fill the square [-1, 1]^2, and the neurons' drives."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ModelError
from ...models.arrays import Array, as_real_array
from ..datasets import words_for


def receptive_fields(shape: tuple[int, int], grid: tuple[int, int] = (7, 7), sigma: float = 0.2) -> Array:
    """Gaussian receptive fields on a grid, with peak 1, shape (k, h * w).

    Parameters
    ----------
    shape : (h, w) pixels of an image
    grid : rows and columns of centres, evenly spaced over [-1, 1]^2 with a margin of half a step
    sigma : standard deviation, where the image is 2 wide

    Raises
    ------
    ModelError
        A parameter is not positive.

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


def usual_fields(shape: tuple[int, int]) -> Array:
    """The receptive fields where the user gives none: `receptive_fields`, or one per number if it is no image."""
    return np.eye(shape[1]) if shape[0] == 1 else receptive_fields(shape)


def fields_for(images: Array, fields: Any) -> Array:
    """Receptive fields (k, h, w) or (k, h * w) as rows (k, h * w); raises `ModelError` where they do not fit."""
    rows = as_real_array(fields, "receptive fields")
    largest = float(np.abs(rows).max(initial=0.0))
    if not 1e-30 < largest < 1e30:
        raise ModelError(f"receptive fields have a largest weight of {largest:.3g}; give them in another unit")
    height, width = images.shape[1:]
    if rows.ndim == 3 and rows.shape[1:] == (height, width):
        return rows.reshape(len(rows), -1)
    if rows.ndim == 2 and rows.shape[1] == height * width:
        return rows
    size = f"(k, {height}, {width}), the size of the images" if height > 1 else f"(k, {width}), as the stimuli"
    raise ModelError(f"receptive fields have shape {rows.shape}; expected {size}")


def drives(images: Array, fields: Array) -> tuple[Array, Array]:
    """The drive of each neuron by each image (N, k), and its standard deviation (k,).

    Raises
    ------
    ModelError
        There is one image only, or the drives do not depend on the image.
    """
    drive = images.reshape(len(images), -1) @ fields.T
    spread = drive.std(axis=0)
    one, many = words_for(images.shape[1:])[:2]
    if len(images) < 2:
        raise ModelError(f"there is one {one} only; expected two {many} or more, that responses can tell apart")
    if not np.median(spread) > 1e-9 * np.abs(drive).max():
        raise ModelError(
            f"the neurons' drives do not depend on the {one}: all {many} are equal, or no receptive field sees them"
        )
    return drive, spread
