"""Typesets formulas as MathML, which browsers draw without a script or a font of ours.

Formulas are kept as plain text, as terminals print them: ``E_X[I(x)] = I(R;X)``. Here they are found in prose,
translated to LaTeX, and given to latex2mathml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from markupsafe import Markup

from ..estimators import PUBLISHED

#: Names of more than one letter, in LaTeX.
_NAMES = {
    "xhat": r"\hat{x}", "Xg": "X_g", "xg": "x_g", "dg": "dg", "dx": "dx", "oo": r"\infty", "int": r"\int",
    "sum": r"\sum", "tr": r"\text{tr}", "KL": r"\text{KL}", "log": r"\log", "exp": r"\exp",
    "sqrt": r"\sqrt", "pi": r"\pi", "E": r"\text{E}",
}  # fmt: skip
_SIGNS = {
    "<=": r"\le",
    ">=": r"\ge",
    "->": r"\to",
    "||": r"\parallel",
    "<": r"\lt",
    ">": r"\gt",
    " ": r"\,",
    "|": r"\vert",
    "~": r"\;\sim\;",
}
_INDICES = sorted({index for _, index in (measure.symbol for measure in PUBLISHED.values()) if index})

# The parts of a formula. Every repetition is possessive, so that no text takes long.
_WORDS = "|".join(sorted((name for name in _NAMES if len(name) > 1), key=len, reverse=True))
# Groups that do not give back what they matched are written (?>...): ``x*+`` is wrong in some releases of Python 3.11.
_INDEX = (
    rf"_(?:\{{[^{{}}<>$\\`\n]{{1,24}}\}}|(?:{'|'.join(_INDICES)})(?!\w)|-i(?!\w)|[A-Za-z0-9]{{1,2}}'?(?:\|\w)?(?!\w))"
)
_NAME = (
    rf"(?<![\w'\\])(?<!\w-)(?:{'|'.join(PUBLISHED)}|{_WORDS}|[A-Za-z])(?![A-Za-z])(?>\d?'?)(?>(?:{_INDEX})?'?)(?!\w)"
)
_NUMBER = r"(?<![\w.])-?(?>\d+)(?>(?:\.\d+)?)(?>(?:e[+-]?\d+)?)(?![\w.]*\w)"
_SIGN = r"<=|>=|->|\|\||[-+=/~<>]"
_POWER = r"(?:\^(?:\([^()\s]{1,12}\)|-?\w{1,4}(?>(?:\.\d+)?)))"
_SIZE = rf"\|(?=[^\s|])(?>(?:{_NAME}|{_NUMBER}| ?[-+,] ?|\((?>(?:{_NAME}|,)*)\))+)\|"


def _term(inside: str) -> str:
    """The pattern of one term, with what may stand in its brackets."""
    brackets = rf"[(\[]{inside}[)\]]|" if inside else ""
    return rf"(?:{_NUMBER}|(?:(?>(?:{_NAME}(?>{_POWER}?))?)(?:{brackets}{_SIZE})|{_NAME})(?>{_POWER}?))"


def _inside(term: str) -> str:
    return rf"(?>(?:{term}| ?(?:{_SIGN}) ?|[|;,.] ?| )+)"


@cache
def _run() -> re.Pattern[str]:
    """Terms joined by signs, with brackets up to four deep."""
    term = _term("")
    for _ in range(4):
        term = _term(_inside(term))
    # Two terms stand side by side only where the first asks for another, as a sum or a mean does.
    asking = r"(?<=\bint) |(?<=\btr) |(?<=\blog) |(?<=\bE) |(?<=\bd) |(?<=}) |(?<=_\w) |(?<=\^oo) "
    beside = rf"{asking}|(?<=\d) (?=[A-Za-z])|(?<=[)\]]) (?=dg|E_|KL|tr|Z\b)"
    joined = rf"(?: (?:{_SIGN}) |(?:{_SIGN})|{beside})"
    return re.compile(rf"(?>(?:(?<![^\s(])-)?){term}(?>(?:{joined}{term})*)")


#: What makes terms a formula: an index, a call, a name of ours, or a bound or a map between letters.
_FORMULA = re.compile(
    rf"{_INDEX}|[A-Za-z]'?[(\[]|\w\^|\|\S[^|]*\||\b(?:xhat|Xg|xg|{'|'.join(PUBLISHED)})\b|\b[A-Za-z]'? (?:->|<=|>=) "
)
_SAME = str.maketrans({"−": "-", "‖": "||", "½": "1/2", "∫": "int", "Σ": "sum", "√": "sqrt", "∞": "oo"})


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """The text in pieces, each with whether it is a formula."""
    at = 0
    for found in _run().finditer(text):
        if _FORMULA.search(found[0]) and _balanced(found[0]):
            yield False, text[at : found.start()]
            yield True, found[0]
            at = found.end()
    yield False, text[at:]


def _balanced(formula: str) -> bool:
    return all(formula.count(opened) == formula.count(closed) for opened, closed in ("()", "[]"))


_TOKEN = re.compile(
    rf"(?P<name>(?<![\w\\])(?:{'|'.join(PUBLISHED)}|{_WORDS}|[A-Za-z]))(?P<digit>\d?)(?P<prime>'?)"
    rf"(?:_(?:\{{(?P<braced>[^{{}}]*)\}}|(?P<index>-?\w+'?(?:\|\w(?!\w))?)))?(?P<after>'?)"
    rf"|(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)|\^(?:\((?P<grouped>[^()]*)\)|(?P<power>-?\w+(?:\.\d+)?))|(?P<sign>{_SIGN}|.)"
)


def latex(formula: str) -> str:
    """A formula of plain text in LaTeX."""
    formula = re.sub(r"\bsqrt\(((?:[^()]|\([^()]*\))*)\)", r"sqrt{\1}", formula.translate(_SAME))
    formula = re.sub(r"(?<![\w^])(\w+) / \(([^()]*)\)|\b(1)/(\d+)\b", r"frac{\1\3}{\2\4}", formula)
    formula = re.sub(rf" ?({_SIGN}|(?<= )\|(?= )|,) ?", r"\1", formula.replace("frac{", "\0{"))
    return "".join(_in_latex(token) for token in _TOKEN.finditer(formula)).strip()


def _in_latex(token: re.Match[str]) -> str:
    if token["number"]:
        mantissa, _, exponent = token["number"].partition("e")
        return rf"{mantissa}\times 10^{{{int(exponent)}}}" if exponent else mantissa
    if token["name"]:
        letter, index = (
            PUBLISHED[token["name"]].symbol
            if token["name"] in PUBLISHED
            else (_NAMES.get(token["name"], token["name"]), token["digit"] or token["braced"] or token["index"] or "")
        )
        words = index in _INDICES
        below = rf"_{{\text{{{index}}}}}" if words else f"_{{{latex(index)}}}" if index else ""
        # Not raised: without a font for mathematics, raised primes are specks.
        primes = (token["prime"] + token["after"]).replace("'", "′")
        return f"{letter}{primes}{below} "
    if token["power"] or token["grouped"]:
        return f"^{{{latex(token['power'] or token['grouped'])}}}"
    return r"\frac" if token["sign"] == "\0" else _SIGNS.get(token["sign"], token["sign"]) + " "


@cache
def mathml(formula: str, display: bool = False) -> Markup:
    """A formula of plain text as MathML, in a line of its own if `display`.

    >>> print(mathml("x"))
    <math display="inline"><mrow><mi>x</mi></mrow></math>
    """
    from latex2mathml.converter import convert

    found = convert(latex(formula), display="block" if display else "inline")
    return Markup(found.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', ""))
