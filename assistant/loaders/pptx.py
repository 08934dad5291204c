"""PowerPoint presentations (.pptx), through python-pptx.

It is the library made for the format: MIT licence, stable for years, parses with entities switched off, skips broken
relationships. Each slide becomes a part labelled by its title, slides without text included; text stands in the order
of the slide's shapes (the order a screen reader follows) with the title first, tables row by row, diagrams by their
entries, speaker notes last behind "Notes:". Dates, footers and slide numbers are left out. Slides hidden from the show are
read, since the editor shows them, too.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from assistant.datamodel import Content
from assistant.errors import UnreadableFile
from assistant.loaders.base import has_words, one_line, require_words, stem_of
from assistant.loaders.parting import PartedComposer, numbered
from assistant.loaders.tabular import row_line
from assistant.loaders.zipped import damaged, media_type_of, opened

NOTES = "Notes:"

_NOUN = "PowerPoint presentation"
_TYPES = re.compile(
    r"application/(?:vnd\.openxmlformats-officedocument\.presentationml|vnd\.ms-powerpoint)\.", re.IGNORECASE
)
_NO_TITLE = re.compile(r"(?:powerpoint[ -]presentation|presentation|slide ?\d*|title)", re.IGNORECASE)
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DEEPEST_INDENT = 8


class PptxLoader:
    """Reads presentations, slide shows, templates, and those with macros (which are never run)."""

    suffixes = frozenset({".pptx", ".pptm", ".ppsx", ".potx"})
    media_type = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

    def claims(self, data: bytes) -> bool:
        """Tell whether the archive says that it is a presentation."""
        return bool(_TYPES.match(media_type_of(data) or ""))

    def load(self, data: bytes, name: str) -> Content:
        """Read every slide.

        :param data: the whole file.
        :param name: its name, for a title where the presentation has none.
        :returns: the slides' texts; with a warning naming slides without text and those that could not be read.
        :raises UnreadableFile: when the file is damaged, protected, exceeds a limit, or holds no text.
        """
        opened(data, _NOUN)
        composer, failed = PartedComposer(), list[int]()
        try:
            presentation = _presentation(data)
            slides = list(presentation.slides)
            title = _title(presentation)
        except Exception:  # python-pptx raises KeyError, ValueError and lxml's errors on damaged packages
            raise UnreadableFile(damaged(_NOUN)) from None
        for number, slide in enumerate(slides, start=1):
            try:
                blocks = list(_blocks(slide))
            except Exception:  # as above; one slide's damage is no reason to lose the others
                blocks = []
                failed.append(number)
            _add_slide(composer, number, blocks)
        require_words(composer.text)
        return Content(
            text=composer.text,
            media_type=self.media_type,
            title=title or stem_of(name),
            parts=composer.parts,
            headings=tuple(composer.headings),
            warnings=tuple(_warnings(composer.empty_numbers, failed)),
        )


def _presentation(data: bytes) -> Any:
    """Open the package; unlike python-pptx's own function also slide shows and templates."""
    from pptx.package import Package

    return Package.open(io.BytesIO(data)).main_document_part.presentation


def _title(presentation: Any) -> str:
    title = one_line(str(presentation.core_properties.title or ""))
    return "" if not has_words(title) or _NO_TITLE.fullmatch(title) else title


def _add_slide(composer: PartedComposer, number: int, blocks: list[tuple[str, bool]]) -> None:
    """Add a slide as a part that its title names."""
    composer.begin("slide", number, next((words for words, is_title in blocks if is_title), ""))
    for words, is_title in blocks:
        composer.add(words, 1 if is_title else None)


def _warnings(empty: list[int], failed: list[int]) -> Iterator[str]:
    if failed:
        yield f"{numbered('slide', failed)} could not be read"
    if silent := [number for number in empty if number not in failed]:
        yield f"{numbered('slide', silent)} {'has' if len(silent) == 1 else 'have'} no text (text in pictures is not read)"


