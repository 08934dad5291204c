"""Kept conversations as files: Markdown, JSON lines, a table of quotes, and what `assistant evaluate` reads.

Nothing from a document or a person is interpreted by what opens the file: signs of Markdown and HTML are escaped, and a cell that a
spreadsheet would take for a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from assistant.datamodel import Document, Span
from assistant.errors import AssistantError
from assistant.interfaces.render import visible_name
from assistant.kept_conversations import KeptTurn

_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$&<>=:@^])")
_COLUMNS = ("asked", "question", "answered", "quote", "source", "title", "page", "page_label", "section", "start", "end",
            "sha256", "confidence", "judgement")  # fmt: skip
_EVALUATION_NOTE = """Answers that a person judged, for the command

    assistant evaluate --passages passages.jsonl --questions questions.jsonl

An answer judged right is a question with its quote as the answer. An abstention judged right, and a quote judged wrong, are
questions that these sources do not answer. An abstention judged wrong is left out, since nobody knows the right quote.
"""


def markdown(name: str, turns: Sequence[KeptTurn]) -> str:
    """Write a conversation as Markdown, each quote with its citation.

    :param name: of the conversation.
    :param turns: its answers.
    :returns: the file's text.
    """
    blocks = [f"# {_plain(name)}"]
    for turn in turns:
        blocks += [f"## {_plain(turn.answer['question'])}", *_answer_blocks(turn)]
    return "\n\n".join(blocks) + "\n"


def _answer_blocks(turn: KeptTurn) -> Iterator[str]:
    answer = turn.answer
    if answer.get("reply"):
        yield _plain(answer["reply"])
    if not answer["answered"] and not answer.get("reply"):
        yield "**The sources don’t say.**"
    if not answer["answered"] and answer["closest"]:
        yield "The closest passages, which are not an answer:"
    for quote in [*answer["quotes"], *answer["closest"]]:
        yield f"> {_plain(quote['text'])}\n>\n> — {_plain(_cited(quote))}"


def _cited(quote: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, (quote.get("title"), quote.get("place") or visible_name(quote["source"]))))


def _plain(text: str) -> str:
    """Put a text on one line, with every sign that Markdown or HTML gives a meaning escaped."""
    return _MARKDOWN_SIGNS.sub(
        lambda sign: f"&#{ord(sign[0])};" if sign[0] in "<>&" else f"\\{sign[0]}", " ".join(text.split())
    )


def json_lines(turns: Sequence[KeptTurn]) -> str:
    """Write the answers as ``ask --json`` gives them, one a line, so that `assistant verify` reads the file.

    :param turns: the answers.
    :returns: the file's text, in ASCII.
    """
    lines = [json.dumps({"asked": turn.asked, "judgement": turn.judgement, **turn.answer}) for turn in turns]
    return "".join(line + "\n" for line in lines)


def table(turns: Sequence[KeptTurn]) -> str:
    """Write the quotes as CSV (RFC 4180), one a row with its citation.

    :param turns: the answers.
    :returns: the file's text, which opens with a byte order mark so that spreadsheets take it for UTF-8.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for turn in turns:
        answer = {"asked": turn.asked, "judgement": turn.judgement, **turn.answer}
        for quote in [*turn.answer["quotes"], *turn.answer["closest"]] or [{}]:
            cells = {**answer, **quote, "quote": quote.get("text", ""), "source": visible_name(quote.get("source", ""))}
            writer.writerow([_cell(cells.get(column)) for column in _COLUMNS])
    return "\ufeff" + file.getvalue().encode("utf-8", "replace").decode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def evaluation(turns: Sequence[KeptTurn], document: Callable[[str], Document]) -> bytes:
    """Write judged answers as questions for `assistant evaluate`, with the passages of the documents they quote.

    :param turns: answers that were judged.
    :param document: fetches a document that is indexed.
    :returns: a ZIP file with ``passages.jsonl``, ``questions.jsonl`` and a note.
    """
    documents = _documents(turns, document)
    spans = {source: _paragraphs(found, _quoted(source, turns)) for source, found in documents.items()}
    passages = [
        {
            "id": f"{visible_name(source)}#{number}",
            "title": visible_name(source),
            "text": span.of(documents[source].text),
        }
        for source in documents
        for number, span in enumerate(spans[source], 1)
    ]
    questions = [row for turn in turns if (row := _question(turn, spans)) is not None]
    files = {"passages.jsonl": passages, "questions.jsonl": questions}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in files.items():
            archive.writestr(name, "".join(json.dumps(row) + "\n" for row in rows))
        archive.writestr("README.txt", _EVALUATION_NOTE)
    return packed.getvalue()


def _documents(turns: Sequence[KeptTurn], document: Callable[[str], Document]) -> dict[str, Document]:
    """Fetch the documents that are quoted and still as they were."""
    found: dict[str, Document] = {}
    for quote in (quote for turn in turns for quote in [*turn.answer["quotes"], *turn.answer["closest"]]):
        try:
            now = document(quote["source"])
        except AssistantError:
            continue
        if now.sha256 == quote["sha256"]:
            found[quote["source"]] = now
    return found


def _quoted(source: str, turns: Sequence[KeptTurn]) -> list[Span]:
    quotes = [quote for turn in turns for quote in turn.answer["quotes"] if quote["source"] == source]
    return [Span(quote["start"], quote["end"]) for quote in quotes]


def _paragraphs(document: Document, whole: Sequence[Span]) -> list[Span]:
    """Cut a document at its empty lines, but never within a quote."""
    text = document.text
    cuts = [gap.end() for gap in re.finditer(r"\n\s*\n", text)]
    cuts = [cut for cut in cuts if not any(span.start < cut < span.end for span in whole)]
    edges = [0, *cuts, len(text)]
    spans = [Span(first, last) for first, last in zip(edges, edges[1:], strict=False) if first < last]
    return [span for span in spans if span.of(text).strip()]


def _question(turn: KeptTurn, paragraphs: Mapping[str, Sequence[Span]]) -> dict[str, Any] | None:
    """Make a row of the questions file; None for what cannot be measured."""
    answer = turn.answer
    row = {"id": str(turn.id), "question": answer["resolved_question"]}
    if answer["answered"] != (turn.judgement == "up"):  # a quote judged wrong, or an abstention judged right
        return row
    if not answer["answered"]:
        return None
    best = answer["quotes"][0]
    spans = paragraphs.get(best["source"], ())
    number = next(
        (n for n, span in enumerate(spans, 1) if span.start <= best["start"] and best["end"] <= span.end), None
    )
    if number is None:
        return None
    key = best.get("key")
    told = best["text"][key[0] - best["start"] : key[1] - best["start"]] if key else best["text"]
    return {**row, "passage": f"{visible_name(best['source'])}#{number}", "answers": [told]}
