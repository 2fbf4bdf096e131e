"""The mutual information gap: how far the best informed latent, or group, is ahead of the second best.

Chen et al., Isolating sources of disentanglement in VAEs, 2018.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ModelError
from ...models.arrays import Array, as_real_array, refuse

#: Bins per latent, as published.
BINS = 20


def information_gap(information: Any, entropies: Any) -> Array:
    """For each factor, (largest - second largest information) / entropy, (F,), between 0 and 1.

    The mean over factors is the mutual information gap.

    Parameters
    ----------
    information : (G, F) I(z_g; factor) of G groups or latents
    entropies : (F,) H(factor); factors that do not vary get 0

    Raises
    ------
    ModelError
        There are fewer than two groups.
    """
    table = as_real_array(information, "information", (None, None), "(G, F), groups by factors")
    if len(table) < 2:
        raise ModelError("a gap needs at least two groups of latents")
    entropy = as_real_array(entropies, "entropies", (table.shape[1],), "(F,)")
    # Independent groups have estimates that scatter around 0.
    ordered = np.sort(table.clip(0), axis=0)
    varies = entropy > 0
    return np.asarray(np.where(varies, (ordered[-1] - ordered[-2]) / np.where(varies, entropy, 1), 0.0).clip(0, 1))


def binned_gap(latents: Any, factors: Any, bins: int = BINS) -> Array:
    """The published mutual information gap by dimensions: plug-in, with each latent in bins of equal width, (F,).

    The plug-in information of a latent that tells nothing about a factor of V values is about (bins - 1) (V - 1) / 2n
    nats from n samples.

    Parameters
    ----------
    latents : (n, D) mean latents
    factors : (n, F) codes
    bins : per latent, over its range
    """
    z = as_real_array(latents, "latents", (None, None), "(n, D)")
    codes = as_real_array(factors, "factors", (len(z), None), "(n, F)").astype(int)
    refuse(codes < 0, codes, "factors", "; expected codes from 0")
    low, width = z.min(axis=0), np.ptp(z, axis=0)
    place = ((z - low) / np.where(width > 0, width, 1) * bins).astype(int).clip(0, bins - 1)
    table = np.array(
        [[_plug_in(place[:, d], codes[:, f], bins) for f in range(codes.shape[1])] for d in range(z.shape[1])]
    )
    shares = [np.bincount(column) / len(z) for column in codes.T]
    entropies = np.array([-(p[p > 0] * np.log(p[p > 0])).sum() for p in shares])
    return information_gap(table, entropies)


def _plug_in(first: Array, second: Array, bins: int) -> float:
    """I of two lists of codes, nats."""
    joint = np.bincount(second * bins + first, minlength=bins * (second.max() + 1)).reshape(-1, bins) / len(first)
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / product[seen])).sum())
