"""Lower bounds of what groups tell about factors, where p(z|x) has no closed form: what a classifier finds.

I(z_g; factor) >= H(factor) + E log q(factor | z_g) for any classifier q; it is measured on responses that neither the
VAE nor the classifier has seen, where there are any.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from .responses import Responses
from .shares import Progress, Shares
from .vae import GroupVAE
from .world import World

#: Steps, batch and largest learning rate of each classifier, its hidden units, and responses that it is measured on.
_STEPS, _BATCH, _RATE, _HIDDEN, _MEASURED = 600, 256, 5e-3, 64, 4000


def classifier_bounds(
    vae: GroupVAE, world: World, responses: Responses, seed: int = 0, progress: Progress | None = None
) -> Shares:
    """Lower bounds of I(z_g; factor); what has no bound of this kind, I(z_g; x) and the partial correlation, is NaN."""
    groups = vae.groups
    rows = groups.rows
    codes, sizes = torch.tensor(world.factors), [len(values) for values in world.values]
    generator = torch.Generator().manual_seed(seed)
    found, errors = [], []
    for done, row in enumerate(rows):
        classifier = _trained(vae, groups.latents(row), codes, responses, sizes, generator)
        index, r = responses.fresh(_MEASURED, generator)
        with torch.no_grad():
            loss = _losses(classifier, vae.sample(r, generator)[:, groups.latents(row)], codes[index], sizes)
        found.append(np.maximum(world.entropies - loss.mean(0).double().numpy(), 0.0))
        errors.append((loss.std(0) / len(loss) ** 0.5).double().numpy())
        if progress is not None:
            progress(done + 1, len(rows))
    unknown = np.full(len(rows), np.nan)
    nothing = np.full((groups.dimensions, len(sizes)), np.nan)
    return Shares(
        rows,
        world.names,
        unknown,
        unknown,
        np.array(found),
        np.array(errors),
        world.entropies,
        nothing,
        float("nan"),
        float("nan"),
        _MEASURED,
    )


def _trained(
    vae: GroupVAE, columns: list[int], codes: Tensor, responses: Responses, sizes: list[int], generator: torch.Generator
) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
        classifier = nn.Sequential(
            nn.Linear(len(columns), _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, _HIDDEN), nn.ReLU(),
            nn.Linear(_HIDDEN, sum(sizes)),
        )  # fmt: skip
    optimiser = torch.optim.Adam(classifier.parameters(), _RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, _STEPS)
    for _ in range(_STEPS):
        index = torch.randint(len(codes), (_BATCH,), generator=generator)
        with torch.no_grad():
            z = vae.sample(responses.draw(index, generator), generator)[:, columns]
        optimiser.zero_grad()
        _losses(classifier, z, codes[index], sizes).sum(1).mean().backward()
        optimiser.step()
        schedule.step()
    return classifier


def _losses(classifier: nn.Module, z: Tensor, codes: Tensor, sizes: list[int]) -> Tensor:
    """-log q(factor | z) of each factor, (B, F), nats."""
    parts = torch.split(classifier(z), sizes, dim=1)
    losses = [nn.functional.cross_entropy(part, codes[:, f], reduction="none") for f, part in enumerate(parts)]
    return torch.stack(losses, dim=1)
