"""Are the words that a real browser marks the words of the quote, in every format? The companion of `page_marks`.

    python tests/benchmarks/browser_marks.py --shared ../shared --folder sources

Gathers sources of every format: the readable files of ``hostile/``, some of ``pdfs/``, ``seeds/``, the folders that are
given, and files made from paragraphs of SQuAD (`made_files`). Builds an index (hashing embedder), starts ``assistant chat``
over it, draws sentences of the indexed texts, and opens each in headless Chromium by pressing a citation: a button with the
link that an answer would give it (``html.passage_query``). Two things are compared with the stored quote, which is the
slice of the indexed text, read by this process:

* ``marked``: ``textContent`` of ``<mark>``, all pieces joined. Character by character, nothing normalised.
* ``seen``: ``innerText`` of ``<mark>`` in the text view, what is rendered and copied. On both sides runs of what HTML
  collapses (blank, tab, line feed, carriage return, form feed) become one blank, and those at the ends go, because the
  dividers between parts are lines of their own; nothing else is normalised.

Results go to `tests/benchmarks/results/browser_marks.json`.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import re
import shutil
import sys
import tarfile
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from made_files import written

from assistant import Settings, build_index, open_assistant
from assistant.datamodel import Document, Span
from assistant.interfaces.web.html import passage_query
from assistant.splitting import split

sys.path.append(str(Path(__file__).parents[1] / "interfaces"))
from chat_browser import Page, chat

RESULTS = Path(__file__).parent / "results" / "browser_marks.json"
PDFS, LARGEST_PDF = 36, 200_000
QUOTES_EACH = 10
QUOTES_EACH_OF_MANY = {"hostile": 2, "pdfs": 2}
PARAGRAPHS_MADE_OF = 120
_COLLAPSED = re.compile(r"[ \t\n\r\f]+")

OPEN = """
const [link, done] = arguments;
const cite = Object.assign(document.createElement('button'), { className: 'qa-cite', value: link });
const [viewer, until] = [document.querySelector('.qa-viewer'), performance.now() + 30000];
viewer.querySelector('.qa-document').replaceChildren();
document.body.append(cite);
cite.click();
const joined = (what) => [...viewer.querySelectorAll('mark')].map((mark) => mark[what]).join('');
const look = () => {
  if (!viewer.querySelector('mark') && performance.now() < until) return setTimeout(look, 20);
  // Text that is hidden behind the picture of a page has no rendering; the text view stays chosen.
  if (viewer.querySelector('.qa-text').hidden) viewer.querySelector('.qa-choice button:last-child').click();
  cite.remove();
  done(JSON.stringify([joined('textContent'), joined('innerText')]));  // escaped: a driver changes lone surrogates
};
look();"""


@dataclass(frozen=True)
class Row:
    """One quote: where it stands, and whether its mark holds its characters, in the page's tree and as rendered."""

    source: str
    start: int
    end: int
    marked: bool
    seen: bool
    shown: tuple[str, ...] | None = None
    """The quote and what was marked and seen, where they differ."""


def gather(folder: Path, shared: Path, others: list[Path]) -> None:
    """Fill the sources folder."""
    unpack(shared / "hostile" / "files.tar.xz", folder / "hostile")
    pdfs = [path for path in sorted((shared / "pdfs").rglob("*.pdf")) if path.stat().st_size < LARGEST_PDF]
    copy(random.Random(0).sample(pdfs, PDFS), folder / "pdfs")
    copy(sorted((shared / "seeds").glob("*.txt")), folder / "seeds")
    for number, other in enumerate(others):
        copy(sorted(path for path in other.rglob("*") if path.is_file()), folder / f"given{number}")
    lines = (shared / "data" / "squad" / "1.1" / "passages.jsonl").read_text("utf-8").split("\n")
    texts = [json.loads(line)["text"] for line in lines[: PARAGRAPHS_MADE_OF * 10 : 10]]
    for name, data in written(texts).items():
        (folder / name).write_bytes(data)
    (folder / "long.txt").write_text("\n\n".join(texts), "utf-8")  # more than the viewer is sent at once


def unpack(archive: Path, folder: Path) -> None:
    """Take from the hostile files those that must be indexed; the rest tests reading, not marks."""
    with tarfile.open(archive) as files:
        for row in json.load(files.extractfile("./manifest.json")):
            if row["expect"] == "indexed":
                path = folder / row["file"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(files.extractfile(f"./sources/{row['file']}").read())


def copy(paths: list[Path], folder: Path) -> None:
    folder.mkdir(parents=True)
    for path in paths:
        shutil.copyfile(path, folder / path.name)


def indexed(settings: Settings) -> list[Document]:
    """Build, and give every document as it is stored."""
    names = [source.source for source in build_index(settings=settings).sources if source.state == "indexed"]
    with closing(open_assistant(settings=settings)) as assistant:
        return [assistant.document(name) for name in names]


def drawn(document: Document) -> list[Span]:
    """Draw sentences, those with signs beyond ASCII first, which go wrong most easily."""
    spans = [span for passage in split(document.content) for span in passage.sentences]
    random.Random(document.sha256).shuffle(spans)
    spans.sort(key=lambda span: span.of(document.text).isascii())
    return spans[: QUOTES_EACH_OF_MANY.get(document.source.split("/")[0], QUOTES_EACH)]


def compared(page: Page, document: Document, span: Span) -> Row:
    """Open a quote and compare what is marked with the stored text."""
    link = passage_query(document.source, document.sha256, span.start, span.end)
    quote, (marked, seen) = span.of(document.text), json.loads(page.driver.execute_async_script(OPEN, link))
    same = marked == quote, evened(seen) == evened(quote)
    return Row(document.source, span.start, span.end, *same, None if all(same) else (quote, marked, seen))


def evened(text: str) -> str:
    return _COLLAPSED.sub(" ", text).strip(" ")


def check(settings: Settings, profile: Path) -> list[Row]:
    """Open quotes of every source in one window."""
    documents, rows = indexed(settings), []
    with chat(settings.sources, settings.index) as address, closing(Page(profile).open(address)) as page:
        for number, document in enumerate(documents, 1):
            print(f"{number} of {len(documents)}: {document.source!r}", file=sys.stderr)
            rows += [compared(page, document, span) for span in drawn(document)]
    return rows


def summary(rows: list[Row]) -> dict[str, dict[str, int]]:
    """Count in all and by format."""
    formats = collections.defaultdict(list)
    for row in rows:
        formats[PurePosixPath(row.source).suffix.lower().lstrip(".")].append(row)
    return {"all": counted(rows), **{kind: counted(of_kind) for kind, of_kind in sorted(formats.items())}}


def counted(rows: list[Row]) -> dict[str, int]:
    return {
        "documents": len({row.source for row in rows}),
        "quotes": len(rows),
        "marked_equal": sum(row.marked for row in rows),
        "seen_equal": sum(row.seen for row in rows),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--folder", type=Path, action="append", default=[])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        below = Path(scratch)
        settings = Settings(sources=below / "sources", index=below / "index", model="hashing", strictness=0.0)
        gather(settings.sources, given.shared, given.folder)
        rows = check(settings, below / "profile")
    result = summary(rows)
    print(json.dumps(result, indent=1))
    listed = ",\n".join(
        json.dumps({name: value for name, value in asdict(row).items() if value is not None}) for row in rows
    )
    RESULTS.write_text(f'{{"summary": {json.dumps(result)},\n"quotes": [\n{listed}\n]}}\n')


if __name__ == "__main__":
    main()
