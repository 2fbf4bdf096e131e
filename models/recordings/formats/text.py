"""Tables in text files: the encoding, the delimiter and the decimal comma are recognised, and told."""

from __future__ import annotations

import codecs
import csv
import re
from pathlib import Path
from typing import NamedTuple

from ....errors import RecordingError
from ..options import Options
from ..recording import Recording
from ..shapes import read_sheet
from ..sheet import Column, Sheet, is_number, others
from .format import Format, Source
from .trimming import trimmed

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_COMMENT = ("#", "%")
#: Lines that decide on the delimiter.
_SAMPLE = 200
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with a byte order mark"), (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
         (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"))  # fmt: skip
_DECIMAL_COMMA = re.compile(r"\s*[-+]?\d+,\d+\s*")
_THOUSANDS = re.compile(r"\s*[-+]?\d{1,3}(,\d{3})+\s*")
#: Excel's first line that names the separator.
_SEPARATOR = re.compile(r"sep=(\\t|[,;|\t])", re.IGNORECASE)
#: Characters that no table has: what is left of a binary file that was decoded.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")


class _Rows(NamedTuple):
    rows: list[list[str]]
    lines: list[int]
    told: list[str]


def read(source: Source, options: Options) -> Recording:
    """The recording in a text file."""
    assert source.path is not None
    return read_sheet(sheet_of(source.path, source.path.read_bytes(), options.header), options)


def sheet_of(path: Path, raw: bytes, header: tuple[str, ...] = ()) -> Sheet:
    """The table in the bytes of a text file.

    Parameters
    ----------
    header : names of the columns, if the file has no header row

    Raises
    ------
    RecordingError
        The bytes are no text, or the rows have different lengths.
    """
    where = str(path)
    text, encoding = _decoded(where, raw)
    if not text.strip():
        raise RecordingError(
            f"{where}: the file is empty; expected a header row of responses and at least one row below it"
        )
    if text.lstrip()[0] in "<{":
        raise RecordingError(f"{where}: an HTML, XML or JSON text, not a table; save the table as CSV")
    comments, body = _without_comments(text)
    found = _split(where, text, body)
    told = [f"text in {encoding}, {found.told[0]}", *found.told[1:]]
    rows, lines, cut = trimmed(found.rows, found.lines)
    told += cut
    if comments:
        told.append(f"{len(comments)} comment line{'s' if len(comments) > 1 else ''} skipped")
    if header:
        rows, lines = [list(header), *rows], [0, *lines]
        told.append("names of the columns as given on the command line")
    elif rows and all(is_number(cell) for cell in rows[0]):
        commented = [cell.strip() for cell in _cells_of(comments[-1].lstrip("#% "), found.told[0])] if comments else []
        if len(commented) == len(rows[0]) and not all(is_number(cell) for cell in commented):
            rows, lines = [commented, *rows], [0, *lines]
            told.append("the last comment line holds the names of the columns")
    return _checked(where, rows, lines, told)


def _decoded(where: str, raw: bytes) -> tuple[str, str]:
    """The text, and the name of its encoding."""
    encodings = [(name, said) for bom, name, said in _BOMS if raw.startswith(bom)]
    if not encodings and b"\x00" in raw[:4]:
        encodings = [("utf-16-le" if raw[1:2] == b"\x00" else "utf-16-be", "UTF-16")]
    for name, said in encodings or [("utf-8", "UTF-8"), ("cp1252", "Latin-1 (Windows-1252)")]:
        try:
            text = raw.decode(name)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text, said
        break
    raise RecordingError(
        f"{where}: not a text table (binary data); expected CSV, or one of the formats that --help lists"
    )


def _without_comments(text: str) -> tuple[list[str], set[int]]:
    """The comment lines, and the numbers of the lines that are not comments.

    Below the first line of the table a comment has no delimiter: a stimulus may be called #1.
    """
    comments: list[str] = []
    kept: set[int] = set()
    for n, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(_COMMENT) and not (kept and set(line) & set(_DELIMITERS)):
            comments.append(line.strip())
        elif line.strip():
            kept.add(n)
    return comments, kept


def _cells_of(line: str, told: str) -> list[str]:
    delimiter = next((d for d, said in _DELIMITERS.items() if said in told), None)
    return line.split(delimiter)


def _split(where: str, text: str, body: set[int]) -> _Rows:
    """Rows of cells with their line numbers; blank rows and comments are left out."""
    lines = text.splitlines()
    first = next((n for n, line in enumerate(lines, 1) if line.strip()), 0)
    excel = _SEPARATOR.fullmatch(lines[first - 1].strip())
    body = body - {first} if excel else body
    kept = [line if n in body else "" for n, line in enumerate(lines, 1)]
    sample = [line for line in kept if line.strip()][:_SAMPLE]
    delimiter = excel[1].replace("\\t", "\t") if excel else _delimiter(sample)
    if delimiter is None:
        rows = [(n, line.split()) for n, line in enumerate(kept, 1) if line.strip()]
    else:
        try:
            rows = _read(kept, delimiter)
        except csv.Error as error:
            try:  # blanks around cells in quotes
                apart = re.compile(rf'"[ \t]+(?={re.escape(delimiter)})' if delimiter != "\t" else '" +(?=\t)')
                rows = _read([apart.sub('"', line) for line in kept], delimiter)
            except csv.Error:
                raise RecordingError(f"{where}: not a table with {_DELIMITERS[delimiter]} ({error})") from None
    told = [f"separated by {'spaces' if delimiter is None else _DELIMITERS.get(delimiter, repr(delimiter))}"]
    cells, pointed = _with_points(where, [row for _, row in rows])
    return _Rows(cells, [n for n, _ in rows], told + (["decimal commas read as points"] if pointed else []))


def _read(lines: list[str], delimiter: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter, skipinitialspace=True, strict=True)
    return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]


