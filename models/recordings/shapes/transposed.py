"""Count tables on their side: responses in rows, stimuli in columns."""

from __future__ import annotations

from ...counting import no_counts
from .. import words
from ..options import Options
from ..recording import Recording
from ..sheet import Column, Sheet
from . import counts
from .shape import Shape, grouped, unique_names


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
    """The corner names a response, and the columns are numbers, or unknown names above counts of each response."""
    first, *rest = sheet.columns
    names = tuple(column.name.strip() for column in rest)
    if not words.says(words.RESPONSE, first.name) or len(rest) < 2:
        return 0
    if words.are_numbers(names):
        return 2
    known = any(words.says(words.STIMULUS, name) or words.is_telling(name) for name in names)
    counts = all(column.numbers is not None and not no_counts(column.numbers).any() for column in rest)
    once = len(grouped((first,), len(sheet))[1]) == len(sheet) > 1
    return 2 if once and counts and not known else 0


SHAPE = Shape("transposed", "a count table with the responses in rows", evidence, read)
