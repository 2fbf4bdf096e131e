"""The shapes of tables, one file and one line each, and the choice among them."""

from __future__ import annotations

from importlib import import_module

from ....errors import OptionError, RecordingError, nearest
from ..options import Options
from ..recording import Recording
from ..sheet import Sheet
from .row_numbers import without_row_numbers
from .shape import Shape

_FILES = ("counts", "trials", "wide", "long", "transposed", "columns")

#: The shapes by the names that follow ``--as``.
SHAPES: dict[str, Shape] = {
    shape.name: shape for shape in (import_module(f".{file}", __package__).SHAPE for file in _FILES)
}
#: The shape of a table whose names and cells say nothing.
_DEFAULT = next(iter(SHAPES.values()))


def read_sheet(sheet: Sheet, options: Options) -> Recording:
    """The recording that a table holds, in the shape that the user names, or that its header and cells show.

    Raises
    ------
    RecordingError
        Two shapes are equally plausible, or the table does not fit its shape.
    """
    if options.shape is not None and options.shape not in SHAPES:
        raise OptionError(f"unknown shape {options.shape!r}{nearest(options.shape, SHAPES)}")
    if len(sheet.columns) == 1 and options.shape is None:
        raise RecordingError(
            f"{sheet.where}: one column only, {sheet.names[0]!r}: the header has 1 cell; expected a corner cell and "
            "one cell per response, separated by commas, semicolons, tabs, bars or blanks"
        )
    sheet = without_row_numbers(sheet, options)
    if options.shape is not None:
        return SHAPES[options.shape].read(sheet, options)
    sure = {name: shape.evidence(sheet) for name, shape in SHAPES.items()}
    best = max(sure.values())
    found = [name for name, number in sure.items() if number == best]
    if best == 0:
        return _DEFAULT.read(sheet, options)
    if len(found) > 1:
        ways = " or ".join(f"{SHAPES[name].title} (--as {name})" for name in found)
        raise RecordingError(f"{sheet.where}: this may be {ways}; name the one that it is")
    return SHAPES[found[0]].read(sheet, options)
