"""The models of a user's recording on which an audit asks the axioms: of its words, or of some of its neurons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import OptionError, OutOfReach, UnknownName, nearest
from ..estimators.sampling import Settings
from ..estimators.sampling.neurons import information_alone
from ..models import EncodingModel
from ..models.arrays import Array
from ..models.population import Population
from ..models.recordings import Recording
from ..models.recordings.populations import KINDS
from .measuring_population import canonical, fitted_population

#: Entries, stimuli by responses, of the largest model that is asked: each of hundreds of cases takes up to 0.1 s there.
MOST_ENTRIES = 2_000
#: If no neurons are named, so many are asked, one by one.
_ALONE = 3
#: The most frequent responses of a neuron stay apart; all others, of at most this share of the trials of each stimulus,
#: are merged into one.
_SELDOM = 1e-3


def own_models(recording: Recording, neurons: Sequence[str] = ()) -> tuple[list[EncodingModel], tuple[str, ...]]:
    """Models of a recording, and sentences on what they are.

    Responses that are counted are one model, the shares of the counts. Neurons of a population are fitted as `measure`
    does; their joint responses are one model, if its table is small enough.

    Parameters
    ----------
    recording : Recording
    neurons : names of responses of a population, to ask about their joint responses; by default all neurons or, if
        their table is too large, those that tell most, one by one

    Raises
    ------
    OptionError
        Neurons are named, but responses are counted.
    UnknownName
        No response has this name.
    OutOfReach
        The table of the named neurons' responses is too large.
    """
    if recording.law is None:
        if neurons:
            raise OptionError("--neuron has an effect on a population only; this recording's responses are counted")
        return [recording.model()], (f"asked: the model of the counts, {recording.counts.shape[1]} responses",)
    names = recording.response_names
    for name in neurons:
        if name not in names:
            raise UnknownName(f"unknown neuron {name!r}{nearest(name, names)}")
    population = _fitted(recording)
    chosen = [names.index(name) for name in neurons] or list(range(len(names)))
    tables = {n: _few(population.law.table(n)[0]) for n in _promising(population, chosen)}
    count, entries = len(population.prior), _entries(population, tables, chosen)
    what = f"fitted {KINDS[recording.law]}, counts that are seldom merged into one"
    if entries <= MOST_ENTRIES:
        joint = np.ones((1, count))
        for n in chosen:
            joint = (joint[:, None] * tables[n][None]).reshape(-1, count)
        of = "neuron" if len(chosen) == 1 else f"{len(chosen)} neurons, independent given the stimulus:"
        return [_model(population, joint)], (f"asked: {of} {', '.join(names[n] for n in chosen)} ({what})",)
    if neurons:
        raise OutOfReach(
            f"the table of the responses of {', '.join(neurons)} has {entries:.2g} entries, at most {MOST_ENTRIES} are "
            "asked; name fewer neurons, or none (then neurons are asked one by one)"
        )
    small = [n for n in tables if tables[n].size <= MOST_ENTRIES][:_ALONE]
    if not small:
        raise OutOfReach(
            f"{count} stimuli are too many: already one neuron has a table of more than {MOST_ENTRIES} entries"
        )
    said = (
        f"asked: {', '.join(names[n] for n in small)}, one by one, which tell most of the {len(names)} neurons; the "
        f"table of all responses would have {entries:.2g} entries ({what}). Name a few with --neuron to ask about them "
        "together"
    )
    return [_model(population, tables[n]) for n in small], (said,)


def _fitted(recording: Recording) -> Population:
    """The population of a recording with a law, as `measure` fits it: neurons in the order of the recording."""
    rows, columns = canonical(recording)
    settings = Settings(prior=recording.trials / recording.trials.sum())
    return fitted_population(recording, rows, columns, settings).subset(np.argsort(columns))


def _promising(population: Population, chosen: list[int]) -> list[int]:
    """Those of the chosen neurons whose tables may be needed: few of them together, or those that tell most alone."""
    alone = information_alone(population.law.chosen(np.array(chosen)), population.prior)
    order = [chosen[k] for k in np.argsort(-alone, kind="stable")]
    return order if 2 ** len(chosen) * len(population.prior) <= MOST_ENTRIES else order[: 2 * _ALONE]


def _entries(population: Population, tables: dict[int, Array], chosen: list[int]) -> float:
    """Entries of the joint table; a neuron whose table was not made has two responses at least."""
    sizes = [float(len(tables[n])) if n in tables else 2.0 for n in chosen]
    return float(np.exp(np.log(sizes).sum())) * len(population.prior) if len(sizes) < 1000 else np.inf


def _few(table: Array) -> Array:
    """A neuron's table (K, J) with its seldom responses merged into one, which is a table of coarser responses."""
    seldom = table.max(axis=1) < _SELDOM
    return table if seldom.sum() < 2 else np.vstack([table[~seldom], table[seldom].sum(axis=0)])


def _model(population: Population, table: Array) -> EncodingModel:
    return EncodingModel(population.stimuli, population.prior, table, geometry=population.geometry)
