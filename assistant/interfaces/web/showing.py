"""An answer as the data that the page shows and that conversations keep: ``ask --json`` with a few things more.

Each quote also has ``title`` (empty when it is only the file's name), ``place`` (its citation in words), ``dated`` (when the
file was last changed), ``matched`` (spans of the words that the question holds too) and ``why`` (ranks and similarities); the
answer has ``coverage``. Nothing here is HTML.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.datamodel import Answer, Quote, Signals, Span
from assistant.interfaces.render import answer_json, citation_label, coverage_line, visible
from assistant.loaders.base import stem_of

if TYPE_CHECKING:
    from assistant.answering import Assistant

Shown = dict[str, Any]


def shown_answer(answer: Answer, assistant: Assistant) -> Shown:
    """Collect what is shown of an answer.

    :param answer: what the assistant replied.
    :param assistant: who replied.
    :returns: a JSON object.
    """
    shown = answer_json(answer)
    question = answer.resolved_question
    for name, quotes in (("quotes", answer.quotes), ("closest", answer.closest)):
        for told, quote in zip(shown[name], quotes, strict=True):
            told.update(_more(quote, assistant, question))
    return {**shown, "coverage": coverage_line(assistant.status())}


def _more(quote: Quote, assistant: Assistant, question: str) -> Shown:
    citation, start = quote.citation, quote.span.start
    matched = [Span(start + word.start, start + word.end) for word in assistant.matched_words(question, quote.text)]
    return {
        "title": "" if citation.title == stem_of(citation.source) else visible(citation.title),
        "place": citation_label(citation),
        "dated": _changed_on(assistant.settings.sources / citation.source),
        "matched": [[word.start, word.end] for word in matched],
        "why": why(quote, matched),
    }


def why(quote: Quote, matched: list[Span]) -> str:
    """Say in a line why a passage was found.

    :param quote: the quote, with the signals of its passage.
    :param matched: the words that the question holds too.
    :returns: for example ``Words matched: bridge, opened. Rank 1 by meaning (0.71) and 2 by words (0.93). Reader’s score 0.88.``
    """
    words = dict.fromkeys(word.of(quote.document.text).casefold() for word in matched)
    opening = f"Words matched: {', '.join(map(visible, words))}. " if words else "No word matched. "
    ranks = _ranks(quote.signals) if quote.signals else ""
    return f"{opening}{ranks}Reader’s score {quote.score:.2f}."


def _ranks(signals: Signals) -> str:
    meaning = f"by meaning (similarity {signals.dense:.2f}, best sentence {signals.best_sentence:.2f})"
    words = f"by words ({signals.lexical:.0%} of the best)"
    ranked = [f"{rank} {what}" for rank, what in ((signals.dense_rank, meaning), (signals.lexical_rank, words)) if rank]
    return f"Rank {' and '.join(ranked)}. " if ranked else ""


def _changed_on(path: Path) -> str | None:
    """Give the day on which a file was last changed, None when it is gone."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    except (OSError, ValueError, OverflowError):
        return None
