"""The reader: linear models over what retrieval, shared words and the trained network say of sentences and passages.

The network alone chooses the passage worse than retrieval alone, and both together choose better than either. The
weights come from ``python -m assistant.training`` and are kept in ``weights.json``, which names the data they were
fitted on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain

import numpy as np

from assistant.datamodel import Query, Quote, Reading, ScoredPassage, Span
from assistant.readers.candidates import SENTENCE_SIGNALS, Asked, Candidate, matrix
from assistant.readers.confidence import ReaderWeights, confidence_signals, logistic
from assistant.readers.network import PassageView, ReaderNetwork
from assistant.splitting import is_list_item, leads_in
from assistant.telling_words import Vocabulary

PASSAGES_READ = 8
LEAST_READ = 4
SCORE_READ = 1.2
"""A passage whose fused score is this far behind the best one's is not read."""
_WORTH, _HIGHEST = 0.16, 5.0
"""What a logit that the passage answers adds to its fused score when it is decided whether to read on, and the highest of such
logits: 1 in 1,000 is above it. About four in five of SQuAD's questions are decided after the first passages."""
QUOTES_AT_MOST = 3
SENTENCES_AT_MOST = 5
LISTED_AT_MOST = 24
"""Sentences of a list that are quoted with the words that lead it in."""
LEAD_IN_WITHIN = 4
"""An item of a list is quoted from the list's lead-in on where this stands so few sentences before it."""
FURTHER_QUOTE_RATIO = 0.45
"""A further quote from another passage needs at least this share of the best one's probability among all sentences."""
_ASIDE_PENALTY = 2.0
"""Page furniture stands back, as in retrieval."""
CLOSEST_WITHIN = 4.0
"""A passage with less than e^-4 (1 in 55) of the best one's odds is not among the closest: hardly a question that was declined
wrongly has its answer there."""
FURTHER_AT_LEAST = 0.25
"""A further sentence of the best one's passage, or of one beside it, needs this probability of belonging to the answer."""
_GAP = 2
"""Characters between passages that stand one behind the other: a blank line."""


class SentenceReader:
    """Implements `Reader`.

    :param vocabulary: the words of the index that is read.
    :param network: the trained network.
    :param weights: the fitted weights, those shipped when None.
    """

    def __init__(self, vocabulary: Vocabulary, network: ReaderNetwork, weights: ReaderWeights | None = None) -> None:
        self._vocabulary, self._network = vocabulary, network
        self._weights = weights or ReaderWeights.shipped()

    def read(self, query: Query, passages: Sequence[ScoredPassage]) -> Reading:
        """Choose the sentences that answer; see `Reader.read`.

        :param query: the question.
        :param passages: what was retrieved for it, best first.
        :returns: quotes, the passages in a better order, and how sure it is.
        """
        if not passages:
            return Reading((), (), 0.0)
        seen = see(query.text, passages, self._network, self._vocabulary)
        scores = seen.scores(self._weights)
        runs = _runs(seen.candidates, scores, self._weights)
        confidence = seen.confidence(self._weights, scores, runs[0])
        worth = seen.passage_scores(self._weights)
        order = np.argsort(-worth, kind="stable")
        ranked = tuple(seen.read[at] for at in order)
        near = [seen.read[at] for at in order[:QUOTES_AT_MOST] if worth.max() - worth[at] <= CLOSEST_WITHIN]
        closest = _closest(near, seen.candidates, scores, confidence)
        quotes = _quotes(seen, runs, scores, confidence)
        return Reading(quotes, closest, confidence, (*ranked, *passages[len(ranked) :]))


class Seen:
    """What is known of the passages that were read for a question.

    :param question: its words.
    :param passages: those read.
    :param views: what the network says of each.
    :param vocabulary: the words of the index.
    """

    def __init__(
        self,
        question: str,
        passages: Sequence[ScoredPassage],
        views: Sequence[PassageView],
        vocabulary: Vocabulary,
    ) -> None:
        asked = Asked(question, vocabulary)
        self.kind, self.read, self.size = asked.kind, passages, len(vocabulary)
        self.candidates = list(chain.from_iterable(map(asked.candidates, passages, views)))
        self._asides = [each.passage.aside for each in passages]
        self.passages = np.array([_passage_signals(*each) for each in zip(passages, views, strict=True)])

    def scores(self, weights: ReaderWeights) -> np.ndarray:
        """Score the sentences: log-odds up to a constant. *Shape:* ``(n_candidates,)``."""
        extra = [each.form - each.penalty for each in self.candidates]
        return _weighed(matrix(self.candidates), weights.sentence) + extra

    def confidence(self, weights: ReaderWeights, scores: np.ndarray, quoted: Sequence[int]) -> float:
        """Give the probability that a first quote of these candidates answers."""
        best = self.candidates[int(np.argmax(scores))]
        signals = confidence_signals(matrix(self.candidates), scores, quoted, self.size)
        return weights.probability(signals, best.penalty)

    def passage_scores(self, weights: ReaderWeights) -> np.ndarray:
        """Score the passages: log-odds up to a constant. *Shape:* ``(n_passages,)``."""
        furniture = [_ASIDE_PENALTY * each for each in self._asides]
        return _weighed(self.passages, weights.passage) - furniture


