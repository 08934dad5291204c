"""Markdown, stored as a person would read it aloud.

Inline marks, link targets, heading signs, comments and fences go; the words stay, so that quotes read cleanly. A
paragraph is one line, a list item keeps its mark, a table row is one line with its cells between ``|``, code is kept as
it stands, front matter as lines without its fence. CommonMark with tables: https://spec.commonmark.org/
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.datamodel import Content
from assistant.errors import UnreadableFile
from assistant.loaders.base import one_line, require_words, stem_of
from assistant.loaders.boilerplate import find_asides
from assistant.loaders.composing import Composer
from assistant.loaders.decoding import decode

if TYPE_CHECKING:
    from markdown_it.token import Token

# No line fits two of these, so that matching stays linear.
_FIELD_LINE = r"(?:[ \t]*|#.*|\w[\w.-]*[ \t]*[:=].*|[ \t]+\S.*|- .*)\n"
_FRONT_MATTER = re.compile(rf"(---|\+\+\+)[ \t]*\n((?:{_FIELD_LINE})+?)\1[ \t]*(?:\n|\Z)")
_TITLE_FIELD = re.compile(r"^title[ \t]*[:=][ \t]*[\"']?(.{1,300}?)[\"']?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_HIDING_TAG = re.compile(r"<(script|style|template|noscript)\b", re.IGNORECASE)
_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_DEEPEST = 100


class MarkdownLoader:
    """Reads Markdown files."""

    suffixes = frozenset({".md", ".markdown", ".mdown", ".mkd"})
    media_type = "text/markdown"

    def claims(self, data: bytes) -> bool:
        """No: Markdown has no signature."""
        return False

    def load(self, data: bytes, name: str) -> Content:
        """Decode and render the file.

        :param data: the whole file.
        :param name: its name, for a title where the text has none.
        :returns: the words with their headings; with its marks and a warning when it is nested too deeply.
        :raises UnreadableFile: when the file is binary or holds no word.
        """
        decoded = decode(data)
        composer, warnings = Composer(), list(decoded.warnings)
        fields, body = _front_matter(decoded.text)
        composer.add(fields)
        try:
            _Renderer(composer).render(_parsed(body))
        except (RecursionError, UnreadableFile):
            composer = Composer()
            composer.add(decoded.text)
            warnings.append("nested too deeply to be read as Markdown; kept with its marks")
        text = composer.text
        require_words(text)
        named = _TITLE_FIELD.search(fields)
        first = composer.headings[0].span.of(text) if composer.headings else ""
        return Content(
            text=text,
            media_type=self.media_type,
            title=one_line(named[1] if named else first) or stem_of(name),
            headings=tuple(composer.headings),
            asides=find_asides(text),
            warnings=tuple(warnings),
        )


def _front_matter(text: str) -> tuple[str, str]:
    """Split the fields between two fences at the very start from the rest."""
    match = _FRONT_MATTER.match(text)
    return (match[2].strip("\n"), text[match.end() :]) if match else ("", text)


def _parsed(body: str) -> list[Token]:
    """Parse into block tokens.

    :param body: Markdown without front matter.
    :returns: the tokens in order.
    :raises UnreadableFile: when blocks are nested so deeply that the parser leaves some out.
    """
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table").parse(body)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        raise UnreadableFile("The Markdown is nested too deeply.")
    return tokens


class _Renderer:
    """Walks the block tokens once. Lists and tables are gathered as lines and added as one block."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self._lines: list[str] = []
        self._lists: list[int | None] = []  # the next number of each open list, None for a bulleted one
        self._mark = ""
        self._cells: list[str] = []
        self._in_cell = False

    def render(self, tokens: Sequence[Token]) -> None:
        """Add every block to the composer, in order."""
        heading: int | None = None
        for token in tokens:
            if token.type == "heading_open":
                heading = int(token.tag[1])
            elif token.type == "inline":
                self._inline(token, heading)
                heading = None
            else:
                self._block(token)

    def _block(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                self._lists.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else None)
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
                self._flush_outside_lists()
            case "list_item_open":
                self._open_item()
            case "list_item_close":
                self._mark = ""
            case "th_open" | "td_open":
                self._in_cell = True
            case "tr_close":
                self._lines.append(" | ".join(self._cells).strip())
                self._cells = []
            case "table_close":
                self._flush_outside_lists()
            case "fence" | "code_block":
                self._add(token.content.rstrip("\n"))
            case "html_block":
                self._add(_visible(token.content))
            case _:
                pass

    def _inline(self, token: Token, heading: int | None) -> None:
        words = _words_of(token.children or [])
        if heading is not None and not self._lists:
            self._composer.add(words, heading)
        elif self._in_cell:
            self._cells.append(" ".join(words.split()))
            self._in_cell = False
        else:
            self._add(words)

    def _open_item(self) -> None:
        number = self._lists[-1]
        self._mark = "- " if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1

    def _add(self, words: str) -> None:
        """Add a block, or a line of the open list behind its mark."""
        if not self._lists:
            self._composer.add(words)
            return
        if not words.strip():
            return
        indent = "  " * (len(self._lists) - 1)
        first, *rest = words.split("\n")
        self._lines.append(indent + (self._mark or "  ") + first)
        self._lines += [indent + "  " + line for line in rest]
        self._mark = ""

    def _flush_outside_lists(self) -> None:
        if not self._lists and self._lines:
            self._composer.add("\n".join(self._lines))
            self._lines = []


def _words_of(children: Sequence[Token]) -> str:
    """Join the words of inline tokens; what stands between script or style tags is left out."""
    pieces, hidden = [], ""
    for token in children:
        if token.type == "html_inline":
            opened = _HIDING_TAG.match(token.content)
            closes = hidden and token.content.lower().startswith(f"</{hidden}")
            hidden = opened[1].lower() if opened else "" if closes else hidden
            pieces.append("\n" if _BREAK_TAG.match(token.content) else "")
        elif not hidden:
            pieces.append(_word_of(token))
    return re.sub(r"[ \t]*\n[ \t]*", "\n", re.sub(r"[ \t]{2,}", " ", "".join(pieces)))


def _word_of(token: Token) -> str:
    match token.type:
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return _words_of(token.children or [])
        case _:
            return token.content


def _visible(markup: str) -> str:
    """Keep the words a browser would show of a block of HTML."""
    from assistant.loaders.html import visible_text

    return visible_text(markup)
