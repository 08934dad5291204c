"""Recognises talk that is no question: greetings, thanks, "more", "only in …", "what does page 4 say", requests to write.

A short, fixed repertoire of whole-message phrasings, so that a question is hardly ever taken for talk: what does not match
from its first word to its last is a question. English only. What is replied to it stands in `assistant.replying`.

Phrasings are written in a small notation: ``a|b`` is one word or the other, ``[…]`` may be left out, ``<name>`` is any
phrasing of that name in `_PARTS`, and a ``+`` or ``*`` behind it lets it come again. A ``?`` at the end wants one there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

TalkKind = Literal[
    "greeting", "thanks", "farewell", "abilities", "sources", "again", "more", "where", "only", "page", "request"
]
Task = Literal["write", "translate", "summarise", "give an opinion"]
PlaceKind = Literal["page", "slide", "sheet", "chapter"]


@dataclass(frozen=True, slots=True)
class Talk:
    """One message of the repertoire.

    :param kind: what the person wants.
    :param about: the place's label, the document's name as it was typed, or the subject of a request; empty for a
        request that only points at what was said before.
    :param place: the kind of place asked for with "page".
    :param within: the document that the place is in, as it was typed; empty for the one quoted last.
    :param task: what a request wants done.
    :param question: what is asked behind "only in …:", or the whole request for an opinion on a subject; empty for the
        question before.
    """

    kind: TalkKind
    about: str = ""
    place: PlaceKind | None = None
    within: str = ""
    task: Task | None = None
    question: str = ""


_PARTS: Mapping[str, tuple[str, ...]] = {
    "that": ("it|them", "<this>"),
    "this": (
        "that|this|these|those [quote|passage|sentence|answer|information|quotes|passages|words]",
        "the [last|previous|first] one|answer|quote|passage|sentence|quotes|passages|text|part",
    ),
    "could you": (
        "can|could|would|will you [please|kindly|maybe]",
        "i want|need you to",
        "i'd|would like you to",
        "i would like you to",
        "please|let's",
    ),
    "tool": (
        "this app|application|program|programme|software|thing",
        "this|the tool|assistant|chat|bot|chatbot",
    ),
    "documents": ("sources|documents|docs|files|pdfs|reports|papers|texts|materials",),
    "all": ("all|of|the|your|my|our|these|available|different|other",),
    "very": ("very|really|so|quite|how|perfectly|most|pretty",),
    "nice": (
        "interesting|good|great|perfect|excellent|wonderful|awesome|cool|nice|brilliant|lovely|super|fine|helpful|useful",
        "amazing|fantastic|clear|enough|ok|okay|right|terrible",
    ),
    "thanks": (
        "[many|big] thanks|thx|ty|thankyou|cheers|tysm <thanks for>*",
        "thank you|u <thanks for>*",
        "[i] much|really|truly appreciate|appreciated [it|that|this]",
        "[i] [really|truly] appreciate <your help>",
        "that|this|it is|was|seems|sounds|looks [all] [<very>] <nice>",
        "that's|it's|this's [all] [<very>] <nice>",
        "that|this|it helps|helped|works|answers [it|me|a] [lot]",
        "that|this|it answers|answered my question",
        "that|this|it is|was [exactly|just] <what i needed>",
        "that's|it's [exactly|just] <what i needed>",
        "exactly|just <what i needed>",
        "that makes sense",
        "makes sense",
        "[<very>] <nice> [job|work|answer|one|stuff]",
        "[<very>] <nice> to know",
        "well done",
        "k|sure|yes|yep|yeah|no|nope|oh|ah|aha|wow|hm|hmm|exactly|correct|indeed|understood|alright|sorry",
        "got it",
        "[oh|ah] i see|understand",
        "no problem|worries",
        "never mind",
        "my apologies",
        "all right",
        "you are|were great|helpful|right|the best",
        "you're great|helpful|right|amazing",
        "you have been [<very>] <nice>",
        "you've been [<very>] <nice>",
    ),
    "what i needed": ("what i needed|wanted [to know]", "what i was|am looking for"),
    "thanks for": (
        "so|very much",
        "a lot|bunch|million|ton",
        "again|indeed|anyway",
        "for|to <your help>",
        "for that|this|it|everything",
        "for looking|explaining|clarifying [that|this|it]",
    ),
    "your help": (
        "[all] [your|the|that|this|these] [quick|clear] help|helping|assistance|time|information|info|answer|answers|reply"
        "|response|quotes|clarification|explanation",
    ),
    "hello": (
        "hi|hello|hey|hiya|howdy|greetings|hallo|yo|salutations <you>*",
        "good morning|afternoon|evening|day <you>*",
        "nice|pleased|good|glad to meet|see you",
        "how are|do you [doing|do] [today]",
        "how is it going",
        "how's it going",
        "what's up",
        "are you there|awake|ready|here",
        "is anyone|anybody|somebody there|here",
        "long time no see",
    ),
    "you": ("there|all|everyone|everybody|again|you|friend|folks|team|computer|bot|assistant|to",),
    "bye": (
        "goodbye|bye|farewell|cya|ciao <for now>*",
        "good bye|night <for now>*",
        "see you|ya <for now>*",
        "talk to you <for now>*",
        "take care",
        "so long",
        "until next time",
        "until tomorrow",
        "have a nice|good|great|lovely day|evening|one|weekend|night",
        "<nothing else> <for now>*",
        "[i] am|i'm done|finished|leaving <for now>*",
        "i have|need to go|leave <for now>*",
        "got|gotta [to] go|run",
        "no more|further questions <for now>*",
    ),
    "nothing else": (
        "that's|that'll [be] all|it|everything",
        "that is all|it|everything",
        "that will be all",
        "nothing else|more",
    ),
    "manners": ("<thanks>", "<hello>"),
    "for now": ("for|now|today|then|later|soon|tomorrow|again|bye|i|need|needed|wanted|thanks|thank|you",),
    "held": (
        "do|did|can|could you have|know|search|read|see [in|from] [<here>]",
        "do you have access to [<here>]",
        "do|can|could you use|access|quote|cover|hold [from] [<here>]",
        "are you using|searching|reading|quoting [in|from] [<here>]",
        "have you got|read|indexed|loaded [<here>]",
        "have i|we uploaded|added|loaded [<here>]",
        "is|are [there] <here>",
        "is|are [there] in|inside <all>* folder|index",
        "are there",
    ),
    "here": ("[now|currently] here|available|loaded|indexed|uploaded|searchable [here|now]",),
    "quotes": (
        "quote|quotes|passage|passages|result|results|answer|answers|detail|details|information|info|sentence|sentences",
    ),
    "on that": ("about|on|of|from|like <that>",),
    "what i asked": ("what i asked|meant|wanted|needed [for]", "my question"),
    "wrong": ("wrong|incorrect|unhelpful", "not [very] right|correct|true|helpful|useful"),
    "found": (
        "from|in|at|on|come|comes|came|coming|taken|quoted|found|written|stated|said|mentioned|printed|stand|say|so|exactly",
    ),
    "said": ("say|says|said|stated|written|quoted|so|that|this|exactly",),
    "holdings": ("folder|index|collection|corpus|library|database", "knowledge base"),
    "they say": (
        "do|does|can you|they|it say|know|tell|have|find [me|us]",
        "do|does|can <all>* <documents> say|know|tell|have",
        "do|does|can <all>* <place> say|know|tell|have",
    ),
    "place": ("source|document|file|report|paper|page|pdf|text|book|section|chapter|slide|article|paragraph",),
}

_PHRASINGS: Mapping[TalkKind, tuple[str, ...]] = {
    "farewell": ("<thanks>* <bye>+",),
    "greeting": ("<hello>+",),
    "thanks": ("<thanks>+",),
    "abilities": (
        "[<hello>] help [me]",
        "[<hello>] can|could|will|would you help|assist [me] [out] [with something]",
        "i need [some|your] help",
        "[tell|show] [me] what [else] can|could|do you do|offer|understand|support [for] [me|us] [here|exactly]",
        "[tell|show] [me] what you can|could|do [do] [for] [me|us]",
        "what are you [able|capable|good|for] [to|of|at|for] [do|doing] [exactly]",
        "what is|are your abilities|capabilities|features|functions|function|purpose|job|role|limits|limitations|name",
        "what's your purpose|job|role|name",
        "who are|made|built|created you",
        "do you have a name",
        "how do|can|should|could i|we use|start|begin [with] you|here",
        "how do|can|should|could i|we use|work|start|begin [with] <tool>",
        "how do|can|should|could i|we ask|talk [to] [you] [a|questions|something] [question]",
        "how do you work|function",
        "how does <tool> work|function",
        "how can|could|do you help|assist [me|us]",
        "what is|does <tool> [do|for] [for] [me]",
        "what's <tool> [for]",
        "what can|could|should|may i|we ask|type [you] [about] [here]",
        "what can|could|should|may i|we do|say [to|with] you|here",
        "what|which [kind|kinds|sort|sorts|type|types] [of] questions|things can|may i|we ask [you]",
        "what|which [kind|kinds|sort|sorts|type|types] [of] questions|things|requests can|do you answer|do|handle",
        "are you an|a|really|some [real|kind] [of] ai|robot|bot|human|person|machine|chatbot|llm|computer|[language] [model]",
        "are you ai|human|real|alive|chatgpt|gpt",
        "do you use|need|have [the|an|a] ai|chatgpt|gpt|llm|internet|[language] [model] [connection|access]",
        "tell me about yourself",
        "introduce|explain yourself",
        "instructions|usage|commands",
    ),
    "sources": (
        "what|which [kind|kinds|sort|type] [of] [other] <documents> <held>",
        "what is|are in|inside <all>* <holdings>",
        "what's in|inside <all>* <holdings>",
        "what are [all] your|my <documents>",
        "what are [all] [the] [available] sources",
        "what are [all] the <here> <documents>",
        "<could you>* list|show|name|display|enumerate|give|tell [me|us] [a|the] [list] <all>* <documents> [list|names]"
        " [that|which] [you have] [are] [<here>]",
        "how many <all>* <documents> <held>",
        "do you have|know any|some|my <documents> [<here>]",
        "have you got|read any|some|my <documents> [<here>]",
        "what have you read|got|indexed|loaded",
        "where do you get|take|find|have <all>* information|answers|data|quotes|knowledge|texts [from]",
        "where does|do your information|answers|data|quotes|knowledge come from",
        "what do|are|can you search|searching|read|reading|quote|quoting [in|through|from]",
        "what information|data|texts|material|knowledge do you have [<here>]",
        "[my|your|all|the] sources|documents|files",
    ),
    "again": (
        "<could you>* say|repeat|show|quote|tell|give|read [me|us] [<that>] again",
        "<could you>* say|repeat|show|quote|tell|give|read [me|us] [<that>] once|one more|again [time]",
        "<could you>* repeat [yourself] [<that>] [for] [me|us]",
        "<could you>* repeat|say what you [just] said",
        "once|one more|again [time]",
        "again",
        "come again",
        "pardon [me]",
        "[i] beg your pardon",
        "say what",
        "what did you [just] say|quote [again|before]",
        "what was <that> [again]",
        "what was the answer again",
        "[i] didn't|couldn't catch|get|hear|read|understand <that>",
        "[i] did|could not catch|get|hear|read|understand <that>",
        "i missed <that>",
        "[go] back to <that>",
        "[the] last|previous answer|quote [again]",
        "?",
    ),
    "more": (
        "<could you>* tell|show|give|find|quote|get [me|us] [some|any|a|even] [few|bit|little] more|further|additional|other"
        " [of] [<quotes>] [<on that>]",
        "[some|any|even|a] [few|bit|little] more [of] [<quotes>] [<on that>]",
        "[any|some] other|further|additional <quotes> [<on that>]",
        "<could you>* go|carry|read on",
        "<could you>* continue|proceed",
        "keep going|reading",
        "[the] next [one] [<quotes>]",
        "[is|are] [there] anything|something else|more|further [<on that>] [<they say>] [<on that>]",
        "is|are there [any|some] more|other [<quotes>] [<on that>]",
        "what else [is] [there] [<they say>] [<on that>]",
        "<could you>* elaborate|expand [further] [on] [<that>] [a] [bit]",
        "[in] [some|more|further] detail|details",
        "i want|need|like [to] [know|see|read|hear] more [<on that>]",
        "<nothing else> ?",
        "is that|this all|it|everything ?",
        "[that|this|it is|was] not <what i asked>",
        "that's|it's not <what i asked>",
        "that|this|it isn't|wasn't <what i asked>",
        "that|this|it|you doesn't|didn't answer my question",
        "that|this|it|you does|did not answer my question",
        "[that|this|it is|was] <wrong>",
        "that's|it's <wrong>",
    ),
    "where": (
        "[from] where [exactly] did|do you get|find|take|read|see|quote <that> [from] [exactly]",
        "where [exactly] does|do|did|is|are <this> <found>+",
        "where [exactly] was|were <this> from|quoted|stated|said [from] [exactly]",
        "where [exactly] was|were <that> taken|quoted|copied from",
        "from where [exactly] does|do|did|is|are|was|were <that> <found>*",
        "where [exactly] does|do|is|are it|they <said>+",
        "where's <this> <found>+",
        "where's it <said>+",
        "what|which|who is|was|are|were [the|your|its] [exact] source|sources|origin|reference|citation [of|for|behind] [<that>]",
        "what's [the|your|its] [exact] source|origin|reference|citation [of|for|behind] [<that>]",
        "[the|your] source|reference|citation [of|for|behind] [<that>]",
        "[from|in|on] which|what <place> [number]",
        "[from|in|on] which|what <place> [number] is|was|are|were|does|did <that> <found>*",
        "[from|in|on] which|what <place> did|do you get|find|take|read|see|quote <that> [from|in|on]",
        "which|what <place> did|do you use|quote [from|for] [<that>]",
        "which|what <documents> did you use|quote [from|for] [<that>]",
        "which|what <place> are you using|quoting [from|for] [<that>]",
        "which|what <place> says|states|said so|that|this|it",
        "<could you>* cite|name|show|give|tell|provide [me|us] the|your|its|a [exact] source|sources|reference|citation|page|origin"
        " [of|for|behind] [<that>]",
        "<could you>* name|show|give|tell|provide [me|us] the|its page number",
        "what is the|its page number",
        "what's the|its page number",
        "are you sure [about] [<that>]",
        "is that|this [really] true|correct",
        "who says|said|claims|wrote|states so|that|this",
        "says who",
        "how do you know [that|this|it]",
        "<could you>* prove|cite it|that|this",
        "what is|was|are that|this|you based|quoted|taken|from|quoting <found>*",
        "where can|could|do i read|check|verify <that> [myself]",
        "where can|could|do i find|see <this> [myself]",
    ),
}


def talk_in(message: str) -> Talk | None:
    """Recognise talk.

    :param message: what a person typed.
    :returns: what it is, or None for a question.
    """
    if len(message) > _LONGEST_CHARS:
        return None
    return _place_in(message) or _limit_in(message) or _request_in(message) or _phrase_in(message)


_LONGEST_CHARS = 300
_NUMBERS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_NUMBER_WORDS = "one two three four five six seven eight nine ten".split()
_OPENING = (
    r"(?:please )?(?:(?:(?:can|could|would|will) you |i want to )?(?:please )?(?:show|read|quote|open|"
    r"give|tell|see|display|find)"
    r"(?: me| us)?(?: out)?(?: loud)? |go to |jump to |turn to |what(?:'s| is| are| does| do| did|"
    r" was| stands?)? |and |"
    r"what about |how about )*(?:it |they |you )?(?:says? |stands? |is |read )?(?:everything |all |"
    r"the text |the words |the contents? )?(?:on |of |at |from |in )?"
)
_PLACE = re.compile(
    _OPENING
    + r"(?:the )?(?:(?P<kind>page|slide|sheet|chapter|(?:pg|p)(?=\.? |\.\d))[ .]*(?:number |no\.? )?(?P<label>[\w.-]*\w)"
    r"|(?P<ordinal>" + "|".join(_NUMBERS) + r"|last) (?P<counted>page|slide|sheet|chapter))"
    r"(?: (?:of|in|from) (?P<within>.+?))?(?: (?:says?|about|contains?|reads?|shows?|states?|covers?|"
    r"tells? (?:us|me)|out loud|aloud|then|please|again))*\W*",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\d+(?:[.-]\d+)*|[ivxlc]+|[a-z]-?\d+|" + "|".join(_NUMBER_WORDS), re.IGNORECASE)
_IN_ONLY = (
    r"(?:only|just|solely|exclusively)(?: the ones?| those| quotes?| answers?| passages?| results?)?(?: please)? "
    r"(?:(?:look|search|quote|read|ask|use|using|looking|searching)(?: in| at| from)?|in|from|within|of) (?P<name>%s)"
)
_LIMITS = tuple(
    re.compile(
        r"\W*(?:(?:and|but|please|ok|okay|no|now|then|so)\W+)*" + pattern + r"(?: please| then| now)?\W*", re.IGNORECASE
    )
    for pattern in (
        _IN_ONLY % r"[^:,;?]+?" + r"\s*(?::|,|;| [-–—]) *(?P<question>.{3,})",
        r"(?P<question>.+?)\s*(?:,|;|\?| [-–—]|\() *(?:but )?" + _IN_ONLY % r"[^:,;?]+?",
        _IN_ONLY % r".+?",
        r"(?:(?:look|search|ask|read|quote|stay|keep)(?: only| just)?|(?:restrict|limit|narrow|"
        r"confine)(?: it| this| that| the search| yourself| the answers?)?)"
        r" (?:in|to|from|within|down to|with) (?:only |just )?(?P<name>.+?)(?: only| alone)?",
        r"(?:in|from|within|using) (?P<name>.+?) (?:only|alone)",
        r"(?P<name>(?!(?:how|what|who|when|where|why|which|is|are|was|were|do|does|did|can)\b)(?:\S+ ){1,6}?)only",
    )
)
_TEXT_KINDS = (
    r"(?:\w+ ){0,2}?(?:essay|poem|letter|e-?mail|table|report|draft|story|song|blog|post|article|"
    r"presentation|quiz|paragraph|speech|"
    r"tweet|plan|code|script|memo|headline|slides?|bullet points?|limerick|haiku|press release|"
    r"message|conclusion|introduction)"
)
_LANGUAGES = (
    r"(?:in|into) (?:french|german|spanish|italian|portuguese|dutch|russian|polish|chinese|japanese|"
    r"korean|arabic|hindi|turkish|latin|swedish|english)\b"
)
_DONE = r"(?:\W+(?:please|then))*\W*$"
"""Nothing follows that would give the words before another sense: "the summary", but "the summary dismissal"."""
_ABOUT = rf"(?:{_DONE}| (?:about|on|of|for|from|that)\b)"
_OF_THAT = rf"(?:{_DONE}| (?:of|in)(?= (?:the|this|that|these|those|it|my|your)\b))"
_OBJECT = rf"(?: me| us)?(?:{_DONE}|(?= (?:an?|the|this|that|these|those|it|them|my|your|our|some|something|about)\b))"
"""A verb's object begins, or nothing follows: "write a letter", but "write permissions"."""
_ASKING = (
    r"\W*(?:(?:please|ok|okay|now|so|hey|hi|hello|and|then|kindly|thanks)\W+)*(?:(?:can|could|would|"
    r"will) (?:you|u) (?:please |kindly |maybe |just )?|i (?:want|need) you to |i(?:'d|"
    r" would) like you to |help me (?:to )?|let's |please )?"
)
_REQUEST_PHRASINGS: tuple[tuple[Task, str], ...] = (
    ("summarise", r"summari[sz]e\b"),
    ("summarise", r"(?:sum up|condense|recap|abridge)" + _OBJECT),
    (
        "summarise",
        r"(?:give|write|make|create|provide|show|do|prepare|tell)(?: me| us)? (?:an? |"
        r"the )?(?:\w+ ){0,2}?(?:summary|overview|recap|gist|synopsis|digest|abstract|outline)" + _ABOUT,
    ),
    (
        "summarise",
        r"(?:tl;?dr|in a nutshell|in (?:one|a few|two|three) (?:sentences?|words?)|(?:what(?:'s| is|"
        r" are) )?(?:the )?(?:gist|summary|key points|main points|takeaways|key takeaways|"
        r"main ideas?))" + _OF_THAT,
    ),
    ("translate", r"translate\b"),
    (
        "translate",
        r"(?:(?:say|write|put|repeat|answer|tell|explain|quote|show|give)(?: me| us)?(?: that| this| it|"
        r" them)?|how (?:do|would) (?:you|i|we) say (?P<said>.+?)) " + _LANGUAGES,
    ),
    ("translate", "and " + _LANGUAGES + _DONE),
    ("write", r"(?:write|draft|rewrite|rephrase|paraphrase|reword|proofread|compose|simplify)" + _OBJECT),
    (
        "write",
        r"(?:(?:create|make|generate|produce|prepare|design)(?: me| us)? (?:an? |some |the |my )|"
        r"give(?: me| us)? (?:an? |some ))" + _TEXT_KINDS + _ABOUT,
    ),
    (
        "write",
        r"(?:(?:explain|say|put|tell|describe|answer)(?: me|"
        r" us)?(?: (?P<said>.+?))? )?(?:in your own words|in (?:simple|plain|other|different) (?:words|"
        r"terms|english|language)|like (?:i'm|i am) (?:five|5|a child))\W*$",
    ),
    (
        "give an opinion",
        r"(?:(?:and |so )?(?:what|how|which) (?:do|would|did) you (?:think|feel|believe|recommend|suggest|"
        r"advise|prefer)|(?:what(?:'s| is| are) )?(?:in )?your (?:own |personal |honest )?(?:opinions?|"
        r"views?|take|stance|advice|recommendation|thoughts|favou?rite|guess)|do you (?:agree|disagree|"
        r"like|prefer|recommend)|(?:give|tell)(?: me| us)? your (?:\w+ )?(?:opinion|view|take|advice|"
        r"thoughts)|would you (?:recommend|say|agree|rather)|any (?:thoughts|advice|"
        r"opinions?))\b(?:(?: about| of| on| that| with| for)\b)?",
    ),
)
_REQUESTS = tuple(
    (task, re.compile(_ASKING + pattern + r"\W*(?P<about>.*)", re.IGNORECASE | re.DOTALL))
    for task, pattern in _REQUEST_PHRASINGS
)
# A request on nothing but such words is about what was quoted last: "translate that into Dutch".
_INTO = re.compile(r"\b(?:in|into|to) \w+\W*$")
_POINTING = re.compile(
    r"\W*(?:(?:all|of|it|this|that|these|those|them|the|last|answer|quote|passage|text|above|into|in|to|for|me|please)\b\W*)*"
)


