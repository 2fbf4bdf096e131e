"""What `stiminfo edit` finds: edits of images along a group of latents, and their scores; printed and written."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..diffusion.editing import DEEP, Edits, Inverted, Scores, agreement, counts_as_same, steps_apart
from ..diffusion.latents import World
from ..files import json_text, write_whole
from ..models.arrays import Array
from .latent_groups import percent

if TYPE_CHECKING:
    from rich.console import Console

    from ..estimators.estimate import Estimate

#: Dots per inch of the figure in pixels.
_DPI = 200


@dataclass(frozen=True, eq=False)
class EditReport:
    """Edits along one group, and what they show.

    Attributes
    ----------
    world : World
    group : the group that was changed
    settings : of the command, as plain JSON values
    start, edits, scores : how the images became noise, what was generated, and the scores of that
    shares : for each group the share of each factor's entropy that it tells, (F,)
    matrix : for each group the share of edits along it that took each factor, (F,); empty where that was not computed
    shown : (n,) rows of the edits that are drawn
    maps : I_local of the group at their images, nats
    least : for each group lower bounds of `shares`, by held-out trials; empty where there are none
    """

    world: World
    group: str
    settings: Mapping[str, Any]
    start: Inverted
    edits: Edits
    scores: Scores
    shares: Mapping[str, Array]
    matrix: Mapping[str, Array]
    shown: Array
    maps: Estimate
    least: Mapping[str, Array] = field(default_factory=dict)

    def told(self, factor: int) -> str:
        """What the group tells of a factor, in words, as `stiminfo groups` prints it."""
        low = self.least[self.group][factor] if self.group in self.least else None
        return percent(self.shares[self.group][factor], low)

    @property
    def same(self) -> str:
        """How near a value counts as the same, by factor, in words; "" where only the value itself does."""
        found = ((name, counts_as_same(self.world, f)) for f, name in enumerate(self.world.names))
        return ", ".join(f"{name} {says}" for name, says in found if says)

    @property
    def depth(self) -> float:
        """The least probable latents that were edited towards, nats below typical ones."""
        return float(self.edits.depth.min())

    @property
    def pearson(self) -> float:
        """Correlation of the matrix of edits with the shares of information; NaN if unknown."""
        return agreement(self.matrix, self.shares) if self.matrix else math.nan

    def to_json(self) -> dict[str, Any]:
        """Scores and settings as plain JSON values; unknown numbers are null."""
        scores, names = self.scores, self.world.names
        by_name = {
            what: {group: _named(names, row) for group, row in rows.items()}
            for what, rows in (("matrix", self.matrix), ("shares", self.shares), ("at_least", self.least))
        }
        return {
            "group": self.group,
            **self.settings,
            "taken": _named(names, scores.taken),
            "kept": _named(names, scores.kept),
            "counts_as_same": {name: counts_as_same(self.world, f) for f, name in enumerate(names)},
            "donors_that_differ": {name: int(n) for name, n in zip(names, scores.donors)},
            "round_trip": self.start.round_trip,
            "residual": float(self.start.inversion.residual.max()),
            "depth": self.depth,
            "distance": {"mean": float(self.edits.off.mean()), "largest": float(self.edits.off.max())},
            **by_name,
            "pearson": _known(self.pearson),
            "map_totals": {
                "rows": self.shown.tolist(),
                "nats": self.maps.value.tolist(),
                "stderr": self.maps.stderr.tolist(),
            },
            "images": self.start.images.tolist(),
            "donors": self.edits.perturbed.donors.tolist(),
            "edits": scores.found.tolist(),
        }


def worth_seeing(world: World, shares: Array, images: Array, donors: Array, count: int) -> Array:
    """Rows of edits to draw: first those whose donor differs most in the factor that the group tells most, (count,)."""
    factor = int(np.argmax(shares))
    codes = world.factors[:, factor]
    apart = steps_apart(world, factor, codes[images], codes[donors])
    return np.argsort(-apart, kind="stable")[:count]


def _named(names: tuple[str, ...], row: Array) -> dict[str, float | None]:
    return {name: _known(value) for name, value in zip(names, row)}


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def print_edits(report: EditReport, console: Console) -> None:
    """Print a table of factors: what the group tells, what edits along it took, and what they kept."""
    from rich.table import Table

    count = len(report.start.images)
    table = Table(title=f"{count} images edited along {report.group}", title_justify="left")
    table.add_column("factor")
    table.add_column(f"{report.group} tells", justify="right", overflow="fold")
    table.add_column(
        "took the donor's" if report.edits.perturbed.given else "reached the value asked for",
        justify="right",
        overflow="fold",
    )
    table.add_column("kept its own, of all", justify="right", overflow="fold")
    for f, name in enumerate(report.world.names):
        donors = report.scores.donors[f]
        took = "no donor differs" if donors == 0 else f"{report.scores.taken[f]:.0%} of {donors} that differ"
        table.add_row(name, report.told(f), took, f"{report.scores.kept[f]:.0%}")
    console.print(table)
    for line in _sentences(report):
        console.print(line, highlight=False, markup=False)


def _sentences(report: EditReport) -> list[str]:
    lines = [f"counts as the same value: {report.same}"] if report.same else []
    lines += [
        f"round trip without a guide: {report.start.round_trip:.1g} of a pixel (residual "
        f"{float(report.start.inversion.residual.max()):.1g}, {report.start.inversion.passes} passes)",
        f"distance from an edit to the nearest image: {report.edits.off.mean():.2g} on average, at most "
        f"{report.edits.off.max():.2g}",
    ]
    if report.depth >= DEEP:
        lines.append(f"depth: the least probable latents lie {report.depth:+.1f} nats from typical ones")
    if report.settings.get("law") == "fitted":
        lines.append("what the groups tell is estimated from the trials, as in `stiminfo groups`, and so is the guide")
    if np.isfinite(report.pearson):
        lines.append(
            f"edits along all groups against what each group tells: Pearson's correlation {report.pearson:.2f} "
            f"({len(report.matrix)} groups, {len(report.world.names)} factors)"
        )
    return lines


def warning_of_depth(report: EditReport) -> str:
    """A warning that the latents are of no image; "" if they are."""
    if report.depth >= DEEP:
        return ""
    deep = int((report.edits.depth < DEEP).sum())
    return (
        f"{deep} of {len(report.edits.depth)} perturbed latents are of no image: their density given the best image "
        f"lies up to {-report.depth:.0f} nats below that of typical latents. The edits extrapolate, and do not show "
        f"what {report.group} encodes; give a smaller --amount, or --perturb donor"
    )


def write_edits(report: EditReport, out: Path) -> list[str]:
    """Write edits.png, edits.svg and edits.json into a folder, and return their names."""
    from .draw.edits import plot_edits

    figure = plot_edits(report)
    files: dict[str, str | bytes] = {}
    for kind in ("png", "svg"):
        stream = io.BytesIO()
        figure.savefig(stream, format=kind, dpi=_DPI)
        files[f"edits.{kind}"] = stream.getvalue()
    files["edits.json"] = json_text(report.to_json())
    for name, content in files.items():
        write_whole(out / name, content)
    return list(files)
