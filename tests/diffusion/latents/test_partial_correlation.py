"""P8: partial correlation, as a closed form, as a penalty from a batch, and of an exact mixture."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("accelerate")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from stiminfo.diffusion.latents import (  # noqa: E402
    ExactLatents,
    Groups,
    batch_partial_correlation,
    gaussian_partial_correlation,
    group_shares,
)
from stiminfo.errors import ModelError  # noqa: E402

from . import tiny  # noqa: E402

SLICES = (slice(0, 2), slice(2, 3))


def drawn(seed, count, dimensions=3):
    """Samples, means and log variances of posteriors."""
    generator = torch.Generator().manual_seed(seed)
    mean, log_variance, noise = torch.randn(3, count, dimensions, generator=generator, dtype=torch.float64)
    return mean + (0.5 * log_variance).exp() * noise, mean, log_variance


def brute(z, mean, log_variance, slices):
    """The partial correlation of the mixture of all posteriors, at its samples, by densities of scipy."""
    from scipy.stats import norm

    sd = np.exp(0.5 * log_variance.numpy())
    logs = norm.logpdf(z.numpy()[:, None], mean.numpy(), sd)  # (i, j, D)
    joint = np.log(np.exp(logs.sum(2)).mean(1))
    return float((joint - sum(np.log(np.exp(logs[:, :, g].sum(2)).mean(1)) for g in slices)).mean())


@given(seed=st.integers(0, 2**31), count=st.integers(2, 12))
@settings(max_examples=40, deadline=None)
def test_where_the_batch_is_the_data_set_the_penalty_is_the_sum_over_it(seed, count):
    sample = drawn(seed, count)
    assert float(batch_partial_correlation(*sample, SLICES, count)) == pytest.approx(brute(*sample, SLICES), abs=1e-9)


def test_variance_squared_as_released_is_another_number():
    z, mean, log_variance = drawn(1, 9)
    right = float(batch_partial_correlation(z, mean, log_variance, SLICES, 9))
    assert abs(float(batch_partial_correlation(z, mean, 2 * log_variance, SLICES, 9)) - right) > 0.01


@given(seed=st.integers(0, 2**31), count=st.integers(2, 12), more=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_the_penalty_is_bounded(seed, count, more):
    found = float(batch_partial_correlation(*drawn(seed, count), SLICES, count + more))
    assert found <= (len(SLICES) - 1) * math.log(count + more) + 1e-9


@pytest.mark.parametrize(("count", "size"), [(1, 5), (6, 5)])
def test_a_batch_that_is_no_part_of_the_data_is_refused(count, size):
    with pytest.raises(ModelError, match="expected at least 2, and no more"):
        batch_partial_correlation(*drawn(0, count), SLICES, size)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_the_closed_form(seed):
    generator = torch.Generator().manual_seed(seed)
    root = torch.randn(3, 3, generator=generator, dtype=torch.float64)
    covariance = root @ root.T + 0.1 * torch.eye(3, dtype=torch.float64)
    found = gaussian_partial_correlation(covariance, SLICES)
    assert found >= -1e-12
    inside = torch.block_diag(
        torch.randn(2, 2, generator=generator, dtype=torch.float64) + 3 * torch.eye(2), torch.eye(1)
    )
    moved = inside.double() @ covariance @ inside.double().T  # a linear map within each group
    assert gaussian_partial_correlation(moved, SLICES) == pytest.approx(float(found), abs=1e-7)
    apart = covariance.clone()
    apart[:2, 2] = apart[2, :2] = 0
    assert abs(float(gaussian_partial_correlation(apart, SLICES))) < 1e-9
    order = [2, 0, 1]  # the groups in another order
    swapped = gaussian_partial_correlation(covariance[order][:, order], (slice(0, 1), slice(1, 3)))
    assert swapped == pytest.approx(float(found), abs=1e-9)


@given(latents=tiny.latents())
@settings(max_examples=15, deadline=None)
def test_of_the_exact_mixture_it_is_not_negative(latents):
    shares = group_shares(latents, 400)
    assert shares.partial_correlation >= -5 * shares.partial_stderr - 1e-9


def test_of_the_exact_mixture_it_is_that_of_a_gaussian_where_all_images_have_one_mean():
    covariance = torch.tensor([[1.0, 0.7], [0.7, 1.0]], dtype=torch.float64)
    latents = ExactLatents(tiny.world(), tiny.PAIR, torch.zeros(6, 2, dtype=torch.float64), covariance)
    shares = group_shares(latents, 20_000)
    truth = float(gaussian_partial_correlation(covariance, tiny.PAIR.slices))
    assert truth == pytest.approx(-0.5 * math.log(1 - 0.49))
    assert shares.partial_correlation == pytest.approx(truth, abs=4 * shares.partial_stderr)
    # Images that all look alike are told apart by nothing.
    assert np.abs(shares.about_image).max() < 1e-12


def test_one_group_shares_nothing_with_itself():
    latents = ExactLatents(tiny.world(), Groups(("all",), (2,)), torch.randn(6, 2).double(), torch.eye(2).double())
    assert abs(group_shares(latents, 100).partial_correlation) < 1e-12
