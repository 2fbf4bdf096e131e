"""Measures are typeset in prose, and left alone in code."""

import pytest

from stiminfo.estimators import PUBLISHED
from stiminfo.reports.symbols import SYMBOLS, Symbol, in_figure, in_html, in_markdown, symbol


def test_every_published_measure_has_a_symbol():
    assert set(SYMBOLS) == set(PUBLISHED)
    assert symbol("i_local").html == "I<sub>local</sub>"
    assert symbol("i_kong1").mathtext == r"I$_{\mathrm{Kong1}}$"
    assert symbol("fisher").html == symbol("fisher").mathtext == "J"


def test_a_cell_of_a_table():
    assert in_markdown(r"| I_R + I_{R'\|R} | i_sp |") == r"| I<sub>R</sub> + I<sub>R'\|R</sub> | I<sub>sp</sub> |"


def test_a_measure_of_ones_own_keeps_its_name():
    assert symbol("my <b> $x$") == Symbol("my <b> $x$")
    assert symbol("my <b> $x$").html == "my &lt;b&gt; $x$"
    assert symbol("my <b> $x$").mathtext == r"my <b> \$x\$"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("i_cissi breaks it; I_CiSSI(x2) is larger", "I<sub>CiSSI</sub> breaks it; I<sub>CiSSI</sub>(x2) is larger"),
        ("E_X[I(x)] = 1, I_{R'|R}(x)", "E<sub>X</sub>[I(x)] = 1, I<sub>R&#39;|R</sub>(x)"),
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
    assert in_html(text) == html
    assert in_markdown(text) == html.replace("&#39;", "'")
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