def _with_points(where: str, cells: list[list[str]]) -> tuple[list[list[str]], bool]:
    """The rows below the header with decimal points for decimal commas, and whether there were any.

    A comma before three digits may separate thousands; such cells stay as they are, and are refused as numbers.
    """
    found = [cell for row in cells[1:] for cell in row if "," in cell and _DECIMAL_COMMA.fullmatch(cell)]
    if not found or all(_THOUSANDS.fullmatch(cell) for cell in found):
        return cells, False
    if any("." in cell and is_number(cell) for row in cells[1:] for cell in row):
        raise RecordingError(f"{where}: some numbers have a decimal comma, others a decimal point; write all alike")
    return [cells[0]] + [[_with_point(cell) for cell in row] for row in cells[1:]], True


def _with_point(cell: str) -> str:
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell


def _delimiter(sample: list[str]) -> str | None:
    """The character that splits most lines into the same number of cells as the first; None for blanks.

    If no character splits the first line, which may be a title, it is that of the first line that is split and has a
    letter, as names of columns have.
    """
    best, most = None, 0.0
    blanks = {len(line.split()) for line in sample}
    for delimiter in _DELIMITERS:
        sizes = [len(row) for row in csv.reader(sample, delimiter=delimiter)]
        header = next((n for n, size in enumerate(sizes) if size > 1), 0)
        named = bool(sizes) and (header == 0 or (len(blanks) > 1 and any(map(str.isalpha, sample[header]))))
        if named and sizes[header] > 1:
            score = sizes[header] * sizes.count(sizes[header]) / len(sizes)
            if score > most:
                best, most = delimiter, score
    if best is None and sample and (min(blanks) < 2):
        return ","
    return best


def _checked(where: str, rows: list[list[str]], lines: list[int], told: list[str]) -> Sheet:
    """The sheet of rows whose first names the columns."""
    if len(rows) < 2:
        raise RecordingError(
            f"{where}: expected a header row of responses and at least one row of counts, or of trials"
        )
    if not rows[0][-1].strip() and all(not row[-1].strip() for row in rows if len(row) >= len(rows[0])):
        rows = [row[:-1] if len(row) >= len(rows[0]) else row for row in rows]
        told.append("a separator at the end of the lines is ignored")
    names = [cell.strip() for cell in rows[0]]
    if all(is_number(name) for name in names):
        raise RecordingError(
            f"{where}, line {lines[0]}: the first row holds numbers only, so the columns have no names; write a "
            "first row such as stimulus,0,1,2, or give the names with --header"
        )
    body, extra, ragged = [], 0, []
    for line, row in zip(lines[1:], rows[1:]):
        while len(row) > len(names) and not row[-1].strip():
            row, extra = row[:-1], extra + 1
        if len(row) != len(names):
            ragged.append((line, len(row)))
        body.append(row)
    if ragged:
        line, cells = ragged[0]
        raise RecordingError(
            f"{where}, line {line}: {cells} cells, but the header has {len(names)} (ragged); write one cell per name"
            f"{others([f'line {one}' for one, _ in ragged])}"
        )
    if extra:
        told.append("separators at the end of lines are ignored")
    columns = tuple(Column(name, [row[i].strip() for row in body]) for i, name in enumerate(names))
    return Sheet(where, columns, [f"line {n}" for n in lines[1:]], tuple(told))


FORMAT = Format("text table", lambda source: source.path is not None, read)
