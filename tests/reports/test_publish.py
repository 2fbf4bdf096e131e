"""Results are published by one command, which also compares them with those that are committed."""

import copy
import dataclasses
import importlib
import json
from pathlib import PurePath

import pytest

from stiminfo.errors import MissingExtra
from stiminfo.reports.studies import claims, publish, registry, table
from stiminfo.reports.studies.study import FOLDER, Study
from stiminfo.reports.studies.table import differences

TABLE = json.loads((FOLDER / "table.json").read_text(encoding="utf-8"))
#: Of the results under reports/published, those that no study makes.
ELSEWHERE = {"mutation.md"}


def study_module(name):
    study_named(name)
    return importlib.import_module(f"stiminfo.reports.studies.{name}")


def study_named(name):
    if name in ("estimators", "learned", "mig-vis", "pictures"):
        pytest.importorskip("torch", reason="the diffusion side needs torch")
    return registry.study(name)


@pytest.mark.parametrize("name", registry.MODULES)
def test_a_committed_page_is_what_its_data_say(name):
    one = study_named(name)
    assert one.name == name
    if one.page is not None:
        assert (FOLDER / f"{name}.md").read_text(encoding="utf-8") == one.page(one.committed())


def test_every_committed_file_is_the_output_of_one_study():
    studies = [study_named(name) for name in registry.MODULES]
    for path in FOLDER.rglob("*"):
        name = path.relative_to(FOLDER).as_posix()
        if path.is_file() and name not in ELSEWHERE and path.suffix not in (".svg", ".pdf"):
            makers = [one.name for one in studies if any(path.relative_to(FOLDER).match(o) for o in one.outputs)]
            assert len(makers) == 1, (name, makers)


def test_the_table_and_its_page_are_made_from_the_data():
    files = table.STUDY.files(TABLE)
    assert len([name for name in files if name.startswith("witnesses/")]) == len(list((FOLDER / "witnesses").iterdir()))
    for name, content in files.items():
        assert any(PurePath(name).match(output) for output in table.STUDY.outputs), name
        if name.startswith("witnesses/"):
            assert content == (FOLDER / name).read_text(encoding="utf-8")


@pytest.fixture
def toy(monkeypatch):
    """A study of one file and one line."""
    one = Study(
        name="toy",
        cost="nothing",
        make=lambda run: {"twice": 2 * (run["number"] or 1), "before": run.before.get("twice")},
        outputs=("toy.json", "toy.md", "toy.txt"),
        page=lambda data: f"# {data['twice']}\n",
        others=lambda data: {"toy.txt": b"bytes"},
        options=(("--number", {"type": int}),),
        check=lambda committed: [] if committed["twice"] == 6 else ["toy: differs"],
        checked="one number",
    )
    monkeypatch.setitem(registry.MODULES, "toy", "toy")
    real = registry.study
    monkeypatch.setattr(publish, "study", lambda name: one if name == "toy" else real(name))
    return one


def test_a_study_is_written_and_checked(toy, tmp_path, capsys):
    publish.main(["toy", "--out", str(tmp_path), "--number", "3"])
    assert json.loads((tmp_path / "toy.json").read_text()) == {"twice": 6, "before": None}
    assert (tmp_path / "toy.md").read_text() == "# 6\n"
    assert (tmp_path / "toy.txt").read_bytes() == b"bytes"
    assert publish.check(toy, tmp_path) == []
    (tmp_path / "toy.md").write_text("# 7\n")
    assert publish.check(toy, tmp_path) == ["toy.md: is not what toy.json says"]
    publish.main(["toy", "--out", str(tmp_path)])
    assert json.loads((tmp_path / "toy.json").read_text()) == {"twice": 2, "before": 6}
    assert publish.check(toy, tmp_path) == ["toy: differs"]


@pytest.mark.parametrize(("found", "code"), [([], 0), (["a", "b"], 1)])
def test_a_difference_is_a_line_and_exit_code_1(toy, monkeypatch, capsys, found, code):
    monkeypatch.setattr(publish, "check", lambda one, folder: found)
    assert publish.main(["toy", "--check"]) == code
    said = capsys.readouterr()
    assert said.err.splitlines() == found
    assert said.out == f"toy: {'differs' if found else 'as committed'} (one number)\n"


def test_results_are_checked_side_by_side(capsys):
    assert publish.main(["calibration", "cluster", "--check", "--jobs", "2"]) == 0
    assert capsys.readouterr().out == "calibration: as committed\ncluster: as committed\n"
    with pytest.raises(SystemExit):
        publish.main(["cluster", "--check", "--jobs", "0"])
    assert "expected a positive whole number" in capsys.readouterr().err


