"""Cases of a witness file, arguments and journals that are wrong end in one line; what an audit shows of itself."""

import json
import math
import subprocess
import sys
import textwrap
import threading

import pytest

import stiminfo as si
from stiminfo.axioms.auditing.witness import LARGEST, parse_witness, read_witness
from stiminfo.axioms.registry import case_from_json
from stiminfo.errors import CaseError, LoadError, MeasureError, WitnessError
from stiminfo.estimators.relatives import named
from stiminfo.models.data import from_json
from stiminfo.models.priors import AnyPrior
from stiminfo.models.tuning import AnyTuning

MODEL = {"stimuli": [[0], [1]], "prior": [1, 1], "responses": [[1, 3], [3, 1]]}
PRIOR = {"kind": "Mixture", "weights": [0.5, 0.5], "means": [0, 3], "sds": [1, 1]}
TUNING = [{"kind": "Linear"}]
WIDE = {"prior": {"kind": "Gaussian"}, "tuning": TUNING, "noise": {"kind": "GaussianNoise", "sd": 1}, "nodes": 16}
DECAY = {"kind": "decay", "prior": PRIOR, "tuning": TUNING, "centre": 0, "radius": 0.5, "inside": [1, 1], "tilt": 0}
JUMP = {"kind": "jump", "atoms": 8, "base": 2, "weight": 0.5, "ratio": 0.5, "before": [1, 2], "inside": [2, 1]}

CASES = {
    "rounded to nothing": ({"kind": "garbling", "model": WIDE, "transform": "round", "amount": 0}, "positive amount"),
    "unknown transform": ({"kind": "garbling", "model": WIDE, "transform": "cube", "amount": 1}, "unknown transform"),
    "bent too far": ({"kind": "stimulus map", "model": WIDE, "bend": 2, "width": 1}, "expected 0 <= bend < 1"),
    "no such feature": ({"kind": "feature", "model": MODEL, "feature": 1}, r"feature 1 of a model in R\^1"),
    "ball between nodes": (DECAY | {"radius": 0.001}, "no stimulus lies within 0.001"),
    "fine lattice": (DECAY | {"prior": PRIOR | {"means": [-900, 3]}}, "the lattice has"),
    "weights for other responses": (DECAY | {"inside": [1, 1, 1]}, "inside must be 2 weights"),
    "mirrored by a word": (DECAY | {"mirror": "yes"}, "Expected 'bool'"),
    "along no feature": (DECAY | {"beside": TUNING, "along": 2}, "along is 2"),
    "along a second feature of a line": (DECAY | {"along": 1}, "1 in the plane"),
    "beside with other curves": (DECAY | {"beside": [*TUNING, *TUNING]}, "beside has 2 tuning curves"),
    "decay without a mixture": (
        DECAY | {"prior": {"kind": "Gaussian"}},
        "Invalid value 'Gaussian' - at 'case 'decay'.prior.kind'",
    ),
    "two atoms": (JUMP | {"atoms": 2}, "expected 4 to 40 atoms"),
    "rows of two lengths": (JUMP | {"inside": [1, 2, 3]}, "before has 2 responses, inside 3"),
    "one node": ({"kind": "model", "model": WIDE | {"nodes": 1}}, "nodes is 1"),
    "prior that is none": ({"kind": "model", "model": WIDE | {"prior": {"kind": "Linear"}}}, "Invalid value 'Linear'"),
    "tuning that is none": (
        {"kind": "model", "model": WIDE | {"tuning": [{"kind": "Gaussian"}]}},
        "Invalid value 'Gaussian'",
    ),
    "numbers that are none": ({"kind": "model", "model": MODEL | {"prior": [1, "1"]}}, "Expected 'float', got 'str'"),
    "a huge number": ({"kind": "model", "model": MODEL | {"prior": [1, 10**400]}}, "Number out of range"),
    "flat list": ({"kind": "model", "model": MODEL | {"stimuli": 3}}, "Expected 'array', got 'int'"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_case_is_refused(name):
    data, message = CASES[name]
    with pytest.raises(CaseError, match=message):
        case_from_json(data)


def nested(depth):
    """So many sums of tuning curves inside one another."""
    data = {"kind": "Linear"}
    for _ in range(depth):
        data = {"kind": "Bumps", "parts": [data]}
    return data


def test_descriptions_are_bounded():
    assert from_json(nested(3), AnyTuning, "tuning").parts
    with pytest.raises(CaseError, match="tuning"):
        from_json(nested(100_000), AnyTuning, "tuning")
    with pytest.raises(CaseError, match=r"Invalid value 'Path' - at 'prior\.kind'"):
        from_json({"kind": "Path"}, AnyPrior, "prior")
    with pytest.raises(CaseError, match="expected a positive number"):
        from_json({"kind": "Gaussian", "sd": math.inf}, AnyPrior, "prior")
    with pytest.raises(CaseError, match="weights of a mixture sum to 2"):
        from_json(PRIOR | {"weights": [1, 1]}, AnyPrior, "prior")


def test_a_witness_file_is_bounded(tmp_path):
    path = tmp_path / "witness.json"
    path.write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(WitnessError, match="larger than"):
        read_witness(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"jobs": 0}, "jobs is 0"),
        ({"case_timeout": 0.0}, "case_timeout is 0.0"),
        ({"examples": 2.5}, "examples is 2.5"),
    ],
)
def test_wrong_numbers_of_an_audit(options, message):
    with pytest.raises(ValueError, match=message):
        si.audit(si.i_surp, axioms=["positivity"], **options)


