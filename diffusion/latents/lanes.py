"""The two kinds of encoder and decoder: linear with Gaussian noise (exact), and the paper's two-layer MLPs.

A lane sees standardised responses. It gives the mean and log variance of z, and the -log likelihood of the responses
given z. Adding one is a class and a line in `LANES`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

#: Log of the encoder's first standard deviation, and spread of the linear encoder's first weights.
_FIRST_LOG_SD, _FIRST_WEIGHT = -1.0, 0.1
#: Log variances and log rates stay within these, so that an early step cannot overflow.
_LOG_VARIANCE, _LOG_RATE = (-12.0, 4.0), (-8.0, 6.0)


def _two_layers(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    layers = [nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)]
    return nn.Sequential(*layers)


class Exact(nn.Module):
    """z = A r + b + s e with e ~ N(0, I), and an MLP decoder with Gaussian noise.

    With r | x_n ~ N(m_n, C), z | x_n ~ N(A m_n + b, A C A' + s^2) exactly.
    """

    counts, exact = False, True
    hidden = 96

    def __init__(self, responses: int, dimensions: int, hidden: int) -> None:
        super().__init__()
        self.linear = nn.Linear(responses, dimensions)
        nn.init.normal_(self.linear.weight, std=_FIRST_WEIGHT)
        nn.init.zeros_(self.linear.bias)
        self.log_sd = nn.Parameter(torch.full((dimensions,), _FIRST_LOG_SD))
        self.decoder = nn.Sequential(nn.Linear(dimensions, hidden), nn.ReLU(), nn.Linear(hidden, responses))

    def encode(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of z, (B, D) each, of standardised responses (B, K)."""
        mean = self.linear(r)
        return mean, (2 * self.log_sd).expand_as(mean)

    def law(self, centre: Tensor, spread: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """A (D, K), b (D,) and the variances s^2 (D,) of ``z = A r + b + s e`` for responses in their own units."""
        rows = self.linear.weight.double() / spread.double()
        return rows, self.linear.bias.double() - rows @ centre.double(), (2 * self.log_sd.double()).exp()

    def reconstruct(self, z: Tensor, centre: Tensor, spread: Tensor) -> Tensor:
        """The responses that z stands for, (B, K), in their own units."""
        return centre + spread * self.decoder(z)

    def misfit(self, z: Tensor, r: Tensor, centre: Tensor, spread: Tensor, noise: Tensor) -> Tensor:
        """-log p(r | z) in nats up to a constant, (B,), with independent Gaussian noise of variances (K,)."""
        return 0.5 * ((self.reconstruct(z, centre, spread) - r) ** 2 / noise).sum(1)


class TwoLayers(nn.Module):
    """The paper's lane: an MLP with two hidden layers on either side, for Poisson counts."""

    counts, exact = True, False
    hidden = 128

    def __init__(self, responses: int, dimensions: int, hidden: int) -> None:
        super().__init__()
        self.encoder = _two_layers(responses, hidden, 2 * dimensions)
        self.decoder = _two_layers(dimensions, hidden, responses)

    def encode(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of z, (B, D) each, of standardised responses (B, K)."""
        mean, log_variance = self.encoder(r).chunk(2, dim=1)
        return mean, log_variance.clamp(*_LOG_VARIANCE)

    def _log_rate(self, z: Tensor, centre: Tensor) -> Tensor:
        return (self.decoder(z) + centre.clamp_min(1e-3).log()).clamp(*_LOG_RATE)

    def reconstruct(self, z: Tensor, centre: Tensor, spread: Tensor) -> Tensor:
        """The mean counts that z stands for, (B, K)."""
        return self._log_rate(z, centre).exp()

    def misfit(self, z: Tensor, r: Tensor, centre: Tensor, spread: Tensor, noise: Tensor) -> Tensor:
        """-log p(r | z) of Poisson counts in nats up to a constant, (B,)."""
        log_rate = self._log_rate(z, centre)
        return (log_rate.exp() - r * log_rate).sum(1)


#: The lanes by name.
LANES: dict[str, type[Exact] | type[TwoLayers]] = {"exact": Exact, "mlp": TwoLayers}
