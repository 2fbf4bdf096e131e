"""Typesets measures in prose as I with an index; code, JSON, file names and commands keep names like i_local."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup, escape

from ..estimators import PUBLISHED


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


def _typeset(text: str, form: Callable[[Symbol], str]) -> str:
    def one(found: re.Match[str]) -> str:
        if found["name"]:
            return form(SYMBOLS[found["name"]])
        return form(Symbol(found["letter"], found["braced"] or found["index"]))

    return _MATHS.sub(one, text)


def in_html(text: str) -> Markup:
    """The text escaped for HTML, with its symbols typeset and numbers like 2e-15 kept on one line."""
    # Escape first: only <sub> and hyphens are put in afterwards.
    safe = _typeset(str(escape(text)), _tags)
    return Markup(re.sub(r"(\de)-(\d)", r"\1&#8209;\2", safe))


def _tags(symbol: Symbol) -> str:
    """A symbol in HTML; its text is escaped already."""
    return symbol.letter + (f"<sub>{symbol.index}</sub>" if symbol.index else "")


def in_figure(text: str) -> str:
    """Text for matplotlib with its symbols typeset."""

    def form(found: Symbol) -> str:
        return Symbol(found.letter, found.index.replace("'", "′").replace("_", r"\_")).mathtext

    return _typeset(plain(text), form)


#: The parts of a Markdown page that are not prose: code, HTML tags, drawings, targets of links, attributes, `:::`.
_NO_PROSE = re.compile(
    r"(```.*?```|<svg.*?</svg>|`[^`\n]*`|<[^>\n]*>|\]\([^)\n]*\)|\{ [#.][^}\n]*\}|^::: [^\n]*$)",
    re.DOTALL | re.MULTILINE,
)


def in_markdown(page: str) -> str:
    """A Markdown page with the symbols in its prose typeset; code, links and drawings stay as they are."""
    parts = _NO_PROSE.split(page)
    return "".join(part if n % 2 else _typeset(part, _tags) for n, part in enumerate(parts))
