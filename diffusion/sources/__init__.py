"""What networks are trained on: sets of images with some held out, or Gaussian images, which are drawn without end."""

from .. import registry
from .dataset import Asked, Dataset
from .gaussian import natural_covariance
from .image_set import ImageSource
from .mixture import MixtureSource, gaussian_source
from .mnist import padded_mnist
from .named import population_for, source_named
from .source import ExactDenoiser, Source

#: The names in the registry; a path to a file of images is accepted too.
POPULATIONS, DATASETS = tuple(registry.POPULATIONS), tuple(registry.DATASETS)

__all__ = [
    "DATASETS",
    "POPULATIONS",
    "Asked",
    "Dataset",
    "ExactDenoiser",
    "ImageSource",
    "MixtureSource",
    "Source",
    "gaussian_source",
    "natural_covariance",
    "padded_mnist",
    "population_for",
    "source_named",
]
