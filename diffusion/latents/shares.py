"""What each group of latents tells about images and their factors, exactly in the images and Monte Carlo in z."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...models.arrays import Array
from .channel import ExactLatents
from .tables import MemberTable
from .world import World

#: Draws of z or r by default: a share of a factor's entropy is then known to about .01.
SAMPLES = 2000
#: Draws that are compared with all images at once.
_AT_ONCE = 256

#: Called with the draws done and their total.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class FactorInformation:
    """What responses tell about the image, and about each factor alone.

    Attributes
    ----------
    about_image, stderr : I(r; x) in nats, and its standard error
    about_factor, factor_stderr : (F,) I(r; factor)
    entropies : (F,) H(factor)
    names : of the factors
    """

    about_image: float
    stderr: float
    about_factor: Array
    factor_stderr: Array
    entropies: Array
    names: tuple[str, ...]

    @property
    def shares(self) -> Array:
        """The share of each factor's entropy, (F,); 0 for a factor that does not vary."""
        return _shares(self.about_factor, self.entropies)


@dataclass(frozen=True, eq=False)
class Shares:
    """What each group of latents tells.

    Attributes
    ----------
    rows : see `Groups.rows`
    factors : names of the factors
    about_image, image_stderr : (R,) I(z_g; x), nats
    about_factor, factor_stderr : (R, F) I(z_g; factor), nats
    entropies : (F,) H(factor), nats
    by_dimension : (D, F) I(z_d; factor) of each latent alone
    partial_correlation, partial_stderr : KL(q(z) || prod_g q(z_g)) of the exact mixture over images, nats
    samples : draws of z
    """

    rows: tuple[str, ...]
    factors: tuple[str, ...]
    about_image: Array
    image_stderr: Array
    about_factor: Array
    factor_stderr: Array
    entropies: Array
    by_dimension: Array
    partial_correlation: float
    partial_stderr: float
    samples: int

    @property
    def shares(self) -> Array:
        """The share of each factor's entropy that each row tells, (R, F); 0 for a factor that does not vary."""
        return _shares(self.about_factor, self.entropies)

    def share(self, row: str, factor: str) -> float:
        """The share of one factor's entropy in one row."""
        return float(self.shares[self.rows.index(row), self.factors.index(factor)])


def factor_information(table: MemberTable, world: World, samples: int = SAMPLES, seed: int = 0) -> FactorInformation:
    """I(r; x) and I(r; factor) of a population, or of a group of latents (`GroupChannel`).

    Parameters
    ----------
    table : a population that responds to this world's images
    samples : responses to draw
    seed : the same seed gives the same numbers
    """
    onehot = _OneHot(world)
    pieces = []
    for index, generator in _draws(len(world), samples, seed):
        pieces.append(onehot.information(table.log_likelihoods(table.draw(index, generator)), index)[0])
    mean, error = _mean(torch.cat(pieces))
    return FactorInformation(float(mean[0]), float(error[0]), mean[1:], error[1:], world.entropies, world.names)


def group_shares(
    latents: ExactLatents, samples: int = SAMPLES, seed: int = 0, progress: Progress | None = None
) -> Shares:
    """What each group, the free ones together, and the whole latent tell; and the partial correlation of the groups.

    Parameters
    ----------
    latents : the exact law of z
    samples : latents to draw
    seed : the same seed gives the same numbers
    """
    world, groups = latents.world, latents.groups
    channels = [latents.channel(row) for row in groups.rows]
    alone = [latents.channel_of([d]) for d in range(groups.dimensions)]
    onehot = _OneHot(world)
    found: list[list[Tensor]] = []
    shared, lone = [], []
    done = 0
    for index, generator in _draws(len(world), samples, seed):
        z = latents.draw(index, generator)
        both = [onehot.information(c.log_likelihoods(z[:, c.latents]), index) for c in channels]
        found.append([pointwise for pointwise, _ in both])
        shared.append(both[-1][1] - sum(log for _, log in both[: len(groups.names)]))
        lone.append(torch.stack([onehot.information(c.log_likelihoods(z[:, c.latents]), index)[0] for c in alone], 1))
        done += len(index)
        if progress is not None:
            progress(done, samples)
    means, errors = zip(*(_mean(torch.cat(pieces)) for pieces in zip(*found)))
    table, spread = np.stack(means), np.stack(errors)
    partial, partial_error = _mean(torch.cat(shared)[:, None])
    by_dimension = _mean(torch.cat(lone).flatten(1))[0].reshape(groups.dimensions, -1)[:, 1:]
    return Shares(
        groups.rows, world.names, table[:, 0], spread[:, 0], table[:, 1:], spread[:, 1:], world.entropies, by_dimension,
        float(partial[0]), float(partial_error[0]), samples,
    )  # fmt: skip


