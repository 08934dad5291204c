"""CSV and TSV, through the standard library's csv module.

csv reads every dialect met in practice, is maintained with Python, and never fails on size; no other library adds
anything to text that stays text. Its Sniffer is not used: it searches with regular expressions that take minutes on
some files and guesses letters as delimiters. The delimiter is the sign that cuts a sample's rows evenly, found by parsing
the sample once for each candidate. A quotation mark that is never closed would swallow the rest of the file
into one cell, so such files are read line by line. RFC 4180: https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from assistant.datamodel import Content
from assistant.loaders.base import require_words, stem_of
from assistant.loaders.composing import Composer
from assistant.loaders.decoding import decode
from assistant.loaders.tabular import add_rows

UNPAIRED = "a quotation mark is never closed; each line was read as one row"

_DELIMITERS = "\t;|,"  # commas last: they stand in numbers and names, too
_EVEN = 0.9
_SAMPLE_CHARS = 20_000
_SAMPLE_ROWS = 100
_DECLARED = re.compile(r"sep=([,;\t|])[ \t]*\n", re.IGNORECASE)  # Excel's own first line


class DelimitedLoader:
    """Reads tables of text whose cells are parted by commas, semicolons, tabs or bars."""

    suffixes = frozenset({".csv", ".tsv", ".tab"})
    media_type = "text/csv"

    def claims(self, data: bytes) -> bool:
        """No: such files have no signature."""
        return False

    def load(self, data: bytes, name: str) -> Content:
        """Decode the file and read its rows.

        :param data: the whole file.
        :param name: its name, for the title.
        :returns: a line for each row, with the header row as heading where it is one.
        :raises UnreadableFile: when the file is binary or holds no word.
        """
        decoded = decode(data)
        text, delimiter = _dialect(decoded.text)
        rows, warnings = _rows(text, delimiter)
        composer = Composer()
        table = add_rows(composer, enumerate(rows, start=1), header_level=1)
        require_words(composer.text)
        return Content(
            text=composer.text,
            media_type=self.media_type,
            title=stem_of(name),
            headings=tuple(composer.headings),
            warnings=decoded.warnings + warnings,
            rows=tuple(table),
        )


def _dialect(text: str) -> tuple[str, str]:
    """Give the text without Excel's declaration, and the delimiter it declares or shows."""
    if declared := _DECLARED.match(text):
        return text[declared.end() :], declared[1]
    evenness = {delimiter: _evenness(text[:_SAMPLE_CHARS], delimiter) for delimiter in _DELIMITERS}
    return text, next(
        (each for each in _DELIMITERS if evenness[each] >= _EVEN), max(evenness, key=evenness.__getitem__)
    )


def _evenness(sample: str, delimiter: str) -> float:
    """Give the ratio of rows that have the most common number of cells, 0 when that is one."""
    try:
        rows = list(islice(_parsed(sample, delimiter), _SAMPLE_ROWS))
    except csv.Error:
        return 0.0
    whole = rows[:-1] if len(sample) == _SAMPLE_CHARS and len(rows) > 1 else rows  # the last may be cut off
    widths = Counter(len(row) for row in whole if row)
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 1))
    return count / widths.total() if width > 1 else 0.0


def _rows(text: str, delimiter: str) -> tuple[list[list[str]], tuple[str, ...]]:
    """Parse the whole text, line by line where its quotation marks do not pair."""
    try:
        for _ in _parsed(text, delimiter, strict=True):
            pass
    except csv.Error as error:
        if "unexpected end" in str(error):
            return [line.split(delimiter) for line in text.split("\n")], (UNPAIRED,)
    return list(_parsed(text, delimiter)), ()


def _parsed(text: str, delimiter: str, strict: bool = False) -> Iterator[list[str]]:
    # The limit is the module's own; a cell may be as long as the file, whose size is limited elsewhere.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    lines = (line + "\n" for line in text.split("\n"))
    return csv.reader(lines, delimiter=delimiter, strict=strict)
