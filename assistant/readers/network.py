"""Runs the trained network that reads a question and a passage together; `training/network.py` says what it was taught.

One pair is one call, as in the fast embedder: a passage's reading does not depend on what is read beside it. Its file,
``network.onnx``, ships with the package; ``CARD.md`` says what it was trained on and how well it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from assistant.datamodel import ScoredPassage, Span
from assistant.embedders.model_folder import model_folder
from assistant.onnx_session import open_session, open_tokenizer
from assistant.settings import EMBEDDED_MODEL

FILE = Path(__file__).with_name("network.onnx")
IDS, TYPES = "ids", "types"
TOKENS = "tokens"
"""The output for tokens: logits that the answer starts and ends here, and that this speaks for its sentence."""
ANSWERS = "answers"
"""The output for the passage: the logit that it answers."""
QUESTION_TOKENS = 64
PASSAGE_TOKENS = 288
LONGEST_KEY = 24
"""Tokens of an answer's span at most."""
_LIKELY_SPANS = 20
_DOUBT = 1.25
"""The network is surer of a span than it should be; logits are divided by this before they are probabilities."""
_UNREAD = -12.0


class SentenceView(NamedTuple):
    """What the network says of one sentence.

    :param evidence: logit that the sentence answers.
    :param span: the best sum of a start and an end logit within it.
    :param key: where that start and end are, in the document.
    """

    evidence: float
    span: float
    key: Span | None


class PassageView(NamedTuple):
    """What the network says of one passage: the logit that it answers, and its sentences in order."""

    answers: float
    sentences: tuple[SentenceView, ...]


