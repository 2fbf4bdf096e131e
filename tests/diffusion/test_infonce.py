"""InfoNCE from scores: exact channels against exact tables, trained critics below the truth, and what c(x) changes."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the diffusion side needs torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import stiminfo as si  # noqa: E402
from stiminfo.diffusion import FiniteSetDenoiser  # noqa: E402
from stiminfo.diffusion.latents.contrastive import (  # noqa: E402
    Bound,
    GaussianChannel,
    RecordedPairs,
    SetChannel,
    critic_info_nce,
    exact_info_nce,
    info_nce,
    log_ratio,
)
from stiminfo.diffusion.latents.critic import Critic, train_critic  # noqa: E402
from stiminfo.errors import ModelError, TrainingDiverged  # noqa: E402
from stiminfo.models import LinearGaussian  # noqa: E402

RNG = np.random.default_rng(5)
#: Forty images in R^6, and two latents.
IMAGES = RNG.normal(size=(40, 6))
CHANNEL = SetChannel(FiniteSetDenoiser(IMAGES, LinearGaussian(RNG.normal(size=(2, 6)), 0.3)))


def test_the_score_matrix_by_hand():
    scores = torch.tensor([[2.0, 0.0], [1.0, 3.0]], dtype=torch.float64)
    by_hand = np.log(2) + (2 - np.log(np.exp(2) + 1) + 3 - np.log(np.exp(1) + np.exp(3))) / 2
    assert float(info_nce(scores)) == pytest.approx(by_hand, abs=1e-14)
    assert info_nce(torch.stack([scores, scores * 0])).tolist() == pytest.approx([by_hand, 0])
    assert float(info_nce(1000 * torch.eye(5))) == pytest.approx(np.log(5))


@pytest.mark.parametrize("shape", [(2, 3), (1, 1), (4,)])
def test_scores_of_another_shape(shape):
    with pytest.raises(ModelError, match="two pairs"):
        info_nce(torch.zeros(shape))


def test_candidates_are_compared_at_the_same_image():
    scores = torch.tensor(RNG.normal(size=(6, 6)))
    shift = torch.tensor(RNG.normal(size=6))
    assert float(info_nce(scores + 10 * shift[:, None])) == pytest.approx(float(info_nce(scores)), abs=1e-12)
    assert abs(float(info_nce(scores + 10 * shift) - info_nce(scores))) > 0.1


@pytest.mark.parametrize("candidates", [2, 32])
def test_a_table_of_responses_is_exact_either_way(candidates):
    model = si.EncodingModel([0, 1, 2], [0.2, 0.3, 0.5], RNG.dirichlet(np.full(4, 0.4), 3).T)
    channel = SetChannel(FiniteSetDenoiser.from_model(model))
    found = exact_info_nce(channel, candidates, blocks=500 if candidates == 2 else 60)
    assert found.stderr < 0.03
    assert abs(found.value - model.prior @ si.i_nce(candidates)(model)) < 4 * found.stderr


def test_gaussian_images():
    encoder, eye = LinearGaussian(np.eye(2), 0.5), torch.eye(2, dtype=torch.float64)
    channel = GaussianChannel(torch.ones(2, dtype=torch.float64), eye, encoder)
    information = math.log(3.0)
    few, many = exact_info_nce(channel, 4, blocks=300), exact_info_nce(channel, 200, blocks=20)
    assert few.value + 10 * few.stderr < many.value < information + 3 * many.stderr
    assert many.value > 0.97 * information - 3 * many.stderr
    # The same images as a finite set: a sample of them.
    x, z = channel.draw(600, torch.Generator().manual_seed(0))
    assert z.shape == (600, 2)
    sampled = exact_info_nce(SetChannel(FiniteSetDenoiser(x, encoder)), 4, blocks=300)
    assert abs(sampled.value - few.value) < 4 * math.hypot(sampled.stderr, few.stderr) + 0.02


@pytest.mark.parametrize(("kind", "batch"), [("separable", 48), ("joint", 24)])
def test_a_trained_critic_is_a_bound_on_fresh_pairs(kind, batch):
    critic = train_critic(CHANNEL, kind, steps=120, batch=batch)
    found, best = critic_info_nce(critic, CHANNEL, 64), exact_info_nce(CHANNEL, 64, blocks=64)
    assert found.fresh
    assert 0.85 * best.value < found.value < best.value + 3 * math.hypot(found.stderr, best.stderr)
    untrained = critic_info_nce(Critic(kind, 6, 2), CHANNEL, 64)
    assert untrained.value < 0.1


def test_the_figure_on_training_pairs_is_no_bound():
    x, z = CHANNEL.draw(64, torch.Generator().manual_seed(2))
    pairs = RecordedPairs(x, z)
    critic = train_critic(pairs, steps=100, batch=64)
    learned, fresh = critic_info_nce(critic, pairs, 64), critic_info_nce(critic, CHANNEL, 64)
    best = exact_info_nce(CHANNEL, 64, blocks=64)
    assert learned.value > best.value + 5 * best.stderr
    assert fresh.value < best.value
    assert "no bound" in str(learned)
    assert "no bound" not in str(fresh)
    assert f"log 64 = {fresh.cap:.3f}" in str(fresh)
    assert critic_info_nce(critic, RecordedPairs(*CHANNEL.draw(90, torch.Generator()), fresh=True), 64).fresh


vectors = st.lists(st.floats(-3, 3), min_size=3, max_size=3)


@settings(max_examples=30, deadline=None, database=None)
@given(vectors, vectors, st.integers(1, 9))
def test_any_c_of_x_cancels_in_the_normalised_guide_and_not_in_the_raw_one(place, slope, count):
    """P5."""
    rng = np.random.default_rng(count)
    mix, c = torch.tensor(rng.normal(size=(3, 2))), torch.tensor(slope, dtype=torch.float64)
    z, negatives = torch.tensor(rng.normal(size=(1, 2))), torch.tensor(rng.normal(size=(count, 2)))

    def plain(x, z):
        return torch.tanh(x @ mix * z).sum(-1)

    def moved(x, z):
        return plain(x, z) + x @ c + (x**2).sum(-1)

    def guide(score):
        x = torch.tensor([place], dtype=torch.float64, requires_grad=True)
        value = score(x)
        return float(value.detach()), torch.autograd.grad(value.sum(), x)[0]

    one, other = (guide(lambda x, f=f: log_ratio(f, x, z, negatives)) for f in (plain, moved))
    assert other[0] == pytest.approx(one[0], abs=1e-11)
    assert torch.allclose(other[1], one[1], atol=1e-11)
    raw, shifted = (guide(lambda x, f=f: f(x, z)) for f in (plain, moved))
    added = torch.tensor([place]) * 2 + c
    assert torch.allclose(shifted[1] - raw[1], added, atol=1e-11)


def test_the_log_ratio_of_the_optimal_critic():
    model = si.EncodingModel([0.0, 1.0], [0.5, 0.5], [[0.9, 0.3], [0.1, 0.7]])
    table, base = torch.tensor(model.likelihood), torch.tensor(model.response_probability)[:, None]

    def critic(x, z):
        return (table / base)[z[..., 0].long(), x[..., 0].long()].log() + 7 * x[..., 0]

    everything = torch.tensor([[0.0]] * 6 + [[1.0]] * 4)  # as often as p(r) says
    found = log_ratio(critic, torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [1.0]]), everything)
    assert found.tolist() == pytest.approx([math.log(0.9 / 0.6), math.log(0.7 / 0.4)], abs=1e-6)


def test_convolutions_see_where_a_pixel_is():
    critic = Critic("convolutional", 128, 2, shape=(8, 16)).requires_grad_(False)
    x, z = torch.randn(5, 128), torch.randn(4, 2)
    scores = critic(x[:, None], z[None])
    assert scores.shape == (5, 4)
    assert float((scores - critic(x.flip(1)[:, None], z[None])).abs().max()) > 1e-4
    with pytest.raises(ModelError, match=r"\(4, 16\) pixels are too small for convolutions"):
        Critic("convolutional", 64, 2, shape=(4, 16))


@pytest.mark.parametrize("kind", ["separable", "joint"])
def test_scores_of_all_pairs_are_those_of_each(kind):
    critic = Critic(kind, 6, 2)
    x, z = (torch.tensor(RNG.normal(size=(5, k))) for k in (6, 2))
    critic.look(x, z)
    every = critic(x[:, None], z[None])
    assert every.dtype == torch.float64
    assert torch.allclose(every.diagonal(), critic(x, z), atol=1e-6)


def test_training_repeats_and_leaves_the_generator_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    steps = []
    one = train_critic(CHANNEL, steps=2, batch=8, progress=lambda *at: steps.append(at))
    other = train_critic(CHANNEL, steps=2, batch=8)
    assert steps == [(1, 2), (2, 2)]
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values()))


def test_what_cannot_be_used():
    with pytest.raises(ModelError, match="separable, convolutional or joint"):
        Critic("both", 6, 2)
    with pytest.raises(ModelError, match=r"expected \(M, d\) and \(M, k\)"):
        RecordedPairs(torch.zeros(3, 2), torch.zeros(4, 2))
    few = RecordedPairs(torch.zeros(3, 2), torch.zeros(3, 2))
    with pytest.raises(ModelError, match="3 pairs are recorded"):
        critic_info_nce(Critic("joint", 2, 2), few, 4)
    with pytest.raises(ModelError, match="two blocks"):
        exact_info_nce(CHANNEL, 4, blocks=1)
    with pytest.raises(TrainingDiverged, match="step 0"):
        train_critic(RecordedPairs(torch.full((4, 2), torch.nan), torch.zeros(4, 2)), steps=1, batch=4)
    assert Bound(1.0, 0.1, 8).cap == math.log(8)
