"""Encoders p(r|x) for stimuli in R^d of any dimension: linear-Gaussian, linear-nonlinear-Poisson, and a table.

Each is an exponential family in r, ``log p(r|x) = r . eta(x) - offset(x) + base(r)``, which is all that a posterior
over many stimuli needs: one matrix product. Needs torch (the extra ``stiminfo[diffusion]``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import ModelError
from ..models.arrays import as_real_array

#: A Poisson rate below exp(this) is taken for it: no count is impossible.
LOWEST_LOG_RATE = -700.0


class Encoder:
    """p(r|x) of a population of k neurons for stimuli in R^d.

    One of your own needs `dimensions`, `responses`, `sample`, and `natural` with `base` or, for a likelihood that is no
    exponential family in r, `log_likelihood` alone (slower: one evaluation for each pair of response and stimulus).

    Attributes
    ----------
    dimensions : int
        d, the length of a stimulus.
    responses : int
        k, the length of a response.
    discrete : bool
        Whether responses are counts or labels, so that log p(r|x) is never above 0.
    """

    dimensions: int
    responses: int
    discrete = False
    weights: Tensor

    def natural(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``eta(x)``, shape (..., k), and ``offset(x)``, shape (...), at stimuli (..., d)."""
        raise NotImplementedError(f"{type(self).__name__} is given by its log_likelihood alone")

    def base(self, r: Tensor) -> Tensor:
        """The part of log p(r|x) without x, shape (...), of responses (..., k)."""
        raise NotImplementedError

    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """One response for each stimulus: (..., d) to (..., k)."""
        raise NotImplementedError

    def fisher(self, x: Tensor) -> Tensor:
        """J_ii(x), the diagonal of the Fisher information, (..., d) to (..., d), nats per squared stimulus unit."""
        raise NotImplementedError

    def log_likelihood(self, r: Tensor, x: Tensor) -> Tensor:
        """Log p(r|x) in nats of responses (..., k) at stimuli (..., d), broadcast against one another."""
        eta, offset = self.natural(x)
        return (r * eta).sum(-1) - offset + self.base(r)

    def to(self, device: Any = None, dtype: torch.dtype | None = None) -> Encoder:
        """The same encoder on another device or in another dtype."""
        copy = object.__new__(type(self))
        for name, value in vars(self).items():
            if isinstance(value, Tensor) and value.is_floating_point():
                value = value.to(device=device, dtype=dtype)
            elif isinstance(value, Tensor):
                value = value.to(device=device)
            setattr(copy, name, value)
        return copy


