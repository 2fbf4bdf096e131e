"""Wrong measures that an audit once said "holds" of, and verdicts where nothing could have broken an axiom."""

import json

import few_terms_wrong
import fooling
import locally_wrong
import numpy as np
import pytest
import seldom_wrong
import usually_wrong
from seeds import refuted_over_seeds

import stiminfo as si
from stiminfo.axioms import AXIOMS, known, smallest
from stiminfo.axioms.auditing.attack import attack
from stiminfo.axioms.auditing.verdict import Audit, Verdict
from stiminfo.axioms.cases import ModelCase
from stiminfo.axioms.finding import Premise, shown
from stiminfo.axioms.implications import IMPLICATIONS, contradictions
from stiminfo.axioms.known import with_slopes
from stiminfo.axioms.locality import check
from stiminfo.axioms.unbounded_cases import AtomsCase, ReadingCase
from stiminfo.errors import CaseError, NotApplicable
from stiminfo.estimators import PUBLISHED
from stiminfo.reports.studies.study import FOLDER

CASES = [(axiom, measure) for axiom, some in fooling.FOOLING.items() for measure in some]
IDS = [f"{axiom}-{measure.name.replace(' ', '_')}" for axiom, measure in CASES]

SELDOM = [
    (axiom, measure)
    for known in (
        seldom_wrong.SELDOM_WRONG,
        usually_wrong.USUALLY_WRONG,
        locally_wrong.LOCALLY_WRONG,
        few_terms_wrong.FEW_TERMS_WRONG,
    )
    for axiom, some in known.items()
    for measure in some
]


@pytest.mark.parametrize(("axiom", "measure"), CASES, ids=IDS)
def test_what_once_passed_is_refuted(axiom, measure):
    verdict = attack(AXIOMS[axiom], measure, examples=20)
    assert verdict.verdict == "refuted", verdict.message
    assert len(verdict.witness["finding"]["says"]) > 20


@pytest.mark.parametrize(("axiom", "measure"), SELDOM, ids=lambda one: getattr(one, "name", one))
def test_what_is_seldom_wrong_is_refuted(axiom, measure):
    verdict = attack(AXIOMS[axiom], measure, shrink=False)
    assert verdict.verdict == "refuted", verdict.message


def test_a_threshold_of_the_priors_mean_is_not_called_local():
    assert attack(AXIOMS["locality"], locally_wrong.MEAN, examples=20, shrink=False).verdict == "inconclusive"


@pytest.mark.parametrize("measure", [*locally_wrong.SLOWLY, locally_wrong.LOCAL], ids=lambda one: one.name)
def test_a_change_that_falls_slowly_is_not_refuted(measure):
    verdict = attack(AXIOMS["locality_any_prior"], measure, examples=20, shrink=False)
    assert verdict.verdict in {"holds", "inconclusive"}, verdict.message
    assert verdict.verdict == "holds" or measure is not locally_wrong.LOCAL


@pytest.mark.soak
@pytest.mark.parametrize(("axiom", "measure"), [*CASES, *SELDOM], ids=lambda one: getattr(one, "name", one))
def test_what_once_passed_is_refuted_over_many_seeds(axiom, measure):
    refuted_over_seeds(axiom, measure)


@pytest.mark.parametrize(
    "axiom", ["positivity", "additivity", "data_processing", "response_invariance", "stimulus_invariance", "locality"]
)
def test_silence_is_not_taken_for_an_answer(axiom):
    silent = si.Measure("nothing", lambda model: np.zeros(len(model.stimuli)), conditional=lambda pair: 0 * pair.prior)
    verdict = attack(AXIOMS[axiom], silent, examples=5)
    assert verdict.verdict == "inconclusive"
    assert "none of them could have broken it" in verdict.message
    assert "models on which it says more would settle it" in verdict.message


def test_a_measure_that_looks_at_no_response_is_not_called_local():
    verdict = attack(AXIOMS["locality"], si.Measure("place", lambda model: np.abs(model.stimuli[:, 0])), examples=5)
    assert verdict.verdict == "inconclusive"


def test_declining_nearly_all_is_not_taken_for_an_answer():
    def two_only(model):
        if len(model.stimuli) != 5:
            raise NotApplicable("expected five stimuli")
        return si.i_surp(model)

    verdict = attack(AXIOMS["positivity"], si.Measure("five", two_only), examples=10)
    assert verdict.verdict == "inconclusive"
    assert "declined" in verdict.message
    assert "expected five stimuli" in verdict.message
    assert "answers to more of them would settle it" in verdict.message


