"""`stiminfo groups`: groups of latents of a population, and what each tells about each factor of the images."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import OptionError, OutputError, UnknownName, nearest
from .options import Given, count_option, json_option, seed_option, with_fields
from .shared import INTERRUPTED, bar_here, check_outputs, console_here, ending, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from ..diffusion.latents import Bound, GroupRecipe, GroupScores, GroupTraining, LearnedGroups, Responses, World

#: Neurons of a simulated population by default.
NEURONS = 80
#: Steps of training between two lines of progress where no bar is shown, as a share of all.
_TOLD = 4

ENDING = ending(
    "stiminfo groups --dataset shapes --out groups       (two minutes)",
    "stiminfo groups --recipe published --out as-published",
    "stiminfo groups --images X.npy --factors F.csv --responses R.npy",
    "stiminfo groups --group pose:6=rotation --group rest:12",
    exits={0: "the groups are trained, and what they tell is printed"},
)


@dataclass(frozen=True, kw_only=True)
class Options(Given):
    """The options of `stiminfo groups`."""

    dataset: Annotated[str, typer.Option(metavar="shapes", help="A world whose factors and population are known.")] = (
        "shapes"
    )
    images: Annotated[
        Path | None, typer.Option(metavar="X.npy", help="Your own images, (N, height, width); needs --factors.")
    ] = None
    factors: Annotated[
        Path | None,
        typer.Option(metavar="F.csv", help="Factors of your images: a header of names, then one row per image."),
    ] = None
    responses: Annotated[
        Path | None,
        typer.Option(
            metavar="R.npy",
            help="Responses to your images, (N, trials, neurons) or (N, neurons); without it, a simulated population.",
        ),
    ] = None
    circular: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:PERIOD", help="A factor on a circle, such as rotation:360; repeatable."),
    ] = None
    nominal: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A factor whose numbers are labels without order; repeatable."),
    ] = None
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[:RANK][=FACTOR]",
            show_default="one per label and circular factor, and two free ones",
            help="A group of latents, and the factor that it learns, if any; repeatable.",
        ),
    ] = None
    latents: Annotated[int | None, count_option("Latents of all groups together; the ranks must add up to it.")] = None
    lane: Annotated[
        str,
        typer.Option(
            metavar="exact|mlp",
            help="exact: linear encoder and Gaussian noise; information is exact where the neurons' law is known, and "
            "estimated for your own responses. mlp: two-layer networks and spike counts, as published; information is "
            "then bounded from below.",
        ),
    ] = "exact"
    recipe: Annotated[
        str, typer.Option(metavar="default|published|plain", help="Weights of the loss; plain: no labels, no penalty.")
    ] = "default"
    steps: Annotated[int | None, count_option("Training steps (default: the recipe's).")] = None
    critic_steps: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            show_default="700 up to 32 pixels, 1500 up to 64, 3000 above",
            help="Training steps of each critic, for `stiminfo edit --guide critic`; 0: none. The exact lane only.",
        ),
    ] = None
    size: Annotated[
        int, typer.Option(min=4, max=256, metavar="PIXELS", help="Side of rendered images; 64 and 128 suit a GPU.")
    ] = 16
    neurons: Annotated[int, count_option("Neurons of a simulated population.")] = NEURONS
    seed: Annotated[int, seed_option("Seed of the simulated population, of training and of estimates.")] = 0
    samples: Annotated[int, count_option("Latents that are drawn to estimate what each group tells.", 100)] = 2304
    json_file: Annotated[Path | None, json_option("Write all scores as JSON; they are in DIR/groups.json too.")] = None
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue an interrupted run; give the other options as before.")
    ] = False
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write: the VAE, scores and figure.")] = Path(
        "groups"
    )

    @property
    def unfinished(self) -> Path:
        """The file that holds the run until it is finished."""
        return self.out.with_name(self.out.name + ".unfinished.pt")

    def check(self) -> None:
        """Raise `OptionError` for options that contradict each other or have no effect."""
        own = ("factors", "responses", "circular", "nominal")
        if self.images is None:
            self.refuse(own, " without --images")
        else:
            self.refuse(("dataset", "size"), " beside --images: the images are those of the file")
            if self.factors is None:
                raise OptionError("--images needs --factors, a table with one row per image")
        if self.lane == "mlp" and self.critic_steps:
            self.refuse("critic_steps", " on the mlp lane: there are no edits along its groups")
        if self.responses is not None:
            self.refuse("neurons", " beside --responses: the neurons are those of the file")
        check_outputs(self.json_file, folder=self.out.parent)
        if self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir())):
            raise OutputError(f"{self.out}: is there already; give another --out, or remove it")


@with_fields(Options)
def groups(options: Options) -> int:
    """Learn latent variables in groups from a population's responses, and print what each tells about the images.

    Supervised groups learn a label (category, rotation), free groups the rest; a penalty keeps groups independent. In
    the rendered world the neurons' probabilities are known, so that the information of each group is exact but for
    sampling error. Writes the trained VAE, groups.json, and the table as groups.png and groups.svg into DIR, for
    `stiminfo edit --groups DIR`. The run is saved while it trains, and when it is interrupted; --resume continues it.
    """
    options.check()
    try:
        with bar_here() as bar:
            scores, bounds, seconds = _written(options, bar)
    except KeyboardInterrupt:
        _say_how_to_continue(options)
        return INTERRUPTED
    from ..reports.latent_groups import print_critics, print_scores

    console = console_here()
    print_scores(scores, console)
    print_critics(scores, bounds, console)
    names = ", ".join(("groups.json", "groups.png", "groups.svg"))
    console.print(f"trained in {seconds:.0f} s; written to {options.out}: the VAE, {names}", soft_wrap=True)
    return 0


def _written(options: Options, bar: Progress) -> tuple[GroupScores, dict[str, Bound], float]:
    """Train, score and write; returns the scores, what the critics find, and the seconds of the VAE's training."""
    from ..diffusion.interrupts import held_back
    from ..diffusion.latents import LearnedGroups, save_groups, score_groups
    from ..files import json_text, write_whole
    from ..reports.latent_groups import figures

    training = _training(options)
    training.check()
    # Doubts come after the checks: an error is one line.
    for remark in training.responses.remarks:
        say(f"stiminfo: warning: {remark}")
    if options.images is not None and options.responses is None:
        say(f"stiminfo: note: no --responses are given: {options.neurons} simulated neurons respond to the images")
    training.progress = _teller(bar, training.recipe.steps)
    vae = training.run()
    notes = {"recipe": training.recipe.to_json(), "recipe_name": options.recipe, "seed": options.seed}
    notes |= {"samples": options.samples}
    notes |= {"seconds": round(training.seconds, 1), "losses": training.losses}
    learned = LearnedGroups(vae, training.world, training.responses, notes)
    scores = score_groups(learned, options.samples, options.seed, _counter(bar, "what the groups tell"))
    bounds = _critics(options, learned, bar)
    text = json_text(scores.to_json() | {"critics": {row: bound.to_json() for row, bound in bounds.items()}})
    with held_back():  # both or neither: once the groups are written, there is nothing to resume
        save_groups(learned, options.out, {"groups.json": text, **figures(scores)})
        training.finished()
    if options.json_file:
        write_whole(options.json_file, text)
    return scores, bounds, training.seconds


