"""Gathers for every question the passage that answers it and look-alikes that do not, as our own pipeline cuts and finds them.

The passages of all sets stand in one index, so a question's look-alikes come from every set. A passage that holds an
answer's words although nobody marked it may answer too: it is left out. The two parts of a split (held back or not) have
an index of their own: nothing of a held-back article is seen in training.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from assistant.datamodel import Query, ScoredPassage, Span
from assistant.evaluation.answer_measures import holds_answer
from assistant.evaluation.questions import GivenPassage
from assistant.training.corpus import Corpus, open_corpus
from assistant.training.sets import TaughtQuestion, set_of

LOOK_ALIKES = 8
BESIDE = 4
"""Look-alikes from the right passage's own page, before the others."""
FOREIGN = 2
_RETRIEVED = 30


@dataclass(frozen=True, slots=True)
class TaughtPassage:
    """A passage as the pipeline cut it, with what is right in it.

    ``sentences``, ``spans`` (where answers stand) are half-open ranges of ``text``; ``right`` numbers the sentences that
    answer. ``title`` is the article's.
    """

    text: str
    title: str
    sentences: list[tuple[int, int]]
    spans: list[tuple[int, int]]
    right: list[int]


@dataclass(frozen=True, slots=True)
class Group:
    """A question with one passage that answers (None: none does), look-alikes, and passages on other subjects."""

    id: str
    set: str
    question: str
    article: str
    positive: TaughtPassage | None
    negatives: list[TaughtPassage]
    foreign: list[TaughtPassage]


def gather(
    passages: Sequence[GivenPassage], questions: Sequence[TaughtQuestion], folder: Path, threads: int
) -> Iterator[Group]:
    """Build an index over the passages and make a group of every question.

    :param passages: of all sets.
    :param questions: asked about them.
    :param folder: where sources and index are kept.
    :param threads: for embedding.
    :yields: a group per question whose passage was found.
    """
    maker = _Maker(open_corpus(passages, folder, threads), {passage.id: passage for passage in passages})
    with click.progressbar(questions, label="Finding look-alikes") as shown:
        for question in shown:
            if group := maker.group(question):
                yield group


def write_groups(groups: Iterator[Group], path: Path) -> None:
    """Keep groups as JSON lines; the file appears when it is whole."""
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8") as file:
        for group in groups:
            file.write(json.dumps(asdict(group), ensure_ascii=False) + "\n")
    unfinished.rename(path)


def read_groups(path: Path) -> list[Group]:
    """Read what `write_groups` wrote."""
    with path.open(encoding="utf-8") as lines:
        return [_group(json.loads(line)) for line in lines]


_Cut = tuple[ScoredPassage, TaughtPassage]
"""A cut of a question's own passage, and what is right in it."""


def _suffice(own: Sequence[_Cut], question: TaughtQuestion) -> bool:
    """Tell whether there is something to learn from: a cut that answers, or any where none does."""
    return any(seen.right or not question.answerable for _, seen in own)


