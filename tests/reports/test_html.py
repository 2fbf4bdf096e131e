from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from stiminfo.axioms.auditing.attack import attack
from stiminfo.axioms.auditing.verdict import Audit, Verdict
from stiminfo.axioms.auditing.witness import parse_witness
from stiminfo.axioms.cases import ModelCase
from stiminfo.axioms.nearest import Likeness
from stiminfo.axioms.registry import AXIOMS
from stiminfo.estimators import PUBLISHED
from stiminfo.models.data import FiniteSpec
from stiminfo.reports.page import audit_page
from stiminfo.reports.symbols import in_html as maths

# They share what a fixture makes: one worker runs them all.
pytestmark = pytest.mark.xdist_group("html")

EVIL = '<script>alert("x")</script>'
VOID = {"meta", "br", "img", "link", "hr", "input"}


def verdict_of(axiom, measure, name=None):
    return replace(attack(AXIOMS[axiom], PUBLISHED[measure], examples=1), measure=name or measure)


@pytest.fixture(scope="module")
def audits():
    refuted = ("positivity", "data_processing", "locality")
    i_ssi = {axiom: verdict_of(axiom, "i_ssi") for axiom in (*refuted, "completeness", "feature_insensitivity")}
    i_sp = {"positivity": verdict_of("positivity", "i_sp")}
    return {"i_ssi": Audit("i_ssi", i_ssi, 3, 1), "i_sp": Audit("i_sp", i_sp, 3, 1)}


@pytest.fixture(scope="module")
def page(audits):
    return audit_page(audits, {"i_ssi": {"positivity": True, "completeness": True}}, "stiminfo table --html page.html")


class Reader(HTMLParser):
    """Refuses tags that are not closed in order; keeps attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data):
        self.text.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


def test_reader_refuses_what_is_not_well_formed():
    with pytest.raises(AssertionError):
        Reader("<p><b></p>")
    with pytest.raises(AssertionError):
        Reader("<p>")


def test_page_is_well_formed_with_unique_ids_and_links_that_lead_somewhere(page):
    reader = Reader(page)
    ids = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = [attrs["href"] for tag, attrs in reader.tags if tag == "a"]
    assert targets
    assert all(target.startswith("#") and target[1:] in ids for target in targets)


def test_nothing_is_loaded_and_nothing_runs(page):
    reader = Reader(page)
    assert not {"script", "link", "iframe", "object", "img", "base"} & {tag for tag, _ in reader.tags}
    for _, attrs in reader.tags:
        assert not [name for name in attrs if name.startswith("on")]
        for name in ("src", "href", "xlink:href", "data", "srcset", "action"):
            assert (attrs.get(name) or "#").startswith(("#", "data:image/png;base64,"))
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", page)


def test_table_says_verdicts_in_words_and_where_the_paper_differs(page):
    words = Reader(page).words
    for said in ("✗ refuted", "✓ holds", "– n/a", "not asked", "≠ paper: holds", "paper: holds"):
        assert said in words
    assert words.count("≠ paper") == 1  # positivity; completeness agrees
    assert "stiminfo table --html page.html" in words
    assert "seed 3" in words


def test_each_refutation_has_statement_drawing_numbers_and_witness(page, audits):
    reader = Reader(page)
    drawn = [attrs for tag, attrs in reader.tags if tag == "svg"]
    refuted = [v for audit in audits.values() for v in audit.verdicts.values() if v.verdict == "refuted"]
    assert len(refuted) == 4
    assert len(drawn) == len(refuted)
    assert all(attrs["role"] == "img" and "witness" in attrs["aria-label"] for attrs in drawn)
    assert reader.words.count("stiminfo replay witness.json") == len(refuted)
    assert "1/3" in reader.words
    for verdict in refuted:
        assert f"Violation: {verdict.margin:.3g}" in reader.words


def test_the_witness_on_the_page_can_be_replayed(page, audits):
    stored = re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)
    from html import unescape

    read = [json.loads(unescape(text)) for text in stored]
    assert read[0] == audits["i_ssi"].verdicts["positivity"].witness
    for witness in read:
        parse_witness(witness)


def test_same_bytes_each_time():
    audit = {"i_sp": Audit("i_sp", {"positivity": verdict_of("positivity", "i_sp")}, 0, 1)}
    assert audit_page(audit) == audit_page(audit)


def test_untrusted_text_is_escaped():
    verdict = verdict_of("positivity", "i_sp", EVIL)
    finding = replace(verdict.finding, says=EVIL, sides={EVIL: [1.0, 2.0]})
    verdict = replace(verdict, says=EVIL + " I_{<b>}(x)", finding=finding)
    failed = Verdict(measure=EVIL, axiom="additivity", verdict="error", claimed=True, says=EVIL)
    page = audit_page({EVIL: Audit(EVIL, {"positivity": verdict, "additivity": failed}, 0, 1)}, None, EVIL)
    assert "<script" not in page.lower()
    assert "&lt;script&gt;" in page
    reader = Reader(page)
    assert "script" not in {tag for tag, _ in reader.tags}
    assert EVIL in reader.words
    assert "! error" in reader.words
    assert "--measure FILE:NAME" in reader.words


def test_a_witness_that_cannot_be_drawn_does_not_cost_the_page():
    verdict = verdict_of("positivity", "i_sp")
    verdict = replace(verdict, case=ModelCase(FiniteSpec(((0,), (1,)), (1, -1), ((1,), (1,)))))
    words = Reader(audit_page({"i_sp": Audit("i_sp", {"positivity": verdict}, 0, 1)})).words
    assert "No drawing: case 'model': weights must not be negative" in words or "No drawing: weights" in words


def test_interrupted_and_disagreeing_audits_say_so():
    verdict = Verdict(
        measure="mine", axiom="additivity", verdict="inconclusive", claimed=True, cases=4, violation=0.1, error=0.2
    )
    words = Reader(audit_page({"mine": Audit("mine", {"additivity": verdict}, 0, 9, complete=False)})).words
    assert "Interrupted" in words
    assert "? cannot tell" in words
    assert "≠ disagrees" in words


def test_maths_escapes_before_it_sets_subscripts():
    assert maths("I_{R'|R} <b> I_R'") == "I<sub>R&#39;|R</sub> &lt;b&gt; I<sub>R&#39;</sub>"
    assert maths("I_{<b>} 2e-15") == "I_{&lt;b&gt;} 2e&#8209;15"
    assert "&#x02264;" in maths("I_{R'|R}(x) <= I_R'(x)")


def test_a_page_says_whether_the_measure_is_new():
    verdict = attack(AXIOMS["positivity"], PUBLISHED["i_surp"], examples=1)
    near = Likeness("i_ssi", 0.5, 8, False)
    audit = Audit("mine", {"positivity": verdict}, 0, 1, nearest=near)
    said = "Is it new? Nearest known measure: i_ssi, up to 0.5 nats away on 8 models."
    assert said in Reader(audit_page({"mine": audit})).words
    assert "Is it new?" not in Reader(audit_page({"mine": dataclasses.replace(audit, nearest=None)})).words
