"""Formulas are found in prose and typeset as MathML."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stiminfo.axioms.registry import AXIOMS
from stiminfo.estimators import PUBLISHED
from stiminfo.reports import maths
from stiminfo.reports.maths import latex, mathml, pieces
from stiminfo.reports.symbols import in_html


def formulas(text):
    return [part for typeset, part in pieces(text) if typeset]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Then E_X[I(x)] = I(R;X), and I is unchanged.", ["E_X[I(x)] = I(R;X)"]),
        ("X -> R -> R' implies I_R'(x) <= I_R(x) at every x", ["X -> R -> R'", "I_R'(x) <= I_R(x)"]),
        ("a mean of H(X) - E_{r|x} H(X|r), a sum", ["H(X) - E_{r|x} H(X|r)"]),
        ("-log p(x|r), since |x - xhat(xg)|^2 grows", ["-log p(x|r)", "|x - xhat(xg)|^2"]),
        ("1/2 int E tr J(Xg) dg = I(R;X) (see there)", ["1/2 int E tr J(Xg) dg = I(R;X)"]),
        ("E[s(r'|r) | r, x] = 0 (for p(r|x))", ["E[s(r'|r) | r, x] = 0", "p(r|x)"]),
        ("fades like d^-0.2. And x^2.", ["d^-0.2", "x^2"]),
        ("i_local -0.016, beside x_2 = 2e-07", ["i_local", "x_2 = 2e-07"]),
        (
            "A figure(s) of I-frames: 3 of 4, a-b, f (x), x, the measure's R-squared; file_i_sp.py, my_model(x_train)",
            [],
        ),
    ],
)
def test_formulas_are_told_from_words(text, found):
    assert formulas(text) == found


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("E_X[I(x)] = I(R;X)", r"\text{E}_{X}[I(x)]=I(R;X)"),
        (
            "1/2 int_0^oo E_{xg|x} tr J(xg) dg",
            r"\frac{1}{2}\int_{0}^{\infty}\text{E}_{x_g\vert x}\text{tr}J(x_g)dg",
        ),
        ("dg / (2 g^2)", r"\frac{dg}{2g^{2}}"),
        ("exp(-|x - x'|^2 / (2 g))", r"\exp(-\vert x-x′\vert^{2}/(2g))"),
        ("KL(p || q) >= 2e-16", r"\text{KL}(p\parallel q)\ge 2\times 10^{-16}"),
        ("Xg = X + sqrt(g) Z", r"X_g=X+\sqrt{g}Z"),
        ("I_sp(x0)", r"I_{\text{sp}}(x_{0})"),
        ("i_cissi", r"I_{\text{CiSSI}}"),
        ("d^-0.2", "d^{-0.2}"),
        ("|X|^(1+d)", r"\vert X\vert^{1+d}"),
    ],
)
def test_latex(formula, expected):
    def bare(text):
        return re.sub(r"\\,|\s", "", text)

    assert bare(latex(formula)) == bare(expected)


@pytest.mark.parametrize("measure", PUBLISHED)
def test_a_measure_has_a_formula_that_is_typeset_whole(measure):
    assert formulas(PUBLISHED[measure].formula) == [PUBLISHED[measure].formula]
    tree = ElementTree.fromstring(mathml(PUBLISHED[measure].formula, display=True))
    assert tree.get("display") == "block"
    assert len("".join(tree.itertext())) > 8


def test_what_the_axioms_and_proofs_say_is_typeset():
    texts = [text for axiom in AXIOMS.values() for text in (axiom.statement, axiom.why)]
    texts += [proof for measure in PUBLISHED.values() for proof in measure.proofs.values()]
    found = [formula for text in texts for formula in formulas(text)]
    assert len(found) > 80
    for formula in found:
        ElementTree.fromstring(mathml(formula))


@given(st.text(alphabet=st.sampled_from("xXRrIEpg'|_{}()[]<>=-+/^~;,. 0123abci&\\$"), max_size=60))
def test_no_text_is_lost_or_breaks_a_page(text):
    assert "".join(part for _, part in pieces(text)) == text
    ElementTree.fromstring(f"<p>{in_html(text)}</p>")


def test_long_texts_take_no_long_time():
    """A pattern that backtracks would not end within the life of the test run."""
    for text in ("(" * 3000, "I(" * 2000, "x|" * 2000, "E_X[" * 1000 + "]" * 1000, "1 - " * 2000 + "I_R"):
        assert "".join(part for _, part in pieces(text)) == text


def test_no_repetition_is_possessive():
    """Python 3.11.2, as Debian has it, matches too little of ``(?:a|b)*+``; atomic groups are right."""
    for pattern in (maths._run(), maths._FORMULA, maths._TOKEN):
        classes_apart = re.sub(r"\[[^]]*\]", "[]", pattern.pattern)
        assert not re.search(r"(?<!\\)[*+?}]\+", classes_apart)
