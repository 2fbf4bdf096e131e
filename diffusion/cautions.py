"""Whether networks denoise worse than the best linear guess, from their losses on held-out images."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: A loss counts as worse than the linear one from this share on. Trained networks stay within 1% of the linear loss
#: where the linear guess is the best one (the highest levels of noise): so little is lost there that no estimate shows
#: it.
MARGIN = 0.05
#: ... and only where it is more standard errors of the difference than this. Of 16 losses (8 bands, without and with
#: responses) that are as good as linear, chance finds one so far off in one checkpoint of 50.
DOUBT = 3.0
#: Standard error of the difference, as a share of the linear loss, where a checkpoint is older than the errors: about
#: what 512 views of an 8 x 8 image give.
_OLD_DOUBT = 0.02

#: The suffix of a loss in a row, and how to say it.
_ROLES = {"": "without responses", "_given": "with responses"}


@dataclass(frozen=True)
class Worse:
    """One band of noise levels in which networks are worse than linear.

    Attributes
    ----------
    low, high : levels of the band
    given : whether responses are given
    excess : of the networks' loss over the linear one, as a share of it
    """

    low: float
    high: float
    given: bool
    excess: float


def worse_bands(rows: Any) -> list[Worse]:
    """The bands in which networks are worse than the best linear denoiser, by more than chance and `MARGIN`.

    Parameters
    ----------
    rows : what `held_out_losses` found; a row that holds no such numbers says nothing
    """
    found = []
    for row in rows if isinstance(rows, list) else []:
        for suffix in _ROLES:
            try:
                low, high = float(row["low"]), float(row["high"])
                network, linear = float(row[f"network{suffix}"]), float(row[f"linear{suffix}"])
                doubt = float(row.get(f"stderr{suffix}", _OLD_DOUBT * linear))
            except (KeyError, TypeError, ValueError, AttributeError):
                continue
            excess = network - linear
            if linear > 0 and excess > max(MARGIN * linear, DOUBT * doubt):
                found.append(Worse(low, high, bool(suffix), excess / linear))
    return found


def caution_about(rows: Any) -> str:
    """What a user of the networks has to know about their held-out losses, in a sentence or two; "" if nothing."""
    parts = [_said(words, [w for w in worse_bands(rows) if w.given == bool(s)]) for s, words in _ROLES.items()]
    told = "; ".join(part for part in parts if part)
    if not told:
        return ""
    return (
        f"these networks denoise held-out images worse than the best linear denoiser: {told}. What is estimated with "
        "them is wrong by an unknown amount, which its standard error does not show; train for longer"
    )


def _said(words: str, bands: list[Worse]) -> str:
    """The noise levels of some bands, neighbours joined, and by how much the worst of them is worse."""
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
