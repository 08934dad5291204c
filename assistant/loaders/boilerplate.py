"""Finds page furniture in text saved from web pages: banners, cookie and share lines, footers, lists of other stories.

Such lines stay in the stored text and stay quotable; they are only marked, so that they rank behind the article's own
sentences. Every rule looks at whole lines or blocks and demands more than one sign where prose could look alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from assistant.datamodel import Span

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
DATE = re.compile(
    rf"(?:(?:mon|tues?|wednes|thurs?|fri|satur|sun)[a-z]*,? )?(?:(?:published|updated|posted)(?: on)?:? )?"
    rf"(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}\.? {_MONTH},? \d{{4}}"
    r"|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4})"
    r"(?:[ ,|•·-]+\d{1,2}:\d\d.{0,12})?",
    re.IGNORECASE,
)
BYLINE = re.compile(r"(?:By|Written by|Author:) [A-Z][^.!?]{2,110}(?:\b(?:Jr|Sr|[A-Z])\.[^.!?]{0,60})*")
_BULLET = re.compile(r"\s*[•·◦▪‣*–-]\s+")
_TRUNCATED = re.compile(r"[\w,;’')\]”\"]\s?(?:\.\.\.|…)(?: ?(?:(?:read )?more|continue reading)\W{0,3})?$", re.I)
_SENTENCE_END = re.compile(r"[.!:;][\"”’')\]]*$")

_CHANNEL = r"(?:facebook|twitter|x|linkedin|instagram|youtube|e-?mail|whatsapp|reddit|pinterest|rss|print|social media)"

# Lines that are furniture by themselves. Each is matched at the start of a line, without its bullet.
_FURNITURE = [
    # government banners
    r"(?:this is )?an official website of ",
    r"here[’']s how you know\W*$",
    r"(?:official|secure) (?:web)?sites? uses? \.(?:gov|mil|edu)\b",
    r"secure \.(?:gov|mil) (?:web)?sites? use https",
    r"(?:a |the )?\.(?:gov|mil) (?:web)?sites? belongs? to an? official ",
    r"the \.(?:gov|mil) means it[’']s official",
    r"a lock ?\(.{0,20}\) ?or https://",
    r"federal government websites often end in",
    r"share sensitive information only on official",
    r"you have accessed part of a historical collection",
    # cookies and consent
    r"(?:we|this (?:web)?site|our (?:web)?sites?)(?: and our partners)?,? uses? cookies\b.*"
    r"\b(?:experience|consent|accept|agree|settings|policy|analy[sz]e|traffic)",
    r"by (?:continuing to (?:use|browse)|using|clicking|browsing).{0,80}\bcookies?\b",
    r"(?:accept|reject|allow|manage|decline)(?: all| non-essential| optional)? (?:cookies|cookie settings)\W*$",
    r"(?:cookies?|privacy) (?:policy|preferences|settings|notice|consent|statement)\W*$",
    # finding one's way
    r"(?:skip|jump) to (?:the )?(?:main |primary )?(?:content|navigation|search|footer|menu|article)\W*$",
    r"(?:toggle|open|close|show|hide|main|primary) (?:navigation|menu|search)\W*$",
    r"back to (?:the )?top\W*$",
    r"home ?(?:[>»›/|] ?[^.>»›/|]{1,50}){1,6}$",
    r"(?:view|see|show|browse|load) (?:all|more)\b[^.!?:]{0,100}$",
    r"(?:continue reading|read more|learn more|load more|show more)\W*$",
    # share, subscribe, sign up
    r"(?:share|tweet|e-?mail|save|print|copy)(?: this)? (?:article|page|story|post|link)\W*$",
    rf"(?:share|tweet|e-?mail|pin)(?: this)?(?: (?:article|page|story|post|link))? (?:on|via|to|by) {_CHANNEL}\W*$",
    rf"(?:share|follow us|connect with us|find us)(?: on| with)?:? ?{_CHANNEL}\b[^.!?]{{0,80}}$",
    rf"{_CHANNEL}(?:[ ,|·•/]+{_CHANNEL})+\W*$",
    r"(?:please )?(?:subscribe|sign up|register)(?: now| today| here)?(?: to| for)[^.!?]{0,60}"
    r"\b(?:newsletters?|mailing list|updates|alerts|emails?|e-mails?|digest)\b.{0,120}$",
    r"(?:get|receive) [^.!?]{0,60}\b(?:delivered |straight |right )?(?:in|to) your (?:inbox|e-?mail)\b.{0,40}$",
    r"enter your e-?mail(?: address)?\b.{0,60}$",
    r"follow us\W*$",
    # footers
    r"(?:copyright )?© ?(?:copyright )?(?:\d{4}|[A-Z]).{0,180}$",
    r"(?:copyright \(c\)|\(c\) copyright|\(c\) ?\d{4}\b(?! ?[%.])).{0,180}$",
    r"copyright,? \d{4}(?: ?[-–] ?\d{4})?\b[^.]{0,80}(?:\.? ?all rights reserved.{0,60})?$",
    r"all rights reserved\W*$",
    r"(?:terms (?:of (?:use|service)|and conditions|& conditions)|privacy(?: policy)?|imprint|contact(?: us)?"
    r"|about(?: us)?|accessibility|sitemap|cookies|foia|home)"
    r"(?: ?[|·•,/] ?(?:[A-Z][\w’&-]*(?: [\w’&-]+){0,4})){1,12}\W*$",
    r"(?:terms (?:of (?:use|service)|and conditions|& conditions))\W*$",
    # picture credits
    r"(?:image|photo|picture|video|graphic|illustration|cover|banner)s?(?: credits?| courtesy(?: of)?| by| source)+ ?:",
    r"(?:credits?|virin|photographer) ?: ?\S",
    r"(?:getty images|ap photo|shutterstock|istock|alamy|reuters)(?:[/ |].{0,60})?$",
]
_FURNITURE_LINE = re.compile("|".join(f"(?:{rule})" for rule in _FURNITURE), re.IGNORECASE)
# Words that head sections elsewhere; furniture only beside lines that are certainly so.
_WEAK_LINE = re.compile(
    r"(?:menu|search|(?:log|sign) ?in|sign ?up|subscribe|share|print|advertisement|sponsored|comments?|close)\W*",
    re.IGNORECASE,
)
_LONGEST_FURNITURE = 400

# Headings above lists of other pages.
_LIST_HEADING = re.compile(
    r"(?:related(?: (?:stories|articles|content|posts?|reading|links|news|topics|coverage|pages|publications))?"
    r"|you (?:might|may|[’']ll)(?: also)? (?:like|enjoy|be interested in)(?: these.{0,40})?"
    r"|more (?:from|on|stories|news|articles|in|like this|coverage)\b[^.!?]{0,60}"
    r"|(?:recommended|picked|suggested)(?: for you| reading| stories| articles)?"
    r"|(?:most|trending|popular|top|latest|recent|featured)"
    r"(?: (?:read|popular|viewed|shared|now|stories|articles|posts|news|publications))+"
    r"|trending|read (?:next|this next|also)|up next|what to read next|keep reading|don[’']t miss"
    r"|editors?[’']s? picks?)\s*[:»>]?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines between two blank ones; ``lines`` are the spans of their words, without blanks at the edges."""

    lines: tuple[Span, ...]
    words: tuple[str, ...]

    @property
    def span(self) -> Span:
        """From the first line's first word to the last line's last."""
        return Span(self.lines[0].start, self.lines[-1].end)

    @property
    def is_dated(self) -> bool:
        """Whether a line is nothing but a date."""
        return any(DATE.fullmatch(_without_bullet(line)) for line in self.words)

    @property
    def is_bulleted(self) -> bool:
        """Whether it begins with a list mark."""
        return bool(_BULLET.match(self.words[0]))

    @property
    def is_byline(self) -> bool:
        """Whether it only names an author."""
        return len(self.words) == 1 and bool(BYLINE.fullmatch(self.words[0]))

    @property
    def is_short(self) -> bool:
        """Whether no line is a sentence."""
        return all(len(line) <= 150 and not _SENTENCE_END.search(line) for line in self.words)

    @property
    def is_lone_line(self) -> bool:
        """Whether it is one short line that could be a heading."""
        return len(self.words) == 1 and self.is_short and not self.is_bulleted and not self.is_byline

    @property
    def is_teaser(self) -> bool:
        """Whether its last line breaks off."""
        return bool(_TRUNCATED.search(self.words[-1]))


