"""Feature insensitivity as the paper states it: a feature independent of the response carries no information.

XOR is a counterexample: two features that are independent of the response one by one, but not together.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, composite

from ..models.data import FiniteSpec
from . import crossed, known, sizes, smallest
from .axiom import FIFTH, PAPER, TENTH, Axiom, Family
from .cases import FeatureCase
from .feature_insensitivity import check, silent_features
from .spaces import beside_others
from .strategies import gradients, units, weight_rows


@composite
def xor_like_cases(draw: DrawFn, gradient: bool = False) -> FeatureCase:
    """X_i independent of R, though not jointly with X_-i: where X_i = 1, the responses to X_-i are rotated.

    X_-i is uniform, so that a rotation does not change the average response. Shrinks to XOR without noise.
    """
    count = draw(st.integers(2, 3))
    rows = [draw(weight_rows(2)) for _ in range(count)]
    total = max(sum(row) for row in rows)
    rows = [(*row, total - sum(row)) for row in rows]  # equal totals: weights are probabilities
    turn = draw(st.integers(1, count - 1))
    feature, unit = draw(st.sampled_from([1, 0])), draw(units())
    stimuli, table = [], []
    for value in (0, 1):
        for m in range(count):
            stimuli.append((unit * m, value) if feature else (value, unit * m))
            table.append(tuple(rows[(m + turn * value) % count]))
    slopes = draw(gradients(tuple(table), 2)) if gradient else None
    return FeatureCase(FiniteSpec(tuple(stimuli), (1,) * len(table), tuple(table), gradient=slopes), feature)


AXIOM = Axiom(
    id="feature_insensitivity_marginal",
    title="Feature insensitivity, marginal",
    statement="X_i independent of R implies I_i(x) = 0 at every x: the paper's wording, which no complete measure "
    "meets.",
    why="Two features may matter only together, as in XOR.",
    source=f"Axiom 5 of {PAPER}",
    check=check,
    cases=(FeatureCase,),
    known=(FeatureCase(known.XOR, 1), FeatureCase(known.XOR, 0), FeatureCase(known.TOGETHER, 0)),
    known_with_gradient=(FeatureCase(known.XOR_SLOPES, 1),),
    # What is independent of the response and the other features together is independent of the response.
    smallest=smallest.features,
    sizes=sizes.features,
    crossed=crossed.features,
    families=lambda gradient: (
        Family("XOR-like", xor_like_cases(gradient), FIFTH),
        Family("XOR-like beside others", beside_others(xor_like_cases(gradient), gradient), TENTH),
    ),
    of_models=silent_features(jointly=False),
    featurewise=True,
)
