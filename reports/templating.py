"""Pages are jinja templates that get data; no page is put together from strings in Python."""

from __future__ import annotations

from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

_HOME = "stiminfo.reports"


def render(template: str, package: str = _HOME, **context: Any) -> str:
    """A page from a template of `package`; HTML is escaped, Markdown is not.

    Parameters
    ----------
    template : file in the package's folder ``templates``, or in that of `stiminfo.reports`
    package : the package that holds the template
    context : what the template names; a name that it does not get is an error
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
    """Text that may stand in a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")
