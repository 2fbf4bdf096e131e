"""Fixed cases make models. An audit skips what makes none, as a drawn case may: such a case would ask nothing."""

import pytest

from stiminfo.axioms.registry import EVERY


@pytest.mark.parametrize("axiom", EVERY)
def test_every_fixed_case_makes_models(axiom):
    count = 0
    for gradient in (False, True):
        for cases in EVERY[axiom].fixed_cases(gradient, 1, keep=False):
            for case in cases:
                assert all(view.prior.sum() == pytest.approx(1) for view in case.views)
                count += 1
    assert count
