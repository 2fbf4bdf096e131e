"""What `stiminfo train` does, from its options to the checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..diffusion.checkpoints import load_learned, save_learned
from ..diffusion.datasets import read_array
from ..diffusion.denoiser import device_named
from ..diffusion.networks import Architecture
from ..diffusion.populations import fields_for
from ..diffusion.recipes import PRESETS, Recipe, preset_for
from ..diffusion.sources import population_for, source_named
from ..diffusion.training import Training
from ..errors import ModelError, OutputError, TrainingDiverged
from ..files import ensure_folder
from ..reports.model_card import findings, model_card
from .checkpoint import shipped

if TYPE_CHECKING:
    from rich.console import Console

#: Minutes of training where neither steps nor minutes are given and the preset is one for a CPU.
MINUTES = {"small": 5.0, "medium": 90.0}


@dataclass(frozen=True)
class Options:
    """The command's options, by their names."""

    dataset: str
    size: int | None
    data: Path | None
    population: str
    receptive_fields: Path | None
    amplitude: float
    noise: float
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
    resume: bool
    start: Path | None
    out: Path


def run(options: Options, console: Console, bar: Any) -> int:
    """Train, judge on held-out images, and write; returns the exit code."""
    out, unfinished = options.out, options.out.with_name(options.out.name + ".unfinished.safetensors")
    if options.device != "auto":
        device_named(options.device)
    ensure_folder(out.parent)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out}: is there already; give another --out, or remove it")
    source = source_named(options.dataset, side=options.size, folder=options.data)
    fields = None
    if options.receptive_fields is not None:
        given = read_array(options.receptive_fields, "receptive fields", 3)
        fields = fields_for(source.shown().pixels, given)
    encoder = population_for(source, options.population, fields, amplitude=options.amplitude, noise=options.noise)
    recipe, minutes = _recipe(options, source.shape)
    start = None if options.start is None else load_learned(shipped(options.start))
    if start is not None:
        recipe = replace(recipe, architecture=_grown(start.denoising.architecture, recipe.architecture.views))
    training = Training(
        source,
        encoder,
        recipe,
        seed=options.seed,
        minutes=minutes,
        resume_file=unfinished,
        resume=options.resume,
        start=start,
        device="cpu" if options.device == "cpu" else None,
        progress=_teller(bar, console),
        say=lambda text: console.print(text, style="dim"),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        learned = training.run()
    except TrainingDiverged as error:
        raise ModelError(str(error)) from None
    except RuntimeError as error:
        if "alloc" not in str(error):
            raise
        raise ModelError(f"a batch of {recipe.batch} images does not fit in memory; give a smaller --batch") from None
    if not training.accelerator.is_main_process:
        return 0
    console.print("trained; now on held-out images")
    learned.notes |= findings(learned, source, seed=options.seed)
    save_learned(learned, out, model_card(out.name, learned.notes), half=options.half_precision)
    training.finished()
    _print(learned.notes, out, console)
    return 0


def _recipe(options: Options, shape: tuple[int, int]) -> tuple[Recipe, float | None]:
    """The preset with what was asked for, and for how long to train."""
    name = options.preset or preset_for(max(shape))
    if name not in PRESETS:
        raise ModelError(f"unknown preset {name!r}; expected one of {', '.join(PRESETS)}")
    recipe, architecture = PRESETS[name], PRESETS[name].architecture
    if options.channels:
        try:
            channels = tuple(int(part) for part in options.channels.split(","))
        except ValueError:
            raise ModelError(f"channels are {options.channels!r}; expected whole numbers, as in 32,64") from None
        architecture = replace(architecture, channels=channels)
    if views := ("halves",) * options.halves + ("thinned", "merged") * options.coarse:
        architecture = replace(architecture, views=views, shared=True)
    changes = {"batch": options.batch, "rate": options.rate, "precision": options.precision or None}
    changes |= {"steps": options.steps, "gain_steps": options.gain_steps}
    recipe = replace(recipe, architecture=architecture, **{k: v for k, v in changes.items() if v is not None})  # type: ignore[arg-type]
    if options.minutes is not None and options.steps is not None:
        raise ModelError("give --minutes or --steps, not both")
    if options.minutes is not None or options.steps is not None:
        return recipe, options.minutes
    return recipe, MINUTES.get(name)


def _grown(architecture: Architecture, views: tuple[str, ...]) -> Architecture:
    """The architecture to begin with, with what views are to be learned beside its own."""
    return replace(architecture, views=architecture.views + tuple(v for v in views if v not in architecture.views))


def _teller(bar: Any, console: Console) -> Callable[[str, int, int, float], None]:
    """Tells the bar, or, in a pipe, a line at every tenth of a stage."""
    tasks: dict[str, Any] = {}

    def tell(stage: str, step: int, steps: int, loss: float) -> None:
        if bar:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=steps)
            speed = next(task.speed for task in bar.tasks if task.id == tasks[stage]) or 0.0
            bar.update(tasks[stage], completed=step, description=f"{speed:.3g} steps/s, {stage}: loss {loss:.4g}")
        elif step * 10 // steps > tasks.get(stage, -1):
            tasks[stage] = step * 10 // steps
            console.print(f"{stage}: step {step} of {steps}, loss {loss:.4g}", style="dim")

    return tell


def _print(notes: dict[str, Any], out: Path, console: Console) -> None:
    from rich.table import Table

    table = Table(title="Mean squared error of a pixel, held-out images", title_justify="left")
    for name in ("gamma", "network", "linear", "exact", "with r: network", "linear", "exact"):
        table.add_column(name, justify="right")
    for row in notes["held_out"]:
        cells = [row[name + given] for given in ("", "_given") for name in ("network", "linear", "exact")]
        table.add_row(f"{row['low']:.3g} to {row['high']:.3g}", *(f"{cell:.4g}" for cell in cells))
    console.print(table)
    console.print(
        f"written to {out} ({notes['weights']} weights, {notes['seconds'] / 60:.1f} minutes); next:\n"
        f"stiminfo decompose --checkpoint {out}"
    )
