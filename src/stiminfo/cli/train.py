"""`stiminfo train`: from its options to a checkpoint."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import CheckpointError, OptionError, OutputError
from .options import Fields, MnistFolder
from .shared import bar_here, console_here, say
from .train_options import AMPLITUDE, NOISE, Options, check_effects

if TYPE_CHECKING:
    from rich.console import Console

    from ..diffusion.training import Training

#: The exit code of a run that was interrupted.
INTERRUPTED = 130


def train(
    dataset: Annotated[
        str,
        typer.Option(
            metavar="digits|mnist|gaussian|mnist-gaussian|FILE.npy",
            help="What the networks learn; gaussian is the case in which the truth is known.",
        ),
    ] = "digits",
    size: Annotated[
        int | None, typer.Option(metavar="PIXELS", help="Side of gaussian images, in pixels (default: 8).")
    ] = None,
    data: MnistFolder = None,
    population: Annotated[
        str,
        typer.Option(
            metavar="poisson|linear|published",
            help="Neurons that see the images (default: linear for Gaussian images, else poisson).",
        ),
    ] = "",
    receptive_fields: Fields = None,
    amplitude: Annotated[
        float | None,
        typer.Option(min=1e-9, max=1e6, help=f"Largest mean count of a poisson neuron (default: {AMPLITUDE:g})."),
    ] = None,
    noise: Annotated[
        float | None,
        typer.Option(
            min=1e-9,
            max=1e6,
            help=f"Noise of linear neurons, in median standard deviations of their drives (default: {NOISE:g}).",
        ),
    ] = None,
    preset: Annotated[
        str,
        typer.Option(
            metavar="small|medium|large|paper",
            help="Architecture and schedule (default: small up to 16 pixels a side, else medium).",
        ),
    ] = "",
    minutes: Annotated[
        float | None,
        typer.Option(
            min=0.01, help="Time for the whole run, from calibration to checkpoint (default: small 5, medium 90)."
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps of the denoisers, instead of minutes.")
    ] = None,
    gain_steps: Annotated[
        int | None, typer.Option(min=0, help="Training steps of the gain network, beside --steps; 0 leaves it out.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Images per step, over all processes (default: the preset's).")
    ] = None,
    rate: Annotated[float | None, typer.Option(help="Largest learning rate of AdamW (default: the preset's).")] = None,
    channels: Annotated[
        str, typer.Option(metavar="32,64", help="Channels of the U-Net, from the finest level to the coarsest.")
    ] = "",
    precision: Annotated[
        str, typer.Option(metavar="no|bf16|fp16", help="Mixed precision in training (default: the preset's).")
    ] = "",
    halves: Annotated[
        bool, typer.Option("--halves", help="Also learn each half of the neurons alone, for the audit's additivity.")
    ] = False,
    coarse: Annotated[
        bool, typer.Option("--coarse", help="Also learn thinned and merged responses, for the audit's data processing.")
    ] = False,
    half_precision: Annotated[
        bool, typer.Option("--half-precision", help="Write 16-bit weights: half the size on disk.")
    ] = False,
    seed: Annotated[
        int,
        typer.Option(min=0, help="Decides the first weights and all images, noise and responses of the training."),
    ] = 0,
    device: Annotated[str, typer.Option(metavar="auto|cpu", help="auto: a GPU where there is one.")] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads (default: one per core that other programs leave free).")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run; give the other options as before.")
    ] = False,
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Begin with the networks of this checkpoint, not with fresh ones."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the checkpoint to write.")] = Path("checkpoint"),
) -> int:
    """Train networks that denoise images, with and without a population's responses to them.

    First the denoisers, then a network that regresses what a response tells about each pixel. Writes a checkpoint
    (U-Nets in diffusers' own format, JSON, a model card with held-out losses) for `stiminfo decompose --checkpoint
    DIR`, and warns where the networks are worse than a linear denoiser. An interrupted run is kept in
    DIR.unfinished.pt, which is also written every minute; the same command with --resume goes on with it. Several
    GPUs: accelerate launch -m stiminfo train ...
    """
    given, began = locals(), time.monotonic()
    options = Options(**given)
    try:
        return run(options, began)
    except KeyboardInterrupt:
        _say_how_to_go_on(options)
        return INTERRUPTED


def run(options: Options, began: float) -> int:
    """Train, judge on held-out images, write and print; returns the exit code."""
    console = console_here()
    # While a bar is drawn, text goes through it, and the rest waits for its end: neither erases the other.
    with bar_here() as bar:
        notes = _written(options, bar.console if bar else console, bar, began)
    if notes is not None:
        _print(notes, options.out, console)
    return 0


def _written(options: Options, console: Console, bar: Any, began: float) -> dict[str, Any] | None:
    """The notes of the checkpoint that was written; None in a process that only helps another."""
    from ..diffusion.checkpoints import load_learned, save_learned
    from ..diffusion.denoiser import device_named
    from ..diffusion.interrupts import held_back
    from ..diffusion.sources import source_named
    from ..diffusion.threads import limited_threads
    from ..diffusion.training import Training
    from ..reports.model_card import findings, model_card
    from .shipped import checkpoint_folder
    from .train_setup import grown, population_of, recipe_of

    if options.device != "auto":
        device_named(options.device)
    if options.minutes is not None and options.steps is not None:
        raise OptionError("give --minutes or --steps, not both")
    _check_paths(options)
    source = source_named(options.dataset, side=options.size, folder=options.data)
    recipe, lasting = recipe_of(options, source.shape)
    check_effects(options, lasting)
    start = None if options.start is None else load_learned(checkpoint_folder(options.start) or options.start)
    if start is not None:
        recipe = replace(recipe, architecture=grown(start.denoising.architecture, recipe.architecture.views))
    training = Training(
        source,
        population_of(options, source),
        recipe,
        seed=options.seed,
        minutes=lasting,
        resume_file=options.unfinished,
        resume=options.resume,
        start=start,
        device="cpu" if options.device == "cpu" else None,
        threads=options.threads,
        progress=_teller(bar, console),
        say=lambda text: console.print(text, style="dim", markup=False),
        began=began,
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    learned = training.run()
    if not training.accelerator.is_main_process:
        return None
    console.print(_trained(learned.notes, training) + "; now on held-out images")
    with limited_threads(training.threads):
        learned.notes |= findings(learned, source, options.seed, training.yardstick)
    with held_back():  # both or neither: what is written needs no going on
        card = model_card(options.out.name, learned.notes)
        save_learned(learned, options.out, card, half=options.half_precision)
        training.finished()
    return learned.notes


def _check_paths(options: Options) -> None:
    """Raise `OutputError` where no checkpoint can be written, `CheckpointError` for a run of an older version."""
    from ..files import ensure_folder

    out = options.out
    ensure_folder(out.parent)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out}: is there already; give another --out, or remove it")
    older = out.with_name(out.name + ".unfinished.safetensors")
    if options.resume and older.is_file() and not options.unfinished.is_file():
        raise CheckpointError(f"{older}: is an unfinished run of an older version; remove it, and begin again")


def _say_how_to_go_on(options: Options) -> None:
    """What is left of an interrupted run, and the command that goes on."""
    words = [word for word in sys.argv[1:] if word != "--resume"]
    command = shlex.join(["stiminfo", *words])
    say("")
    if options.unfinished.is_file():
        say(f"stiminfo: interrupted; the run is kept in {options.unfinished}. Go on with:\n{command} --resume")
    else:
        say(f"stiminfo: interrupted before anything was trained; nothing is lost. Start again with:\n{command}")


def _teller(bar: Any, console: Console) -> Callable[[str, int, int, float], None]:
    """Show the progress in the bar, or, in a pipe, in a line at every tenth of a stage."""
    tasks: dict[str, Any] = {}
    first: dict[str, tuple[float, int]] = {}
    tenths: dict[str, int] = {}

    def tell(stage: str, step: int, steps: int, loss: float) -> None:
        now = time.monotonic()
        begun, at = first.setdefault(stage, (now, step))
        speed = f"{(step - at) / (now - begun):.3g} steps per second" if step > at and now > begun else "first steps"
        if bar:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=steps)
            bar.update(tasks[stage], completed=step, description=f"{stage}: {speed}, loss {loss:.4g}")
        elif step * 10 // steps > tenths.get(stage, -1):
            tenths[stage] = step * 10 // steps
            console.print(f"{stage}: step {step} of {steps}, {speed}, loss {loss:.4g}", style="dim")

    return tell


def _trained(notes: dict[str, Any], training: Training) -> str:
    """How many steps were taken, and how fast."""
    counts = {"denoisers": notes["recipe"]["steps"], "gain": notes["recipe"]["gain_steps"]}
    parts = [
        f"{counts[stage]} steps of the {stage} ({speed:.3g} per second)"
        for stage, speed in notes["steps_per_second"].items()
    ]
    return f"trained: {', '.join(parts)}, {training.threads} thread{'s' * (training.threads != 1)}"


def _print(notes: dict[str, Any], out: Path, console: Console) -> None:
    from rich.table import Table

    from ..diffusion.cautions import caution_about
    from ..diffusion.checkpoints import minutes_of

    table = Table(title="Mean squared error of a pixel, held-out images", title_justify="left")
    for name in ("gamma", "network", "linear", "exact", "with r: network", "linear", "exact"):
        table.add_column(name, justify="right")
    for row in notes["held_out"]:
        cells = [row[name + given] for given in ("", "_given") for name in ("network", "linear", "exact")]
        table.add_row(f"{row['low']:.3g} to {row['high']:.3g}", *(f"{cell:.4g}" for cell in cells))
    console.print(table)
    console.print(
        f"written to {out} ({notes['weights']} weights, {minutes_of(notes):.1f} minutes of training); next:\n"
        f"stiminfo decompose --checkpoint {out}"
    )
    if caution := caution_about(notes["held_out"]):
        say(f"stiminfo: warning: {caution}")
