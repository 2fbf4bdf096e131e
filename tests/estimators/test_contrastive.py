"""InfoNCE with the optimal critic: exact against enumeration, bounded, a divergence; and what it cannot meet."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

import stiminfo as si
from stiminfo.axioms import known
from stiminfo.axioms.strategies import finite_specs
from stiminfo.errors import InputError
from stiminfo.estimators import contrastive, i_surp
from stiminfo.estimators.measure import with_likelihood
from stiminfo.estimators.registry import FAMILIES
from stiminfo.estimators.relatives import is_known, named

RNG = np.random.default_rng(3)
#: Models of few responses: plain, deterministic with a rare stimulus, and with a response that is rare at one stimulus.
MODELS = (
    si.EncodingModel([0, 1, 2], [0.2, 0.3, 0.5], RNG.dirichlet(np.full(3, 0.4), 3).T),
    si.EncodingModel([0, 1], [1 - 1e-9, 1e-9], [[1, 0], [0, 1]]),
    si.EncodingModel([0, 1], [0.5, 0.5], [[1e-12, 0.5], [1 - 1e-12, 0.5]]),
)


def by_sequences(model, n):
    """The definition: the sum over the right candidate and each sequence of the others."""
    base = model.likelihood @ model.prior
    ratios = model.likelihood / base[:, None]
    found = np.zeros(len(model.prior))
    for one, *others in itertools.product(range(len(base)), repeat=n):
        weight = model.likelihood[one] * np.prod(base[others])
        with np.errstate(divide="ignore", invalid="ignore"):
            term = np.log(n * ratios[one] / (ratios[one] + ratios[others].sum(axis=0)))
        found += np.where(weight > 0, weight * np.where(weight > 0, term, 0), 0)
    return found


def by_counts(model, n, j):
    """The same in 50 digits, by how often each response occurs among the other candidates."""
    with mp.workdps(50):
        given = [mp.mpf(float(p)) for p in model.likelihood[:, j]]
        prior = [mp.mpf(float(p)) for p in model.prior]
        table = [[mp.mpf(float(p)) for p in row] for row in model.likelihood]
        base = [mp.fdot(row, prior) for row in table]
        ratio = [a / b for a, b in zip(given, base)]
        total = mp.mpf(0)
        for counts in itertools.product(range(n), repeat=len(base)):
            if sum(counts) != n - 1:
                continue
            ways = mp.factorial(n - 1)
            for count, p in zip(counts, base):
                ways *= p**count / mp.factorial(count)
            rest = mp.fdot(counts, ratio)
            total += ways * mp.fsum(p * mp.log(n * r / (r + rest)) for p, r in zip(given, ratio) if p)
        return float(total)


@pytest.mark.parametrize(("responses", "n"), [(2, 2), (4, 3), (3, 5), (2, 9)])
def test_the_sum_over_sequences(responses, n):
    model = si.EncodingModel([0, 1, 2], [0.2, 0.3, 0.5], RNG.dirichlet(np.full(responses, 0.4), 3).T)
    assert si.i_nce(n)(model) == pytest.approx(by_sequences(model, n), abs=1e-13)


@pytest.mark.parametrize(("model", "n"), [(MODELS[0], 20), (MODELS[1], 64), (MODELS[2], 64), (MODELS[2], 2)])
def test_fifty_digits(model, n):
    found = si.i_nce(n)(model)
    for j, value in enumerate(found):
        assert value == pytest.approx(by_counts(model, n, j), abs=2e-14 * (1 + i_surp(model)[j]))


def test_a_coarse_step_would_be_seen(monkeypatch):
    monkeypatch.setattr(contrastive, "_STEP", 1.0)
    assert abs(si.i_nce(20)(MODELS[0])[0] - by_counts(MODELS[0], 20, 0)) > 1e-9


def test_blocks_change_nothing(monkeypatch):
    whole = si.i_nce(5)(MODELS[0])
    monkeypatch.setattr(contrastive, "_BLOCK", 50)
    assert si.i_nce(5)(MODELS[0]) == pytest.approx(whole, abs=1e-15)


def test_probabilities_at_the_end_of_float64():
    tiny = si.EncodingModel([0, 1, 2], [1e-300, 0.5, 0.5], [[1, 1e-300, 0], [0, 1, 0], [0, 0, 1]])
    assert si.i_nce(8)(tiny)[0] == pytest.approx(np.log(8), abs=1e-12)
    assert si.i_nce(2**53)(tiny)[1:] == pytest.approx(i_surp(tiny)[1:], abs=1e-12)
    assert si.i_nce()(si.EncodingModel([3.0], [1.0], [[0.25], [0.75]])) == pytest.approx([0], abs=1e-15)


@settings(max_examples=60, deadline=None, database=None)
@given(finite_specs(), st.integers(2, 400), st.integers(1, 400))
def test_it_rises_with_n_from_0_to_i_surp_and_not_above_log_n(spec, n, more):
    model = spec.build()
    low, high, most = si.i_nce(n)(model), si.i_nce(n + more)(model), i_surp(model)
    near = 1e-12 * (1 + most)
    assert (low >= 0).all()
    assert (low <= high + near).all()
    assert (high <= np.minimum(most, np.log(n + more)) + near).all()
    apart = np.abs(model.likelihood - (model.likelihood @ model.prior)[:, None]).max(axis=0)
    assert (low[apart < 1e-12] < 1e-12).all()
    # Information grows as the square of what tells responses apart: of 5e-10 (a prior of 1e-9) no digit is left.
    assert (low[apart > 1e-6] > 0).all()


@settings(max_examples=40, deadline=None, database=None)
@given(finite_specs(), st.integers(2, 80), st.data())
def test_bijections_change_nothing_and_garbling_loses(spec, n, data):
    model = spec.build()
    values, count = si.i_nce(n)(model), len(model.likelihood)
    order = data.draw(st.permutations(range(count)))
    assert si.i_nce(n)(model.replace(likelihood=model.likelihood[order])) == pytest.approx(values, abs=1e-12)
    moved = model.replace(stimuli=np.exp(model.stimuli / 400), geometry=None)
    assert si.i_nce(n)(moved) == pytest.approx(values, abs=1e-12)
    rows = data.draw(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=count, max_size=count))
    channel = np.array(rows, dtype=float).T + [[1e-3], [0], [0]]
    garbled = with_likelihood(model, channel / channel.sum(axis=0) @ model.likelihood)
    assert (si.i_nce(n)(garbled) <= values + 1e-12 * (1 + i_surp(model))).all()


def test_it_is_not_complete():
    """By hand: two stimuli share half of their responses; rho is 1 and 2 at either."""
    by_hand = np.log(2 / 3) / 8 + np.log(4 / 3) / 4 + np.log(2) / 4
    model = known.SHARED.build()
    assert si.i_nce(2)(model) == pytest.approx([by_hand] * 2, abs=1e-14)
    assert by_hand < 0.6 * model.mutual_information()


def test_it_is_not_additive():
    """The response of the same model, read in two steps: first whether it is the third."""
    pair, measure = known.MERGED.build(), si.i_nce(2)
    # At x = 1 the first step has rho of 2/3 and 2; after "no", x = 1 has a probability of 1/3, and rho is 3/2 and 0.
    first, then = np.log(3 / 2) * 3 / 8 - np.log(2) / 8, np.log(2) / 6
    assert measure(pair.first)[1] == pytest.approx(first, abs=1e-14)
    assert measure.conditional(pair)[1] == pytest.approx(then, abs=1e-14)
    assert first + then < measure(pair.both)[1] - 0.01


def test_it_is_not_local():
    """What x = 0 evokes is the same; I(0) changes since a distant stimulus evokes something else."""
    table = np.array([[0.9, 0.1, 0.9], [0.1, 0.9, 0.1]])
    near = si.EncodingModel([0, 1, 1e6], [0.4, 0.3, 0.3], table)
    other = si.EncodingModel([0, 1, 1e6], [0.4, 0.3, 0.3], np.column_stack([table[:, :2], [0.1, 0.9]]))
    assert abs(si.i_nce(2)(near)[0] - si.i_nce(2)(other)[0]) > 0.05


def test_an_audit_agrees_with_the_claims():
    asked = ("completeness", "locality", "locality_any_prior", "additivity", "stimulus_invariance")
    found = si.audit(si.i_nce(3), axioms=asked, examples=5, isolate=False)
    assert found.agrees, str(found)
    assert [verdict.verdict for verdict in found.verdicts.values()] == ["refuted"] * 4 + ["holds"]


@pytest.mark.parametrize("n", [1, 0, -3, 2.0, True, "64", None, 2**53 + 1])
def test_a_number_of_candidates_that_is_none(n):
    with pytest.raises(InputError, match=r"whole number of candidates from 2 to 2\^53"):
        si.i_nce(n)


def test_it_is_known_by_name(monkeypatch):
    assert named("i_nce:7").name == "i_nce:7"
    assert named("i_nce").name == f"i_nce:{contrastive.CANDIDATES}"
    assert not is_known("i_nse:7")
    with pytest.raises(InputError, match="did you mean 'i_nce'"):
        named("i_nse:7")
    for name in ("i_nce:1", "i_nce:", "i_nce:two", "i_nce:٣", "i_nce:" + "9" * 5000):
        assert is_known(name)
        with pytest.raises(InputError, match="whole number of candidates"):
            named(name)
    monkeypatch.setitem(FAMILIES, "i_toy", lambda n=2: si.Measure(f"i_toy:{n}", si.i_surp.pointwise))
    assert named("i_toy").name == "i_toy:2"
    assert si.i_toy(5).name == "i_toy:5"
