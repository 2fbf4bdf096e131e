"""Options that several commands share: each flag, metavar and limit is declared once, here.

A command with many options is a function of one dataclass, whose fields are the arguments and options of the command
line (`with_fields`). Where one option does a different thing in each command, a function takes the sentence that
`--help` shows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import wraps
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, get_type_hints

import typer

from ..errors import MissingExtra, OptionError

if TYPE_CHECKING:
    from ..diffusion.populations import Population
    from ..diffusion.sources import Dataset
    from ..models.arrays import Array


@dataclass(frozen=True, kw_only=True)
class Given:
    """The options of a command.

    Attributes
    ----------
    given : the flag of each option that stands on the command line, by field name; defaults are not in it
    """

    given: Mapping[str, str]

    def refuse(self, options: str | Collection[str], why: str) -> None:
        """Raise `OptionError` if the user gave one of these options, by field name, which would change nothing.

        Parameters
        ----------
        why : ends the sentence "--jobs has no effect ..."; says the reason, or what to do instead
        """
        names = [options] if isinstance(options, str) else options
        if flags := [flag for name, flag in self.given.items() if name in names]:
            raise OptionError(f"{', '.join(flags)} {'has' if len(flags) == 1 else 'have'} no effect{why}")


_Options = TypeVar("_Options", bound=Given)


def with_fields(kind: type[_Options]) -> Callable[[Callable[[_Options], int]], Callable[..., int]]:
    """Make a command of a function of one dataclass: each field is an argument or an option of the command line."""

    def decorated(run: Callable[[_Options], int]) -> Callable[..., int]:
        @wraps(run)
        def command(context: typer.Context, **values: Any) -> int:
            return run(kind(given=_given(context), **values))

        hints = get_type_hints(kind, include_extras=True)
        parameters = [Parameter("context", Parameter.KEYWORD_ONLY, annotation=typer.Context)]
        for field in fields(kind):
            if field.name != "given":
                default = Parameter.empty if field.default is MISSING else field.default
                annotation = hints[field.name]
                parameters.append(Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation))
        command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        return command

    return decorated


def _given(context: typer.Context) -> dict[str, str]:
    found = {}
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name is not None and source is not None and source.name == "COMMANDLINE":
            flag = parameter.opts[0]
            # An argument has no flag: its metavar is what the help shows.
            found[parameter.name] = flag if flag.startswith("-") else str(getattr(parameter, "metavar", flag))
    return found


def seed_option(sentence: str) -> Any:
    """``--seed N``; the sentence says what the seed decides."""
    return typer.Option("--seed", min=0, metavar="N", help=sentence)


def count_option(sentence: str, least: int = 1) -> Any:
    """An option that takes a whole number of at least `least`, under the name of its field."""
    return typer.Option(min=least, metavar="N", help=sentence)


def json_option(sentence: str) -> Any:
    """``--json FILE``; the sentence says what is written."""
    return typer.Option("--json", metavar="FILE", help=sentence)


def markdown_option(sentence: str) -> Any:
    """``--markdown FILE``; the sentence says what is written."""
    return typer.Option("--markdown", metavar="FILE", help=sentence)


def timeout_option(sentence: str) -> Any:
    """``--case-timeout SECONDS``; the sentence says what happens when the time is over."""
    return typer.Option("--case-timeout", min=0.001, metavar="SECONDS", help=sentence)


def registered(*registries: str) -> str:
    """The names in registries of `diffusion.registry`, for the help; NAME where torch is not installed."""
    try:
        from ..diffusion import registry
    except MissingExtra:
        return "NAME"
    return registry.choices(*(getattr(registry, name) for name in registries))


def listed_datasets() -> str:
    """The names of data sets and the files that are read in their place, for the help."""
    return registered("DATASETS", "FORMATS").replace("|", ", ")


#: The data set that needs neither a file nor a folder.
DATASET = "digits"
MnistFolder = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", show_default="the environment variable STIMINFO_MNIST", help="Folder of the MNIST files."
    ),
]
DataPlace = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.npy|DIR",
        show_default="the environment variable STIMINFO_MNIST",
        help="A file of your own stimuli, samples (N, d) or images (N, height, width), in place of --dataset; or the "
        "folder of the MNIST files.",
    ),
]
#: The endings of files that --data takes for stimuli; anything else is a folder.
_STIMULI = (".npy", ".npz", ".safetensors")


@dataclass(frozen=True, kw_only=True)
class ImageOptions(Given):
    """The options of `stiminfo train` and `stiminfo decompose`: the stimuli, and the neurons that respond to them."""

    dataset: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help=f"Stimuli to use: {listed_datasets()} (default: {DATASET})."),
    ] = None
    data: DataPlace = None
    population: Annotated[
        str | None,
        typer.Option(
            metavar=registered("POPULATIONS"),
            help="Neurons that respond to the stimuli (default: linear for samples and Gaussian images, else poisson). "
            "published: the parameters of the paper, for images rescaled to [-1, 1].",
        ),
    ] = None
    poisson: Annotated[bool, typer.Option("--poisson", help="The same as --population poisson.")] = False
    receptive_fields: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npy",
            help="Your own receptive fields: .npy or .npz, shape (neurons, height, width), or (neurons, d) for "
            "stimuli that are no images.",
        ),
    ] = None
    amplitude: Annotated[
        float, typer.Option(min=1e-9, max=1e6, metavar="COUNT", help="Largest mean spike count of a Poisson neuron.")
    ] = 2.0
    noise: Annotated[
        float,
        typer.Option(
            min=1e-9,
            max=1e6,
            metavar="RATIO",
            help="Standard deviation of a linear neuron's noise, relative to the median standard deviation of the "
            "neurons' inputs; LinearGaussian(noise=) takes the variance.",
        ),
    ] = 2.0

    #: The field that takes a file given with --data.
    file_field: ClassVar[str] = "dataset"

    def __post_init__(self) -> None:
        """Put a file given with --data, and --poisson, where the other options of the same meaning are."""
        if self.data is not None and self.data.suffix in _STIMULI:
            self.refuse(("dataset", "images"), f" beside --data {self.data}: the stimuli are those of the file")
            self._become(self.file_field, self.data if self.file_field == "images" else str(self.data), "data")
            object.__setattr__(self, "data", None)
        if self.poisson:
            self.refuse("population", " beside --poisson")
            self._become("population", "poisson", "poisson")

    def _become(self, name: str, value: Any, old: str) -> None:
        """Set an option as if the user had given it in the place of another."""
        flags = dict(self.given)
        flags[name] = flags.pop(old, f"--{old}")
        object.__setattr__(self, name, value)
        object.__setattr__(self, "given", flags)

    def seen_by(self, name: str) -> tuple[Dataset, Population]:
        """The data set of this name and the population that responds to it.

        Raises
        ------
        NotRegistered
            An unknown data set or population.
        OptionError
            The user gave an option that has no effect on them.
        """
        from ..diffusion.registry import dataset_named, population_named

        dataset: Dataset = dataset_named(name)
        population: Population = population_named(self.population or dataset.population_of(name))
        if not dataset.needs_folder:
            self.refuse("data", f": {dataset.name} {'is' if dataset.suffixes else 'images are'} not read from a folder")
        for option in {"amplitude", "noise"} - set(population.options):
            self.refuse(option, f" on {population.name} neurons")
        return dataset, population

    def fields_on(self, pixels: Array) -> Array | None:
        """The receptive fields in the user's file, (neurons, height * width), or None where no file was given."""
        from ..diffusion.datasets import read_array
        from ..diffusion.populations import fields_for

        if self.receptive_fields is None:
            return None
        dimensions = 2 if pixels.shape[1] == 1 else 3
        return fields_for(pixels, read_array(self.receptive_fields, "receptive fields", dimensions))
