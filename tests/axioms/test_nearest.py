"""Is it new? A measure is compared with those that are known."""

import numpy as np
import pytest

import stiminfo as si
from stiminfo.axioms.auditing.audit import Auditing, Candidate
from stiminfo.axioms.auditing.cells import Plan
from stiminfo.axioms.auditing.messages import InFile
from stiminfo.axioms.nearest import nearest
from stiminfo.axioms.registry import AXIOMS
from stiminfo.errors import MeasureError, NotApplicable
from stiminfo.estimators.relatives import RELATIVES


@pytest.mark.parametrize("measure", [si.i_surp, si.i_ssi, si.i_cissi, si.i_local, si.i_kong2, si.fisher])
def test_a_copy_is_told_what_it_copies(measure):
    found = nearest(si.Measure("mine", lambda model: measure(model)))
    assert found.measure == measure.name
    assert found.equal
    assert "its values are those of" in str(found)


@pytest.mark.parametrize(
    ("factor", "says"), [(1.1, "1.1 times those of i_local, on"), (1 / np.log(2), "1.4427 times those of i_local (it")]
)
def test_a_multiple_is_told(factor, says):
    found = nearest(si.Measure("mine", lambda model: factor * si.i_local(model)))
    assert (found.measure, found.equal) == ("i_local", True)
    assert found.times == pytest.approx(factor, rel=1e-6)
    assert says in str(found)


def test_nothing_is_a_multiple_of_no_measure():
    found = nearest(si.Measure("mine", lambda model: np.zeros(len(model.prior))))
    assert (found.equal, found.times) == (False, 1)


def test_the_sum_of_kong1_is_the_specific_surprise():
    assert nearest(si.Measure("mine", si.i_kong1.pointwise)).measure == "i_surp"


def test_a_relative_is_known_too():
    found = nearest(si.Measure("mine", RELATIVES["warped stimulus"].pointwise))
    assert (found.measure, found.equal) == ("warped stimulus", True)


def test_what_is_near_is_named_with_its_distance():
    found = nearest(si.Measure("mine", lambda model: si.i_surp(model) + 0.01 * np.cos(model.stimuli[:, 0])))
    assert found.measure == "i_surp"
    assert not found.equal
    assert 0.005 < found.apart <= 0.0100001
    assert "nearest known measure: i_surp" in str(found)


def test_noise_within_its_own_error_is_no_difference():
    def noisy(model):
        rng = np.random.default_rng(len(model.stimuli))
        return si.Uncertain(
            si.i_surp(model) + 1e-3 * rng.normal(size=len(model.stimuli)), np.full(len(model.stimuli), 1e-3)
        )

    assert nearest(si.Measure("mine", noisy)).equal


def test_a_measure_that_answers_nowhere_has_no_neighbour():
    def declines(model):
        raise NotApplicable("no")

    assert nearest(si.Measure("mine", declines)) is None
    with pytest.raises(MeasureError, match="raised"):
        nearest(si.Measure("mine", lambda model: 1 / 0))


def test_an_audit_of_every_axiom_says_so():
    copy = si.Measure("mine", si.i_surp.pointwise)
    result = si.audit(copy, examples=1, isolate=False)
    assert result.nearest.measure == "i_surp"
    assert result.to_json()["nearest"] == {"measure": "i_surp", "apart": 0.0, "models": 8, "equal": True, "times": 1.0}
    assert "is it new? its values are those of i_surp" in str(result)
    assert si.audit(copy, axioms=["positivity"], examples=1, isolate=False).nearest is None


def test_the_worker_that_ran_the_file_compares_too(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import stiminfo as si\n"
        f"with open({str(tmp_path / 'runs')!r}, 'a') as runs:\n"
        "    runs.write('run ')\n"
        "mine = si.Measure('mine', lambda model: si.i_sp(model))\n"
    )
    candidate = Candidate("mine", {}, InFile.at(tmp_path / "mine.py", "mine"))
    result = Auditing([candidate], list(AXIOMS.values()), Plan(1)).run()["mine"]
    assert result.nearest.measure == "i_sp"
    assert (tmp_path / "runs").read_text().split() == ["run"]
