"""Edits in a tiny world whose latents are known by construction: what they take and keep, and on what they depend."""

import math
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from stiminfo.diffusion import FiniteSetDenoiser, GaussianDenoiser  # noqa: E402
from stiminfo.diffusion.editing import (  # noqa: E402
    GUIDES,
    PERTURBATIONS,
    LeftTheImages,
    MeanLatents,
    agreement,
    counts_as_same,
    depth,
    edit,
    group_spread,
    guides_with,
    invert,
    inverted,
    ladder_to,
    principal_axis,
    score,
    steps_apart,
    traversal,
)
from stiminfo.diffusion.latents import LatentPairs, World, factor_information, train_critic  # noqa: E402
from stiminfo.errors import CheckpointError, ModelError, OptionError, UnknownName  # noqa: E402
from stiminfo.models import LinearGaussian  # noqa: E402
from stiminfo.reports.draw.edits import value_words  # noqa: E402

from . import tiny  # noqa: E402

LATENTS = tiny.latents()
IMAGES = torch.randperm(48, generator=torch.Generator().manual_seed(3))[:20]
LEVEL = 3.0


@pytest.fixture(scope="module")
def start():
    return inverted(LATENTS, IMAGES, LEVEL)


def changed(latents, group, kind="donor", amount=1.0, images=IMAGES):
    return PERTURBATIONS[kind](latents, group, images, amount, torch.Generator().manual_seed(1))


def scored(start, group, of="whole", latents=LATENTS, **options):
    perturbed = changed(latents, group)
    found = edit(latents, start, perturbed, of, **options)
    return score(latents.world, IMAGES.numpy(), perturbed.donors.numpy(), found.pictures), found


def test_a_round_trip_without_a_guide(start):
    assert start.round_trip < 1e-9
    same = edit(LATENTS, start, changed(LATENTS, "pose"), scale=0.0)
    assert float((same.pictures - LATENTS.stimuli[IMAGES]).abs().max()) < 1e-9
    assert same.off.max() < 1e-9


@pytest.mark.parametrize(("group", "factor"), [("pose", 1), ("category", 0), ("rest", 3)])
def test_an_edit_takes_its_factor_and_keeps_the_others(start, group, factor):
    scores, found = scored(start, group)
    others = [f for f in (0, 1, 3) if f != factor]
    assert scores.donors.min() == 0  # elongation does not vary
    assert np.isnan(scores.taken[2])
    assert scores.taken[factor] >= 0.95
    assert (scores.taken[others] == 0).all()
    assert (scores.kept[others] == 1).all()
    assert found.off.max() < 1


def test_along_a_collapsed_group_nothing_changes(start):
    _, found = scored(start, "dead")
    assert float((found.pictures - LATENTS.stimuli[IMAGES]).abs().max()) < 1e-6


def test_a_group_alone_lets_the_others_go(start):
    alone, _ = scored(start, "pose", "pose")
    assert alone.taken[1] >= 0.95
    assert alone.kept[[0, 3]].min() < 0.8


def test_edits_agree_with_what_the_groups_tell(start):
    latents = tiny.latents(mixed=0.6)
    taken = {name: scored(start, name, latents=latents)[0].taken for name in tiny.GROUPS.names}
    shares = {name: factor_information(latents.channel(name), latents.world).shares for name in taken}
    assert agreement(taken, shares) > 0.9
    wrong = dict(zip(shares, list(shares.values())[::-1]))
    assert agreement(taken, wrong) < 0.5
    same = {name: np.zeros(4) for name in taken}
    assert math.isnan(agreement(same, shares))
    assert math.isnan(agreement({"pose": np.full(4, np.nan)}, shares))


@pytest.mark.parametrize("guide", ["best-critic", "best-critic-detached", "likelihood", "released"])
def test_other_guides_move_the_edit_too(start, guide):
    scores, _ = scored(
        start, "category", guide=GUIDES[guide], scale=0.1 if guide in ("released", "best-critic-detached") else 2.0
    )
    assert scores.taken[0] > 0.3


@pytest.mark.parametrize(("guide", "scale"), [("critic", 4.0), ("critic-detached", 0.3)])
def test_trained_critics_guide(start, guide, scale):
    pairs = LatentPairs(LATENTS, "category")
    critic = train_critic(pairs, steps=150, batch=64)
    known = guides_with({"category": critic})
    scores, _ = scored(start, "category", "category", guide=known[guide], scale=scale)
    assert scores.taken[0] > 0.3
    with pytest.raises(CheckpointError, match="there is no trained critic of whole; train critics with"):
        scored(start, "category", guide=known[guide])


