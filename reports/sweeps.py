"""What a sweep of `stiminfo edit` is: its settings, and its rows, kept in a folder while they are made."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import MALFORMED, OutputError
from ..files import json_text, write_whole

SCHEMA = 1


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


def varied(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The settings that differ between rows; the group, if none does."""
    names = [name for name in Setting.__dataclass_fields__ if len({row[name] for row in rows}) > 1]
    return names or ["group"]
