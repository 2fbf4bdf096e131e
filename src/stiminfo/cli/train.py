"""`stiminfo train`: from its options to a checkpoint."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CheckpointError, ModelError, OutputError
from .options import with_fields
from .shared import INTERRUPTED, bar_here, console_here, ending, say
from .train_options import Options

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from ..diffusion.encoders import Encoder
    from ..diffusion.recipes import Recipe
    from ..diffusion.sources import Source
    from ..diffusion.training import Training

#: Minutes of training if neither steps nor minutes are given and the preset is one for a CPU; and how many numbers a
#: vector has that takes ten times as long.
MINUTES, MANY = {"small": 5.0, "vectors": 2.0, "medium": 90.0}, 256

ENDING = ending(
    "stiminfo train --minutes 1 --out networks",
    "stiminfo train --minutes 1 --out networks --resume      (after Ctrl-C)",
    "stiminfo train --data samples.npy --receptive-fields fields.npy --prior-only",
    "stiminfo train --dataset gaussian --size 4 --steps 200 --gain-steps 100",
    exits={0: "the checkpoint is written", INTERRUPTED: "interrupted; --resume continues the run"},
)


@with_fields(Options)
def train(options: Options) -> int:
    """Train networks that denoise images, with and without a population's responses to them.

    First the denoisers are trained, then a gain network, which learns how much responses tell about each pixel. Writes
    a checkpoint (networks, U-Nets in diffusers' own format; JSON; a model card with losses on held-out images) for
    `stiminfo decompose --checkpoint DIR`, and warns if the networks are worse than a linear denoiser. The run is saved
    every minute, and when it is interrupted, in DIR.unfinished.pt; the same command with --resume continues it. To use
    several GPUs: accelerate launch -m stiminfo train ...
    """
    began = time.monotonic()
    try:
        # While a bar is drawn, text goes through it, and the rest waits for its end: neither erases the other.
        with bar_here() as bar:
            notes = _written(options, console_here() if bar.disable else bar.console, bar, began)
    except KeyboardInterrupt:
        _say_how_to_continue(options)
        return INTERRUPTED
    if notes is not None:
        from ..diffusion.registry import dataset_named

        file = options.dataset if options.dataset and dataset_named(options.dataset).suffixes else ""
        _print(notes, options.out, console_here(), file)
    return 0


def _written(options: Options, console: Console, bar: Progress, began: float) -> dict[str, Any] | None:
    """Train and write; returns the notes of the checkpoint, or None in a process that only helps another."""
    from ..diffusion.calibration import seconds_for_bias
    from ..diffusion.checkpoints import load_learned, save_learned
    from ..diffusion.denoiser import device_named
    from ..diffusion.interrupts import held_back
    from ..diffusion.sources import source_named
    from ..diffusion.threads import limited_threads
    from ..diffusion.training import Training
    from ..reports.model_card import findings, model_card
    from .checkpoint import checkpoint_folder

    if options.device != "auto":
        device_named(options.device)
    options.check_prior_only()
    _check_paths(options)
    dataset, _ = options.seen_by(options.dataset)
    options.check_size(dataset)
    source = source_named(options.dataset, side=options.size, folder=options.data)
    for remark in source.remarks:
        say(f"stiminfo: note: {remark}")
    recipe, minutes = _recipe_of(options, source)
    options.check_training(minutes)
    start = None if options.start is None else load_learned(checkpoint_folder(options.start) or options.start)
    if start is not None:
        old, asked = start.denoising.architecture, recipe.architecture.views
        views = old.views + tuple(view for view in asked if view not in old.views)
        recipe = recipe if old.step else recipe.direct()
        recipe = replace(recipe, architecture=replace(old, views=views))
    training = Training(
        source,
        _population_of(options, source),
        recipe,
        seed=options.seed,
        minutes=minutes,
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
    console.print(_trained(learned.notes, training) + f"; now on held-out {source.words.many}")
    with limited_threads(training.threads):
        learned.notes |= findings(learned, source, options.seed, training.yardstick, seconds_for_bias(training))
    with held_back():  # both or neither: once the checkpoint is written, there is nothing to resume
        card = model_card(options.out.name, learned.notes)
        save_learned(learned, options.out, card, half=options.half_precision)
        training.finished()
    return learned.notes


def _population_of(options: Options, source: Source) -> Encoder:
    from ..diffusion.sources import population_for

    fields = options.fields_on(source.shown().pixels) if options.receptive_fields else None
    strengths = {"amplitude": options.amplitude, "noise": options.noise}
    return population_for(source, options.population or "", fields, **strengths)


def _recipe_of(options: Options, source: Source) -> tuple[Recipe, float | None]:
    """The preset with the user's changes, and the duration in minutes, or None if the number of steps decides."""
    from ..diffusion.recipes import PRESETS, fitting, preset_for

    shape, endless = source.shape, source.images is None and not options.asks_for_unets
    name = options.preset or preset_for(shape, endless=endless)
    if name not in PRESETS:
        raise ModelError(f"unknown preset {name!r}; expected one of {', '.join(PRESETS)}")
    recipe = fitting(PRESETS[name], shape)
    architecture = recipe.architecture
    if options.channels:
        try:
            channels = tuple(int(part) for part in options.channels.split(","))
        except ValueError:
            raise ModelError(f"channels are {options.channels!r}; expected whole numbers, as in 32,64") from None
        architecture = replace(architecture, channels=channels)
    if views := ("halves",) * options.halves + ("thinned", "merged") * options.coarse:
        recipe = recipe.direct()
        architecture = replace(architecture, views=views, shared=True, step=False)
    changes: dict[str, Any] = {name: getattr(options, name) for name in ("batch", "rate", "steps", "gain_steps")}
    if options.prior_only:
        recipe = recipe.direct()
        architecture = replace(architecture, prior_only=True, shared=True, step=False)
        changes["gain_steps"] = 0
    elif architecture.step:
        changes["response_steps"] = options.steps
    changes["precision"] = options.precision or None
    recipe = replace(recipe, architecture=architecture, **{k: v for k, v in changes.items() if v is not None})
    if options.minutes is not None or options.steps is not None:
        return recipe, options.minutes
    longer = 10 if name == "vectors" and shape[0] * shape[1] > MANY else 1
    return recipe, longer * MINUTES[name] if name in MINUTES else None


def _check_paths(options: Options) -> None:
    """Raise `OutputError` where no checkpoint can be written, `CheckpointError` for a run of an older version."""
    from ..files import ensure_folder

    out = options.out
    ensure_folder(out.parent)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out}: is there already; give another --out, or remove it")
    older = out.with_name(out.name + ".unfinished.safetensors")
    if options.resume and older.is_file() and not options.unfinished.is_file():
        raise CheckpointError(f"{older}: is an unfinished run of an older version; remove it, and start again")


