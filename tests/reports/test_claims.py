"""The paper's statements: every outcome is the one on record, and a broken engine changes it."""

import json

import numpy as np
import pytest

from stiminfo.errors import UnknownName
from stiminfo.estimators import Measure, i_kong2, i_local
from stiminfo.reports.paper.claims import (
    CLAIMS,
    CONFIRMED,
    CORRECTED,
    REFUTED,
    Claim,
    Result,
    claims_named,
    derivation,
    estimator,
    kong,
)
from stiminfo.reports.paper.claims import axioms as on_axioms
from stiminfo.reports.paper.claims_page import markdown, to_json

#: The figures' statements, and Table 1, are checked anew in `tox -e drift`: they take a minute.
QUICK = [value for part in (derivation, kong, estimator) for value in vars(part).values() if isinstance(value, Claim)]
QUICK += [
    CLAIMS[name]
    for name in ("cissi-conditional", "kong2-processing", "sp-responses", "kong1-features", "ssi-negative", "ssi-cissi")
]


@pytest.mark.parametrize("claim", QUICK, ids=lambda claim: claim.id)
def test_outcomes_on_record(claim):
    found = claim.check()
    assert found.outcome == claim.expected, found.evidence


def test_table_1_has_24_cells():
    assert sum(name.startswith("table-1-") for name in CLAIMS) == 24
    assert CLAIMS["table-1-i_cissi-additivity"].expected == REFUTED
    assert CLAIMS["table-1-i_local-locality"].expected == CORRECTED


def test_every_statement_has_a_place_and_what_fails_says_what_holds():
    for claim in CLAIMS.values():
        assert claim.place
        assert claim.statement.endswith((".", "?"))
        if claim.expected != CONFIRMED:
            assert claim.correction, claim.id


@pytest.mark.parametrize(
    ("name", "replacement"),
    [
        ("i_local", Measure("i_local", lambda m: 1.001 * i_local(m), featurewise=i_local.featurewise)),
        ("i_kong2", Measure("i_kong2", lambda m: i_kong2(m) + 1e-4, featurewise=i_kong2.featurewise)),
    ],
)
def test_a_wrong_engine_is_news(monkeypatch, name, replacement):
    for part in (derivation, kong):
        monkeypatch.setattr(part, name, replacement, raising=False)
    equations = [claim for claim in QUICK if claim.id.startswith("eq-")]
    changed = [claim.id for claim in equations if claim.check().outcome != claim.expected]
    assert {"i_local": "eq-8", "i_kong2": "eq-19"}[name] in changed


def test_a_cissi_that_obeys_data_processing_would_be_news(monkeypatch):
    monkeypatch.setattr(on_axioms, "i_cissi", on_axioms.i_surp)
    assert on_axioms.cissi_merge.check().outcome == CONFIRMED


def test_outcomes():
    assert Result(True, "").outcome == CONFIRMED
    assert Result(False, "", True).outcome == CORRECTED
    assert Result(False, "", False).outcome == REFUTED
    assert Result(False, "").outcome == REFUTED


def test_pages():
    claim = Claim("eq-99", "Eq. 99", "A | B.", REFUTED, lambda: Result(False, "x | y", None, {"prior": [1]}), "not so")
    rows = [(claim, claim.check())]
    page = markdown(to_json(rows))
    assert "| Eq. 99 | A \\| B.<br>`eq-99` | **refuted**: not so | x \\| y |" in page
    assert "1 are refuted" in page
    assert to_json(rows)["claims"]["eq-99"]["witness"] == {"prior": [1]}


def test_names():
    assert claims_named(["eq-5", "eq-5"]) == (CLAIMS["eq-5"],)
    assert len(claims_named(None)) == len(CLAIMS)
    with pytest.raises(UnknownName, match="did you mean 'eq-5'"):
        claims_named(["eq-5x"])


def test_quadrature_apart_from_the_engine_knows_the_closed_form():
    """Two stimuli, told apart surely: J of the sign of a mixture of two Gaussians, and ln 2 in the integral."""
    from stiminfo.models import EncodingModel
    from stiminfo.reports.paper.claims.quadrature import fisher_at, over_levels

    model = EncodingModel([0.0, 1.0], [0.5, 0.5], np.eye(2))
    assert over_levels(model, lambda at: 0.5 * fisher_at(at)) == pytest.approx(np.log(2), abs=1e-6)


def test_the_command(command, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    code = command("claims", "--claim", "eq-12", "--claim", "eq-5", "--json", "c.json", "--markdown", "c.md")
    said = capsys.readouterr().out
    assert code == 0
    assert "eq-12: holds only as corrected" in said
    assert "Rather: to tr Cov(E[X|R]), without the 1/2." in said
    assert "eq-5: confirmed" in said
    assert json.loads((tmp_path / "c.json").read_text())["claims"]["eq-5"]["outcome"] == CONFIRMED
    assert "Of 2 statements" in (tmp_path / "c.md").read_text()


def test_the_command_says_what_is_news(command, monkeypatch, capsys):
    claim = Claim("eq-5", "Eq. 5", "A.", CONFIRMED, lambda: Result(False, "because"), "b")
    monkeypatch.setitem(CLAIMS, "eq-5", claim)
    assert command("claims", "--claim", "eq-5") == 1
    assert "refuted (on record: confirmed)" in capsys.readouterr().out
