"""The commands about images: train networks, and decompose information about images."""

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


def decompose(
    images: Annotated[
        Path | None,
        typer.Argument(metavar="IMAGES.npy", help="Images of your own: .npy or .npz, (N, height, width)."),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(metavar="digits|mnist", help="Where no file is given (default: digits).")
    ] = None,
    data: MnistFolder = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Networks of `stiminfo train`, in place of the exact set; `digits` is shipped."
        ),
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(
            metavar="posterior|tweedie|plug_in|amortised", help="Where r comes from; plug_in is the published."
        ),
    ] = None,
    population: Annotated[
        str | None,
        typer.Option(
            metavar="poisson|linear|published",
            help="Default: poisson, or the checkpoint's own. published: the parameters in print, on [-1, 1] images.",
        ),
    ] = None,
    receptive_fields: Fields = None,
    amplitude: Amplitude = 2.0,
    noise: Noise = 2.0,
    measures: Annotated[
        list[str] | None, typer.Option("--measure", metavar="NAME", help="i_local (the default), i_surp, ...; repeat.")
    ] = None,
    show: Annotated[int, typer.Option(min=1, max=12, help="How many images to decompose.")] = 5,
    chosen: Annotated[
        list[int] | None, typer.Option("--image", metavar="INDEX", help="This image of the set; may be repeated.")
    ] = None,
    passes: Annotated[
        int | None, typer.Option(min=1, help="Denoiser passes for each image (default: 8000 without --rtol).")
    ] = None,
    rtol: Annotated[
        float | None, typer.Option(help="Stop when every total is known to this relative standard error.")
    ] = None,
    seed: Seed = 0,
    device: Annotated[str, typer.Option(metavar="cpu|cuda", help="Where to compute.")] = "cpu",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the figures, the .npz and the JSON.")] = Path(
        "decomposition"
    ),
) -> int:
    """Images in, I(x) and pixel maps out, with errors and with no training.

    The images are the whole stimulus set, each as likely; a population of neurons looks at them. Prints the information
    about some of them and writes maps.png, population.png, decomposition.json and decomposition.npz. With --checkpoint,
    trained networks take the place of the set, and the exact maps stand beside theirs.
    """
    options = locals() | {"measures": tuple(measures or ("i_local",)), "chosen": tuple(chosen or ())}
    from .decompose_run import Options, run

    with bar_here() as bar:
        return run(Options(**options), console_here(), bar)