def test_a_long_study_runs_only_when_it_is_named(toy, monkeypatch, tmp_path):
    made = []
    monkeypatch.setattr(publish, "publish", lambda one, *_: made.append(one.name))
    monkeypatch.setattr(publish, "MODULES", {"toy": "toy"})
    publish.main(["--out", str(tmp_path)])
    long = dataclasses.replace(toy, only_named=True)
    monkeypatch.setattr(publish, "study", lambda name: long)
    publish.main(["--out", str(tmp_path)])
    assert made == ["toy"]
    publish.main(["toy", "--out", str(tmp_path)])
    assert made == ["toy", "toy"]


def test_a_study_that_needs_more_says_so(toy, monkeypatch, capsys, tmp_path):
    def study(name):
        if name == "toy":
            return toy
        raise MissingExtra("needs torch")

    monkeypatch.setattr(publish, "study", study)
    monkeypatch.setattr(publish, "MODULES", {"toy": "toy", "learned": "learned"})
    assert publish.main(["toy", "--out", str(tmp_path)]) == 0
    assert publish.main(["--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "learned: cannot be made here (needs torch)\n"
    with pytest.raises(SystemExit) as ended:
        publish.main(["learned"])
    assert ended.value.code == 2
    assert "needs torch" in capsys.readouterr().err


def test_an_unknown_name_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        publish.main(["nonsense"])
    assert ended.value.code == 2
    assert "expected one of table, claims" in capsys.readouterr().err


def test_the_committed_table_does_not_drift_from_itself():
    assert differences(TABLE, copy.deepcopy(TABLE)) == []


def test_what_drifts_is_named():
    fresh = copy.deepcopy(TABLE)
    fresh["measures"]["i_cissi"]["axioms"]["positivity"]["verdict"] = "refuted"
    fresh["measures"]["i_ssi"]["axioms"]["positivity"]["margin"] += 1e-3
    fresh["measures"]["i_sp"]["axioms"]["locality"]["witness"]["case"]["centre"] = 7
    assert differences(TABLE, fresh) == [
        "i_sp, locality: another witness",
        f"i_ssi, positivity: margin {TABLE['measures']['i_ssi']['axioms']['positivity']['margin']:.9g} committed, "
        f"{fresh['measures']['i_ssi']['axioms']['positivity']['margin']:.9g} now",
        "i_cissi, positivity: verdict 'holds' committed, 'refuted' now",
    ]


def test_drift_of_the_estimators():
    estimator_differences = study_module("estimators").differences
    rows = json.loads((FOLDER / "estimators.json").read_text(encoding="utf-8"))["estimators"]
    assert estimator_differences(rows, copy.deepcopy(rows)) == []
    fresh = copy.deepcopy(rows)
    at = [i for i, row in enumerate(rows) if "exact" in row]
    fresh[at[0]]["exact"] += 1e-3
    fresh[at[1]]["estimate"] += 2 * rows[at[1]]["stderr"]
    fresh[at[2]]["z"] = 7.0
    assert len(estimator_differences(rows, fresh)) == 3
    assert estimator_differences(rows, rows[1:]) == ["estimators: other cases or measures than committed"]


def test_no_committed_estimate_lies_far_from_its_exact_value():
    data = json.loads((FOLDER / "estimators.json").read_text(encoding="utf-8"))
    scores = [row["z"] for row in data["estimators"] if "z" in row]
    assert len(scores) == 22
    assert max(map(abs, scores)) < 4
    ratios = {(row["case"], row["sampler"]): row for row in data["samplers"]}
    for (_, sampler), row in ratios.items():
        if sampler == "posterior":
            assert abs(row["ratio"] - 1) < 4 * row["stderr"]
        if sampler == "plug_in":
            assert row["ratio"] < 0.8


def test_drift_of_the_claims():
    data = json.loads((FOLDER / "claims.json").read_text(encoding="utf-8"))
    assert all(entry["outcome"] == entry["expected"] for entry in data["claims"].values())
    fresh = copy.deepcopy(data)
    fresh["claims"]["eq-5"]["outcome"] = "refuted"
    del fresh["claims"]["eq-6"]
    assert claims.differences(data, copy.deepcopy(data)) == []
    assert claims.differences(data, fresh) == [
        "claims: eq-6 is in one of them only",
        "claim eq-5: outcome 'confirmed' committed, 'refuted' now",
    ]
