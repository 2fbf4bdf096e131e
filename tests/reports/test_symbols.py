"""Measures are typeset in prose, and left alone in code."""

import re
from html import unescape

import pytest

from stiminfo.estimators import PUBLISHED
from stiminfo.reports.symbols import BY_HAND, SYMBOLS, Symbol, in_figure, in_html, in_markdown, symbol


def test_every_published_measure_has_a_symbol():
    assert set(SYMBOLS) == set(PUBLISHED)
    assert symbol("i_local").html == "I<sub>local</sub>"
    assert symbol("i_kong1").mathtext == r"I$_{\mathrm{Kong1}}$"
    assert symbol("fisher").html == symbol("fisher").mathtext == "J"


def read(page):
    """A page with the text of each formula in double brackets."""
    typeset = re.compile(r"(?:<span>)?<math.*?</math>(?:</span>)?")
    return typeset.sub(lambda found: "⟦" + unescape(re.sub("<[^>]*>", "", found[0])) + "⟧", page)


def test_a_cell_of_a_table():
    row = r"| |x| is 2 | I_R + I_{R'\|R} | i_sp | a \| b | I_{R'\|R} |"
    assert read(in_markdown(row)) == r"| |x| is 2 | ⟦IR+IR′|R⟧ | I<sub>sp</sub> | a \| b | I<sub>R'\|R</sub> |"
    assert in_markdown(row).count("|") == row.count("|") - 1  # a bar in a formula is an entity


def test_a_measure_of_ones_own_keeps_its_name():
    assert symbol("my <b> $x$") == Symbol("my <b> $x$")
    assert symbol("my <b> $x$").html == "my &lt;b&gt; $x$"
    assert symbol("my <b> $x$").mathtext == r"my <b> \$x\$"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("i_cissi breaks it; I_CiSSI(x2) is larger", "I<sub>CiSSI</sub> breaks it; ⟦ICiSSI(x2)⟧ is larger"),
        ("E_X[I(x)] = 1, I_{R'|R}(x)", "⟦EX[I(x)]=1⟧, ⟦IR′|R(x)⟧"),
        ("fisher lacks it; Fisher information stays", "J lacks it; Fisher information stays"),
        (
            "my_i_local and i_localised and table-1-i_sp-locality",
            "my_i_local and i_localised and table-1-i_sp-locality",
        ),
        ("I_R'|R is 0", "I<sub>R&#39;|R</sub> is 0"),
        ("E_x of I_sp and I_SSI", "E<sub>x</sub> of I<sub>sp</sub> and I<sub>SSI</sub>"),
    ],
)
def test_prose(text, html):
    assert read(in_html(text)) == html
    assert read(in_markdown(text)) == html.replace("&#39;", "'")
    assert "_{" not in in_figure(text).replace("$_{", "")


@pytest.mark.parametrize(
    "code",
    [
        "`i_local`",
        "```python\nsi.i_local(model)\n```",
        "[measures](measures.md#i_local)",
        "## Title { #i_local }",
        "<svg aria-label='i_local'><text>i_local</text></svg>",
        "::: stiminfo.i_local",
    ],
)
def test_code_and_links_stay(code):
    assert in_markdown(f"i_sp\n\n{code}\n\ni_sp") == f"I<sub>sp</sub>\n\n{code}\n\nI<sub>sp</sub>"


def test_a_page_may_set_its_formulas_by_hand():
    assert (
        in_markdown(f"{BY_HAND}\nI_local: T(w) and I_local(x)")
        == f"{BY_HAND}\nI<sub>local</sub>: T(w) and I<sub>local</sub>(x)"
    )


def test_a_number_keeps_its_per_cent_sign():
    assert in_markdown("98 % of it; `98 %`") == "98\u00a0% of it; `98 %`"
