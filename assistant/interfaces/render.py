"""Turns answers, statuses and documents into words for a terminal and into the JSON that `design.md` fixes.

No decision is made here: what is shown, in which order and how sure it is, comes with the records.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from typing import Any

from assistant.datamodel import Answer, Choice, Citation, Document, IndexStatus, Quote, SourceStatus

_WORDS_FOR_CONFIDENCE = (
    (0.85, "very likely answers"),
    (0.6, "likely answers"),
    (0.35, "may answer"),
    (0.0, "probably does not answer"),
)


def visible(text: str) -> str:
    r"""Put a text on one line and make visible what could act on a terminal or mislead a reader.

    :param text: any text, undecodable bytes of file names included.
    :returns: the text with blanks folded and control, format and undecodable characters as ``\\xNN`` or ``\\uXXXX``.
    """
    return "".join(map(_visible_character, " ".join(text.split())))


def visible_name(name: str) -> str:
    """Show a file's name on one line, every blank that is not a plain one made visible too.

    :param name: the name, undecodable bytes included.
    :returns: different text for different names.
    """
    return "".join(c if c == " " or c.isprintable() else _visible_character(c) for c in name)


def _visible_character(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def confidence_words(confidence: float) -> str:
    """Say in words how sure an answer is.

    :param confidence: a probability, 0 to 1.
    :returns: a few words.
    """
    return next(words for least, words in _WORDS_FOR_CONFIDENCE if confidence >= least)


def citation_label(citation: Citation) -> str:
    """Say where a quote stands: source, page with what is printed on it, or slide, sheet and the like, and section.

    :param citation: the citation.
    :returns: for example ``reports/a.pdf, page iv (4 of the file), section 2 Methods``.
    """
    pieces = [visible_name(citation.source)]
    if part := citation.part:
        label = visible(part.label)
        if part.kind == "page" and label != str(part.number):
            pieces.append(f"page {label} ({part.number} of the file)")
        else:
            pieces.append(f"{part.kind} {label or part.number}")
    if citation.row:
        pieces.append(f"row {citation.row}")
    if citation.section and not (citation.part and citation.section == citation.part.label):  # a slide's title is both
        pieces.append(f"{'columns' if citation.row else 'section'} {visible(citation.section)}")
    return ", ".join(pieces)


def coverage_line(status: IndexStatus) -> str | None:
    """Say how much of the sources could not be searched.

    :param status: the state of the index.
    :returns: one line, or None when everything can be searched.
    """
    unread = sum(len(row.unsearchable_pages) for row in status.sources)
    pages = sum(row.pages or 0 for row in status.sources)
    rejected = len(status.rejected)
    pieces = [f"{unread} of {pages} pages were not searchable"] if unread else []
    pieces += [f"{rejected} of {len(status.sources)} files could not be read"] if rejected else []
    return " and ".join(pieces) or None


def answer_text(answer: Answer, status: IndexStatus | None = None) -> str:
    """Write an answer for a terminal.

    :param answer: the answer.
    :param status: the state of the index, for the coverage line beside an abstention.
    :returns: lines without a trailing line break.
    """
    lines = []
    if answer.resolved_question.strip() != answer.question.strip():
        lines += [f"Understood as: {visible(answer.resolved_question)}", ""]
    if answer.reply:
        lines += [visible(answer.reply), ""]
    elif not answer.answered:
        share = f"(confidence {answer.confidence:.2f})"
        lines += [f"Your sources don't say {share}. What comes closest, though it is no answer:", ""]
    for number, quote in enumerate(answer.quotes or answer.closest, 1):
        lines += [*_quote_lines(number, quote), ""]
    if answer.answered and answer.talk != "page":
        sure = confidence_words(answer.confidence)
        lines.append(f"Confidence {answer.confidence:.2f}: the first quote {sure} the question.")
    if answer.choices:
        lines.append(f"If you meant one of these, ask with --source: {'; '.join(map(_choice_label, answer.choices))}.")
    if not answer.answered and not answer.reply and status and (line := coverage_line(status)):
        lines.append(f"Note: {line}.")
    return "\n".join(lines).rstrip()


def _choice_label(choice: Choice) -> str:
    return f"{visible(choice.label)} ({visible_name(choice.source)})"


def _quote_lines(number: int, quote: Quote) -> Iterable[str]:
    yield f"[{number}] “{visible(quote.text)}”"
    yield f"    {citation_label(quote.citation)}"


def answer_json(answer: Answer) -> dict[str, Any]:
    """Give an answer the form of ``ask --json``.

    :param answer: the answer.
    :returns: a JSON object.
    """
    return {
        "question": answer.question,
        "resolved_question": answer.resolved_question,
        "answered": answer.answered,
        "confidence": answer.confidence,
        "quotes": [quote_json(quote) for quote in answer.quotes],
        "closest": [quote_json(quote) for quote in answer.closest],
        "index": answer.index,
        "timings_ms": dict(answer.timings_ms),
        **_conversation_json(answer),
    }


def _conversation_json(answer: Answer) -> dict[str, Any]:
    """Give what only some answers have: talk and its reply, the limit to some sources, and the readings to choose from."""
    choices = [{"label": each.label, "source": each.source, "section": each.section} for each in answer.choices]
    held = {"reply": answer.reply, "talk": answer.talk, "sources": list(answer.sources), "choices": choices}
    return {name: value for name, value in held.items() if value}


def quote_json(quote: Quote) -> dict[str, Any]:
    """Give a quote the form it has in ``ask --json``.

    :param quote: the quote.
    :returns: a JSON object.
    """
    citation, text, part = quote.citation, quote.document.text, quote.citation.part
    row = {"row": citation.row} if citation.row else {}
    return {
        "text": quote.text,
        "source": citation.source,
        "sha256": citation.sha256,
        "start": quote.span.start,
        "end": quote.span.end,
        "key": [quote.key.start, quote.key.end] if quote.key else None,
        "page": citation.page,
        "page_label": citation.page_label,
        "part": {"kind": part.kind, "number": part.number, "label": part.label} if part else None,
        **row,
        "section": citation.section,
        "score": round(quote.score, 4),
        "before": quote.before.of(text) if quote.before else None,
        "after": quote.after.of(text) if quote.after else None,
    }


def status_json(status: IndexStatus) -> dict[str, Any]:
    """Give the state of an index the form of ``status --json``.

    :param status: the state.
    :returns: a JSON object.
    """
    return {
        "index": status.index,
        "built": status.built,
        "model": status.model,
        "passages": status.passages,
        "sources": [_source_json(row) for row in status.sources],
    }


def _source_json(row: SourceStatus) -> dict[str, Any]:
    return {
        "source": row.source,
        "state": row.state,
        "reason": row.reason,
        "sha256": row.sha256,
        "bytes": row.bytes,
        "pages": row.pages,
        "unsearchable_pages": list(row.unsearchable_pages),
        "characters": row.characters,
        "passages": row.passages,
        "warnings": list(row.warnings),
        "seconds": row.seconds,
    }


def document_json(document: Document) -> dict[str, Any]:
    """Give a document the form of ``text PATH --json``.

    :param document: the document.
    :returns: a JSON object.
    """
    parts = [
        {"kind": p.kind, "number": p.number, "label": p.label, "start": p.span.start, "end": p.span.end}
        for p in document.content.parts
    ]
    return {"source": document.source, "sha256": document.sha256, "text": document.text, "parts": parts}


def to_json(value: Any, indent: int | None = 1) -> str:
    """Write JSON in ASCII, so that it is the same in every terminal and file.

    :param value: what was made by the functions above.
    :param indent: blanks a level, or None for one line.
    :returns: the JSON text.
    """
    return json.dumps(value, ensure_ascii=True, indent=indent)
