"""Whether networks denoise worse than the best linear guess, from their losses on held-out images."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import MALFORMED

#: A network's loss counts as worse where it exceeds the linear loss by this share. Where the linear guess is the best
#: one (at the highest noise levels), trained networks stay within 1%, too little to show in an estimate.
MARGIN = 0.05
#: The excess must also be this many standard errors. Of 16 losses (8 bands, without and with responses) that equal the
#: linear ones, chance takes one so far in 1 of 50 checkpoints.
DOUBT = 3.0
#: The standard error, as a share of the linear loss, that is assumed for older checkpoints, which hold none: about that
#: of 512 noisy 8 x 8 images.
_OLD_DOUBT = 0.02

#: The suffix of a loss in a row, and its words in the warning.
_ROLES = {"": "without responses", "_given": "with responses"}


@dataclass(frozen=True)
class Worse:
    """A band of noise levels in which the networks are worse than the linear denoiser.

    Attributes
    ----------
    low, high : the levels gamma between which the band lies
    given : whether the networks saw the responses
    excess : by how much the networks' loss exceeds the linear one, as a share of the linear one
    """

    low: float
    high: float
    given: bool
    excess: float


def worse_bands(rows: Any) -> list[Worse]:
    """The bands in which the networks are worse than the best linear denoiser, by more than `MARGIN` and chance.

    Parameters
    ----------
    rows : the rows of `held_out_losses`; a row without such numbers is skipped
    """
    found = []
    for row in rows if isinstance(rows, list) else []:
        for suffix in _ROLES:
            try:
                low, high = float(row["low"]), float(row["high"])
                network, linear = float(row[f"network{suffix}"]), float(row[f"linear{suffix}"])
                doubt = float(row.get(f"stderr{suffix}", _OLD_DOUBT * linear))
            except MALFORMED:
                continue
            excess = network - linear
            if linear > 0 and excess > max(MARGIN * linear, DOUBT * doubt):
                found.append(Worse(low, high, bool(suffix), excess / linear))
    return found


def caution_about(rows: Any, many: str = "images") -> str:
    """A warning for the user of networks whose held-out losses are worse than linear; "" if they are not.

    Parameters
    ----------
    rows : the rows of `held_out_losses`
    many : what the stimuli are called
    """
    parts = [_said(words, [w for w in worse_bands(rows) if w.given == bool(s)]) for s, words in _ROLES.items()]
    where = "; ".join(part for part in parts if part)
    if not where:
        return ""
    return (
        f"these networks denoise held-out {many} worse than the best linear denoiser: {where}. Estimates made with "
        "them are wrong by an unknown amount, which their standard errors do not show; train for longer"
    )


def _said(words: str, bands: list[Worse]) -> str:
    """The noise levels of the bands, with neighbouring bands joined, and the largest excess."""
    if not bands:
        return ""
    joined = ", ".join(f"gamma {low:.2g} to {high:.2g}" for low, high in _joined(bands))
    most = max(band.excess for band in bands)
    return f"{words} at {joined} (by up to {most:.0%})"


def _joined(bands: Iterable[Worse]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for band in bands:
        if joined and math.isclose(joined[-1][1], band.low, rel_tol=1e-6):
            joined[-1] = (joined[-1][0], band.high)
        else:
            joined.append((band.low, band.high))
    return joined
