"""What networks are made of, and the noise levels that they are made for: plain records with a JSON form."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from torch import Tensor

from ..errors import ModelError
from .response_views import LEARNED

PRECONDITIONINGS = ("edm", "epsilon")
ROUTES = ("image", "embedding", "both")


@dataclass(frozen=True)
class Architecture:
    """What a pair of networks is made of.

    Attributes
    ----------
    channels : of the U-Net's levels; each level after the first halves the image
    layers : residual layers a level
    patch : pixels a side that the U-Net takes together as channels of one point; 2 makes it four times as fast
    attention : self-attention at the coarsest level
    preconditioning : ``edm`` (Karras et al. 2022), or ``epsilon``: the network predicts the noise, as DDPM does
    route : how responses enter: as an ``image`` (a learned linear map of the responses beside the noisy stimulus), as
        an ``embedding`` added to that of the noise level, or ``both``
    shared : one network for xhat(xg) and xhat(xg, r), with a null token in the place of r; else two
    views : of the response, learned beside it: ``halves``, ``thinned``, ``merged`` (see `response_views`)
    """

    channels: tuple[int, ...] = (32, 64)
    layers: int = 1
    patch: int = 1
    attention: bool = False
    preconditioning: str = "edm"
    route: str = "image"
    shared: bool = True
    views: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.channels) <= 8 or not all(isinstance(c, int) and 8 <= c <= 1024 for c in self.channels):
            raise ModelError(f"channels are {self.channels}; expected 1 to 8 whole numbers from 8 to 1024")
        if any(c % 8 for c in self.channels):
            raise ModelError(f"channels are {self.channels}; expected multiples of 8 (groups of the normalisation)")
        if not isinstance(self.layers, int) or not 1 <= self.layers <= 8:
            raise ModelError(f"layers is {self.layers!r}; expected 1 to 8")
        if any(view not in LEARNED for view in self.views) or len(set(self.views)) < len(self.views):
            raise ModelError(f"views are {self.views!r}; expected some of {', '.join(LEARNED)}")
        if self.views and not self.shared:
            raise ModelError("views of the response are learned by a shared network only")
        if self.patch not in (1, 2, 4):
            raise ModelError(f"patch is {self.patch!r}; expected 1, 2 or 4")
        if self.preconditioning not in PRECONDITIONINGS:
            raise ModelError(f"preconditioning is {self.preconditioning!r}; expected {' or '.join(PRECONDITIONINGS)}")
        if self.route not in ROUTES:
            raise ModelError(f"route is {self.route!r}; expected {', '.join(ROUTES)}")

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self) | {"channels": list(self.channels), "views": list(self.views)}

    @classmethod
    def from_json(cls, data: Any) -> Architecture:
        """From JSON; raises `ModelError` for what is no architecture."""
        if not isinstance(data, dict) or set(data) != {field.name for field in fields(cls)}:
            raise ModelError("not the description of an architecture")
        for name in ("channels", "views"):
            if not isinstance(data[name], list):
                raise ModelError(f"{name} are {data[name]!r}; expected a list")
        if not all(isinstance(view, str) for view in data["views"]):
            raise ModelError(f"views are {data['views']!r}; expected some of {', '.join(LEARNED)}")
        return cls(**(data | {"channels": tuple(data["channels"]), "views": tuple(data["views"])}))


@dataclass(frozen=True)
class Levels:
    """The noise levels a network is made for.

    Attributes
    ----------
    low, high : between which what is told about a stimulus changes hands (see `Scales`)
    reach : how far the levels go beyond both, in units of log gamma
    """

    low: float
    high: float
    reach: float

    def __post_init__(self) -> None:
        ordered = all(isinstance(v, float | int) for v in (self.low, self.high, self.reach))
        if not ordered or not (0 < self.low <= self.high < math.inf and 0 < self.reach < 50):
            raise ModelError(f"noise levels {self.low}, {self.high}, reach {self.reach} are no range")

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest gamma."""
        return self.low * math.exp(-self.reach), self.high * math.exp(self.reach)

    def place(self, gamma: Tensor) -> Tensor:
        """Where log gamma lies in the range, from 0 to 1; an end of it for what lies beyond."""
        low, high = (math.log(g) for g in self.bounds)
        return ((gamma.log() - low) / (high - low)).clamp(0, 1)
