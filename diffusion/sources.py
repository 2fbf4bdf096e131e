"""What networks are trained on: a set of images with some held out, or Gaussian images, of which there is no end."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ModelError
from ..models.arrays import Array
from .datasets import Images, digits, images_from_file, mnist
from .encoders import Encoder, LinearGaussian, LinearNonlinearPoisson
from .finite_set import FiniteSetDenoiser
from .gaussian import GaussianDenoiser, MixtureDenoiser
from .populations import AMPLITUDE, normalised_population, receptive_fields

#: Denoisers that know their own information, and that networks are compared with.
ExactDenoiser = FiniteSetDenoiser | MixtureDenoiser

#: Images kept from training where a data set has no test part of its own.
_HELD_OUT_SHARE = 0.1
#: Images to show of a source without end.
_SHOWN = 256
#: The seed of what is held out and of the Gaussian images that are; part of what a data set is.
_SPLIT_SEED = 20250516

POPULATIONS = ("poisson", "linear", "published")
DATASETS = ("digits", "mnist", "gaussian", "mnist-gaussian")


class Source:
    """Stimuli to train on, images as rows.

    Attributes
    ----------
    name, credit : what it is, and a line to print beside what is made of it
    shape : (h, w) pixels
    digest : tells one source from another
    mean, covariance : (d,) and (d, d), of what is drawn
    images : (N, d) float32, the whole training set, or None where there is no such set
    """

    name: str
    credit: str
    shape: tuple[int, int]
    digest: str
    mean: Array
    covariance: Array
    images: Tensor | None

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


class ImageSource(Source):
    """A set of images, each as likely.

    Parameters
    ----------
    data : the training images
    kept : (n, d) images held out; a tenth of the set if left out
    """

    images: Tensor

    def __init__(self, data: Images, kept: Array | None = None) -> None:
        rows = data.pixels.reshape(len(data.pixels), -1)
        height, width = data.pixels.shape[1:]
        if kept is None:
            if len(rows) < 20:
                raise ModelError(f"{len(rows)} images; expected at least 20, of which a tenth is held out")
            order = np.random.default_rng(_SPLIT_SEED).permutation(len(rows))
            out = round(len(rows) * _HELD_OUT_SHARE)
            rows, kept = rows[np.sort(order[out:])], rows[np.sort(order[:out])]
            data = replace(data, labels=None if data.labels is None else data.labels[np.sort(order[out:])])
        self.name, self.credit, self.shape = data.name, data.credit, (height, width)
        self.digest = hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()
        self._labels = data.labels
        self.images = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32))
        self._kept = torch.from_numpy(np.ascontiguousarray(kept, dtype=np.float32))
        self.mean = rows.mean(axis=0, dtype=np.float64)
        centred = rows - self.mean.astype(np.float32)
        self.covariance = np.asarray((centred.T @ centred).astype(np.float64) / len(rows))
        if not self.covariance.trace() > 0:
            raise ModelError("the images are all the same")

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` images of the set, with replacement."""
        return self.images[torch.randint(len(self.images), (count,), generator=generator)]

    def held_out(self, count: int) -> Tensor:
        """The first `count` of the images kept back."""
        return self._kept[:count]

    def shown(self) -> Images:
        """The training images."""
        return Images(self.name, self.images.numpy().reshape(-1, *self.shape), self._labels, self.credit)

    def exact(self, encoder: Encoder, most: int | None = None) -> ExactDenoiser:
        """The finite-set denoiser of the training images."""
        images = self.images
        if most is not None and len(images) > most:
            images = images[torch.randperm(len(images), generator=torch.Generator().manual_seed(_SPLIT_SEED))[:most]]
        return FiniteSetDenoiser(images, encoder)


