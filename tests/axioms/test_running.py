"""Cells that are kept, resumed, and spread over a cluster: nothing lost, nothing counted twice."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time

import msgspec
import pytest
from msgspec.structs import replace

import stiminfo as si
from stiminfo.axioms.auditing.audit import audit_published
from stiminfo.axioms.auditing.cells import Cell, Plan, run_cells, workers_for
from stiminfo.axioms.auditing.journal import Journal, identity_of
from stiminfo.axioms.auditing.messages import Named
from stiminfo.axioms.auditing.verdict import Verdict
from stiminfo.axioms.registry import AXIOMS
from stiminfo.errors import BackendError, JournalError

IDENTITY = {"measure": "m", "examples": 3}
VERDICT = Verdict(
    measure="i_surp", axiom="positivity", verdict="holds", claimed=True, cases=3, error=1e-9, says="3 cases"
)
QUICK = ("completeness", "positivity", "response_invariance")


def cell(measure, axiom):
    return Cell(measure, Named(measure), None, AXIOMS[axiom])


def verdicts(cells, plan):
    with workers_for(plan, len(cells)) as workers:
        return {result.cell.key: result.verdict for result in run_cells(cells, plan, workers)}


def test_what_is_kept_is_there_again(tmp_path):
    path = tmp_path / "night"
    journal = Journal(path, IDENTITY)
    assert not path.exists()
    journal.add(VERDICT, 1.25)
    journal.add(VERDICT, 9.0)
    again = Journal(path, IDENTITY)
    assert again.finished == {("i_surp", "positivity"): VERDICT}
    assert again.seconds == {("i_surp", "positivity"): 1.25}
    assert len(list(path.iterdir())) == 2


def test_a_refutation_is_kept_with_its_witness(tmp_path):
    refuted = si.audit(si.i_cissi, axioms=["data_processing"], examples=3).verdicts["data_processing"]
    Journal(tmp_path / "night", IDENTITY).add(refuted, 1.0)
    (again,) = Journal(tmp_path / "night", IDENTITY).finished.values()
    assert again == refuted
    assert again.witness == refuted.witness


def test_measures_whose_names_look_alike_keep_apart(tmp_path):
    for name in ("a b", "a_b", "a/b"):
        Journal(tmp_path / "night", IDENTITY).add(replace(VERDICT, measure=name), 1.0)
    assert len(Journal(tmp_path / "night", IDENTITY).finished) == 3


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"audit.json": {"schema": 2, "measure": "m", "examples": 4}}, "its examples is 4, not 3"),
        ({"audit.json": []}, "does not say what it is about"),
        ({"audit.json": "nonsense"}, "is not JSON"),
        ({"thesis.tex": "precious"}, "holds other files"),
        ({"audit.json": IDENTITY | {"schema": 2}, "x.json": {"schema": 2}}, "is not a cell of a journal"),
        ({"audit.json": IDENTITY | {"schema": 2}, "x.json": "[" * 100_000}, "is not a cell of a journal"),
    ],
)
def test_journals_of_something_else(tmp_path, files, message):
    path = tmp_path / "night"
    path.mkdir()
    for name, content in files.items():
        (path / name).write_text(content if isinstance(content, str) else json.dumps(content))
    before = {file.name: file.read_text() for file in path.iterdir()}
    with pytest.raises(JournalError, match=message):
        Journal(path, IDENTITY)
    assert {file.name: file.read_text() for file in path.iterdir()} == before


@pytest.mark.parametrize("text", ['{"schema": 1, "measure": "m", "examples": 3}\n', "notes without an end"])
def test_a_journal_of_an_older_version_is_a_file_and_refused(tmp_path, text):
    path = tmp_path / "night.jsonl"
    path.write_text(text)
    with pytest.raises(JournalError, match="is a file; a journal is a folder"):
        Journal(path, IDENTITY)
    assert path.read_text() == text


@pytest.mark.parametrize(
    "change",
    [
        {"violation": None},
        {"claimed": "yes"},
        {"cases": 2.5},
        {"verdict": "maybe"},
        {"case": {"kind": "code"}},
        {"says": 3},
        {"more": 1},
    ],
)
def test_a_verdict_of_other_types_is_refused(tmp_path, change):
    path = tmp_path / "night"
    Journal(path, IDENTITY).add(VERDICT, 1.0)
    (file,) = path.glob("i_surp*.json")
    data = json.loads(file.read_text())
    data["verdict"] |= change
    file.write_text(json.dumps(data))
    with pytest.raises(JournalError, match="is not a cell of a journal"):
        Journal(path, IDENTITY)


def test_an_error_is_not_kept_for_ever(tmp_path):
    """The system may have ended the worker, or the time may have been too short: the cell is run again."""
    path = tmp_path / "night"
    Journal(path, IDENTITY).add(replace(VERDICT, verdict="error", says="the process ended (exit status -15)"), 1.0)
    journal = Journal(path, IDENTITY)
    assert journal.finished == {}
    journal.add(VERDICT, 1.0)
    assert Journal(path, IDENTITY).finished == {("i_surp", "positivity"): VERDICT}


def test_a_half_written_file_is_passed_over(tmp_path):
    """What a machine left that stopped in the middle of a write."""
    path = tmp_path / "night"
    path.mkdir()
    (path / ".stiminfo-0123").write_bytes(msgspec.json.encode(VERDICT)[:40])
    Journal(path, IDENTITY).add(VERDICT, 1.0)
    assert Journal(path, IDENTITY).finished == {("i_surp", "positivity"): VERDICT}


def test_a_resumed_audit_runs_only_the_rest(tmp_path):
    seen = []
    options = {"measures": ["i_surp"], "axioms": QUICK, "examples": 4}
    identity = identity_of({"name": "table"}, list(QUICK), 4, 0)
    whole = audit_published(**options)["i_surp"]
    audit_published(**options | {"axioms": QUICK[:2]}, journal=Journal(tmp_path / "night", identity))
    kept = Journal(tmp_path / "night", identity)
    assert set(kept.finished) == {("i_surp", axiom) for axiom in QUICK[:2]}
    before = dict(kept.seconds)
    resumed = audit_published(**options, journal=kept, progress=lambda cell, _: seen.append(cell.axiom.id))
    assert {key: kept.seconds[key] for key in before} == before
    assert set(kept.seconds) == {("i_surp", axiom) for axiom in QUICK}
    assert sorted(seen) == sorted(QUICK)
    assert resumed["i_surp"].to_json() == whole.to_json()


def test_a_measure_that_was_edited_is_another_audit(tmp_path):
    file = tmp_path / "m.py"
    file.write_text("a = 1\n")
    before = identity_of({"name": "m"}, list(QUICK), 4, 0, file)
    file.write_text("a = 2\n")
    assert identity_of({"name": "m"}, list(QUICK), 4, 0, file) != before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "slurm"}, "unknown backend 'slurm'"),
        ({"backend": "dask"}, "--scheduler"),
        ({"scheduler": "tcp://127.0.0.1:1"}, "--backend dask"),
    ],
)
def test_backends_that_are_none(options, message):
    with pytest.raises(BackendError, match=message):
        Plan(3, **options)


def test_a_database_keeps_failing_cases(tmp_path):
    found = [verdicts([cell("i_ssi", "positivity")], Plan(3, database=str(tmp_path))) for _ in range(2)]
    assert [next(iter(one.values())).verdict for one in found] == ["refuted", "refuted"]


KILLED = ("response_invariance", "data_processing")
TABLE = ["table", "--examples", "4"] + [part for axiom in KILLED for part in ("--axiom", axiom)]


@pytest.fixture(scope="module")
def uninterrupted():
    return {name: one.to_json() for name, one in audit_published(axioms=KILLED, examples=4).items()}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.xdist_group("killed")
@pytest.mark.parametrize("how", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.soak)])
def test_killed_at_a_random_moment_and_resumed(tmp_path, uninterrupted, how):
    """Whatever moment it is: what is in the journal is whole, and the end is that of an audit that was not ended."""
    command = [sys.executable, "-m", "stiminfo", *TABLE, "--journal", "night", "--json", "t.json"]
    wait = random.Random(str(how)).uniform(2, 5)
    (tmp_path / "t.json").write_text("the earlier result")
    for _ in range(2):
        earlier = (tmp_path / "t.json").read_text()
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.send_signal(how)
        process.wait(timeout=30)
        if process.returncode == -signal.SIGKILL:
            # Either the earlier result or a new one, whole.
            now = (tmp_path / "t.json").read_text()
            assert now == earlier or len(json.loads(now)["measures"]) == 8
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "t.json").read_text())["measures"]
    assert found == uninterrupted
    rows = [json.loads(path.read_text()) for path in (tmp_path / "night").glob("*.json") if path.name != "audit.json"]
    keys = [(row["verdict"]["measure"], row["verdict"]["axiom"]) for row in rows]
    assert len(keys) == len(set(keys)) == 8 * len(KILLED)
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".stiminfo-")]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_loses_a_worker_loses_nothing(tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs stiminfo[dask]")
    axioms = ("completeness", "positivity", "data_processing")
    cells = [cell(name, axiom) for name in ("i_surp", "i_ssi", "i_sp") for axiom in axioms]
    killed, found = [], {}
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        plan = Plan(4, case_timeout=60.0, backend="dask", scheduler=cluster.scheduler_address)
        for result in run_cells(cells, plan):
            found[result.cell.key] = result.verdict
            if not killed:
                (worker, *_) = cluster.workers.values()
                killed.append(worker.process.pid)
                os.kill(worker.process.pid, signal.SIGKILL)
    assert killed
    assert found == verdicts(cells, Plan(4, case_timeout=60.0, jobs=2))


def refused(scheduler):
    with pytest.raises(BackendError, match="no scheduler answers"):
        list(run_cells([cell("i_surp", "positivity")], Plan(3, backend="dask", scheduler=scheduler)))


def test_what_accepts_and_never_answers_is_no_scheduler(monkeypatch):
    pytest.importorskip("distributed", reason="needs stiminfo[dask]")
    monkeypatch.setattr("stiminfo.axioms.auditing.cells._CONNECT", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        refused(f"tcp://127.0.0.1:{silent.getsockname()[1]}")


@pytest.mark.parametrize("scheduler", ["tls://127.0.0.1:1", "ucx://127.0.0.1:2", "tcp://127.0.0.1:9"])
def test_a_scheduler_that_is_not_there(monkeypatch, scheduler):
    pytest.importorskip("distributed", reason="needs stiminfo[dask]")
    monkeypatch.setattr("stiminfo.axioms.auditing.cells._CONNECT", 1)
    refused(scheduler)
