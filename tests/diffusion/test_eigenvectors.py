"""Eigenvectors along which we draw: the same whatever the last digit of the covariance is."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from stiminfo.diffusion import MixtureDenoiser  # noqa: E402
from stiminfo.diffusion.eigenvectors import eigen_of_covariance, settled  # noqa: E402
from stiminfo.diffusion.encoders import LinearGaussian  # noqa: E402
from stiminfo.diffusion.sources import MixtureSource, source_named  # noqa: E402


def _with_equal_eigenvalues(rng: np.random.Generator) -> np.ndarray:
    axes = np.linalg.qr(rng.standard_normal((9, 9)))[0]
    return np.asarray((axes * [3, 3, 3, 2, 1, 1, 1, 1, 0.5]) @ axes.T)


def _nudged(cov: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    noise = 1e-16 * rng.standard_normal(cov.shape)
    return np.asarray(cov + noise + noise.T)


@pytest.mark.parametrize("seed", range(5))
def test_rounding_does_not_turn_eigenvectors(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cov = _with_equal_eigenvalues(rng)
    other = _nudged(cov, rng)
    values, vectors = eigen_of_covariance(cov, "cov")
    assert np.abs(vectors - eigen_of_covariance(other, "cov")[1]).max() < 1e-11
    assert np.abs(np.linalg.eigh(cov)[1] - np.linalg.eigh(other)[1]).max() > 0.1  # as the library gives them
    assert np.allclose(vectors.T @ vectors, np.eye(9), atol=1e-13)
    assert np.allclose((vectors * values) @ vectors.T, cov, atol=1e-13)


def test_eigenvalues_that_differ_keep_their_eigenvectors_up_to_sign() -> None:
    values, vectors = np.array([1.0, 1 + 1e-9, 2.0]), np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    assert np.array_equal(np.abs(settled(values, vectors)), np.abs(vectors))
    assert np.array_equal(settled(values, -vectors), settled(values, vectors))
    falling = settled(values[::-1], vectors[:, ::-1])
    assert np.array_equal(np.abs(falling), np.abs(vectors[:, ::-1]))


def test_small_eigenvalues_that_differ_are_not_equal() -> None:
    """As those of X given precise responses; their axes were once mixed, and Fisher information came to 1.24 times."""
    vectors = np.linalg.qr(np.random.default_rng(4).standard_normal((5, 5)))[0]
    values = np.array([1e-14, 3e-14, 2e-13, 0.5, 1.0])
    assert np.array_equal(np.abs(settled(values, vectors)), np.abs(vectors))


def test_held_out_stimuli_do_not_depend_on_rounding() -> None:
    source = source_named("gmm")
    p, m, covs = source.parts
    rng = np.random.default_rng(2)
    other = MixtureSource("gmm", p, m, np.stack([_nudged(c, rng) for c in covs]), source.shape)
    assert torch.allclose(source.held_out(64), other.held_out(64), atol=1e-4)


def test_draws_from_a_posterior_do_not_depend_on_rounding() -> None:
    rng = np.random.default_rng(3)
    cov, fields = _with_equal_eigenvalues(rng), rng.standard_normal((2, 9))
    encoder = LinearGaussian(fields, np.eye(2))
    xg, r, gamma = torch.zeros(50, 9, dtype=torch.float64), torch.ones(50, 2).double(), torch.ones(50).double()

    def drawn(c):
        denoiser = MixtureDenoiser([1.0], np.zeros((1, 9)), c[None], encoder)
        found = denoiser.posterior(xg, gamma, r, draw=True, generator=torch.Generator().manual_seed(0)).draw
        assert found is not None
        return found

    assert torch.allclose(drawn(cov), drawn(_nudged(cov, rng)), atol=1e-9)
