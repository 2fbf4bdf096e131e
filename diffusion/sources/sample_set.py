"""A user's samples of stimuli that are no images, as a source."""

from __future__ import annotations

import numpy as np

from ...models.arrays import Array
from ..datasets import Images
from .image_set import ImageSource

#: A feature counts as constant if its spread is below this share of the largest one: float32 resolves no less.
_CONSTANT = 1e-6


class SampleSource(ImageSource):
    """Equally likely samples (N, d), in the user's own units, with a tenth held out.

    Raises
    ------
    ModelError
        The samples are too few to hold some out, or all the same.
    """

    default_population = "linear"

    def __init__(self, name: str, samples: Array) -> None:
        with np.errstate(over="ignore"):  # refused there, in one line
            narrow = samples[:, None].astype(np.float32)
        super().__init__(Images(name, narrow, None, ""))
        self.remarks = tuple(remarks_on(samples))


def remarks_on(samples: Array) -> list[str]:
    """What may surprise in samples (N, d): features that never vary, repeated rows, fewer rows than features."""
    count, features = samples.shape
    found = []
    spread = samples.std(axis=0)
    constant = np.flatnonzero(spread <= _CONSTANT * spread.max())
    if len(constant):
        found.append(
            f"{len(constant)} of {features} features never vary (the first is feature {constant[0]}): "
            "no response can tell anything about them"
        )
    if repeated := count - len(np.unique(samples, axis=0)):
        found.append(f"{repeated} of {count} samples repeat another one; some of those held out were seen in training")
    if count < features:
        found.append(
            f"{count} samples of {features} features are fewer than the features: networks may learn the samples and "
            "not their distribution; compare the held-out losses"
        )
    return found
