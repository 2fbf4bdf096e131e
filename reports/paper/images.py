"""The paper's figures 4 and 6: what a population of neurons tells about the pixels of images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import MissingExtra, NotApplicable
from ...estimators import PUBLISHED

if TYPE_CHECKING:
    from ..decomposition import Decomposition
    from ..draw.style import Drawing

#: Images shown, and denoiser passes for each.
SHOWN, PASSES = 5, 4000
#: Fewer for measures that draw from the posterior at every pass; networks' are cheap.
OTHERS, NETWORK_PASSES = 400, 1024


def _decompose(*arguments: Any, **options: Any) -> Decomposition:
    try:
        from ..decomposition import decompose
    except ImportError as error:
        raise MissingExtra(f"images need torch: pip install 'stiminfo[diffusion]' ({error})") from None
    return decompose(*arguments, **options)


def figure_4(_: Path | None = None) -> Drawing:
    """Maps of every measure with features, and all totals, from the finite set of digits."""
    try:
        from ...diffusion.datasets import digits
        from ...diffusion.populations import normalised_population, receptive_fields
        from ..decomposition import spread_choice
        from ..draw.maps import plot_measures
    except ImportError as error:
        raise MissingExtra(f"images need torch: pip install 'stiminfo[diffusion]' ({error})") from None
    images = digits()
    shape = (images.pixels.shape[1], images.pixels.shape[2])
    encoder = normalised_population(images.pixels, receptive_fields(shape), 2.0)
    chosen = spread_choice(images, SHOWN)
    found = _decompose(images, encoder, chosen, passes=PASSES)
    missing = []
    for name in PUBLISHED:
        if name not in ("fisher", "i_local"):
            try:
                more = _decompose(
                    images, encoder, chosen, measures=(name,), passes=OTHERS, information=found.information
                )
                found.estimates.update(more.estimates)
            except NotApplicable:
                missing.append(name)
    return plot_measures(found, missing)


def figure_6(data: Path | None = None) -> Drawing:
    """Networks' maps of MNIST, of digits where the MNIST files are not at hand, above the exact ones."""
    try:
        from ...diffusion import UNetDenoiser
        from ...diffusion.checkpoints import PRETRAINED
        from ...diffusion.sources import source_named
        from ..decomposition import spread_choice
        from ..draw.maps import plot_maps
    except ImportError as error:
        raise MissingExtra(f"images need torch: pip install 'stiminfo[diffusion]' ({error})") from None
    name = "mnist" if data or os.environ.get("STIMINFO_MNIST") else "digits"
    denoiser, source = UNetDenoiser.load(PRETRAINED / name), source_named(name, folder=data)
    images, encoder = source.shown(), denoiser.learned.encoder
    chosen = spread_choice(images, SHOWN)
    exact = source.exact(encoder)
    information = (float("nan"), float("nan"))
    by_networks = _decompose(images, encoder, chosen, passes=NETWORK_PASSES, denoiser=denoiser, information=information)
    # A pass of the exact denoiser of 60,000 images is a second.
    passes = 400 if len(images.pixels) > 10_000 else PASSES
    beside = _decompose(images, encoder, chosen, passes=passes, denoiser=exact, information=information)
    made_by = f"Networks: {name}, trained for {denoiser.learned.minutes:.1f} min; exact: the finite-set denoiser"
    return plot_maps(by_networks, "i_local", beside, made_by)
