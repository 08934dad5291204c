"""JSON and JSON lines, through the standard library's json module.

It is strict, fast, maintained with Python, and refuses deep nesting with an error instead of a crash. Numbers are kept
as they are written and repeated keys are kept all. A small record becomes one line, ``name: Ada | year: 1843``; of
anything else each value stands under its path: ``items[2].note: …``, and prose below its path as a heading, so that its
sentences can be quoted alone. What is no JSON, or is nested too deeply, is kept as the text it is.
RFC 8259: https://www.rfc-editor.org/rfc/rfc8259, JSON lines: https://jsonlines.org/
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from assistant.datamodel import Content
from assistant.loaders.base import has_words, one_line, require_words, stem_of
from assistant.loaders.composing import Composer
from assistant.loaders.decoding import clean, decode
from assistant.loaders.parting import numbered
from assistant.loaders.tabular import SEPARATOR

TOO_DEEP = "nested too deeply to be read as JSON; kept as plain text"

_LONGEST_ROW = 400
_PROSE_CHARS = 160


class JsonLoader:
    """Reads JSON documents and JSON lines."""

    suffixes = frozenset({".json", ".jsonl", ".ndjson", ".geojson"})
    media_type = "application/json"

    def claims(self, data: bytes) -> bool:
        """No: a text may begin with a brace."""
        return False

    def load(self, data: bytes, name: str) -> Content:
        """Decode, parse and write out every value.

        :param data: the whole file.
        :param name: its name, for a title where the file gives none.
        :returns: a line for each small record or value; with a warning where something is no JSON.
        :raises UnreadableFile: when the file is binary or holds no word.
        """
        decoded = decode(data)
        composer = Composer()
        values, warnings = _values(decoded.text)
        for value in values:
            _add(composer, value)
        require_words(composer.text)
        return Content(
            text=composer.text,
            media_type=self.media_type,
            title=_title(values) or stem_of(name),
            headings=tuple(composer.headings),
            warnings=decoded.warnings + warnings,
        )


class _Raw(str):
    """Text that could not be parsed and is kept as it stands."""

    __slots__ = ()


class _Object(list[tuple[str, Any]]):
    """An object's members in order, repeated keys included."""


def _values(text: str) -> tuple[list[Any], tuple[str, ...]]:
    """Parse a document, or each line of JSON lines; the whole text is one value where neither can be."""
    try:
        value = _parsed(text)
    except RecursionError:
        return [_Raw(text)], (TOO_DEEP,)
    except ValueError as error:
        lines, bad = _parsed_lines(text)
        if lines and 2 * len(bad) < len(lines) and len(lines) > 1:
            return lines, (f"{numbered('line', bad)} could not be read as JSON and stayed plain text",) if bad else ()
        where = f" ({error.msg} at line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        return [_Raw(text)], (f"not valid JSON{where}; kept as plain text",)
    return (list(value) if isinstance(value, list) and not isinstance(value, _Object) else [value]), ()


def _parsed(text: str) -> Any:
    return json.loads(text, strict=False, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_Object)


def _parsed_lines(text: str) -> tuple[list[Any], list[int]]:
    """Parse each line by itself; lines that are no JSON stay text and are numbered."""
    values: list[Any] = []
    bad = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values.append(_parsed(line))
        except (ValueError, RecursionError):
            values.append(_Raw(line))
            bad.append(number)
    return values, bad


def _add(composer: Composer, value: Any) -> None:
    """Append one record: as a row when it is small, otherwise value by value."""
    if isinstance(value, _Raw):
        composer.add(value)
        return
    leaves = list(_leaves(value))
    row = SEPARATOR.join(_labelled(path, words) for path, words in leaves)
    if isinstance(value, _Object) and len(row) <= _LONGEST_ROW and "\n" not in row:
        composer.add(row)
        return
    for path, words in leaves:
        _add_value(composer, path, words)


def _add_value(composer: Composer, path: str, words: str) -> None:
    """Append one value after its path; prose goes below its path, blank lines and all."""
    is_prose = "\n" in words.strip() or (len(words) > _PROSE_CHARS and " " in words)
    if path and is_prose and has_words(words):
        composer.add(path, 1)
        composer.add(words)
    else:
        composer.add(_labelled(path, words))


def _labelled(path: str, words: str) -> str:
    return clean(f"{path}: {words}" if path else words).strip()


def _leaves(value: Any) -> Iterator[tuple[str, str]]:
    """Yield path and words of every value that holds any, in order, without recursion."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, item = waiting.pop()
        if isinstance(item, _Object):
            waiting += [(f"{path}.{key}" if path else key, inner) for key, inner in reversed(item)]
        elif isinstance(item, list):
            waiting += [(f"{path}[{i}]", inner) for i, inner in reversed(list(enumerate(item)))]
        elif item is not None and item != "":
            words = str(item).lower() if isinstance(item, bool) else str(item)
            yield " ".join(path.split()), words


def _title(values: Sequence[Any]) -> str:
    """Give the title that a document with a single object names itself by."""
    if len(values) != 1 or not isinstance(values[0], _Object):
        return ""
    return next((one_line(v) for k, v in values[0] if k.lower() == "title" and isinstance(v, str) and has_words(v)), "")
