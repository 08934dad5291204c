"""From lines in reading order to a page's stored text, and which printed character each stored one is.

The lines of a paragraph are joined by one blank, paragraphs parted by an empty line; headings, list items and the rows of a
table keep lines of their own, a tab between cells. A word divided at a line's end is made whole unless the document elsewhere
writes it with its hyphen. Ligatures become letters. Where it is unsure it keeps the line end, which later stages read as a blank.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from assistant.loaders.pdf_characters import SKEWED, PageCharacters
from assistant.loaders.pdf_layout import ACCENTS
from assistant.loaders.pdf_lines import Line, Piece, gap, parts_cells
from assistant.loaders.pdf_tables import is_below, is_table

_LETTERS = {
    0x02: "-",  # pdfium's mark for a hyphen at a line's end
    0xFFFE: "-",
    0xAD: "-",
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
    0xF0A7: "▪",
    0xF0B7: "•",  # Symbol's bullet, in the private area
}
_ACCENTS = dict(
    zip(
        ACCENTS,
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030c\u0327\u030b",
        strict=True,
    )
)
_SPECIAL = _LETTERS.keys() | _ACCENTS.keys()
_HYPHENS = "-\u2010"
_WORD_GAP = 0.17  # of the letters' height
_INDENT = 0.6
_NARROW = 13  # times the letters' height: such columns say nothing about where a line had to end
_MARKER = re.compile(r"(?:[•◦▪‣■●○–—*·-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxlc]{1,5})[.)]|\[\d{1,3}\])\s+\S")
_ENDS_SENTENCE = re.compile(r"[.!?:;…。！？][\"'”’»)\]]*$")
_LEADERS = re.compile(r"(?:\. ?){4,}|…{2,}")
_DIVIDED = re.compile(rf"([^\W\d_]+(?:[{_HYPHENS}][^\W\d_]+)*)[{_HYPHENS}]$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_COMPOUND = re.compile(rf"[^\W\d_]+[{_HYPHENS}][^\W\d_]+")
_DIVIDED_ADDRESS = re.compile(r"(?:https?://|www\.)\S*[/\-_.=&?#%]$")
_AND = frozenset("und oder bzw sowie and or y o e et ou en of to and/or".split())


@dataclass(slots=True)
class WrittenLine:
    """A line's words; ``sources`` gives for each of their characters the page's character, -1 for a blank put in.

    Where ``row``, it is a table's; ``joints`` are the blanks in ``words`` where a cell goes on in its next line.
    """

    line: Line
    words: str
    sources: list[int]
    row: bool = False
    joints: list[int] = field(default_factory=list)

    def whole(self, vocabulary: Vocabulary) -> WrittenLine:
        """Give it with the words made whole that lines within cells divide."""
        if not self.joints:
            return self
        words, sources = self.words, self.sources
        for at in reversed(self.joints):
            joint = _inner(words[:at], words[at + 1 :], vocabulary)
            end = at if joint == "" else at - 1 if joint == "\b" else at + 1
            words, sources = words[:end] + words[at + 1 :], sources[:end] + sources[at + 1 :]
        return replace(self, words=words, sources=sources, joints=[])


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a document writes with a hyphen within a line, in small letters."""

    compounds: frozenset[str]

    @classmethod
    def of(cls, lines: Iterable[str]) -> Vocabulary:
        """Collect compounds from the middle of lines."""
        return cls(frozenset(_even(word) for words in lines for word in _COMPOUND.findall(words)))

    def keeps_hyphen(self, before: str, after: str) -> bool:
        """Tell whether a hyphen between two halves of a word belongs to it."""
        head, _, tail = _even(before).rpartition("-")
        return bool(head) or f"{tail}-{after.lower()}" in self.compounds


@dataclass(slots=True)
class PageText:
    """A page's text as it grows; ``sources`` as in `WrittenLine`."""

    parts: list[str] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)

    def add(self, words: str, sources: Sequence[int]) -> None:
        """Append words."""
        self.parts.append(words)
        self.sources.extend(sources)

    def drop_last(self) -> None:
        """Take the last character back."""
        self.parts[-1] = self.parts[-1][:-1]
        self.sources.pop()