class LinearGaussian(Encoder):
    """r = W x + n with n ~ N(0, S).

    Parameters
    ----------
    weights : (k, d)
    noise : (k, k) covariance, (k,) variances, or one variance

    Raises
    ------
    ModelError
        Shapes that do not fit; a noise covariance that is not symmetric and positive definite (I would be infinite).
    """

    def __init__(self, weights: Any, noise: Any) -> None:
        rows = _weights(weights)
        cov = as_real_array(as_numpy(noise), "noise")
        cov = np.diag(np.broadcast_to(cov, len(rows))) if cov.ndim < 2 else cov
        if cov.shape != (len(rows), len(rows)):
            raise ModelError(f"noise has shape {cov.shape}; expected (k, k) = ({len(rows)}, {len(rows)})")
        _positive_definite(cov, "noise")
        self.weights = torch.tensor(rows)
        self.noise = torch.tensor(np.ascontiguousarray(cov))
        self.precision = torch.linalg.inv(self.noise)
        self.root = torch.linalg.cholesky(self.noise)
        self.constant = float(-0.5 * (len(rows) * np.log(2 * np.pi) + np.linalg.slogdet(cov)[1]))
        self.responses, self.dimensions = rows.shape

    def natural(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = x @ self.weights.T
        eta = mean @ self.precision
        return eta, 0.5 * (eta * mean).sum(-1)

    def base(self, r: Tensor) -> Tensor:
        return -0.5 * ((r @ self.precision) * r).sum(-1) + self.constant

    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        mean = x @ self.weights.T
        return mean + _normal(mean, generator) @ self.root.T

    def fisher(self, x: Tensor) -> Tensor:
        diagonal = ((self.precision @ self.weights) * self.weights).sum(0)
        return diagonal.expand(x.shape)

    def __repr__(self) -> str:
        return f"LinearGaussian({self.responses} neurons, stimuli in R^{self.dimensions})"


class LinearNonlinearPoisson(Encoder):
    """Counts r_k ~ Poisson(amplitude * sigmoid(gain * (w_k . x - threshold))), independent given x.

    Parameters
    ----------
    weights : (k, d)
        Receptive fields.
    gain, threshold, amplitude : float or (k,)
        Slope of the sigmoid per unit of drive, the drive at half the amplitude, and the largest mean count.
    """

    discrete = True

    def __init__(self, weights: Any, gain: Any = 1.0, threshold: Any = 0.0, amplitude: Any = 1.0) -> None:
        rows = _weights(weights)
        values = {}
        for name, value in {"gain": gain, "threshold": threshold, "amplitude": amplitude}.items():
            array = as_real_array(as_numpy(value), name)
            if array.shape not in ((), (len(rows),)):
                raise ModelError(
                    f"{name} has shape {array.shape}; expected one number or ({len(rows)},), one per neuron"
                )
            values[name] = torch.tensor(np.array(np.broadcast_to(array, len(rows))))
        if not (values["amplitude"] > 0).all():
            raise ModelError("amplitude must be positive, the largest mean count of each neuron")
        self.weights = torch.tensor(rows)
        self.gain, self.threshold, self.amplitude = values["gain"], values["threshold"], values["amplitude"]
        self.responses, self.dimensions = rows.shape

    def drive(self, x: Tensor) -> Tensor:
        """The sigmoid's argument, (..., k)."""
        return self.gain * (x @ self.weights.T - self.threshold)

    def rates(self, x: Tensor) -> Tensor:
        """Mean counts, (..., k)."""
        return self.amplitude * torch.sigmoid(self.drive(x))

    def natural(self, x: Tensor) -> tuple[Tensor, Tensor]:
        log_rate = self.amplitude.log() + torch.nn.functional.logsigmoid(self.drive(x))
        return log_rate.clamp_min(LOWEST_LOG_RATE), self.rates(x).sum(-1)

    def base(self, r: Tensor) -> Tensor:
        return -torch.lgamma(r + 1).sum(-1)

    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        return torch.poisson(self.rates(x), generator)

    def fisher(self, x: Tensor) -> Tensor:
        s = torch.sigmoid(self.drive(x))
        slope_squared = self.amplitude * s * (1 - s) ** 2 * self.gain**2  # rate'^2 / rate
        return slope_squared @ self.weights**2

    def saturated(self, x: Tensor) -> float:
        """The share of rates within 5% of silence or of the amplitude over stimuli (n, d)."""
        s = torch.sigmoid(self.drive(x))
        return float(((s < 0.05) | (s > 0.95)).double().mean())

    def __repr__(self) -> str:
        return f"LinearNonlinearPoisson({self.responses} neurons, stimuli in R^{self.dimensions})"


class TableEncoder(Encoder):
    """The likelihood table of a finite joint; a response is one-hot, so k is the number of responses.

    Between the stimuli of the table, which only approximations such as the plug-in ask for, the likelihood is
    interpolated linearly on a line and is that of the nearest stimulus beyond one dimension.

    Parameters
    ----------
    stimuli : (J, d)
    likelihood : (K, J)
    """

    discrete = True

    def __init__(self, stimuli: Any, likelihood: Any) -> None:
        x = as_real_array(as_numpy(stimuli), "stimuli", (None, None), "(J, d)")
        table = as_real_array(as_numpy(likelihood), "likelihood", (None, len(x)), "(K, J)")
        order = np.argsort(x[:, 0], kind="stable") if x.shape[1] == 1 else np.arange(len(x))
        self.stimuli = torch.tensor(x[order])
        self.table = torch.tensor(np.ascontiguousarray(table.T[order]))
        self.responses, self.dimensions = len(table), x.shape[1]

    def to(self, device: Any = None, dtype: torch.dtype | None = None) -> Encoder:
        copy = super().to(device, dtype)
        assert isinstance(copy, TableEncoder)
        if len(torch.unique(copy.stimuli, dim=0)) < len(self.stimuli):
            raise ModelError(f"some stimuli are the same in {copy.stimuli.dtype}; merge them or compute in float64")
        return copy

    def probabilities(self, x: Tensor) -> Tensor:
        """p(r|x), (..., d) to (..., K)."""
        flat = x.reshape(-1, self.dimensions)
        if self.dimensions > 1 or len(self.stimuli) == 1:
            # The quick mode of cdist is a matrix product, which does not tell close stimuli apart.
            apart = torch.cdist(flat, self.stimuli, compute_mode="donot_use_mm_for_euclid_dist")
            rows = self.table[apart.argmin(dim=1)]
        else:
            nodes = self.stimuli[:, 0].contiguous()
            right = torch.searchsorted(nodes, flat[:, 0].contiguous()).clamp(1, len(nodes) - 1)
            low, high = nodes[right - 1], nodes[right]
            share = ((flat[:, 0] - low) / (high - low)).clamp(0, 1)[:, None]
            rows = torch.lerp(self.table[right - 1], self.table[right], share)
        return rows.reshape(*x.shape[:-1], self.responses)

    def natural(self, x: Tensor) -> tuple[Tensor, Tensor]:
        # Not -inf where p is 0: a one-hot response times it would be NaN.
        log = self.probabilities(x).clamp_min(torch.finfo(x.dtype).tiny).log()
        return torch.where(self.probabilities(x) > 0, log, torch.full_like(log, -1e6)), torch.zeros_like(x[..., 0])

    def base(self, r: Tensor) -> Tensor:
        return torch.zeros_like(r[..., 0])

    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        chance = self.probabilities(x).reshape(-1, self.responses)
        drawn = torch.multinomial(chance, 1, generator=generator)[:, 0]
        return torch.nn.functional.one_hot(drawn, self.responses).to(x.dtype).reshape(*x.shape[:-1], self.responses)

    def __repr__(self) -> str:
        return f"TableEncoder({self.responses} responses, {len(self.stimuli)} stimuli in R^{self.dimensions})"


def _weights(weights: Any) -> np.ndarray[Any, Any]:
    rows = as_real_array(as_numpy(weights), "weights", (None, None), "(k, d), one receptive field a row")
    if 0 in rows.shape:
        raise ModelError(f"weights have shape {rows.shape}; expected at least one neuron and one stimulus dimension")
    return np.array(rows)


def as_numpy(value: Any) -> Any:
    """A tensor as an array on the CPU; anything else as it is."""
    return value.detach().cpu().numpy() if isinstance(value, Tensor) else value


def _positive_definite(cov: np.ndarray[Any, Any], name: str) -> None:
    if not np.allclose(cov, cov.T, rtol=1e-9, atol=1e-12 * np.abs(cov).max()):
        raise ModelError(f"{name} is not symmetric; expected a covariance matrix")
    low = float(np.linalg.eigvalsh(cov)[0])
    if not low > 0:
        raise ModelError(f"{name} has an eigenvalue of {low:.3g}; expected a positive definite covariance")


def _normal(like: Tensor, generator: torch.Generator | None) -> Tensor:
    return torch.randn(like.shape, dtype=like.dtype, device=like.device, generator=generator)
