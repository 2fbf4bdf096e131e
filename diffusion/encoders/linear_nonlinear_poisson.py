"""Poisson neurons whose rate is a sigmoid of a linear drive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy.stats import poisson
from torch import Tensor

from ...errors import ModelError
from ...models.arrays import as_real_array
from ..denoiser import Denoiser
from .encoder import MOST_OUTCOMES, Encoder, as_numpy, checked_weights

if TYPE_CHECKING:
    from ..finite_set import FiniteSetDenoiser

#: Log rates are raised to at least this value, so that no count is impossible.
LOWEST_LOG_RATE = -700.0
#: Counts that exceed a neuron's highest rate with less than this probability are not listed.
RAREST = 1e-13


class LinearNonlinearPoisson(Encoder):
    """Counts r_k ~ Poisson(amplitude * sigmoid(gain * (w_k . x - threshold))), independent given x.

    Parameters
    ----------
    weights : (k, d)
        Receptive fields.
    gain, threshold, amplitude : float or (k,)
        Slope of the sigmoid per unit of drive, the drive at which the rate is half the amplitude, and the largest mean
        count.

    Raises
    ------
    ModelError
        Shapes do not fit, or an amplitude is not positive.
    """

    discrete = True

    def __init__(self, weights: Any, gain: Any = 1.0, threshold: Any = 0.0, amplitude: Any = 1.0) -> None:
        rows = checked_weights(weights)
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

    linear_drive = True

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

    def linearised(self, x: Tensor, r: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        s = torch.sigmoid(self.drive(x))
        rate = (self.amplitude * s).clamp_min(torch.finfo(s.dtype).tiny)
        slopes = (rate.sqrt() * (1 - s) * self.gain)[..., None] * self.weights
        return slopes, None if r is None else (r - rate) / rate.sqrt()

    bounded = True

    def saturated(self, x: Tensor) -> float:
        """The share of rates within 5% of 0 or of the amplitude, over stimuli (n, d)."""
        s = torch.sigmoid(self.drive(x))
        return float(((s < 0.05) | (s > 0.95)).double().mean())

    def outcomes(self, x: Tensor) -> Tensor | None:
        rates = self.rates(x)
        tops = np.asarray(poisson.isf(RAREST, rates.amax(0).cpu().numpy())).astype(int) + 1
        if np.prod(tops + 1.0) > MOST_OUTCOMES:
            return None
        counts = [torch.arange(top + 1, dtype=x.dtype, device=x.device) for top in tops]
        r = torch.cartesian_prod(*counts).reshape(-1, self.responses)
        table = self.log_likelihood(r[:, None], x[None]).exp()
        return table / table.sum(0)

    def responses_of_set(self, source: FiniteSetDenoiser) -> Denoiser:
        from ..response_side import CountResponses

        return CountResponses(source, self)

    def __repr__(self) -> str:
        return f"LinearNonlinearPoisson({self.responses} neurons, stimuli in R^{self.dimensions})"
