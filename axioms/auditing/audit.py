"""The audit: a measure, or all published ones, against the axioms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...estimators import PUBLISHED, Measure, PublishedMeasure
from ...models import EncodingModel
from ..registry import axioms_named, specs_of
from .attack import search
from .cells import CASE_TIMEOUT, Cell, Origin, Plan, Progress, run_cells, verdict_of
from .journal import Journal
from .measure_file import check_claims, own_modules
from .verdict import Audit, Verdict

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

EXAMPLES = 200


def audit(
    measure: Measure,
    *,
    axioms: Iterable[str] | None = None,
    examples: int = EXAMPLES,
    seed: int = 0,
    models: EncodingModel | SearchStrategy[EncodingModel] | None = None,
    jobs: int = 1,
    case_timeout: float = CASE_TIMEOUT,
    isolate: bool = True,
    progress: Progress | None = None,
) -> Audit:
    """Attack a measure until each axiom holds or falls to a witness.

    Parameters
    ----------
    measure : Measure
    axioms : ids of the axioms to ask (default: all ten)
    examples : generated cases of each family; continuous, 2-d and locality cases run a fifth of it
    seed : the same seed gives the same verdicts
    models : an `EncodingModel`, or a Hypothesis strategy for them, to attack on in place of the generated ones
    jobs : worker processes
    case_timeout : seconds after which a measure that gives no answer is ended, and the verdict is ``error``
    isolate : run the measure in a worker process; False runs it here, where nothing can stop it
    progress : called with each finished cell and its verdict

    Returns
    -------
    Audit
        Prints itself; ``.verdicts[axiom_id]``, ``.to_json()``.

    Raises
    ------
    UnknownAxiom, LoadError
        (ValueErrors) for axioms that do not exist, in `axioms` or in the measure's claims; TypeError for a measure
        that is none.

    Examples
    --------
    >>> import stiminfo as si
    >>> result = si.audit(si.i_cissi, axioms=["data_processing"])
    >>> result.verdicts["data_processing"].verdict
    'refuted'
    """
    if not isinstance(measure, Measure):
        raise TypeError(f"audit() takes a stiminfo.Measure, not {type(measure).__name__}")
    chosen = axioms_named(axioms)
    check_claims(measure)
    _check_numbers(examples, jobs, case_timeout)
    if models is not None:
        specs_of(models)
    if not isolate:
        specs = None if models is None else specs_of(models)
        verdicts = {}
        for axiom in chosen:
            cell = Cell(measure.name, ("here", None), measure.claims.get(axiom.id), axiom)
            outcome = search(axiom, measure, examples=examples, seed=seed, specs=specs)
            verdicts[axiom.id] = verdict_of(measure.name, axiom.id, cell.claimed, outcome)
            if progress:
                progress(cell, verdicts[axiom.id])
        return Audit(measure.name, verdicts, seed, examples)
    cells = [Cell(measure.name, origin_of(measure), measure.claims.get(axiom.id), axiom) for axiom in chosen]
    plan = Plan(examples, seed, None if models is None else _pickled(models), case_timeout)
    results = run_cells(cells, plan, jobs=jobs, progress=progress)
    return collect(results, [measure.name], seed, examples, len(cells))[measure.name]


def _check_numbers(examples: Any, jobs: Any, case_timeout: float) -> None:
    for name, value in (("examples", examples), ("jobs", jobs)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
            raise ValueError(f"{name} is {value!r}; expected a whole number, at least 1")
    if not case_timeout > 0:
        raise ValueError(f"case_timeout is {case_timeout}; expected a positive number of seconds")


def origin_of(measure: Measure) -> Origin:
    """How a worker gets this measure: by name, or pickled by value."""
    if isinstance(measure, PublishedMeasure) and PUBLISHED.get(measure.name) is measure:
        return "published", measure.name
    return "pickled", _pickled(measure)


def _pickled(value: Any) -> bytes:
    import cloudpickle

    # Modules that a worker may be unable to import (a test module, a script's neighbours) travel by value, as
    # __main__ does anyway; multiprocessing gives that a second name.
    there = cloudpickle.list_registry_pickle_by_value()
    registered = [module for name, module in own_modules().items() if name not in there]
    for module in registered:
        cloudpickle.register_pickle_by_value(module)
    try:
        return bytes(cloudpickle.dumps(value))
    except Exception as error:
        raise TypeError(
            f"{type(value).__name__} cannot be sent to a worker process ({error}); pass isolate=False to run it here"
        ) from None
    finally:
        for module in registered:
            cloudpickle.unregister_pickle_by_value(module)


def collect(
    results: Iterable[tuple[Cell, Verdict]], measures: Sequence[str], seed: int, examples: int, expected: int
) -> dict[str, Audit]:
    """Finished cells as audits, axioms in their own order."""
    from ..registry import AXIOMS

    results = list(results)
    table: dict[str, dict[str, Verdict]] = {name: {} for name in measures}
    for cell, verdict in results:
        table[cell.measure][cell.axiom.id] = verdict
    complete = len(results) == expected
    return {
        name: Audit(name, {axiom: row[axiom] for axiom in AXIOMS if axiom in row}, seed, examples, complete)
        for name, row in table.items()
    }


def audit_published(
    *,
    measures: Iterable[str] | None = None,
    axioms: Iterable[str] | None = None,
    examples: int = EXAMPLES,
    seed: int = 0,
    jobs: int = 1,
    case_timeout: float = 60.0,
    database: Path | None = None,
    journal: Journal | None = None,
    backend: str = "processes",
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Audit]:
    """The published measures against the axioms: ``{name: Audit}``. Parameters as for `audit` and `run_cells`."""
    names = list(PUBLISHED) if measures is None else list(measures)
    slow_first = sorted(names, key=lambda name: name not in ("i_local", "i_kong2"))
    cells = [
        Cell(name, ("published", name), PUBLISHED[name].claims.get(axiom.id), axiom)
        for name in slow_first
        for axiom in axioms_named(axioms)
    ]
    _check_numbers(examples, jobs, case_timeout)
    plan = Plan(examples, seed, None, case_timeout, None if database is None else str(database.resolve()))
    results = run_cells(
        cells, plan, jobs=jobs, backend=backend, scheduler=scheduler, journal=journal, progress=progress
    )
    return collect(results, names, seed, examples, len(cells))


def identity_of(
    about: dict[str, Any], axioms: Iterable[str], examples: int, seed: int, file: Path | None
) -> dict[str, Any]:
    """What a journal is about: the measure (and the text of its file), the axioms, examples and seed, the version."""
    import hashlib

    from ... import __version__

    text = None if file is None else hashlib.sha256(file.read_bytes()).hexdigest()
    return {
        "measure": about,
        "file_sha256": text,
        "axioms": list(axioms),
        "examples": examples,
        "seed": seed,
        "version": __version__,
    }
