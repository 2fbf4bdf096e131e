"""Feature insensitivity: a feature that has nothing to do with the response carries no information."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy, composite
from msgspec.structs import replace

from ..models import EncodingModel
from ..models.data import FiniteSpec
from ..models.features import insensitive_features
from . import crossed, known, larger, ordinary, sizes, smallest, symmetric, uncommon
from .axiom import FIFTH, FORTIETH, PAPER, TENTH, Axiom, Family
from .cases import FeatureCase
from .evaluator import Evaluator
from .finding import Finding, Values, judge_worst, place, shown, worst
from .known import with_slopes
from .places import NOMINAL
from .spaces import irrelevant_of_many
from .strategies import finite_specs, units


def check(measure: Evaluator, case: FeatureCase) -> Finding:
    """I_i(x) = 0 at every x, for the feature i of the case; and the I_i(x) sum to I(x)."""
    values = measure.featurewise(case.built)
    return worst([_sum(measure.pointwise(case.built), values, case.built), _zero(values, case)])


def _sum(whole: Values, parts: Values, model: EncodingModel) -> Finding:
    """The premise: otherwise I_i(x) = 0 for each feature would meet the axiom, whatever I(x) is."""
    total = parts.value.sum(axis=1)
    apart = np.abs(total - whole.value)
    error = parts.of_sums
    if error is None:
        error = np.broadcast_to(parts.error, parts.value.shape).sum(axis=1)
    return judge_worst(
        apart,
        whole.error + error,
        float(np.abs(whole.value).max()),
        model.dimensions,
        {"I(x)": whole.value, "sum of I_i(x)": total},
        lambda j: (
            f"the features do not add up: at {place(model, j)} the I_i sum to {shown(total[j], apart[j])}, but "
            f"I = {shown(whole.value[j], apart[j])}"
        ),
    )


def _zero(values: Values, case: FeatureCase) -> Finding:
    feature = max(case.silent, key=lambda i: float(np.abs(values.value[:, i]).max()))
    value = values.value[:, feature]
    return judge_worst(
        np.abs(value),
        np.broadcast_to(values.error, values.value.shape)[:, feature],
        float(np.abs(values.value).max()),
        case.built.dimensions,
        {f"I_{i + 1}(x)": values.value[:, i] for i in range(values.value.shape[1])},
        lambda j: (
            f"I_{feature + 1}(x) = {value[j]:.6g} {values.units} at {place(case.built, j)}, for a feature that should "
            "carry none"
        ),
    )


def silent_features(jointly: bool) -> Callable[[SearchStrategy[FiniteSpec]], tuple[Family, ...]]:
    """Families of a user's own models and those of their features that are independent of the response.

    With `jointly` a feature is independent of the response and the other features together.
    """

    def cases_of(spec: FiniteSpec) -> list[FeatureCase | None]:
        return [FeatureCase(spec, i) for i in insensitive_features(spec.build(), jointly)]

    def families(specs: SearchStrategy[FiniteSpec]) -> tuple[Family, ...]:
        cases = specs.flatmap(lambda spec: st.sampled_from(cases_of(spec) or [None]))
        return (Family("your models", cases.filter(lambda case: case is not None)),)

    return families


@composite
def irrelevant_feature_cases(draw: DrawFn, gradient: bool = False, others: int = 1, most: int = 3) -> FeatureCase:
    """X_i independent of (R, X_-i) jointly: a finite model and an independent feature with a prior of its own.

    The model has `others` features and up to `most` stimuli; more than one feature of two stimuli lie, with the
    independent one, in a plane. Shrinks to one value of each feature, or to two of more.
    """
    least = 1 if others == 1 else 2
    base = draw(
        finite_specs(others, gradient=gradient, min_stimuli=least, max_stimuli=most, max_responses=3, rare=False)
    )
    unit = draw(units())
    values = [unit * n for n in draw(st.lists(st.integers(0, 6), min_size=least, max_size=most, unique=True))]
    weights = [draw(st.integers(1, 4)) for _ in values]
    feature = draw(st.sampled_from(range(others, -1, -1)))

    def among(row: tuple[float, ...], own: float) -> tuple[float, ...]:
        return (*row[:feature], own, *row[feature:])

    stimuli, prior, rows, slopes = [], [], [], []
    for value, weight in zip(values, weights):
        for j, row in enumerate(base.responses):
            stimuli.append(among(base.stimuli[j], value))
            prior.append(base.prior[j] * weight)
            rows.append(row)
            if base.gradient is not None:
                slopes.append(tuple(among(slope, 0) for slope in base.gradient[j]))
    spec = FiniteSpec(tuple(stimuli), tuple(prior), tuple(rows), gradient=tuple(slopes) or None)
    return FeatureCase(spec, feature)


def _labelled(case: FeatureCase) -> FeatureCase:
    """The case with labels for stimuli."""
    return replace(case, model=replace(case.model, geometry=NOMINAL))


def _of_many(gradient: bool) -> SearchStrategy[FeatureCase]:
    """In a plane of R^3, in R^3, or among independent features."""
    return (
        irrelevant_feature_cases(gradient, 2, 2)
        | irrelevant_feature_cases(gradient, 2, 4)
        | irrelevant_of_many(gradient)
    )


def _beside_ordinary(gradient: bool) -> SearchStrategy[FeatureCase]:
    """Two to four values beside an ordinary model's of as many, in both orders."""
    drawn = st.tuples(ordinary.drawn(anywhere=False, most=4), st.integers(0, 1), st.integers(2, 4))
    cases = drawn.map(lambda parts: sizes.beside(parts[0], 2, *parts[1:]))
    return cases.map(with_slopes) if gradient else cases


