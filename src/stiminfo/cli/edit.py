"""`stiminfo edit`: images edited along a group of latents, beside what the group tells."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import CheckpointError, OptionError, UnknownName, nearest
from .options import Given, count_option, with_fields
from .shared import bar_here, console_here, ending, say

if TYPE_CHECKING:
    from ..diffusion import Denoiser
    from ..diffusion.latents import LearnedGroups, World
    from ..reports.editing import EditReport
    from ..reports.sweeps import Common, Setting

#: Images in the figure, and passes per image of the map of I_local.
_SHOWN, _PASSES = 6, 512
#: Networks belong to a world if their mean image lies within this share of the images' spread of the world's.
_SAME_WORLD = 0.2

ENDING = ending(
    "stiminfo edit --groups groups --group pose",
    "stiminfo edit --groups groups --group category --condition group",
    "stiminfo edit --groups groups --group pose --perturb ones --amount 2",
    "stiminfo edit --groups groups --group pose,free --guide exact,critic",
    "stiminfo edit --groups groups --group pose --checkpoint NET --level 1",
    exits={0: "the figure and the scores are written"},
)


#: Most combinations of a sweep: at a second or more each, a day of one core.
_MOST = 10_000


def _list_option(metavar: str, sentence: str) -> Any:
    """An option that takes one value, or several with commas for a sweep."""
    return typer.Option(metavar=metavar, help=sentence)


@dataclass(frozen=True, kw_only=True)
class Options(Given):
    """The options of `stiminfo edit`."""

    groups: Annotated[
        list[Path],
        typer.Option(metavar="DIR", help="The folder that `stiminfo groups --out` wrote; repeatable in a sweep."),
    ]
    group: Annotated[str, _list_option("NAME[,NAME]", "The group to edit along; `free` is all free groups.")]
    perturb: Annotated[
        str,
        typer.Option(
            metavar="donor|axis|ones|ones-published",
            help="donor: take the group's latents from another image. axis: move along the group's principal axis. "
            "ones: add the same to each latent; the result depends on arbitrary signs. ones-published: the same in "
            "units of a latent, which are arbitrary, too.",
        ),
    ] = "donor"
    amount: Annotated[
        float,
        typer.Option(
            metavar="NUMBER",
            help="How far: a share of the way to the donor; the group's standard deviations (axis, ones); units of a "
            "latent (ones-published).",
        ),
    ] = 1.0
    level: Annotated[
        str, _list_option("SIGMA[,SIGMA]", "Noise up to which images are inverted, in units of a pixel's value.")
    ] = "4"
    scale: Annotated[str, _list_option("NUMBER[,NUMBER]", "How many times the guide is added.")] = "1"
    guide: Annotated[
        str,
        _list_option(
            "NAME[,NAME]",
            "exact: the difference of posterior means, by the law of the latents. critic: the gradient of a trained "
            "critic at the denoised image; best-critic: of the best one; with -detached: without the derivative of the "
            "denoised image. likelihood: of log p(z|x). released: the rule of the published code.",
        ),
    ] = "exact"
    condition: Annotated[
        str,
        _list_option(
            "whole|group",
            "What guides: the whole latent, which holds the other groups, or the group alone, as published.",
        ),
    ] = "whole"
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="NET", help="Generate with networks that `stiminfo train` wrote, not with the exact denoiser."
        ),
    ] = None
    images: Annotated[int, count_option("Images to edit; six of them are drawn.", 2)] = 24
    seed: Annotated[str, _list_option("N[,N]", "Seed of the images, the donors and a critic's negatives.")] = "0"
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder for edits.png, edits.svg and edits.json, or for a sweep's files."),
    ] = Path("edits")

    def settings(self) -> list[Setting]:
        """All combinations of the values that were given; raises `OptionError` for values that make no sense."""
        from ..reports.sweeps import combinations

        found = combinations(
            groups=[str(folder) for folder in self.groups],
            seed=self._values("seed", _whole),
            level=self._values("level", _finite),
            group=self._values("group", str),
            condition=self._values("condition", str),
            guide=self._values("guide", str),
            scale=self._values("scale", _finite),
        )
        if len(found) > _MOST:
            raise OptionError(f"these values make {len(found)} combinations; expected at most {_MOST}")
        return found

    def _values(self, name: str, kind: Callable[[str], Any]) -> list[Any]:
        words = [word.strip() for word in getattr(self, name).split(",")]
        try:
            return [kind(word) for word in words if word or _refuse()]
        except ValueError:
            expected = "whole numbers from 0" if kind is _whole else "finite numbers" if kind is _finite else "names"
            raise OptionError(
                f"--{name} {getattr(self, name)}: expected {expected}, with commas between them"
            ) from None

    def check(self) -> None:
        """Raise `UnknownName` or `OptionError` for choices that do not exist or make no sense."""
        from ..diffusion.editing import PERTURBATIONS, guides_with

        choices: dict[str, Collection[str]] = {
            "perturb": PERTURBATIONS,
            "guide": guides_with({}),
            "condition": ("whole", "group"),
        }
        for name, known in choices.items():
            for value in self._values(name, str):
                if value not in known:
                    raise UnknownName(f"unknown --{name} {value!r}{nearest(value, known)}")
        if not math.isfinite(self.amount):
            raise OptionError(f"--amount is {self.amount}; expected a finite number")


def _finite(word: str) -> float:
    number = float(word)
    return number if math.isfinite(number) else _refuse()


def _whole(word: str) -> int:
    return int(word) if word.isdecimal() and len(word) < 19 else _refuse()


def _refuse() -> Any:
    raise ValueError


@with_fields(Options)
def edit(options: Options) -> int:
    """Edit images along a group of latents, and compare what the edits change with what the group tells.

    Each image is inverted to noise and generated again, guided by its latents with those of one group changed. The
    table says for each factor what share of it the group tells, how often edits took the donor's value, and how often
    they kept the image's own. Near enough is the same: on a circle of more than 12 positions within a twelfth of the
    period, on a line of four values or more the next value; else only the value itself. The table's note says which.
    Writes a figure (image, donor, edit, and a map of I_local of the group) and the scores.

    Several values of --group, --level, --scale, --guide, --condition, --seed or --groups make a sweep: one table with a
    row per combination, and one figure. Each row is kept in DIR/sweep.json as soon as it is there; the same command
    continues after an interruption, and further values add rows.
    """
    from ..files import ensure_folder
    from ..reports.editing import print_edits, warning_of_depth, write_edits

    options.check()
    settings, common = options.settings(), _common(options)
    ensure_folder(options.out)
    if len(settings) > 1:
        return _sweep(options, settings, common)
    with bar_here() as bar:
        bar.add_task(f"editing along {options.group}", total=None)
        report = _edited(options, settings[0], common)
        files = write_edits(report, options.out)
    console = console_here()
    print_edits(report, console)
    if warning := warning_of_depth(report):
        say(f"stiminfo: warning: {warning}")
    console.print(f"written to {options.out}: {', '.join(files)}", soft_wrap=True)
    return 0


def _common(options: Options) -> Common:
    from ..reports.sweeps import Common

    networks = "" if options.checkpoint is None else str(options.checkpoint)
    return Common(options.perturb, options.amount, options.images, networks)


def _sweep(options: Options, settings: list[Setting], common: Common) -> int:
    """Edits for all combinations, in one table and one figure."""
    from ..diffusion.latents import load_groups
    from ..reports.sweep_output import print_sweep, write_sweep
    from ..reports.sweeping import run
    from ..reports.sweeps import Sweep

    loaded = {str(folder): load_groups(folder) for folder in options.groups}
    for setting in settings:
        _check_critic(loaded[setting.groups], setting)
    kept = Sweep(options.out, common, {name: one.digest for name, one in loaded.items()})
    there = sum(setting in kept.rows for setting in settings)
    if there:
        say(f"stiminfo: note: {there} of {len(settings)} combinations are in {kept.path} already")
    with bar_here() as bar:
        task = bar.add_task("editing", total=len(settings))
        rows = run(
            kept,
            settings,
            common,
            loaded.__getitem__,
            lambda world: _networks(options, world),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    files = write_sweep(rows, options.out)
    console = console_here()
    print_sweep(rows, console)
    console.print(f"written to {options.out}: {', '.join(files)}", soft_wrap=True)
    return 0


def _check_critic(learned: LearnedGroups, setting: Setting) -> None:
    """Raise for a group or a trained critic that is not there, before the work."""
    from ..diffusion.editing import Trained, guides_with
    from ..diffusion.latents.groups import WHOLE

    latents = learned.exact()
    latents.groups.of_factor(setting.group, learned.world.names)
    latents.groups.latents(setting.group)
    guide = guides_with(learned.critics)[setting.guide]
    if isinstance(guide, Trained):
        guide.critic_of(latents, setting.group if setting.condition != WHOLE else WHOLE)


def _edited(options: Options, setting: Setting, common: Common) -> EditReport:
    from ..diffusion.editing import inverted
    from ..diffusion.latents import load_groups
    from ..estimators import i_local
    from ..reports.editing import EditReport, worth_seeing
    from ..reports.sweeping import chosen_images, edited, told_shares

    learned = load_groups(options.groups[0])
    _check_critic(learned, setting)
    latents, world, group = learned.exact(), learned.world, setting.group
    images = chosen_images(world, options.images, setting.seed)
    start = inverted(latents, images, setting.level, _networks(options, world))
    edits, scores = edited(learned, start, setting, common)
    matrix = {}
    if edits.perturbed.given:
        for name in latents.groups.names:
            matrix[name] = scores.taken if name == group else edited(learned, start, setting, common, name)[1].taken
    settings = {"perturb": options.perturb, "amount": options.amount}
    settings |= {name: getattr(setting, name) for name in ("level", "scale", "guide", "condition", "seed")}
    settings |= {"law": learned.responses.law, "denoiser": repr(start.denoiser)}
    shares, least = told_shares(learned, setting)
    rows = worth_seeing(world, shares[group], images.numpy(), edits.perturbed.donors.numpy(), _SHOWN)
    teller = latents.denoiser(group)
    maps = i_local.estimate(teller, latents.stimuli[images[rows]], passes=_PASSES, seed=setting.seed)
    return EditReport(world, group, settings, start, edits, scores, shares, matrix, rows, maps, least)


def _networks(options: Options, world: World) -> Denoiser | None:
    """The networks that generate, or None; raises `CheckpointError` for those of other images."""
    import numpy as np

    from ..diffusion import load_denoiser

    if options.checkpoint is None:
        return None
    denoiser = load_denoiser(options.checkpoint)
    mean = denoiser.some_stimuli()[0].double().cpu().numpy()
    spread = world.flat.std(axis=0)
    if mean.shape != spread.shape or np.abs(mean - world.flat.mean(axis=0)).max() > _SAME_WORLD * spread.max():
        where = ", ".join(map(str, options.groups))
        raise CheckpointError(
            f"{options.checkpoint} is of other images than {where}: {denoiser!r} does not have the mean image of "
            f"{world!r}; train networks on these images, with pixels from 0 to 1"
        )
    return denoiser
