"""`stiminfo decompose`: information about images, per image and per pixel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError, OptionError, UnknownName, nearest, spelt
from .options import DATASET, ImageOptions, count_option, registered, with_fields
from .shared import bar_here, console_here, ending, inform, say

if TYPE_CHECKING:
    from ..diffusion import Denoiser
    from ..diffusion.datasets import Images
    from ..diffusion.encoders import Encoder
    from ..reports.decomposition import Decomposition

#: Passes per image if neither a number of passes nor an error is asked for: seconds for a few thousand images.
PASSES = 8000
#: Passes per image between two lines of progress where no bar is shown: of exact denoisers, and of slower networks.
_TOLD, _TOLD_OF_NETWORKS = 20_000, 2_000

ENDING = ending(
    "stiminfo decompose                       (digits, in seconds)",
    "stiminfo decompose images.npy --receptive-fields fields.npy",
    "stiminfo decompose --measure i_surp --image 7 --rtol 0.05",
    "stiminfo decompose --checkpoint gmm   (shipped networks; or digits, mnist)",
    "stiminfo decompose --checkpoint digits --receptive-fields fields.npy",
    exits={0: "the figures and numbers are written"},
)


@dataclass(frozen=True, kw_only=True)
class Options(ImageOptions):
    """The options of `stiminfo decompose`."""

    images: Annotated[
        Path | None,
        typer.Argument(
            metavar="IMAGES.npy", help="Your own images (N, height, width) or samples (N, d): .npy or .npz."
        ),
    ] = None
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Use the networks that `stiminfo train` wrote there, not the exact posterior; `digits`, `gmm` and "
            "`mnist` come with stiminfo. With --receptive-fields, --population, --amplitude or --noise, they serve "
            "another population without training.",
        ),
    ] = None
    sampler: Annotated[
        str | None,
        typer.Option(
            metavar=registered("SAMPLERS"),
            help="How responses are drawn for i_local (default: amortised if the networks learned it, closure for "
            "another population than theirs, else posterior). plug_in is the published estimator, which is biased.",
        ),
    ] = None
    measures: Annotated[
        list[str] | None,
        typer.Option("--measure", metavar="NAME", help="Measure to estimate (default: i_local); repeatable."),
    ] = None
    show: Annotated[int, typer.Option(min=1, max=12, metavar="N", help="Number of stimuli to decompose.")] = 5
    chosen: Annotated[
        list[int] | None,
        typer.Option(
            "--image",
            metavar="INDEX",
            help="Decompose the stimulus with this index, from 0, in your file or the data set; repeatable. Networks "
            "also take stimuli that were held out when they were trained; the exact values then are left out.",
        ),
    ] = None
    passes: Annotated[
        int | None,
        count_option(f"Largest number of denoiser passes per image (default: {PASSES}, unless --rtol is given)."),
    ] = None
    rtol: Annotated[
        float | None,
        typer.Option(metavar="ERROR", help="Stop when every total has this relative standard error, e.g. 0.02."),
    ] = None
    seed: Annotated[int, count_option("The same seed gives the same numbers.", 0)] = 0
    device: Annotated[str, typer.Option(metavar="cpu|cuda", help="Device to compute on.")] = "cpu"
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the figures, the .npz and the JSON.")] = Path(
        "decomposition"
    )

    file_field = "images"

    @property
    def other_neurons(self) -> bool:
        """Whether networks are to serve another population than the one that they were trained for."""
        mine = {"population", "poisson", "receptive_fields", "amplitude", "noise"}
        return self.checkpoint is not None and not mine.isdisjoint(self.given)

    def check(self, measures: tuple[str, ...]) -> None:
        """Raise `OptionError` for options without effect, `UnknownName` for measures that do not exist."""
        from ..estimators import PUBLISHED

        if "images" in self.given:
            self.refuse("dataset", f" beside {self.given['images']}: the images are those of the file")
        if "chosen" in self.given:
            self.refuse("show", " beside --image: the images are those that you name")
        if self.other_neurons and self.sampler == "amortised":
            raise OptionError("--sampler amortised was learned for the networks' own population; expected closure")
        for name in measures:
            if name not in PUBLISHED:
                raise UnknownName(f"unknown measure {name!r}{nearest(name, PUBLISHED)}")
        integrands = [PUBLISHED[name].integrand for name in measures]
        if not any(integrand is not None and integrand.by_sampler for integrand in integrands):
            self.refuse("sampler", f" on {', '.join(measures)}: no responses are drawn")


@dataclass(frozen=True)
class _Task:
    """What is decomposed.

    Attributes
    ----------
    denoiser : None for the exact one of the set of images
    exact : the exact denoiser, whose maps stand beside those of networks
    information : I(R;X) in nats and its standard error, if known
    made_by : a line below the maps
    endless : whether the images are samples of a distribution, not the whole stimulus set
    """

    images: Images
    encoder: Encoder
    denoiser: Denoiser | None = None
    exact: Denoiser | None = None
    information: tuple[float, float] | None = None
    made_by: str = ""
    endless: bool = False


@with_fields(Options)
def decompose(options: Options) -> int:
    """Decompose the information that neurons carry about images into I(x) per image and maps per pixel.

    Without training: the images are the whole stimulus set, each equally likely, and a population of neurons responds
    to them. Prints I(x) of some images with standard errors, and writes maps.png, population.png, decomposition.json
    and decomposition.npz. With --checkpoint, trained networks are the denoiser; their totals have a systematic error,
    too, and the exact maps stand beside theirs.
    """
    import numpy as np

    from ..diffusion.denoiser import device_named
    from ..estimators import PUBLISHED
    from ..files import ensure_folder
    from ..reports.decomposition import decompose as decomposed
    from ..reports.decomposition import spread_choice
    from ..reports.decomposition_output import print_decomposition, write_decomposition

    measures = tuple(spelt(name, PUBLISHED) for name in options.measures or ("i_local",))
    options.check(measures)
    device = device_named(options.device)
    ensure_folder(options.out)
    task = _exact_task(options) if options.checkpoint is None else _task_with_networks(options, device)
    chosen = np.array(options.chosen, dtype=int) if options.chosen else spread_choice(task.images, options.show)
    passes = options.passes if options.passes or options.rtol is not None else PASSES
    console = console_here()
    with bar_here() as bar:
        shown = bar.add_task("estimating", total=passes)
        told: dict[str, int] = {}
        apart = _TOLD if options.checkpoint is None else _TOLD_OF_NETWORKS

        def tell(name: str, spent: int, error: float) -> None:
            bar.update(shown, completed=spent, description=f"{name}: relative error {error:.1%}")
            if bar.disable and spent - told.get(name, 0) >= apart:
                told[name] = spent
                inform(f"stiminfo: {name}: {spent:,} passes, relative error {error:.1%}")

        def found_with(denoiser: Denoiser | None, sampler: str | None) -> Decomposition:
            return decomposed(
                task.images,
                task.encoder,
                chosen,
                measures=measures,
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
            away = found.chosen[found.held_out]
            beside = None if task.exact is None or len(away) else found_with(task.exact, None)
        except InputError:
            raise
        except ValueError as error:  # the estimators' checks of passes and rtol
            raise OptionError(str(error)) from None
        if len(away) and task.exact is not None:
            say(
                f"stiminfo: note: held out in training: {', '.join(map(str, away))}; exact values are left out, since "
                "the exact denoiser knows only the set that was trained on"
            )
        print_decomposition(found, beside, task.endless, console)
        bar.update(shown, completed=passes, description="drawing")
        files = write_decomposition(found, beside, task.made_by, options.out)
    console.print(f"written to {options.out}: {', '.join(files)}")
    return 0


def _exact_task(options: Options) -> _Task:
    """Images, and neurons whose posterior is known; no networks."""
    from ..diffusion.populations import usual_fields
    from ..diffusion.sources import Asked, population_for

    name = str(options.images) if options.images is not None else options.dataset or DATASET
    dataset, population = options.seen_by(name)
    strengths = {"amplitude": options.amplitude, "noise": options.noise}
    asked = Asked(name, folder=options.data)
    if dataset.images is None:
        options.refuse("device", f" on {name} images: their denoiser is a formula that runs on the CPU")
        source = dataset.load(asked)
        images = source.shown()
        encoder = population_for(source, population.name, options.fields_on(images.pixels), **strengths)
        return _Task(images, encoder, source.exact(encoder), endless=source.images is None)
    images = dataset.images(asked)
    fields = options.fields_on(images.pixels)
    if fields is None:
        fields = usual_fields((images.pixels.shape[1], images.pixels.shape[2]))
    if population.signed:
        images = replace(images, pixels=images.pixels * 2 - 1)
    return _Task(images, population.seeing_images(images.pixels, fields, **strengths))


def _task_with_networks(options: Options, device: Any) -> _Task:
    """A checkpoint's networks and images, and its population or another one."""
    from ..diffusion.bias import Approximate
    from ..diffusion.loading import serving
    from ..diffusion.sources import population_for
    from .checkpoint import networks_of

    assert options.checkpoint is not None
    denoiser, source, information = networks_of(
        options.checkpoint, dataset=options.dataset, images=options.images, data=options.data, device=device
    )
    learned, endless = denoiser.learned, source.images is None
    truth = "the true prior's denoiser" if endless else "the finite-set denoiser"
    made_by = (
        f"Networks: {options.checkpoint.name}, trained on {source.name} for {learned.minutes:.1f} min; exact: {truth}"
    )
    if options.other_neurons:
        _, population = options.seen_by(source.name if options.images is None else str(options.images))
        fields = options.fields_on(source.shown().pixels)
        strengths = {"amplitude": options.amplitude, "noise": options.noise}
        encoder = population_for(source, population.name, fields, **strengths)
        exact = source.exact(encoder)
        information = exact.mutual_information(seed=options.seed)
        serves = serving(denoiser, encoder)
        assert denoiser.reference is not None
        assert isinstance(serves, Approximate)
        serves.reference = replace(denoiser.reference, information=information)
        return _Task(source.whole(), encoder, serves, exact, information, made_by, endless)
    encoder = learned.encoder
    return _Task(source.whole(), encoder, serving(denoiser), source.exact(encoder), information, made_by, endless)