def _place_in(message: str) -> Talk | None:
    found = _PLACE.fullmatch(" ".join(message.replace("’", "'").split()))
    if not found:
        return None
    kind, label = (found["kind"] or found["counted"]).lower(), (found["label"] or found["ordinal"]).lower()
    if found["label"] and not _LABEL.fullmatch(label):
        return None
    for names in (_NUMBERS, _NUMBER_WORDS):
        label = str(names.index(label) + 1) if label in names else label
    place: PlaceKind = "page" if kind in ("p", "pg", "page") else kind  # type: ignore[assignment]
    return Talk("page", label, place=place, within=(found["within"] or "").strip())


def _limit_in(message: str) -> Talk | None:
    for pattern in _LIMITS:
        if found := pattern.fullmatch(" ".join(message.split())):
            question = found.groupdict().get("question") or ""
            return Talk("only", found["name"].strip(" \"'“”‘’()"), question=question.strip())
    return None


def _request_in(message: str) -> Talk | None:
    for task, pattern in _REQUESTS:
        if found := pattern.fullmatch(message.replace("’", "'")):
            said = found.groupdict().get("said") or ""
            about = f"{said} {found['about']}".strip()
            about = "" if _POINTING.fullmatch(_INTO.sub("", about)) else about
            return Talk("request", about, task=task, question=message if about and task == "give an opinion" else "")
    return None


