"""Four proposed measures, audited from their files as a user would."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1] / "proposed"


def audit(name, tmp_path, *options):
    target = tmp_path / "verdicts.json"
    command = [sys.executable, "-m", "stiminfo", "audit", f"{HERE / name}.py:MEASURE", "--json", str(target), *options]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return run.returncode, json.loads(target.read_text())["axioms"]


def verdicts(axioms):
    return {axiom: cell["verdict"] for axiom, cell in axioms.items()}


def test_half_surprise(tmp_path):
    code, axioms = audit("half_surprise", tmp_path, "--examples", "20")
    assert code == 0
    assert axioms["completeness"]["verdict"] == "refuted"
    assert axioms["positivity"]["agrees"] is True
    assert axioms["locality"]["agrees"] is None


def test_a_measure_without_claims(tmp_path):
    code, axioms = audit("no_claims", tmp_path, "--examples", "20")
    assert code == 0
    assert {cell["agrees"] for cell in axioms.values()} == {None}
    assert axioms["locality"]["verdict"] == "refuted"


def test_total_information(tmp_path):
    code, axioms = audit("total", tmp_path, "--examples", "20")
    assert code == 0
    assert axioms["locality"]["verdict"] == "refuted"
    assert axioms["additivity"]["verdict"] == "holds"


@pytest.mark.slow
def test_the_warped_copy_passes_all_that_local_passes(tmp_path):
    """So the axioms do not single out one measure."""
    code, axioms = audit("warped_local", tmp_path, "--examples", "20", "--jobs", "2")
    assert code == 0, {axiom: cell["message"] for axiom, cell in axioms.items() if cell["agrees"] is False}
    assert all(cell["agrees"] for cell in axioms.values())


def test_a_false_claim_exits_1(tmp_path):
    file = tmp_path / "bold.py"
    file.write_text(
        "import stiminfo as si\nMEASURE = si.Measure('bold', si.i_cissi.pointwise, claims={'data_processing': True})\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "stiminfo", "audit", f"{file}:MEASURE", "--axiom", "data_processing"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 1
    assert "claims that disagree: data_processing" in run.stdout
    assert run.stderr == ""
