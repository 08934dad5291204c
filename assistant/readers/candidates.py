"""The sentences that might be quoted, and what is known of each: its signals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.datamodel import ScoredPassage, Span
from assistant.question_types import EXPLANATIONS, kind_of, offers
from assistant.readers.network import PassageView, SentenceView
from assistant.telling_words import TellingWords, Vocabulary

SENTENCE_SIGNALS = (
    "similarity",
    "passage_similarity",
    "lexical",
    "best_sentence",
    "coverage",
    "nearby",
    "phrases",
    "offers",
    "evidence",
    "span",
    "answers",
    "passage_coverage",
    "passage_phrases",
    "named",
)

# Set by hand, since the data that the weights are fitted on hardly has headings that are quoted, nor page furniture. The weight
# of form is the best of 0 to 1.7 for the first quote of our own held-back questions; a high one picks any sentence with "because".
_HEADING_PENALTY = 4.0
_QUESTION_PENALTY = 1.5
_ASIDE_PENALTY = 2.0
_ANNOUNCEMENT_PENALTY = 3.0
_FORM_WEIGHT = 0.45
# "Before we explain …, it is important to know …": words about what the text is going to say, which say nothing yet.
_ANNOUNCES = re.compile(
    r"\b(?:before (?:we|i) \w+|let us|let[’']s|(?:we|i) (?:will|shall|now) (?:\w+ )?(?:explain|describe|discuss|show|look|turn)|"
    r"it(?:[’']s| is) important to (?:know|note|understand)|this (?:section|chapter|article|page|report) (?:\w+ )?"
    r"(?:explains?|describes?|discusses|looks|shows?))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that might be quoted, with its place in its passage and its signals (`SENTENCE_SIGNALS`).

    ``penalty`` is for what is seldom an answer and lowers the confidence too; ``form`` is for sentences that have, or lack,
    the form that is asked for, and only ranks them.
    """

    passage: ScoredPassage
    at: int
    signals: tuple[float, ...]
    penalty: float
    form: float
    key: Span | None

    @property
    def span(self) -> Span:
        """The sentence's span in its document."""
        return self.passage.passage.sentences[self.at]

    @property
    def text(self) -> str:
        """The sentence's words."""
        return self.span.of(self.passage.document.text)

    @property
    def words(self) -> str:
        """The same for comparing: one blank between words, no capitals."""
        return " ".join(self.text.split()).casefold()


class Asked:
    """A question: its telling words, and what it asks for.

    :param text: the question.
    :param vocabulary: the words of the index that is read.
    """

    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text = text
        self.kind = kind_of(text)
        self._words = TellingWords(text, vocabulary)

    def candidates(self, scored: ScoredPassage, view: PassageView) -> Iterator[Candidate]:
        """Make a candidate of every sentence of a passage.

        :param scored: the passage.
        :param view: what the network says of it.
        :yields: the sentences, in order.
        """
        before: frozenset[str] = frozenset()
        for at, (span, seen) in enumerate(zip(scored.passage.sentences, view.sentences, strict=True)):
            words = self._words.of(span.of(scored.document.text))
            yield self._candidate(scored, at, words, before, view.answers, seen)
            before = frozenset(words)

    def _candidate(
        self,
        scored: ScoredPassage,
        at: int,
        words: list[str],
        before: frozenset[str],
        answers: float,
        seen: SentenceView,
    ) -> Candidate:
        found, span = scored.signals, scored.passage.sentences[at]
        offered = offers(self.kind, span.of(scored.document.text), self.text)
        form = self.kind in EXPLANATIONS
        signals = (
            scored.sentence_similarities[at], found.dense, found.lexical, found.best_sentence,
            self._words.share(words), self._words.share(before.difference(words)), self._words.phrases(words),
            0.0 if form else offered, seen.evidence, seen.span, answers,
            found.coverage, found.phrases, found.named,
        )  # fmt: skip
        return Candidate(scored, at, signals, _penalty(scored, span), _FORM_WEIGHT * offered if form else 0.0, seen.key)


def matrix(candidates: Sequence[Candidate]) -> np.ndarray:
    """Put signals together. *Shape:* ``(n_candidates, len(SENTENCE_SIGNALS))``."""
    return np.array([candidate.signals for candidate in candidates])


def _penalty(scored: ScoredPassage, span: Span) -> float:
    text = span.of(scored.document.text)
    heading = any(heading.span == span for heading in scored.document.content.headings)
    penalties = (
        (heading, _HEADING_PENALTY),
        (text.endswith("?"), _QUESTION_PENALTY),
        (scored.passage.aside, _ASIDE_PENALTY),
        (_ANNOUNCES.search(text) is not None, _ANNOUNCEMENT_PENALTY),
    )
    return sum(penalty for applies, penalty in penalties if applies)