def _even(word: str) -> str:
    return word.lower().replace("\u2010", "-")


def written(page: PageCharacters, lines: Iterable[Line]) -> list[WrittenLine]:
    """Spell out lines.

    :param page: their characters.
    :param lines: in reading order.
    :returns: the lines that hold a character, table rows with a tab between cells.
    """
    spelt: list[WrittenLine] = []
    for _, region in groupby(lines, key=lambda line: line.region):
        members = list(region)
        rows = _table_rows(members)
        spelt += [_spelt(page, line, id(line) in rows or line.pieces[0].begins_cell) for line in members]
    return [line for line in spelt if line.words]


def _spelt(page: PageCharacters, line: Line, row: bool) -> WrittenLine:
    words: list[str] = []
    sources: list[int] = []
    joints: list[int] = []
    before: Piece | None = None
    for piece in line.pieces:
        if before is not None and (
            between := _between(before, piece, line.size, row) or _before_note(page, before, piece)
        ):
            if row and between == " " and _is_below(piece, before, line.size):
                joints.append(len(sources))
            words.append(between)
            sources.append(-1)
        for letters, members in _signs(page, piece):
            words.append(letters)
            sources.extend(members)
        before = piece
    return WrittenLine(line, "".join(words), sources, row, joints)


def _signs(page: PageCharacters, piece: Piece) -> Iterator[tuple[str, list[int]]]:
    """Yield what a piece's characters are stored as, with the source of each; accents go to the letter below them."""
    codes = page.codes[piece.members].tolist()
    if _SPECIAL.isdisjoint(codes):
        yield from _plain_signs("".join(map(chr, codes)), piece)
        return
    at = 0
    while at < len(codes):
        if at in piece.blanks:
            yield " ", [-1]
        pair = codes[at : at + 2]
        if not _ACCENTS.keys().isdisjoint(pair) and (marked := _accented(page, pair, piece.members[at : at + 2])):
            yield marked
            at += 2
            continue
        letters = _letters(codes[at])
        yield letters, [piece.members[at]] * len(letters)
        at += 1


def _plain_signs(words: str, piece: Piece) -> Iterator[tuple[str, list[int]]]:
    """Yield the words of a piece without ligatures and accents, which is nearly every piece."""
    for start, end in pairwise([0, *sorted(piece.blanks), len(words)]):
        if start in piece.blanks:
            yield " ", [-1]
        yield words[start:end], piece.members[start:end]


def _accented(page: PageCharacters, codes: Sequence[int], members: Sequence[int]) -> tuple[str, list[int]] | None:
    """Join an accent that was printed over a letter, as TeX's old fonts do; None when they stand side by side."""
    if len(codes) < 2 or (codes[0] in _ACCENTS) == (codes[1] in _ACCENTS):
        return None
    accent, base = (0, 1) if codes[0] in _ACCENTS else (1, 0)
    over, under = page.boxes[members[accent]], page.boxes[members[base]]
    shared = min(over[2], under[2]) - max(over[0], under[0])
    if not chr(codes[base]).isalpha() or shared < 0.4 * min(over[2] - over[0], under[2] - under[0]) or shared <= 0:
        return None
    letter = {"ı": "i", "ȷ": "j"}.get(chr(codes[base]), chr(codes[base]))
    joined = unicodedata.normalize("NFC", letter + _ACCENTS[codes[accent]])
    return joined, [members[base], members[accent]][: len(joined)]


def _letters(code: int) -> str:
    return _LETTERS.get(code) or chr(code)


def _between(one: Piece, two: Piece, size: float, row: bool) -> str:
    if parts_cells(one, two, size):
        return "\t" if row else " "
    follows = two.order > one.members[-1]
    below = row and _is_below(two, one, size)
    return " " if gap(one, two) > _WORD_GAP * size or two.led or not follows or below else ""


