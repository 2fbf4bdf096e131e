"""P9: the mutual information gap, by groups and by single latents."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")
pytest.importorskip("accelerate")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from stiminfo.diffusion.latents import ExactLatents, Groups, binned_gap, group_shares, information_gap  # noqa: E402
from stiminfo.errors import ModelError  # noqa: E402

from . import tiny  # noqa: E402

TABLES = st.lists(st.lists(st.floats(0, 1), min_size=2, max_size=2), min_size=2, max_size=5)


def test_of_a_table_by_hand():
    entropies = np.array([2.0, 1.0, 0.0])
    found = information_gap([[1.5, 0.2, 0.0], [0.5, 0.9, 0.0], [0.1, 0.4, 0.0]], entropies)
    assert found == pytest.approx([0.5, 0.5, 0.0])
    with pytest.raises(ModelError, match="at least two groups"):
        information_gap([[1.0]], [1.0])


@given(table=TABLES)
def test_it_lies_between_0_and_1_whatever_the_order_of_groups(table):
    found = information_gap(table, [1.0, 1.0])
    assert ((found >= 0) & (found <= 1)).all()
    assert information_gap(table[::-1], [1.0, 1.0]) == pytest.approx(found)


@given(seed=st.integers(0, 2**31), values=st.integers(2, 4))
@settings(max_examples=25, deadline=None)
def test_renaming_the_values_of_factors_changes_nothing(seed, values):
    rng = np.random.default_rng(seed)
    codes, z = rng.integers(0, values, size=(60, 2)), rng.normal(size=(60, 3))
    renamed = rng.permutation(values)[codes]
    assert binned_gap(z, renamed) == pytest.approx(binned_gap(z, codes))


def test_by_bins_of_latents_that_are_the_factors():
    codes = np.stack(np.meshgrid(np.arange(4), np.arange(3), indexing="ij"), -1).reshape(-1, 2)
    assert binned_gap(codes.astype(float), codes) == pytest.approx([1.0, 1.0])
    # A factor spread evenly over both latents is ahead in neither.
    turned = np.stack([codes.sum(1), codes[:, 0] - codes[:, 1]], axis=1)
    assert binned_gap(turned.astype(float), codes).max() < 0.3
    assert binned_gap(np.zeros((12, 2)), codes) == pytest.approx([0.0, 0.0])


def test_the_bias_of_twenty_bins_is_what_the_documentation_says():
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(8), 60)[:, None]  # n = 480: 19 * 7 / 960 = .139 nats for a latent that tells nothing
    found = []
    for _ in range(20):
        # A constant latent tells exactly nothing, so that the gap is the other one's bias.
        z = np.stack([rng.uniform(size=480), np.zeros(480)], axis=1)
        found.append(binned_gap(z, codes)[0] * np.log(8))
    assert np.mean(found) == pytest.approx(19 * 7 / 960, rel=0.1)


GROUPS = Groups(("a", "b"), (2, 1))


@given(seed=st.integers(0, 2**31), angle=st.floats(0.3, 1.2))
@settings(max_examples=10, deadline=None)
def test_by_groups_it_survives_a_rotation_within_a_group_and_by_dimensions_not(seed, angle):
    world = tiny.world(6, 2)
    # The first group holds both factors, one in each latent; they are plain to see.
    means = torch.tensor(world.factors, dtype=torch.float64) * 12
    means = torch.cat([means, torch.zeros(6, 1, dtype=torch.float64)], dim=1)
    turn = torch.eye(3, dtype=torch.float64)
    turn[:2, :2] = torch.tensor([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shares = []
    for rotation in (torch.eye(3, dtype=torch.float64), turn):
        latents = ExactLatents(world, GROUPS, means @ rotation.T, rotation @ rotation.T)
        shares.append(group_shares(latents, 120, seed % 1000))
    first, second = (information_gap(s.about_factor[:2], s.entropies) for s in shares)
    assert np.abs(first - second).max() < 0.05
    alone, turned = (information_gap(s.by_dimension, s.entropies) for s in shares)
    assert alone.min() > 0.9
    assert turned.mean() < alone.mean() - 0.1
