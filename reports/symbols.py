"""How measures are typeset: I with its index. Code names stay in code, JSON, file names and command lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup, escape

from ..estimators import PUBLISHED


@dataclass(frozen=True)
class Symbol:
    """A measure's letter and its index; the index is "" where there is none."""

    letter: str
    index: str = ""

    @property
    def html(self) -> Markup:
        """For HTML, and for Markdown that becomes HTML."""
        below = Markup("<sub>{}</sub>").format(self.index) if self.index else ""
        return escape(self.letter) + below

    @property
    def mathtext(self) -> str:
        """For matplotlib; no other part of the text is read as mathematics."""
        below = rf"$_{{\mathrm{{{self.index}}}}}$" if self.index else ""
        return plain(self.letter) + below


#: By the name that a measure declares.
SYMBOLS = {name: Symbol(*measure.symbol) for name, measure in PUBLISHED.items()}


def symbol(measure: str) -> Symbol:
    """The symbol of a measure; a measure without one keeps its name."""
    return SYMBOLS.get(measure, Symbol(measure))


def plain(text: str) -> str:
    """Text in which matplotlib finds no mathematics."""
    return text.replace("\\", "/").replace("$", r"\$")


# Measures by their code names; I_{R'|R}(x), I_R', E_X; and the symbols as they are written in sentences, I_local.
_NAMES = "|".join(SYMBOLS)
_INDICES = "|".join(one.index for one in SYMBOLS.values() if one.index)
_MATHS = re.compile(
    rf"(?<![\w.-])(?:(?P<name>{_NAMES})(?![\w-])|(?P<letter>[IEX])_(?:\{{(?P<braced>(?:[^{{}}<>$\\]|\\\|){{1,24}})\}}"
    rf"|(?P<index>(?:{_INDICES})(?!\w)|[A-Za-z0-9](?:'|&#39;)?(?:\\?\|\w)?(?!\w))))"
)


def _typeset(text: str, form: Callable[[Symbol], str]) -> str:
    def one(found: re.Match[str]) -> str:
        if found["name"]:
            return form(SYMBOLS[found["name"]])
        return form(Symbol(found["letter"], found["braced"] or found["index"]))

    return _MATHS.sub(one, text)


def in_html(text: str) -> Markup:
    """Escaped text with its symbols typeset, and 2e-15 unbroken."""
    # Escaped first: what is put in afterwards is nothing but <sub> and a hyphen.
    safe = _typeset(str(escape(text)), _tags)
    return Markup(re.sub(r"(\de)-(\d)", r"\1&#8209;\2", safe))


def _tags(symbol: Symbol) -> str:
    """A symbol of text that is escaped already."""
    return symbol.letter + (f"<sub>{symbol.index}</sub>" if symbol.index else "")


def in_figure(text: str) -> str:
    """Text for matplotlib with its symbols typeset."""
    return _typeset(plain(text), lambda symbol: Symbol(symbol.letter, _primes(symbol.index)).mathtext)


def _primes(index: str) -> str:
    return index.replace("'", "′").replace("_", r"\_")


#: What of a Markdown page is no prose: fenced and inline code, HTML tags, drawings, targets of links, attributes.
_NO_PROSE = re.compile(
    r"(```.*?```|<svg.*?</svg>|`[^`\n]*`|<[^>\n]*>|\]\([^)\n]*\)|\{ [#.][^}\n]*\}|^::: [^\n]*$)",
    re.DOTALL | re.MULTILINE,
)


def in_markdown(page: str) -> str:
    """A Markdown page with the symbols of its prose typeset; code, links and drawings stay as they are."""
    parts = _NO_PROSE.split(page)
    return "".join(part if n % 2 else _typeset(part, _tags) for n, part in enumerate(parts))
