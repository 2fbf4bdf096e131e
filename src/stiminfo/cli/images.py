"""The command `stiminfo train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Amplitude, Fields, MnistFolder, Noise, Seed
from .shared import bar_here, console_here


def train(
    dataset: Annotated[
        str,
        typer.Option(
            metavar="digits|mnist|gaussian|mnist-gaussian|FILE.npy",
            help="What the networks learn; gaussian is the case in which the truth is known.",
        ),
    ] = "digits",
    size: Annotated[int | None, typer.Option(metavar="PIXELS", help="Side of gaussian images (default: 8).")] = None,
    data: MnistFolder = None,
    population: Annotated[
        str,
        typer.Option(metavar="poisson|linear|published", help="Default: linear for Gaussian images, else poisson."),
    ] = "",
    receptive_fields: Fields = None,
    amplitude: Amplitude = 2.0,
    noise: Noise = 2.0,
    preset: Annotated[
        str, typer.Option(metavar="small|medium|large|paper", help="Recipe (default: small up to 16 pixels a side).")
    ] = "",
    minutes: Annotated[float | None, typer.Option(min=0.01, help="Train for about so long (small: 5).")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps of the denoisers, instead of minutes.")] = None,
    gain_steps: Annotated[int | None, typer.Option(min=0, help="Steps of the gain network; 0 leaves it out.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Images a step, over all processes.")] = None,
    rate: Annotated[float | None, typer.Option(help="Largest learning rate of AdamW.")] = None,
    channels: Annotated[str, typer.Option(metavar="32,64", help="Channels of the U-Net's levels.")] = "",
    precision: Annotated[str, typer.Option(metavar="no|bf16|fp16", help="Mixed precision.")] = "",
    halves: Annotated[
        bool, typer.Option("--halves", help="Learn either half of the neurons alone, too, for the audit's additivity.")
    ] = False,
    coarse: Annotated[
        bool, typer.Option("--coarse", help="Learn thinned and merged responses, too, for the audit's data processing.")
    ] = False,
    half_precision: Annotated[bool, typer.Option("--half-precision", help="Write weights of 16 bits.")] = False,
    seed: Seed = 0,
    device: Annotated[str, typer.Option(metavar="auto|cpu", help="auto: a GPU where there is one.")] = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run that was ended.")] = False,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Begin with the networks of this checkpoint.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The checkpoint's folder.")] = Path("checkpoint"),
) -> int:
    """Train networks that denoise images, with and without a population's responses to them.

    First the denoisers, then a network that regresses what a response tells of each pixel. Writes a checkpoint (U-Nets
    in diffusers' own format, JSON, a model card with held-out losses) for `stiminfo decompose --checkpoint DIR`. What
    is unfinished lies in DIR.unfinished.safetensors, renewed every minute; the same command with --resume goes on with
    it, also after a crash. Several GPUs: accelerate launch -m stiminfo train ...
    """
    options = locals()
    from .train_run import Options, run

    with bar_here() as bar:
        return run(Options(**options), console_here(), bar)
