"""`stiminfo table --with`: a measure beside the published ones; known measures that have a number in their names."""

import json
import sys

import pytest

from stiminfo.axioms.auditing import audit
from stiminfo.cli import main


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["stiminfo", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_infonce_beside_others_and_replayed(tmp_path, monkeypatch, capsys):
    published = audit.published_candidates
    monkeypatch.setattr(audit, "published_candidates", lambda: published(["i_surp"]))
    monkeypatch.chdir(tmp_path)
    outputs = ("--json", "t.json", "--html", "t.html", "--witnesses", "w")
    command = ("table", "--with", "i_nce", "--with", "i_nce:2", "--axiom", "completeness", "--examples", "1")
    assert run(monkeypatch, *command, *outputs) == 0
    table = json.loads((tmp_path / "t.json").read_text())["measures"]
    assert {name: row["axioms"]["completeness"]["verdict"] for name, row in table.items()} == {
        "i_surp": "holds",
        "i_nce:64": "refuted",
        "i_nce:2": "refuted",
    }
    assert "--with i_nce:64 --with i_nce:2" in (tmp_path / "t.html").read_text()
    assert run(monkeypatch, "replay", "w/i_nce_2-completeness.json") == 0
    assert "the violation stands" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["table", "--with", "i_local"], "--with i_local has no effect: i_local is in the table already"),
        (["table", "--with", "i_nce", "--with", "i_nce:64"], "i_nce:64 is in the table already"),
        (["table", "--with", "i_lcal"], "unknown measure 'i_lcal'; did you mean 'i_local'?"),
        (["table", "--with", "i_nce:1"], "a whole number of candidates from 2 to 2^53, not 1"),
        (["audit", "i_nce:two"], "a whole number of candidates from 2 to 2^53, not 'two'"),
        (["audit", "i_nse:64"], "did you mean the published measure 'i_nce'?"),
    ],
)
def test_a_measure_that_cannot_be_added(monkeypatch, capsys, arguments, said):
    assert run(monkeypatch, *arguments) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert said in lines[0]
