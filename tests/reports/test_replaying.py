"""A replayed witness shows every number that a check by hand needs, however narrow the terminal is."""

import ast

import numpy as np
import pytest

from stiminfo.axioms.auditing.witness import read_witness
from stiminfo.axioms.finding import shown
from stiminfo.reports.replaying import models_of, print_replay
from stiminfo.reports.studies.study import FOLDER
from stiminfo.reports.terminal import plain_console, text_of

WITNESSES = sorted((FOLDER / "witnesses").glob("*.json"))
ROOT = FOLDER.resolve().parents[1]


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("path", WITNESSES, ids=lambda path: path.stem)
def test_no_number_is_cut(path, width):
    witness = read_witness(path)
    console = plain_console(width)
    print_replay(witness, witness.finding, console)
    said = text_of(console)
    assert "…" not in said
    for side in witness.finding.sides.values():
        whole = shown(side[0], witness.finding.violation)
        assert f" {whole} " in said
        assert f" {shown(side[-1], witness.finding.violation)} " in said


def test_a_case_that_numbers_describe_shows_its_models():
    """Lone atoms at 0, 1, 10, ..., 10^8, each half as likely as the one before."""
    witness = read_witness(FOLDER / "witnesses" / "i_local-locality_any_prior.json")
    console = plain_console(60)
    print_replay(witness, witness.finding, console)
    said = text_of(console)
    assert "│ 8 │  1e+07 │  0.00195695 │      1 │" in said
    assert "│ 0 │      0 │         0.5 │   0, 1 │" in said
    before, after = models_of(witness.case)
    assert before["prior"] == after["prior"]
    assert np.ravel(before["stimuli"]).tolist() == [0, *(10.0**k for k in range(9))]
    assert np.shape(after["likelihood"]) == (2, 10)


def test_of_many_stimuli_some_are_shown():
    witness = read_witness(FOLDER / "witnesses" / "i_sp-locality.json")
    count = len(witness.case.views[0].prior)
    console = plain_console(80)
    print_replay(witness, witness.finding, console)
    assert count > 100
    assert f"12 of {count} stimuli; `--json` lists all" in text_of(console)


def columns(path):
    """The calls that add a column of numbers to a table."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_column":
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            if "right" in ast.dump(given.get("justify", node.func)):
                yield given


def test_columns_of_numbers_fold_and_are_not_cut():
    files = [*ROOT.glob("reports/*.py"), *ROOT.glob("src/stiminfo/cli/*.py")]
    found = [given for path in files for given in columns(path)]
    assert len(found) > 10
    assert all({"overflow", "no_wrap"} & given.keys() for given in found)
