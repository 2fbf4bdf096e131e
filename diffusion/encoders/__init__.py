"""Encoders p(r|x) for stimuli in R^d of any dimension: linear-Gaussian, linear-nonlinear-Poisson, and a table.

Each is an exponential family in r, ``log p(r|x) = r . eta(x) - offset(x) + base(r)``, so that the posterior over many
stimuli takes one matrix product. Needs torch (the extra ``stiminfo[diffusion]``).
"""

from .encoder import MOST_OUTCOMES, Encoder, as_numpy
from .linear_gaussian import LinearGaussian
from .linear_nonlinear_poisson import LOWEST_LOG_RATE, LinearNonlinearPoisson
from .table import TableEncoder

__all__ = [
    "LOWEST_LOG_RATE",
    "MOST_OUTCOMES",
    "Encoder",
    "LinearGaussian",
    "LinearNonlinearPoisson",
    "TableEncoder",
    "as_numpy",
]
