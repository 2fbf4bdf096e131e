"""A verdict "holds" says how small a break the same search finds."""

from stiminfo.axioms.auditing.verdict import Audit, Verdict
from stiminfo.axioms.strength import Break, Strength, strength_of, strengths
from stiminfo.reports.page import audit_page
from stiminfo.reports.terminal import text


def test_it_is_said_from_the_smallest_break_that_is_always_found():
    sizes = (Break(0.1, 20, 20, 20), Break(0.01, 20, 20, 20), Break(1e-3, 3, 3, 20), Break(1e-4, 0, 0, 20))
    said = "a break of 1% of I(x) on all models is found in 20 of 20 seeds, of 0.1% in 3 of 20, of 0.01% in 0 of 20"
    assert str(Strength("e", 200, sizes)) == said
    assert str(Strength("e", 200, sizes[2:])).startswith(
        "a break of 0.1% of I(x) on all models is found in 3 of 20 seeds"
    )
    known = (Break(0.1, 20, 20, 20, True), Break(0.01, 20, 7, 20, True))
    said = "a break of 1% of I(x) on all models is found in 20 of 20 seeds; by drawn cases alone, one of 10% of I(x) "
    assert str(Strength("e", 200, known)).startswith(said)


def test_it_is_that_of_as_many_examples_or_fewer():
    (axiom, found), *_ = strengths().items()
    assert strength_of(axiom, found.examples) == found
    assert strength_of(axiom, found.examples - 1) is None
    assert strength_of("feature_insensitivity_marginal", 10**6) is None  # no complete measure meets it


def test_it_stands_in_json_page_and_terminal_for_what_holds():
    verdicts = {
        "additivity": Verdict(measure="mine", axiom="additivity", verdict="holds", cases=3),
        "positivity": Verdict(measure="mine", axiom="positivity", verdict="inconclusive", cases=3),
    }
    audit = Audit("mine", verdicts, 0, 200)
    found = strengths()["additivity"]
    axioms = audit.to_json()["axioms"]
    assert axioms["additivity"]["strength"] == found.to_json()
    assert "strength" not in axioms["positivity"]
    assert f"additivity, strength of the search: {found}" in " ".join(text(audit).split())
    assert str(found) in audit_page({"mine": audit})
    for shown in (text(audit), audit_page({"mine": audit})):
        assert "one on few models may stay hidden" in " ".join(shown.split())
    few = Audit("mine", verdicts, 0, 10)
    assert "strength" not in few.to_json()["axioms"]["additivity"]
    assert "strength" not in text(few)
    assert "stay hidden" not in text(few)
