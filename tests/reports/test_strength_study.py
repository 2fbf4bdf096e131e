"""How small a break the search finds: planted breaks, a table that grows seed by seed, and the copy that is shipped."""

import json

import pytest

from stiminfo.reports.studies import strength
from stiminfo.reports.studies.strength import PLANTS, SIZES, STUDY, check, make, search
from stiminfo.reports.studies.study import FOLDER, Run

COMMITTED = json.loads((FOLDER / "strength.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("axiom", list(PLANTS))
def test_a_large_break_is_found(axiom):
    assert search(axiom, SIZES[0], seed=0, examples=1, known=True)[0]


def test_a_break_below_the_tolerance_is_not_found():
    assert search("locality", 1e-9, seed=0, examples=1, known=True) == (False, False)


def test_drawn_cases_alone_find_a_large_break():
    assert search("completeness", 0.1, seed=0, examples=20, known=False) == (True, False)


def test_an_interrupted_study_goes_on_and_a_known_break_is_searched_once(monkeypatch):
    asked, kept = [], []

    def fake(axiom, size, seed, examples, known):
        asked.append((size, seed, known))
        return (known or seed == 0, known) if size == 0.1 else (seed == 1, False)

    monkeypatch.setattr(strength, "search", fake)
    monkeypatch.setattr(strength, "SIZES", (0.1, 0.01))
    monkeypatch.setattr(strength, "PLANTS", {"additivity": PLANTS["additivity"]})
    options = {"strength_seeds": 2, "strength_examples": 5}
    whole = make(Run(options, keep=lambda data: kept.append(json.loads(json.dumps(data))), say=lambda text: None))
    assert asked == [(0.1, 0, True), (0.1, 0, False), (0.01, 0, True), (0.1, 1, False), (0.01, 1, True)]
    known, searched = whole["additivity"]["breaks"]
    assert known == {"size": 0.1, "found": 2, "drawn": 1, "seeds": 2, "known": True}
    assert searched == {"size": 0.01, "found": 1, "drawn": 1, "seeds": 2, "known": False}
    asked.clear()
    again = make(Run(options, before=kept[1], say=lambda text: None))
    assert asked == [(0.1, 1, False), (0.01, 1, True)]
    assert again == whole
    asked.clear()
    make(Run(options | {"strength_examples": 6}, before=whole, say=lambda text: None))
    assert len(asked) == 5  # other examples: another study


def test_the_check_sees_what_cannot_be_and_what_was_not_shipped():
    assert check(COMMITTED) == []
    wrong = json.loads(json.dumps(COMMITTED))
    row = wrong["additivity"]
    row["breaks"][0]["found"] = row["breaks"][0]["seeds"] + 1
    row["breaks"].pop()
    del wrong["positivity"]
    text = "\n".join(check(wrong))
    for said in ("additivity lacks sizes", "additivity, a break", "other axioms", "is not strength.json"):
        assert said in text


def test_the_page_says_which_breaks_need_no_search():
    assert "| completeness | (1 + e) I(x) |" in STUDY.page(COMMITTED)
    assert "(known; drawn alone: " in STUDY.page(COMMITTED)
