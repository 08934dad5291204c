"""Do the marks cover the quote's words, and nothing else? Checked on real PDFs against poppler and against ink.

    python tests/benchmarks/page_marks.py --folder ../shared/pdfs

Draws 300 sentences from the PDF files of a folder, takes the boxes that the viewer draws (`viewing.view`), and checks:

* the text view's mark is exactly the quote;
* ``pdftotext -bbox`` (poppler-utils, another reader of PDF): every word of the quote that poppler finds on that page at a
  place has its middle inside a box, and no word of another line has its middle inside one;
* the picture of the page (pdfium, as the viewer shows it): there is ink in every box. Boxes without ink are counted apart:
  where poppler finds the words there too, they are printed invisibly.

A quote whose words poppler reads otherwise (other encoding, ligatures, no such word) is judged by the words that both read; it
is *not judged* when there are none. Results go to `tests/benchmarks/results/page_marks.json`.
"""

from __future__ import annotations

import argparse
import html
import json
import random
import re
import subprocess
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.datamodel import Document, Span
from assistant.errors import AssistantError
from assistant.interfaces.web import viewing
from assistant.loaders.isolation import IsolatedReader
from assistant.loaders.pdf_page import PagePainter
from assistant.splitting import split

RESULTS = Path(__file__).parent / "results" / "page_marks.json"
QUOTES = 300
EACH_AT_MOST = 12
POPPLER_S = 20
"""Poppler takes minutes and gigabytes for a page made to be a bomb; its words then count as not read."""


@dataclass(frozen=True)
class Word:
    """A word as poppler finds it, in shares of the page from its top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def words_of(path: Path, page: int) -> list[Word]:
    """Ask poppler for the words of one page."""
    command = ["pdftotext", "-bbox", "-cropbox", "-f", str(page), "-l", str(page), str(path), "-"]
    try:
        said = subprocess.run(command, capture_output=True, timeout=POPPLER_S).stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        return []
    size = re.search(r'<page width="([\d.]+)" height="([\d.]+)"', said)
    if not size:
        return []
    wide, high = float(size[1]), float(size[2])
    pattern = r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>'
    return [
        Word(html.unescape(text), float(left) / wide, float(top) / high, float(right) / wide, float(bottom) / high)
        for left, top, right, bottom, text in re.findall(pattern, said)
    ]


def plain(text: str) -> str:
    """Compare words by letters and digits alone."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def inside(word: Word, box: dict[str, float]) -> bool:
    across, down = word.middle
    return box["left"] <= across <= box["left"] + box["width"] and box["top"] <= down <= box["top"] + box["height"]


def judge(
    stored: viewing.Stored, span: Span, path: Path, painter: PagePainter, words: dict[int, list[Word]]
) -> dict[str, object]:
    """Judge the marks of one quote."""
    quote = span.of(stored.document.text)
    shown = viewing.view(stored, {"start": str(span.start), "end": str(span.end)})
    marked = "".join(piece.get("text", "") for each in shown["pieces"] for piece in each.get("mark", []))
    boxes = shown["boxes"]
    wanted = {plain(word) for word in quote.split()} - {""}
    glued = plain(quote)
    covered = [word for page in {box["page"] for box in boxes} for word in words_on(words, path, page)
               if any(inside(word, box) for box in boxes if box["page"] == page)]  # fmt: skip
    # Poppler may join or part words otherwise, so what is covered must be part of the quote's letters; a word that our text
    # holds nowhere (a private encoding, letters from right to left) cannot be compared.
    everything = plain(stored.document.text)
    foreign = [word.text for word in covered if plain(word.text) not in glued and plain(word.text) in everything]
    seen = {plain(word.text) for word in covered}
    on_pages = {plain(word.text) for page in {box["page"] for box in boxes} for word in words_on(words, path, page)}
    joined = "".join(plain(word.text) for word in covered)  # a word that a line's end divides is read in two
    missed = sorted(word for word in wanted & on_pages if word not in seen and word not in joined)
    return {
        "source": path.name, "start": span.start, "end": span.end, "text_equal": marked == quote, "boxes": len(boxes),
        "judged": bool(wanted & on_pages), "missed": missed, "foreign": foreign, "inkless": inkless(boxes, path, painter),
    }  # fmt: skip


def words_on(words: dict[int, list[Word]], path: Path, page: int) -> list[Word]:
    if page not in words:
        words[page] = words_of(path, page)
    return words[page]


def inkless(boxes: list[dict[str, float]], path: Path, painter: PagePainter) -> int:
    """Count boxes under which the picture is of one colour."""
    import io

    from PIL import Image

    empty = 0
    for page in {box["page"] for box in boxes}:
        picture = np.asarray(Image.open(io.BytesIO(painter.draw(path.read_bytes(), int(page), 1200))).convert("L"))
        high, wide = picture.shape
        for box in (box for box in boxes if box["page"] == page):
            top, left = int(box["top"] * high), int(box["left"] * wide)
            bottom, right = (
                int(np.ceil((box["top"] + box["height"]) * high)),
                int(np.ceil((box["left"] + box["width"]) * wide)),
            )
            area = picture[max(0, top) : bottom, max(0, left) : right]
            empty += not area.size or int(area.max()) - int(area.min()) < 40
    return empty


def candidates(folder: Path) -> list[tuple[Path, Document, list[Span]]]:
    """Read every PDF, and list its sentences."""
    found = []
    with IsolatedReader() as reader:
        for path in sorted(folder.rglob("*.pdf")):
            try:
                document = reader.load_document(path.name, path.read_bytes())
            except AssistantError:
                continue
            spans = [sentence for passage in split(document.content) for sentence in passage.sentences]
            spans = [span for span in spans if len(span.of(document.text).split()) >= 3]
            if spans and document.content.glyphs:
                found.append((path, document, spans))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    rng, rows = random.Random(0), []
    sources = candidates(given.folder)
    drawn = [
        (number, span)
        for number, (_, _, spans) in enumerate(sources)
        for span in rng.sample(spans, min(EACH_AT_MOST, len(spans)))
    ]
    everything = [(number, span) for number, (_, _, spans) in enumerate(sources) for span in spans]
    rng.shuffle(everything)
    drawn = list(dict.fromkeys([*drawn, *everything]))[:QUOTES] if len(drawn) < QUOTES else rng.sample(drawn, QUOTES)
    painter, words = PagePainter(), {number: {} for number in range(len(sources))}
    for number, span in sorted(drawn):
        path, document, _ = sources[number]
        rows.append(judge(viewing.Stored(document, document.content.glyphs), span, path, painter, words[number]))
    judged = [row for row in rows if row["judged"]]
    good = [row for row in judged if not row["missed"] and not row["foreign"] and row["boxes"]]
    hidden = [row for row in rows if row["inkless"]]
    summary = {
        "documents": len({row["source"] for row in rows}), "quotes": len(rows),
        "text_equal": sum(bool(row["text_equal"]) for row in rows), "judged_by_poppler": len(judged),
        "exact": len(good), "share": round(len(good) / max(1, len(judged)), 4),
        "without_boxes": sum(not row["boxes"] for row in rows), "with_a_box_without_ink": len(hidden),
    }  # fmt: skip
    print(json.dumps(summary, indent=1))
    RESULTS.write_text(
        json.dumps({**summary, "not_exact": [row for row in judged if row not in good], "no_ink": hidden}, indent=1)
        + "\n"
    )


if __name__ == "__main__":
    main()
