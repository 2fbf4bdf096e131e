"""A worker process: it times itself by the CPU, says where a measure hangs, and is started anew after it ended."""

import re
import sys
import time

import numpy as np
import pytest

import stiminfo as si
from stiminfo.axioms.auditing import cells
from stiminfo.axioms.auditing.audit import described
from stiminfo.axioms.auditing.messages import Attack, Attacked, InFile, Judge, Judged, Named
from stiminfo.axioms.auditing.process import Process
from stiminfo.axioms.auditing.witness import Witness
from stiminfo.axioms.registry import AXIOMS
from stiminfo.errors import LoadError, WorkerEnded

counts_cpu = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no timer of CPU time")


def verdict_of(function, **options):
    measure = si.Measure("mine", function)
    return si.audit(measure, axioms=["positivity"], examples=3, **options).verdicts["positivity"]


def _python_loop(model):
    while len(model.stimuli) > 1:
        pass
    return si.i_surp(model)


def _c_loop(model):
    """Never returns to Python, and never lets go of the interpreter's lock."""
    re.match(r"(a+)+$", "a" * 60 + "b")
    return si.i_surp(model)


@counts_cpu
@pytest.mark.parametrize("function", [_python_loop, _c_loop])
def test_what_hangs_is_ended_and_where_it_hangs_is_said(function):
    verdict = verdict_of(function, case_timeout=0.5)
    assert (verdict.verdict, verdict.case is not None) == ("error", True)
    assert "no answer within 0.5 s of CPU time" in verdict.says
    assert f"it was in {function.__name__} (" in verdict.says


def test_what_sleeps_is_ended_by_the_clock():
    verdict = verdict_of(lambda model: time.sleep(3600), case_timeout=0.2)
    assert verdict.verdict == "error"
    assert "no answer within 2 s by the clock" in verdict.says


@counts_cpu
def test_waiting_is_no_hanging():
    """On a busy machine an answer takes long by the clock, and little of the CPU's time."""

    asked = []

    def patient(model):
        asked.append(model)
        time.sleep(0.3 if len(asked) < 6 else 0)
        return si.i_surp(model)

    assert verdict_of(patient, case_timeout=0.2).verdict == "holds"


SLOW = """
import time
import stiminfo as si

def slow(model):
    begin = time.process_time()
    while time.process_time() < begin + 0.1:
        pass
    return si.i_surp(model)

MEASURE = si.Measure("slow", slow)
"""


@counts_cpu
def test_a_replay_is_limited_by_the_answer_not_by_the_case(tmp_path):
    """As an attack is: to judge one case takes a dozen answers."""
    file = tmp_path / "slow.py"
    file.write_text(SLOW)
    case = AXIOMS["positivity"].known[0]
    worker = Process(case_timeout=0.5)
    try:
        judged = worker.ask(Judge(InFile.at(file, "MEASURE"), Witness("slow", "positivity", case)), Judged)
    finally:
        worker.close()
    assert not judged.finding.broken


def test_an_error_on_a_cluster_keeps_the_claim(tmp_path):
    file = tmp_path / "crash.py"
    file.write_text("import os, stiminfo as si\nMEASURE = si.Measure('crash', lambda model: os._exit(3))")
    verdict, _ = cells._run_there("crash", InFile.at(file, "MEASURE"), True, "positivity", cells.Plan(1))
    assert (verdict.verdict, verdict.claimed, verdict.agrees) == ("error", True, False)


def _hangs_on_two(model):
    while len(model.stimuli) == 2:
        pass
    return si.i_surp(model)


@counts_cpu
def test_a_worker_that_ended_is_replaced():
    """One axiom's hang is not the next one's."""
    measure = si.Measure("mine", _hangs_on_two)
    verdicts = si.audit(
        measure, axioms=["completeness", "feature_insensitivity"], examples=2, case_timeout=0.3
    ).verdicts
    assert [verdict.verdict for verdict in verdicts.values()] == ["error", "not_applicable"]


FILE = """
import pathlib
import stiminfo as si
with pathlib.Path(__file__).with_name("runs.txt").open("a") as stream:
    stream.write("run\\n")
MEASURE = si.Measure("mine", si.i_surp.pointwise, claims={"positivity": True})
"""


def test_a_file_is_run_once_per_worker(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(FILE)
    worker = Process()
    try:
        about = described(worker, InFile.at(file, "MEASURE"))
        assert (about.name, about.claims) == ("mine", {"positivity": True})
        for axiom in ("positivity", "completeness"):
            assert worker.ask(Attack(InFile.at(file, "MEASURE"), axiom, 2, 0), Attacked).verdict.verdict == "holds"
    finally:
        worker.close()
    assert (tmp_path / "runs.txt").read_text().splitlines() == ["run"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise RuntimeError('no')", "raised RuntimeError"),
        ("MEASURE = 3", "expected a stiminfo.Measure"),
        ("import os\nos._exit(5)", "the process ended (exit status 5) while the file was run"),
    ],
)
def test_a_file_that_cannot_be_loaded(tmp_path, text, message):
    file = tmp_path / "mine.py"
    file.write_text(text)
    worker = Process()
    try:
        with pytest.raises(LoadError, match=re.escape(message)):
            described(worker, InFile.at(file, "MEASURE"))
    finally:
        worker.close()


def test_a_closed_worker_starts_no_other():
    worker = Process()
    worker.close()
    with pytest.raises(WorkerEnded, match="interrupted"):
        worker.ask(Attack(Named("i_surp"), "positivity", 2, 0), Attacked)


def test_what_a_measure_prints_is_no_answer():
    def chatty(model):
        print("values", np.arange(3))
        sys.stdout.flush()
        return si.i_surp(model)

    assert verdict_of(chatty).verdict == "holds"
