"""The soak: sound measures are never refuted, over thousands of cases; resumable through a journal."""

import json
import os
from pathlib import Path

import pytest

from stiminfo.axioms import AXIOMS
from stiminfo.axioms.auditing.attack import attack
from stiminfo.estimators import PUBLISHED

JOURNAL = Path(os.environ.get("STIMINFO_SOAK", "out/soak.jsonl"))
#: Cases of the first family of each axiom and sound measure; with those of the other families, over 100,000 in total.
CASES = dict.fromkeys(AXIOMS, 1000)
CHUNK = 500


def finished() -> set[tuple[str, str, int]]:
    if not JOURNAL.exists():
        return set()
    rows = [json.loads(line) for line in JOURNAL.read_text().splitlines() if line.endswith("}")]
    return {(row["measure"], row["axiom"], row["seed"]) for row in rows if row["verdict"] != "refuted"}


@pytest.mark.soak
@pytest.mark.parametrize("measure", list(PUBLISHED.values()), ids=lambda m: m.name)
@pytest.mark.parametrize("axiom", list(AXIOMS))
def test_no_false_refutation(measure, axiom):
    if measure.claims.get(axiom) is not True:
        pytest.skip(f"{measure.name} does not claim {axiom}")
    JOURNAL.parent.mkdir(parents=True, exist_ok=True)
    done = finished()
    share = AXIOMS[axiom].families(False)[0].share
    for seed in range(CASES[axiom] // CHUNK):
        if (measure.name, axiom, seed) in done:
            continue
        outcome = attack(AXIOMS[axiom], measure, examples=int(CHUNK / share), seed=1000 + seed)
        row = {
            "measure": measure.name,
            "axiom": axiom,
            "seed": seed,
            "cases": outcome.examples,
            "verdict": outcome.verdict,
        }
        with JOURNAL.open("a") as journal:
            journal.write(json.dumps(row) + "\n")
        assert outcome.verdict != "refuted", (seed, outcome.message, outcome.case)
