"""The options of `stiminfo train`, and when each has an effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import OptionError

#: Minutes of training where neither steps nor minutes are given and the preset is one for a CPU.
MINUTES = {"small": 5.0, "medium": 90.0}
#: Of the population, where they are not given: the largest mean count; the noise in median spreads of the drives.
AMPLITUDE, NOISE = 2.0, 2.0


@dataclass(frozen=True)
class Options:
    """The command's options, by their names; None where one was not given."""

    dataset: str
    size: int | None
    data: Path | None
    population: str
    receptive_fields: Path | None
    amplitude: float | None
    noise: float | None
    preset: str
    minutes: float | None
    steps: int | None
    gain_steps: int | None
    batch: int | None
    rate: float | None
    channels: str
    precision: str
    halves: bool
    coarse: bool
    half_precision: bool
    seed: int
    device: str
    threads: int | None
    resume: bool
    start: Path | None
    out: Path

    @property
    def gaussian(self) -> bool:
        """Whether the images are drawn from a Gaussian, which decides the default population."""
        return self.dataset in ("gaussian", "mnist-gaussian")

    @property
    def neurons(self) -> str:
        """The kind of population."""
        return self.population or ("linear" if self.gaussian else "poisson")

    @property
    def unfinished(self) -> Path:
        """Where the run is kept until it is finished."""
        return self.out.with_name(self.out.name + ".unfinished.pt")


@dataclass(frozen=True)
class Effect:
    """When an option has an effect.

    Attributes
    ----------
    option : its name among `Options`; None, False and "" mean that it was not given
    works : whether it has one beside the other options; told for how many minutes to train, None where steps decide
    why : what is said otherwise, after "--option has no effect"; may name the ``dataset`` and the kind of ``neurons``
    """

    option: str
    works: Callable[[Options, float | None], bool]
    why: str


EFFECTS = (
    Effect(
        "amplitude",
        lambda o, minutes: o.neurons == "poisson",
        "on {neurons} neurons: only poisson ones have an amplitude",
    ),
    Effect(
        "noise", lambda o, minutes: o.neurons == "linear", "on {neurons} neurons: only linear ones have Gaussian noise"
    ),
    Effect(
        "size",
        lambda o, minutes: o.dataset == "gaussian",
        "on {dataset}: only gaussian images come in any size (digits have 8 x 8 pixels, mnist 32 x 32)",
    ),
    Effect(
        "data",
        lambda o, minutes: o.dataset in ("mnist", "mnist-gaussian"),
        "on {dataset}: only MNIST is read from a folder",
    ),
    Effect(
        "gain_steps",
        lambda o, minutes: not o.gain_steps or minutes is None or o.resume,
        "where minutes decide how many steps there are: give --steps too (0 leaves the gain network out)",
    ),
    Effect("channels", lambda o, minutes: o.start is None, "with --from, whose networks have channels of their own"),
    Effect("threads", lambda o, minutes: o.device == "cpu" or not _cuda(), "on a GPU; give --device cpu too"),
)


def _cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def check_effects(options: Options, minutes: float | None) -> None:
    """Raise `OptionError` for an option that was given and has no effect.

    Parameters
    ----------
    minutes : for how long to train, None where the number of steps decides
    """
    for effect in EFFECTS:
        value = getattr(options, effect.option)
        given = value is not None and value is not False and value != ""
        if given and not effect.works(options, minutes):
            why = effect.why.format(dataset=options.dataset, neurons=options.neurons)
            raise OptionError(f"--{effect.option.replace('_', '-')} has no effect {why}")
