import copy
import json

from stiminfo.reports.studies.drift import (
    CLAIMS_FILE,
    ESTIMATORS,
    PUBLISHED_TABLE,
    claims_differences,
    differences,
    estimator_differences,
)

TABLE = json.loads(PUBLISHED_TABLE.read_text(encoding="utf-8"))


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
    rows = json.loads(ESTIMATORS.read_text(encoding="utf-8"))["estimators"]
    assert estimator_differences(rows, copy.deepcopy(rows)) == []
    fresh = copy.deepcopy(rows)
    at = [i for i, row in enumerate(rows) if "exact" in row]
    fresh[at[0]]["exact"] += 1e-3
    fresh[at[1]]["estimate"] += 2 * rows[at[1]]["stderr"]
    fresh[at[2]]["z"] = 7.0
    assert len(estimator_differences(rows, fresh)) == 3
    assert estimator_differences(rows, rows[1:]) == ["estimators: other cases or measures than committed"]


def test_no_committed_estimate_lies_far_from_its_exact_value():
    data = json.loads(ESTIMATORS.read_text(encoding="utf-8"))
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
    data = json.loads(CLAIMS_FILE.read_text(encoding="utf-8"))
    assert all(entry["outcome"] == entry["expected"] for entry in data["claims"].values())
    fresh = copy.deepcopy(data)
    fresh["claims"]["eq-5"]["outcome"] = "refuted"
    del fresh["claims"]["eq-6"]
    assert claims_differences(data, copy.deepcopy(data)) == []
    assert claims_differences(data, fresh) == [
        "claims: eq-6 is in one of them only",
        "claim eq-5: outcome 'confirmed' committed, 'refuted' now",
    ]
