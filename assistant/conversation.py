"""Stage 7, converse: from the turns before and a question to a question that stands alone.

Simple and visible: a question that leans on what was said (a pronoun, "and …?", "what about …?", or hardly a word of its own)
is given the telling words of the question before it, in brackets, so that a person sees what was understood.
English only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.datamodel import Turn

_LEANING = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|one|ones|same|such|former|latter|"
    r"others?|another|else|more|too|also|again)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^\W*(?:and|but|so|or|then|what about|how about|why not|why|how so|which ones?|when|where|who|how)\b\W*",
    re.IGNORECASE,
)
_ONLY_OPENING = re.compile(r"^\W*(?:and|but|so|or|what about|how about)\b", re.IGNORECASE)
# "that" and "there" point back only when they are not "that <noun>…" clauses or "is there".
_NOT_LEANING = re.compile(
    r"\b(?:(?:is|are|was|were|does|do|did|will|would|can|could) (?:it|there) (?=\w+ (?:to|that)\b)|(?:is|are|was|were) there\b|"
    r"there (?:is|are|was|were)\b|\w+ that (?:is|are|was|were|has|have|had|can|will|would|\w+s|\w+ed)\b|more than|"
    r"(?:one|two|three|\d+) (?:or|of|and)\b|no one|(?<!which )one\W+(?=\w))",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w'’-]+")
_STOP = frozenset(
    "a an the of in on at to for from by with and or but so as is are was were be been being do does did has have had will "
    "would can could should may might must not no what which who whom whose when where why how about it its they them their "
    "he him his she her this that these those there one same such i you we me my your our us if then than also too again more "
    "please tell say says said mean means give show list name any some many much".split()
)
_CONTENT_WORDS_OF_A_WHOLE_QUESTION = 1


def resolve(question: str, history: Sequence[Turn]) -> str:
    """Complete a follow-up question with the words it leans on.

    :param question: what was asked last.
    :param history: the turns before it, oldest first.
    :returns: the question itself when it stands alone, else the question with the missing words in brackets.
    """
    asked = [turn.content for turn in history if turn.role == "user"]
    if not asked or not leans(question):
        return question
    own = {word.casefold() for word in _WORD.findall(question)}
    missing = [word for word in topic_words(asked) if word.casefold() not in own]
    return f"{question.strip()} ({' '.join(missing)})" if missing else question


def leans(question: str) -> bool:
    """Tell whether a question needs the turns before it to be understood.

    :param question: a question.
    :returns: True for pronouns that point back, openings such as "and" or "what about", and questions without content.
    """
    plain = _NOT_LEANING.sub(" ", question)
    content = [word for word in _WORD.findall(_OPENING.sub("", question)) if word.casefold() not in _STOP]
    few = len(content) < _CONTENT_WORDS_OF_A_WHOLE_QUESTION
    return few or bool(_ONLY_OPENING.search(question)) or bool(_LEANING.search(plain))


def topic_words(asked: Sequence[str]) -> list[str]:
    """Collect the telling words of the last question that stood alone, and of the follow-ups since.

    :param asked: the questions so far, oldest first, at least one.
    :returns: words in the order they were said, each once.
    """
    recent: list[str] = []
    for question in reversed(asked):
        recent.insert(0, question)
        if not leans(question):
            break
    words = [word for question in recent for word in _WORD.findall(question) if word.casefold() not in _STOP]
    return list({word.casefold(): word for word in words}.values())
