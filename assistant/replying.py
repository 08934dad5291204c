"""Replies to talk: a short, fixed and honest repertoire, which never pretends to have understood more than it has.

Greetings, thanks and questions about the assistant get a sentence. "Say that again", "more", "where does that come from?"
and "only in …" ask the question before them anew, which is found in the turns; nothing is remembered besides. A page that is
asked for is quoted passage by passage. Requests that need a writer are told so, with the passages that come closest; who
asks for an opinion on a subject is told so too, and gets what the sources say of it.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from assistant.datamodel import Answer, Document, Part, Passage, Quote, Span, Turn
from assistant.talk import Talk, TalkKind, talk_in
from assistant.wording import count_of

GREETING = "Hello. Ask a question, and I quote what your sources say about it, word for word."
THANKS = "You are welcome. Ask the next question whenever you like."
FAREWELL = "Goodbye."
ABILITIES = (
    "I look a question up in your sources and quote the sentences that answer it, word for word, with their place. "
    "I cannot write, translate, summarise or judge, and when your sources don't say, I say so. "
    "You can also ask for “more”, “only in” one source, “where does that come from?”, or what a page says."
)
CANNOT = "I only quote, so I cannot {task}."
SOURCES_SAY = " Your sources say:"
CLOSEST = " These passages of your sources come closest:"
AGAIN = "Once more:"
MORE = "More from your sources:"
NO_MORE = "Your sources hold nothing more that comes close."
WHERE = "The words stand here:"
WHERE_NOT = "Nothing was quoted; these passages only came closest:"
NOTHING_BEFORE = "There is no question before this one; ask one first."
ONLY = "Only in {names}:"
ONLY_WHAT = "To search only in {names}, put the question behind it, like this: only in {name}: …"
NO_SUCH_SOURCE = "No source is named “{name}”. {sources}"
NO_SUCH_PLACE = "{source} has no {kind} {label}{most}."
WHICH_SOURCE = "Say which source is meant, like this: {kind} {label} of {name}. {sources}"

_NAMES_LISTED = 12
_MORE_AT_MOST = 10
_NOT_IN_NAMES = frozenset(
    "a an the this that these those my our your of in on from and one only source document file report paper pdf text book".split()
)
_DOCUMENT_WORDS = frozenset(
    "source sources document documents file files report reports paper papers pdf docx md txt html".split()
)


class Desk(Protocol):
    """What replies are made with; `Assistant` lends one for a single question."""

    @property
    def sources(self) -> Sequence[str]:
        """The names of all sources."""
        ...

    @property
    def index(self) -> str:
        """The generation that is asked."""
        ...

    def document(self, source: str) -> Document:
        """Fetch one of `sources`."""
        ...

    def passages_of(self, source: str) -> list[Passage]:
        """Fetch the passages of one of `sources`, in reading order."""
        ...

    def ask(
        self, question: str, turns: Sequence[Turn], sources: Sequence[str], without: Sequence[Quote] = ()
    ) -> Answer:
        """Answer a question, leaving out passages that hold one of the quotes ``without``."""
        ...

    def closest(self, question: str, turns: Sequence[Turn], sources: Sequence[str]) -> Answer:
        """Find the passages closest to a question, and answer nothing."""
        ...


class _Before(NamedTuple):
    """The question that talk refers to, the turns before it, what it was limited to, and the "more" since."""

    question: str
    turns: Sequence[Turn]
    sources: tuple[str, ...]
    times_more: int


def reply_to(talk: Talk, message: str, turns: Sequence[Turn], desk: Desk, sources: Sequence[str] = ()) -> Answer | None:
    """Reply to talk.

    :param talk: what `talk_in` recognised.
    :param message: what was typed.
    :param turns: the turns before it, oldest first.
    :param desk: the sources, and the way to ask them.
    :param sources: globs that the quoted sources' paths must match, none for all sources.
    :returns: the reply; None when the message is a question after all, because it names no source or place there is.
    """
    answer = _HANDLERS[talk.kind](talk, turns, desk, tuple(sources))
    if answer is None:
        return None
    return replace(answer, question=message, resolved_question=answer.resolved_question or message, talk=talk.kind)


def sources_named(name: str, sources: Sequence[str]) -> list[str]:
    """Find the sources that a person means by a name.

    :param name: a path, a file's name with or without its ending, a folder, a pattern with ``*``, or words of a name.
    :param sources: the paths to choose from.
    :returns: those of the first way in which any matches, in the given order; none for words like "the report" alone.
    """
    wanted = name.strip().strip("/").casefold()
    ways: tuple[Callable[[str], bool], ...] = (
        lambda path: wanted in (path.casefold(), _stem(path), path.casefold().rpartition("/")[2]),
        lambda path: path.casefold().startswith(f"{wanted}/"),
        lambda path: "*" in wanted and re.fullmatch(re.escape(wanted).replace(r"\*", ".*"), path.casefold()) is not None,
        lambda path: bool(_telling(wanted)) and _telling(wanted) <= _words(path),
    )  # fmt: skip
    return next((found for way in ways if (found := [path for path in sources if way(path)])), [])


def _stem(path: str) -> str:
    return path.casefold().rpartition("/")[2].rpartition(".")[0]


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", text.casefold()))


def _telling(name: str) -> frozenset[str]:
    return _words(name) - _NOT_IN_NAMES


def _said(reply: str, desk: Desk) -> Answer:
    """Reply with a sentence alone."""
    return Answer("", "", False, 0.0, (), (), desk.index, reply=reply)


def _names(sources: Sequence[str]) -> str:
    shown = ", ".join(sources[:_NAMES_LISTED])
    more = len(sources) - _NAMES_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def _holdings(desk: Desk) -> str:
    return f"I search {count_of(len(desk.sources), 'source')}: {_names(desk.sources)}."


def _before(turns: Sequence[Turn], desk: Desk) -> _Before | None:
    """Find the question that was asked last, with the limits and the "more" that came after it."""
    sources: tuple[str, ...] = ()
    times_more = 0
    for at in reversed(range(len(turns))):
        if turns[at].role != "user":
            continue
        talk = talk_in(turns[at].content)
        if talk and talk.kind == "only" and not sources:
            sources = tuple(map(glob.escape, sources_named(talk.about, desk.sources)))
        if talk is None or talk.question or (talk.kind == "only" and not sources):
            return _Before(talk.question if talk and sources else turns[at].content, turns[:at], sources, times_more)
        times_more += talk.kind == "more"
    return None


def _asked_anew(
    say: Callable[[Answer], str],
) -> Callable[[Talk, Sequence[Turn], Desk, tuple[str, ...]], Answer]:
    """Make a handler that asks the question before anew, and says something in front of the answer."""

    def handler(talk: Talk, turns: Sequence[Turn], desk: Desk, sources: tuple[str, ...]) -> Answer:
        before = _before(turns, desk)
        if before is None:
            return _said(NOTHING_BEFORE, desk)
        answer = desk.ask(before.question, before.turns, sources or before.sources)
        return replace(answer, reply=say(answer))

    return handler


def _more(talk: Talk, turns: Sequence[Turn], desk: Desk, sources: tuple[str, ...]) -> Answer:
    """Answer the question before from what was neither quoted nor shown for it yet."""
    before = _before(turns, desk)
    if before is None:
        return _said(NOTHING_BEFORE, desk)
    seen: list[Quote] = []
    for _ in range(min(before.times_more, _MORE_AT_MOST) + 1):
        answer = desk.ask(before.question, before.turns, sources or before.sources, seen)
        seen += [*answer.quotes, *answer.closest]
    answer = desk.ask(before.question, before.turns, sources or before.sources, seen)
    return replace(answer, reply=MORE if answer.quotes or answer.closest else NO_MORE)


def _only(talk: Talk, turns: Sequence[Turn], desk: Desk, sources: tuple[str, ...]) -> Answer | None:
    """Ask the question before, or the one given with it, of the named sources alone."""
    before = _before(turns, desk)
    named = sources_named(talk.about, desk.sources) or _pointed_at(talk.about, before, desk)
    if not named:
        no_such = NO_SUCH_SOURCE.format(name=talk.about, sources=_holdings(desk))
        return _said(no_such, desk) if _words(talk.about) & _DOCUMENT_WORDS else None
    if not talk.question and before is None:
        return _said(ONLY_WHAT.format(names=_names(named), name=named[0]), desk)
    question, earlier = (talk.question, turns) if talk.question or before is None else (before.question, before.turns)
    answer = desk.ask(question, earlier, tuple(map(glob.escape, named)))
    return replace(answer, reply=ONLY.format(names=_names(named)))


def _pointed_at(name: str, before: _Before | None, desk: Desk) -> list[str]:
    """Take "this document", or no name at all, for the document quoted last."""
    if _telling(name) - {"there", "here", "it", "same", "first"} or before is None:
        return []
    answer = desk.ask(before.question, before.turns, before.sources)
    return [quote.document.source for quote in (*answer.quotes, *answer.closest)[:1]]


def _page(talk: Talk, turns: Sequence[Turn], desk: Desk, sources: tuple[str, ...]) -> Answer | None:
    """Quote a page, passage by passage; in a document that has no such places the message is a question."""
    named = sources_named(talk.within, desk.sources) if talk.within else []
    if talk.within and not named:
        named = _pointed_at(talk.within, _before(turns, desk), desk)
        if not named:
            return None
    documents = [
        desk.document(source) for source in named or _pointed_at("", _before(turns, desk), desk) or desk.sources
    ]
    placed = [each for each in documents if any(part.kind == talk.place for part in each.content.parts)]
    if not placed:
        return _said(NO_SUCH_PLACE.format(source=documents[0].source, kind=talk.place, label=talk.about, most=""), desk) if (
            talk.place == "page" and len(documents) == 1
        ) else None  # fmt: skip
    if len(placed) > 1:
        which = WHICH_SOURCE.format(kind=talk.place, label=talk.about, name=placed[0].source, sources=_holdings(desk))
        return _said(which, desk)
    return _quoted_page(talk, placed[0], desk)


def _quoted_page(talk: Talk, document: Document, desk: Desk) -> Answer:
    part = _part(document, talk)
    if part is None:
        count = sum(each.kind == talk.place for each in document.content.parts)
        most = f"; it has {count_of(count, talk.place or 'page')}"
        return _said(NO_SUCH_PLACE.format(source=document.source, kind=talk.place, label=talk.about, most=most), desk)
    quotes = tuple(
        Quote(document, span, 1.0, section=passage.section)
        for passage in desk.passages_of(document.source)
        if (span := _within(passage, part.span))
    )
    reply = f"{(talk.place or 'page').capitalize()} {talk.about} of {document.source}:"
    answer = replace(_said(reply, desk), answered=bool(quotes), quotes=quotes, confidence=float(bool(quotes)))
    return answer if quotes else replace(answer, reply=f"{reply[:-1]} holds no text that can be quoted.")


def _part(document: Document, talk: Talk) -> Part | None:
    """Find a place by what is printed on it, else by its number in the file."""
    parts = [part for part in document.content.parts if part.kind == talk.place]
    if talk.about == "last":
        return parts[-1]
    by_label = (part for part in parts if part.label.casefold() == talk.about.casefold())
    return next(by_label, next((part for part in parts if str(part.number) == talk.about), None))


def _within(passage: Passage, span: Span) -> Span | None:
    """Cut a passage to those of its sentences that start inside a span."""
    inside = [sentence for sentence in passage.sentences if span.contains(sentence.start)]
    return Span(inside[0].start, inside[-1].end) if inside else None


def _request(talk: Talk, turns: Sequence[Turn], desk: Desk, sources: tuple[str, ...]) -> Answer:
    """Say that it cannot be done; answer what an opinion is asked on, else show what comes closest to the subject."""
    cannot = CANNOT.format(task=talk.task)
    if talk.question:
        answer = desk.ask(talk.question, turns, sources)
    elif talk.about:
        answer = desk.closest(talk.about, turns, sources)
    elif before := _before(turns, desk):
        answer = desk.closest(before.question, before.turns, sources or before.sources)
    else:
        return _said(cannot, desk)
    return replace(answer, reply=cannot + (SOURCES_SAY if answer.answered else CLOSEST))


def _sentence(reply: str) -> Callable[[Talk, Sequence[Turn], Desk, tuple[str, ...]], Answer]:
    return lambda talk, turns, desk, sources: _said(reply, desk)


_HANDLERS: Mapping[TalkKind, Callable[[Talk, Sequence[Turn], Desk, tuple[str, ...]], Answer | None]] = {
    "greeting": _sentence(GREETING),
    "thanks": _sentence(THANKS),
    "farewell": _sentence(FAREWELL),
    "abilities": _sentence(ABILITIES),
    "sources": lambda talk, turns, desk, sources: _said(_holdings(desk), desk),
    "again": _asked_anew(lambda answer: AGAIN),
    "more": _more,
    "where": _asked_anew(lambda answer: WHERE if answer.answered else WHERE_NOT),
    "only": _only,
    "page": _page,
    "request": _request,
}
