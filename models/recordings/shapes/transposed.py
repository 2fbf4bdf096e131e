"""Count tables on their side: responses in rows, stimuli in columns."""

from __future__ import annotations

from .. import words
from ..options import Options
from ..recording import Recording
from ..sheet import Column, Sheet
from . import counts
from .shape import Shape, unique_names


def read(sheet: Sheet, options: Options) -> Recording:
    """The recording of the table turned round."""
    first, *rest = sheet.columns
    names = unique_names(sheet, tuple(rest))
    rows = tuple(Column(first.text(i), [column.text(i) for column in rest]) for i in range(len(sheet)))
    turned = Sheet(
        sheet.where,
        (Column("stimulus", list(names)), *rows),
        [f"column {name!r}" for name in names],
        (*sheet.told, f"turned round: the rows are responses ({first.name}), the columns stimuli"),
    )
    return counts.read(turned, options)


def evidence(sheet: Sheet) -> int:
    """The corner names a response, and the columns are numbers."""
    first, *rest = (column.name.strip() for column in sheet.columns)
    return 2 if words.says(words.RESPONSE, first) and len(rest) > 1 and words.are_numbers(tuple(rest)) else 0


SHAPE = Shape("transposed", "a count table with the responses in rows", evidence, read)
