"""A sweep in the terminal, as a table of comma-separated values and as a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..files import write_whole
from .sweeps import Setting, varied

if TYPE_CHECKING:
    from rich.console import Console

#: Dots per inch of the figure in pixels.
_DPI = 200


def print_sweep(rows: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print a table with one row per combination of what differs."""
    from rich.table import Table

    names = varied(rows)
    shown = names if "group" in names else ["group", *names]
    title = "Shares of edits that took the value asked for, and that kept what the group does not tell"
    table = Table(title=title, title_justify="left")
    for name in shown:
        table.add_column(name)
    for name in ("target", "took", "kept each other factor", "distance to the nearest image"):
        table.add_column(name, justify="left" if name == "target" else "right", overflow="fold")
    for row in rows:
        cells = [f"{row[name]:g}" if isinstance(row[name], float) else str(row[name]) for name in shown]
        if "error" in row:
            table.add_row(*cells, row["target"], "no edit", "", "")
        else:
            took = "no donor differs" if row["took"] is None else f"{row['took']:.0%}"
            kept = "" if row["kept"] is None else f"{row['kept']:.0%}"
            table.add_row(*cells, row["target"], took, kept, f"{row['distance']:.2g}")
    console.print(table)
    for error in dict.fromkeys(row["error"] for row in rows if "error" in row):
        console.print(f"no edit: {error}", highlight=False, markup=False)


def write_sweep(rows: Sequence[Mapping[str, Any]], out: Path) -> list[str]:
    """Write sweep.csv, sweep.png and sweep.svg into a folder, beside sweep.json; returns all names."""
    from .draw.sweep import plot_sweep

    stream = io.StringIO()
    columns = [
        *Setting.__dataclass_fields__,
        "target",
        "told",
        "took",
        "kept",
        "distance",
        "depth",
        "round_trip",
        "error",
    ]
    table = csv.DictWriter(stream, columns, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_whole(out / "sweep.csv", stream.getvalue())
    figure = plot_sweep(rows)
    for kind in ("png", "svg"):
        drawn = io.BytesIO()
        figure.savefig(drawn, format=kind, dpi=_DPI)
        write_whole(out / f"sweep.{kind}", drawn.getvalue())
    return ["sweep.json", "sweep.csv", "sweep.png", "sweep.svg"]
