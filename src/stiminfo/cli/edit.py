"""`stiminfo edit`: images edited along a group of latents, beside what the group tells."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import CheckpointError, OptionError, UnknownName, nearest
from .options import Given, count_option, seed_option, with_fields
from .shared import bar_here, console_here, ending, say

if TYPE_CHECKING:
    from ..diffusion import Denoiser
    from ..diffusion.latents import ExactLatents, World
    from ..models.arrays import Array
    from ..reports.editing import EditReport

#: Images in the figure, and passes per image of the map of I_local.
_SHOWN, _PASSES = 6, 512
#: Networks belong to a world if their mean image lies within this share of the images' spread of the world's.
_SAME_WORLD = 0.2

ENDING = ending(
    "stiminfo edit --groups groups --group pose",
    "stiminfo edit --groups groups --group category --condition group",
    "stiminfo edit --groups groups --group pose --perturb ones --amount 5",
    "stiminfo edit --groups groups --group pose --checkpoint NET --level 1",
    exits={0: "the figure and the scores are written"},
)


@dataclass(frozen=True, kw_only=True)
class Options(Given):
    """The options of `stiminfo edit`."""

    groups: Annotated[Path, typer.Option(metavar="DIR", help="The folder that `stiminfo groups --out` wrote.")]
    group: Annotated[str, typer.Option(metavar="NAME", help="The group to edit along; `free` is all free groups.")]
    perturb: Annotated[
        str,
        typer.Option(
            metavar="donor|axis|ones",
            help="donor: take the group's latents from another image. axis: move along the group's principal axis. "
            "ones: add the same to each latent, as published; the result depends on arbitrary signs.",
        ),
    ] = "donor"
    amount: Annotated[
        float,
        typer.Option(
            metavar="NUMBER",
            help="How far: a share of the way to the donor; standard deviations (axis); units of a latent (ones).",
        ),
    ] = 1.0
    level: Annotated[
        float, typer.Option(metavar="SIGMA", help="Noise up to which images are inverted, in units of a pixel's value.")
    ] = 4.0
    scale: Annotated[float, typer.Option(metavar="NUMBER", help="How many times the guide is added.")] = 1.0
    guide: Annotated[
        str,
        typer.Option(
            metavar="exact|critic|likelihood|released",
            help="exact: the difference of posterior means, by the law of the latents. critic, likelihood: a gradient "
            "at the denoised image. released: the rule of the published code.",
        ),
    ] = "exact"
    condition: Annotated[
        str,
        typer.Option(
            metavar="whole|group",
            help="What guides: the whole latent, which holds the other groups, or the group alone, as published.",
        ),
    ] = "whole"
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="NET", help="Generate with networks that `stiminfo train` wrote, not with the exact denoiser."
        ),
    ] = None
    images: Annotated[int, count_option("Images to edit; six of them are drawn.", 2)] = 24
    seed: Annotated[int, seed_option("Seed of the images, the donors and a critic's negatives.")] = 0
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for edits.png, edits.svg and edits.json.")] = Path(
        "edits"
    )

    def check(self) -> None:
        """Raise `UnknownName` or `OptionError` for choices that do not exist or make no sense."""
        import math

        from ..diffusion.editing import GUIDES, PERTURBATIONS

        choices: dict[str, Collection[str]] = {
            "perturb": PERTURBATIONS,
            "guide": GUIDES,
            "condition": ("whole", "group"),
        }
        for name, known in choices.items():
            value = getattr(self, name)
            if value not in known:
                raise UnknownName(f"unknown --{name} {value!r}{nearest(value, known)}")
        for name in ("amount", "level", "scale"):
            if not math.isfinite(getattr(self, name)):
                raise OptionError(f"--{name} is {getattr(self, name)}; expected a finite number")


@with_fields(Options)
def edit(options: Options) -> int:
    """Edit images along a group of latents, and compare what the edits change with what the group tells.

    Each image is inverted to noise and generated again, guided by its latents with those of one group changed. The
    table says for each factor what share of it the group tells, how often edits took the donor's value, and how often
    they kept the image's own. Writes a figure (image, donor, edit, and a map of I_local of the group) and the scores.
    """
    from ..files import ensure_folder
    from ..reports.editing import print_edits, warning_of_depth, write_edits

    options.check()
    ensure_folder(options.out)
    with bar_here() as bar:
        bar.add_task(f"editing along {options.group}", total=None)
        report = _edited(options)
        files = write_edits(report, options.out)
    console = console_here()
    print_edits(report, console)
    if warning := warning_of_depth(report):
        say(f"stiminfo: warning: {warning}")
    console.print(f"written to {options.out}: {', '.join(files)}", soft_wrap=True)
    return 0


def _edited(options: Options) -> EditReport:
    import torch

    from ..diffusion.editing import GUIDES, PERTURBATIONS, inverted, score
    from ..diffusion.editing import edit as edited
    from ..diffusion.latents import load_groups
    from ..diffusion.latents.groups import WHOLE
    from ..estimators import i_local
    from ..reports.editing import EditReport, worth_seeing

    learned = load_groups(options.groups)
    latents, world = learned.exact(), learned.world
    latents.groups.latents(options.group)  # an unknown name is an error before the work
    count = min(options.images, len(world))
    images = torch.randperm(len(world), generator=torch.Generator().manual_seed(options.seed))[:count]
    start = inverted(latents, images, options.level, _networks(options, world))

    def along(group: str) -> tuple:
        perturbation, generator = PERTURBATIONS[options.perturb], torch.Generator().manual_seed(options.seed + 1)
        changed = perturbation(latents, group, images, options.amount, generator)
        of = WHOLE if options.condition == "whole" else group
        guide = GUIDES[options.guide]
        found = edited(latents, start, changed, of, guide=guide, scale=options.scale, seed=options.seed)
        return found, score(world, images.numpy(), changed.donors.numpy(), found.pictures)

    edits, scores = along(options.group)
    matrix = {}
    if edits.perturbed.given:
        for name in latents.groups.names:
            matrix[name] = scores.taken if name == options.group else along(name)[1].taken
    settings = {
        name: getattr(options, name) for name in ("perturb", "amount", "level", "scale", "guide", "condition", "seed")
    }
    settings |= {"law": learned.responses.law, "denoiser": repr(start.denoiser)}
    shares = _shares(latents, options)
    rows = worth_seeing(world, shares[options.group], images.numpy(), edits.perturbed.donors.numpy(), _SHOWN)
    teller = latents.denoiser(options.group)
    maps = i_local.estimate(teller, latents.stimuli[images[rows]], passes=_PASSES, seed=options.seed)
    return EditReport(world, options.group, settings, start, edits, scores, shares, matrix, rows, maps)


def _shares(latents: ExactLatents, options: Options) -> dict[str, Array]:
    """What each group tells about each factor, by the law of the latents."""
    from ..diffusion.latents import factor_information

    names = {*latents.groups.names, options.group}
    found = {
        name: factor_information(latents.channel(name), latents.world, seed=options.seed) for name in sorted(names)
    }
    return {name: one.shares for name, one in found.items()}


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
        raise CheckpointError(
            f"{options.checkpoint} is of other images than {options.groups}: {denoiser!r} does not have the mean image "
            f"of {world!r}; train networks on these images, with pixels from 0 to 1"
        )
    return denoiser
