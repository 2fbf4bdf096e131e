"""The paper's statements: every outcome is the one on record."""

import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest

import stiminfo.cli.claims
from stiminfo.errors import UnknownName
from stiminfo.reports.paper.claims import (
    CLAIMS,
    CONFIRMED,
    CORRECTED,
    REFUTED,
    SKIPPED,
    SLIP,
    Claim,
    Result,
    appendix_a,
    claims_named,
    counted,
    derivation,
    estimator,
    kong,
    kong2,
    population,
)
from stiminfo.reports.paper.claims import fisher as on_fisher
from stiminfo.reports.paper.claims_page import markdown, summary, to_json

#: Table 1 and most of what is about the figures is checked anew in `tox -e drift`: it takes minutes.
QUICK = [
    value
    for part in (derivation, appendix_a, kong, kong2, estimator, on_fisher, population)
    for value in vars(part).values()
    if isinstance(value, Claim) and value.id not in ("section-5-5-edges", "c-2-literal", "appendix-b-gaussian")
]
QUICK += [
    CLAIMS[name]
    for name in (
        *("kong2-processing", "sp-responses", "kong1-features", "ssi-cissi", "axiom-5-total", "section-4-3-linear"),
        *("section-5-1-fisher", "fig-1-bernoulli"),
    )
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
        assert claim.statement.endswith((".", "?"))
        assert claim.ours == claim.place.startswith("Beside"), claim.id
        if claim.expected != CONFIRMED:
            assert claim.correction, claim.id
            assert not claim.ours, claim.id


def test_only_what_the_paper_says_is_refuted():
    refuted = {claim.id for claim in CLAIMS.values() if claim.expected == REFUTED}
    assert refuted == {"table-1-i_cissi-additivity", "section-4-3-linear"}
    assert not any(CLAIMS[name].ours for name in refuted)


def test_outcomes():
    assert Result(True, "").outcome == CONFIRMED
    assert Result(False, "", True).outcome == CORRECTED
    assert Result(False, "", False).outcome == REFUTED
    assert Result(False, "").outcome == REFUTED
    assert Result(False, "", True, slip=True).outcome == SLIP
    assert Result(False, "", False, slip=True).outcome == REFUTED
    assert Result(True, "", skipped=True).outcome == SKIPPED
    assert counted([REFUTED, CONFIRMED, REFUTED]) == {CONFIRMED: 1, REFUTED: 2}


def test_pages():
    claim = Claim("eq-99", "Eq. 99", "A | B.", REFUTED, lambda: Result(False, "x | y", None, {"prior": [1]}), "not so")
    mine = Claim("eq-98", "Beside Eq. 99", "C.", CONFIRMED, lambda: Result(True, "z"), ours=True)
    data = to_json([(one, one.check()) for one in (claim, mine)])
    page = markdown(data)
    assert "| Eq. 99 | A \\| B.<br>`eq-99` | **refuted**: not so | x \\| y |" in page
    assert "| Beside Eq. 99 | *Ours:* C.<br>`eq-98` | confirmed | z |" in page
    assert "2 statements; 1 of the paper: 1 refuted; 1 ours: 1 confirmed." in page
    assert data["claims"]["eq-99"]["witness"] == {"prior": [1]}
    assert [data["claims"][name]["ours"] for name in ("eq-99", "eq-98")] == [False, True]
    assert data["counts"] == {"paper": {"refuted": 1}, "ours": {"confirmed": 1}}
    assert summary(to_json([(claim, claim.check())])) == "1 statement; 1 of the paper: 1 refuted"
    half = [dataclasses.replace(claim, id=str(n), check=lambda: Result(False, "", True)) for n in range(2)]
    assert summary(to_json([(one, one.check()) for one in half])).endswith("2 of the paper: 2 hold only as corrected")


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
    assert "Rather: J tends to tr Cov(E[X|R]) / d^2" in said
    assert said.splitlines()[-1] == "2 statements; 2 of the paper: 1 confirmed, 1 holds only as corrected"
    assert "eq-5: confirmed" in said
    assert json.loads((tmp_path / "c.json").read_text())["claims"]["eq-5"]["outcome"] == CONFIRMED
    assert "2 statements; 2 of the paper" in (tmp_path / "c.md").read_text()


def test_the_command_says_what_is_news(command, monkeypatch, capsys):
    claim = Claim("eq-5", "Eq. 5", "A.", CONFIRMED, lambda: Result(False, "because"), "b")
    monkeypatch.setitem(CLAIMS, "eq-5", claim)
    assert command("claims", "--claim", "eq-5") == 1
    assert "refuted (on record: confirmed)" in capsys.readouterr().out


def test_the_ids_of_all_statements(command, capsys, monkeypatch):
    from stiminfo.errors import MissingExtra
    from stiminfo.reports.paper import papers

    assert papers.FIRST == stiminfo.cli.claims.FIRST
    whole = papers.paper_named

    def without_torch(name):
        if name == "mig-vis":
            raise MissingExtra("needs stiminfo[diffusion]")
        return whole(name)

    monkeypatch.setattr(papers, "paper_named", without_torch)
    assert command("claims", "--list") == 0
    said, error = capsys.readouterr()
    assert [line.partition(":")[0].removesuffix(" (ours)") for line in said.splitlines()[1:]] == list(CLAIMS)
    assert error == "stiminfo: note: the statements of mig-vis are not listed: needs stiminfo[diffusion]\n"
    for refused in (("--paper", "mig-vis"), ("--claim", "eq-5"), ("--json", "c.json")):
        assert command("claims", "--list", *refused) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_the_command_leaves_no_folder_behind(tmp_path):
    """Where Hypothesis searches for witnesses, its own folder does not land where the user works."""
    environment = {name: value for name, value in os.environ.items() if name != "HYPOTHESIS_STORAGE_DIRECTORY"}
    command = [sys.executable, "-m", "stiminfo", "claims", "--claim", "table-1-fisher-positivity"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
