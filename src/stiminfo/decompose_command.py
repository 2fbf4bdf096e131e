"""What `stiminfo decompose` does, from its options to its files."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .diffusion.datasets import Images, digits, images_from_file, mnist, read_array
from .diffusion.denoiser import device_named
from .estimators import PUBLISHED
from .estimators.estimate import EstimateError
from .estimators.measure import NotApplicable
from .models import ModelError
from .models.encoders import Encoder
from .models.populations import (
    fields_for,
    linear_population,
    normalised_population,
    published_population,
    receptive_fields,
)
from .reports.decomposition import Decomposition, decompose, spread_choice
from .reports.files import ensure_folder, json_text, write_whole

if TYPE_CHECKING:
    from rich.console import Console

#: Passes for each image where neither a budget nor a goal is given: seconds for a few thousand images.
PASSES = 8000


@dataclass(frozen=True)
class Options:
    """The command's options, by their names."""

    images: Path | None
    dataset: str
    data: Path | None
    population: str
    receptive_fields: Path | None
    amplitude: float
    noise: float
    measures: tuple[str, ...]
    show: int
    chosen: tuple[int, ...]
    passes: int | None
    rtol: float | None
    seed: int
    device: str
    out: Path


def run(options: Options, console: Console, bar: Any) -> int:
    """Load, estimate, print and write; returns the exit code."""
    unknown = [name for name in options.measures if name not in PUBLISHED]
    if unknown:
        raise ModelError(f"unknown measure {unknown[0]!r}; expected one of {', '.join(PUBLISHED)}")
    device = device_named(options.device)
    ensure_folder(options.out)
    images = _images(options)
    encoder, images = _population(options, images)
    chosen = np.array(options.chosen, dtype=int) if options.chosen else spread_choice(images, options.show)
    passes = options.passes if options.passes or options.rtol is not None else PASSES
    task = bar.add_task("estimating", total=passes) if bar else None

    def tell(name: str, spent: int, error: float) -> None:
        if bar:
            bar.update(task, completed=spent, description=f"{name}: relative error {error:.1%}")

    try:
        found = decompose(
            images,
            encoder,
            chosen,
            measures=options.measures,
            passes=passes,
            rtol=options.rtol,
            seed=options.seed,
            device=device,
            progress=tell,
        )
    except (NotApplicable, EstimateError, ValueError) as error:
        raise ModelError(str(error)) from None
    _print(found, console)
    _write(found, options, console)
    return 0


def _images(options: Options) -> Images:
    if options.images is not None:
        return images_from_file(options.images)
    if options.dataset == "digits":
        return digits()
    if options.dataset == "mnist":
        return mnist(options.data)
    raise ModelError(f"unknown dataset {options.dataset!r}; expected digits or mnist, or a file of images")


def _population(options: Options, images: Images) -> tuple[Encoder, Images]:
    shape = (images.pixels.shape[1], images.pixels.shape[2])
    if options.receptive_fields is None:
        fields = receptive_fields(shape)
    else:
        fields = fields_for(images.pixels, read_array(options.receptive_fields, "receptive fields", 3))
    if options.population == "poisson":
        return normalised_population(images.pixels, fields, options.amplitude), images
    if options.population == "linear":
        return linear_population(images.pixels, fields, options.noise), images
    if options.population == "published":
        return published_population(shape), Images(images.name, images.pixels * 2 - 1, images.labels, images.credit)
    raise ModelError(f"unknown population {options.population!r}; expected poisson, linear or published")


def _print(found: Decomposition, console: Console) -> None:
    from rich.table import Table

    total, error = found.information
    size = len(found.images.pixels)
    console.print(f"{found.images.name}: {size} images; {found.encoder!r}")
    console.print(
        f"I(R;X) = {total:.2f} ± {error:.2f} nats of log N = {np.log(size):.2f}; "
        f"{found.saturated:.0%} of the rates are saturated"
    )
    table = Table(title="I(x), nats ± standard error", title_justify="left")
    table.add_column("image", justify="right")
    if found.images.labels is not None:
        table.add_column("label", justify="right")
    for name, estimate in found.estimates.items():
        table.add_column(f"{name} ({estimate.passes} passes)", justify="right")
    for row, index in enumerate(found.chosen):
        label = [] if found.images.labels is None else [str(found.images.labels[index])]
        values = [f"{e.value[row]:.3f} ± {e.stderr[row]:.3f}" for e in found.estimates.values()]
        table.add_row(str(index), *label, *values)
    console.print(table)
    if found.images.credit:
        console.print(f"Images: {found.images.credit}", style="dim")


def _write(found: Decomposition, options: Options, console: Console) -> None:
    from .reports.map_figures import plot_maps, plot_population, plot_totals

    figures = {"population.png": plot_population(found.encoder, found.images.pixels, int(found.chosen[0]))}
    featured = [name for name in options.measures if found.maps(name) is not None]
    for name in featured:
        figures["maps.png" if len(featured) == 1 else f"maps_{name}.png"] = plot_maps(found, name)
    if len(featured) < len(options.measures):
        figures["totals.png"] = plot_totals(found)
    for name, figure in figures.items():
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=300)
        write_whole(options.out / name, stream.getvalue())
    write_whole(options.out / "decomposition.npz", found.npz())
    write_whole(options.out / "decomposition.json", json_text(found.to_json()))
    console.print(f"written to {options.out}: {', '.join(figures)}, decomposition.json, decomposition.npz")
