"""Tiny worlds: a few images of two pixels, and Gaussian latents with drawn means and covariances."""

import numpy as np
import torch
from hypothesis import strategies as st

from stiminfo.diffusion.latents import ExactLatents, Groups, World

#: Two groups of latents in two dimensions.
PAIR = Groups(("one", "two"), (1, 1))


def world(count=6, values=2):
    """`count` images in a row; factors: the place modulo `values`, and the rest."""
    images = np.zeros((count, 1, 2))
    images[:, 0, 0], images[:, 0, 1] = np.linspace(0, 1, count), np.linspace(1, 0.5, count)
    place = np.arange(count)
    codes = np.stack([place % values, place // values], axis=1)
    names = tuple(f"v{k}" for k in range(values))
    rest = tuple(float(k) for k in range(int(codes[:, 1].max()) + 1))
    return World(images, codes, ("kind", "rest"), (names, rest))


@st.composite
def latents(draw, dimensions=2, groups=PAIR):
    """Exact latents with means of up to some standard deviations in a world of 3 to 8 images."""
    count = draw(st.integers(3, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    means = rng.normal(size=(count, dimensions)) * draw(st.floats(0.1, 4))
    root = rng.normal(size=(dimensions, dimensions)) * draw(st.floats(0.1, 1)) + np.eye(dimensions) * 0.5
    return ExactLatents(
        world(count), groups, torch.tensor(means), torch.tensor(root @ root.T + 0.05 * np.eye(dimensions))
    )
