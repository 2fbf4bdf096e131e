"""What the paper says about its figures 3 and 5, checked for the parameters chosen here and for others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ....models import Mixture
from ..compared import largest_gap, largest_rise
from ..models import each, magnitude, magnitude_of, two_neurons, varied
from .claim import CONFIRMED, Result, claim
from .table_one import verdict_of

#: Numerical error of the exact engine at these resolutions, in nats.
_SMALL = 1e-6
#: Number of nodes where only a sign matters.
_FEWER = 151
#: Parameters for which the statements on figure 3 are checked; the first are those of the figure.
MAGNITUDE = (*varied(weight=(0.05, 0.02), mode_sd=(0.4,), noise=(0.7, 1.4)), {"weight": 0.05, "noise": 0.7})
#: Modes as unequal as in the figure, but wider, or with less noise.
SHARPER = ({"noise": 0.4}, {"noise": 0.2}, {"mode_sd": 0.6, "noise": 0.5}, {"mode_sd": 0.9})
#: Modes that are less unequal than in the figure.
MILDER = ({"weight": 0.2}, {"weight": 0.3}, {"weight": 0.3, "noise": 1.4})
#: Parameters for which the statements on figure 5 are checked.
TWO_NEURONS: tuple[dict[str, Any], ...] = (
    {"height": 2.0},
    {"height": 1.0},
    {"height": 1.5, "centres": (-1.2, 1.2)},
    {"height": 1.5, "centres": (0.0, 0.5)},
    {"height": 1.5, "widths": (0.3, 0.8)},
)


@claim(
    "fig-3-rise",
    "Fig. 3D to F; section 5.3",
    "Under a bimodal prior I_SSI and I_sp rise at some stimuli and fall at others when r is replaced by |r|.",
    CONFIRMED,
)
def ssi_and_sp_rise() -> Result:
    found = each(magnitude, MAGNITUDE)
    names = ("i_ssi", "i_sp")
    rises = [largest_rise(one, name) for one in found for name in names]
    falls = [float(one.change(name)[one.likely()].min()) for one in found for name in names]
    equal = [
        largest_rise(one, name) for one in each(magnitude, [m | {"weight": 0.5} for m in MAGNITUDE]) for name in names
    ]
    sharper = each(magnitude, SHARPER, nodes=_FEWER)
    only = sum(largest_rise(one, "i_ssi") < -0.005 < 0.005 < largest_rise(one, "i_sp") for one in sharper)
    milder = each(magnitude, MILDER)
    also = {name: sum(largest_rise(one, name) > 0.005 for one in milder) for name in names}
    return Result(
        min(rises) > 0.005 and max(falls) < -0.005,
        f"modes of 1 to 9 or more and noise of 0.7 or more ({len(found)} choices of parameters): both rise, by "
        f"{min(rises):.3f} to {max(rises):.3f} nats, and fall, by {-max(falls):.3f} to {-min(falls):.3f}; with less "
        f"noise or wider modes only I_sp rises, on {only} of {len(sharper)}; with 2 to 8 or 3 to 7 I_SSI rises on "
        f"{also['i_ssi']} and I_sp on {also['i_sp']} of {len(milder)}; with modes that mirror each other about 0 "
        f"neither does (largest change {max(equal):.2g}). The text does not say which modes Fig. 3A has",
    )


@claim(
    "fig-3-symmetric",
    "Beside Fig. 3",
    "Under a prior and noise that are symmetric about 0 neither I_SSI nor I_sp rises at any stimulus.",
    CONFIRMED,
    ours=True,
)
def symmetric_never_rises() -> Result:
    rng = np.random.default_rng(0)
    worst = -np.inf
    for _ in range(12):
        weight, mean, sd = rng.uniform(0.1, 0.9), rng.uniform(0.2, 2), rng.uniform(0.2, 1)
        prior = Mixture((weight / 2, 1 - weight, weight / 2), (-mean, 0.0, mean), (sd, sd, sd))
        one = magnitude_of(prior, float(rng.uniform(0.4, 1.5)), 201, "symmetric")
        worst = max(worst, *(largest_rise(one, name) for name in ("i_ssi", "i_sp")))
    return Result(
        worst < _SMALL,
        f"largest rise {worst:.1g} nats on 12 symmetric priors. Proof: the posterior given |r| is the mean of "
        "those given r and -r, which mirror each other and have the same entropy, so H(X| |r|) >= H(X|r) since "
        "entropy is concave; and H(R) - H(|R|) = ln 2 >= H(R|x) - H(|R| |x)",
    )


def _rises(names: Sequence[str]) -> Result:
    """Whether the measures rise nowhere under r' = |r|."""
    found = each(magnitude, MAGNITUDE)
    rises = {name: max(largest_rise(one, name) for one in found) for name in names}
    return Result(
        max(rises.values()) < _SMALL,
        f"largest change, on {len(found)} choices of parameters: "
        + ", ".join(f"{name} {value:.2g} nats" for name, value in rises.items()),
    )


@claim(
    "fig-3-local",
    "Fig. 3C and D; section 5.3",
    "I_local falls at every stimulus when r is replaced by |r|, and I_surp rises at none.",
    CONFIRMED,
)
def local_falls() -> Result:
    return _rises(("i_local", "i_surp"))


@claim("fig-3-cissi", "Fig. 3, caption", "I_CiSSI, which is not shown, behaves like I_surp.", CONFIRMED)
def cissi_falls() -> Result:
    found = _rises(("i_cissi",))
    witness = verdict_of("i_cissi", "data_processing").verdict
    return Result(found.printed, f"{found.evidence}. (Elsewhere it can rise: data processing is {witness})")


def _gaps(name: str) -> list[float]:
    return [abs(largest_gap(one, name)) for one in each(two_neurons, TWO_NEURONS, nodes=65)]


@claim(
    "fig-5-local",
    "Fig. 5B; Appendix B",
    "For two sigmoidal neurons I_local of both is I_local of one plus that of the other given it.",
    CONFIRMED,
)
def local_adds() -> Result:
    gaps = _gaps("i_local")
    return Result(max(gaps) < 1e-5, f"largest gap {max(gaps):.1g} nats on {len(gaps)} pairs of neurons")


@claim(
    "fig-5-kong2",
    "Fig. 5C; Appendix B",
    "For two sigmoidal neurons Kong's second decomposition is not additive.",
    CONFIRMED,
)
def kong2_does_not_add() -> Result:
    gaps = _gaps("i_kong2")
    return Result(min(gaps) > 0.005, f"gaps of {min(gaps):.3f} to {max(gaps):.3f} nats on {len(gaps)} pairs of neurons")
