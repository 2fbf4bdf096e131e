"""A user's own world: images and responses from .npy files, factors from a table of text."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ModelError, UnknownName, nearest
from ...files import no_such_file
from ...models.arrays import Array
from ...models.recordings.sheet import others
from ..datasets import images_from_file, read_array
from .world import World

#: What may stand between the columns of a table.
_SEPARATORS = (",", ";", "\t")
#: Largest table of factors, bytes.
_MOST_BYTES = 1 << 28


def read_world(
    images: Path,
    factors: Path,
    responses: Path | None = None,
    *,
    circular: Mapping[str, float] | None = None,
    nominal: Sequence[str] = (),
) -> World:
    """A world from files; nothing in them is run.

    Parameters
    ----------
    images : .npy or .npz, (N, h, w); values outside 0..1 are scaled
    factors : a table of text with a header that names the factors, and one row per image
    responses : .npy or .npz, (N, K), or (N, M, K) with M trials per image
    circular : the period of each factor that lies on a circle
    nominal : factors whose numbers are labels without order

    Raises
    ------
    ModelError
        A file cannot be read, or they do not fit each other; the message names the file and the entry.
    UnknownName
        A circular or nominal factor is not in the table.
    """
    periods = dict(circular or {})
    pixels = images_from_file(images).pixels
    names, columns = _table(factors)
    for name in (*periods, *nominal):
        if name not in names:
            raise UnknownName(f"{factors}: holds no factor {name!r}{nearest(name, names)}")
    if len(columns[0]) != len(pixels):
        raise ModelError(f"{factors}: has {len(columns[0])} rows; {images} holds {len(pixels)} images")
    trials = None if responses is None else read_array(responses, "responses", (2, 3))
    if trials is not None and len(trials) != len(pixels):
        raise ModelError(f"{responses}: holds responses to {len(trials)} images; {images} holds {len(pixels)} images")
    coded = [_coded(factors, name, column, name in nominal) for name, column in zip(names, columns)]
    codes = np.stack([code for code, _ in coded], axis=1)
    period_of = tuple(periods.get(name) for name in names)
    return World(pixels, codes, names, tuple(values for _, values in coded), period_of, trials, images.stem)


def _table(path: Path) -> tuple[tuple[str, ...], list[list[str]]]:
    """The header and the columns of a table."""
    if not path.is_file():
        raise ModelError(f"{path}: is a folder; expected a table" if path.is_dir() else no_such_file(path))
    if path.stat().st_size > _MOST_BYTES:
        raise ModelError(f"{path}: too large for a table of factors")
    try:
        text = path.read_text(encoding="utf-8-sig")
        first = text.lstrip().partition("\n")[0]
        between = max(_SEPARATORS, key=first.count)  # the first of those that are as frequent
        lines = csv.reader(io.StringIO(text), delimiter=between)
        rows = [[cell.strip() for cell in row] for row in lines if any(map(str.strip, row))]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ModelError(f"{path}: not a table in UTF-8 ({error})") from None
    if len(rows) < 2:
        raise ModelError(f"{path}: expected a header that names the factors, and a row per image")
    header, body = rows[0], rows[1:]
    if all(_number(cell) is not None for cell in header):
        raise ModelError(f"{path}: begins with numbers ({', '.join(header)}); expected a header that names the factors")
    if "" in header or len(set(header)) < len(header):
        raise ModelError(f"{path}: the header is {', '.join(header)}; expected names that differ")
    if short := [i for i, row in enumerate(body) if len(row) != len(header) or "" in row]:
        row = body[short[0]]
        if len(row) == len(header):
            raise ModelError(
                f"{path}: row {short[0] + 2}, column {header[row.index('')]!r} is empty; expected a value"
                + _others(short)
            )
        raise ModelError(
            f"{path}: row {short[0] + 2} has {len(row)} value{'s' * (len(row) != 1)}; the header names {len(header)} "
            f"factors{_others(short)}"
        )
    return tuple(header), [list(column) for column in zip(*body)]


def _coded(path: Path, name: str, column: list[str], label: bool) -> tuple[Array, tuple[Any, ...]]:
    """Codes (N,) and the values that they stand for: numbers in rising order, or text."""
    numbers = [_number(cell) for cell in column]
    if label or any(number is None for number in numbers):
        values: list[Any] = sorted(set(column))
        return np.array([values.index(cell) for cell in column]), tuple(values)
    if not np.isfinite(np.array(numbers, dtype=float)).all():
        bad = np.flatnonzero(~np.isfinite(np.array(numbers, dtype=float))).tolist()
        raise ModelError(
            f"{path}: {name} is {column[bad[0]]} in row {bad[0] + 2}; expected finite numbers, or text{_others(bad)}"
        )
    found, codes = np.unique(np.array(numbers, dtype=float), return_inverse=True)
    return codes.ravel(), tuple(float(value) for value in found)


def _others(rows: list[int]) -> str:
    return others([f"row {i + 2}" for i in rows])


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
