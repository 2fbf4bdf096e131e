"""Pages are jinja templates that are filled with data."""

from __future__ import annotations

from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

_HOME = "stiminfo.reports"


def render(template: str, package: str = _HOME, **context: Any) -> str:
    """Fill a template. What goes into HTML is escaped; what goes into Markdown is not.

    Parameters
    ----------
    template : file name in the package's folder ``templates``, or in that of `stiminfo.reports`
    package : the package that holds the template
    context : values of the names in the template; a missing one is an error
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name, "templates") for name in dict.fromkeys((package, _HOME))]),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"cell": _cell, "words": lambda id_: id_.replace("_", " ")}
    return environment.get_template(template).render(context).rstrip("\n") + "\n"


def _cell(text: str) -> str:
    """Text made safe for a cell of a Markdown table, in which z* starts no emphasis."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("\n", " ")