def _is_below(piece: Piece, before: Piece, size: float) -> bool:
    """Tell whether a piece of a table's row begins the next line of a cell."""
    return before.baseline - piece.baseline > 0.5 * size


def _before_note(page: PageCharacters, one: Piece, two: Piece) -> str:
    """Part a raised number, a footnote's, from a word; a formula's exponent follows one or two letters."""
    raised = two.baseline > one.baseline + 0.2 * one.size and two.size < 0.85 * one.size
    last = range(len(one.members) - 3, len(one.members))
    word = last.start >= 0 and one.blanks.keys().isdisjoint(last[1:])
    word = word and all(chr(page.codes[one.members[at]]).isalpha() for at in last)
    return " " if raised and word and chr(page.codes[two.members[0]]).isdigit() else ""


# ---- tables ----


def _table_rows(lines: Sequence[Line]) -> set[int]:
    """Find the rows of tables: three lines or more in a run, or two with three cells, whose cells stand below each other."""
    found: set[int] = set()
    run: list[Line] = []
    for line in [*lines, None]:
        if line is not None and len(line.cells) > 1 and (not run or is_below(run[-1], line)):
            run.append(line)
            continue
        if is_table(run):
            found |= {id(row) for row in run}
        run = [line] if line is not None and len(line.cells) > 1 else []
    return found


# ---- paragraphs ----


