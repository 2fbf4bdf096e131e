"""Section 3.2, Eqs. 5 and 6: what InfoNCE bounds, and what its critic estimates."""

from __future__ import annotations

import math
from functools import cache

import torch

from ....diffusion.latents import Bound, Critic, RecordedPairs, critic_info_nce, exact_info_nce, info_nce, train_critic
from ....diffusion.latents.contrastive import log_ratio
from ..claims.claim import CONFIRMED, CORRECTED, Result, claim
from . import setting

#: The group whose information is estimated.
_GROUP = "pose"
#: Candidates, trials per optimiser step, and steps on fresh trials and on recorded ones.
CANDIDATES, BATCH, STEPS, RECORDED_STEPS = 256, 256, 500, 300
#: Candidates of the released sampler: the right latents and ten others.
_RELEASED = 11
#: A critic should reach this share of the information on fresh trials.
_REACH = 0.85
#: What a function of the image is worth, in nats, beside the log ratio that it is added to.
_SHIFT = 10.0
#: What is as good as the log ratio: a root mean square error in nats.
_NEAR = 0.5


@cache
def critic() -> Critic:
    """Trained on fresh trials of the group."""
    return train_critic(setting.channel(_GROUP), steps=STEPS, batch=BATCH, seed=setting.SEED)


@cache
def information() -> tuple[float, float]:
    """The exact I(z_g; x), and its standard error."""
    found = setting.scores("default")
    row = found.rows.index(_GROUP)
    return float(found.about_image[row]), float(found.image_stderr[row])


@cache
def fresh() -> Bound:
    """What the critic says of trials that it has not seen."""
    return critic_info_nce(critic(), setting.channel(_GROUP), CANDIDATES)


@cache
def recorded() -> tuple[Bound, Bound]:
    """A critic trained on one trial per image: what it says of these trials, and of fresh ones."""
    channel = setting.channel(_GROUP)
    generator = torch.Generator().manual_seed(setting.SEED)
    x = channel.source.stimuli.double()
    pairs = RecordedPairs(x, channel.source.encoder.sample(x, generator))
    learned = train_critic(pairs, steps=RECORDED_STEPS, batch=BATCH, seed=setting.SEED)
    return critic_info_nce(learned, pairs, CANDIDATES), critic_info_nce(learned, channel, CANDIDATES)


def off_ratio() -> tuple[float, float, float]:
    """Root mean square distance from the exact log ratio of the raw critic, of the critic after log mean exp over
    latents of other images; and how much the bound changes if a function of the image is added to the critic.
    """
    channel = setting.channel(_GROUP)
    x, z, exact = channel.paired(CANDIDATES, torch.Generator().manual_seed(setting.SEED + 1))
    _, others = channel.draw(4 * CANDIDATES, torch.Generator().manual_seed(setting.SEED + 2))
    right, scores = exact.diagonal(), critic()(x[:, None], z[None])
    raw = (scores.diagonal() - right).square().mean().sqrt()
    normal = (log_ratio(critic(), x, z, others) - right).square().mean().sqrt()
    shift = _SHIFT * torch.sin(x.sum(1, keepdim=True))
    return float(raw), float(normal), float((info_nce(scores + shift) - info_nce(scores)).abs())


@claim(
    "eq-5",
    "Section 3.2, Eq. 5",
    "The loss gives a lower bound on the mutual information of a group and the image.",
    CONFIRMED,
)
def bound() -> Result:
    found, (exact, stderr) = fresh(), information()
    return Result(
        found.value < exact + 3 * math.hypot(found.stderr, stderr),
        f"a critic trained on {STEPS} x {BATCH} trials and asked about fresh ones: {found}; exact "
        f"{exact:.3f} ± {stderr:.3f} nats",
    )


@claim(
    "eq-6",
    "Section 3.2, Eq. 6",
    "The trained network estimates the density ratio p(z|x)/p(z).",
    CORRECTED,
    "up to an arbitrary function of the image, which the loss does not see and the guidance would; what is left after "
    "log mean exp over other latents is the ratio",
)
def ratio() -> Result:
    raw, normal, seen = off_ratio()
    return Result(
        raw < _NEAR,
        f"at {CANDIDATES} fresh pairs the critic is {raw:.2f} nats (root mean square) off the exact log ratio, and "
        f"{normal:.2f} after log mean exp over latents of other images; a function of the image that is added to it "
        f"changes the loss by {seen:.1g}",
        normal < _NEAR and seen < 1e-9,
    )


@claim(
    "infonce-cap",
    "Beside section 3.2, Eq. 5",
    "With N candidates the bound cannot exceed log N, however much the latents tell: the rest is not seen.",
    CONFIRMED,
    ours=True,
)
def capped() -> Result:
    channel, found = setting.channel("whole"), setting.scores("default")
    whole = float(found.about_image[found.rows.index("whole")])
    values = [exact_info_nce(channel, n, blocks=8) for n in (_RELEASED, CANDIDATES)]
    return Result(
        all(one.value < min(one.cap, whole + 3 * one.stderr) for one in values) and values[0].cap < whole,
        f"all latents tell {whole:.2f} nats about the image; with the optimal critic, "
        f"{_RELEASED} candidates (the released sampler) give {values[0]}, {CANDIDATES} give {values[1]}",
    )


@claim(
    "infonce-reach",
    "Beside section 3.2, Eq. 5",
    f"With {CANDIDATES} candidates a critic reaches {_REACH:.0%} of a group's information on fresh trials.",
    CONFIRMED,
    ours=True,
)
def reach() -> Result:
    found, (exact, _) = fresh(), information()
    best = exact_info_nce(setting.channel(_GROUP), CANDIDATES)
    return Result(
        found.value > _REACH * exact,
        f"{found.value / exact:.0%} of {exact:.3f} nats; the optimal critic, {best.value:.3f} ± {best.stderr:.3f}",
    )


@claim(
    "infonce-training-trials",
    "Beside section 3.2, Eq. 5",
    "What a critic says of the trials that it was trained on, one per image, exceeds the information and is no bound.",
    CONFIRMED,
    ours=True,
)
def by_heart() -> Result:
    trained, unseen = recorded()
    exact, stderr = information()
    return Result(
        trained.value > exact + 3 * math.hypot(trained.stderr, stderr) > unseen.value,
        f"trained on {len(setting.world())} trials, one per image: {trained.value:.2f} nats on them, "
        f"{unseen.value:.2f} on fresh trials; exact {exact:.2f}",
    )