def blocks_of(text: str) -> list[Block]:
    """Cut a text into blocks at its blank lines."""
    blocks: list[Block] = []
    lines: list[Span] = []
    for line in re.finditer(r"[^\n]*(?:\n|\Z)", text):
        words = line.group()
        if words.strip():
            start = line.start() + len(words) - len(words.lstrip())
            lines.append(Span(start, start + len(words.strip())))
        elif lines:
            blocks.append(_block(text, lines))
            lines = []
    return blocks + [_block(text, lines)] if lines else blocks


def find_asides(text: str) -> tuple[Span, ...]:
    """Find the ranges of page furniture.

    :param text: a stored text.
    :returns: disjoint spans in order; furniture with only blanks between it is one span. Empty for ordinary text.
    """
    blocks = blocks_of(text)
    found = [*_furniture_lines(blocks), *_listed(blocks), *_teaser_runs(blocks)]
    return _merged(text, found)


def is_furniture(line: str) -> bool:
    """Tell whether one line is furniture by itself or the heading of a list of other pages."""
    words = _without_bullet(line.strip())
    return _is_furniture_line(words) or bool(_LIST_HEADING.fullmatch(words))


def _without_bullet(line: str) -> str:
    return _BULLET.sub("", line, count=1)


def _is_furniture_line(words: str) -> bool:
    return len(words) <= _LONGEST_FURNITURE and bool(_FURNITURE_LINE.match(words))


