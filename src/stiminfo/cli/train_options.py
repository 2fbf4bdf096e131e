"""The options of `stiminfo train`, and when each has an effect."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import OptionError
from .options import DATASET, ImageOptions, count_option, listed_datasets

if TYPE_CHECKING:
    from ..diffusion.sources import Dataset


@dataclass(frozen=True, kw_only=True)
class Options(ImageOptions):
    """The options of `stiminfo train`."""

    dataset: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help=f"Images to learn: {listed_datasets()}. Of gaussian ones and of mixtures (gmm) the true answer is "
            "known.",
        ),
    ] = DATASET
    size: Annotated[
        int | None, typer.Option(metavar="PIXELS", help="Side of gaussian images, in pixels (default: 8).")
    ] = None
    preset: Annotated[
        str,
        typer.Option(
            metavar="small|vectors|wide|medium|large|64|128|paper",
            help="Architecture and schedule (default: medium for images beyond 16 x 16 pixels; small for a set of "
            "smaller ones, or with --halves, --coarse or --channels; vectors for stimuli that are no images, and for "
            "images that are drawn without end, as gaussian and gmm, up to 32 x 32 pixels).",
        ),
    ] = ""
    minutes: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            metavar="MINUTES",
            help="Time by the clock for the whole run, from calibration to checkpoint, however busy the machine is "
            "(default: small 5, vectors 2, of more than 256 numbers 20, medium 90).",
        ),
    ] = None
    steps: Annotated[int | None, count_option("Training steps of the denoisers, instead of --minutes.")] = None
    gain_steps: Annotated[
        int | None,
        count_option("Training steps of the gain network, with --steps; 0 trains no gain network.", 0),
    ] = None
    batch: Annotated[
        int | None,
        count_option("Stimuli per step, over all processes (default: the preset's)."),
    ] = None
    rate: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Largest learning rate of AdamW (default: the preset's)."),
    ] = None
    channels: Annotated[
        str, typer.Option(metavar="32,64", help="Channels of the U-Net, from the finest level to the coarsest.")
    ] = ""
    precision: Annotated[
        str, typer.Option(metavar="no|bf16|fp16", help="Mixed precision in training (default: the preset's).")
    ] = ""
    halves: Annotated[
        bool,
        typer.Option("--halves", help="Learn each half of the neurons alone too, so that additivity can be audited."),
    ] = False
    coarse: Annotated[
        bool,
        typer.Option(
            "--coarse", help="Learn thinned and merged responses too, so that data processing can be audited."
        ),
    ] = False
    prior_only: Annotated[
        bool,
        typer.Option(
            "--prior-only",
            help="Learn the stimuli alone, in one network; it serves any population by the closure, without training "
            "on responses.",
        ),
    ] = False
    half_precision: Annotated[
        bool, typer.Option("--half-precision", help="Write 16-bit weights: half the size on disk.")
    ] = False
    seed: Annotated[
        int,
        count_option("Seed of the first weights and of all stimuli, noise and responses drawn in training.", 0),
    ] = 0
    device: Annotated[str, typer.Option(metavar="auto|cpu", help="auto: use a GPU if there is one.")] = "auto"
    threads: Annotated[
        int | None,
        count_option("CPU threads (default: as many as there are idle cores)."),
    ] = None
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue an interrupted run; give the other options as before."),
    ] = False
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Start from the networks of this checkpoint, not from new ones."),
    ] = None
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the checkpoint to write.")] = Path("checkpoint")

    @property
    def unfinished(self) -> Path:
        """The file that holds the run until it is finished."""
        return self.out.with_name(self.out.name + ".unfinished.pt")

    @property
    def asks_for_unets(self) -> bool:
        """Whether an option is meant for networks that learn responses without a linear step."""
        return self.halves or self.coarse or bool(self.channels)

    def check_size(self, dataset: Dataset) -> None:
        """Raise `OptionError` for a size where the images have one already."""
        if not dataset.takes_side:
            side = dataset.side
            of = f"they have {side} x {side} pixels" if side else "they have the size that they have in the file"
            self.refuse("size", f" on {dataset.name} images: {of}")

    def check_prior_only(self) -> None:
        """Raise `OptionError` for what a network of the stimuli alone cannot do."""
        if self.prior_only:
            self.refuse(("halves", "coarse", "gain_steps", "start"), " with --prior-only: no responses are learned")

    def check_training(self, minutes: float | None) -> None:
        """Raise `OptionError` for an option that has no effect on the training.

        Parameters
        ----------
        minutes : duration of the training, None if the number of steps decides
        """
        if self.minutes is not None and self.steps is not None:
            raise OptionError("give --minutes or --steps, not both")
        if self.gain_steps and minutes is not None and not self.resume:
            self.refuse("gain_steps", " without --steps: the minutes decide how many steps there are (0 is allowed)")
        if self.start is not None:
            self.refuse("channels", " with --from: the networks of that checkpoint have channels of their own")
        if self.device != "cpu" and "threads" in self.given and _cuda():
            self.refuse("threads", " on a GPU; give --device cpu too")


def _cuda() -> bool:
    import torch

    return torch.cuda.is_available()
