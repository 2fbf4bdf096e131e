"""How often standard errors hold: what the soak of nasty joints wrote, by measure and by kind of joint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from .study import Data, Run, Study, page

#: Where the soak writes its journal, a line of JSON per case: measure, kind, seed, z, bound / stderr; z is null where
#: the measure is not defined or its truth is not known.
JOURNAL = Path("out/soak_errors.jsonl")
#: An error counts as a bound where no more than three quarters of its square are sampling error.
BOUND = 0.5


def summary(z: Any, share: Any) -> dict[str, Any]:
    """What is published of z-scores (N,) with shares (N,) of the error that is a bound and no sampling error."""
    z, by_draws = np.asarray(z, dtype=float), np.asarray(share, dtype=float) <= BOUND
    found: dict[str, Any] = {"cases": len(z), "beyond_5": int((np.abs(z) > 5).sum())}
    for name, some in (("sampling", z[by_draws]), ("bound", z[~by_draws])):
        found[name] = len(some)
        found[f"{name}_coverage"] = float(np.mean(np.abs(some) < 2)) if len(some) else None
        found[f"{name}_spread"] = float(np.sqrt(np.mean(some**2))) if len(some) else None
    return found


def make(run: Run) -> Data:
    """Summaries of all cases, by measure and by kind."""
    path = Path(run["journal"] or JOURNAL)
    if not path.is_file():
        raise InputError(f"{path}: no such journal; the soak test of nasty joints writes it (tox -e soak)")
    rows = [row for row in map(json.loads, path.read_text().splitlines()) if row[3] is not None]

    def of(column: int | None) -> dict[str, Any]:
        names = dict.fromkeys(row[column] for row in rows) if column is not None else ["all"]
        some = {name: [row for row in rows if column is None or row[column] == name] for name in names}
        return {name: summary(*zip(*((row[3], row[4]) for row in its))) for name, its in some.items()}

    return {"schema": 1, "seeds": len({row[2] for row in rows}), "all": of(None), "measures": of(0), "kinds": of(1)}


def markdown(data: Data) -> str:
    """The table."""
    return page("calibration.md", data=data, bound=BOUND)


STUDY = Study(
    name="calibration",
    cost="seconds, from the journal of the soak of nasty joints, which takes minutes of a CPU",
    make=make,
    outputs=("calibration.json", "calibration.md"),
    page=markdown,
    options=(("--journal", {"help": f"the soak's journal (default: {JOURNAL})"}),),
    only_named=True,
)
