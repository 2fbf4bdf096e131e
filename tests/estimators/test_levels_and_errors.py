"""The pieces of an estimate: where its levels lie, and how its errors add up."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import FiniteSetDenoiser, GaussianDenoiser  # noqa: E402
from stiminfo.diffusion.denoiser import Scales  # noqa: E402
from stiminfo.estimators import i_local, monte_carlo  # noqa: E402
from stiminfo.estimators.estimate import Estimate  # noqa: E402
from stiminfo.estimators.levels import LevelPlan  # noqa: E402
from stiminfo.models import LinearGaussian  # noqa: E402
from stiminfo.reports.studies.estimators import mixture_16  # noqa: E402


def estimate(value, stderr, featurewise=None, featurewise_stderr=None):
    fields = dict.fromkeys(Estimate.__dataclass_fields__)
    fields |= {"value": np.array(value), "stderr": np.array(stderr), "passes": 7}
    fields |= {
        "bound": np.zeros(len(value)),
        "replicates": 8,
        "featurewise": featurewise,
        "featurewise_stderr": featurewise_stderr,
    }
    return Estimate(**fields)


def test_errors_of_a_cut_range_and_of_its_pilot_add_in_squares():
    one = estimate([3.0], [2.0], np.array([[1.0, 2.0]]), np.array([[1.0, 2.0]]))
    pilot = estimate([9.0], [3.0], np.array([[3.0, 4.0]]), np.array([[2.0, 1.0]]))
    found = one.beside(pilot)
    assert found.cutoff == pytest.approx([6.0])
    assert found.stderr == pytest.approx([7.0])  # 2, 6 and 3
    assert found.featurewise_stderr == pytest.approx(np.array([[3.0, 3.0]]))  # 1, 2, 2 and 2, 2, 1
    assert found.passes == 14


def test_levels_within_a_range_fill_it():
    """The lattice of a given range lies inside it, centred in log gamma."""
    plan = LevelPlan.within(0.5, 32.0, torch.zeros(1, 3, dtype=torch.float64))
    gamma, _, _ = plan.lattice(9, torch.tensor([0.5], dtype=torch.float64))
    logs = gamma.log().ravel()
    assert logs.min() > np.log(0.5) - 1e-9
    assert logs.max() < np.log(32.0) + 1e-9
    assert float(logs.mean()) == pytest.approx(np.log(4.0), abs=1e-6)


def test_levels_follow_the_spread_of_draws():
    """Most levels lie where draws scatter, some everywhere, and the weighted sum stays the integral."""
    ones = torch.ones(1, dtype=torch.float64)
    plan = LevelPlan.between(Scales(0.1 * ones, 10 * ones))
    draws = torch.zeros(6, 1, 10, 1, dtype=torch.float64)
    draws[::2, 0, 4] = 1.0
    uneven = plan.following(draws)
    assert float(uneven.spread[0, 3:6].sum()) > 0.6
    assert float(uneven.spread.min()) > 0.02
    assert float(uneven.spread.sum()) == pytest.approx(1)
    found = []
    for each in (plan, uneven):
        gamma, weight, beyond = each.lattice(12, torch.linspace(0, 0.999, 400, dtype=torch.float64)[:, None])
        found.append(float((weight * gamma / (1 + gamma)).sum() / 400))  # 2 g f = g^2 / (1 + g): over log g, a logistic
        assert (gamma.diff(dim=2) > 0).all()
        assert (beyond > -1e-9).all()
    assert found[1] == pytest.approx(found[0], rel=0.01)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [0.0, 1e-40, 1e-170, 1e-320])
def test_levels_stay_in_their_range_where_draws_say_nothing(dtype, size):
    """Draws of 0, or too small to square, leave an even lattice for their stimulus."""
    ones = torch.ones(2, dtype=torch.float64)
    plan = LevelPlan.between(Scales(0.1 * ones, 10 * ones))
    draws = size * torch.randn(6, 2, 10, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    lattices = [plan.lattice(12, torch.full((1, 2), 0.5, dtype=torch.float64))[0]]
    lattices.append(plan.following(draws.to(dtype)).lattice(12, torch.full((1, 2), 0.5, dtype=torch.float64))[0])
    draws[:, 1] = torch.randn(6, 10, 1, dtype=torch.float64)
    lattices.append(plan.following(draws.to(dtype)).lattice(12, torch.full((1, 2), 0.5, dtype=torch.float64))[0])
    for gamma in lattices:
        assert float(gamma.min()) > float(lattices[0].min()) / 10
        assert float(gamma.max()) < 10 * float(lattices[0].max())
        assert (gamma.diff(dim=2) > 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_response_that_tells_nothing_carries_no_information(dtype):
    """Its draws are all 0, and a pilot that follows them must not send levels to infinity."""
    model = si.EncodingModel([[0, 0, 1], [0, 1, 0]], [4 / 7, 3 / 7], [[1.0, 1.0]])
    denoiser = FiniteSetDenoiser.from_model(model, dtype=dtype)
    found = i_local.estimate(denoiser, model.stimuli, passes=6000, sampler="posterior", form="raw")
    assert found.value == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize(
    "table", [[[1.0, 1.0]], [[1.0, 1.0], [0.0, 0.0]]], ids=["one response", "and one that never occurs"]
)
@pytest.mark.parametrize("name", ["i_local", "i_surp", "i_sp", "i_ssi", "i_cissi", "i_kong1", "i_kong2"])
def test_the_only_response_carries_no_information(name, table):
    model = si.EncodingModel([[0.0], [1.0]], [0.4, 0.6], table)
    found = getattr(si, name).estimate(FiniteSetDenoiser.from_model(model), model.stimuli)
    assert found.value == pytest.approx([0, 0], abs=1e-12)


def test_a_pilot_makes_the_error_smaller(monkeypatch):
    denoiser = mixture_16()
    x = denoiser.draw_prior(6, denoiser.generator(0))
    spread = []
    for worth in (monte_carlo._WORTH, 10**9):
        monkeypatch.setattr(monte_carlo, "_WORTH", worth)
        found = [i_local.estimate(denoiser, x, passes=1200, seed=seed) for seed in range(12)]
        spread.append(np.std([one.value for one in found], axis=0).mean())
        assert all(1100 < one.passes <= 1200 for one in found)
    assert spread[0] < 0.9 * spread[1]


def test_an_integrand_without_noise_keeps_its_even_lattice():
    """Variances of a Gaussian do not depend on the noise: the error of an even lattice falls exponentially."""
    denoiser = GaussianDenoiser(np.zeros(3), np.diag([1.0, 0.1, 0.01]), LinearGaussian(np.eye(3), 0.1))
    found = i_local.estimate(denoiser, np.zeros((2, 3)), passes=4000, form="variance")
    assert found.featurewise == pytest.approx(np.tile(denoiser.feature_information(), (2, 1)), rel=2e-4)
