"""The table of the soak of nasty joints: coverage of errors by draws, apart from errors that are bounds."""

import json

import pytest

from stiminfo.errors import InputError
from stiminfo.reports.studies import calibration
from stiminfo.reports.studies.study import Run


def test_errors_by_draws_and_bounds_are_counted_apart(tmp_path):
    rows = [["i_surp", "table", 1, z, 0.1] for z in (0.5, -2.5, 6.0, 1.0)]
    rows += [["fisher", "table", 1, None, None], ["i_sp", "unlisted", 2, 0.25, 0.9]]
    journal = tmp_path / "journal.jsonl"
    journal.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = calibration.make(Run({"journal": str(journal)}))
    found = data["all"]["all"]
    assert (found["cases"], found["beyond_5"], found["sampling"], found["bound"], data["seeds"]) == (5, 1, 4, 1, 2)
    assert (found["sampling_coverage"], found["bound_coverage"]) == (0.5, 1.0)
    assert found["sampling_spread"] == pytest.approx(((0.25 + 6.25 + 36 + 1) / 4) ** 0.5)
    assert data["measures"]["i_sp"]["sampling_coverage"] is None
    page = calibration.markdown(data)
    assert "| i_sp | 1 | 0 | 0 | | | 1 | 1.000 | 0.25 |" in page
    assert "| table | 4 | 1 | 4 | 0.500 |" in page


def test_no_journal_is_one_line(tmp_path):
    with pytest.raises(InputError, match="no such journal; the soak test of nasty joints writes it"):
        calibration.make(Run({"journal": str(tmp_path / "none.jsonl")}))
