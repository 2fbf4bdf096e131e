"""`Source`: the stimuli that networks are trained on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...models.arrays import Array
from ..datasets import Images, Words, words_for
from ..encoders import Encoder
from ..finite_set import FiniteSetDenoiser
from ..gaussian import MixtureDenoiser
from ..importance import ImportanceDenoiser

#: Denoisers that compute their own mutual information; networks are compared with them.
ExactDenoiser = FiniteSetDenoiser | MixtureDenoiser | ImportanceDenoiser
#: The seed of held-out images. It is part of what a data set is.
SPLIT_SEED = 20250516


class Source:
    """The stimuli that networks are trained on, images as rows.

    Attributes
    ----------
    name, credit : its name, and a line to print beside anything made from it
    shape : (h, w) pixels; (1, d) for stimuli that are no images
    digest : distinguishes one source from another
    mean, covariance : (d,) and (d, d), of the stimuli that are drawn
    images : (N, d) float32, the whole training set, or None where stimuli are drawn without end
    default_population : name of the population that is used where none is named
    linear_only : whether `exact` is known only for linear neurons with Gaussian noise
    remarks : what a user should know about the data before training; empty where there is nothing to say
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
    remarks: tuple[str, ...] = ()

    @property
    def words(self) -> Words:
        """What its stimuli are called: images and pixels, or stimuli and features."""
        return words_for(self.shape)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` training stimuli, (count, d) float32, on the generator's device."""
        raise NotImplementedError

    def held_out(self, count: int) -> Tensor:
        """Up to `count` stimuli that training never sees, (<= count, d) float32; the same ones each time."""
        raise NotImplementedError

    def shown(self) -> Images:
        """The images whose information is decomposed: the training set, or held-out images where there is no set."""
        raise NotImplementedError

    def whole(self) -> Images:
        """`shown`, with held-out images among them where the user's data set has them, in the order of that set."""
        return self.shown()

    def exact(self, encoder: Encoder, most: int | None = None) -> ExactDenoiser:
        """The exact denoiser of the training set or, where stimuli are drawn without end, of their distribution.

        Parameters
        ----------
        most : use at most so many stimuli of a set

        Raises
        ------
        ModelError
            The exact denoiser is not known for this encoder.
        """
        raise NotImplementedError


def rows_of(rows: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """`count` rows drawn with replacement, on the generator's device; the rows themselves stay where they are."""
    which = torch.randint(len(rows), (count,), generator=generator, device=generator.device)
    return rows[which.to(rows.device)].to(generator.device)


def alike(kinds: Tensor, count: int) -> Sequence[Tensor]:
    """The rows of each kind, of kinds (B,) from 0 to `count` - 1, in their order.

    A GPU waits for the CPU once here, and at each mask that selects rows.
    """
    counts = torch.bincount(kinds, minlength=count).tolist()
    return kinds.argsort(stable=True).split(counts)
