"""Makes more to learn from out of the same passages, so that the network cannot learn answers by heart.

Some ten thousand questions are few: a network that has seen them three times knows nine of ten answers, and two of three on
articles it never saw. What helps is to see each question with something changed, and questions that nobody asked:

* *without_answer*: the passage with its answering sentences cut out, a look-alike on the very subject;
* *swapped*: the passage with another question's answer in its answer's place, which must be read to be found;
* *made_up*: a question out of a passage's own sentence, with a question word for some of its words and others left out
  (cloze questions, Lewis et al. 2019, https://arxiv.org/abs/1906.04980).
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.training.groups import Group, TaughtPassage, occurrences

_SENTENCE_WORDS = range(7, 46)
_WINDOW = range(6, 15)
"""How many words of the sentence beside the answer a made-up question may have."""
_LEFT_OUT = 0.15
_TELLING = re.compile(r"[A-Za-z]{4,}|\d{2,}")
_TELLING_WORDS = 3
"""A made-up question has so many longer words of the sentence, or is none."""
_IN_FRONT = 0.6
_WHO_OR_WHERE = re.compile(r"\b(?:who|whom|where)\b", re.IGNORECASE)
_SHORT = 4
_YEAR = r"(?:1\d{3}|20\d\d)\b"
_ENDS_A_NOUN = r"(?=[,.;:)]| (?:of|and|in|to|that|which|is|was|were|are|for|by|with|on|from|as|at)\b)"
_ASKED_WITH: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(rf"\b{_YEAR}"), ("when", "in what year", "what year", "in which year")),
    (
        re.compile(rf"[$£€]?(?!{_YEAR})\b\d[\d,.]*\b(?: (?:percent|million|billion|years|miles|km))?"),
        ("how many", "how much", "what"),
    ),
    (
        re.compile(r"(?:(?<!^)\b|^(?=\S+ [A-Z]))[A-Z][\w'’-]+(?: (?:of |the )*[A-Z][\w'’-]+)*"),
        ("who", "what", "which", "where", "what"),
    ),
    (
        re.compile(rf"\b(?:a|an|the|its|their|his|her) (?:[a-z-]+ ){{0,2}}[a-z-]{{3,}}{_ENDS_A_NOUN}"),
        ("what", "which", "what kind of thing"),
    ),
)


def without_answer(passage: TaughtPassage) -> TaughtPassage | None:
    """Cut the right sentences out of a passage.

    :param passage: with right sentences.
    :returns: the rest, which answers nothing; None when nothing or an answer is left.
    """
    kept = [span for at, span in enumerate(passage.sentences) if at not in passage.right]
    text, sentences = "", []
    for start, end in kept:
        sentences.append((len(text), len(text) + end - start))
        text += passage.text[start:end] + " "
    answers = {passage.text[start:end] for start, end in passage.spans}
    if not kept or any(occurrences(answer, text) for answer in answers):
        return None
    return TaughtPassage(text.rstrip(), passage.title, sentences, [], [])


class Answers:
    """Names that answer, by the question word that asks for them.

    :param groups: the questions.
    """

    def __init__(self, groups: Sequence[Group]) -> None:
        self._names: dict[str, list[str]] = {}
        for group in groups:
            if (
                (asked := _WHO_OR_WHERE.search(group.question))
                and (answer := _short_answer(group))
                and answer.istitle()
            ):
                self._names.setdefault(asked[0].lower(), []).append(answer)

    def swapped(self, group: Group, chance: random.Random) -> Group:
        """Put another answer of the same sort into the passage: another name, or other digits.

        :param group: a question.
        :param chance: draws the answer.
        :returns: the question with the changed passage; as it was where its answer also stands in the question, or
            is neither name nor number.
        """
        old = _short_answer(group)
        new = self._other(group.question, old, chance) if old else None
        if not old or not new or group.positive is None or old.casefold() in group.question.casefold():
            return group
        return (
            group
            if occurrences(new, group.positive.text)
            else replace(group, positive=_replaced(group.positive, old, new))
        )

    def _other(self, question: str, answer: str, chance: random.Random) -> str | None:
        if re.search(r"\d\d", answer):
            return re.sub(r"(?<=\d)\d", lambda _: str(chance.randrange(10)), answer)
        asked = _WHO_OR_WHERE.search(question)
        return chance.choice(self._names[asked[0].lower()]) if asked and answer.istitle() else None


def made_up(groups: Sequence[Group], count: int, chance: random.Random) -> list[Group]:
    """Make up questions.

    :param groups: whose passages are asked about.
    :param count: how many at most.
    :param chance: draws passages, sentences and words.
    :returns: the questions, each with the other passages of its group that do not hold its answer.
    """
    found: list[Group] = []
    for group in chance.choices(groups, k=20 * count):
        if len(found) < count and (new := _made_up(group, chance)):
            found.append(new)
    return found


def _made_up(group: Group, chance: random.Random) -> Group | None:
    passages = [*([group.positive] if group.positive else []), *group.negatives]
    passage = chance.choice(passages)
    at = chance.randrange(len(passage.sentences))
    start, end = passage.sentences[at]
    sentence = passage.text[start:end]
    found = _answer(sentence, chance) if len(sentence.split()) in _SENTENCE_WORDS else None
    if not found:
        return None
    answer, asked_with = found
    spans = [(start + answer.start(), start + answer.end())]
    others = [each for each in passages if each is not passage and not occurrences(answer[0], each.text)]
    question = _cloze(sentence, answer.span(), asked_with, chance)
    if len(_TELLING.findall(question)) < _TELLING_WORDS + 1:
        return None
    own = TaughtPassage(passage.text, passage.title, passage.sentences, spans, [at])
    wrong = [TaughtPassage(each.text, each.title, each.sentences, [], []) for each in others]
    return Group(group.id, group.set, question, group.article, own, wrong, [])


def _answer(sentence: str, chance: random.Random) -> tuple[re.Match[str], str] | None:
    """Draw words to ask for, those of each sort with the same chance, and a question word for them."""
    by_sort = [(list(pattern.finditer(sentence)), words) for pattern, words in _ASKED_WITH]
    by_sort = [each for each in by_sort if each[0]]
    if not by_sort:
        return None
    matches, words = chance.choice(by_sort)
    return chance.choice(matches), chance.choice(words)


def _cloze(sentence: str, answer: tuple[int, int], asked_with: str, chance: random.Random) -> str:
    """Ask for a part of a sentence with the words around it, some left out."""
    before, after = sentence[: answer[0]].split(), sentence[answer[1] :].split()
    length = min(chance.choice(_WINDOW), len(before) + len(after))
    left = chance.randint(max(0, length - len(after)), min(length, len(before)))
    parts = [before[len(before) - left :], after[: length - left]]
    kept = [[word for word in part if chance.random() >= _LEFT_OUT] for part in parts]
    words = [asked_with, *kept[0], *kept[1]] if chance.random() < _IN_FRONT else [*kept[0], asked_with, *kept[1]]
    question = " ".join(words).rstrip(".,;: ")
    return question[:1].upper() + question[1:] + "?"


def _short_answer(group: Group) -> str | None:
    """The longest of an answer's wordings, if that is a few words."""
    if group.positive is None or not group.positive.spans:
        return None
    answer = max((group.positive.text[start:end] for start, end in group.positive.spans), key=len)
    return answer if len(answer.split()) <= _SHORT else None


def _replaced(passage: TaughtPassage, old: str, new: str) -> TaughtPassage:
    """Put words in the place of others wherever these stand."""
    found = occurrences(old, passage.text)

    def moved(position: int) -> int:
        """Where a position between the replaced words has gone."""
        return position + sum(len(new) - (end - start) for start, end in found if end <= position)

    text, last = "", 0
    for start, end in found:
        text, last = text + passage.text[last:start] + new, end
    sentences = [(moved(start), moved(end)) for start, end in passage.sentences]
    return replace(
        passage,
        text=text + passage.text[last:],
        sentences=sentences,
        spans=[(moved(start), moved(start) + len(new)) for start, _ in found],
    )
