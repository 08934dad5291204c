"""What every loader promises, and the words they share.

A loader is a pure function of one file's bytes: no network, no disk, no clock. It can therefore run in a child process
and gives the same text for the same bytes. It comes first in the flow; splitting works on what it returns.
"""

from __future__ import annotations

import re
from typing import Protocol

from assistant.datamodel import Content
from assistant.errors import UnreadableFile

NO_TEXT = "The file holds no text."

_WORD = re.compile(r"[^\W_]")
_UNTOLD = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


class Loader(Protocol):
    """Reads one format. To add a format, write one file with such a class and name it in the registry."""

    suffixes: frozenset[str]
    media_type: str

    def claims(self, data: bytes) -> bool:
        """Tell whether the bytes themselves say that they are this format, whatever the file is called."""
        ...

    def load(self, data: bytes, name: str) -> Content:
        """Turn a file's bytes into text and what is known about its ranges.

        :param data: the whole file.
        :param name: the file's name, for a title and messages only; it is never opened.
        :returns: the content; its text holds at least one word.
        :raises UnreadableFile: when no text can be had; the message is one clean sentence.
        """
        ...


def stem_of(name: str) -> str:
    """Make a title from a file name: no folders, no suffix, blanks for underscores, no control characters.

    :param name: the path or name of a file.
    :returns: readable words; "untitled" when nothing is left.
    """
    stem = re.sub(r"\.\w{1,8}\s*$", "", name.rsplit("/", 1)[-1])
    words = _UNTOLD.sub(" ", stem).replace("_", " ")
    if " " not in words.strip():
        words = words.replace("-", " ")
    return one_line(words) or "untitled"


def one_line(words: str, longest: int = 200) -> str:
    """Bring text from a file onto one clean line, for titles, labels and warnings."""
    return " ".join(_UNTOLD.sub(" ", words).split())[:longest].strip()


def has_words(text: str) -> bool:
    """Tell whether a text holds a letter or digit."""
    return bool(_WORD.search(text))


def require_words(text: str, message: str = NO_TEXT) -> None:
    """Refuse a text without a single letter or digit.

    :param text: the text to be stored.
    :param message: what to say then.
    :raises UnreadableFile: when there is no word.
    """
    if not has_words(text):
        raise UnreadableFile(message)
