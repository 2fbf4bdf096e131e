"""Typesets measures and formulas in prose; code, JSON, file names and commands keep names like i_local."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from ..estimators import PUBLISHED
from .maths import mathml, pieces


@dataclass(frozen=True)
class Symbol:
    """A measure's letter and its index ("" for none)."""

    letter: str
    index: str = ""

    @property
    def html(self) -> Markup:
        """The symbol in HTML, and in Markdown that becomes HTML."""
        below = Markup("<sub>{}</sub>").format(self.index) if self.index else ""
        return escape(self.letter) + below

    @property
    def mathtext(self) -> str:
        """The symbol in matplotlib's mathtext; only the index is set as mathematics."""
        below = rf"$_{{\mathrm{{{self.index}}}}}$" if self.index else ""
        return plain(self.letter) + below


#: The symbols that the published measures declare, by the measures' names.
SYMBOLS = {name: Symbol(*measure.symbol) for name, measure in PUBLISHED.items()}


def symbol(measure: str) -> Symbol:
    """The symbol of a measure; a measure without a symbol is shown by its name."""
    return SYMBOLS.get(measure, Symbol(measure))


def unit_of(measure: str) -> str:
    """The unit of a measure beside an axis; of a measure that is not published, nats."""
    return "nats" if measure not in PUBLISHED or PUBLISHED[measure].units == "nats" else "nats / unit²"


def plain(text: str) -> str:
    """Text that matplotlib prints as it is, without reading mathematics in it."""
    return text.replace("\\", "/").replace("$", r"\$")


# What is typeset: names of measures (i_local), the same as written in sentences (I_local), and I_{R'|R}, I_R', E_X.
_NAMES = "|".join(SYMBOLS)
_INDICES = "|".join(one.index for one in SYMBOLS.values() if one.index)
_MATHS = re.compile(
    rf"(?<![\w.-])(?:(?P<name>{_NAMES})(?![\w-])|(?P<letter>[IEXJx]|xhat)_(?:\{{(?P<braced>(?:[^{{}}<>$\\]|\\\|){{1,24}})\}}"
    rf"|(?P<index>(?:{_INDICES})(?!\w)|-i(?!\w)|ii(?!\w)|[A-Za-z0-9](?:'|&#39;)?(?:\\?\|\w)?(?!\w))))"
)


def _found(match: re.Match[str]) -> Symbol:
    return SYMBOLS[match["name"]] if match["name"] else Symbol(match["letter"], match["braced"] or match["index"])


def in_html(text: str) -> Markup:
    """The text escaped for HTML, with its formulas typeset and numbers like 2e-15 kept on one line."""
    return Markup("").join(_formula(part) if maths else _prose(part) for maths, part in pieces(text))


def _prose(text: str) -> Markup:
    # Escape first: only hyphens are put in afterwards.
    return Markup(re.sub(r"(\de)-(\d)", r"\1&#8209;\2", str(escape(text))))


def _formula(text: str) -> Markup:
    """A formula in MathML; a symbol that stands alone is HTML, so that it looks like the words around it."""
    alone = _MATHS.fullmatch(text)
    return _found(alone).html if alone else mathml(text)


def in_figure(text: str) -> str:
    """Text for matplotlib with its symbols typeset."""

    def form(found: Symbol) -> str:
        return Symbol(found.letter, found.index.replace("'", "′").replace("_", r"\_")).mathtext

    return _MATHS.sub(lambda match: form(_found(match)), plain(text))


#: The parts of a Markdown page that are not prose: code, HTML tags, drawings, targets of links, attributes, `:::`.
_NO_PROSE = re.compile(
    r"(```.*?```|<svg.*?</svg>|`[^`\n]*`|<[^>\n]*>|\]\([^)\n]*\)|\{ [#.][^}\n]*\}|^::: [^\n]*$)",
    re.DOTALL | re.MULTILINE,
)


def in_markdown(page: str) -> str:
    """A Markdown page with the formulas in its prose typeset; code, links and drawings stay as they are.

    In a page that starts with `BY_HAND`, only symbols that stand alone are typeset.
    """
    typeset = _by_hand if page.startswith(BY_HAND) else _markdown
    # A bar between the cells of a table is no part of a formula, while an escaped one is.
    lines = [
        _CELLS.sub(lambda bar: "|" if bar[1] else "\0", line) if line.startswith("|") else line
        for line in page.split("\n")
    ]
    parts = _NO_PROSE.split("\n".join(lines))
    filled = "".join(
        part if n % 2 else "".join(typeset(*piece) for piece in pieces(part)) for n, part in enumerate(parts)
    )
    return "\n".join(
        line.replace("|", r"\|").replace("\0", "|") if line.startswith("\0") else line for line in filled.split("\n")
    )


#: A bar in a table, escaped or not.
_CELLS = re.compile(r"(\\)?\|")


#: The first line of a page whose formulas are written in HTML.
BY_HAND = "<!-- formulas are set by hand -->"


def _by_hand(maths: bool, text: str) -> str:
    return _MATHS.sub(lambda found: str(_found(found).html), text) if maths else text


def _markdown(maths: bool, text: str) -> str:
    # In a span, since Markdown takes <math> at the start of a line for a block of its own.
    # A number and its per cent sign stay together.
    found = str(_formula(text)).replace("&#39;", "'") if maths else re.sub(r"(\d) %", "\\1\u00a0%", text)
    return f"<span>{found}</span>" if found.startswith("<math") else found
