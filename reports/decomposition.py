"""The computation of `stiminfo decompose`: I(x) of images and its maps over pixels, exactly or with networks."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..diffusion import Denoiser, FiniteSetDenoiser, MixtureDenoiser
from ..diffusion.datasets import Images
from ..diffusion.encoders import Encoder
from ..errors import ModelError
from ..estimators import PUBLISHED
from ..estimators import fisher as fisher_information
from ..models.arrays import Array

if TYPE_CHECKING:
    from ..estimators.estimate import Estimate

#: Called with the measure, the passes spent and the relative error reached.
Progress = Callable[[str, int, float], None]


@dataclass(frozen=True)
class Decomposition:
    """I(x) of some images of a set, as a population of neurons sees them.

    Attributes
    ----------
    images : the whole set, and the images that were held out of it
    chosen : (n,) indices of the images that are decomposed, as in the user's own data set
    encoder : the population
    estimates : by the measure's name, nats
    fisher : (n, h, w) Fisher information J_ii of the encoder, nats per squared unit of a pixel
    information : I(R;X) over the whole set and its standard error, nats
    saturated : share of firing rates within 5% of 0 or of their maximum (0 for linear neurons)
    denoiser : description of the denoiser that made the estimates
    """

    images: Images
    chosen: Array
    encoder: Encoder
    estimates: dict[str, Estimate]
    fisher: Array
    information: tuple[float, float]
    saturated: float
    denoiser: str

    @property
    def held_out(self) -> Array:
        """(n,) whether each of the images is one that was held out of the set."""
        return ~np.isin(self.chosen, self.images.members)

    def maps(self, measure: str) -> tuple[Array, Array] | None:
        """Pixel maps and their standard errors in nats, (n, h, w) each; None for a measure without features."""
        found = self.estimates[measure]
        if found.featurewise is None or found.featurewise_stderr is None:
            return None
        shape = (len(self.chosen), *self.images.pixels.shape[1:])
        return found.featurewise.reshape(shape), found.featurewise_stderr.reshape(shape)

    def to_json(self) -> dict[str, Any]:
        """Totals with their errors and the settings as JSON data, without the maps; nats."""
        return {
            "dataset": self.images.name,
            "credit": self.images.credit,
            "images": [int(i) for i in self.chosen],
            "labels": None if self.images.labels is None else [int(self.images.labels[i]) for i in self.chosen],
            "held_out": self.held_out.tolist(),
            "set_size": len(self.images.members),
            "population": repr(self.encoder),
            "denoiser": self.denoiser,
            "saturated_share": self.saturated,
            "mutual_information": {"nats": self.information[0], "stderr": self.information[1]},
            "log_set_size": float(np.log(len(self.images.members))),
            "measures": {
                name: {
                    "nats": found.value.tolist(),
                    "stderr": found.stderr.tolist(),
                    "systematic": [None if np.isnan(part) else part for part in found.systematic.tolist()],
                    "cutoff": found.cutoff.tolist(),
                    "passes": found.passes,
                    "replicates": found.replicates,
                    "gamma_range": list(found.gamma_range),
                    "sampler": found.sampler,
                    "seed": found.seed,
                }
                for name, found in self.estimates.items()
            },
        }

    def npz(self) -> bytes:
        """The images, totals, maps and standard errors as the bytes of an .npz file."""
        chosen = self.images.pixels[self.chosen]
        arrays: dict[str, Array] = {"images": chosen, "index": self.chosen, fisher_information.name: self.fisher}
        for name, found in self.estimates.items():
            arrays |= {name: found.value, f"{name}_stderr": found.stderr, f"{name}_systematic": found.systematic}
            maps = self.maps(name)
            if maps is not None:
                arrays[f"{name}_map"], arrays[f"{name}_map_stderr"] = maps
        stream = io.BytesIO()
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
        return stream.getvalue()


def decompose(
    images: Images,
    encoder: Encoder,
    chosen: Array,
    *,
    measures: Sequence[str] = ("i_local",),
    passes: int | None = None,
    rtol: float | None = None,
    sampler: str | None = None,
    seed: int = 0,
    device: Any = "cpu",
    denoiser: Denoiser | None = None,
    information: tuple[float, float] | None = None,
    progress: Progress | None = None,
) -> Decomposition:
    """Estimate measures at some images of a set.

    Parameters
    ----------
    images : the set, whose images are equally likely, and those that were held out of it
    encoder : the population, which takes images as vectors (h * w,)
    chosen : (n,) indices of the images to decompose
    measures, passes, rtol, sampler, seed : as for `PublishedMeasure.estimate`; by default the
        sampler that suits the denoiser (`Denoiser.usual_sampler`)
    device : where to compute
    denoiser : of these images; by default the exact one of the set
    information : I(R;X) and its standard error in nats, if they are known already
    progress : called with the measure, the passes spent and the relative error reached

    Raises
    ------
    ModelError
        An index outside the set, a held-out image for the exact denoiser of the set, a population for images of another
        size, or a device that is not there.
    """
    rows = images.pixels.reshape(len(images.pixels), -1)
    outside = [int(i) for i in chosen if not 0 <= i < len(rows)]
    if outside:
        raise ModelError(f"{images.words.one} {outside[0]} is not in the set; expected 0 to {len(rows) - 1}")
    if denoiser is None:
        denoiser = FiniteSetDenoiser(rows[images.members], encoder, device=device)
    away = [int(i) for i in np.setdiff1d(chosen, images.members)]
    if away and isinstance(denoiser, FiniteSetDenoiser):
        raise ModelError(
            f"{images.words.one} {away[0]} was held out of the set; the set's exact denoiser knows its members only"
        )
    if information is None:
        assert isinstance(denoiser, FiniteSetDenoiser | MixtureDenoiser)
        information = denoiser.mutual_information(seed=seed)
    sampler = sampler or denoiser.usual_sampler
    x = denoiser.tensor(rows[chosen])
    estimates = {}
    for name in measures:
        tell = None if progress is None else partial(progress, name)
        estimates[name] = PUBLISHED[name].estimate(
            denoiser, x, passes=passes, rtol=rtol, sampler=sampler, seed=seed, progress=tell
        )
    fisher = denoiser.encoder.fisher(x).cpu().double().numpy().reshape(len(chosen), *images.pixels.shape[1:])
    saturated = denoiser.encoder.saturated(denoiser.tensor(rows[images.members]))
    return Decomposition(images, np.asarray(chosen), encoder, estimates, fisher, information, saturated, repr(denoiser))


def spread_choice(images: Images, count: int) -> Array:
    """Indices of `count` images to show: each label in turn, or evenly spread over a set without labels."""
    members = images.members
    count = min(count, len(members))
    if images.labels is None:
        return np.asarray(members[np.linspace(0, len(members) - 1, count).round().astype(int)])
    labels = images.labels[members]
    firsts = [members[labels == label] for label in np.unique(labels)]
    turns = [found[turn] for turn in range(count) for found in firsts if turn < len(found)]
    return np.array(turns[:count], dtype=int)
