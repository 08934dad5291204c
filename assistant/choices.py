"""Notices that a short question has several readings: the passages found for it are near-equal and of different places.

Careful on purpose: a question of many telling words, or with one passage clearly ahead, gets no choices.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.datamodel import Choice, ScoredPassage
from assistant.leaning import content_words
from assistant.retrievers.fused import summed

MOST_WORDS = 3
"""Telling words of a question that may be vague."""
NEAR = 0.06
"""How far a score may lie below the best (about 1 to 1.9 for a good passage) and still be near-equal."""
MOST_CHOICES = 4
_LONGEST_LABEL = 80


def choices_of(question: str, passages: Sequence[ScoredPassage]) -> tuple[Choice, ...]:
    """Tell the readings of a question apart.

    :param question: the question as it was understood.
    :param passages: what was retrieved for it, best first.
    :returns: two to four choices, best first; none where the question is clear, or where there are too many to choose from.
    """
    if not passages or len(content_words(question)) > MOST_WORDS:
        return ()
    scores = [_score(scored) for scored in passages]
    near = [scored for scored, score in zip(passages, scores, strict=True) if score >= max(scores) - NEAR]
    by_document = {scored.document.source: scored for scored in reversed(near)}
    by_section = {_section(scored): scored for scored in reversed(near)}
    chosen = by_document if len(by_document) > 1 else {} if None in by_section else by_section
    found = [scored for scored in near if any(scored is each for each in chosen.values())]
    several = len(by_document) > 1
    return tuple(_choice(scored, several) for scored in found) if 2 <= len(found) <= MOST_CHOICES else ()


def _score(scored: ScoredPassage) -> float:
    told = scored.signals
    return summed(told.dense, told.lexical, told.best_sentence)


def _section(scored: ScoredPassage) -> str | None:
    section = scored.passage.section
    return " ".join(section.of(scored.document.text).split()) if section else None


def _choice(scored: ScoredPassage, several: bool) -> Choice:
    """Label a reading by its document's title where there are several, else by its section."""
    section, document = _section(scored), scored.document
    label = (document.title if several else section) or document.source
    return Choice(" ".join(label.split())[:_LONGEST_LABEL], document.source, section)
