import copy
import json

from stiminfo.reports.drift import PUBLISHED_TABLE, differences

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
