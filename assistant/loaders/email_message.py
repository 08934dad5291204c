"""Mail (.eml), through the standard library's email package.

It is maintained with Python, knows the standards and never gives up on a file. Its classic policy is used: the modern
one writes headers anew ("2 Mar" becomes "02 Mar"), raises on malformed ones and takes seconds for long ones. Headers
keep their words, only decoded; bodies are decoded by our own rules. Each message becomes a part labelled by its subject,
messages attached to it the following ones. The plain text is preferred over the HTML; attachments that are plain text
are read, others are named in a warning. RFC 5322: https://www.rfc-editor.org/rfc/rfc5322
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from assistant.datamodel import Content
from assistant.errors import UnreadableFile
from assistant.loaders.base import has_words, one_line, require_words, stem_of
from assistant.loaders.decoding import clean, decode
from assistant.loaders.markup import blocks_of, page_of
from assistant.loaders.parting import PartedComposer, listed

_SHOWN_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_LONGEST_HEADER = 2_000
_LONGEST_DECODED = 20_000  # the time it takes grows with the square of the length
_MOST_MESSAGES = 1_000
_MOST_PIECES = 10_000
_UNREADABLE = "The message is nested too deeply or damaged; save its text as .txt."


class EmailLoader:
    """Reads single mail messages."""

    suffixes = frozenset({".eml"})
    media_type = "message/rfc822"

    def claims(self, data: bytes) -> bool:
        """No: a letter may begin with "From:", too."""
        return False

    def load(self, data: bytes, name: str) -> Content:
        """Parse the message and those attached to it.

        :param data: the whole file.
        :param name: its name, for a title where there is no subject.
        :returns: headers and text of each message; with a warning naming what is not read.
        :raises UnreadableFile: when there is no text, or the message cannot be parsed.
        """
        try:
            messages = _messages(data)
        except (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError):
            raise UnreadableFile(_UNREADABLE) from None
        composer = PartedComposer()
        for number, letter in enumerate(messages, start=1):
            composer.begin("message", number, letter.subject)
            for block, level in letter.blocks:
                composer.add(block, level)
        require_words(composer.text)
        unread = [name for letter in messages for name in letter.unread]
        losses = tuple(dict.fromkeys(loss for letter in messages for loss in letter.losses))[:2]
        return Content(
            text=composer.text,
            media_type=self.media_type,
            title=messages[0].subject or stem_of(name),
            parts=composer.parts,
            headings=tuple(composer.headings),
            warnings=losses + ((f"attachments that were not read: {listed(unread)}",) if unread else ()),
        )


@dataclass(slots=True)
class _Letter:
    """One message: its subject, its blocks of text, the attachments left out, and what could not be decoded."""

    subject: str
    blocks: list[tuple[str, int | None]]
    unread: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)


def _messages(data: bytes) -> list[_Letter]:
    """Parse the message and the messages inside it, in reading order."""
    from email import message_from_bytes

    waiting: list[Message[Any, Any]] = [message_from_bytes(data)]
    letters: list[_Letter] = []
    while waiting and len(letters) < _MOST_MESSAGES:
        letter, inner = _letter(waiting.pop())
        letters.append(letter)
        waiting += reversed(inner)
    return letters


def _letter(message: Message[Any, Any]) -> tuple[_Letter, list[Message[Any, Any]]]:
    """Read one message; give it and the messages attached to it."""
    headers = [(name, _header(message, name)) for name in _SHOWN_HEADERS]
    letter = _Letter(one_line(dict(headers)["Subject"]), [])
    letter.blocks.append(("\n".join(f"{name}: {words}" for name, words in headers if words), None))
    inner: list[Message[Any, Any]] = []
    for piece in _pieces(message):
        kind = piece.get_content_type()
        if kind in ("message/rfc822", "message/global"):
            inner += [each for each in _children(piece) if each.keys() or each.get_payload()]
        elif kind in ("text/plain", "text/html") and (kind == "text/plain" or not _is_attachment(piece)):
            _read_text(letter, piece)
        else:
            letter.unread.append(_file_name(piece) or f"one of type {kind}")
    return letter, inner


def _pieces(message: Message[Any, Any]) -> Iterator[Message[Any, Any]]:
    """Yield the pieces of a message that are to be read, in order: of alternatives the plain text, else the HTML."""
    waiting, seen = [message], 0
    while waiting and seen < _MOST_PIECES:
        piece = waiting.pop()
        seen += 1
        if not piece.is_multipart() or piece.get_content_maintype() == "message":
            yield piece
        elif piece.get_content_subtype() == "alternative":
            waiting += _best(_children(piece))
        else:
            waiting += reversed(_children(piece))


def _best(alternatives: list[Message[Any, Any]]) -> list[Message[Any, Any]]:
    """Choose among alternatives: plain text with words, else the last, which is the richest (RFC 2046, 5.1.4)."""
    for piece in alternatives:
        if piece.get_content_type() == "text/plain" and has_words(_decoded(piece)[0]):
            return [piece]
    readable = [piece for piece in alternatives if piece.is_multipart() or piece.get_content_maintype() == "text"]
    return (readable or alternatives)[-1:]


def _children(piece: Message[Any, Any]) -> list[Message[Any, Any]]:
    held = piece.get_payload()
    return [each for each in held if isinstance(each, Message)] if isinstance(held, list) else []


def _read_text(letter: _Letter, piece: Message[Any, Any]) -> None:
    """Append the words of a piece; those of an attachment after its name."""
    if _is_attachment(piece):
        letter.blocks.append((f"Attachment: {one_line(_file_name(piece)) or 'without a name'}", None))
    if piece.get_content_type() == "text/html":
        try:
            letter.blocks += blocks_of(page_of(_bytes(piece), _charset(piece)))
        except UnreadableFile:
            letter.losses.append("its HTML text could not be read")
        return
    text, losses = _decoded(piece)
    letter.blocks.append((text.strip("\n"), None))
    letter.losses += losses


def _decoded(piece: Message[Any, Any]) -> tuple[str, list[str]]:
    """Decode a piece's text; what is no text in any encoding is a loss."""
    try:
        decoded = decode(_bytes(piece), _charset(piece))
    except UnreadableFile:
        return "", ["a piece of the message is binary and could not be read as text"]
    return decoded.text, list(decoded.warnings)


def _bytes(piece: Message[Any, Any]) -> bytes:
    held = piece.get_payload(decode=True)
    return held if isinstance(held, bytes) else b""


def _charset(piece: Message[Any, Any]) -> str | None:
    try:
        return piece.get_content_charset()
    except Exception:  # the header parser raises many types on malformed parameters
        return None


def _header(message: Message[Any, Any], name: str) -> str:
    """Give a header's words on one line."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    return _unencoded(raw)


def _unencoded(raw: str) -> str:
    """Decode the encoded words of a header (RFC 2047) and bytes beyond ASCII; what cannot be decoded stays as it is."""
    from email.header import decode_header, make_header

    words = decode(raw.encode("utf-8", "surrogateescape")).text if not raw.isascii() else raw
    if "=?" in words and len(words) <= _LONGEST_DECODED:
        try:
            words = str(make_header(decode_header(words)))
        except Exception:  # unknown charsets and broken base64 raise many types
            pass
    return " ".join(clean(words).split())[:_LONGEST_HEADER]


def _is_attachment(piece: Message[Any, Any]) -> bool:
    try:
        return piece.get_content_disposition() == "attachment"
    except Exception:  # as above
        return False


def _file_name(piece: Message[Any, Any]) -> str:
    try:
        return _unencoded(piece.get_filename() or "")
    except Exception:  # as above
        return ""