class MixtureSource(Source):
    """Stimuli from a mixture of Gaussians (or one): a case in which the truth is known.

    Parameters
    ----------
    weights, means, covs : (C,), (C, d), (C, d, d)
    shape : (h, w) with h w = d
    """

    images = None

    def __init__(
        self, name: str, weights: Any, means: Any, covs: Any, shape: tuple[int, int], credit: str = ""
    ) -> None:
        p, m, c = (np.asarray(value, dtype=float) for value in (weights, means, covs))
        if m.shape[1] != shape[0] * shape[1]:
            raise ModelError(f"means of {m.shape[1]} pixels are no images of {shape[0]} x {shape[1]}")
        values, vectors = np.linalg.eigh(c)
        if values.min() < -1e-9 * values.max():
            raise ModelError(f"a covariance has an eigenvalue of {values.min():.3g}; expected none below 0")
        self.name, self.credit, self.shape = name, credit, shape
        self.mean = p @ m
        offset = m - self.mean
        self.covariance = np.einsum("c,cij->ij", p, c) + np.einsum("c,ci,cj->ij", p, offset, offset)
        words = np.concatenate([p, m.ravel(), values.ravel()])
        self.digest = hashlib.sha256(np.round(words, 9).tobytes()).hexdigest()
        self._parts = p, m, c
        self._weights = torch.from_numpy(p.astype(np.float32))
        self._means = torch.from_numpy(m.astype(np.float32))
        self._roots = torch.from_numpy((vectors * np.sqrt(values.clip(0))[:, None]).astype(np.float32))

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` stimuli, each new."""
        noise = torch.randn(count, self._means.shape[1], generator=generator)
        if len(self._weights) == 1:
            return self._means[0] + noise @ self._roots[0].T
        c = torch.multinomial(self._weights, count, replacement=True, generator=generator)
        return self._means[c] + torch.einsum("bij,bj->bi", self._roots[c], noise)

    def held_out(self, count: int) -> Tensor:
        """`count` stimuli, the same ones each time."""
        return self.draw(count, torch.Generator().manual_seed(_SPLIT_SEED))

    def shown(self) -> Images:
        """Some images that training never sees."""
        return Images(self.name, self.held_out(_SHOWN).numpy().reshape(-1, *self.shape), None, self.credit)

    def exact(self, encoder: Encoder, most: int | None = None) -> ExactDenoiser:
        """The denoiser of the mixture, which is the truth."""
        if not isinstance(encoder, LinearGaussian):
            raise ModelError("Gaussian images need a population of linear neurons: only then is the truth known")
        if len(self._weights) == 1:
            return GaussianDenoiser(self._parts[1][0], self._parts[2][0], encoder)
        return MixtureDenoiser(*self._parts, encoder)


def gaussian_source(name: str, mean: Array, covariance: Array, credit: str = "") -> MixtureSource:
    """Square images from N(mean, covariance)."""
    side = round(len(mean) ** 0.5)
    return MixtureSource(name, [1.0], np.asarray(mean)[None], np.asarray(covariance)[None], (side, side), credit)


def natural_covariance(side: int) -> Array:
    """Covariance of periodic images of side x side pixels whose power falls as 1 / f^2; unit variance."""
    f = np.fft.fftfreq(side)
    power = 1 / np.maximum(f[:, None] ** 2 + f**2, 1 / side**2)
    kernel = np.fft.ifft2(power).real
    i = np.arange(side)
    shift = (i[:, None] - i) % side
    blocks = (kernel / kernel[0, 0])[shift[:, None, :, None], shift[None, :, None, :]]
    return np.asarray(blocks.reshape(side**2, side**2))


def padded_mnist(folder: Path | None = None, part: str = "train") -> Images:
    """MNIST as the paper takes it: 32 x 32 pixels with a dark rim, in [-1, 1]."""
    found = mnist(folder, part)
    pixels = np.pad(found.pixels, ((0, 0), (2, 2), (2, 2))) * 2 - 1
    return Images("mnist", pixels, found.labels, found.credit)


def source_named(name: str, *, side: int | None = None, folder: Path | None = None) -> Source:
    """The source of a name (`DATASETS`) or of a file of images.

    Parameters
    ----------
    side : of Gaussian images; 8 if left out
    folder : of the MNIST files

    Raises
    ------
    ModelError
        An unknown name, or a size that the data set does not come in.
    """
    if name == "gaussian":
        side = 8 if side is None else side
        if not 2 <= side <= 64:
            raise ModelError(f"size is {side}; expected 2 to 64 pixels")
        return gaussian_source("gaussian", np.zeros(side**2), natural_covariance(side))
    options: dict[str, Any] = {"digits": 8, "mnist": 32, "mnist-gaussian": 32}
    if side is not None and name in options and side != options[name]:
        raise ModelError(f"{name} comes in {options[name]} x {options[name]} pixels, not {side} x {side}")
    if name == "digits":
        return ImageSource(digits())
    if name == "mnist":
        training, kept = padded_mnist(folder), padded_mnist(folder, "t10k").pixels
        return ImageSource(training, kept.reshape(len(kept), -1))
    if name == "mnist-gaussian":
        of = ImageSource(padded_mnist(folder), np.zeros((1, 1024)))
        # The rim never varies; a little noise there makes it a density.
        return gaussian_source(name, of.mean, of.covariance + 4e-4 * np.eye(1024), of.credit)
    if Path(name).suffix in (".npy", ".npz"):
        return ImageSource(images_from_file(Path(name)))
    raise ModelError(f"unknown dataset {name!r}; expected one of {', '.join(DATASETS)}, or a .npy file of images")


def population_for(
    source: Source, kind: str = "", fields: Array | None = None, *, amplitude: float = AMPLITUDE, noise: float = 2.0
) -> Encoder:
    """A population that looks at a source's images.

    Parameters
    ----------
    kind : poisson, linear or published (for images in [-1, 1]); linear for Gaussian images if left out, else poisson
    fields : (k, d) receptive fields; a grid of 7 x 7 Gaussian ones if left out
    amplitude : largest mean count of a Poisson neuron
    noise : of linear neurons, in median spreads of their drives
    """
    kind = kind or ("linear" if source.images is None else "poisson")
    if kind not in POPULATIONS:
        raise ModelError(f"unknown population {kind!r}; expected one of {', '.join(POPULATIONS)}")
    rows = receptive_fields(source.shape) if fields is None else fields
    if kind == "linear":
        drive = np.sqrt(((rows @ source.covariance) * rows).sum(axis=1))
        if not np.median(drive) > 0:
            raise ModelError("the images drive the neurons no differently: the receptive fields miss them")
        return LinearGaussian(rows, np.full(len(rows), (noise * float(np.median(drive))) ** 2))
    if source.images is None:
        raise ModelError("Gaussian images need a population of linear neurons: only then is the truth known")
    if kind == "published":
        return LinearNonlinearPoisson(rows, gain=1.0, threshold=0.5, amplitude=2.0)
    return normalised_population(source.shown().pixels, rows, amplitude)