def test_mean_latents_pass_through_the_images():
    mean, channel = MeanLatents(LATENTS.channel()), LATENTS.channel()
    assert torch.allclose(mean(LATENTS.stimuli), channel.means, atol=1e-4)
    between = mean((LATENTS.stimuli[:4] + LATENTS.stimuli[4:8]) / 2)
    assert between.shape == (4, 6)
    assert float((between - channel.means[:4]).abs().max()) > 0.5


def test_mean_latents_of_a_large_world_pass_through_some_images(monkeypatch):
    monkeypatch.setattr("stiminfo.diffusion.editing.critics._MOST_NODES", 30)
    channel = LATENTS.channel()
    off = (MeanLatents(channel)(LATENTS.stimuli) - channel.means).abs().amax(1)
    assert int((off < 1e-4).sum()) == 30


def test_standard_traversal_is_the_mean_of_the_images_that_have_these_latents():
    z = changed(LATENTS, "pose").z
    found = traversal(LATENTS.denoiser(), z)
    weights = torch.softmax(LATENTS.channel().log_likelihoods(z), 1)
    assert torch.allclose(found, weights @ LATENTS.stimuli, atol=1e-9)
    blurred = traversal(LATENTS.denoiser("pose"), z[:, :2])
    assert float(torch.cdist(blurred, LATENTS.stimuli).amin(1).min()) > 0.3


# -- perturbations ----------------------------------------------------------------------------------------------------


def rotation(seed=0):
    """A rotation within each group, then a permutation and reflections of the latents of each."""
    rng = np.random.default_rng(seed)
    turn = np.zeros((6, 6))
    for rows in tiny.GROUPS.slices:
        turn[rows, rows] = np.linalg.qr(rng.normal(size=(rows.stop - rows.start,) * 2))[0]
    return turn


@pytest.mark.parametrize(("kind", "depends"), [("donor", False), ("axis", False), ("ones", True)])
def test_edits_do_not_depend_on_the_basis_of_the_latents(start, kind, depends):
    """P11: models that no data can tell apart give the same edits, unless the same is added to each latent."""
    turn = rotation()
    turn[4] *= -np.sign(turn[4, 4])  # the group `rest`, of one latent, is reflected in any case
    found = []
    for latents in (LATENTS, tiny.latents(turn)):
        for group in ("pose", "rest"):
            perturbed = changed(latents, group, kind, 1.0 if kind == "donor" else 4.0)
            found.append(edit(latents, start, perturbed).pictures)
    first, second = torch.cat(found[:2]), torch.cat(found[2:])
    assert (float((first - second).abs().max()) > 0.1) is depends


def test_ones_depends_on_no_permutation(start):
    order = [1, 0, 3, 2, 4, 5]
    found = [
        edit(one, start, changed(one, "pose", "ones", 2.0)).pictures
        for one in (LATENTS, tiny.latents(np.eye(6)[order]))
    ]
    assert torch.allclose(*found, atol=1e-9)


def test_an_axis_is_a_standard_deviation_long_and_rises_with_the_label():
    step = principal_axis(LATENTS, "rest")
    assert step.tolist() == pytest.approx([tiny.STRENGTH])
    assert principal_axis(tiny.latents(-np.eye(6)), "rest").tolist() == pytest.approx([-tiny.STRENGTH])
    assert float(principal_axis(LATENTS, "pose").norm()) == pytest.approx(tiny.AXES[0] / math.sqrt(2))
    one, other = (principal_axis(LATENTS, "category", k) for k in (0, 1))
    assert abs(float(one @ other)) < 1e-9
    with pytest.raises(ModelError, match="component is 1; the group has 1 principal axes"):
        principal_axis(LATENTS, "rest", 1)


