"""Makes questions that their passage does not answer out of questions that it does, by one word that matters.

People who write such questions by hand do so too (Rajpurkar et al. 2018, https://arxiv.org/abs/1806.03822): another name or
number, another deed, another thing that is counted or asked for. So that a strange name alone says nothing, names are also
replaced in question and passages alike: such a question has its answer still.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.training.groups import Group, TaughtPassage, occurrences
from assistant.training.rewording import share_stem
from assistant.training.variation import replaced

_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'’-]+(?: (?:of |the )*[A-Z][\w'’-]+)*")
_NUMBER = re.compile(r"\b\d{2,4}\b")
_NO_THING = (
    "year|kind|type|sort|name|term|other|does|were|have|will|would|could|should|might|happen(?:s|ed)?|cause[sd]?|made"
)
"""Words behind "what" that name no thing that is asked for, or one that nearly every passage has."""
_SORTS: tuple[re.Pattern[str], ...] = (
    _NAME,
    _NUMBER,
    re.compile(r"(?i:\bhow many )(?P<word>[a-z]{4,})"),
    re.compile(rf"(?i:\b(?:what|which) )(?P<word>(?!(?:{_NO_THING})\b)[a-z]{{4,}})"),
    re.compile(r"\b[a-z]{3,}ed\b"),
)
_OF_ITS_SUBJECT = 0.5


class Changes:
    """Words of all questions, to put one into the place of another of its sort.

    :param groups: the questions.
    """

    def __init__(self, groups: Sequence[Group]) -> None:
        self._words = [
            [_word(found)[0] for group in groups for found in sort.finditer(group.question)] for sort in _SORTS
        ]

    def unanswered(self, group: Group, chance: random.Random) -> Group | None:
        """Change a question so that its passage does not answer it.

        :param group: a question with a passage that answers it.
        :param chance: draws the word and what stands for it.
        :returns: the changed question with that passage as a look-alike; None where no word is of a known sort.
        """
        if group.positive is None or not (found := list(self._changeable(group.question, group.positive))):
            return None
        number, old, start = chance.choice(found)
        new = self._other(number, old, group, chance)
        if new is None:
            return None
        question = group.question[:start] + new + group.question[start + len(old) :]
        wrong = replace(group.positive, spans=[], right=[])
        others = {word: near for word, near in group.rewordings.items() if word != old}
        return replace(group, question=question, positive=None, negatives=[wrong], foreign=[], rewordings=others)

    def renamed(self, group: Group, chance: random.Random) -> Group:
        """Replace a name in question and passages alike.

        :param group: a question.
        :param chance: draws the new name.
        :returns: the changed question, which its passage still answers; as it was where no name is in both, or the answer
            holds the name.
        """
        passage = group.positive
        names = [each[0] for each in _NAME.finditer(group.question) if passage and occurrences(each[0], passage.text)]
        if passage is None or not names or not self._words[0]:
            return group
        old, new = chance.choice(names), chance.choice(self._words[0])
        changed = replaced(passage, old, new)
        if occurrences(new, passage.text) or len(changed.spans) < len(passage.spans):
            return group
        question = re.sub(rf"\b{re.escape(old)}\b", lambda _: new, group.question)
        return replace(
            group, question=question, positive=changed, negatives=[replaced(each, old, new) for each in group.negatives]
        )

    def _changeable(self, question: str, passage: TaughtPassage) -> Iterator[tuple[int, str, int]]:
        """Find words of each sort with their places; names and numbers only if the passage has them, too."""
        for number, sort in enumerate(_SORTS):
            for found in sort.finditer(question):
                word, start = _word(found)
                if sort not in (_NAME, _NUMBER) or occurrences(word, passage.text):
                    yield number, word, start

    def _other(self, number: int, old: str, group: Group, chance: random.Random) -> str | None:
        """Draw a word that neither question nor passage has; a name now and then from a look-alike."""
        words = self._words[number]
        if number == 0 and group.negatives and chance.random() < _OF_ITS_SUBJECT:
            words = [each[0] for each in _NAME.finditer(chance.choice(group.negatives).text)] or words
        if not words:
            return None
        new = chance.choice(words)
        known = f"{group.question} {group.positive.text if group.positive else ''}".casefold()
        means_the_same = share_stem(new, old) or new in group.rewordings.get(old, ())
        return None if means_the_same or new.casefold() in known else new


def _word(found: re.Match[str]) -> tuple[str, int]:
    """Give the word of a match and where it begins."""
    name = "word" if "word" in found.re.groupindex else 0
    return found[name], found.start(name)
