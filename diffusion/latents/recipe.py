"""Recipes for training a group VAE, by name."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from ...errors import ModelError
from ..architecture import check_choices, whole_number

#: What the partial correlation's importance weights take n to be: the data set, or (as released) the batch.
SIZES = ("data", "batch")


@dataclass(frozen=True)
class GroupRecipe:
    """How a group VAE is trained; the loss is ``misfit + kl KL + label L + partial_correlation PC``, in nats.

    Attributes
    ----------
    steps, batch : optimiser steps, and responses per step
    rate, warm_up : the largest learning rate, and the steps until it is reached; then a cosine down to 0
    ema : decay of the running average of the weights, which is kept
    kl : weight of KL(q(z|r) || N(0, I)); 1 is the evidence lower bound
    kl_supervised : what is added to `kl` for the supervised groups: they pay more per nat, so that what only the
        reconstruction needs goes into the free groups
    label : how many times each label counts
    partial_correlation : weight of the information that the groups share
    size : "data" or "batch", see `SIZES`
    clip : largest norm of a gradient

    Raises
    ------
    ModelError
        A value out of its range.
    """

    steps: int = 3600
    batch: int = 128
    rate: float = 5e-3
    warm_up: int = 50
    ema: float = 0.99
    kl: float = 1.0
    kl_supervised: float = 8.0
    label: float = 128.0
    partial_correlation: float = 2.0
    size: str = "data"
    clip: float = 1e4

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("batch", 2), ("warm_up", 0)):
            whole_number(name, getattr(self, name), least)
        for name, low, high in (("rate", 0, 1), ("ema", 0, 1), ("clip", 0, math.inf)):
            if not low < getattr(self, name) < high:
                raise ModelError(f"{name} is {getattr(self, name)!r}; expected a number between {low} and {high}")
        for name in ("kl", "kl_supervised", "label", "partial_correlation"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ModelError(f"{name} is {getattr(self, name)!r}; expected a weight that is not negative")
        check_choices(self, size=SIZES)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> GroupRecipe:
        """Read what `to_json` wrote; raises `ModelError` for anything else."""
        if not isinstance(data, dict) or set(data) != {entry.name for entry in fields(cls)}:
            raise ModelError("this does not describe a recipe for latent groups")
        return cls(**data)


#: The recipes by name.
RECIPES: dict[str, GroupRecipe] = {
    # Label and KL of the supervised groups weigh so much because with smaller weights elongation or stripes stayed in a
    # supervised group on some seeds: a local minimum that no later step leaves. The penalty on the partial correlation
    # weighs no more than it must: with 5 in the place of 2 the free groups told 10 % less of elongation and stripes.
    # After 2,400 steps the groups still shared .21 nats on one seed in four; after 3,600, .10 to .13.
    "default": GroupRecipe(),
    # The weights of the released code, in nats per response of some 100 neurons: it takes means over neurons and over
    # latents where the bound has sums, and its importance weights take the batch for the data set.
    "published": GroupRecipe(kl=0.01, kl_supervised=0.0, label=1.0, partial_correlation=1e-5, size="batch"),
    # A variational autoencoder without labels or partial correlation, to compare with.
    "plain": GroupRecipe(kl_supervised=0.0, label=0.0, partial_correlation=0.0),
}