def _furniture_lines(blocks: list[Block]) -> Iterator[Span]:
    """Yield single lines that are furniture wherever they stand, and weak ones when there are such."""
    pairs = (pair for block in blocks for pair in zip(block.lines, block.words, strict=True))
    lines = [(span, _without_bullet(words)) for span, words in pairs]
    certain = [span for span, words in lines if _is_furniture_line(words)]
    yield from certain
    if certain:
        yield from (span for span, words in lines if _WEAK_LINE.fullmatch(words))


def _listed(blocks: list[Block]) -> Iterator[Span]:
    """Yield lists of other pages under their heading, when they run to the end or look like teasers."""
    index = 0
    while index < len(blocks):
        block, index = blocks[index], index + 1
        if not _heads_a_list(block):
            continue
        members = _list_members(blocks, index - 1)
        index += len(members)
        following = blocks[index] if index < len(blocks) else None
        if following and members and members[-1].is_lone_line:
            members = members[:-1]  # more likely the heading of the prose below it
        known = any(member.is_dated or member.is_teaser or member.is_byline for member in members)
        if known or following is None or (members and _is_furniture_line(following.words[0])):
            yield Span(block.span.start, (members or [block])[-1].span.end)


def _heads_a_list(block: Block) -> bool:
    """Tell whether a block is a heading such as "Related stories", alone or with the list right below it."""
    return bool(_LIST_HEADING.fullmatch(_without_bullet(block.words[0]))) and block.is_short


def _list_members(blocks: list[Block], heading: int) -> list[Block]:
    """Follow a list of other pages until prose begins."""

    def belongs(index: int) -> bool:
        block, before = blocks[index], blocks[index - 1]
        if block.is_short or block.is_teaser or block.is_byline or _is_furniture_line(block.words[0]):
            return True
        return (before.is_dated or before.is_bulleted) and block.span.end - block.span.start <= 250

    return [blocks[i] for i in takewhile(belongs, range(heading + 1, len(blocks)))]


def _teaser_runs(blocks: list[Block]) -> Iterator[Span]:
    """Yield runs of cards: category, date or title, then a text that breaks off, then perhaps who wrote it."""
    index = 0
    while index < len(blocks):
        run, cursor = [], index
        while item := _card(blocks, cursor):
            run.append(item)
            cursor = item[1]
        strong = any(blocks[item[0]].is_bulleted and blocks[item[0]].is_dated for item in run)
        if len(run) >= 2 or strong:
            yield Span(blocks[index].span.start, blocks[cursor - 1].span.end)
        index = max(cursor, index + 1)


def _card(blocks: list[Block], index: int) -> tuple[int, int] | None:
    """Match one card from ``index`` on; return its first block and the one after its last."""
    if index >= len(blocks):
        return None
    first, end = blocks[index], index + 1
    if not first.is_teaser:
        if not (first.is_short and end < len(blocks) and blocks[end].is_teaser) or first.is_byline:
            return None
        end += 1
    elif len(first.words) < 2:
        return None
    signed = end < len(blocks) and blocks[end].is_byline
    if not (first.is_dated or first.is_bulleted or signed):
        return None
    return index, end + signed


def _block(text: str, lines: list[Span]) -> Block:
    return Block(tuple(lines), tuple(line.of(text) for line in lines))


def _merged(text: str, spans: list[Span]) -> tuple[Span, ...]:
    """Sort spans and join those that touch, overlap or have only blanks between them."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and not text[merged[-1].end : span.start].strip():
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)