def _blocks(slide: Any) -> Iterator[tuple[str, bool]]:
    """Yield the blocks of a slide, and which of them is its title."""
    shapes = list(_flattened(slide.shapes))
    title = slide.shapes.title
    title_id = title.shape_id if title is not None else None
    if title is not None and has_words(title.text_frame.text):
        yield " ".join(title.text_frame.text.split()), True
    for shape in shapes:
        if shape.shape_id != title_id or not shape.is_placeholder:
            for words in _shape_blocks(shape):
                yield words, False
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None and has_words(notes.text):
        yield f"{NOTES} {notes.text.strip()}", False


def _flattened(shapes: Iterable[Any]) -> Iterator[Any]:
    """Yield shapes in order, those of groups in their place."""
    waiting = list(reversed(list(shapes)))
    while waiting:
        shape = waiting.pop()
        if hasattr(shape, "shapes"):
            waiting += reversed(list(shape.shapes))
        else:
            yield shape


def _shape_blocks(shape: Any) -> Iterator[str]:
    """Yield the blocks of one shape; nothing for dates, footers and slide numbers."""
    if getattr(shape, "has_table", False):
        yield "\n".join(filter(None, (row_line([cell.text for cell in row.cells]) for row in shape.table.rows)))
    elif getattr(shape, "has_text_frame", False):
        kind = _placeholder(shape)
        if kind not in ("DATE", "FOOTER", "SLIDE_NUMBER", "HEADER"):
            yield from _frame_blocks(shape.text_frame, kind in ("BODY", "OBJECT"))
    else:
        yield from _diagram_blocks(shape)


def _placeholder(shape: Any) -> str:
    kind = shape.placeholder_format.type if shape.is_placeholder else None
    return "OBJECT" if shape.is_placeholder and kind is None else getattr(kind, "name", "")


def _frame_blocks(frame: Any, bulleted: bool) -> Iterator[str]:
    """Yield paragraphs as blocks; those with a bullet or number that follow each other are one list."""
    items: list[str] = []
    numbers: dict[int, int] = {}
    paragraphs = [each for each in frame.paragraphs if has_words(each.text)]
    for paragraph in paragraphs:
        marker = _marker(paragraph, bulleted and len(paragraphs) > 1, numbers)
        if marker:
            items.append("  " * min(paragraph.level, _DEEPEST_INDENT) + f"{marker} {' '.join(paragraph.text.split())}")
            continue
        yield "\n".join(items)
        items = []
        yield paragraph.text
    yield "\n".join(items)


def _marker(paragraph: Any, bulleted: bool, numbers: dict[int, int]) -> str:
    """Give what stands before a paragraph; bodies have bullets unless the paragraph says otherwise."""
    properties = paragraph._p.pPr  # its bullet is not part of python-pptx's interface
    children = {child.tag: child for child in properties} if properties is not None else {}
    level = paragraph.level
    for deeper in [each for each in numbers if each > level]:
        del numbers[deeper]
    if (automatic := children.get(f"{_A}buAutoNum")) is not None:
        start = automatic.get("startAt") or "1"
        numbers[level] = numbers.get(level, (int(start) if start.isdigit() else 1) - 1) + 1
        return f"{numbers[level]}."
    if f"{_A}buNone" in children:
        return ""
    return "-" if bulleted or f"{_A}buChar" in children or f"{_A}buBlip" in children else ""


def _diagram_blocks(shape: Any) -> Iterator[str]:
    """Yield the entries of a diagram (SmartArt), whose text lies in a part of its own."""
    from pptx.oxml import parse_xml

    for reference in shape._element.iter(f"{_DIAGRAM}relIds"):
        root = parse_xml(shape.part.related_part(reference.get(f"{_R}dm")).blob)
        entries = ("".join(t.text or "" for t in each.iter(f"{_A}t")) for each in root.iter(f"{_A}p"))
        yield "\n".join(f"- {' '.join(words.split())}" for words in entries if has_words(words))
