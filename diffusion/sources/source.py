"""`Source`: stimuli to train on."""

from __future__ import annotations

import torch
from torch import Tensor

from ...models.arrays import Array
from ..datasets import Images
from ..encoders import Encoder
from ..finite_set import FiniteSetDenoiser
from ..gaussian import MixtureDenoiser

#: Denoisers that know their own information, and that networks are compared with.
ExactDenoiser = FiniteSetDenoiser | MixtureDenoiser
#: The seed of what is held out and of the Gaussian images that are; part of what a data set is.
SPLIT_SEED = 20250516


class Source:
    """Stimuli to train on, images as rows.

    Attributes
    ----------
    name, credit : what it is, and a line to print beside what is made of it
    shape : (h, w) pixels
    digest : tells one source from another
    mean, covariance : (d,) and (d, d), of what is drawn
    images : (N, d) float32, the whole training set, or None where there is no such set
    default_population : name of the population that looks at it where none is named
    linear_only : whether `exact` is known for linear neurons with Gaussian noise only
    """

    name: str
    credit: str
    shape: tuple[int, int]
    digest: str
    mean: Array
    covariance: Array
    images: Tensor | None
    default_population = "poisson"
    linear_only = False

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` training stimuli, (count, d) float32."""
        raise NotImplementedError

    def held_out(self, count: int) -> Tensor:
        """Up to `count` stimuli that training never sees; always the same ones, (<= count, d) float32."""
        raise NotImplementedError

    def shown(self) -> Images:
        """Images to decompose: the training set, or some of those held out where there is no set."""
        raise NotImplementedError

    def exact(self, encoder: Encoder, most: int | None = None) -> ExactDenoiser:
        """The denoiser that is right for the training stimuli: the truth where the source has no end, else for its set.

        Parameters
        ----------
        most : of a larger set, only so many stimuli
        """
        raise NotImplementedError