def _phrase_in(message: str) -> Talk | None:
    """Look a whole message up among the phrasings: as it stands, and without thanks, greetings or politeness around it."""
    asked = "?" if message.rstrip().endswith("?") else ""
    plain, left = _plain(message), _plain(_without_manners(message, _CLAUSE_END))
    if not plain and not asked:
        return Talk("thanks")
    ways = (plain, _without_politeness(plain), left, _without_politeness(left))
    for words in dict.fromkeys((*(f"{way} {asked}".strip() for way in ways), *ways)):
        for kind, phrasings in _PHRASINGS.items():
            if _pattern(phrasings).fullmatch(words + " "):
                return Talk(kind)
    return None


_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?![\s\d])|\s*\n\s*")
_CLAUSE_END = re.compile(r"(?<=[.!?…,;:–—-])\s+")


def without_manners(message: str) -> str:
    """Drop the sentences of thanks and greeting that stand before and behind what is asked.

    :param message: what a person typed.
    :returns: the sentences between them, as they were typed; the message itself when it holds nothing else.
    """
    return _without_manners(message, _SENTENCE_END)


def _without_manners(message: str, end: re.Pattern[str]) -> str:
    edges = [0, *(found.end() for found in end.finditer(message)), len(message)]
    pieces = [message[start:stop] for start, stop in pairwise(edges)]
    telling = [at for at, piece in enumerate(pieces) if not _is_manners(piece)]
    return "".join(pieces[telling[0] : telling[-1] + 1]).strip() if telling else message


