"""How small a break the search finds: planted breaks, a table that grows seed by seed, and the copy that is shipped."""

import json

import pytest

from stiminfo.axioms.axiom import Family
from stiminfo.reports.studies import strength
from stiminfo.reports.studies.strength import PLANTS, SIZES, STUDY, check, families, known, make, search
from stiminfo.reports.studies.study import FOLDER, Run

COMMITTED = json.loads((FOLDER / "strength.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("axiom", list(PLANTS))
def test_a_large_break_is_found(axiom):
    assert known(axiom, SIZES[0])


def test_a_break_below_the_tolerance_is_not_found():
    assert not known("completeness", 1e-9)
    assert not search("completeness", 1e-9, 0, 1, families("completeness")[0])


def test_drawn_cases_of_one_family_find_a_large_break():
    for family in families("completeness"):
        assert search("completeness", 0.1, 0, 200, family)


def test_the_smallest_value_is_sought():
    """0.001% below the mean is negative where I(x) is smallest, and that is asked."""
    (family,) = (one for one in families("positivity") if one.name == "finite, one stimulus like all")
    assert all(search("positivity", 1e-5, seed, 200, family) for seed in range(3))


def test_an_interrupted_study_goes_on_and_a_known_break_is_sought_once(monkeypatch):
    asked, kept = [], []

    def search(axiom, size, seed, examples, family):
        asked.append((size, seed, family.name))
        return family.name == "one" and seed == 1

    def known(axiom, size):
        asked.append((size, "known"))
        return size == 0.1

    monkeypatch.setattr(strength, "search", search)
    monkeypatch.setattr(strength, "known", known)
    monkeypatch.setattr(strength, "families", lambda axiom: (Family("one", None), Family("two", None)))
    monkeypatch.setattr(strength, "SIZES", (0.1, 0.01))
    monkeypatch.setattr(strength, "PLANTS", {"additivity": PLANTS["additivity"]})
    options = {"strength_seeds": 2, "strength_examples": 5}
    whole = make(Run(options, keep=lambda data: kept.append(json.loads(json.dumps(data))), say=lambda text: None))
    first = [(0.1, 0, "one"), (0.1, 0, "two"), (0.1, "known"), (0.01, 0, "one"), (0.01, 0, "two"), (0.01, "known")]
    second = [(0.1, 1, "one"), (0.1, 1, "two"), (0.01, 1, "one"), (0.01, 1, "two")]
    assert asked == first + second
    assert whole["additivity"]["breaks"] == [
        {"size": 0.1, "found": 2, "drawn": 1, "seeds": 2, "known": True},
        {"size": 0.01, "found": 1, "drawn": 1, "seeds": 2, "known": False},
    ]
    assert [one["found"] for one in whole["additivity"]["families"]["one"]] == [1, 1]
    assert [one["found"] for one in whole["additivity"]["families"]["two"]] == [0, 0]
    asked.clear()
    again = make(Run(options, before=kept[0], say=lambda text: None))
    assert asked == second
    assert again == whole
    asked.clear()
    make(Run(options | {"strength_examples": 6}, before=whole, say=lambda text: None))
    assert len(asked) == len(first + second)  # other examples: another study


def test_the_check_sees_what_cannot_be_and_what_was_not_shipped():
    assert check(COMMITTED) == []
    wrong = json.loads(json.dumps(COMMITTED))
    row = wrong["additivity"]
    row["breaks"][0]["found"] = row["breaks"][0]["seeds"] + 1
    row["breaks"].pop()
    row["families"].pop("finite pairs")
    del wrong["positivity"]
    text = "\n".join(check(wrong))
    said = ("lacks sizes", "has other families", "a break of 10%: found", "other axioms", "is not strength.json")
    assert [line for line in said if line not in text] == []


def test_the_page_says_which_breaks_need_no_search():
    assert "| completeness | (1 + e) I(x) |" in STUDY.page(COMMITTED)
    assert "(known; drawn alone: " in STUDY.page(COMMITTED)
    assert "| completeness | finite, on a circle |" in STUDY.page(COMMITTED)
