"""Fixed cases are kept with their models, for published measures only."""

from dataclasses import replace

import stiminfo as si
from stiminfo.axioms import AXIOMS
from stiminfo.axioms.auditing.attack import attack


def test_published_measures_share_them_and_others_get_their_own():
    axiom = replace(AXIOMS["stimulus_invariance"], families=lambda gradient: ())
    known, others = axiom.fixed_cases(False, 1, keep=True)
    assert attack(axiom, si.i_surp).verdict == "holds"
    assert sum("mapped" in vars(case) for case in others) > 0.9 * len(others)
    own = axiom.fixed_cases(False, 1, keep=False)
    assert own == (known, others)
    assert axiom.fixed_cases(False, 1, keep=True)[1] is others
    assert attack(axiom, si.Measure("mine", si.i_surp.pointwise)).verdict == "holds"
    fresh = [one for one, kept in zip(own[1], others) if one is not kept]
    assert len(fresh) > 100
    assert not any("mapped" in vars(case) for case in fresh)
    assert axiom.fixed_cases(False, 4, keep=True)[1] != others
    assert axiom.fixed_cases(True, 1, keep=True)[1] != others