def test_a_few_cases_declined_are_counted_beside_the_verdict():
    def at_most_twenty(model):
        if len(model.stimuli) > 20:
            raise NotApplicable("expected at most twenty stimuli")
        return si.i_surp(model)

    verdict = attack(AXIOMS["positivity"], si.Measure("at most twenty", at_most_twenty), examples=5)
    assert verdict.verdict == "holds"
    assert "at most twenty declined" in verdict.message


def test_a_doubt_says_where_the_spread_comes_from():
    def by_order(model):
        return si.i_surp(model) + 1e-5 * np.sign(model.stimuli[-1].sum() - model.stimuli[0].sum())

    verdict = attack(
        AXIOMS["completeness"], si.Measure("by order", by_order, conditional=si.i_surp.conditional), examples=5
    )
    assert verdict.verdict == "inconclusive"
    assert "listing the stimuli in another order moves a value by" in verdict.message
    assert "an error of at most" in verdict.message
    assert "nats would settle it" in verdict.message


def test_a_hundredth_of_the_information_everywhere_is_not_local():
    """Its change fades as I_local's does, down to a share that only lone atoms far away show."""
    leaking = si.Measure("leaking", lambda model: 0.99 * si.i_local(model) + 0.01 * model.mutual_information())
    verdict = attack(AXIOMS["locality"], leaking, examples=5)
    assert verdict.verdict == "inconclusive"
    assert "4096" in verdict.message


def test_the_smallest_models_are_all_there():
    joints = smallest.joints()
    assert len(joints) == len(set(joints)) > 100
    assert all(len(spec.stimuli) == 2 and len(spec.responses[0]) <= 3 for spec in joints)
    assert {spec.prior for spec in joints} == {(1, 1), (1, 2)}
    pairs = smallest.pairs()
    assert len(pairs) == len(set(pairs)) > 300
    kinds = {len(case.garbled.likelihood) - len(case.built.likelihood) for case in smallest.garblings(False)}
    assert {-2, -1, 0, 1, 2, 3} <= kinds  # merges, splits and coins


def test_slopes_are_those_of_probabilities():
    for axiom in AXIOMS.values():
        for case in map(with_slopes, axiom.known):
            for model in case.views[:1]:
                if model.likelihood_gradient is not None:
                    assert np.abs(model.likelihood_gradient.sum(axis=0)).max() < 1e-9


def test_digits_show_the_difference():
    assert shown(0.5, 0.1) == "0.5"
    assert shown(0.5, 3e-9) == "0.5"
    assert shown(0.500000003, 3e-9) == "0.500000003"
    assert shown(float("inf"), 1.0) == "inf"


@pytest.mark.parametrize("rule", IMPLICATIONS, ids=lambda rule: f"{'+'.join(rule.holding)}-{rule.excluded}")
def test_verdicts_that_contradict_one_another_are_a_fault_of_the_audit(rule):
    words = dict.fromkeys(rule.holding, "holds") | {rule.excluded: rule.verdict}

    def verdicts_with(largest):
        premises = {axiom: Premise("the rest", largest, 0.0, 1e-6) for axiom in rule.premises}
        broken = ModelCase(known.THREE) if rule.kind else None
        return {
            axiom: Verdict(
                measure="m",
                axiom=axiom,
                verdict=word,
                premise=premises.get(axiom),
                case=broken if axiom == rule.excluded else None,
            )
            for axiom, word in words.items()
        }

    verdicts = verdicts_with(1e-7)
    assert len(contradictions(verdicts_with(1e-5))) == (not rule.premises)
    (says,) = contradictions(verdicts)
    assert all(str(verdicts[axiom].premise) in says for axiom in rule.premises)
    assert all(axiom in says for axiom in words)
    audit = Audit("m", verdicts, 0, 1)
    assert audit.agrees is False
    assert audit.to_json()["contradictions"] == [says]
    assert says in " ".join(str(audit).split())
    fine = {axiom: Verdict(measure="m", axiom=axiom, verdict="holds") for axiom in words if axiom != rule.excluded}
    assert contradictions(fine) == []


def sound_and_kong(case):
    from stiminfo.axioms.evaluator import evaluator

    return check(evaluator(si.i_local, "quick"), case), check(evaluator(si.i_kong2, "quick"), case)


@pytest.mark.parametrize(
    "case",
    [
        ReadingCase(1.0, 0.5, 1.0, 5.0),
        ReadingCase(1.0, 0.5, 1.0, 5.0, mirror=True),
        ReadingCase(2.0, 1.0, 1.0, 4.0, counts=True),
        pytest.param(AtomsCase(60, (1, 0), (False, True)), marks=pytest.mark.slow),
    ],
    ids=["readings", "readings mirrored", "counts", "two responses"],
)
def test_kong2_is_not_local_where_i_local_is(case):
    sound, broken = sound_and_kong(case)
    assert sound.sound
    assert not sound.broken
    assert broken.broken