def _critics(options: Options, learned: LearnedGroups, bar: Progress) -> dict[str, Bound]:
    """Train the critics, put them into the learned groups, and return what each finds on fresh latents."""
    from ..diffusion.latents import critic_bounds, preset_for_size, train_critics
    from ..diffusion.latents.lanes import LANES

    preset = preset_for_size(max(learned.world.images.shape[1:]))
    steps = preset.critic_steps if options.critic_steps is None else options.critic_steps
    if options.critic_steps is None and preset.needs_gpu and preset.device == "cpu":
        say("stiminfo: note: no critics are trained: without a GPU they take hours at this size; see --critic-steps")
        return {}
    if steps == 0 or not LANES[options.lane].exact:
        return {}
    exact = learned.exact()
    learned.critics.update(train_critics(exact, preset, steps, options.seed, _counter(bar, "critics")))
    return critic_bounds(exact, learned.critics)


def _newly(told: set[int], done: int, total: int) -> bool:
    """Whether this much is a part of the work that was not told yet; from now on it is."""
    part = done * _TOLD // total
    new = part not in told
    told.add(part)
    return new


def _counter(bar: Progress, what: str) -> Callable[[int, int], None]:
    """Shows how much is done in the bar or, in a pipe, in a few lines."""
    task = bar.add_task(what, total=None)
    told = {0}

    def tell(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if bar.disable and _newly(told, done, total):
            console_here().print(f"{what}: {done} of {total}", style="dim")

    return tell


def _training(options: Options) -> GroupTraining:
    from ..diffusion.latents import RECIPES, Groups, GroupTraining, usual_groups

    world = _world(options)
    if options.recipe not in RECIPES:
        raise UnknownName(f"unknown recipe {options.recipe!r}{nearest(options.recipe, RECIPES)}")
    recipe: GroupRecipe = RECIPES[options.recipe]
    recipe = recipe if options.steps is None else replace(recipe, steps=options.steps)
    asked = usual_groups(world) if options.group is None else Groups.from_texts(options.group, options.latents)
    if options.group is None and options.latents is not None:
        asked = replace(asked, dimensions=options.latents)
    return GroupTraining(
        world,
        _responses(options, world),
        asked,
        recipe,
        options.lane,
        options.seed,
        options.unfinished,
        options.resume,
        say=say,
    )


def _world(options: Options) -> World:
    from ..diffusion.latents import read_world
    from ..diffusion.latents.rendered import WORLDS

    if options.images is not None:
        assert options.factors is not None
        circular = dict(_period(text) for text in options.circular or ())
        return read_world(
            options.images, options.factors, options.responses, circular=circular, nominal=options.nominal or ()
        )
    if options.dataset not in WORLDS:
        raise UnknownName(f"unknown world {options.dataset!r}{nearest(options.dataset, WORLDS)}")
    return WORLDS[options.dataset](options.size)


def _responses(options: Options, world: World) -> Responses:
    from ..diffusion.latents import Responses, mixed_population
    from ..diffusion.latents.lanes import LANES

    if options.lane not in LANES:
        raise UnknownName(f"unknown lane {options.lane!r}{nearest(options.lane, LANES)}")
    counts = LANES[options.lane].counts
    if world.responses is not None:
        return Responses.of_trials(world, stabilise=not counts)
    noise = "poisson" if counts else "gaussian"
    return Responses.of_table(mixed_population(world, options.neurons, noise, seed=options.seed), world)


def _period(text: str) -> tuple[str, float]:
    name, colon, period = text.rpartition(":")
    try:
        return name, float(period if colon and name else "none")
    except ValueError:
        raise OptionError(f"--circular {text}: expected NAME:PERIOD, such as rotation:360") from None


def _teller(bar: Progress, steps: int) -> Any:
    """Show the progress of training in the bar or, in a pipe, in a few lines."""
    task = bar.add_task("latent groups", total=steps)
    told: set[int] = set()

    def tell(stage: str, step: int, steps: int, loss: float) -> None:
        bar.update(task, completed=step, description=f"{stage}: loss {loss:.4g} nats")
        if bar.disable and _newly(told, step, steps):
            console_here().print(f"{stage}: step {step} of {steps}, loss {loss:.4g} nats", style="dim")

    return tell


def _say_how_to_continue(options: Options) -> None:
    """Print what is left of an interrupted run, and the command that continues it."""
    command = shlex.join(["stiminfo", *(word for word in sys.argv[1:] if word != "--resume")])
    if options.unfinished.is_file():
        say(f"\nstiminfo: interrupted; the run is kept in {options.unfinished}. Go on with:\n{command} --resume")
    else:
        say(f"\nstiminfo: interrupted before anything was trained; nothing is lost. Start again with:\n{command}")
