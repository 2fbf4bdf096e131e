"""An audit left alone: on a machine that others use, beside another audit in the same folder, with very many cells."""

import json
import os
import subprocess
import sys

import pytest

from stiminfo.axioms import audit_published
from stiminfo.axioms.auditing.journal import Journal, identity_of
from stiminfo.axioms.auditing.verdict import Verdict
from stiminfo.errors import JournalError

#: Programs that are busy beside the audit.
LOAD = 16
FEW = ("audit", "i_ssi", "--examples", "4", "--journal", "night", "--jobs", "2")


def started(*arguments, cwd, env=None):
    command = [sys.executable, "-m", "stiminfo", *arguments]
    return subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_audits_in_one_folder(tmp_path):
    """Both end with the same verdicts; the journal holds each cell once."""
    runs = [started(*FEW, "--json", f"{name}.json", cwd=tmp_path) for name in ("one", "other")]
    for run in runs:
        out, err = run.communicate(timeout=300)
        assert run.returncode == 0, (out, err)
    one, other = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("one", "other"))
    assert one == other
    rows = [json.loads(path.read_text()) for path in (tmp_path / "night").glob("*.json") if path.name != "audit.json"]
    keys = [(row["verdict"]["measure"], row["verdict"]["axiom"]) for row in rows]
    assert len(keys) == len(set(keys)) == 10


def test_ten_thousand_cells_are_there_again(tmp_path):
    identity = {"measure": "many"}
    journal = Journal(tmp_path / "night", identity)
    journal.add(Verdict(measure="m0", axiom="positivity", verdict="holds", claimed=None, cases=9, says="9 cases"), 1.0)
    (first,) = (path for path in (tmp_path / "night").iterdir() if path.name != "audit.json")
    row = json.loads(first.read_text())
    for number in range(1, 10_000):
        row["verdict"]["measure"] = f"m{number}"
        (tmp_path / "night" / f"m{number}.json").write_text(json.dumps(row))
    again = Journal(tmp_path / "night", identity)
    assert len(again.finished) == 10_000


def test_a_journal_of_another_version_is_refused(tmp_path):
    identity = identity_of({"name": "mine"}, ["positivity"], 5, 0)
    journal = Journal(tmp_path / "night", identity | {"version": "0.0.9"})
    journal.add(Verdict(measure="m", axiom="positivity", verdict="holds", claimed=None, cases=9, says="9 cases"), 1.0)
    with pytest.raises(JournalError, match=r"its version is '0\.0\.9', not"):
        Journal(tmp_path / "night", identity)


#: A clock that leaps by up to a month, forwards and backwards, at each reading; in worker processes, too.
LEAPING = "import random, time; time.time = lambda: 1.7e9 + random.uniform(-1, 1) * 30 * 86400\n"


def test_a_clock_that_jumps_changes_nothing(tmp_path):
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(LEAPING)
    for name, paths in (("steady", []), ("leaping", [str(tmp_path / "clock")])):
        paths += filter(None, [os.environ.get("PYTHONPATH")])
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        command = ("audit", "i_ssi", "--axiom", "positivity", "--axiom", "data_processing", "--examples", "4")
        run = started(*command, "--journal", name, "--json", f"{name}.json", cwd=tmp_path, env=environment)
        out, err = run.communicate(timeout=300)
        assert run.returncode == 0, (out, err)
    assert json.loads((tmp_path / "leaping.json").read_text()) == json.loads((tmp_path / "steady.json").read_text())


@pytest.mark.soak
def test_the_table_under_load_is_the_table_at_rest():
    """Verdicts, cases, margins and witnesses are the same to the last digit beside sixteen busy programs."""
    rest = {name: audit.to_json() for name, audit in audit_published(examples=20, jobs=2).items()}
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(LOAD)]
    try:
        load = {name: audit.to_json() for name, audit in audit_published(examples=20, jobs=2).items()}
    finally:
        for one in busy:
            one.kill()
            one.wait()
    assert load == rest
