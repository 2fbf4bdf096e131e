"""The architecture of the networks and the noise levels that they are trained for: plain records with a JSON form."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from torch import Tensor

from ..errors import ModelError
from .response_views import LEARNED

PRECONDITIONINGS = ("edm", "epsilon", "wiener")
#: What older checkpoints do not say; they are read with the defaults.
_LATER = {"network", "prior_only", "step", "centred", "leading"}
ROUTES = ("image", "embedding", "both")
NETWORKS = ("unet", "mlp")
#: Beyond this, levels above `high` would not be finite: their reach is a factor of at most e^50.
_MOST_GAMMA = 1e200


@dataclass(frozen=True)
class Architecture:
    """The architecture of a pair of networks, one without and one with the response.

    Attributes
    ----------
    channels : channels at each level of the U-Net; each level after the first halves the image. Of an MLP: one number,
        its width
    layers : residual layers per level
    patch : the U-Net sees patch x patch pixels as the channels of one point; 2 makes it four times as fast
    attention : whether there is self-attention at the coarsest level
    preconditioning : ``edm`` (Karras et al. 2022); ``epsilon``: the network predicts the noise, as in DDPM; or
        ``wiener``: ``edm`` in each principal direction of the stimuli, so that the best linear denoiser is the start
    route : how responses enter: as an ``image`` (a learned linear map of the responses, stacked on the noisy stimulus),
        as an ``embedding`` added to that of the noise level, or ``both``
    shared : one network for xhat(xg) and xhat(xg, r), with a null token in place of r; otherwise two networks
    views : coarser views of the response to learn too: ``halves``, ``thinned``, ``merged`` (see `response_views`)
    network : ``unet`` for images, or ``mlp`` for stimuli that are no images
    prior_only : one network, which learns xhat(xg) and sees no responses
    step : responses are first read by one linear step, see `stepped`; with ``wiener`` preconditioning, and two networks
    centred : with such a step: what the networks answer to no response is taken off what they answer to a response. It
        needs training on stimuli without a response (``Recipe.null_share``)
    leading : of stimuli with more numbers than this, an MLP sees and changes so many leading principal directions, and
        is shown the best linear estimate there; the others are denoised linearly. 0: it sees the noisy stimulus, white
        in all directions, and does not find the few that matter among a thousand
    """

    channels: tuple[int, ...] = (32, 64)
    layers: int = 1
    patch: int = 1
    attention: bool = False
    preconditioning: str = "edm"
    route: str = "image"
    shared: bool = True
    views: tuple[str, ...] = ()
    network: str = "unet"
    prior_only: bool = False
    step: bool = False
    centred: bool = False
    leading: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.channels) <= 8 or not all(isinstance(c, int) and 8 <= c <= 1024 for c in self.channels):
            raise ModelError(f"channels are {self.channels}; expected 1 to 8 whole numbers from 8 to 1024")
        if any(c % 8 for c in self.channels):
            raise ModelError(f"channels are {self.channels}; expected multiples of 8 (groups of the normalisation)")
        whole_number("layers", self.layers, 1, 8)
        if any(view not in LEARNED for view in self.views) or len(set(self.views)) < len(self.views):
            raise ModelError(f"views are {self.views!r}; expected some of {', '.join(LEARNED)}")
        if self.views and not self.shared:
            raise ModelError("views of the response are learned by a shared network only")
        if self.network == "mlp" and len(self.channels) != 1:
            raise ModelError(f"channels are {self.channels}; expected one number, the width of an MLP")
        if self.prior_only and (self.views or not self.shared):
            raise ModelError("a network of stimuli alone has no views of the response and no second network")
        alone = self.shared or self.views or self.prior_only
        if self.step and (alone or self.preconditioning != "wiener"):
            raise ModelError("the linear step needs two networks, wiener preconditioning and no views of the response")
        if self.centred and not self.step:
            raise ModelError("only answers beside a linear step can be centred")
        whole_number("leading", self.leading, 0, 4096)
        if self.leading and (self.network != "mlp" or self.preconditioning != "wiener"):
            raise ModelError("only an MLP with wiener preconditioning sees leading directions alone")
        check_choices(
            self,
            patch=(1, 2, 4),
            preconditioning=PRECONDITIONINGS,
            route=ROUTES,
            network=NETWORKS,
            attention=(False, True),
            shared=(False, True),
            prior_only=(False, True),
            step=(False, True),
            centred=(False, True),
        )

    def leads(self, numbers: int) -> int:
        """How many directions of stimuli of so many numbers the networks see; 0 where they see the stimuli."""
        return self.leading if self.leading < numbers else 0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"channels": list(self.channels), "views": list(self.views)}

    @classmethod
    def from_json(cls, data: Any) -> Architecture:
        """Read what `to_json` wrote; raises `ModelError` for anything else."""
        names = {field.name for field in fields(cls)}
        if not isinstance(data, dict) or not names - _LATER <= set(data) <= names:
            raise ModelError("this does not describe an architecture")
        # Before they could be left uncentred, all such networks were centred.
        data = {"centred": data.get("step", False)} | data
        try:
            return cls(**(data | {name: tuple(data[name]) for name in ("channels", "views")}))
        except TypeError as error:
            raise ModelError(f"this does not describe an architecture ({error})") from None


def check_choices(record: object, **choices: tuple[Any, ...]) -> None:
    """Raise `ModelError` unless each named attribute of a record has one of its allowed values."""
    for name, allowed in choices.items():
        value = getattr(record, name)
        # True == 1, but is no number of pixels.
        if not any(type(value) is type(one) and value == one for one in allowed):
            raise ModelError(f"{name} is {value!r}; expected {', '.join(map(str, allowed))}")


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """The value, if it is a whole number from `least` to `most`; raises `ModelError` otherwise."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"{least} to {most}"
        raise ModelError(f"{name} is {value!r}; expected a whole number, {bounds}")
    return value


@dataclass(frozen=True)
class Levels:
    """The noise levels gamma that a network is trained for.

    Attributes
    ----------
    low, high : most of the information lies between these levels (see `Scales`)
    reach : how far the levels go below `low` and above `high`, in units of log gamma
    """

    low: float
    high: float
    reach: float

    def __post_init__(self) -> None:
        ordered = all(isinstance(v, float | int) for v in (self.low, self.high, self.reach))
        if not ordered or not (0 < self.low <= self.high < _MOST_GAMMA and 0 < self.reach < 50):
            raise ModelError(f"noise levels {self.low}, {self.high}, reach {self.reach} span no range")

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest gamma."""
        return self.low * math.exp(-self.reach), self.high * math.exp(self.reach)

    def place(self, gamma: Tensor) -> Tensor:
        """The position of log gamma in the range, from 0 to 1; a level outside the range is put at its nearer end."""
        low, high = (math.log(g) for g in self.bounds)
        return ((gamma.log() - low) / (high - low)).clamp(0, 1)
