"""Sweeps of `stiminfo edit`: edits for all combinations of some settings, one row each, kept while they are made."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..diffusion.denoiser import Denoiser
from ..diffusion.editing import (
    PERTURBATIONS,
    Edits,
    Inverted,
    LeftTheImages,
    NotInvertible,
    Scores,
    edit,
    guides_with,
    inverted,
    score,
)
from ..diffusion.latents import LearnedGroups, World, factor_information
from ..diffusion.latents.groups import WHOLE
from ..errors import MALFORMED, OutputError
from ..files import json_text, write_whole

if TYPE_CHECKING:
    from rich.console import Console

    from ..models.arrays import Array

SCHEMA = 1
#: A group is there for a factor if it tells this share of its entropy.
MUCH = 1 / 3
#: Dots per inch of the figure in pixels.
_DPI = 200


@dataclass(frozen=True)
class Setting:
    """One combination: of a folder of groups, the seed of images and donors, and the options of that name."""

    groups: str
    seed: int
    level: float
    group: str
    condition: str
    guide: str
    scale: float


@dataclass(frozen=True)
class Common:
    """What all combinations of a sweep have in common.

    Attributes
    ----------
    perturb, amount, images : as the options
    checkpoint : the folder of networks that generate; "" for the exact denoiser
    """

    perturb: str
    amount: float
    images: int
    checkpoint: str = ""


def combinations(**values: Sequence[Any]) -> list[Setting]:
    """All combinations of settings, in the order of the fields."""
    names = list(Setting.__dataclass_fields__)
    return [Setting(*one) for one in itertools.product(*(dict.fromkeys(values[name]) for name in names))]


def chosen_images(world: World, count: int, seed: int) -> torch.Tensor:
    """Indices of the images to edit."""
    return torch.randperm(len(world), generator=torch.Generator().manual_seed(seed))[: min(count, len(world))]


def edited(
    learned: LearnedGroups, start: Inverted, setting: Setting, common: Common, of: str = ""
) -> tuple[Edits, Scores]:
    """Inverted images, edited along the setting's group (or another one, `of`), and the scores of that."""
    latents, group = learned.exact(), of or setting.group
    generator = torch.Generator().manual_seed(setting.seed + 1)
    changed = PERTURBATIONS[common.perturb](latents, group, start.images, common.amount, generator)
    guide = guides_with(learned.critics)[setting.guide]
    by = WHOLE if setting.condition == WHOLE else group
    found = edit(latents, start, changed, by, guide=guide, scale=setting.scale, seed=setting.seed)
    return found, score(learned.world, start.images.numpy(), changed.donors.numpy(), found.pictures)


class Sweep:
    """The rows of a sweep, in a folder that is written after each one.

    Parameters
    ----------
    out : the folder; rows that an earlier run left there are kept
    common, digests : what the rows have in common, and the groups' files; another sweep's rows are refused

    Raises
    ------
    OutputError
        The folder holds the rows of another sweep.
    """

    def __init__(self, out: Path, common: Common, digests: Mapping[str, Any]) -> None:
        self.path = out / "sweep.json"
        self.about = {"schema": SCHEMA, **asdict(common), "digests": dict(digests)}
        self.rows: dict[Setting, dict[str, Any]] = {}
        if not self.path.is_file():
            return
        other = OutputError(f"{self.path}: holds a sweep of other settings or groups; give another --out, or remove it")
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            known = dict(data.pop("digests"))
            same = all(known.get(name, digest) == digest for name, digest in digests.items())
            rows = data.pop("rows")
            if not same or data != {name: value for name, value in self.about.items() if name != "digests"}:
                raise other
            self.about["digests"] = known | dict(digests)
            names = Setting.__dataclass_fields__
            self.rows = {Setting(**{name: row[name] for name in names}): row for row in rows}
        except MALFORMED:
            raise other from None

    def add(self, setting: Setting, row: dict[str, Any]) -> None:
        """Keep a row."""
        self.rows[setting] = asdict(setting) | row
        write_whole(self.path, json_text({**self.about, "rows": list(self.rows.values())}))


def run(
    sweep: Sweep,
    settings: Sequence[Setting],
    common: Common,
    load: Callable[[str], LearnedGroups],
    networks: Callable[[World], Denoiser | None],
    progress: Callable[[int, int], None] | None = None,
) -> list[dict[str, Any]]:
    """Make the rows that are not there yet, and return those of all settings, in their order.

    Parameters
    ----------
    load : a folder of groups by its name
    networks : the denoiser that generates images of a world, or None for the exact one
    progress : called with the settings done and their number
    """
    loaded: dict[str, LearnedGroups] = {}
    starts: dict[tuple[str, int, float], Inverted | NotInvertible] = {}
    for done, setting in enumerate(settings):
        if setting not in sweep.rows:
            if setting.groups not in loaded:
                loaded[setting.groups] = load(setting.groups)
            learned = loaded[setting.groups]
            place = (setting.groups, setting.seed, setting.level)
            if place not in starts:
                starts = {place: _start(learned, setting, common, networks(learned.world))}
            sweep.add(setting, _row(learned, starts[place], setting, common))
        if progress is not None:
            progress(done + 1, len(settings))
    return [sweep.rows[setting] for setting in settings]


def _start(
    learned: LearnedGroups, setting: Setting, common: Common, network: Denoiser | None
) -> Inverted | NotInvertible:
    images = chosen_images(learned.world, common.images, setting.seed)
    try:
        return inverted(learned.exact(), images, setting.level, network)
    except NotInvertible as error:
        return error


def _row(learned: LearnedGroups, start: Inverted | NotInvertible, setting: Setting, common: Common) -> dict[str, Any]:
    """Scores of one setting; where edits cannot be made, only the reason."""
    told = factor_information(learned.exact().channel(setting.group), learned.world, seed=setting.seed).shares
    target = int(np.argmax(told))
    names = learned.world.names
    about = {"target": names[target], "told": float(told[target])}
    if isinstance(start, NotInvertible):
        return about | {"error": str(start)}
    try:
        found, scores = edited(learned, start, setting, common)
    except LeftTheImages as error:
        return about | {"error": str(error)}
    others = [f for f in range(len(names)) if f not in targets(told) and learned.world.entropies[f] > 0]
    return about | {
        "took": _known(scores.taken[target]),
        "kept": _known(min((scores.kept[f] for f in others), default=math.nan)),
        "taken": {name: _known(value) for name, value in zip(names, scores.taken)},
        "kept_by_factor": {name: _known(value) for name, value in zip(names, scores.kept)},
        "distance": float(found.off.mean()),
        "depth": float(found.depth.min()),
        "round_trip": start.round_trip,
    }


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def targets(told: Array) -> list[int]:
    """The factors that a group is there for: that of which it tells most, and all of which it tells `MUCH` or more.

    Parameters
    ----------
    told : (F,) the share of each factor's entropy
    """
    return [f for f, share in enumerate(told) if share >= MUCH or f == int(np.argmax(told))]


def varied(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The settings that differ between rows; the group, if none does."""
    names = [name for name in Setting.__dataclass_fields__ if len({row[name] for row in rows}) > 1]
    return names or ["group"]


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
        table.add_column(name, justify="left" if name == "target" else "right")
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