AXIOM = Axiom(
    id="feature_insensitivity",
    title="Feature insensitivity",
    statement="X_i independent of (R, X_-i) jointly implies I_i(x) = 0 at every x (where the I_i(x) sum to I(x)).",
    why="A feature that has nothing to do with the response, nor with the other features, must carry no information.",
    source=f"Axiom 5 of {PAPER}, corrected",
    check=check,
    cases=(FeatureCase,),
    known=(
        FeatureCase(FiniteSpec(((0, 0), (0, 1), (1, 0), (1, 1)), (1, 2, 1, 2), ((1, 2), (1, 2), (2, 1), (2, 1))), 1),
        *(FeatureCase(spec, 0) for spec in (known.BESIDE, known.SIX, *known.BESIDE_SCALED)),
        FeatureCase(known.BESIDE_TWO, 0),
        FeatureCase(known.SPREAD, 1),
        FeatureCase(known.PRISM, 2),
        FeatureCase(known.MANY_FEATURES, 1, (2, 3)),
        FeatureCase(known.TURNED_FEATURES, 0, (3, 4)),
        FeatureCase(known.EIGHT, 0, (1, 2, 4, 5, 7)),
        *(FeatureCase(spec, idle) for spec, idle in known.ONE_OF_THREE),
        *(_labelled(FeatureCase(spec, 0)) for spec in (known.BESIDE, known.SIX)),
        *larger.FEATURES,
        *uncommon.FEATURES,
        *symmetric.FEATURES,
    ),
    smallest=smallest.features,
    sizes=sizes.features,
    crossed=crossed.features,
    families=lambda gradient: (
        Family("irrelevant feature", irrelevant_feature_cases(gradient), FIFTH),
        Family("irrelevant feature of three to eight", _of_many(gradient), FIFTH),
        Family("irrelevant feature beside an ordinary one", _beside_ordinary(gradient), TENTH),
        Family("irrelevant feature, nominal", irrelevant_feature_cases(gradient).map(_labelled), FORTIETH),
    ),
    of_models=silent_features(jointly=True),
    featurewise=True,
)