def _weighed(signals: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum up weighed signals, a row by itself: a product of matrices rounds equal rows differently, and equals keep their order."""
    return np.asarray((signals * weights).sum(axis=1))


def see(question: str, passages: Sequence[ScoredPassage], network: ReaderNetwork, vocabulary: Vocabulary) -> Seen:
    """Read the passages that are worth the network's time: the first, and the others where one of them may be the best.

    :param question: its words.
    :param passages: what was retrieved, best first; at least one.
    :param network: reads them.
    :param vocabulary: the words of the index.
    :returns: what is known of those read: `LEAST_READ` to `PASSAGES_READ`, as far as there are so many.
    """
    near = _near(passages)
    views = network.read(question, near[:LEAST_READ])
    if len(views) < len(near) and not _is_decided(near, views):
        views += network.read(question, near[LEAST_READ:])
    return Seen(question, near[: len(views)], views, vocabulary)


def _near(passages: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """Take the passages not far behind the first."""
    near = [at for at, each in enumerate(passages) if passages[0].score - each.score <= SCORE_READ]
    return list(passages[: min(PASSAGES_READ, max(LEAST_READ, len(near)))])


def _is_decided(passages: Sequence[ScoredPassage], views: Sequence[PassageView]) -> bool:
    """Tell whether none of the passages not yet read can come first, even if it answers as well as any does."""
    best = max(each.score + _WORTH * view.answers for each, view in zip(passages, views, strict=False))
    return best > passages[len(views)].score + _WORTH * _HIGHEST


def further_signals(candidates: Sequence[Candidate], scores: np.ndarray, best: int) -> np.ndarray:
    """Collect what tells whether a sentence belongs to the answer beside the best one (`FURTHER_SIGNALS`).

    :param candidates: the sentences.
    :param scores: their scores. *Shape:* ``(n_candidates,)``.
    :param best: which is the best.
    :returns: *shape* ``(n_candidates, len(FURTHER_SIGNALS))``.
    """
    signals, first = matrix(candidates), candidates[best]
    own = {name: signals[:, SENTENCE_SIGNALS.index(name)] for name in ("evidence", "similarity", "coverage")}
    beside = [float(each.passage is first.passage and abs(each.at - first.at) == 1) for each in candidates]
    opens = [float(each.at == 0) for each in candidates]
    elsewhere = [float(each.passage is not first.passage) for each in candidates]
    behind = scores[best] - scores
    return np.column_stack([behind, *own.values(), beside, opens, elsewhere])


def _passage_signals(scored: ScoredPassage, view: PassageView) -> tuple[float, ...]:
    """List a passage's signals (`PASSAGE_SIGNALS`)."""
    found = scored.signals
    evidence = max(sentence.evidence for sentence in view.sentences)
    span = max(sentence.span for sentence in view.sentences)
    words = found.coverage, found.phrases, found.named
    return found.dense, found.lexical, found.best_sentence, *words, view.answers, evidence, span


def _chosen(candidates: Sequence[Candidate], scores: np.ndarray, weights: ReaderWeights) -> list[int]:
    """Take the best sentence, those that belong to it, and those nearly as good elsewhere; the same words once."""
    order = [int(at) for at in np.argsort(-scores, kind="stable")]
    best = order[0]
    belongs = further_signals(candidates, scores, best) @ weights.further[:-1] + weights.further[-1]
    least = scores[best] + math.log(FURTHER_QUOTE_RATIO)
    chosen: list[int] = []
    said: set[str] = set()
    for at in order:
        own = adjoin(candidates[at].passage, candidates[best].passage)
        fits = logistic(belongs[at] - candidates[at].penalty) >= FURTHER_AT_LEAST if own else scores[at] >= least
        words = candidates[at].words
        if (at == best or fits) and words not in said and len(chosen) < SENTENCES_AT_MOST:
            chosen.append(at)
            said.add(words)
    return list(dict.fromkeys(each for at in chosen for each in (*_led_in(candidates, at), *_listed(candidates, at))))


def _led_in(candidates: Sequence[Candidate], at: int) -> range:
    """Number a sentence and, where it stands in a list, those from the words that lead the list in, unless they are far off."""
    for lead in range(at - 1, max(at - LEAD_IN_WITHIN, 0) - 1, -1):
        if at in _listed(candidates, lead):
            return range(lead, at + 1)
    return range(at, at + 1)


def _listed(candidates: Sequence[Candidate], at: int) -> range:
    """Number the sentences of the list that a sentence leads in, as in "… in five ways:"; without them it says nothing."""
    end = at + 1
    while leads_in(candidates[at].text) and end < len(candidates) and end - at <= LISTED_AT_MOST:
        one, two = candidates[end - 1], candidates[end]
        between = one.passage.document.text[one.span.end : two.span.start]
        same_item = end > at + 1 and between.count("\n") < 2
        if two.passage is not candidates[at].passage or not (is_list_item(two.text) or same_item):
            break
        end += 1
    return range(at + 1, end)


def adjoin(one: ScoredPassage, other: ScoredPassage) -> bool:
    """Tell whether two passages are one, or stand one behind the other in one section.

    :param one: a passage.
    :param other: a passage of any document.
    :returns: whether sentences of both may answer together.
    """
    if one.document.source != other.document.source or one.passage.section != other.passage.section:
        return False
    first, second = sorted((one.passage.span, other.passage.span))
    return second.start - first.end <= _GAP


def _runs(candidates: Sequence[Candidate], scores: np.ndarray, weights: ReaderWeights) -> list[list[int]]:
    """Number the sentences of each quote: neighbours together, the quote with the best sentence first."""
    runs: list[list[int]] = []
    for at in sorted(_chosen(candidates, scores, weights)):
        joins = runs and at == runs[-1][-1] + 1 and candidates[at].passage is candidates[at - 1].passage
        runs[-1].append(at) if joins else runs.append([at])
    runs.sort(key=lambda run: -max(scores[at] for at in run))
    return _said_once(candidates, runs)[:QUOTES_AT_MOST]


def _said_once(candidates: Sequence[Candidate], runs: Sequence[list[int]]) -> list[list[int]]:
    """Leave out a quote whose words one before it or a longer one holds: two documents may have one list. The first stays."""
    said = [" ".join(candidates[at].words for at in run) for run in runs]
    held = [
        any(own in other and (own != other or at < place) for at, other in enumerate(said))
        for place, own in enumerate(said)
    ]
    return [run for place, run in enumerate(runs) if not place or not held[place]]


def first_quote(seen: Seen, weights: ReaderWeights) -> list[int]:
    """Number the sentences of the quote that a reader would put first.

    :param seen: what is known of the passages.
    :param weights: the reader's.
    :returns: positions in ``seen.candidates``.
    """
    return _runs(seen.candidates, seen.scores(weights), weights)[0]


def _quotes(seen: Seen, runs: Sequence[Sequence[int]], scores: np.ndarray, confidence: float) -> tuple[Quote, ...]:
    """Make quotes: the best one first, the others in reading order."""
    first, *others = (_quote(seen, run, scores, confidence) for run in runs)
    others.sort(key=lambda quote: (quote.document.source, quote.span))
    return (first, *others)


def _quote(seen: Seen, run: Sequence[int], scores: np.ndarray, confidence: float) -> Quote:
    candidates, best = seen.candidates, max(run, key=lambda at: scores[at])
    scored, first, last = candidates[best].passage, candidates[run[0]].at, candidates[run[-1]].at
    sentences = scored.passage.sentences
    return Quote(
        scored.document,
        Span(sentences[first].start, sentences[last].end),
        min(1.0, confidence * math.exp(scores[best] - scores.max())),
        _key(seen, run, best),
        sentences[first - 1] if first else scored.before,
        sentences[last + 1] if last + 1 < len(sentences) else scored.after,
        scored.passage.section,
        scored.signals,
    )


def _key(seen: Seen, run: Sequence[int], best: int) -> Span | None:
    """Give the best sentence's key, or all items of its list where they are what is asked for."""
    for lead in run:
        items = _listed(seen.candidates, lead)
        if len(items) > 1 and items[-1] in run and (best == lead or (best in items and seen.kind == "list")):
            return Span(seen.candidates[items[0]].span.start, seen.candidates[items[-1]].span.end)
    return seen.candidates[best].key


def _closest(
    near: Sequence[ScoredPassage], candidates: Sequence[Candidate], scores: np.ndarray, confidence: float
) -> tuple[Quote, ...]:
    """Turn passages into quotes of whole passages, scored by their best sentence."""
    top = scores.max()
    own = {id(each.passage): -math.inf for each in candidates}
    for candidate, score in zip(candidates, scores, strict=True):
        own[id(candidate.passage)] = max(own[id(candidate.passage)], float(score))
    return tuple(_whole(each, confidence * math.exp(own[id(each)] - top)) for each in near if id(each) in own)


def _whole(scored: ScoredPassage, score: float) -> Quote:
    section = scored.passage.section
    return Quote(
        scored.document,
        scored.passage.span,
        min(1.0, score),
        None,
        scored.before,
        scored.after,
        section,
        scored.signals,
    )
