"""The paper's figures 4 and 6: maps of the information that a population of neurons carries about pixels.

Both raise `MissingExtra` if torch is not installed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import NotApplicable
from ...estimators import PUBLISHED

if TYPE_CHECKING:
    from ..draw.style import Drawing

#: Number of images shown, and denoiser passes for each of them.
SHOWN, PASSES = 5, 4000
#: Passes of the other measures, which are slow because each draws from the posterior; and of networks.
OTHERS, NETWORK_PASSES = 400, 1024


def figure_4(_: Path | None = None) -> Drawing:
    """Draw maps of every measure with features, and all totals, for the finite set of digits."""
    from ...diffusion.datasets import digits
    from ...diffusion.populations import normalised_population, receptive_fields
    from ..decomposition import decompose, spread_choice
    from ..draw.maps import plot_measures

    images = digits()
    encoder = normalised_population(images.pixels, receptive_fields(images.pixels.shape[1:]), 2.0)
    chosen = spread_choice(images, SHOWN)
    found = decompose(images, encoder, chosen, passes=PASSES)
    missing = []
    for name in PUBLISHED:
        if name not in ("fisher", "i_local"):
            try:
                more = decompose(
                    images, encoder, chosen, measures=(name,), passes=OTHERS, information=found.information
                )
                found.estimates.update(more.estimates)
            except NotApplicable:
                missing.append(name)
    return plot_measures(found, missing)


def figure_6(data: Path | None = None) -> Drawing:
    """Draw maps by networks above the exact maps: of MNIST, or of the digits without a folder of the MNIST files."""
    from ...diffusion import UNetDenoiser
    from ...diffusion.checkpoints import PRETRAINED
    from ...diffusion.sources import source_named
    from ..decomposition import decompose, spread_choice
    from ..draw.maps import plot_maps

    name = "mnist" if data or os.environ.get("STIMINFO_MNIST") else "digits"
    denoiser, source = UNetDenoiser.load(PRETRAINED / name), source_named(name, folder=data)
    images, encoder = source.shown(), denoiser.learned.encoder
    chosen = spread_choice(images, SHOWN)
    unknown = (float("nan"), float("nan"))
    by_networks = decompose(images, encoder, chosen, passes=NETWORK_PASSES, denoiser=denoiser, information=unknown)
    # A pass of the exact denoiser of 60,000 images takes a second.
    passes = 400 if len(images.pixels) > 10_000 else PASSES
    exact = source.exact(encoder)
    beside = decompose(images, encoder, chosen, passes=passes, denoiser=exact, information=unknown)
    made_by = f"Networks: {name}, trained for {denoiser.learned.minutes:.1f} min; exact: the finite-set denoiser"
    return plot_maps(by_networks, "i_local", beside, made_by)
