"""The pieces of an estimate: where its levels lie, and how its errors add up."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from stiminfo.estimators.estimate import Estimate  # noqa: E402
from stiminfo.estimators.levels import LevelPlan  # noqa: E402


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