def _say_how_to_continue(options: Options) -> None:
    """Print what is left of an interrupted run, and the command that continues it."""
    words = [word for word in sys.argv[1:] if word != "--resume"]
    command = shlex.join(["stiminfo", *words])
    say("")
    if options.unfinished.is_file():
        say(f"stiminfo: interrupted; the run is kept in {options.unfinished}. Go on with:\n{command} --resume")
    else:
        say(f"stiminfo: interrupted before anything was trained; nothing is lost. Start again with:\n{command}")


def _teller(bar: Progress, console: Console) -> Callable[[str, int, int, float], None]:
    """Show the progress in the bar or, in a pipe, in a line at every tenth of a stage."""
    tasks: dict[str, Any] = {}
    first: dict[str, tuple[float, int]] = {}
    tenths: dict[str, int] = {}

    def tell(stage: str, step: int, steps: int, loss: float) -> None:
        now = time.monotonic()
        begun, at = first.setdefault(stage, (now, step))
        speed = f"{(step - at) / (now - begun):.3g} steps per second" if step > at and now > begun else "first steps"
        if not bar.disable:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=steps)
            bar.update(tasks[stage], completed=step, description=f"{stage}: {speed}, loss {loss:.4g}")
        elif step * 10 // steps > tenths.get(stage, -1):
            tenths[stage] = step * 10 // steps
            console.print(f"{stage}: step {step} of {steps}, {speed}, loss {loss:.4g}", style="dim")

    return tell


def _trained(notes: dict[str, Any], training: Training) -> str:
    """How many steps were taken, and how fast."""
    names = {"denoisers": "steps", "responses": "response_steps", "gain": "gain_steps"}
    counts = {stage: notes["recipe"][steps] for stage, steps in names.items()}
    parts = [
        f"{counts[stage]} steps of the {stage} ({speed:.3g} per second)"
        for stage, speed in notes["steps_per_second"].items()
    ]
    return f"trained: {', '.join(parts)}, {training.threads} thread{'s' * (training.threads != 1)}"


def _print(notes: dict[str, Any], out: Path, console: Console, file: str) -> None:
    from rich.table import Table

    from ..diffusion.cautions import caution_about
    from ..diffusion.checkpoints import minutes_of
    from ..diffusion.datasets import words_for
    from ..reports.model_card import third_denoiser

    words = words_for(notes["data"]["shape"])
    table = Table(title=f"Mean squared error of a {words.feature}, held-out {words.many}", title_justify="left")
    third, about_third = third_denoiser(notes)
    for name in ("gamma", "network", "linear", third, "with r: network", "linear", third):
        table.add_column(name, justify="right", overflow="fold")
    for row in notes["held_out"]:
        cells = [row[name + given] for given in ("", "_given") for name in ("network", "linear", "exact")]
        shown = ["-" if cell is None else f"{cell:.4g}" for cell in cells]
        table.add_row(f"{row['low']:.3g} to {row['high']:.3g}", *shown)
    console.print(table)
    console.print(about_third, highlight=False, markup=False)
    console.print(
        f"written to {out} ({notes['weights']} weights, {minutes_of(notes):.1f} minutes of training); next:\n"
        + shlex.join(["stiminfo", "decompose", *([file] if file else []), "--checkpoint", str(out)]),
        soft_wrap=True,
    )
    if caution := caution_about(notes["held_out"], words.many):
        say(f"stiminfo: warning: {caution}")
