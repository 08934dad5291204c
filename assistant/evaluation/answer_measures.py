"""Measures of one answer: does its first quote hold the answer, and is every quote word for word in the source?"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Collection, Iterable

from assistant.datamodel import Answer, Quote
from assistant.evaluation.corpus import Placement
from assistant.evaluation.questions import GivenQuestion

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


def holds_answer(quoted: str, answers: Collection[str]) -> bool:
    """Tell whether the quoted words contain one of the answers, as an exact substring: case, blanks and signs count.

    It is lenient in one way: a short answer may be part of a longer word or number. Worked example: "It began in 1973."
    holds "1973" and "3", not "in  1973" or "It Began".

    :param quoted: the words shown.
    :param answers: the slices of the source that a person marked.
    :returns: true when any of them is in the quote.
    """
    return any(answer in quoted for answer in answers)


def first_quote_holds_answer(answer: Answer, question: GivenQuestion, placement: Placement) -> bool:
    """Tell whether ``quotes[0]`` comes from the right document and paragraph and contains one of the answers.

    The paragraph is the given passage that the quote overlaps most, the rule that retrieved passages are held to. No
    quote, or a question without answers, is never a hit. Averaged over questions with abstention off it measures the
    reader; with abstentions counted as misses it measures what a user gets.

    :param answer: what the assistant replied.
    :param question: with the given passage and the answers in it.
    :param placement: where the given passages stand.
    :returns: true for a hit.
    """
    if not answer.quotes:
        return False
    first = answer.quotes[0]
    right_place = placement.passage_at(first.document.source, first.span) == question.passage is not None
    return right_place and holds_answer(first.text, question.answers)


def exact_quotes(quotes: Iterable[Quote], stored_text: Callable[[str], str]) -> list[bool]:
    """Quote fidelity, quote by quote: is its text the stored text from its start to its end? Must always be so.

    The share of true ones is the quote fidelity; anything below 1.0 is a defect, not a measure of quality.

    :param quotes: what was shown.
    :param stored_text: reads a source's stored text anew.
    :returns: one verdict per quote.
    """
    return [quote.text == quote.span.of(stored_text(quote.citation.source)) for quote in quotes]


def token_f1(found: str, answers: Collection[str]) -> float:
    """SQuAD's F1: harmonic mean of precision and recall of the words shared with an answer, the best over the answers.

    ``F1 = 2PR / (P + R)`` on bags of words after `normalised` (Rajpurkar et al. 2016,
    https://arxiv.org/abs/1606.05250). Worked example: "nearly $12 a barrel" against "nearly $12": words nearly, 12,
    barrel and nearly, 12; P = 2/3, R = 1, F1 = 0.8.

    :param found: the words found.
    :param answers: the right ones; none means that the right thing is to find nothing.
    :returns: from 0 to 1.
    """
    return max((_f1(normalised(found), normalised(answer)) for answer in answers), default=float(not normalised(found)))


def normalised(text: str) -> list[str]:
    """Split into words as SQuAD's evaluation does: lower case, no ASCII punctuation, no articles.

    :param text: any text.
    :returns: its words; "The U.S." gives just "us".
    """
    return _ARTICLES.sub(" ", text.lower().translate(_WITHOUT_PUNCTUATION)).split()


def _f1(found: list[str], right: list[str]) -> float:
    if not found or not right:
        return float(found == right)
    shared = (Counter(found) & Counter(right)).total()
    return 2 * shared / (len(found) + len(right))
