"""Cells that are kept, resumed, and spread over a cluster: nothing lost, nothing counted twice."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from stiminfo.axioms.auditing.audit import audit_published, identity_of
from stiminfo.axioms.auditing.cells import Cell, Plan, run_cells
from stiminfo.axioms.auditing.journal import Journal
from stiminfo.axioms.auditing.verdict import Verdict
from stiminfo.axioms.registry import AXIOMS
from stiminfo.errors import BackendError, JournalError

IDENTITY = {"measure": "m", "examples": 3}
VERDICT = Verdict("positivity", "holds", True, 3, 0.0, 1e-9, None, "3 cases")
QUICK = ("completeness", "positivity", "response_invariance")


def test_what_is_kept_is_there_again(tmp_path):
    path = tmp_path / "j.jsonl"
    with Journal(path, IDENTITY) as journal:
        journal.add("i_surp", VERDICT, 1.25)
        journal.add("i_surp", VERDICT, 9.0)
    with Journal(path, IDENTITY) as journal:
        assert journal.finished == {("i_surp", "positivity"): VERDICT}
        assert journal.seconds == {("i_surp", "positivity"): 1.25}
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_line_that_was_cut_off_is_dropped(tmp_path, cut):
    path = tmp_path / "j.jsonl"
    with Journal(path, IDENTITY) as journal:
        journal.add("i_surp", VERDICT, 1.0)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines(keepends=True)[1].replace(b"i_surp", b"i_sp")[:-cut])
    with Journal(path, IDENTITY) as journal:
        assert list(journal.finished) == [("i_surp", "positivity")]
        journal.add("i_sp", VERDICT, 1.0)
    with Journal(path, IDENTITY) as journal:
        assert len(journal.finished) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema": 1, "measure": "m", "examples": 4}\n', "its examples is 4, not 3"),
        ("hello\n", "line 1 is not that of a journal"),
        ('{"schema": 1, "measure": "m", "examples": 3}\n{"measure": "x"}\n', "line 2 is not that of a journal"),
        ('{"schema": 1, "measure": "m", "examples": 3}\n[]\n', "line 2 is not that of a journal"),
        (
            '{"schema": 1, "measure": "m", "examples": 3}\n'
            + json.dumps({"measure": "x", "seconds": 1, "verdict": vars(VERDICT) | {"verdict": "maybe"}})
            + "\n",
            "no verdict",
        ),
    ],
)
def test_journals_of_something_else(tmp_path, text, message):
    path = tmp_path / "j.jsonl"
    path.write_text(text)
    with pytest.raises(JournalError, match=message):
        Journal(path, IDENTITY)
    assert path.read_text() == text


@pytest.mark.parametrize("text", ['{"results": [1, 2, 3], "precious": true}', "notes without an end", "{"])
def test_a_file_without_a_last_line_is_not_cut(tmp_path, text):
    """What is no journal stays as it is, also without a last line's end; one cut in its first line begins anew."""
    path = tmp_path / "results.json"
    path.write_text(text)
    if text == "{":
        with Journal(path, IDENTITY):
            assert len(path.read_text().splitlines()) == 1
        return
    with pytest.raises(JournalError, match="is no journal"):
        Journal(path, IDENTITY)
    assert path.read_text() == text


@pytest.mark.parametrize(
    "change",
    [
        {"margin": None},
        {"claimed": "yes"},
        {"axiom": "beauty"},
        {"examples": 2.5},
        {"witness": "x"},
        {"witness": {"schema": 1}},
        {"message": 3},
        {"case": []},
    ],
)
def test_a_verdict_of_other_types_is_refused(tmp_path, change):
    path = tmp_path / "j.jsonl"
    with Journal(path, IDENTITY):
        pass
    row = {"measure": "x", "seconds": 1, "verdict": vars(VERDICT) | change}
    with path.open("a") as stream:
        stream.write(json.dumps(row) + "\n")
    with pytest.raises(JournalError, match="line 2 is not that of a journal"):
        Journal(path, IDENTITY)


def test_an_error_is_not_kept_for_ever(tmp_path):
    """The system may have ended the worker, or the time may have been too short: the cell is run again."""
    path = tmp_path / "j.jsonl"
    broken = replace(VERDICT, verdict="error", message="the process ended (exit status -15)")
    with Journal(path, IDENTITY) as journal:
        journal.add("i_surp", broken, 1.0)
    with Journal(path, IDENTITY) as journal:
        assert journal.finished == {}
        journal.add("i_surp", VERDICT, 1.0)
    with Journal(path, IDENTITY) as journal:
        assert journal.finished == {("i_surp", "positivity"): VERDICT}


def test_a_run_that_is_refused_leaves_no_journal(tmp_path):
    path = tmp_path / "j.jsonl"
    cell = Cell("i_surp", ("published", "i_surp"), True, AXIOMS["positivity"])
    with pytest.raises(BackendError), Journal(path, IDENTITY) as journal:
        run_cells([cell], Plan(3), backend="dask", journal=journal)
    assert not path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
def test_one_audit_a_journal(tmp_path):
    with (
        Journal(tmp_path / "j.jsonl", IDENTITY),
        pytest.raises(JournalError, match="in use by another audit"),
    ):
        Journal(tmp_path / "j.jsonl", IDENTITY)


