"""The boxes of a quote against another reader of PDF (poppler) and against ink; the benchmark does the same for 300 quotes."""

import io
import shutil
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from assistant.datamodel import Span
from assistant.interfaces.web.viewing import Stored
from assistant.loaders.isolation import IsolatedReader
from assistant.loaders.pdf_page import PagePainter

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
LINES = ["Rivers carry water to the sea.", "The Rhine rises in the Alps.", "It ends in the North Sea."]


@pytest.mark.skipif(
    not shutil.which("pdftotext"), reason="pdftotext is not installed (Debian: apt install poppler-utils)"
)
@pytest.mark.parametrize("line", LINES)
def test_the_boxes_cover_the_quote_and_no_other_line(tmp_path, monkeypatch, line):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import page_marks

    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(400, 300), invariant=1)
    for at, words in enumerate(LINES):
        canvas.drawString(40, 200 - 14 * at, words)
    canvas.save()
    path = tmp_path / "rivers.pdf"
    path.write_bytes(file.getvalue())
    with IsolatedReader() as reader:
        document = reader.load_document(path.name, path.read_bytes())
    start = document.text.index(line)
    stored = Stored(document, document.content.glyphs)
    row = page_marks.judge(stored, Span(start, start + len(line)), path, PagePainter(), {})
    assert row["text_equal"] and row["judged"] and row["boxes"] == 1
    assert (row["missed"], row["foreign"], row["inkless"]) == ([], [], 0)
