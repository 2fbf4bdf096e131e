"""A control variate for the squared gain of a response: the gain of the best linear estimate, at no further pass."""

from __future__ import annotations

import torch
from torch import Tensor

from .denoiser import column
from .encoders import LinearGaussian


class LinearControl:
    """D0 = C A' (A C A' + I)^-1 t, the gain of a response as if X were Gaussian, with C = Cov(X|xg) of that Gaussian.

    A are the slopes and t the residual of the response in units of its noise (`Encoder.linearised`). Where X is
    Gaussian D0 is D. Elsewhere it only resembles D, and D0^2 less its mean over further responses to the same noisy
    stimulus still has mean 0.

    Parameters
    ----------
    covariance : (d, d), of X
    encoder : LinearGaussian
    """

    def __init__(self, covariance: Tensor, encoder: LinearGaussian) -> None:
        self.values, self.vectors = torch.linalg.eigh(covariance)
        self.encoder = encoder
        self.slopes = encoder.linearised(self.vectors[:1])[0] @ self.vectors  # (k, d), in the basis of eigenvectors

    def gain(self, mean: Tensor, gamma: Tensor, r: Tensor) -> Tensor:
        """D0 of responses (M, B, k) where xhat(xg) is `mean` (B, d), (M, B, d)."""
        g = column(gamma, mean)
        left = self.values.clamp_min(0) * g / (self.values.clamp_min(0) + g)
        seen = self.slopes * left[:, None]  # A C, (B, k, d)
        unit = torch.eye(len(self.slopes), dtype=mean.dtype, device=mean.device)
        residual = self.encoder.linearised(mean, r)[1]
        assert residual is not None
        weights = torch.linalg.solve(seen @ self.slopes.T + unit, residual.permute(1, 2, 0))  # (B, k, M)
        return (weights.mT @ seen @ self.vectors.T).transpose(0, 1)
