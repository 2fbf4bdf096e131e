"""`stiminfo decompose`: information about images, per image and per pixel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError, MissingExtra, OptionError, UnknownName
from .options import Amplitude, Fields, MnistFolder, Noise
from .shared import bar_here, console_here

if TYPE_CHECKING:
    from rich.console import Console

    from ..diffusion import Denoiser
    from ..diffusion.datasets import Images
    from ..diffusion.encoders import Encoder
    from ..reports.decomposition import Decomposition

#: Passes per image where neither a budget nor a goal is given: seconds for a few thousand images.
PASSES = 8000
#: The data set that needs neither a file nor a folder.
_DATASET = "digits"

#: Options that have no effect beside another one, and why.
_WITHOUT_EFFECT = (
    ("dataset", "images", "the images are those of the file"),
    ("show", "chosen", "the images are those that you name"),
)
_OF_NETWORKS = "does not go with --checkpoint: networks know one population only"
#: Options that cannot be met beside another one, and why.
_AGAINST = tuple(
    (option, "checkpoint", _OF_NETWORKS) for option in ("population", "receptive_fields", "amplitude", "noise")
)
#: What the user writes, where it is not the parameter's name.
_FLAGS = {"images": "IMAGES.npy", "chosen": "--image"}


def _names(*registries: str) -> str:
    """The names in registries, for the help; without torch installed, the help says no names."""
    try:
        from ..diffusion import registry
    except MissingExtra:
        return "NAME"
    return registry.choices(*(getattr(registry, name) for name in registries))


def decompose(
    context: typer.Context,
    images: Annotated[
        Path | None,
        typer.Argument(metavar="IMAGES.npy", help="Your own images: .npy or .npz, shape (N, height, width)."),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(metavar=_names("DATASETS", "FORMATS"), help=f"Images to decompose (default: {_DATASET})."),
    ] = None,
    data: MnistFolder = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Use the networks that `stiminfo train` wrote there, not the exact posterior; `digits` is included.",
        ),
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(
            metavar=_names("SAMPLERS"),
            help="How responses are drawn for i_local (default: amortised where the networks learned it, else "
            "posterior). plug_in is the published estimator, which is biased.",
        ),
    ] = None,
    population: Annotated[
        str | None,
        typer.Option(
            metavar=_names("POPULATIONS"),
            help="Neurons that see the images (default: linear for Gaussian images, else poisson). published: the "
            "parameters in print, on images rescaled to [-1, 1].",
        ),
    ] = None,
    receptive_fields: Fields = None,
    amplitude: Amplitude = 2.0,
    noise: Noise = 2.0,
    measures: Annotated[
        list[str] | None,
        typer.Option("--measure", metavar="NAME", help="Measure to estimate (default: i_local); may be repeated."),
    ] = None,
    show: Annotated[int, typer.Option(min=1, max=12, help="Number of images to decompose.")] = 5,
    chosen: Annotated[
        list[int] | None,
        typer.Option("--image", metavar="INDEX", help="Decompose the image with this index; may be repeated."),
    ] = None,
    passes: Annotated[
        int | None,
        typer.Option(min=1, help=f"Largest number of denoiser passes per image (default: {PASSES} without --rtol)."),
    ] = None,
    rtol: Annotated[
        float | None, typer.Option(help="Stop when every total has this relative standard error, 0.02 say.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same numbers.")] = 0,
    device: Annotated[str, typer.Option(metavar="cpu|cuda", help="Device to compute on.")] = "cpu",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the figures, the .npz and the JSON.")] = Path(
        "decomposition"
    ),
) -> int:
    """Decompose the information that neurons carry about images into I(x) per image and maps per pixel.

    Without training: the images are the whole stimulus set, each equally likely, and a population of neurons sees them.
    Prints I(x) of some images with standard errors, and writes maps.png, population.png, decomposition.json and
    decomposition.npz. With --checkpoint, trained networks are the denoiser, and the exact maps stand beside theirs.
    """
    options = locals()
    del options["context"]
    options |= {"measures": tuple(measures or ("i_local",)), "chosen": tuple(chosen or ())}
    given = frozenset(name for name in options if _was_given(context, name))
    with bar_here() as bar:
        return run(Options(given=given, **options), console_here(), bar)


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP")


@dataclass(frozen=True)
class Options:
    """The command's options by their names, and `given`: those that the user wrote."""

    given: frozenset[str]
    images: Path | None
    dataset: str | None
    data: Path | None
    checkpoint: Path | None
    sampler: str | None
    population: str | None
    receptive_fields: Path | None
    amplitude: float
    noise: float
    measures: tuple[str, ...]
    show: int
    chosen: tuple[int, ...]
    passes: int | None
    rtol: float | None
    seed: int
    device: str
    out: Path

    def refuse(self, option: str, why: str) -> None:
        """Raise `OptionError` if the user gave an option."""
        if option in self.given:
            raise OptionError(f"{_flag(option)} {why}")


def _flag(option: str) -> str:
    return _FLAGS.get(option, "--" + option.replace("_", "-"))


