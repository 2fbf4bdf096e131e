"""`stiminfo table --with`: a measure beside the published ones; known measures that have a number in their names."""

import json
import sys

import pytest

from stiminfo.axioms.auditing import audit
from stiminfo.axioms.auditing.verdict import Audit, Verdict
from stiminfo.axioms.auditing.witness import parse_witness
from stiminfo.cli import main
from stiminfo.reports.studies.study import FOLDER
from stiminfo.reports.terminal import plain_console, print_audit, text_of


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
    page = (tmp_path / "t.html").read_text()
    assert "stiminfo table --axiom completeness --cases 1 --seed 0 --with i_nce:64 --with i_nce:2" in page
    assert run(monkeypatch, "replay", "w/i_nce_2-completeness.json") == 0
    assert "the violation stands" in capsys.readouterr().out


def test_further_axioms_have_rows_and_pages(tmp_path, monkeypatch, capsys):
    """Axioms that are asked only by name."""
    published = audit.published_candidates
    monkeypatch.setattr(audit, "published_candidates", lambda: published(["i_surp"]))
    monkeypatch.chdir(tmp_path)
    command = ("--axiom", "unit_invariance", "--cases", "5", "--html", "a.html", "--markdown", "a.md")
    for first in (("table",), ("audit", "i_surp")):
        assert run(monkeypatch, *first, *command) == 0
        assert "unit_invariance" in capsys.readouterr().out
        assert "unit_invariance" in (tmp_path / "a.md").read_text()
        assert "unit_invariance" in (tmp_path / "a.html").read_text()
    assert run(monkeypatch, "audit", "i_surp", "--axiom", "nonsense") == 2
    assert "rotation_invariance" in capsys.readouterr().err


def test_values_have_the_units_of_the_measure(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "import math\nimport stiminfo as si\n"
        "BITS = si.Measure('bits', lambda model: si.i_sp(model) / math.log(2), units='bits')\n"
    )
    units = {"fisher": "nats per squared unit of the stimulus", "i_surp": "nats", "mine.py:BITS": "bits"}
    for (target, unit), axiom in zip(units.items(), ("stimulus_invariance", "locality", "positivity")):
        outputs = ("--witnesses", "w", "--json", "a.json", "--html", "a.html")
        asked = (target, "--axiom", axiom, "--cases", "2")
        assert run(monkeypatch, "audit", *asked, *outputs) == 0
        row = json.loads((tmp_path / "a.json").read_text())["axioms"][axiom]
        found = row["witness"]["finding"]
        assert f" {unit}" in row["message"] or axiom == "locality"
        assert found["unit"] == ("of the largest change, left in the limit" if axiom == "locality" else unit)
        assert f"stiminfo audit {target} --axiom {axiom} --cases 2 --seed 0" in (tmp_path / "a.html").read_text()
        said = capsys.readouterr().out
        assert ("100%" in said) == (axiom == "locality")
        (witness,) = (tmp_path / "w").glob(f"*-{axiom}.json")
        measure = ("--measure", target) if ":" in target else ()
        assert run(monkeypatch, "replay", str(witness), *measure) == 0
        assert f"{found['violation']:.6g} {found['unit']}, numerical error" in " ".join(capsys.readouterr().out.split())


def test_a_witness_of_an_earlier_version_has_the_unit_of_its_axiom(tmp_path):
    path = FOLDER / "witnesses" / "fisher-stimulus_invariance.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    assert parse_witness(data).finding.unit == "nats per squared unit of the stimulus"
    del data["finding"]["unit"]
    assert parse_witness(data).finding.unit == "nats"
    data["finding"]["unit"] = "n\x1bats"
    assert parse_witness(data).finding.unit == "n\\x1bats"


@pytest.mark.parametrize("width", [40, 66])
def test_a_narrow_table_folds_words_and_no_numbers(width):
    verdicts = {
        "feature_insensitivity_marginal": Verdict(
            measure="m",
            axiom="feature_insensitivity_marginal",
            verdict="refuted",
            claimed=True,
            cases=12345,
            violation=1.25e-7,
        )
    }
    console = plain_console(width)
    print_audit(Audit("m", verdicts, 0, 200), console)
    said = text_of(console)
    assert " 12345 " in said
    assert " 1.25e-07 " in said
    assert width < 66 or "(DISAGREES)" in said


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
