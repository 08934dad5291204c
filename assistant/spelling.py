"""Mends typing mistakes in a question by the words of the sources, so that a slipped letter does not lose the passage.

A word that neither the sources nor common English know is replaced by one that they hold and that one slip turns into it:
two neighbouring letters swapped, one left out, one too many or one wrong (Damerau 1964, https://doi.org/10.1145/363958.363994);
among several by the one that most passages hold. The first letter is taken to be right, as it mostly is in slips (Pollock and
Zamora 1984, https://doi.org/10.1145/358027.358048). Short words are left alone: too many of them are alike. A verb in
-ise, -ize, -yse or -yze is right either way where a form of it is common; only the other spelling ever replaces it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from string import ascii_lowercase

from assistant.indexes.generations import Generation

SHORTEST = 5
_WORD = re.compile(r"[^\W\d_]+")
_VERB = re.compile(r"(?P<stem>\w+[iy])(?P<letter>[sz])(?P<end>e[drs]?|ers|ing|able|ations?)")
_VERB_FORMS = tuple(letter + end for letter in "sz" for end in ("e", "ed", "es", "ing", "ation"))
_PASSAGES_LOOKED_AT = 3


class Spelling:
    """Knows the words of one index.

    :param generation: the index.
    :param is_common: tells of a word in lower case whether it is right whatever the sources hold.
    """

    def __init__(self, generation: Generation, is_common: Callable[[str], bool]) -> None:
        self._words, self._store, self._is_common = generation.lexical, generation.store, is_common

    def mended(self, question: str) -> str:
        """Mend a question.

        :param question: as it was typed.
        :returns: the same with unknown words replaced by near ones, as far as there are any; capitals are kept.
        """
        return _WORD.sub(lambda found: self._mended(found[0]), question)

    def _mended(self, word: str) -> str:
        if len(word) < SHORTEST or self._is_known(word):
            return word
        lower = word.lower()
        found = next(filter(self._is_held, self._near(self._other_spelling(lower) or _one_slip_away(lower))), lower)
        return word if found == lower else _with_case_of(word, found)

    def _is_known(self, word: str) -> bool:
        if self._is_common(word.lower()):
            return True
        terms = self._words.terms(word)
        return not terms or any(map(self._words.passages_with, terms))

    def _other_spelling(self, word: str) -> set[str]:
        """Spell a verb in -ise or -ize the other way, if any form of it is common; nothing for other words."""
        verb = _VERB.fullmatch(word)
        if not verb or not any(self._is_common(verb["stem"] + form) for form in _VERB_FORMS):
            return set()
        return {verb["stem"] + ("z" if verb["letter"] == "s" else "s") + verb["end"]}

    def _near(self, words: set[str]) -> list[str]:
        """List those of some words whose stem is indexed, those of most passages first."""
        near = sorted(words)
        terms = self._words.terms(" ".join(near))
        if len(terms) != len(near):  # a letter that the index cuts words at
            return []
        counts = {term: self._words.passages_with(term) for term in set(terms)}
        known = [(each, counts[term]) for each, term in zip(near, terms, strict=True) if counts[term]]
        return [each for each, _ in sorted(known, key=lambda pair: -pair[1])]

    def _is_held(self, word: str) -> bool:
        """Tell whether passages hold the very word, and not only one of the same stem."""
        for hit in self._words.search(word, _PASSAGES_LOOKED_AT):
            source, passage, _ = self._store.passage(hit.id)
            text = passage.span.of(self._store.document(source).text)
            if word in map(str.lower, _WORD.findall(text)):
                return True
        return False


def _one_slip_away(word: str) -> set[str]:
    parts = [(word[:at], word[at:]) for at in range(1, len(word) + 1)]
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in parts if len(tail) > 1}
    shorter = {head + tail[1:] for head, tail in parts if tail}
    others = {head + letter + tail[1:] for head, tail in parts if tail for letter in ascii_lowercase}
    longer = {head + letter + tail for head, tail in parts for letter in ascii_lowercase}
    return (swapped | shorter | others | longer) - {word}


def _with_case_of(word: str, found: str) -> str:
    return found.upper() if word.isupper() else found.capitalize() if word[0].isupper() else found
