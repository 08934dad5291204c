"""Tells by its words whether a question points back to what was said before; `assistant.conversation` completes it then.

English only, by surface cues: pronouns that point back, openings like "and …", fragments. What looks like them and does
not point back is listed beside them, each with its example.
"""

from __future__ import annotations

import re

_PRONOUNS = "it|its|they|them|their|theirs|he|him|his|she|her|hers"
_LEANING = re.compile(
    rf"\b(?:{_PRONOUNS}|this|that|these|those|there|one|ones|same|such|former|latter|others?|another|else|more|too|also|again)\b",
    re.IGNORECASE,
)
_PERSONAL = re.compile(_PRONOUNS, re.IGNORECASE)
_OPENING = re.compile(
    r"^\W*(?:and|but|so|or|then|what about|how about|why not|why|how so|which ones?|when|where|who|how)\b\W*",
    re.IGNORECASE,
)
_ONLY_OPENING = re.compile(r"^\W*(?:and|but|so|or|what about|how about)\b", re.IGNORECASE)
_AUXILIARY = "is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|must|may"
_PREPOSITION = (
    "for|since|until|by|in|at|on|of|about|per|with|without|during|from|before|after|including|excluding|except|under|to|"
    "against|than"
)
_JUDGED = (
    "possible|impossible|legal|illegal|lawful|necessary|important|essential|advisable|mandatory|compulsory|ok|okay|common|"
    "normal|better|best|true|like|allowed|permitted|forbidden"
)
"""What "is it … to" says of what comes after it; with other words, as in "is it related to", "it" points back."""
_JUDGED_WITH_OBJECT = "safe|dangerous|good|bad|easy|hard|difficult|expensive"
"""The same, but only when the deed has an object: "is it safe to eat mushrooms", not "is it safe to eat"."""
_DOCUMENT = "agreement|contract|policy|study|paper|report|manual|document|lease|handbook|guide"
# "is it legal to …", "is it better if …", "how long does it take for a claim to …". The word of judgement goes with the "it", as
# it names nothing that a later "its" may stand for.
_IT_FOR_WHAT_FOLLOWS = (
    r"\b(?:is|was|will|would|can|could) it (?:(?:be|always|really|ever|still) )?(?:"
    rf"(?:{_JUDGED}) (?=to\b)|(?:{_JUDGED_WITH_OBJECT}) (?=to \w+ \w)|"
    rf"(?:{_JUDGED}|{_JUDGED_WITH_OBJECT}|likely) (?:that (?=\w+ \w)|(?=if\b|for (?:\w+ ){{1,4}}to\b)))|"
    r"\b(?:does|do|did|will|would) it (?=(?:take|cost|mean|matter) (?:\w+ ){0,4}(?:to|that|if|whether)\b)"
)
# "says that the …", "countries that have …"; but not "is that allowed", nor "after that you …".
_THAT_BEFORE_A_CLAUSE = (
    rf"(?!(?:{_AUXILIARY}|{_PREPOSITION})\b)\b\w+ that "
    r"(?:(?:is|are|was|were|has|have|had|can|will|would|\w+s|\w+ed)\b|"
    r"(?=(?:the|an?|all|my|your|our|i|you|we|he|she|they|it)\b))"
)
# Words of `_LEANING` in uses that do not point back; they are taken out before it is searched for.
_NOT_LEANING = re.compile(
    "|".join(
        (
            _IT_FOR_WHAT_FOLLOWS,
            # "there" that says that something exists.
            r"\b(?:is|are|was|were) there\b",
            r"\bthere (?:is|are|was|were)\b",
            r"\b(?:does|do|did|will|would|can|could) there (?=\w+ (?:to|that)\b)",
            _THAT_BEFORE_A_CLAUSE,
            # "this" that is the source itself.
            rf"\bthis (?=(?:{_DOCUMENT})\b)",
            # Comparisons within the question, and "too much".
            r"\bmore (?:than\b|(?=\w+ than\b|likely to\b))",
            r"\b(?:other|rather) than\b",
            r"\btoo (?=\w)",
            r"\bsuch as\b",
            r"\beach other\b|\bone another\b",
            # Anyone but oneself: "share it with someone else"; "who else?", "anything else?" and "someone else?" ask for more.
            rf"\b(?:{_PREPOSITION}) (?:any|some|every|no)(?:one|body) else\b",
            r"\b(?:some|every|no)(?:one|body|where) else (?=\w)",
            # "one" that counts, or stands for anyone.
            r"\b(?:one|two|three|\d+) (?:or|of|and)\b|\bno one\b|(?<!\bwhich )\bone\W+(?=\w)",
        )
    ),
    re.IGNORECASE,
)
# What a question may open with that is no part of it: "OK, …", "yes but …", "another question: …"; but not "well-being", nor
# "right to privacy".
_PREAMBLE = re.compile(
    r"^\W*(?:(?:ok|okay|yes|no|right|great|hmm|thanks|alright|well|now)\b"
    r"(?![-'’])(?:\s*[^\w\s]\W*|\s+(?=(?:and|but|so|or|now|what|which|who|when|where|why|how)\b))|"
    r"(?:i have )?(?:another|one more) (?:question|thing|topic)\s*[^\w\s]\W*)+(?=\w)",
    re.IGNORECASE,
)
# Whole messages that are a part of a question, the rest of which was said before. "the" needs a question mark:
# "the Eiffel Tower" may be what is searched for.
_FRAGMENT = re.compile(
    r"^\W*(?:"
    r"(?:how|what|which|who|when|where|why) \w+|"
    rf"(?:(?:{_PREPOSITION}) )+(?:(?:what|which|the) )?\w+(?: else)?|"
    r"any \w+(?: \w+)?|(?:an|the) \w+(?: \w+)?(?=\?)|"
    r"both|either|neither|each|none|really|otherwise|"
    rf"(?:{_AUXILIARY}) (?:both|either|all|any) (?:(?:have|has|need|needs) to )?\w+"
    r")\W*$",
    re.IGNORECASE,
)
_LEANING_END = re.compile(r"\b(?:then|afterwards|otherwise|instead)\W*$", re.IGNORECASE)
# "her leave", and not "tell her after". After a preposition, as in "after her death", the owner is often another one.
_POSSESSIVE = re.compile("its|their|his|her", re.IGNORECASE)
_OWNED = re.compile(rf"\s+(?!(?:{_AUXILIARY}|{_PREPOSITION}|and|or)\b)\w", re.IGNORECASE)
_PREPOSITION_LAST = re.compile(rf"\b(?:{_PREPOSITION})\W*$", re.IGNORECASE)
# The department and what it does, which only upper case tells from "it".
_INFORMATICS = re.compile(r"\bIT\b")
_CLAUSE = re.compile(r"[,;?]|\b(?:and|but|or|if|when|while|because|since|although|though|so)\b", re.IGNORECASE)
_WORD = re.compile(r"[\w'’-]+")
_STOP = frozenset(
    "a an the of in on at to for from by with and or but so as is are was were be been being do does did has have had will "
    "would can could should may might must not no what which who whom whose when where why how about it its they them their "
    "he him his she her this that these those there one same such i you we me my your our us if then than also too again more "
    "please tell say says said mean means give show list name any some many much".split()
)
_CONTENT_WORDS_OF_A_WHOLE_QUESTION = 1
_CONTENT_WORDS_OF_A_CLAUSE = 2
"""A clause with so many says what a pronoun after it stands for, as in "where do the soldiers train and what do they get?"."""


