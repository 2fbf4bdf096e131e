"""What `stiminfo decompose` prints and writes."""

from __future__ import annotations

import io
from math import isnan, log
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from ..files import json_text, write_whole
from .decomposition import Decomposition

if TYPE_CHECKING:
    from rich.console import Console

#: Dots per inch of the figures, which are as wide as a journal's column.
_DPI = 300


def print_decomposition(found: Decomposition, beside: Decomposition | None, endless: bool, console: Console) -> None:
    """Print I(R;X), and a table of I(x) of the chosen images.

    Parameters
    ----------
    found : what `decompose` returns
    beside : the same images by the exact denoiser, if `found` comes from networks
    endless : whether the images are only examples of the stimuli, and not the whole set
    """
    total, error = found.information
    size, whole = len(found.images.members), len(found.images.pixels)
    one, many = found.images.words[:2]
    rest = "" if size == whole else f" (of {whole}; the others were held out)"
    console.print(f"{found.images.name}: {size} {many}{rest}; {found.encoder!r}")
    most = "" if endless else f" of log N = {log(size):.2f}"
    saturated = f"; {found.saturated:.0%} of the rates are saturated" if found.encoder.bounded else ""
    console.print(f"I(R;X) = {total:.2f} ± {error:.2f} nats{most}{saturated}")
    apart = any(estimate.systematic.any() for estimate in found.estimates.values())
    beyond = " ± systematic error" if apart else ""
    table = Table(title=f"I(x), nats ± standard error{beyond}", title_justify="left")
    table.add_column(one, justify="right", overflow="fold")
    if found.images.labels is not None:
        table.add_column("label", justify="right", overflow="fold")
    for name, estimate in found.estimates.items():
        table.add_column(f"{name} ({estimate.passes} passes)", justify="right", overflow="fold")
    for name in beside.estimates if beside is not None else ():
        table.add_column(f"exact {name}", justify="right", overflow="fold")
    for row, index in enumerate(found.chosen):
        label = [] if found.images.labels is None else [str(found.images.labels[index])]
        every = [*found.estimates.values(), *([] if beside is None else beside.estimates.values())]
        values = [f"{e.value[row]:.3f} ± {e.stderr[row]:.3f}{_beyond(e.systematic[row])}" for e in every]
        table.add_row(str(index), *label, *values)
    console.print(table)
    if found.images.credit:
        console.print(f"Images: {found.images.credit}", style="dim")


def _beyond(systematic: float) -> str:
    return "" if systematic == 0 else " ± unknown" if isnan(systematic) else f" ± {systematic:.3f}"


def write_decomposition(found: Decomposition, beside: Decomposition | None, made_by: str, out: Path) -> list[str]:
    """Write the figures, decomposition.json and decomposition.npz into a folder, and return the files' names.

    Parameters
    ----------
    found : what `decompose` returns
    beside : the same images by the exact denoiser, if `found` comes from networks
    made_by : a line about the networks, printed below the maps
    """
    from .draw.maps import plot_maps, plot_population, plot_totals

    figures = {"population.png": plot_population(found.encoder, found.images.pixels, int(found.chosen[0]))}
    featured = [name for name in found.estimates if found.maps(name) is not None]
    for name in featured:
        figures["maps.png" if len(featured) == 1 else f"maps_{name}.png"] = plot_maps(found, name, beside, made_by)
    if len(featured) < len(found.estimates):
        figures["totals.png"] = plot_totals(found)
    for name, figure in figures.items():
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=_DPI)
        write_whole(out / name, stream.getvalue())
    write_whole(out / "decomposition.npz", found.npz())
    data = found.to_json()
    if beside is not None:
        data["exact"] = beside.to_json()["measures"]
    write_whole(out / "decomposition.json", json_text(data))
    return [*figures, "decomposition.json", "decomposition.npz"]
