"""Which words of a text the question holds too, so that a person sees at a glance why it was found.

Words are compared by the stems that the index searches for; words that say nothing of a subject do not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.datamodel import Span

_WORD = re.compile(r"\w+")
_TELL_NOTHING = frozenset(
    "a an the of in on at to for from by with and or but so as if than then is are was were be been being am do does did has have "
    "had will would can could should shall may might must not no nor what which who whom whose when where why how it its they "
    "them their he him his she her this that these those there one we us our you your i me my about many much some any all "
    "between during also just only say says said tell give show list name please t s".split()
)


def matched_words(question: str, text: str, stems: Callable[[str], list[str]]) -> list[Span]:
    """Find the words that a question and a text share.

    :param question: the question.
    :param text: the text to look in.
    :param stems: lists the stems of a text's words.
    :returns: the words' spans in the text, in its order.
    """
    wanted = {stem for word in _WORD.findall(question) if word.casefold() not in _TELL_NOTHING for stem in stems(word)}
    words = (match for match in _WORD.finditer(text) if match[0].casefold() not in _TELL_NOTHING)
    return [Span(*word.span()) for word in words if wanted & set(stems(word[0]))]
