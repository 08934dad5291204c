"""Draws example questions from the sources, for people who do not know yet what they can ask.

No text is made up beyond the question's frame: a heading that is a question is taken as it stands, a sentence that opens
with "X is …" or "X are …" gives "What is X?", and a heading gives "What do the sources say about …?".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from assistant.datamodel import Document

_DEFINITION = re.compile(
    r"(?:^|(?<=[.!?]\s)|(?<=\n))(?:(An?|The) )?((?:[A-Za-z][\w’'-]* ){0,3}?[A-Za-z][\w’'-]*) (is|are) (?:an? |the )\w"
)
_PRONOUNS = frozenset(
    "it this that these those there they he she we you i what which who here one such both all some many most each its their "
    "his her our another other first second third next last who not and or but of in on for".split()
)
_LONGEST_HEADING_WORDS = 9
_LOOKED_AT_CHARS = 30_000
_DOCUMENTS = 40


def example_questions(documents: Iterable[Document], count: int) -> list[str]:
    """Suggest questions that the documents answer.

    :param documents: the sources, in stored order.
    :param count: how many at most.
    :returns: different questions, taken from as many documents as possible.
    """
    drawn = [
        list(dict.fromkeys(_questions(document)))[:count]
        for document, _ in zip(documents, range(_DOCUMENTS), strict=False)
    ]
    in_turn = [question for row in zip_longest(*drawn) for question in row if question]
    return list(dict.fromkeys(in_turn))[:count]


def _questions(document: Document) -> Iterator[str]:
    text = document.text
    headings = [" ".join(heading.span.of(text).split()) for heading in document.content.headings]
    yield from (heading for heading in headings if heading.endswith("?") and len(heading) > 12)
    for article, subject, verb in _DEFINITION.findall(text[:_LOOKED_AT_CHARS]):
        vague = article.lower() == "the" and subject.islower()  # "the feature" is known only where it stands
        if not vague and not _PRONOUNS & {word.lower() for word in subject.split()} and len(subject) > 3:
            yield f"What {verb} {_named(article, subject, text)}?"
    for heading in headings[1:]:
        words = len(heading.split())
        if 2 <= words <= _LONGEST_HEADING_WORDS and not heading.endswith((".", "?", ":")) and " | " not in heading:
            yield f"What do the sources say about “{heading.capitalize() if heading.isupper() else heading}”?"


def _named(article: str, subject: str, text: str) -> str:
    """Put a subject into the middle of a sentence: only a word that is also written small loses its capital."""
    if article:
        return f"{article.lower()} {subject}"
    small = subject[0].lower() + subject[1:]
    return small if re.search(rf"\b{re.escape(small)}\b", text) else subject