@dataclass(frozen=True, slots=True)
class _Region:
    """The usual measures of a region's lines."""

    left: float
    right: float
    pitches: dict[int, float]

    @classmethod
    def of(cls, lines: Sequence[WrittenLine]) -> _Region:
        rights = sorted(one.line.right for one in lines)
        steps: dict[int, list[float]] = {}
        for one, two in pairwise(lines):
            step = one.line.baseline - two.line.baseline
            if 0.5 * one.line.size < step < 2.2 * one.line.size:
                steps.setdefault(round(one.line.size), []).append(step)
        usual = {size: sorted(some)[(len(some) - 1) // 3] for size, some in steps.items()}
        # the longest of many lines may be an accident, such as a formula that sticks out
        return cls(min(one.line.left for one in lines), rights[int(0.95 * (len(rights) - 1))], usual)

    def pitch(self, size: float) -> float:
        """Give the usual step from line to line of letters of this height."""
        return self.pitches.get(round(size), 1.3 * size)


def compose(lines: Sequence[WrittenLine], vocabulary: Vocabulary, titles: frozenset[str]) -> PageText:
    """Join a page's lines.

    :param lines: in reading order.
    :param vocabulary: of the whole document.
    :param titles: this page's headings as the outline has them, as `plain` leaves them.
    :returns: the page's text without blanks at its ends.
    """
    page = PageText()
    regions = {number: _Region.of(list(members)) for number, members in groupby(lines, key=lambda one: one.line.region)}
    opening = lines[0].line if lines else None
    before: WrittenLine | None = None
    for one in (line.whole(vocabulary) for line in lines):
        joint = ""
        if before is not None and opening is not None:
            joint = _joint(before, one, regions, opening, vocabulary, titles)
            if "\n" in joint:
                opening = one.line
            if joint == "\b":
                page.drop_last()
            else:
                page.add(joint, [-1] * len(joint))
        page.add(one.words, one.sources)
        before = one
    return page


def plain(words: str) -> str:
    """Bring a heading to the letters that its line and the outline's entry share."""
    return re.sub(r"^(?:[A-Z]?\d*(?:\.\d+)*\.?\s+)?", "", " ".join(words.split())).casefold()


def _joint(
    one: WrittenLine,
    two: WrittenLine,
    regions: dict[int, _Region],
    opening: Line,
    vocabulary: Vocabulary,
    titles: frozenset[str],
) -> str:
    """Choose what stands between two lines; a backspace joins a divided word."""
    if one.line.region != two.line.region:
        return _inner(one.words, two.words, vocabulary) if _goes_on_in_next_column(one, two, regions) else "\n\n"
    region = regions[one.line.region]
    if titles and (plain(one.words) in titles) != (plain(two.words) in titles):
        return "\n\n"
    if one.line.turns == SKEWED or (one.line.typewriter and two.line.typewriter):
        return "\n"
    if one.row or two.row:
        return "\n" if one.row and two.row else "\n\n"
    if _apart(one.line, two.line, region):
        return "\n\n"
    if _MARKER.match(two.words) or _LEADERS.search(one.words) or _LEADERS.search(two.words):
        return "\n"
    if _begins_paragraph(one, two, region, opening):
        return "\n\n"
    if _ended_early(one, two, region):
        ended = _ENDS_SENTENCE.search(one.words) and region.right - region.left > _NARROW * one.line.size
        return "\n\n" if ended and not two.words[0].islower() else "\n"
    return _inner(one.words, two.words, vocabulary)


def _apart(one: Line, two: Line, region: _Region) -> bool:
    """Tell whether two lines differ in kind, or stand further apart than a paragraph's lines."""
    small, large = sorted((one.size, two.size))
    if large > 1.17 * small or one.bold != two.bold:
        return True
    step, pitch = one.baseline - two.baseline, region.pitch(one.size)
    return step <= 0 or step > max(1.3 * pitch, pitch + 0.25 * large) or step > 2.2 * large


def _begins_paragraph(one: WrittenLine, two: WrittenLine, region: _Region, opening: Line) -> bool:
    """Tell an indented first line, or the return from a hanging indent."""
    size = two.line.size
    listed = bool(_MARKER.match(one.words))
    indented = two.line.left - one.line.left > _INDENT * size
    if indented and not listed:
        centred = abs(one.line.left + one.line.right - two.line.left - two.line.right) < size
        ended = bool(_ENDS_SENTENCE.search(one.words)) or _ended_early(one, two, region)
        return ended and not centred and two.line.left - one.line.left < 6 * size
    outdented = one.line.left - two.line.left > _INDENT * size
    ended = bool(_ENDS_SENTENCE.search(one.words)) or _ended_early(one, two, region)
    return outdented and one.line is not opening and ended and two.line.left - opening.left < _INDENT * size


def _ended_early(one: WrittenLine, two: WrittenLine, region: _Region) -> bool:
    """Tell whether the next line's first word would have fitted, so that the line end was meant."""
    if region.right - region.left < _NARROW * one.line.size:
        return not two.words[0].islower() or bool(_ENDS_SENTENCE.search(one.words))
    letters = len(two.words.split(maxsplit=1)[0])
    width = (two.line.right - two.line.left) * letters / max(1, len(two.words))
    return region.right - one.line.right > width + 1.5 * one.line.size


def _goes_on_in_next_column(one: WrittenLine, two: WrittenLine, regions: dict[int, _Region]) -> bool:
    """Tell whether a sentence runs on from the foot of a column to the head of the next."""
    beside = two.line.left > one.line.right and two.line.baseline > one.line.baseline
    alike = abs(one.line.size - two.line.size) < 0.06 * one.line.size and one.line.turns == two.line.turns
    full = not _ended_early(one, two, regions[one.line.region])
    return beside and alike and full and two.words[0].islower() and not _ENDS_SENTENCE.search(one.words)


def _inner(one: str, two: str, vocabulary: Vocabulary) -> str:
    """Choose what joins two lines of one paragraph."""
    if _DIVIDED_ADDRESS.search(one):
        return ""
    divided, following = _DIVIDED.search(one), _FIRST_WORD.match(two)
    if divided and following:
        if following[0].lower() in _AND:
            return " "
        if not following[0][0].islower() or vocabulary.keeps_hyphen(divided[1], following[0]):
            return ""
        return "\b"
    return "" if _is_wide(one[-1]) and _is_wide(two[0]) else " "


def _is_wide(sign: str) -> bool:
    """Tell signs of scripts that are written without blanks; Korean has them."""
    return unicodedata.east_asian_width(sign) in ("W", "F") and not "\uac00" <= sign <= "\ud7a3"
