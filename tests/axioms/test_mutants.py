"""An axiom's check is trusted because it refutes measures broken on purpose."""

import mutants
import pytest
from seeds import refuted_over_seeds

from stiminfo.axioms import AXIOMS
from stiminfo.axioms.auditing.attack import attack

CASES = [(axiom, mutant) for axiom, some in mutants.MUTANTS.items() for mutant in some]
IDS = [f"{axiom}-{mutant.name.replace(' ', '_')}" for axiom, mutant in CASES]


def test_every_axiom_has_three_mutants():
    assert {axiom: len(some) >= 3 for axiom, some in mutants.MUTANTS.items()} == dict.fromkeys(AXIOMS, True)


@pytest.mark.parametrize("seed", [0])
@pytest.mark.parametrize(("axiom", "mutant"), CASES, ids=IDS)
def test_mutant_is_refuted_on_its_own_axiom(axiom, mutant, seed):
    outcome = attack(AXIOMS[axiom], mutant, examples=200, seed=seed)
    assert outcome.verdict == "refuted", outcome.message


@pytest.mark.soak
@pytest.mark.parametrize(("axiom", "mutant"), CASES, ids=IDS)
def test_mutant_is_refuted_over_many_seeds(axiom, mutant):
    refuted_over_seeds(axiom, mutant)