class _Maker:
    def __init__(self, corpus: Corpus, given: dict[str, GivenPassage]) -> None:
        self._corpus, self._given = corpus, given

    def group(self, question: TaughtQuestion) -> Group | None:
        """Sort what is retrieved for a question, and for its own passage's words, into right and wrong."""
        found = self._corpus.retriever.retrieve(Query(question.text), _RETRIEVED)
        own = self._own(found, question)
        if not _suffice(own, question):
            return None
        best = max((seen for _, seen in own), key=lambda each: (bool(each.right), bool(each.spans), len(each.right)))
        beside = [each for each, seen in own if not seen.right]
        others = [
            each
            for each in found
            if self._corpus.place_of(each) != question.passage and not _may_answer(each, question)
        ]
        mine = set_of(question.passage)
        look_alikes = [each for each in others if self._set_of(each) == mine][:LOOK_ALIKES]
        foreign = [each for each in others if self._set_of(each) != mine][:FOREIGN]
        title = self._given[question.passage].title
        return Group(
            question.id,
            question.set,
            question.text,
            title,
            best if question.answerable else None,
            [self._wrong(each) for each in [*beside[:BESIDE], *look_alikes]],
            [self._wrong(each) for each in foreign],
        )

    def _own(self, found: Sequence[ScoredPassage], question: TaughtQuestion) -> list[_Cut]:
        """Pick the cuts of the question's own passage, and look for the one with the answer's words if it is not among them."""
        own = self._cuts(found, question)
        if _suffice(own, question):
            return own
        words = question.chosen[0] if question.chosen else self._given[question.passage].text[:1000]
        known = {each.passage.span for each, _ in own}
        again = self._cuts(self._corpus.retriever.retrieve(Query(words), 5), question)
        return own + [cut for cut in again if cut[0].passage.span not in known]

    def _cuts(self, found: Sequence[ScoredPassage], question: TaughtQuestion) -> list[_Cut]:
        own = [each for each in found if self._corpus.place_of(each) == question.passage]
        return [(each, self._taught(each, question)) for each in own]

    def _set_of(self, scored: ScoredPassage) -> str:
        return set_of(self._corpus.place_of(scored) or "")

    def _wrong(self, scored: ScoredPassage) -> TaughtPassage:
        return TaughtPassage(*self._shape(scored), [], [])

    def _shape(self, scored: ScoredPassage) -> tuple[str, str, list[tuple[int, int]]]:
        span, place = scored.passage.span, self._corpus.place_of(scored)
        sentences = [(each.start - span.start, each.end - span.start) for each in scored.passage.sentences]
        return span.of(scored.document.text), self._given[place].title if place else "", sentences

    def _taught(self, scored: ScoredPassage, question: TaughtQuestion) -> TaughtPassage:
        text, title, sentences = self._shape(scored)
        chosen = [span for words in question.chosen for span in occurrences(words, text)[:1]]
        spans = [span for answer in question.answers for span in occurrences(answer, text)]
        if chosen and spans:
            spans = [span for span in spans if any(a <= span[0] < b for a, b in chosen)] or spans
        return TaughtPassage(text, title, sentences, spans, _right(sentences, spans, chosen, text, question.answers))


def occurrences(words: str, text: str) -> list[tuple[int, int]]:
    """Find words in a text whatever blanks stand between them.

    :param words: an answer or a sentence.
    :param text: a passage.
    :returns: half-open ranges of the text, in order.
    """
    positions = [at for at, character in enumerate(text) if not character.isspace()]
    visible = "".join(text[at] for at in positions)
    wanted = "".join(words.split())
    found, start = [], visible.find(wanted) if wanted else -1
    while start >= 0:
        first, last = positions[start], positions[start + len(wanted) - 1] + 1
        if _whole_words(text, first, last):
            found.append((first, last))
        start = visible.find(wanted, start + 1)
    return found


def mostly_covered(sentences: Sequence[tuple[int, int]], chosen: Sequence[tuple[int, int]]) -> list[int]:
    """Number the sentences of which chosen ranges cover half or more.

    :param sentences: half-open ranges, none empty.
    :param chosen: half-open ranges of the same text.
    :returns: positions in ``sentences``, ascending.
    """
    covered = [sum(max(0, min(b, d) - max(a, c)) for c, d in chosen) / (b - a) for a, b in sentences]
    return [at for at, share in enumerate(covered) if share >= 0.5]


def _whole_words(text: str, start: int, end: int) -> bool:
    left = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    right = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
    return not left and not right


def _right(
    sentences: list[tuple[int, int]],
    spans: list[tuple[int, int]],
    chosen: list[tuple[int, int]],
    text: str,
    answers: Sequence[str],
) -> list[int]:
    """Number the sentences that answer: those a person chose, or those that hold most of the answers' wordings."""
    if chosen:
        return mostly_covered(sentences, chosen)
    if not spans:
        return []
    held = [sum(bool(occurrences(answer, text[a:b])) for answer in answers) for a, b in sentences]
    most = max(held, default=0)
    return [at for at, count in enumerate(held) if most and count == most]


def _may_answer(scored: ScoredPassage, question: TaughtQuestion) -> bool:
    return holds_answer(Span.of(scored.passage.span, scored.document.text), question.answers)


def _group(row: dict) -> Group:  # type: ignore[type-arg]
    def passage(held: dict) -> TaughtPassage:  # type: ignore[type-arg]
        pairs = {name: [tuple(pair) for pair in held[name]] for name in ("sentences", "spans")}
        return TaughtPassage(held["text"], held["title"], pairs["sentences"], pairs["spans"], held["right"])

    positive = passage(row["positive"]) if row["positive"] else None
    others = {name: [passage(each) for each in row[name]] for name in ("negatives", "foreign")}
    return Group(
        row["id"], row["set"], row["question"], row["article"], positive, others["negatives"], others["foreign"]
    )
