"""`GroupVAE`: a variational autoencoder of responses whose latents form groups."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ...errors import ModelError, NotApplicable, UnknownName, nearest
from .channel import ExactLatents
from .groups import Groups
from .heads import Head
from .lanes import LANES, Exact
from .partial_correlation import batch_partial_correlation
from .responses import Responses
from .world import World


class GroupVAE(nn.Module):
    """Latent groups of a population.

    Parameters
    ----------
    groups : names, ranks and labels of the groups
    world : whose factors are the labels
    responses : what the population does; its means and spreads standardise the encoder's input
    lane : "exact" (linear encoder, Gaussian noise) or "mlp" (the paper's two-layer networks, counts)
    hidden : units of a hidden layer; by default the lane's

    Raises
    ------
    ModelError
        A label is missing; the lane needs counts; an unknown lane.
    """

    centre: Tensor
    spread: Tensor
    noise: Tensor

    def __init__(
        self, groups: Groups, world: World, responses: Responses, lane: str = "exact", hidden: int | None = None
    ) -> None:
        super().__init__()
        if lane not in LANES:
            raise UnknownName(f"unknown lane {lane!r}{nearest(str(lane), LANES)}")
        if LANES[lane].counts and not responses.counts:
            raise ModelError(f"the {lane} lane is for spike counts of single trials; these responses are none")
        groups.check(world)
        self.groups, self.lane = groups, lane
        self.hidden = LANES[lane].hidden if hidden is None else hidden
        self.body = LANES[lane](responses.neurons, groups.dimensions, self.hidden)
        self.register_buffer("centre", responses.centre.float())
        self.register_buffer("spread", responses.spread.float())
        self.register_buffer("noise", responses.noise.float())
        supervised = [(g, groups.ranks[groups.names.index(g)], f) for g, f in groups.supervised.items()]
        self.heads = nn.ModuleList(Head(rank, world, factor) for _, rank, factor in supervised)
        self._supervised = [groups.slices[groups.names.index(g)] for g, _, _ in supervised]

    def part_of(self, stage: str) -> nn.Module:
        """What a stage of training changes."""
        return self

    def encode(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of z given responses (B, K), (B, D) each."""
        mean, log_variance = self.body.encode((r - self.centre) / self.spread)
        return mean, log_variance

    @torch.no_grad()
    def sample(self, r: Tensor, generator: torch.Generator) -> Tensor:
        """One z per response (B, K), (B, D)."""
        mean, log_variance = self.encode(r.float())
        return mean + (0.5 * log_variance).exp() * torch.randn(mean.shape, generator=generator)

    def reconstruct(self, r: Tensor) -> Tensor:
        """The responses that the decoder makes of the mean latents of responses (B, K), (B, K)."""
        return self.body.reconstruct(self.encode(r)[0], self.centre, self.spread)

    def forward(self, r: Tensor, codes: Tensor, noise: Tensor, size: int) -> dict[str, Tensor]:
        """The terms of the loss for responses (B, K) with the codes (B, F) of their images, nats per response.

        Parameters
        ----------
        noise : (B, D) standard normal numbers
        size : n, the number of responses that the partial correlation takes the data set to have

        Returns
        -------
        misfit, kl, kl_supervised (of the supervised groups alone), label, partial_correlation
        """
        mean, log_variance = self.encode(r)
        z = mean + (0.5 * log_variance).exp() * noise
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).mean(0)  # of each latent
        labels = [head(z[:, place], codes) for head, place in zip(self.heads, self._supervised)]
        return {
            "misfit": self.body.misfit(z, r, self.centre, self.spread, self.noise).mean(),
            "kl": kl.sum(),
            "kl_supervised": torch.stack([kl[place].sum() for place in self._supervised]).sum()
            if labels
            else kl.sum() * 0,
            "label": torch.stack(labels).sum() if labels else r.new_zeros(()),
            "partial_correlation": batch_partial_correlation(z, mean, log_variance, self.groups.slices, size),
        }

    def exact(self, world: World, responses: Responses) -> ExactLatents:
        """The law of z given each image, exactly: N(A m_n + b, A C A' + s^2).

        Raises
        ------
        NotApplicable
            The encoder is not linear, or the responses have no Gaussian law.
        """
        if not isinstance(self.body, Exact):
            raise NotApplicable(f"p(z|x) has a closed form for a linear encoder only; the {self.lane} lane has none")
        law = responses.gaussian()
        with torch.no_grad():
            rows, shift, own = self.body.law(self.centre, self.spread)
        covariance = rows @ law.covariance @ rows.T + torch.diag(own)
        return ExactLatents(world, self.groups, law.means @ rows.T + shift, (covariance + covariance.T) / 2)

    def describe(self) -> dict[str, Any]:
        """What `GroupVAE` needs beside the world and the responses, as plain JSON values."""
        return {"groups": self.groups.to_json(), "lane": self.lane, "hidden": self.hidden}
