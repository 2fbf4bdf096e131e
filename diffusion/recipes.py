"""Recipes for training networks, and the presets by name."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from ..errors import ModelError
from .architecture import Architecture, check_choices, whole_number

LEVEL_DRAWS = ("log-uniform", "inner", "ddpm")
TARGETS = ("square", "variance", "closure")
PRECISIONS = ("no", "bf16", "fp16")
#: Share of a run's time that the gain network and the measurement of its means take.
GAIN_SHARE = 0.4
#: The same of a gain network that learns the closure, which has no noise.
CLOSED_SHARE = 0.3
#: Share of the denoisers' time that goes to what responses tell beyond a linear step.
RESPONSE_SHARE = 0.45
#: Share of the gain network's time in which the closure is computed that it learns; and the fewest and most noisy
#: stimuli: of fewer than these, a network learns them by heart; more take gigabytes.
POOL_SHARE, FEWEST_POOLED, MOST_POOLED = 0.25, 2048, 1 << 16
#: Largest number of images from which the gain network's means, at each level and of each pixel, are measured.
MOST_MEASURED = 1 << 17
#: Most numbers of a stimulus whose linear step is measured: 24 matrices (d, d), which are inverted, and take 100 MB.
MOST_STEPPED = 1024
#: Largest batch: beyond it a batch takes gigabytes before the first network sees it.
MOST_BATCH = 1 << 16


@dataclass(frozen=True)
class Recipe:
    """How networks are trained: first the denoisers, then the gain network. With a linear step, responses come between.

    Attributes
    ----------
    steps, gain_steps : optimiser steps of the two stages; no gain network is trained where `gain_steps` is 0
    batch : images per step over all processes, at most `MOST_BATCH`
    rate, warm_up : the largest learning rate of AdamW, and the steps until it is reached; then a cosine down to 0
    ema : decay of the running average of the weights; the average is what is kept
    null_share : the share of a batch that sees no response
    level_draw : ``log-uniform`` over the range; ``inner``: more of its middle, where most of the information lies; or
        ``ddpm``: uniform over the 1,000 steps of the linear schedule
    target : what the gain network regresses: ``square`` (D^2); ``variance`` (|x - xhat|^2 - |x - xhat(r)|^2, which has
        the same mean given xg by the law of total variance); or ``closure`` (see `ClosurePool`)
    pool : noisy stimuli at which the closure is computed
    precision : mixed precision of accelerate: ``no``, ``bf16`` or ``fp16``
    clip : largest norm of a gradient
    response_steps : steps of the network of what a linear step leaves; 0 where there is none

    Raises
    ------
    ModelError
        A value out of its range.
    """

    architecture: Architecture = field(default_factory=Architecture)
    steps: int = 4000
    gain_steps: int = 2000
    batch: int = 64
    rate: float = 2e-3
    warm_up: int = 200
    ema: float = 0.999
    null_share: float = 0.5
    level_draw: str = "log-uniform"
    target: str = "square"
    precision: str = "no"
    clip: float = 1.0
    response_steps: int = 0
    pool: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "gain_steps", "batch", "warm_up", "response_steps", "pool"):
            whole_number(name, getattr(self, name), 1 if name in ("steps", "batch") else 0)
        if bool(self.response_steps) != self.architecture.step:
            raise ModelError(f"response_steps is {self.response_steps}; expected 0 unless there is a linear step")
        if self.batch > MOST_BATCH:
            raise ModelError(f"batch is {self.batch}; expected at most {MOST_BATCH} stimuli")
        for name, low, high in (("rate", 0, 1), ("ema", 0, 1), ("clip", 0, float("inf"))):
            if not low < getattr(self, name) < high:
                raise ModelError(f"{name} is {getattr(self, name)!r}; expected a number between {low} and {high}")
        if not 0 <= self.null_share < 1:
            raise ModelError(f"null_share is {self.null_share!r}; expected a number from 0 to below 1")
        learns_none = self.architecture.shared or self.architecture.centred
        if not self.null_share and learns_none:
            raise ModelError("null_share is 0; these networks have to learn what no response means, too")
        if bool(self.pool) != (self.target == "closure"):
            raise ModelError(f"pool is {self.pool}; expected 0 unless the gain network learns the closure")
        check_choices(self, level_draw=LEVEL_DRAWS, target=TARGETS, precision=PRECISIONS)

    def lasting(
        self,
        seconds: float,
        step: float,
        gain_step: float,
        measuring: float,
        response_step: float = 0.0,
        pooling: float = 1e-9,
    ) -> Recipe:
        """The same recipe with as many steps as fit in a time.

        Parameters
        ----------
        seconds : time for both stages and for measuring the gain network's means
        step, gain_step, response_step : seconds per step of each stage
        measuring : seconds per image to measure the means, from as many images as the gain network saw, at most
            `MOST_MEASURED`
        pooling : seconds per noisy stimulus for its closure
        """
        if self.gain_steps == 0:
            return replace(self, steps=max(1, int(seconds / step)))
        share, target, pool = CLOSED_SHARE if self.pool else GAIN_SHARE, self.target, 0
        gain = seconds * share
        if self.pool:
            pool = min(MOST_POOLED, int(gain * POOL_SHARE / pooling))
            pool, target = (pool, target) if pool >= FEWEST_POOLED else (0, "square")
            gain -= pool * pooling
        few = gain / (gain_step + self.batch * measuring)
        many = (gain - MOST_MEASURED * measuring) / gain_step
        left = seconds * (1 - share)
        responses = 0
        if self.response_steps:
            responses = max(1, int(left * RESPONSE_SHARE / response_step))
            left *= 1 - RESPONSE_SHARE
        steps, gain_steps = max(1, int(left / step)), max(1, int(max(few, many)))
        counts: dict[str, Any] = {"steps": steps, "gain_steps": gain_steps, "response_steps": responses, "pool": pool}
        return replace(self, target=target, **counts)

    def direct(self, **architecture: Any) -> Recipe:
        """The same without a linear step: one network learns xhat(xg) and xhat(xg, r)."""
        changes = {"step": False, "shared": True} | architecture
        squares: dict[str, Any] = {"response_steps": 0, "target": "square", "pool": 0}
        return replace(self, architecture=replace(self.architecture, **changes), null_share=0.5, **squares)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self) | {"architecture": self.architecture.to_json()}

    @classmethod
    def from_json(cls, data: Any) -> Recipe:
        """Read what `to_json` wrote; raises `ModelError` for anything else."""
        names = {entry.name for entry in fields(cls)}
        if not isinstance(data, dict) or not names - {"response_steps", "pool"} <= set(data) <= names:
            raise ModelError("this does not describe a recipe")
        return cls(**(data | {"architecture": Architecture.from_json(data["architecture"])}))


def _on_gpu(channels: tuple[int, ...], batch: int) -> Recipe:
    """A recipe for large images: the denoiser of images alone takes most of the time."""
    return Recipe(
        Architecture(channels=channels, layers=2, attention=True),
        steps=60_000,
        gain_steps=10_000,
        batch=batch,
        rate=5e-4,
        warm_up=1000,
        ema=0.9995,
        precision="bf16",
    )


_VECTORS = Recipe(
    Architecture(
        channels=(192,), layers=3, preconditioning="wiener", network="mlp", shared=False, step=True, leading=128
    ),
    batch=512,
    warm_up=100,
    null_share=0.0,
    level_draw="inner",
    target="closure",
    response_steps=4000,
    pool=8192,
)

#: The presets by name; the table in reports/published shows how the default was chosen.
PRESETS: dict[str, Recipe] = {
    # 8 x 8 images in minutes on two cores.
    "small": Recipe(Architecture(channels=(16, 32)), rate=4e-3),
    # Stimuli that are no images, of up to some thousands of numbers, in minutes on one core.
    "vectors": _VECTORS,
    # Stimuli of up to 1,024 numbers, 32 x 32 images that are drawn without end among them, in minutes on a GPU.
    "wide": replace(
        _VECTORS,
        architecture=replace(_VECTORS.architecture, channels=(512,), layers=4, leading=256),
        steps=20_000,
        gain_steps=10_000,
        response_steps=15_000,
        batch=1024,
        rate=1e-3,
        warm_up=500,
        ema=0.9995,
        pool=1 << 15,
    ),
    # 32 x 32 images in an hour or two on two cores.
    "medium": Recipe(Architecture(channels=(16, 32, 32)), steps=20_000, gain_steps=8000),
    # 32 x 32 images on a GPU.
    "large": Recipe(
        Architecture(channels=(64, 128, 128), layers=2, attention=True),
        steps=30_000,
        gain_steps=10_000,
        batch=256,
        rate=1e-3,
        warm_up=500,
        ema=0.9995,
        precision="bf16",
    ),
    # 64 x 64 and 128 x 128 images on a GPU of 40 GiB or more; attention at 8 x 8 pixels.
    "64": _on_gpu((64, 128, 128, 256), 128),
    "128": _on_gpu((64, 64, 128, 128, 256), 48),
    # Laquitaine et al., section 5.4 and appendix C.3: two DDPMs that predict the noise, 150 epochs of 60,000 images,
    # AdamW at 1e-4 with 500 steps of warm-up, batches of 256, bf16. The paper does not give the networks' sizes; these
    # are our choice.
    "paper": Recipe(
        Architecture(
            channels=(64, 128, 128, 256), layers=2, preconditioning="epsilon", route="embedding", shared=False
        ),
        steps=150 * 60_000 // 256,
        gain_steps=0,
        batch=256,
        rate=1e-4,
        warm_up=500,
        ema=0.9999,
        level_draw="ddpm",
        precision="bf16",
    ),
}


def fitting(recipe: Recipe, shape: tuple[int, int]) -> Recipe:
    """The recipe, without its linear step where that takes too much memory for stimuli of shape (h, w)."""
    return recipe.direct() if recipe.architecture.step and shape[0] * shape[1] > MOST_STEPPED else recipe


def preset_for(shape: tuple[int, int], *, endless: bool = False) -> str:
    """The preset to start from, for images of (h, w) pixels; stimuli that are no images have shape (1, d).

    Images that are drawn without end are learned like other vectors, up to 32 x 32 pixels: maps of mixtures are twice
    as right. Of some thousands of images, that network learns too much by heart.
    """
    if shape[0] == 1 or (endless and shape[0] * shape[1] <= MOST_STEPPED):
        return "vectors"
    return "medium" if max(shape) > 16 else "small"
