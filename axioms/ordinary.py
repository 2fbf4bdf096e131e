"""Ordinary experiments: equally likely stimuli or a common one, sparse spikes, contrasts a hundredth apart."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite
from msgspec.structs import replace

from ..models.data import FiniteSpec, Row, Table
from .cases import ModelCase
from .known import with_slopes
from .places import NOMINAL, PARTS
from .strategies import WEIGHTS, weight_rows

#: The largest number of stimuli, and of responses, of a drawn one.
MOST = 9
#: Prior probabilities of a stimulus that is shown in most trials.
COMMON = (0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)
#: Distances of the two nearest stimuli, from contrasts to frequencies in Hz.
GAPS = (0.01, 0.02, 0.03, 0.05, 0.08, 0.001, 0.004, 0.1, 0.2, 0.5, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
#: Trials without a spike, beside which a sparse neuron's spikes are counted: 5 to 80.
_SILENT, _LEAST, _MOST = 1000, 5, 80


def common(prior: Row, probability: float) -> Row:
    """The prior weights with the first one so large that its stimulus has this probability."""
    rest = sum(prior[1:])
    return (round(rest * probability / (1 - probability)), *prior[1:]) if rest else prior


def sparse(spikes: Row) -> Row:
    """Weights of no spike, and of each pattern of spikes."""
    return (_SILENT, *spikes)


def spaced(count: int, gap: float) -> Table:
    """So many stimuli on a line, of which the second is `gap` from the first and each other one up to 3 times that."""
    places = [0]
    for j in range(count - 1):
        places.append(places[-1] + 1 + j % 3)
    return tuple((round(gap * n, 9),) for n in places)


@lru_cache(maxsize=1)
def specs() -> tuple[FiniteSpec, ...]:
    """Each of them with 2 to 24 stimuli on a line."""
    return tuple(spec for n in range(2, 25) for spec in _of(n))


def _of(n: int) -> Iterator[FiniteSpec]:
    prior = tuple(1 + j % 3 for j in range(n))
    graded = FiniteSpec(spaced(n, 1), prior, tuple((1 + j % 4, 1 + j * j % 5) for j in range(n)))
    yield replace(graded, prior=(1,) * n)
    yield replace(graded, prior=common(prior, COMMON[n % len(COMMON)]), stimuli=spaced(n, GAPS[n % len(GAPS)]))
    patterns = 1 + n % 3
    spikes = (
        tuple((_LEAST + (13 * j + 29 * k) % (_MOST - _LEAST)) // patterns for k in range(patterns)) for j in range(n)
    )
    yield replace(graded, stimuli=spaced(n, GAPS[n % 5]), responses=tuple(map(sparse, spikes)))


@lru_cache(maxsize=64)
def _places(dimensions: int, count: int) -> SearchStrategy[list[tuple[int, ...]]]:
    place = st.tuples(*[st.integers(0, 4 if dimensions == 2 else PARTS - 1)] * dimensions)
    return st.lists(place, min_size=count, max_size=count, unique=True)


@lru_cache(maxsize=256)
def _rows(count: int, responses: int, rare: bool) -> SearchStrategy[list[Row]]:
    if not rare:
        return st.lists(weight_rows(responses), min_size=count, max_size=count)
    spikes = st.tuples(*[st.integers(1, max(1, _MOST // max(1, responses - 1)))] * (responses - 1))
    return st.lists(spikes.map(sparse), min_size=count, max_size=count)


@lru_cache(maxsize=16)
def _priors(count: int) -> SearchStrategy[Row]:
    any_weights = st.tuples(*[WEIGHTS] * count)
    probable = st.tuples(any_weights, st.sampled_from(COMMON)).map(lambda drawn: common(*drawn))
    return st.just((1,) * count) | any_weights | probable


@composite
def drawn(draw: DrawFn, gradient: bool = False, anywhere: bool = True, most: int = MOST) -> FiniteSpec:
    """Up to `most` stimuli and responses; `anywhere`, or on a line only. Shrinks to one stimulus and response.

    Stimuli lie on a line, in the plane, on a circle of 24 parts, or are labels. The prior is uniform, has any weights,
    or is that of one common stimulus; the responses have any weights, or are sparse spikes.
    """
    where = draw(st.sampled_from(["line", "plane", "circle:24", NOMINAL])) if anywhere else "line"
    count, responses = draw(st.integers(1, most)), draw(st.integers(1, most))
    prior, rows = draw(_priors(count)), draw(_rows(count, responses, draw(st.booleans())))
    places: list[Row] = [*draw(_places(2 if where == "plane" else 1, count))]
    if where in ("line", "plane"):
        unit = draw(st.sampled_from((1, *GAPS)))
        places = [tuple(round(unit * x, 9) for x in place) for place in places]
    spec = FiniteSpec(tuple(places), prior, tuple(rows), geometry=None if where in ("line", "plane") else where)
    return sloping(spec) if gradient else spec


def sloping(spec: FiniteSpec) -> FiniteSpec:
    """The model with a derivative of the likelihood."""
    sloped: FiniteSpec = with_slopes(ModelCase(spec)).model
    return sloped
