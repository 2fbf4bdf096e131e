"""`World`: images whose factors are known, and how each factor's values relate to one another."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from ...errors import MALFORMED, ModelError, UnknownName, nearest
from ...models.arrays import Array, as_real_array, frozen, refuse

#: What the values of a factor are: labels without order, numbers on a line, or numbers on a circle.
KINDS = ("nominal", "line", "circle")


@dataclass(frozen=True, eq=False)
class World:
    """N different images, all equally probable, with the value of each of F factors.

    Attributes
    ----------
    images : (N, h, w) pixels between 0 and 1, float32
    factors : (N, F) codes: which of its values each factor has
    names : F names of the factors
    values : for each factor its values, by code: text, or numbers in rising order
    circular : for each factor its period, or None where it is not on a circle
    responses : (N, K) or, with M trials per image, (N, M, K), if responses were measured; else None
    name : of the world, for titles and files

    Raises
    ------
    ModelError
        An array is not as described; the message names the entry.
    """

    images: Array
    factors: Array
    names: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]
    circular: tuple[float | None, ...] = ()
    responses: Array | None = None
    name: str = "world"

    def __post_init__(self) -> None:
        images = as_real_array(self.images, "images", (None, None, None), "(N, h, w)")
        if 0 in images.shape or len(images) < 2:
            raise ModelError(f"images have shape {images.shape}; expected (N, h, w) with at least two images")
        refuse((images < 0) | (images > 1), images, "images", "; expected pixels between 0 and 1")
        codes = as_real_array(self.factors, "factors", (None, None), "(N, F)")
        if len(codes) != len(images):
            raise ModelError(f"factors are given for {len(codes)} images; there are {len(images)} images")
        circular = self.circular or (None,) * len(self.names)
        if not codes.shape[1] == len(self.names) == len(self.values) == len(circular) > 0:
            raise ModelError(
                f"factors have {codes.shape[1]} columns; {len(self.names)} names, {len(self.values)} lists of values "
                f"and {len(circular)} periods are given"
            )
        if not all(isinstance(name, str) and name for name in self.names):
            raise ModelError(f"the factors are named {tuple(self.names)!r}; expected texts")
        if len(set(self.names)) < len(self.names):
            raise ModelError(f"the factors are named {', '.join(self.names)}; expected names that differ")
        for f, (name, values) in enumerate(zip(self.names, self.values)):
            wrong = (codes[:, f] != codes[:, f].round()) | (codes[:, f] < 0) | (codes[:, f] >= len(values))
            refuse(wrong, codes[:, f], f"factor {name}", f"; expected codes from 0 to {len(values) - 1}")
            if other := [value for value in values if not (isinstance(value, str) or _is_number(value))]:
                raise ModelError(f"factor {name} has the value {other[0]!r}; expected texts or finite numbers")
        self._check_periods(circular)
        images = images.astype(np.float32)
        self._check_distinct(images)
        object.__setattr__(self, "images", frozen(images))
        object.__setattr__(self, "factors", frozen(codes.astype(np.int64)))
        object.__setattr__(self, "circular", tuple(circular))
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "values", tuple(tuple(v) for v in self.values))
        if self.responses is not None:
            object.__setattr__(self, "responses", self._checked_responses())

    def _check_periods(self, circular: Sequence[float | None]) -> None:
        for name, values, period in zip(self.names, self.values, circular):
            if period is None:
                continue
            if any(isinstance(value, str) for value in values):
                raise ModelError(f"factor {name} has text values; only numbers lie on a circle")
            if not (_is_number(period) and period > 0):
                raise ModelError(f"the period of {name} is {period}; expected a positive number")
            turned = np.sort(np.array(values, dtype=float) % period)
            if len(np.unique(turned.round(9))) < len(turned):
                raise ModelError(f"two values of {name} are the same on a circle of period {period:g}")

    @staticmethod
    def _check_distinct(images: Array) -> None:
        flat = np.ascontiguousarray(images.reshape(len(images), -1))
        seen: dict[bytes, int] = {}
        for n, row in enumerate(flat):
            if (first := seen.setdefault(row.tobytes(), n)) != n:
                raise ModelError(f"images {first} and {n} are the same; expected each image once, with all its trials")

    def _checked_responses(self) -> Array:
        responses = as_real_array(self.responses, "responses")
        if responses.ndim not in (2, 3) or 0 in responses.shape:
            raise ModelError(
                f"responses have shape {responses.shape}; expected (N, K), or (N, M, K) with M trials per image"
            )
        if len(responses) != len(self.images):
            raise ModelError(f"responses are given for {len(responses)} images; there are {len(self.images)} images")
        return frozen(responses)

    # -- what follows from it -------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def flat(self) -> Array:
        """The images as vectors, (N, h w), float64."""
        return frozen(self.images.reshape(len(self), -1).astype(np.float64))

    @property
    def kinds(self) -> tuple[str, ...]:
        """What each factor's values are: one of `KINDS`."""
        return tuple(
            "circle" if period is not None else "nominal" if any(isinstance(v, str) for v in values) else "line"
            for values, period in zip(self.values, self.circular)
        )

    @cached_property
    def entropies(self) -> Array:
        """H of each factor, (F,), nats."""
        shares = (np.bincount(codes) / len(self) for codes in self.factors.T)
        return np.array([-sum(p * math.log(p) for p in share if p > 0) for share in shares])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of images and factors, in hexadecimal."""
        found = hashlib.sha256(self.images.tobytes() + self.factors.astype("<i8").tobytes())
        found.update(repr((self.images.shape, self.names, self.values, self.circular)).encode())
        return found.hexdigest()

    def column(self, factor: str) -> int:
        """The column of a factor; raises `UnknownName` for a name that does not exist."""
        if factor not in self.names:
            raise UnknownName(f"unknown factor {factor!r}{nearest(factor, self.names)}")
        return self.names.index(factor)

    def coordinates(self, factor: str) -> Array:
        """A factor's values as vectors, (V, c).

        Indicators of labels, (cos, sin) of a position on a circle, or standardised numbers.
        """
        f = self.column(factor)
        if self.kinds[f] == "nominal":
            return np.eye(len(self.values[f]))
        numbers = np.array(self.values[f], dtype=float)
        if (period := self.circular[f]) is not None:
            angle = 2 * np.pi * numbers / period
            return np.stack([np.cos(angle), np.sin(angle)], axis=1)
        spread = float(numbers.std())
        return (numbers - numbers.mean())[:, None] / (spread if spread > 0 else 1.0)

    def rows(self, **wanted: Any) -> Array:
        """Indices of the images with these values: ``rows(category="drop", stripes=[0.0, 0.8])``."""
        keep = np.ones(len(self), dtype=bool)
        for factor, value in wanted.items():
            f = self.column(factor)
            options = value if isinstance(value, list | tuple | set) else [value]
            keep &= np.isin(self.factors[:, f], [code for code, v in enumerate(self.values[f]) if v in options])
        return np.flatnonzero(keep)

    def subset(self, rows: Any) -> Self:
        """The world of some of the images, by index or mask; factors keep their values and codes."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(int)
        responses = None if self.responses is None else self.responses[rows]
        return replace(self, images=self.images[rows], factors=self.factors[rows], responses=responses)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(values)} {name}" for name, values in zip(self.names, self.values))
        return (
            f"World({self.name}: {len(self)} images of {' x '.join(map(str, self.images.shape[1:]))} pixels; {sizes})"
        )


def _is_number(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except MALFORMED:
        return False