def test_what_cannot_travel_says_so():
    lock, told = threading.Lock(), []

    def held(model):
        with lock:
            return si.i_surp(model)

    measure = si.Measure("held", held)
    with pytest.raises(TypeError, match="isolate=False"):
        si.audit(measure, axioms=["positivity"], examples=1)
    result = si.audit(
        measure, axioms=["positivity"], examples=2, isolate=False, progress=lambda cell, verdict: told.append(cell)
    )
    assert result.verdicts["positivity"].verdict == "holds"
    assert len(told) == 1


def test_names_that_are_nearly_right():
    with pytest.raises(LoadError, match="i_local"):
        named("i_locl")


class _NoArray:
    def __array__(self, dtype=None, copy=None):
        raise TypeError("no numbers here")


def test_an_answer_that_is_no_array_is_a_verdict():
    from stiminfo.axioms.answers import _numbers

    with pytest.raises(MeasureError, match="not an array"):
        _numbers(_NoArray(), (2,), "I")


def test_what_an_audit_shows_of_itself():
    pytest.importorskip("matplotlib")
    result = si.audit(si.i_cissi, axioms=["data_processing", "positivity"], examples=4)
    assert repr(result) == "Audit('i_cissi', positivity: holds, data_processing: refuted)"
    assert result._repr_html_().startswith("<pre>")
    broken, sound = result.verdicts["data_processing"], result.verdicts["positivity"]
    assert len(broken.plot().axes) > 1
    assert len(parse_witness(broken.witness).plot().axes) > 1
    with pytest.raises(ValueError, match="no witness to draw"):
        sound.plot()


def test_the_pytest_entry_says_what_is_wrong(tmp_path):
    """Skips what cannot be asked, fails with the witness, and refuses expectations about what is not asked."""
    from stiminfo.axioms.testing import parametrize_axioms

    witness = si.audit(si.i_cissi, axioms=["data_processing"], examples=4).verdicts["data_processing"].witness
    with pytest.raises(ValueError, match="is about 'data_processing'"):
        parametrize_axioms(si.i_cissi, expected_failures={"positivity": witness})
    with pytest.raises(ValueError, match="that are not asked: data_processing"):
        parametrize_axioms(si.i_cissi, axioms=["positivity"], expected_failures={"data_processing": witness})
    (tmp_path / "test_mine.py").write_text(
        textwrap.dedent("""
        import stiminfo as si
        from stiminfo.axioms.testing import parametrize_axioms

        @parametrize_axioms(si.i_cissi, axioms=["data_processing"], examples=4)
        def test_refuted(check):
            check()

        @parametrize_axioms(si.Measure("total", lambda model: 0 * model.prior), axioms=["feature_insensitivity"],
                            examples=4)
        def test_not_asked(check):
            check()
        """),
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=tmp_path,
    )
    assert "1 failed, 1 skipped" in done.stdout, done.stdout
    shown = next(line for line in done.stdout.splitlines() if line.startswith("witness: "))
    assert case_from_json(json.loads(shown.removeprefix("witness: ")))
