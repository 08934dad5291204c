"""Files of the formats that no real file is at hand for, with paragraphs that are given in the ways each format has for text.

The libraries that write them are those that the loaders read with; mail and CSV are Python's own. Each file holds one
sentence of signs that go wrong easily: beyond the first plane, combining, right to left, invisible, blanks of every kind,
and what looks like markup.
"""

from __future__ import annotations

import csv
import html
import io
import json
import sys
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pptx
from pptx.util import Inches

sys.path.append(str(Path(__file__).parents[1] / "loaders"))
from test_epub import book, page

AWKWARD = (
    "The lantern of the {kind} file, “Zoë’s” 🏮 (👩‍👩‍👧), is <b>&amp;lit</b> by e\u0301toiles, שלום עולם, "
    "日本語の灯り,\u00a0\u2003co\u00adoperates  twice and\u200b glows."
)


def written(paragraphs: Sequence[str]) -> dict[str, bytes]:
    """Write a file of each format.

    :param paragraphs: their text; each format takes as many of them as any other, and no two the same.
    :returns: the files by name.
    """
    share = len(paragraphs) // len(_WRITERS)
    files = {}
    for number, (kind, write) in enumerate(_WRITERS.items()):
        own = paragraphs[number * share : (number + 1) * share]
        files[f"made.{kind}"] = write([AWKWARD.format(kind=kind), *own])
    return files


def _docx(paragraphs: Sequence[str]) -> bytes:
    """Headings, paragraphs of several runs, a list, and a table."""
    document = docx.Document()
    for number, text in enumerate(paragraphs):
        document.add_heading(f"Section {number + 1}")
        written_in = document.add_paragraph(style="List Bullet" if number % 3 == 2 else None)
        for at in range(0, len(text), 40):  # an editor cuts a sentence wherever someone typed once more
            written_in.add_run(text[at : at + 40]).bold = at % 80 == 0
    table = document.add_table(rows=0, cols=2)
    for number, text in enumerate(paragraphs):
        for cell, words in zip(table.add_row().cells, (f"Row {number}", text[-120:]), strict=True):
            cell.text = words
    return _saved(document)


def _pptx(paragraphs: Sequence[str]) -> bytes:
    """A slide for each paragraph: in its box, in a table, or in the speaker's notes."""
    presentation = pptx.Presentation()
    for number, text in enumerate(paragraphs):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = f"Slide about {text.split()[0]}"
        if number % 3 == 0:
            slide.placeholders[1].text = text
        elif number % 3 == 1:
            slide.notes_slide.notes_text_frame.text = text
        else:
            frame = slide.shapes.add_table(1, 2, Inches(1), Inches(2), Inches(8), Inches(2))
            frame.table.cell(0, 0).text, frame.table.cell(0, 1).text = f"Item {number}", text
    return _saved(presentation)


def _xlsx(paragraphs: Sequence[str]) -> bytes:
    """Two sheets of rows; every second cell holds a line break."""
    workbook = openpyxl.Workbook()
    sheets = [workbook.active, workbook.create_sheet("Other <notes> & more")]
    for sheet in sheets:
        sheet.append(["Number", "Note", "Share"])
    for number, text in enumerate(paragraphs):
        words = text.replace(", ", ",\n", 1) if number % 2 else text
        sheets[number % 2].append([number, words, number / 7])
    return _saved(workbook)


def _epub(paragraphs: Sequence[str]) -> bytes:
    """A chapter for each paragraph, with words in italics and a line break inside."""
    pages = {}
    for number, text in enumerate(paragraphs):
        first, _, rest = html.escape(text).partition(" ")
        pages[f"c{number}.xhtml"] = page(
            f"<h1>Chapter {number}</h1><p><i>{first}</i> \n{rest.replace(', ', ',<br/>', 1)}</p>"
        )
    return book(pages, toc=[(f"Chapter {number}", name) for number, name in enumerate(pages)])


def _eml(paragraphs: Sequence[str]) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "zoe@example.org", "ann@example.org", "Zoë’s 🏮 lanterns"
    message.set_content("\n\n".join(paragraphs), cte="quoted-printable")
    return bytes(message)


def _csv(paragraphs: Sequence[str]) -> bytes:
    """Rows as spreadsheets write them: a byte order mark, CR LF, and line breaks within quotes."""
    file = io.StringIO(newline="")
    rows = csv.writer(file)
    rows.writerow(["Number", "Note"])
    rows.writerows((number, text.replace(". ", ".\n", 1)) for number, text in enumerate(paragraphs))
    return file.getvalue().encode("utf-8-sig")


def _tsv(paragraphs: Sequence[str]) -> bytes:
    return "\n".join(["Number\tNote", *(f"{number}\t{text}" for number, text in enumerate(paragraphs))]).encode()


def _json(paragraphs: Sequence[str]) -> bytes:
    return json.dumps({"kept": [{"number": number, "note": text} for number, text in enumerate(paragraphs)]}).encode()


def _jsonl(paragraphs: Sequence[str]) -> bytes:
    return "\n".join(json.dumps({"id": number, "text": text}) for number, text in enumerate(paragraphs)).encode()


def _html(paragraphs: Sequence[str]) -> bytes:
    """Paragraphs, a list, and lines that stay as they are."""
    body = [f"<p>{html.escape(text)}</p>" for text in paragraphs]
    body += [f"<ul><li>{html.escape(paragraphs[0])}</li></ul>", f"<pre>  {html.escape(paragraphs[-1])}\n\n  end</pre>"]
    head = "<head><meta charset=utf-8><title>Made</title></head>"
    return f"<!doctype html><html>{head}<body><main>{''.join(body)}</main></body></html>".encode()


def _md(paragraphs: Sequence[str]) -> bytes:
    return "\n\n".join(f"## Part {number}\n\n- *{text}*\n" for number, text in enumerate(paragraphs)).encode()


def _txt(paragraphs: Sequence[str]) -> bytes:
    return "\r\n\r\n".join(paragraphs).encode("utf-16")


def _saved(document: docx.document.Document | pptx.presentation.Presentation | openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


_WRITERS: dict[str, Callable[[Sequence[str]], bytes]] = {
    "docx": _docx, "pptx": _pptx, "xlsx": _xlsx, "epub": _epub, "eml": _eml, "csv": _csv, "tsv": _tsv, "json": _json,
    "jsonl": _jsonl, "html": _html, "md": _md, "txt": _txt,
}  # fmt: skip
