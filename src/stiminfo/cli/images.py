"""The command that decomposes information about images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Amplitude, Fields, MnistFolder, Noise, Seed
from .shared import bar_here, console_here


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
