"""Verdicts that cannot stand together are a fault of the audit: for each implication, a measure that makes it err.

The measures are correct on all that one axiom asks, and wrong on a model that only the other asks.
"""

import numpy as np
import pytest

import stiminfo as si
from stiminfo.axioms import AXIOMS
from stiminfo.axioms.auditing.attack import attack
from stiminfo.axioms.finding import Premise
from stiminfo.axioms.implications import IMPLICATIONS
from stiminfo.models.features import insensitive_features
from stiminfo.reports.studies.table import audits_of


def larger_on_a_coarse_response(model):
    """Wrong for 13 responses to 60 stimuli: one garbled response has them, and no pair does."""
    return si.i_surp(model) * (1.5 if model.likelihood.shape == (13, 60) else 1.0)


def larger_on_stretched_counts(model):
    """Wrong for counts 0, 1 and 8: only maps of the response make them."""
    values = model.responses
    return si.i_surp(model) * (1.5 if values is not None and values[-1] == 8 and len(values) == 3 else 1.0)


def negative_of_many(model):
    """Wrong for a hundred responses to twelve stimuli: such models are asked, and none of them is garbled."""
    return si.i_surp(model) * (-0.5 if model.likelihood.shape == (100, 12) else 1.0)


def local_on_a_line(model):
    """How sharp p(r|x) is; not local on lattices in the plane, where locality is not asked for any prior."""
    lattice = model.dimensions == 2 and len(model.prior) > 50
    return si.i_sp(model) if lattice else (model.likelihood**2).sum(axis=0)


def told(model):
    """The first feature that alone is not independent of the response; None in XOR."""
    silent = insensitive_features(model, jointly=False)
    return next((i for i in range(model.dimensions) if i not in silent), None)


def all_to_one(model):
    """The specific surprise, unless no feature tells anything alone."""
    return si.i_surp(model) * (told(model) is not None)


def features_of_all_to_one(model):
    """All to one feature; of six stimuli up to (2, 3), of which only the joint axiom asks, to all features."""
    share = np.zeros(model.dimensions)
    if len(model.prior) == 6 and model.stimuli.max(axis=0).tolist() == [2, 3]:
        share[:] = 1 / model.dimensions
    elif (one := told(model)) is not None:
        share[one] = 1
    return all_to_one(model)[:, None] * share


def si_measure(function, **options):
    return si.Measure(function.__name__, function, **options)


SURPRISE = {"conditional": lambda pair: si.i_surp.conditional(pair)}
EVASIVE = {
    "positivity+additivity-data_processing": si_measure(larger_on_a_coarse_response, **SURPRISE),
    "positivity+additivity-response_invariance": si_measure(larger_on_stretched_counts, **SURPRISE),
    "data_processing-positivity": si_measure(negative_of_many, **SURPRISE),
    "data_processing-response_invariance": si_measure(larger_on_stretched_counts, **SURPRISE),
    "feature_insensitivity_marginal-feature_insensitivity": si_measure(all_to_one, featurewise=features_of_all_to_one),
}


def name_of(rule):
    return f"{'+'.join(rule.holding)}-{rule.excluded}"


@pytest.mark.parametrize("rule", [rule for rule in IMPLICATIONS if name_of(rule) in EVASIVE], ids=name_of)
def test_an_evasive_measure_makes_verdicts_that_contradict_one_another(rule):
    measure = EVASIVE[name_of(rule)]
    asked = {*rule.holding, rule.excluded}
    audit = si.audit(measure, axioms=asked, examples=10, isolate=False)
    assert {axiom: audit.verdicts[axiom].verdict for axiom in rule.holding} == dict.fromkeys(rule.holding, "holds")
    assert audit.verdicts[rule.excluded].verdict == rule.verdict
    (says,) = audit.contradictions
    assert all(axiom in says for axiom in asked)
    assert audit.agrees is False
    assert audit.to_json()["contradictions"] == [says]
    assert "fault of this audit" in str(audit)
    # The published form keeps what the implication needs.
    again = audits_of({"measures": {measure.name: audit.to_json()}})[measure.name]
    assert again.contradictions == [says]


def test_what_refutes_locality_refutes_it_for_any_prior():
    """The other one: all that `locality` asks is asked there, too."""
    audit = si.audit(si_measure(local_on_a_line), axioms=["locality", "locality_any_prior"], examples=10, isolate=False)
    assert {verdict.verdict for verdict in audit.verdicts.values()} == {"refuted"}
    assert audit.contradictions == []


def test_both_axioms_that_exclude_one_another_ask_about_xor():
    """Of two implications without an evasive measure: one that gives XOR no information is not complete."""
    assert {name_of(rule) for rule in IMPLICATIONS} - EVASIVE.keys() == {
        "completeness+feature_insensitivity_marginal-feature_insensitivity_marginal",
        "locality_any_prior-locality",
    }
    measure = EVASIVE["feature_insensitivity_marginal-feature_insensitivity"]
    audit = si.audit(measure, axioms=["completeness", "feature_insensitivity_marginal"], examples=10, isolate=False)
    assert audit.verdicts["feature_insensitivity_marginal"].verdict == "holds"
    assert audit.verdicts["completeness"].verdict == "refuted"
    assert audit.contradictions == []


def test_no_implication_speaks_where_the_conditional_does_not_vanish():
    """i_sp adds up with a conditional that is not 0 where R' adds nothing; so it may break data processing."""
    additivity = attack(AXIOMS["additivity"], si.i_sp, examples=2)
    assert additivity.verdict == "holds"
    assert not additivity.premise.met
    assert 0.1 < additivity.premise.largest < 2
    assert additivity.premise.cases > 300
    premise = additivity.to_json()["premise"]
    assert premise["met"] is False
    assert Premise.from_json(premise) == additivity.premise
    assert str(additivity.premise) in additivity.says


def test_a_negative_conditional_says_nothing_about_data_processing():
    """Only I(x) itself would rise if all responses were lost."""
    measure = si.Measure("less", si.i_surp.pointwise, conditional=lambda pair: -si.i_surp.conditional(pair))
    audit = si.audit(measure, axioms=["positivity", "data_processing"], examples=5, isolate=False)
    assert audit.verdicts["positivity"].verdict == "refuted"
    assert audit.verdicts["data_processing"].verdict == "holds"
    assert audit.contradictions == []


@pytest.mark.parametrize("measure", [si.i_surp, si.i_ssi, si.fisher], ids=lambda m: m.name)
def test_the_conditional_vanishes_where_a_second_response_adds_nothing(measure):
    premise = attack(AXIOMS["additivity"], measure, examples=2).premise
    assert premise.met
    assert premise.largest < 1e-12
    assert premise.cases > 300


def test_a_premise_is_that_of_the_worst_case():
    one, two = Premise("that", 1e-7, 0.0, 1e-6), Premise("that", 1e-5, 1e-9, 1e-5, cases=3)
    both = Premise.of_all([one, None, two])
    assert both == Premise("that", 1e-5, 1e-9, 1e-5, cases=4)
    assert both.met
    assert Premise.of_all([None]) is None