def _is_manners(piece: str) -> bool:
    return _pattern(("<manners>*",)).fullmatch(f"{_plain(piece)} ".lstrip()) is not None


_POLITE_FIRST = frozenset(
    "please kindly ok okay well so and now sorry hey hi hello then yes no right alright oh um excuse me".split()
)
_POLITE_LAST = frozenset("please pls thanks then now actually here exactly again".split()) - {"again"}


def _plain(message: str) -> str:
    """Lower the case, straighten apostrophes, and leave one blank between words in place of other signs."""
    return " ".join(re.findall(r"[^\W_]+(?:['.-][^\W_]+)*", message.lower().replace("’", "'")))


def _without_politeness(words: str) -> str:
    """Take words of politeness off both ends, but never the last word that is left."""
    left = words.split()
    while len(left) > 1 and left[0] in _POLITE_FIRST:
        left.pop(0)
    while len(left) > 1 and left[-1] in _POLITE_LAST:
        left.pop()
    return " ".join(left)


@cache
def _pattern(phrasings: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(_either(phrasings))


def _either(phrasings: Iterable[str]) -> str:
    return "(?:" + "|".join(map(_expression, phrasings)) + ")"


def _expression(phrasing: str) -> str:
    """Turn a phrasing of the notation into a regular expression; every word is followed by one blank."""
    pieces = re.findall(r"\[|\]|<[^>]+>[+*]?|[^\s\[\]<>]+", phrasing)
    return "".join(_piece(piece) for piece in pieces)


def _piece(piece: str) -> str:
    if piece in "[]":
        return "(?:" if piece == "[" else ")?"
    if piece.startswith("<"):
        name, repeated = piece[1:].split(">")
        return _either(_PARTS[name]) + repeated
    return "(?:" + "|".join(map(re.escape, piece.split("|"))) + ") "
