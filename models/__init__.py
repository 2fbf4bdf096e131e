"""Encoding models: priors, tuning curves and noise make an `EncodingModel`, a joint of stimulus and response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import MissingExtra, ModelError
from .continuous import encoding_model
from .counts import CountTable, read_counts
from .encoding_model import EncodingModel
from .geometry import Geometry, circle
from .noise import BernoulliNoise, CategoricalNoise, GaussianNoise, PoissonNoise
from .population import Population
from .priors import Gaussian, Laplace, Mixture, StudentT, Uniform, VonMises
from .product import product_model, two_feature_model
from .recordings import Recording, read_recording
from .response_pair import ResponsePair
from .tuning import Bump, Bumps, Linear, Periodic, PiecewiseSmooth, Sigmoid, VonMisesBump

if TYPE_CHECKING:
    from ..diffusion.encoders import Encoder, LinearGaussian, LinearNonlinearPoisson, TableEncoder

# These need torch, which `import stiminfo` and the exact audit do not load.
_WITH_TORCH = ("Encoder", "LinearGaussian", "LinearNonlinearPoisson", "TableEncoder")

__all__ = [
    "BernoulliNoise",
    "Bump",
    "Bumps",
    "CategoricalNoise",
    "CountTable",
    "Encoder",
    "EncodingModel",
    "Gaussian",
    "GaussianNoise",
    "Geometry",
    "Laplace",
    "Linear",
    "LinearGaussian",
    "LinearNonlinearPoisson",
    "Mixture",
    "ModelError",
    "Periodic",
    "PiecewiseSmooth",
    "PoissonNoise",
    "Population",
    "Recording",
    "ResponsePair",
    "Sigmoid",
    "StudentT",
    "TableEncoder",
    "Uniform",
    "VonMises",
    "VonMisesBump",
    "circle",
    "encoding_model",
    "product_model",
    "read_counts",
    "read_recording",
    "two_feature_model",
]


def __getattr__(name: str) -> Any:
    if name not in _WITH_TORCH:
        raise AttributeError(f"module 'stiminfo.models' has no attribute {name!r}")
    try:
        from ..diffusion import encoders
    except ImportError as error:
        raise MissingExtra(f"{name} needs torch: pip install 'stiminfo[diffusion]'") from error
    return getattr(encoders, name)