def held_out_bounds(latents: ExactLatents, index: Tensor, z: Tensor) -> Array:
    """Lower bounds of I(z_g; x) and I(z_g; factor), (R, 1 + F), nats, for a law that was fitted to other trials.

    ``E[log q(x|z) / p(x)]`` is at most I(z; x) for any q; here q is the posterior of the fitted law. Two standard
    errors of the mean over trials are subtracted.

    Parameters
    ----------
    index : (n,) images, each as often as any other
    z : (n, D) latents of trials that the law was not fitted to
    """
    onehot = _OneHot(latents.world)
    found = []
    for channel in (latents.channel(row) for row in latents.groups.rows):
        parts = zip(torch.split(index, _AT_ONCE), torch.split(z[:, channel.latents], _AT_ONCE))
        told = [onehot.information(channel.log_likelihoods(some), at)[0] for at, some in parts]
        mean, error = _mean(torch.cat(told))
        found.append(np.maximum(mean - 2 * error, 0))
    return np.stack(found)


class _OneHot:
    """Sums of posterior probabilities over the images that share a factor's value."""

    def __init__(self, world: World) -> None:
        codes = torch.tensor(world.factors)
        self.member = [torch.nn.functional.one_hot(column).double() for column in codes.T]
        self.log_prior = [(member.mean(0)).log() for member in self.member]
        self.codes, self.log_count = codes, math.log(len(world))

    def information(self, log: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
        """Pointwise information of draws at images `index` (B,), from log p(z | x_n) (B, N), nats.

        Returns
        -------
        information : (B, 1 + F) about the image and about each factor
        marginal : (B,) log q(z)
        """
        marginal = torch.logsumexp(log, 1) - self.log_count
        own = log.gather(1, index[:, None])[:, 0] - marginal
        weights = torch.softmax(log, 1)
        columns = [own]
        for f, (member, prior) in enumerate(zip(self.member, self.log_prior)):
            code = self.codes[index, f]
            posterior = (weights @ member).gather(1, code[:, None])[:, 0]
            # The own image's probability is part of it; a sum that underflows all the same is as small as can be.
            columns.append(posterior.clamp_min(torch.finfo(posterior.dtype).tiny).log() - prior[code])
        return torch.stack(columns, 1), marginal


def _draws(count: int, samples: int, seed: int):  # type: ignore[no-untyped-def]
    """(indices of images, generator) in blocks: every image once before any a second time, in random order."""
    generator = torch.Generator().manual_seed(seed)
    rounds = -(-samples // count)
    index = torch.cat([torch.randperm(count, generator=generator) for _ in range(rounds)])[:samples]
    for part in torch.split(index, _AT_ONCE):
        yield part, generator


def _mean(values: Tensor) -> tuple[Array, Array]:
    """Mean and standard error of each column."""
    return values.mean(0).numpy(), (values.std(0) / len(values) ** 0.5).numpy()


def _shares(information: Array, entropies: Array) -> Array:
    return np.asarray(np.where(entropies > 0, information / np.where(entropies > 0, entropies, 1), 0.0))
