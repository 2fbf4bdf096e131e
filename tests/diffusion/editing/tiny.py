"""A tiny rendered world with latents made by hand: pose, category, stripes, and a collapsed group."""

import numpy as np
import torch

from stiminfo.diffusion.latents import ExactLatents, Groups, rendered_world

GROUPS = Groups(("pose", "category", "rest", "dead"), (2, 2, 1, 1), {"pose": "rotation", "category": "category"})
#: Standard deviation of each latent over the noise, which is 1; and the half axes of the ellipse of poses.
STRENGTH, AXES = 6.0, (9.0, 7.0)


def world():
    """48 images of 8 x 8 pixels: three shapes, eight rotations, two contrasts."""
    return rendered_world(8, shapes=3, rotations=8, elongations=1, stripes=2)


def latents(turn=None, mixed=0.0):
    """The exact latents of the tiny world.

    Parameters
    ----------
    turn : (6, 6) a linear map of all latents: a model that no data can tell from this one
    mixed : how much of the category leaks into the group `rest`
    """
    made = world()
    angle = made.coordinates("rotation")[made.factors[:, 1]]
    kind = made.coordinates("category")[made.factors[:, 0]]
    stripes = made.coordinates("stripes")[made.factors[:, 3]]
    leak = mixed * kind[:, :1]
    means = np.concatenate(
        [AXES * angle, STRENGTH * kind[:, :2], STRENGTH * (stripes + leak), np.zeros((len(made), 1))], axis=1
    )
    covariance = np.eye(6)
    if turn is not None:
        means, covariance = means @ turn.T, turn @ covariance @ turn.T
    return ExactLatents(made, GROUPS, torch.tensor(means), torch.tensor(covariance))