def test_a_resumed_audit_runs_only_the_rest(tmp_path):
    seen = []
    options = {"measures": ["i_surp"], "axioms": QUICK, "examples": 4}
    identity = identity_of({"name": "table"}, QUICK, 4, 0, None)
    whole = audit_published(**options)["i_surp"]
    with Journal(tmp_path / "j.jsonl", identity) as journal:
        audit_published(**options | {"axioms": QUICK[:2]}, journal=journal)
    started = time.perf_counter()
    with Journal(tmp_path / "j.jsonl", identity) as journal:
        resumed = audit_published(**options, journal=journal, progress=lambda cell, _: seen.append(cell.axiom.id))
        assert set(journal.seconds) == {("i_surp", axiom) for axiom in QUICK}
    assert time.perf_counter() - started < 60
    assert sorted(seen) == sorted(QUICK)
    assert resumed["i_surp"].to_json() == whole.to_json()


def test_a_measure_that_was_edited_is_another_audit(tmp_path):
    file = tmp_path / "m.py"
    file.write_text("a = 1\n")
    before = identity_of({"name": "m"}, QUICK, 4, 0, file)
    file.write_text("a = 2\n")
    assert identity_of({"name": "m"}, QUICK, 4, 0, file) != before


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
        run_cells([], Plan(3), **options)


def test_a_database_keeps_failing_cases(tmp_path):
    cell = Cell("i_ssi", ("published", "i_ssi"), False, AXIOMS["positivity"])
    verdicts = [run_cells([cell], Plan(3, database=str(tmp_path)))[0][1] for _ in range(2)]
    assert [v.verdict for v in verdicts] == ["refuted", "refuted"]


TABLE = ["table", "--examples", "4"] + [part for axiom in QUICK for part in ("--axiom", axiom)]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killed_at_a_random_moment_and_resumed(tmp_path, how):
    """Whatever moment it is: what is in the journal is whole, and the end is that of an audit that was not ended."""
    command = [sys.executable, "-m", "stiminfo", *TABLE, "--journal", "j.jsonl", "--json", "t.json"]
    wait = random.Random(str(how)).uniform(3, 7)
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
    fresh = audit_published(axioms=QUICK, examples=4)
    assert found == {name: one.to_json() for name, one in fresh.items()}
    rows = [json.loads(line) for line in (tmp_path / "j.jsonl").read_text().splitlines()[1:]]
    keys = [(row["measure"], row["verdict"]["axiom"]) for row in rows]
    assert len(keys) == len(set(keys)) == 8 * len(QUICK)
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".stiminfo-")]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_loses_a_worker_loses_nothing(tmp_path):
    distributed = pytest.importorskip("distributed", reason="needs stiminfo[dask]")
    axioms = ("completeness", "positivity", "data_processing")
    cells = [Cell(name, ("published", name), None, AXIOMS[a]) for name in ("i_surp", "i_ssi", "i_sp") for a in axioms]
    killed = []
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Journal(tmp_path / "j.jsonl", IDENTITY) as journal,
    ):

        def progress(cell, verdict):
            if not killed:
                (worker, *_) = cluster.workers.values()
                killed.append(worker.process.pid)
                os.kill(worker.process.pid, signal.SIGKILL)

        results = run_cells(
            cells,
            Plan(4, case_timeout=60.0),
            backend="dask",
            scheduler=cluster.scheduler_address,
            journal=journal,
            progress=progress,
        )
        assert killed
        assert len(results) == len(journal.finished) == len(cells)
    here = {(c.measure, c.axiom.id): v for c, v in run_cells(cells, Plan(4, case_timeout=60.0), jobs=2)}
    assert {(c.measure, c.axiom.id): v for c, v in results} == here


def test_what_accepts_and_never_answers_is_no_scheduler(monkeypatch):
    pytest.importorskip("distributed", reason="needs stiminfo[dask]")
    monkeypatch.setattr("stiminfo.axioms.auditing.cells._CONNECT", 1)
    cell = Cell("i_surp", ("published", "i_surp"), True, AXIOMS["positivity"])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(BackendError, match="no scheduler answers"):
            run_cells([cell], Plan(3), backend="dask", scheduler=address)


@pytest.mark.parametrize("scheduler", ["tls://127.0.0.1:1", "ucx://127.0.0.1:2"])
def test_other_ways_to_talk_that_are_not_there(monkeypatch, scheduler):
    pytest.importorskip("distributed", reason="needs stiminfo[dask]")
    cell = Cell("i_surp", ("published", "i_surp"), True, AXIOMS["positivity"])
    with pytest.raises(BackendError, match="no scheduler answers"):
        run_cells([cell], Plan(3), backend="dask", scheduler=scheduler)


def test_a_scheduler_that_is_not_there(monkeypatch):
    pytest.importorskip("distributed", reason="needs stiminfo[dask]")
    monkeypatch.setattr("stiminfo.axioms.auditing.cells._CONNECT", 1)
    cell = Cell("i_surp", ("published", "i_surp"), None, AXIOMS["positivity"])
    with pytest.raises(BackendError, match="no scheduler answers"):
        run_cells([cell], Plan(3), backend="dask", scheduler="tcp://127.0.0.1:9")