class ReaderNetwork:
    """The trained network.

    :param threads: passages read at the same time.
    :param file: the ONNX file.
    """

    def __init__(self, threads: int = 1, file: Path = FILE) -> None:
        folder = model_folder(EMBEDDED_MODEL)
        self._tokenizer = open_tokenizer(folder)
        self._first, self._between = (self._tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]"))
        self._session = open_session(file.read_bytes())
        self._threads = threads
        # A passage is cut again for each question about it; the same question is often asked twice, say with a source more.
        self._pieces = lru_cache(maxsize=1024)(self._pieces_of)
        self._view = lru_cache(maxsize=128)(self._view_of)

    def knows(self, word: str) -> bool:
        """Tell whether a word is in the vocabulary, whole: some 18,000 English words of five letters or more, names among them.

        :param word: in lower case.
        :returns: False for words that are read in pieces.
        """
        return self._tokenizer.token_to_id(word) is not None

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> list[PassageView]:
        """Read passages for a question.

        :param question: its words; those past `QUESTION_TOKENS` word pieces do not count.
        :param passages: any number.
        :returns: a view of each, in their order.
        """
        wanted = [(question, each.text, _relative(each)) for each in passages]
        if self._threads == 1 or len(passages) < 2:
            views = [self._view(*each) for each in wanted]
        else:
            views = self._at_once(wanted)
        return [_placed(view, each.passage.span.start) for view, each in zip(views, passages, strict=True)]

    def _at_once(self, wanted: Sequence[tuple[str, str, tuple[Span, ...]]]) -> list[PassageView]:
        """Read several at the same time, the longest first, so that no thread is left with a long one at the end."""
        order = sorted(range(len(wanted)), key=lambda at: -len(wanted[at][1]))
        with ThreadPoolExecutor(self._threads) as pool:
            read = pool.map(lambda at: self._view(*wanted[at]), order)
            found = dict(zip(order, read, strict=True))
        return [found[at] for at in range(len(wanted))]

    def _view_of(self, question: str, text: str, sentences: tuple[Span, ...]) -> PassageView:
        """Read one passage; its keys are ranges of its own text."""
        asked = self._pieces(question)[0][:QUESTION_TOKENS]
        ids, offsets = (part[:PASSAGE_TOKENS] for part in self._pieces(text))
        pair = np.concatenate([[self._first], asked, [self._between], ids, [self._between]]).astype(np.int32)
        begin = len(asked) + 2
        types = (np.arange(len(pair)) >= begin).astype(np.int32)
        tokens, answers = self._session.run([TOKENS, ANSWERS], {IDS: pair[None], TYPES: types[None]})
        logits = tokens[0, begin : begin + len(ids)]
        return PassageView(float(answers[0, 0]), tuple(_sentence_view(logits, offsets, span) for span in sentences))

    def _pieces_of(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Cut into word pieces: their numbers, and where each stands. *Shapes:* ``(n,)`` and ``(n, 2)``."""
        # A question may hold half a surrogate pair; the sign in its place is one character, too.
        encoding = self._tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8"), add_special_tokens=False)
        return np.array(encoding.ids, dtype=np.int64), np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)


@lru_cache(maxsize=2)
def shipped_network(threads: int) -> ReaderNetwork:
    """Open the network that comes with the project, once for all who use it.

    :param threads: passages read at the same time.
    :returns: the network; safe to use from several threads.
    """
    return ReaderNetwork(threads)


def _relative(scored: ScoredPassage) -> tuple[Span, ...]:
    start = scored.passage.span.start
    return tuple(Span(each.start - start, each.end - start) for each in scored.passage.sentences)


def _placed(view: PassageView, start: int) -> PassageView:
    """Move a view's keys from the passage's text to the document's."""
    return view._replace(
        sentences=tuple(
            each._replace(key=Span(start + each.key.start, start + each.key.end) if each.key else None)
            for each in view.sentences
        )
    )


def _sentence_view(logits: np.ndarray, offsets: np.ndarray, sentence: Span) -> SentenceView:
    """Sum up a sentence's tokens; those that touch it are its own."""
    own = np.flatnonzero((offsets[:, 0] < sentence.end) & (offsets[:, 1] > sentence.start))
    if not len(own):
        return SentenceView(_UNREAD, 2 * _UNREAD, None)
    first, last, score = likely_span(logits[own, 0], logits[own, 1])
    start, end = int(offsets[own[first], 0]), int(offsets[own[last], 1])
    key = Span(max(sentence.start, start), min(sentence.end, end))
    return SentenceView(float(logits[own, 2].mean()), score, key)


def likely_span(starts: np.ndarray, ends: np.ndarray) -> tuple[int, int, float]:
    """Find the span that shares most with all that are likely: where the network wavers, the middle way.

    Of the `_LIKELY_SPANS` likeliest spans it takes the one with the greatest expected overlap with the right one, by the
    harmonic mean of precision and recall over tokens (minimum Bayes risk, Kumar and Byrne 2004,
    https://aclanthology.org/N04-1022/).

    :param starts: a logit a token. *Shape:* ``(n_tokens,)``, at least one.
    :param ends: the same for ends.
    :returns: first token, last token (included), and the greatest sum of a start and an end logit of any span. For starts
        (2, 0, 5) and ends (0, 3, 1): 2, 2, 6.
    """
    first, last = _spans(len(starts))
    sums = starts[first] + ends[last]
    likely = np.argsort(-sums, kind="stable")[:_LIKELY_SPANS]
    first, last, sums = first[likely], last[likely], sums[likely]
    shared = np.minimum(last[:, None], last) - np.maximum(first[:, None], first) + 1
    lengths = last - first + 1
    overlap = 2 * np.maximum(shared, 0) / (lengths[:, None] + lengths)
    best = int(np.argmax(overlap @ np.exp((sums - sums[0]) / _DOUBT)))
    return int(first[best]), int(last[best]), float(sums[0])


@lru_cache(maxsize=256)
def _spans(tokens: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the first and the last token of every span of at most `LONGEST_KEY` tokens."""
    length = np.arange(tokens)[None, :] - np.arange(tokens)[:, None]
    first, last = np.nonzero((length >= 0) & (length < LONGEST_KEY))
    return first, last