def content_words(text: str) -> list[str]:
    """List the words of a text that say something of a subject.

    :param text: any text.
    :returns: the words, in the text's order.
    """
    return [word for word in _WORD.findall(text) if word.casefold() not in _STOP]


def leans(question: str) -> bool:
    """Tell whether the words of a question point back to what was said before.

    :param question: a question.
    :returns: True for words that point back, openings such as "and" or "what about", fragments such as "in Germany?", and
        questions without content; a pronoun that may stand for something named before it in the question points at that.
        False for what has no letter or digit.
    """
    asked = _PREAMBLE.sub("", question)
    if not asked.isupper():
        asked = _INFORMATICS.sub("informatics", asked)
    few = len(content_words(_OPENING.sub("", asked))) < _CONTENT_WORDS_OF_A_WHOLE_QUESTION
    return any(map(str.isalnum, asked)) and (few or _partial(asked) or _points_back(asked))


def _partial(question: str) -> bool:
    """Tell whether a question is only understood with another, although none of its words need point back."""
    return any(shape.search(question) for shape in (_ONLY_OPENING, _FRAGMENT, _LEANING_END))


def _points_back(question: str) -> bool:
    plain = _NOT_LEANING.sub(" ", question)
    pointing = _LEANING.finditer(plain)
    return any(not (_named_before(plain, word) or _owner_named(plain, word)) for word in pointing)


def _named_before(question: str, word: re.Match[str]) -> bool:
    """Tell whether a word is a pronoun, and an earlier clause of the same question names something that it may stand for."""
    clauses = list(_CLAUSE.finditer(question, 0, word.start()))
    if not clauses or not _PERSONAL.fullmatch(word.group()):
        return False
    return _names(question[: clauses[-1].start()])


def _owner_named(question: str, word: re.Match[str]) -> bool:
    """Tell whether a word is "its", "their", … of something named in its own clause: "can employees keep their laptops?"."""
    if not (_POSSESSIVE.fullmatch(word.group()) and _OWNED.match(question, word.end())):
        return False
    before = _CLAUSE.split(question[: word.start()])[-1]
    return _names(before) and not _PREPOSITION_LAST.search(before) and not _LEANING.search(before)


def _names(clause: str) -> bool:
    return len(content_words(_OPENING.sub("", clause))) >= _CONTENT_WORDS_OF_A_CLAUSE
