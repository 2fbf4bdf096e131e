"""`Bias`: how far estimates may be off, in a form that is kept with networks and applied to any stimulus."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor

from ..errors import MALFORMED, ModelError

#: Parts of the range of log gamma.
BANDS = 8
#: Standard deviations that bound the error at a single stimulus in 95 cases of 100.
_WIDE = 2.0


@dataclass(frozen=True)
class Bias:
    """How far estimates may be off, relative to their values.

    Attributes
    ----------
    low, high : the levels gamma between which it was measured
    gap : (`BANDS`,) what the estimates say too much, by errors, in each part of the range of log gamma, as a share of
        what they say there, or of a small share of the total where that is more
    whole, doubt : the same of a total, and its standard error
    incomplete : what the mean of totals differs from I(R;X), with its standard error; 0 where that is not known
    single : standard deviation of the errors of single stimuli's totals, beside what all have in common: a share of the
        total, or of the usual one where the total is less
    usual : the mean total, nats; 0 where it is not known
    """

    low: float
    high: float
    gap: tuple[float, ...]
    whole: float
    doubt: float
    incomplete: float
    single: float
    usual: float = 0.0

    def at(self, gamma: Tensor) -> Tensor:
        """The gap at levels gamma, of their shape."""
        place = (gamma.log() - math.log(self.low)) / math.log(self.high / self.low)
        table = torch.tensor(self.gap, dtype=gamma.dtype, device=gamma.device)
        return table[(place * len(table)).long().clamp(0, len(table) - 1)]

    @property
    def common(self) -> float:
        """What all totals share."""
        return max(abs(self.whole) + self.doubt, self.incomplete)

    def of(self, value: Tensor, gap: Tensor) -> Tensor:
        """The systematic error of totals (n,), from their gaps (n,), both in nats."""
        size = value.abs().clamp_min(self.usual)  # what is missing in sum may be missing where little is found
        common = torch.maximum(gap.abs() + self.doubt * value.abs(), self.incomplete * size)
        return torch.hypot(common, _WIDE * self.single * size)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"gap": list(self.gap)}

    @classmethod
    def from_json(cls, data: Any) -> Bias:
        """Read what `to_json` wrote; raises `ModelError` for anything else."""
        names = [entry.name for entry in fields(cls)]
        try:
            data = {"usual": 0.0} | dict(data)  # older files do not know it
            numbers = {name: float(data[name]) for name in names if name != "gap"}
            found = cls(**numbers, gap=tuple(float(part) for part in data["gap"]))
        except MALFORMED as error:
            raise ModelError(f"this does not describe a bias ({error})") from None
        if not all(map(math.isfinite, [*numbers.values(), *found.gap])) or not 0 < found.low < found.high:
            raise ModelError("this does not describe a bias")
        return found


#: Of a denoiser that cannot draw stimuli.
UNKNOWN = Bias(1.0, 2.0, (math.nan,) * BANDS, *(math.nan,) * 5)
