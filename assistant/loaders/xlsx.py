"""Excel workbooks (.xlsx), through openpyxl in its read-only mode.

It is the library made for the format: MIT licence, parses row by row, so that a cell at the far corner of a sheet costs
nothing (calamine and pandas fill the rectangle before it), and knows dates. Each visible sheet becomes a part labelled
by its name, which also stands as a heading above its rows. Of a formula its stored result is kept. Values keep their full
precision: a number is written as it is stored, except that a percent format is applied, and dates follow ISO 8601.
Hidden sheets are left out and named in a warning; hidden rows and columns, which filters make, are read.
"""

from __future__ import annotations

import datetime
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any
from zipfile import ZipFile

from assistant.datamodel import Content, Rows
from assistant.errors import UnreadableFile
from assistant.loaders.base import one_line, require_words, stem_of
from assistant.loaders.parting import PartedComposer, listed
from assistant.loaders.tabular import add_rows
from assistant.loaders.zipped import damaged, media_type_of, opened

_NOUN = "Excel workbook"
_TYPES = re.compile(
    r"application/(?:vnd\.openxmlformats-officedocument\.spreadsheetml|vnd\.ms-excel)\.(?!.*\.binary\.)", re.IGNORECASE
)
_MOST_ROWS = 1_048_576  # Excel's own limit; row numbers beyond it are lies
_PRECISION = ".15g"  # what Excel itself shows at most
# A formula that is followed by no value, or an empty one, at the end of its cell.
_FORMULA, _NO_VALUE = rb"(?:</(?:\w+:)?f>|<(?:\w+:)?f\b[^<>]*/>)", rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?"
_UNCOMPUTED = re.compile(_FORMULA + rb"\s*" + _NO_VALUE + rb"\s*</(?:\w+:)?c>")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")


class XlsxLoader:
    """Reads workbooks, templates, and those with macros (which are never run)."""

    suffixes = frozenset({".xlsx", ".xlsm", ".xltx", ".xltm"})
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def claims(self, data: bytes) -> bool:
        """Tell whether the archive says that it is a workbook, but not a binary one."""
        return bool(_TYPES.match(media_type_of(data) or ""))

    def load(self, data: bytes, name: str) -> Content:
        """Read every visible sheet.

        :param data: the whole file.
        :param name: its name, for a title where the workbook has none.
        :returns: a line for each row; with a warning naming what was left out.
        :raises UnreadableFile: when the file is damaged, protected, exceeds a limit, or holds no text.
        """
        archive = opened(data, _NOUN)
        composer = PartedComposer()
        try:
            with _quietly():
                title, hidden, table = _read(data, composer)
        except Exception:  # openpyxl raises KeyError, ValueError, TypeError and the parser's errors on damaged files
            raise UnreadableFile(damaged(_NOUN)) from None
        if not table:
            raise UnreadableFile("The Excel workbook has no text in its visible sheets.")
        require_words(composer.text)
        return Content(
            text=composer.text,
            media_type=self.media_type,
            title=title or stem_of(name),
            parts=composer.parts,
            headings=tuple(composer.headings),
            warnings=tuple(_warnings(hidden, _uncomputed(archive))),
            rows=tuple(table),
        )


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep openpyxl's warnings about styles and extensions to itself; they concern no text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _read(data: bytes, composer: PartedComposer) -> tuple[str, list[str], list[Rows]]:
    """Add every visible sheet; give the title, the names of hidden sheets, and which lines are which rows."""
    from openpyxl import load_workbook

    workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    hidden, table = list[str](), list[Rows]()
    for number, name in enumerate(workbook.sheetnames, start=1):
        sheet = workbook[name]
        if not hasattr(sheet, "reset_dimensions"):
            continue  # a sheet that is one chart
        if sheet.sheet_state != "visible":
            hidden.append(name)
            continue
        composer.begin("sheet", number, name)
        composer.add(name, 1)
        sheet.reset_dimensions()  # the sheet's own word on its size is often wrong, and would be filled up to
        table += add_rows(composer, _rows(sheet), header_level=2)
    return one_line(str(workbook.properties.title or "")), hidden, table


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells' texts of each row; of empty rows that follow each other only the first."""
    texts: list[str] = []
    for number, row in enumerate(islice(sheet.rows, _MOST_ROWS), start=1):
        if row or texts:
            texts = [_text(cell) for cell in row]
            yield number, texts


def _text(cell: Any) -> str:
    """Write a cell's value."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(value, str(cell.number_format or ""))
        case datetime.datetime():
            return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "seconds")
        case datetime.time():
            return value.isoformat("seconds")
        case _:
            return str(value)


def _number(value: int | float, number_format: str) -> str:
    if "%" in number_format.split(";")[0]:
        return f"{format(value * 100, _PRECISION)}%"
    return str(value) if isinstance(value, int) else format(value, _PRECISION)


def _uncomputed(archive: ZipFile) -> int:
    """Count formulas without a stored result, as programs write them that do not calculate."""
    return sum(len(_UNCOMPUTED.findall(archive.read(name))) for name in archive.namelist() if _SHEET.fullmatch(name))


def _warnings(hidden: list[str], uncomputed: int) -> Iterator[str]:
    if hidden:
        yield f"hidden sheets were left out: {listed(hidden)}"
    if uncomputed:
        noun = "formula has" if uncomputed == 1 else "formulas have"
        yield f"{uncomputed} {noun} no stored result and cannot be read; open and save the file in a spreadsheet program"