def test_ones_are_in_units_of_the_group_s_spread():
    """Latents in another unit give the same edit; along a collapsed group it is the same image."""
    scaled = tiny.latents(np.diag([3.0, 3, 1, 1, 1, 1]))
    assert group_spread(LATENTS, "pose") == pytest.approx(math.sqrt((9**2 + 7**2) / 4))
    assert torch.allclose(
        changed(scaled, "pose", "ones", 2.0).z[:, :2], 3 * changed(LATENTS, "pose", "ones", 2.0).z[:, :2]
    )
    step = changed(LATENTS, "pose", "ones-published", 2.0).z - LATENTS.means[IMAGES]
    assert step[0].tolist() == pytest.approx([2, 2, 0, 0, 0, 0])
    assert torch.equal(changed(LATENTS, "dead", "ones", 9.0).z, LATENTS.means[IMAGES])


def test_a_donor_gives_its_group_and_nothing_else():
    perturbed = changed(LATENTS, "category")
    assert (perturbed.donors != IMAGES).all()
    assert torch.equal(perturbed.z[:, 2:4], LATENTS.means[perturbed.donors][:, 2:4])
    assert torch.equal(perturbed.z[:, [0, 1, 4, 5]], LATENTS.means[IMAGES][:, [0, 1, 4, 5]])
    half = changed(LATENTS, "category", amount=0.5).z
    assert torch.allclose(2 * half, perturbed.z + LATENTS.means[IMAGES])


def test_what_is_asked_for_is_the_most_probable_image():
    perturbed = changed(LATENTS, "rest", "axis", 2.0)
    assert (LATENTS.world.factors[perturbed.donors.numpy(), 3] == 1).all()
    assert (
        LATENTS.world.factors[perturbed.donors.numpy()][:, :2] == LATENTS.world.factors[IMAGES.numpy()][:, :2]
    ).all()
    assert not perturbed.given


def test_depth_is_0_on_average_and_falls_outside():
    z = LATENTS.draw(torch.arange(48).repeat(40), torch.Generator().manual_seed(0))
    assert float(depth(LATENTS, "whole", z).mean()) == pytest.approx(0, abs=0.3)
    far = changed(LATENTS, "dead", "ones-published", 10.0).z
    assert depth(LATENTS, "whole", far).tolist() == pytest.approx([3 - 50] * 20)
    assert depth(LATENTS, "pose", far).tolist() == pytest.approx([1.0] * 20)


def test_a_group_that_does_not_exist():
    with pytest.raises(UnknownName, match="unknown group 'pos'; did you mean 'pose'"):
        changed(LATENTS, "pos")


# -- invariances ------------------------------------------------------------------------------------------------------


def test_permuted_pixels_permute_the_edits(start):
    """P12."""
    order = np.random.default_rng(0).permutation(64)
    pixels = LATENTS.world.flat[:, order].reshape(48, 8, 8)
    other = replace(LATENTS, world=replace(LATENTS.world, images=pixels))
    perturbed = changed(LATENTS, "category")
    one = edit(LATENTS, start, perturbed).pictures
    two = edit(other, inverted(other, IMAGES, LEVEL), perturbed).pictures
    assert torch.allclose(one[:, order], two, atol=1e-8)
    assert not torch.allclose(one, two, atol=0.1)


def test_a_member_that_is_there_twice_changes_nothing(start):
    """P12: twice the member with half the probability each."""
    channel, perturbed = LATENTS.channel(), changed(LATENTS, "category")
    twice = torch.cat([torch.arange(48), torch.tensor([5, 5, 7])])
    mass = torch.bincount(twice).double()
    encoder = type(channel)(LATENTS.stimuli[twice], channel.means[twice], channel.covariance, "whole", channel.latents)
    denoiser = FiniteSetDenoiser(LATENTS.stimuli[twice], encoder, ((1 / 48) / mass[twice]).numpy())
    assert not torch.allclose(denoiser.log_prior[:48], denoiser.log_prior[:1])
    inversion = invert(denoiser, LATENTS.stimuli[IMAGES], start.ladder)
    other = replace(start, denoiser=denoiser, inversion=inversion)
    assert torch.allclose(inversion.noisy, start.inversion.noisy, atol=1e-8)
    assert torch.allclose(edit(LATENTS, other, perturbed).pictures, edit(LATENTS, start, perturbed).pictures, atol=1e-7)


# -- scores -----------------------------------------------------------------------------------------------------------


def line_world(count=6):
    images = np.linspace(0, 1, count * 2).reshape(count, 1, 2)
    codes = np.stack([np.arange(count), np.arange(count)], axis=1)
    values = tuple(float(k) for k in range(count))
    return World(images, codes, ("place", "turn"), (values, tuple(60.0 * v for v in values)), (None, 360.0))


