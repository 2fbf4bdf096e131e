"""Locality among lone atoms, of which few lie far out: what is sound holds, warped or not, and nothing else."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from msgspec import structs

import stiminfo as si
from stiminfo.axioms import AXIOMS
from stiminfo.axioms.auditing.attack import attack
from stiminfo.axioms.evaluator import evaluator
from stiminfo.axioms.finding import Values
from stiminfo.axioms.locality import ATOMS, check
from stiminfo.axioms.locality_cases import DecayCase
from stiminfo.axioms.unbounded_cases import AtomsCase
from stiminfo.errors import CaseError
from stiminfo.models import Mixture, Sigmoid


def warped(share):
    """I_local of x + share sin(x): slopes between 1 - share and 1 + share keep near what is near."""
    return si.Measure(
        f"warped by {share}",
        lambda model: si.i_local(model.replace(stimuli=model.stimuli + share * np.sin(model.stimuli))),
    )


def mixed(share):
    """A share of the total information at every stimulus, however far."""
    return si.Measure("mixed", lambda model: (1 - share) * si.i_local(model) + share * model.mutual_information())


SOUND = (si.i_local, warped(0.5), warped(0.9))
#: The atoms of one kind end soon, so that few are left far out.
ONE_LEFT = AtomsCase(38, (0, 0, 1), (True, False), doubling=True)
TWO_LEFT = AtomsCase(38, (0, 1), (False, True), doubling=True)


@pytest.mark.parametrize(
    ("measure", "case"),
    [(si.i_local, ONE_LEFT), *((measure, TWO_LEFT) for measure in SOUND)],
    ids=lambda one: getattr(one, "name", ""),
)
def test_few_atoms_far_out_leave_a_sound_measure_sound(measure, case):
    finding = check(evaluator(measure, "quick"), case)
    assert not finding.broken
    assert finding.sound


@pytest.mark.parametrize("case", [ONE_LEFT, TWO_LEFT], ids=["one", "two"])
@pytest.mark.parametrize("measure", [mixed(1.0), mixed(0.3)], ids=["all", "three tenths"])
def test_few_atoms_far_out_refute_what_is_not_local(measure, case):
    assert check(evaluator(measure, "quick"), case).broken


def spread(kernel, constant=0.0):
    """Specific surprise of all stimuli, of the farther ones less; and a share of the total information."""

    def values(model):
        apart = np.sqrt(((model.stimuli[:, None] - model.stimuli) ** 2).sum(axis=-1))
        near = kernel(apart) @ (model.prior * si.i_surp(model))
        return (1 - constant) * near + constant * model.mutual_information()

    return si.Measure("spread", values)


SLOW = {
    "D^-0.2": lambda d: (1 + d) ** -0.2,
    "D^-0.1": lambda d: (1 + d) ** -0.1,
    "1 / log D": lambda d: 1 / np.log(np.e + d),
}


@pytest.mark.parametrize("kernel", SLOW.values(), ids=SLOW)
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 6))])
def test_a_change_that_falls_slowly_is_not_refuted(kernel, seed):
    verdict = attack(AXIOMS["locality"], spread(kernel), examples=600 if seed else 40, seed=seed)
    assert verdict.verdict == "inconclusive"
    assert "stimuli farther from the ball may settle it" in verdict.message


@pytest.mark.parametrize("power", [0.1, 0.05])
@pytest.mark.parametrize("width", [1, 5])
@pytest.mark.parametrize(
    "case",
    [
        DecayCase(Mixture((1,), (0,), (0.5,)), (Sigmoid(0, 0.25, -1.5),), 0, 0.25, 0, (2, 6)),
        AtomsCase(38, (0, 1), (True, False), doubling=True),  # its last levels are two octaves apart
    ],
    ids=["lattice", "atoms"],
)
def test_a_slow_fall_that_is_under_way_is_not_refuted(case, power, width):
    finding = check(evaluator(spread(lambda d: (1 + d / width) ** -power), "fine"), case)
    assert not finding.broken
    assert not finding.sound
    assert check(evaluator(spread(lambda d: 1.0 + 0 * d), "fine"), case).broken


def test_a_change_that_falls_by_a_quick_law_holds():
    assert attack(AXIOMS["locality"], spread(lambda d: 1 / (1 + d)), examples=10).verdict == "holds"


@pytest.mark.parametrize("constant", [1.0, 0.5, 0.1, 0.03, 0.01])
def test_a_constant_beside_what_falls_never_holds(constant):
    verdict = attack(AXIOMS["locality"], spread(lambda d: 1 / (1 + d), constant), examples=20).verdict
    assert verdict == "refuted" if constant >= 0.1 else verdict in ("refuted", "inconclusive")


def test_a_refutation_stands_as_far_as_numbers_go():
    decay = next(case for case in AXIOMS["locality"].known if case.kind == "decay")
    assert decay.farther.levels[-1] == 2 * decay.levels[-1]
    assert decay.farther.farther is None
    reading = next(case for case in AXIOMS["locality"].known if case.kind == "reading")
    assert reading.farther.levels[-1] == 2 * reading.levels[-1]
    assert reading.farther.farther is None
    assert TWO_LEFT.farther is None
    for case in (decay, reading):
        with pytest.raises(CaseError, match="octaves is 9"):
            _ = structs.replace(case, octaves=9).views


def test_an_undecided_case_says_what_would_settle_it():
    """A tenth of the total information: too little to refute where few atoms lie far out, and too much to hold."""
    few = replace(AXIOMS["locality"], known=(TWO_LEFT,), families=lambda gradient: (), sizes=lambda gradient: ())
    verdict = attack(few, mixed(0.1))
    assert verdict.verdict == "inconclusive"
    assert "stimuli farther from the ball may settle it" in verdict.message


def test_a_level_counts_only_with_a_stimulus_before_the_next():
    case = ONE_LEFT
    assert {*case.levels} - {*case.reached}  # some are empty
    for level, after in itertools.pairwise([*case.reached, np.inf]):
        assert ((case.distances >= level) & (case.distances < after)).any()


def test_fewer_than_three_levels_are_refused():
    with pytest.raises(CaseError, match="fewer than three"):
        _ = AtomsCase(20, (1,), (True, True)).views


@pytest.mark.soak
@pytest.mark.parametrize("doubling", [True, False])
@pytest.mark.parametrize("light", list(itertools.product([False, True], repeat=2)))
@pytest.mark.parametrize("measure", SOUND, ids=lambda m: m.name)
def test_no_lone_atoms_refute_or_doubt_what_is_sound(measure, light, doubling):
    asked = evaluator(measure, "quick")
    kinds = [kind for count in (1, 2, 3) for kind in itertools.product([0, 1], repeat=count)]
    # As far as the audit asks: a change that changes its sign at 7 rises until 20, and falls beyond 32.
    findings = {kind: check(asked, AtomsCase(ATOMS, kind, light, doubling)) for kind in kinds}
    assert not [kind for kind, finding in findings.items() if finding.broken or not finding.sound]


BLOB = AXIOMS["locality"].known[0]


def judged(change, noise=1e-7, case=BLOB):
    """The finding on a change that is a given function of distance, seen with this error."""

    class Given:
        def pointwise(self, model):
            far = case.distances > 0
            value = np.where(far, change(np.where(far, case.distances, 1.0)), 0.0) * (model is case.changed)
            return Values(1 + value, np.full(len(value), noise / 2))

    return check(Given(), case)


def test_a_share_may_be_left_and_what_the_error_hides():
    nearest = case_distances(BLOB)[0]
    left = lambda a: lambda d: 0.02 * (a + (1 - a) * nearest / d)  # noqa: E731
    assert judged(left(0.04)).violation == pytest.approx(0.04, abs=2e-3)
    assert judged(left(0.04)).sound
    assert not judged(left(0.055)).sound
    assert judged(left(0.055), noise=5e-5).sound


def case_distances(case):
    return np.sort(case.distances[case.distances > 0])


def test_far_changes_that_are_too_small_to_see_are_sound_if_near_ones_were_larger():
    step = lambda near, far: lambda d: np.where(d < 2, near, far)  # noqa: E731
    assert judged(step(0.5, 5e-5)).sound
    assert judged(step(5e-4, 5e-5)).sound
    assert not judged(step(0.5, 5e-5), noise=2e-3).sound


def test_the_finding_is_about_the_largest_change_at_the_last_level():
    found = judged(lambda d: 0.5 + np.cos(3 * d) / 9)
    far = BLOB.distances >= 16
    assert far[found.at]
    apart = np.abs(np.subtract(found.sides["I(x) after"], found.sides["I(x) before"]))
    assert apart[found.at] == apart[far].max()


@pytest.mark.parametrize("family", AXIOMS["locality"].families(True), ids=lambda family: family.name)
def test_families_draw_what_their_names_say(family):
    expected = {2} if "2-d" in family.name else {*range(3, 9)} if "3" in family.name else {1}
    if family.name == "stimuli and responses come and go":  # any direction
        expected = {1, 2, 3, 4}

    @settings(max_examples=10, deadline=None, database=None)
    @given(family.cases)
    def drawn(case):
        assert case.built.dimensions in expected

    drawn()