@dataclass(frozen=True)
class _Task:
    """Images, the population, and the denoiser: None for the exact one of the set.

    `exact` is what stands beside networks; `endless` says that the images are examples and not the whole set.
    """

    images: Images
    encoder: Encoder
    denoiser: Denoiser | None = None
    exact: Denoiser | None = None
    information: tuple[float, float] | None = None
    made_by: str = ""
    endless: bool = False


def run(options: Options, console: Console, bar: Any) -> int:
    """Load, estimate, print and write; returns the exit code."""
    import numpy as np

    from ..diffusion.denoiser import device_named
    from ..files import ensure_folder
    from ..reports.decomposition import decompose as decomposed
    from ..reports.decomposition import spread_choice
    from ..reports.decomposition_output import print_decomposition, write_decomposition

    _check(options)
    device = device_named(options.device)
    ensure_folder(options.out)
    task = _task_with_networks(options, device) if options.checkpoint is not None else _exact_task(options)
    chosen = np.array(options.chosen, dtype=int) if options.chosen else spread_choice(task.images, options.show)
    passes = options.passes if options.passes or options.rtol is not None else PASSES
    shown = bar.add_task("estimating", total=passes) if bar else None

    def tell(name: str, spent: int, error: float) -> None:
        if bar:
            bar.update(shown, completed=spent, description=f"{name}: relative error {error:.1%}")

    def found_with(denoiser: Denoiser | None, sampler: str | None) -> Decomposition:
        return decomposed(
            task.images,
            task.encoder,
            chosen,
            measures=options.measures,
            passes=passes,
            rtol=options.rtol,
            sampler=sampler,
            seed=options.seed,
            device=device,
            denoiser=denoiser,
            information=task.information,
            progress=tell,
        )

    try:
        found = found_with(task.denoiser, options.sampler)
        beside = None if task.exact is None else found_with(task.exact, None)
    except InputError:
        raise
    except ValueError as error:  # the estimators' checks of passes and rtol
        raise OptionError(str(error)) from None
    print_decomposition(found, beside, task.endless, console)
    files = write_decomposition(found, beside, task.made_by, options.out)
    console.print(f"written to {options.out}: {', '.join(files)}")
    return 0


def _check(options: Options) -> None:
    """Raise `OptionError` for options without effect, `UnknownName` for measures that do not exist."""
    from ..estimators import PUBLISHED

    for option, other, why in _WITHOUT_EFFECT:
        if other in options.given:
            options.refuse(option, f"has no effect beside {_flag(other)}: {why}")
    for option, other, why in _AGAINST:
        if other in options.given:
            options.refuse(option, why)
    for name in options.measures:
        if name not in PUBLISHED:
            raise UnknownName(f"unknown measure {name!r}; expected one of {', '.join(PUBLISHED)}")
    integrands = [PUBLISHED[name].integrand for name in options.measures]
    if not any(integrand is not None and integrand.by_sampler for integrand in integrands):
        options.refuse("sampler", f"has no effect on {', '.join(options.measures)}, which draw no responses")


def _exact_task(options: Options) -> _Task:
    """Images, and neurons of which the posterior is known; no networks."""
    from ..diffusion.populations import Population
    from ..diffusion.registry import dataset_named, population_named
    from ..diffusion.sources import Asked, Dataset, population_for

    name = str(options.images) if options.images is not None else options.dataset or _DATASET
    dataset: Dataset = dataset_named(name)
    population: Population = population_named(options.population or dataset.default_population)
    if not dataset.needs_folder:
        options.refuse("data", f"has no effect: {dataset.name} images lie in no such folder")
    strengths = {"amplitude": options.amplitude, "noise": options.noise}
    for option in strengths:
        if option not in population.options:
            options.refuse(option, f"has no effect on {population.name} neurons")
    asked = Asked(name, folder=options.data)
    if dataset.images is None:
        source = dataset.load(asked)
        images = source.shown()
        encoder = population_for(source, population.name, _fields(options, images), **strengths)
        return _Task(images, encoder, source.exact(encoder), endless=source.images is None)
    images = dataset.images(asked)
    fields = _fields(options, images)
    if population.signed:
        images = replace(images, pixels=images.pixels * 2 - 1)
    return _Task(images, population.seeing_images(images.pixels, fields, **strengths))


def _fields(options: Options, images: Images) -> Any:
    """The receptive fields of the user's file, or a grid of Gaussian ones."""
    from ..diffusion.datasets import read_array
    from ..diffusion.populations import fields_for, receptive_fields

    if options.receptive_fields is None:
        return receptive_fields((images.pixels.shape[1], images.pixels.shape[2]))
    return fields_for(images.pixels, read_array(options.receptive_fields, "receptive fields", 3))


def _task_with_networks(options: Options, device: Any) -> _Task:
    """A checkpoint's networks, population and images."""
    from .checkpoint import networks_of

    folder = options.checkpoint
    assert folder is not None
    denoiser, source, information = networks_of(
        folder, dataset=options.dataset, images=options.images, data=options.data, device=device
    )
    endless = source.images is None
    made_by = f"Networks: {folder.name}, trained on {source.name} for {denoiser.learned.minutes:.1f} min; exact: " + (
        "the true prior's denoiser" if endless else "the finite-set denoiser"
    )
    encoder = denoiser.learned.encoder
    return _Task(source.shown(), encoder, denoiser, source.exact(encoder), information, made_by, endless)
