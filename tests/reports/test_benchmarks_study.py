"""The page of benchmarks can be made anew, and says of errors what is so."""

import json

from stiminfo.reports.studies import benchmarks, publish


def test_the_page_is_made_anew(tmp_path, monkeypatch):
    # Nearly all measures are refuted at once: what takes minutes is no concern of this test.
    monkeypatch.setattr(benchmarks, "_AXIOMS", ("stimulus_invariance",))
    monkeypatch.setattr(benchmarks, "_EXAMPLES", 1)
    monkeypatch.setattr(benchmarks, "seconds", lambda call, rounds=1: whole(call, 1))
    publish.main(["benchmarks", "--out", str(tmp_path)])
    data = json.loads((tmp_path / "benchmarks.json").read_text(encoding="utf-8"))
    by = {row["resolution"]: row for row in data["accuracy"]}
    assert by["standard"]["completeness"] < 1e-6
    assert by["fine"]["apart"] == 0
    assert by["quick"]["apart"] > by["standard"]["apart"]
    assert len(data["throughput"]["cells"]) == 8
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "## Growth" in page
    assert "8 cells" in page


whole = benchmarks.seconds
