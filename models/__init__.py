"""What is measured: priors, tuning curves and noise make an `EncodingModel`, a finite joint of both."""

from .continuous import encoding_model
from .counts import CountTable, read_counts
from .encoding_model import EncodingModel
from .noise import BernoulliNoise, CategoricalNoise, GaussianNoise, PoissonNoise
from .priors import Gaussian, Laplace, Mixture, StudentT, Uniform
from .product import product_model, two_feature_model
from .response_pair import ResponsePair
from .tuning import Bump, Bumps, Linear, Periodic, PiecewiseSmooth, Sigmoid
from .validation import ModelError

__all__ = [
    "BernoulliNoise",
    "Bump",
    "Bumps",
    "CategoricalNoise",
    "CountTable",
    "EncodingModel",
    "Gaussian",
    "GaussianNoise",
    "Laplace",
    "Linear",
    "Mixture",
    "ModelError",
    "Periodic",
    "PiecewiseSmooth",
    "PoissonNoise",
    "ResponsePair",
    "Sigmoid",
    "StudentT",
    "Uniform",
    "encoding_model",
    "product_model",
    "read_counts",
    "two_feature_model",
]
