"""The proposed measures in examples/, audited from their files as a user would."""

import json
import subprocess
import sys

import checkout
import pytest

HERE = checkout.ROOT / "examples"
if not HERE.is_dir():
    pytest.skip("not a checkout", allow_module_level=True)


def audit(file, tmp_path, *options):
    target = tmp_path / "verdicts.json"
    command = [sys.executable, "-m", "stiminfo", "audit", f"{file}:MEASURE", "--json", target]
    command += ["--witnesses", tmp_path / "witnesses", *options]
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=tmp_path)
    return run.returncode, json.loads(target.read_text())["axioms"]


def replays(file, tmp_path):
    """Every witness that an audit wrote still refutes."""
    found = sorted((tmp_path / "witnesses").glob("*.json"))
    for witness in found:
        command = [sys.executable, "-m", "stiminfo", "replay", witness, "--measure", f"{file}:MEASURE"]
        run = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=tmp_path)
        assert run.returncode == 0, (witness, run.stdout, run.stderr)
    return len(found)


@pytest.mark.parametrize("name", ["half_surprise", "total_information", "jensen_shannon"])
def test_a_proposed_measure_is_what_it_claims(tmp_path, name):
    file = HERE / f"{name}.py"
    code, axioms = audit(file, tmp_path, "--examples", "20")
    assert code == 0, {axiom: cell["message"] for axiom, cell in axioms.items() if cell["agrees"] is False}
    assert any(cell["agrees"] for cell in axioms.values())
    assert replays(file, tmp_path) == sum(cell["verdict"] == "refuted" for cell in axioms.values()) > 0


def test_every_example_is_audited_here():
    audited = {"half_surprise", "total_information", "jensen_shannon", "warped_local"}
    assert {path.stem for path in HERE.glob("*.py") if "si.Measure(" in path.read_text()} == audited


@pytest.mark.parametrize(
    "options",
    [
        ("--examples", "3", "--axiom", "additivity", "--axiom", "completeness", "--axiom", "stimulus_invariance"),
        pytest.param(("--examples", "20", "--jobs", "2"), marks=pytest.mark.soak),
    ],
)
def test_the_warped_copy_passes_all_that_local_passes(tmp_path, options):
    """So the axioms do not single out one measure."""
    code, axioms = audit(HERE / "warped_local.py", tmp_path, *options)
    assert code == 0, {axiom: cell["message"] for axiom, cell in axioms.items() if cell["agrees"] is False}
    assert all(cell["agrees"] for cell in axioms.values())


def test_a_measure_without_claims(tmp_path):
    file = tmp_path / "mix.py"
    file.write_text(
        "import stiminfo as si\n"
        "MEASURE = si.Measure('an even mix', lambda model: 0.5 * si.i_surp(model) + 0.5 * si.i_cissi(model))\n"
    )
    code, axioms = audit(file, tmp_path, "--examples", "20")
    assert code == 0
    assert {cell["agrees"] for cell in axioms.values()} == {None}
    assert axioms["locality"]["verdict"] == "refuted"


def test_a_false_claim_exits_1(tmp_path):
    file = tmp_path / "bold.py"
    file.write_text(
        "import stiminfo as si\nMEASURE = si.Measure('bold', si.i_cissi.pointwise, claims={'data_processing': True})\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "stiminfo", "audit", f"{file}:MEASURE", "--axiom", "data_processing"],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert "claims that disagree: data_processing" in run.stdout
    assert run.stderr == ""