def test_scores_of_edits_by_hand():
    world = line_world()
    images, donors = np.array([0, 0, 0, 0, 4]), np.array([2, 3, 1, 4, 4])
    pictures = torch.tensor(world.flat[[1, 0, 1, 5, 4]])
    found = score(world, images, donors, pictures)
    assert found.found.tolist() == [1, 0, 1, 5, 4]
    # On the line 0 -> 1 is nearer to 2 and within one value; 0 stays; 1 is next to 0, and no donor; 5 is next to 4.
    assert (found.taken[0], found.donors[0], found.kept[0]) == (pytest.approx(2 / 3), 3, pytest.approx(4 / 5))
    # On the circle 60 degrees are no match; 5 is next to 0, but not the same.
    assert (found.taken[1], found.donors[1], found.kept[1]) == (pytest.approx(1 / 4), 4, pytest.approx(2 / 5))


def test_a_picture_says_the_image_s_own_value_and_the_edit_s():
    """Also where the edit's counts as the same: it was printed in the place of the own one."""
    words = [value_words(line_world(), factor, 2, now) for factor in (0, 1) for now in (2, 3, 5)]
    assert words == ["2", "2 ≈ 3", "2 → 5", "120", "120 → 180", "120 → 300"]


def test_distances_between_values():
    world = LATENTS.world
    zero, one, last = np.array([0]), np.array([1]), np.array([7])
    assert steps_apart(world, 0, zero, zero) == 0
    assert steps_apart(world, 0, zero, one) == np.inf
    assert steps_apart(world, 1, zero, last) == 2  # of 8 positions, only the own one is the same
    assert steps_apart(world, 3, zero, one) == 2  # of two values, neighbours differ
    assert steps_apart(line_world(4), 0, zero, one) == 1


@pytest.mark.parametrize(
    ("positions", "apart", "says"), [(12, 2, ""), (13, 12 / 13, "within 30"), (24, 0.5, "within 30")]
)
def test_on_a_circle_of_few_positions_only_the_own_one_is_the_same(positions, apart, says):
    codes = np.arange(positions)
    images = np.linspace(0, 1, positions * 2).reshape(positions, 1, 2)
    world = World(images, codes[:, None], ("turn",), (tuple(360.0 * codes / positions),), (360.0,))
    assert steps_apart(world, 0, np.array([0]), np.array([positions - 1])) == pytest.approx(apart)
    assert counts_as_same(world, 0) == says
    found = score(
        world, np.zeros(3, int), np.full(3, positions // 2), torch.tensor(world.flat[positions // 2 + codes[:3] - 1])
    )
    assert found.taken[0] == pytest.approx(1 if says else 1 / 3)


def test_what_counts_as_the_same_is_said():
    assert [counts_as_same(LATENTS.world, f) for f in range(4)] == ["", "", "", ""]
    assert counts_as_same(line_world(4), 0) == "within one step"


# -- what is refused --------------------------------------------------------------------------------------------------


def test_a_scale_that_leaves_the_images(start):
    with pytest.raises(LeftTheImages, match=r"at scale 10000, 20 of 20 edits are no images any more: .* smaller scale"):
        edit(LATENTS, start, changed(LATENTS, "category"), scale=1e4)


@pytest.mark.parametrize("level", [0.001, 1e6])
def test_a_level_that_the_denoiser_does_not_know(level):
    with pytest.raises(OptionError, match=r"level .* is not among those that FiniteSetDenoiser.* knows; expected 0"):
        inverted(LATENTS, IMAGES, level)


def test_a_denoiser_of_other_images():
    other = GaussianDenoiser(np.zeros(3), np.eye(3), LinearGaussian(np.eye(3), 1.0))
    with pytest.raises(ModelError, match="denoises images of 3 pixels; those of shapes have 64"):
        inverted(LATENTS, IMAGES, LEVEL, other)


def test_the_ladder_begins_below_the_distance_of_the_images():
    x = LATENTS.stimuli
    ladder = ladder_to(LATENTS.denoiser(), x, LEVEL)
    nearest = torch.cdist(x, x).add(torch.eye(48) * 1e9).min()
    assert float(ladder.sigmas[0]) < float(nearest) / 8
    assert float(ladder.sigmas[-1]) == pytest.approx(LEVEL)
