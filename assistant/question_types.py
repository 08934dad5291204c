"""What kind of thing a question asks for, and whether a sentence offers one: a cheap hint for choosing sentences.

English only, by surface cues; a question that fits no pattern simply gets no hint.
"""

from __future__ import annotations

import re
from typing import Literal

from assistant.splitting import leads_in

Kind = Literal["number", "date", "name", "author", "reason", "definition", "list"]
EXPLANATIONS = frozenset({"author", "reason", "definition", "list"})
"""Kinds that ask for a statement of a certain form rather than for a word of a certain sort."""

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|million|"
    "billion|half|third|quarter|dozen|once|twice"
)
_AUXILIARIES = "do|does|did|is|are|was|were|has|have|had|can|could|will|would|shall|should|may|might|must"
_VERBS_IN_S = "happens|occurs|goes|comes|makes|takes|gives|gets|keeps|becomes|counts|stops|lets"
_QUESTION_WORD = re.compile(r"\b(?:what|which|how|why|who(?:m|se)?|when|where)\b")
_BEGIN_CLAUSES = frozenset({"who", "whom", "whose", "when", "where"})
_VERB_OPENS = re.compile(rf"\W*(?:{_AUXILIARIES})\b")
_ORGANISATION = re.compile(r"\bWHO\b")
_ASKS_ANEW = re.compile(r"(?:[,;:?]|\b(?:and|or|know|say|tell|me))\W*$")
_ASKS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "author",
        re.compile(r"\bwho (?:wrote|authored)\b|\b(?:who|name)\b.*\bauthors?\b|^\W*(?:the )?authors?\b|\bwritten by\b"),
    ),
    ("date", re.compile(r"\bwhen\b|\bdate of\b|\b(?:what|which) (?:year|date|day|month|decade|century|time)\b")),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|long|old|far|large|big|tall|high|fast)\b|\bwhat (?:percent\w*|number|amount)\b"
        ),
    ),
    ("name", re.compile(r"\bwho(?:m|se)?\b|\bwhere\b|\b(?:what|which) (?:city|country|state|place)\b")),
    ("reason", re.compile(r"\bwhy\b")),
    (
        "definition",
        re.compile(
            r"\bdiffer(?:s|ences?)?\b|\bdefin\w+\b|\bwhat does .+ mean\b|\bmeant by\b|\bmeaning\b|"
            r"\bwhat (?:is|are) (?:an? |the )?\w+\W*$"
        ),
    ),
    (
        "list",
        re.compile(
            rf"^\W*(?:name|list)\b|\b(?:what|which) (?:are the )?(?!(?:{_AUXILIARIES}|{_VERBS_IN_S})\b)(?:\w+ )?"
            r"(?:[a-z]{3,}(?<!is|as|us|ss|es)s|[a-z]{3,}(?:ies|[^s]es))\b"
        ),
    ),
)
_OFFERS: dict[Kind, re.Pattern[str]] = {
    "date": re.compile(rf"\b1\d{{3}}\b|\b20\d\d\b|\b(?:{_MONTHS}|century|\d{{2,4}}s|BCE?|AD|CE)\b"),
    "number": re.compile(rf"\d|\b(?:{_NUMBER_WORDS}|percent)\b", re.IGNORECASE),
    "name": re.compile(r"(?<!^)\b[A-Z][\w'’-]+"),
    "author": re.compile(r"^\W*by (?=[A-Z])|\bwritten by\b|\bwrote\b|\bauthors?\b", re.IGNORECASE),
    "reason": re.compile(
        r"^\W*to \w+|\b(?:because|so that|in order to|due to|as a result|therefore|reasons?|purposes?|aims? to|means? that)\b",
        re.IGNORECASE,
    ),
}
_DEFINES = (
    r"^\W*(?:\w+\W+){{0,3}}?{term}\w*\W+(?:\w+\W+){{0,2}}?"
    r"(?:(?:is|are|was|were)(?! (?:at|in|on|to|of|for|from|with|by|as|not|also|being|mutually|treated)\b)|means?|refers?|usually|"
    r"consists?|denotes?)\b"
)
_CALLED = r"\b(?:called|known as|termed|referred to as)\W+(?:an? |the )?{term}"
_NUMERAL = re.compile(r"\d[\d,.]*")


def kind_of(question: str) -> Kind | None:
    """Say what a question asks for.

    :param question: the question, in any case.
    :returns: the first kind whose cues it has, or None.
    """
    plain = question if question.isupper() else _ORGANISATION.sub("", question)
    asked = _without_clauses(plain.lower())
    return next((kind for kind, cue in _ASKS if cue.search(asked)), None)


def _without_clauses(question: str) -> str:
    """Leave out what begins a clause ("what happens when …"): behind another question word or an opening verb."""
    asked_before = bool(_VERB_OPENS.match(question))

    def kept(word: re.Match[str]) -> str:
        nonlocal asked_before
        begins_clause = asked_before and not _ASKS_ANEW.search(question, 0, word.start())
        asked_before = True
        return "" if begins_clause and word[0] in _BEGIN_CLAUSES else word[0]

    return _QUESTION_WORD.sub(kept, question)


def offers(kind: Kind | None, sentence: str, question: str) -> float:
    """Tell whether a sentence holds what a question of this kind asks for.

    Numbers and names that the question itself contains do not count.

    :param kind: what is asked for.
    :param sentence: the sentence's words.
    :param question: the question's words.
    :returns: 1 when it does, -1 when it does not, 0 when the kind gives no hint.
    """
    if kind is None:
        return 0.0
    if kind == "definition":
        return 1.0 if _defines(sentence, question) else -1.0
    if kind == "list":
        return 1.0 if leads_in(sentence) else 0.0
    known = "" if kind in EXPLANATIONS else question.lower()
    found = (match.group() for match in _OFFERS[kind].finditer(_without_numerals_of(question, sentence)))
    return 1.0 if any(word.lower() not in known for word in found) else -1.0


def _without_numerals_of(question: str, sentence: str) -> str:
    for numeral in _NUMERAL.findall(question):
        sentence = sentence.replace(numeral, " ")
    return sentence


def _defines(sentence: str, question: str) -> bool:
    """Tell whether a word of the question opens the sentence with a verb that explains it, or is what something is called."""
    stems = {re.escape(word[: max(4, len(word) - 3)]) for word in re.findall(r"[a-z]{4,}", question.lower())}
    stems -= {"what", "diff", "differe", "betw", "betwe", "does", "mean", "defi"}
    patterns = [form.format(term=stem) for stem in stems for form in (_DEFINES, _CALLED)]
    return any(re.search(pattern, sentence, re.IGNORECASE) for pattern in patterns)
