"""Every witness among the results is read without trust, replays, and still refutes."""

import json
from pathlib import Path

import pytest

from stiminfo.axioms.auditing.witness import parse_witness, replay
from stiminfo.estimators.relatives import named

PUBLISHED = Path(__file__).parents[2] / "reports" / "published"
if not PUBLISHED.is_dir():
    pytest.skip("not a checkout", allow_module_level=True)


def witnesses():
    """(where it stands, JSON data) of every one."""
    for path in sorted((PUBLISHED / "witnesses").glob("*.json")):
        yield path.stem, json.loads(path.read_text(encoding="utf-8"))
    table = json.loads((PUBLISHED / "table.json").read_text(encoding="utf-8"))["measures"]
    for name, row in table.items():
        yield from ((f"table-{name}-{a}", cell["witness"]) for a, cell in row["axioms"].items() if cell["witness"])
    relatives = json.loads((PUBLISHED / "beyond.json").read_text(encoding="utf-8"))["relatives"]
    for name, cells in relatives.items():
        yield from ((f"beyond-{name}-{a}", cell["witness"]) for a, cell in cells.items() if cell["witness"])


FOUND = list(witnesses())


def test_there_are_witnesses():
    assert len(FOUND) > 50


@pytest.mark.parametrize("data", [data for _, data in FOUND], ids=[where for where, _ in FOUND])
def test_a_published_witness_replays(data):
    witness = parse_witness(data)
    assert witness.to_json() == data
    again = replay(witness, named(witness.measure))
    assert again.stands
    assert again.finding.violation == pytest.approx(data["finding"]["violation"], rel=1e-6, abs=1e-9)
