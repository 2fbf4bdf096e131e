"""`Responses`: what a group VAE is trained on, drawn from a known law or from measured trials."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...errors import ModelError, NotApplicable
from .tables import GaussianTable, MemberTable, check_members
from .world import World

#: Smallest spread of a neuron that is scaled to 1, as a share of the largest: silent neurons are not scaled up.
LEAST_SPREAD = 0.05
#: Share of a neuron's variance that is taken for noise where trial averages do not show it.
UNSEEN_NOISE = 0.1
#: Added to each count before the root, which makes the variance of small counts nearly 1 too (Anscombe).
ANSCOMBE = 0.375
#: Larger responses have squares that leave the range of float32, in which networks are trained.
LARGEST = 1e15
#: Fewest trials per image of which one is held out.
FEWEST_SPLIT = 3


@dataclass(frozen=True)
class Law:
    """r | x_n ~ N(m_n, C): means (N, K) and covariance (K, K), which may be 0."""

    means: Tensor
    covariance: Tensor


@dataclass(frozen=True, eq=False)
class Responses:
    """Responses to the images of a world.

    Attributes
    ----------
    means : (N, K) the mean response to each image
    noise : (K,) variances around the means
    spread : (K,) standard deviations over images and trials
    counts : whether they are spike counts of single trials
    table : the known law, if there is one
    trials : (N, M, K) measured trials to learn from, if there is no known law
    held_out : (N, K) the last trial of each image, which is not learned from; None for fewer than `FEWEST_SPLIT` trials
    covariance : (K, K) of the noise, pooled over images, of measured trials
    remarks : doubts about them, in plain words, for the user
    """

    means: Tensor
    noise: Tensor
    spread: Tensor
    counts: bool = False
    table: MemberTable | None = None
    trials: Tensor | None = None
    held_out: Tensor | None = None
    covariance: Tensor | None = None
    remarks: tuple[str, ...] = field(default=())

    @classmethod
    def of_table(cls, table: MemberTable, world: World) -> Responses:
        """Responses of a population whose law is known; each draw is a new trial."""
        check_members(table, len(world))
        noise = table.means if table.discrete else table.covariance.diagonal()  # type: ignore[attr-defined]
        noise = noise.mean(0) if table.discrete else noise
        spread = (table.means.var(0) + noise).sqrt()
        return cls(table.means, noise, _scaled(spread), table.discrete, table)

    @classmethod
    def of_trials(cls, world: World, stabilise: bool = True) -> Responses:
        """The measured responses of a world.

        Parameters
        ----------
        stabilise : take ``2 sqrt(r + 3/8)`` of spike counts, whose noise is then nearly N(0, 1); for the exact lane

        Raises
        ------
        ModelError
            The world has no responses, or none of them varies.
        """
        if world.responses is None:
            raise ModelError(f"{world.name} has no responses; give them, or a population")
        trials = torch.tensor(world.responses)
        if not float(trials.abs().max()) < LARGEST:
            raise ModelError(f"responses reach {float(trials.abs().max()):.3g}; give them in another unit")
        trials = trials[:, None] if trials.ndim == 2 else trials
        counts = bool((trials >= 0).all() and (trials == trials.round()).all())
        remarks = _doubts(trials, counts)
        if counts and stabilise:
            trials = 2 * (trials + ANSCOMBE).sqrt()
        held_out = trials[:, -1] if trials.shape[1] >= FEWEST_SPLIT else None
        trials = trials if held_out is None else trials[:, :-1]
        means, repeats = trials.mean(1), trials.shape[1]
        spread = trials.reshape(-1, trials.shape[2]).std(0)
        if not float(spread.max()) > 0:
            raise ModelError("no response ever changes; expected neurons that respond to the images")
        around = (trials - means[:, None]).reshape(-1, trials.shape[2])
        covariance = around.T @ around / max(1, len(trials) * (repeats - 1))
        noise = covariance.diagonal()
        # A noise of nearly 0 would ask for a perfect reconstruction of that neuron.
        noise = torch.maximum(noise, UNSEEN_NOISE * _scaled(spread) ** 2)
        return cls(means, noise, _scaled(spread), counts and not stabilise, None, trials, held_out, covariance, remarks)

    @property
    def law(self) -> str:
        """Where the law is from: "known", or "fitted" to the trials, as Gaussian with one covariance."""
        return "fitted" if self.table is None else "known"

    @property
    def neurons(self) -> int:
        """K."""
        return int(self.means.shape[1])

    @property
    def centre(self) -> Tensor:
        """(K,) mean responses."""
        return self.means.mean(0)

    @property
    def count(self) -> int:
        """n, the responses of the data set: measured ones, or one per image where new ones can always be drawn."""
        return len(self.means) if self.trials is None else len(self.means) * self.trials.shape[1]

    @property
    def digest(self) -> str:
        """SHA-256 of means and noise, in hexadecimal."""
        return hashlib.sha256(torch.cat([self.means, self.noise[None]]).double().numpy().tobytes()).hexdigest()

    def draw(self, index: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """One response to each of the images with these indices, (B, K): a new one, or one of its trials at random."""
        if self.table is not None:
            return self.table.draw(index, generator)
        assert self.trials is not None
        which = torch.randint(self.trials.shape[1], index.shape, generator=generator)
        return self.trials[index, which]

    def fresh(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Indices (n,) of images and responses (n, K) that were not learned from, where there are any."""
        if self.held_out is not None:
            return torch.arange(len(self.means)), self.held_out
        index = torch.randint(len(self.means), (count,), generator=generator)
        return index, self.draw(index, generator)

    def gaussian(self) -> Law:
        """The Gaussian law of the responses; raises `NotApplicable` where they have none."""
        if self.table is None:
            assert self.covariance is not None
            return Law(self.means, self.covariance)
        if not isinstance(self.table, GaussianTable):
            raise NotApplicable(
                f"{type(self.table).__name__} has no Gaussian law; use a population with Gaussian noise"
            )
        return Law(self.table.means, self.table.covariance)


def _scaled(spread: Tensor) -> Tensor:
    return spread.clamp_min(LEAST_SPREAD * float(spread.max()))


def _doubts(trials: Tensor, counts: bool) -> tuple[str, ...]:
    """What the user should know about these trials (N, M, K)."""
    images, repeats, neurons = trials.shape
    runs = (
        "z is then nearly a deterministic function of the image, I(z; x) runs up to log N = "
        f"{torch.tensor(float(images)).log():.2f} nats, and says little about the neurons"
    )
    found = []
    share = float((trials != trials.round()).double().mean())
    # Averages of counts are whole numbers here and there; calcium traces never are, and are not taken for averages.
    averages = bool((trials >= 0).all()) and 0 < share < 1
    if repeats == 1:
        kind = "a trial" if counts else "an average over trials, it seems" if averages else "a trial, or an average"
        found.append(f"there is one row of responses per image ({kind}), which does not show their noise: {runs}")
    elif averages:
        found.append(
            f"{share:.0%} of the responses are no whole numbers: if they are averages over trials, {runs}; give single "
            "trials, (N, M, K)"
        )
    if repeats > 1 and images * (repeats - 1) < neurons:
        found.append(
            f"{repeats} trials of {images} images are too few for the noise of {neurons} neurons; its covariance is "
            "not of full rank, and information is overestimated"
        )
    return tuple(found)