def test_two_responses_and_gaussian_tails_leave_kong2_local():
    sound, kong = sound_and_kong(AtomsCase(38, (1,), (True, True)))
    assert sound.sound
    assert kong.sound


@pytest.mark.parametrize(
    "case",
    [
        AtomsCase(3, (1,), (True, True)),
        AtomsCase(38, (), (True, True)),
        AtomsCase(38, (2,), (True, True)),
        ReadingCase(0.0, 1.0, 1.0, 1.0),
        ReadingCase(1.0, 1.0, 99.0, 1.0),
        ReadingCase(10.0, 0.05, 1.0, 1.0),
        ReadingCase(1.0, 1.0, 1.0, 1.0, tilt=9.0),
    ],
)
def test_far_cases_that_make_no_sense_are_refused(case):
    with pytest.raises(CaseError, match=r"expected|more than"):
        _ = case.views


def test_an_answer_that_is_no_array_is_an_error_of_the_measure():
    class Tensor:
        def __array__(self, *_, **__):
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    verdict = attack(AXIOMS["positivity"], si.Measure("tensor", lambda model: Tensor()), examples=2)
    assert verdict.verdict == "error"
    assert "requires grad" in verdict.message


def test_what_the_table_says_holds_is_proved():
    table = json.loads((FOLDER / "table.json").read_text(encoding="utf-8"))["measures"]
    holding = {
        (name, axiom)
        for name, row in table.items()
        for axiom, cell in row["axioms"].items()
        if cell["verdict"] == "holds"
    }
    proved = {(name, axiom) for name, measure in PUBLISHED.items() for axiom in measure.proofs}
    assert proved == holding
    for name, axiom in proved:
        assert PUBLISHED[name].claims[axiom]
        assert table[name]["axioms"][axiom]["proof"] == PUBLISHED[name].proofs[axiom]


def test_a_measure_of_the_user_has_no_proof_whatever_it_is_called():
    mine = attack(AXIOMS["positivity"], si.Measure("i_surp", si.i_surp.pointwise), examples=2)
    ours = attack(AXIOMS["positivity"], si.i_surp, examples=2)
    assert mine.verdict == ours.verdict == "holds"
    assert not mine.proof
    assert "proof" not in mine.to_json()
    assert ours.to_json()["proof"] == ours.proof == si.i_surp.proofs["positivity"]


def test_single_precision_is_no_refutation():
    """Rounding of what a measure returns is not a break of additivity, though 690 nats in float32 are off by 1e-5."""
    single = si.Measure(
        "single",
        lambda model: si.i_surp(model).astype(np.float32),
        conditional=lambda pair: si.i_surp.conditional(pair).astype(np.float32),
    )
    assert attack(AXIOMS["additivity"], single).verdict in ("holds", "inconclusive")


def single_precision(model):
    """I_surp from sums in float32."""
    prior, table = model.prior.astype(np.float32), model.likelihood.astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(table > 0, table * np.log(table / (table @ prior)[:, None]), 0).sum(0)


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("axiom", ["completeness", "response_invariance"])
def test_sums_in_single_precision_are_no_refutation(axiom, back):
    """Nor where the sums are turned into float64 afterwards: their bits show it."""

    def answer(model):
        return single_precision(model).astype(float if back else np.float32)

    verdict = attack(AXIOMS[axiom], si.Measure("single", answer), examples=5)
    assert verdict.verdict in ("holds", "inconclusive")
    if verdict.verdict == "inconclusive":
        assert "single precision" in verdict.says


def test_a_break_is_found_in_single_precision_too():
    wrong = si.Measure("wrong", lambda model: (1.001 * si.i_surp(model)).astype(np.float32))
    assert attack(AXIOMS["completeness"], wrong, examples=5).verdict == "refuted"


@pytest.mark.parametrize("share", [0.01, 1e-5])
@pytest.mark.parametrize("conditional", [False, True])
def test_a_local_measure_is_least_far_away(share, conditional):
    """A share of the mean, taken off a measure that falls with distance, is seen only where that is small."""

    def less(of, means):
        return lambda target: of(target) - share * float(means(target) @ target.prior)

    exact, given = si.i_local.pointwise, si.i_local.conditional
    wrong = si.Measure(
        "less",
        exact if conditional else less(exact, si.i_surp),
        conditional=less(given, si.i_surp.conditional) if conditional else given,
        slow=True,
    )
    verdict = attack(AXIOMS["positivity"], wrong, examples=1)
    assert verdict.verdict == "refuted"
    assert ("I_{R'|R}" in verdict.says) == conditional
