"""Measures of one answer: does its first quote hold the answer, and is every quote word for word in the source?"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence

from assistant.datamodel import Quote, Span
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


def is_chosen(quoted: str, chosen: Collection[str]) -> bool:
    """Tell whether the quoted words hold a sentence that a person picked, or lie inside one; blanks do not count.

    Worked example: with "It rained ." picked, "It rained." and "rained" count, "It snowed." does not.

    :param quoted: the words shown.
    :param chosen: the sentences picked.
    :returns: true when there is such a sentence.
    """
    words = "".join(quoted.split())
    return any(words in sentence or sentence in words for sentence in ("".join(each.split()) for each in chosen))


def first_quote_holds_answer(quotes: Sequence[Quote], question: GivenQuestion, placement: Placement) -> bool:
    """Tell whether the first quote comes from the right document and paragraph and contains one of the answers.

    The paragraph is the given passage that the quote overlaps most, the rule that retrieved passages are held to. Where
    people picked sentences for a long answer, the quote must be one of them (`is_chosen`). No quote, or a question without
    answers, is never a hit. Averaged over questions with abstention off it measures the reader; with abstentions counted
    as misses it measures what a user gets; over what is read from the right passage alone it leaves retrieval out.

    :param quotes: what was quoted, best first.
    :param question: with the given passage and the answers in it.
    :param placement: where the given passages stand.
    :returns: true for a hit.
    """
    if not quotes:
        return False
    first = quotes[0]
    right_place = placement.passage_at(first.document.source, first.span) == question.passage is not None
    chosen = {sentence for person in question.chosen for sentence in person}
    return right_place and (holds_answer(first.text, question.answers) or is_chosen(first.text, chosen))


def key_f1(quotes: Sequence[Quote], answers: Collection[str]) -> float:
    """`token_f1` of the first quote's key, or of all its words where the reader points at none; no quote scores 0.

    Worked example: a key "1973" against "October 1973" has P = 1, R = 1/2, F1 = 2/3; without a key "It began in 1973."
    has P = 1/4, R = 1/2, F1 = 1/3.

    :param quotes: what was quoted, best first.
    :param answers: the right answers, at least one.
    :returns: from 0 to 1.
    """
    if not quotes:
        return 0.0
    return token_f1((quotes[0].key or quotes[0].span).of(quotes[0].document.text), answers)


def characters_f1(quoted: Sequence[Span], right: Iterable[Sequence[Span]]) -> float:
    """F1 of the characters that were quoted and those of the sentences that a person picked, best over the people.

    ``F1 = 2 · shared / (quoted + picked)``, each the size of a union of spans, so words quoted twice count once: the
    character form of the overlap F1 for sentences that answer (DeYoung et al. 2020, https://arxiv.org/abs/1911.03429;
    sentences picked by people: Rosenthal et al. 2025, https://arxiv.org/abs/2404.02103). Worked example: quoted 0–10
    and 5–20, picked 10–30: 10 shared of 20 and 20, F1 = 0.5.

    :param quoted: the quotes' spans, in one document.
    :param right: the picked sentences' spans of each person, at least one.
    :returns: from 0 to 1, 0 when nothing was quoted.
    """
    shown = _covered(quoted)
    return max(2 * len(shown & picked) / max(1, len(shown) + len(picked)) for picked in map(_covered, right))


def _covered(spans: Iterable[Span]) -> set[int]:
    return {at for span in spans for at in range(span.start, span.end)}


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

    ``F1 = 2PR / (P + R)`` on bags of words after `normalised`, as SQuAD's official script computes it (Rajpurkar et al.
    2016, https://arxiv.org/abs/1606.05250). Worked example: "nearly $12 a barrel" against "nearly $12": words nearly, 12,
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
