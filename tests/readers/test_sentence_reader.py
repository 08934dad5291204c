"""Which sentences are quoted, in which order, and how sure the reader is: by hand, with one signal weighed at a time."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from long_words import Words

from assistant.datamodel import Content, Document, Heading, Passage, Query, ScoredPassage, Signals, Span
from assistant.readers import confidence as module
from assistant.readers.candidates import SENTENCE_SIGNALS, Asked
from assistant.readers.confidence import (
    CONFIDENCE_SIGNALS,
    FURTHER_SIGNALS,
    PASSAGE_SIGNALS,
    ReaderWeights,
    confidence_signals,
)
from assistant.readers.network import PassageView, ReaderNetwork, SentenceView
from assistant.readers.sentence_reader import (
    CLOSEST_WITHIN,
    LEAD_IN_WITHIN,
    LEAST_READ,
    PASSAGES_READ,
    QUOTES_AT_MOST,
    Seen,
    SentenceReader,
    first_quote,
    further_signals,
    see,
)
from assistant.splitting import sentences

CALIBRATED = np.array([1.0, 0.0])
APART = (*[0.0] * len(FURTHER_SIGNALS), -60.0)
UNRANKED = (0.0,) * len(PASSAGE_SIGNALS)


class Blank:
    """A network that has no opinion, or the evidence that it is given for each sentence by its words."""

    def __init__(self, evidence=None, keys=None):
        self.evidence, self.keys = evidence or {}, keys or {}

    def read(self, question, passages):
        return [
            PassageView(0.0, tuple(self._sentence(each, span) for span in each.passage.sentences)) for each in passages
        ]

    def _sentence(self, scored, span):
        words = span.of(scored.document.text)
        return SentenceView(self.evidence.get(words, 0.0), 0.0, self.keys.get(words))


def weighed(further=APART, passage=UNRANKED, **chosen):
    """Weights of 1 for the chosen sentence signals; even odds for the subject, three to one for the sentence.

    No sentence belongs to another unless ``further`` says so.
    """
    sentence = np.array([chosen.get(name, 0.0) for name in SENTENCE_SIGNALS])
    nothing = [0.0] * len(CONFIDENCE_SIGNALS)
    subject, right = np.array([*nothing, 0.0]), np.array([*nothing, math.log(3)])
    return ReaderWeights(
        sentence, np.array(passage), subject, right, np.array([0.0, -60.0]), np.array(further), CALIBRATED
    )


def scored(text, similarities, source="a.txt", aside=False, headings=(), before=None, after=None):
    spans = tuple(sentences(text, Span(0, len(text))))
    marked = tuple(Heading(1, span) for span in spans if span.of(text) in headings)
    document = Document(source, "", Content(text, "", "", headings=marked))
    signals = Signals(0.0, 0.0, max(similarities))
    assert len(spans) == len(similarities)
    return ScoredPassage(
        document, Passage(Span(0, len(text)), spans, None, aside), 1.0, signals, similarities, before, after
    )


def read(*passages, question="Bees eat?", weights=None, network=None):
    return SentenceReader(Words(), network or Blank(), weights or weighed(similarity=1.0)).read(
        Query(question), passages
    )


def texts(reading):
    return [quote.text for quote in reading.quotes]


def test_without_passages_nothing_is_read():
    reading = read()
    assert (reading.quotes, reading.closest, reading.confidence) == ((), (), 0.0)


def test_the_best_sentence_comes_first_and_near_ones_elsewhere_follow():
    # e^-0.5 = .61 is enough for a further quote (.45), e^-0.9 = .41 is not.
    reading = read(
        scored("Best one.", (1.0,)), scored("Good one.", (0.5,), "b.txt"), scored("Low one.", (0.1,), "c.txt")
    )
    assert texts(reading) == ["Best one.", "Good one."]
    assert reading.confidence == pytest.approx(0.5 * 0.75)
    assert [quote.score for quote in reading.quotes] == pytest.approx([0.375, 0.375 * math.exp(-0.5)])


def test_at_most_three_quotes_the_others_in_reading_order():
    assert QUOTES_AT_MOST == 3
    names = {"d.txt": 0.98, "b.txt": 1.0, "c.txt": 0.7, "a.txt": 0.95}
    reading = read(*(scored(f"It is in {name}", (similarity,), name) for name, similarity in names.items()))
    assert texts(reading) == ["It is in b.txt", "It is in a.txt", "It is in d.txt"]


BELONGING = weighed(
    further=(*(100.0 if name == "evidence" else 0.0 for name in FURTHER_SIGNALS), -50.0), similarity=1.0
)
"""By these weights a sentence belongs to the answer when its evidence is above 0."""


def belonging(evidence, *passages):
    return read(*passages, weights=BELONGING, network=Blank(evidence))


def test_sentences_that_belong_together_are_quoted_together_neighbours_as_one():
    passage = scored("Aside. First part. Best one. Also this. Not that. And that.", (0.0, 0.1, 1.0, 0.1, 0.1, 0.1))
    evidence = {"First part.": 1.0, "Also this.": 1.0, "And that.": 1.0}
    reading = belonging(evidence, passage)
    assert texts(reading) == ["First part. Best one. Also this.", "And that."]
    seen = Seen("Bees eat?", [passage], Blank(evidence).read("", [passage]), Words())
    assert first_quote(seen, BELONGING) == [1, 2, 3]
    assert [quote.before.of(passage.document.text) for quote in reading.quotes] == ["Aside.", "Not that."]
    assert reading.quotes[0].after.of(passage.document.text) == "Not that."


def test_what_tells_of_further_sentences():
    passages = [scored("Bees fly. Bees eat. They do.", (0.2, 0.9, 0.3)), scored("Others eat.", (0.1,))]
    seen = Seen("Bees eat?", passages, Blank({"They do.": 2.0}).read("", passages), Words())
    signals = further_signals(seen.candidates, np.array([1.0, 4.0, 2.0, 0.5]), best=1)
    told = {name: list(signals[:, at]) for at, name in enumerate(FURTHER_SIGNALS)}
    assert told["behind"] == [3.0, 0.0, 2.0, 3.5] and told["evidence"] == [0.0, 0.0, 2.0, 0.0]
    assert told["similarity"] == [0.2, 0.9, 0.3, 0.1]
    assert told["beside"] == [1, 0, 1, 0] and told["opens"] == [1, 0, 0, 1] and told["elsewhere"] == [0, 0, 0, 1]


def test_sentences_of_another_passage_do_not_belong_by_their_evidence():
    reading = belonging({"Other one.": 1.0}, scored("Best one.", (2.0,)), scored("Other one.", (0.0,), "b.txt"))
    assert texts(reading) == ["Best one."]


def test_the_key_is_that_of_the_best_sentence():
    key = Span(10, 14)
    reading = read(scored("Bees fly. Bees eat.", (0.0, 1.0)), network=Blank(keys={"Bees eat.": key}))
    assert reading.quotes[0].key == key


def test_passages_are_put_in_the_order_of_their_weights():
    passages = [scored("Low.", (0.1,), "a.txt"), scored("High.", (0.9,), "b.txt"), scored("Mid.", (0.5,), "c.txt")]
    by_best = [float(name == "best_sentence") for name in PASSAGE_SIGNALS]
    reading = read(*passages, weights=weighed(passage=by_best, similarity=1.0))
    assert [each.document.source for each in reading.passages] == ["b.txt", "c.txt", "a.txt"]
    assert [quote.document.source for quote in reading.closest] == ["b.txt", "c.txt", "a.txt"]


def test_passages_far_behind_the_best_one_are_not_among_the_closest():
    assert CLOSEST_WITHIN == 4.0
    passages = [scored("Best.", (5.0,), "a.txt"), scored("Near.", (1.1,), "b.txt"), scored("Far.", (0.9,), "c.txt")]
    by_best = [float(name == "best_sentence") for name in PASSAGE_SIGNALS]
    reading = read(*passages, weights=weighed(passage=by_best, similarity=1.0))
    assert [quote.document.source for quote in reading.closest] == ["a.txt", "b.txt"]
    assert [each.document.source for each in reading.passages] == ["a.txt", "b.txt", "c.txt"]


def test_the_same_words_are_quoted_once():
    copies = [
        scored("Bees eat   honey.", (1.0,), "a.txt"),
        scored("BEES eat\nhoney.", (0.99,), "b.txt"),
        scored("They do.", (0.9,), "c.txt"),
    ]
    assert texts(read(*copies)) == ["Bees eat   honey.", "They do."]


def test_equals_keep_the_order_of_retrieval():
    assert (
        texts(read(scored("Second by name.", (1.0,), "b.txt"), scored("First by name.", (1.0,), "a.txt")))[0]
        == "Second by name."
    )


def test_neighbours_come_from_the_passage_and_at_its_ends_from_beside_it():
    text = "Far before. Before. Best one. After."
    outside = (Span(0, 11), Span(12, 19))
    held = scored(text, (0.0, 0.0, 9.0, 0.0), before=outside[0], after=outside[1])
    quote = read(held).quotes[0]
    assert (quote.before.of(text), quote.after.of(text)) == ("Before.", "After.")
    alone = read(scored("Best one.", (1.0,), before=outside[0], after=outside[1])).quotes[0]
    assert (alone.before, alone.after) == outside
    alone = read(scored("Best one.", (1.0,))).quotes[0]
    assert (alone.before, alone.after) == (None, None)


@pytest.mark.parametrize(
    "better",
    [
        scored("Bees and honey. Bees eat honey.", (1.5, 1.0), headings=("Bees and honey.",)),
        scored("Do bees eat honey? Bees eat honey.", (1.5, 1.0)),
        scored("This chapter explains what bees eat. Bees eat honey.", (1.5, 1.0)),
    ],
    ids=["heading", "question", "announcement"],
)
def test_what_says_nothing_gives_way_to_a_statement(better):
    assert texts(read(better))[0] == "Bees eat honey."


def test_asides_give_way_to_the_article():
    assert texts(
        read(scored("Read what bees eat.", (2.0,), aside=True), scored("Bees eat honey.", (1.0,), "b.txt"))
    ) == ["Bees eat honey."]


def test_a_quote_that_says_nothing_lowers_the_confidence():
    statement, heading = read(scored("Bees eat.", (1.0,))), read(scored("Bees eat.", (1.0,), headings=("Bees eat.",)))
    assert heading.confidence < statement.confidence / 5


def test_coverage_is_the_share_of_telling_words():
    # Of the question's words "bees", "eat" and "honey" tell anything, and weigh 4, 3 and 5.
    passage = scored("Bees fly. Honey they eat.", (0.0, 0.0))
    (view,) = Blank().read("", [passage])
    found = list(Asked("What do bees eat? Honey", Words()).candidates(passage, view))
    coverage = [candidate.signals[SENTENCE_SIGNALS.index("coverage")] for candidate in found]
    nearby = [candidate.signals[SENTENCE_SIGNALS.index("nearby")] for candidate in found]
    assert coverage == pytest.approx([4 / 12, 8 / 12])
    assert nearby == pytest.approx([0.0, 4 / 12]), "what the sentence before says and this one does not"


def test_the_closest_are_whole_passages_in_retrieved_order():
    passages = [scored(f"Some words {number}. More.", (0.5, number / 10), f"{number}.txt") for number in range(5)]
    reading = read(*passages)
    assert [(quote.document.source, quote.text) for quote in reading.closest] == [
        (f"{n}.txt", f"Some words {n}. More.") for n in range(3)
    ]
    assert [quote.score for quote in reading.closest] == pytest.approx([reading.confidence] * 3)


DUTIES = "The tenant pays for two things:\n- Water. Hot water too.\n- Heat.\n\nThe owner pays for the rest."


@pytest.mark.parametrize(
    ("likeness", "quoted"),
    [
        ((1.0, 0, 0, 0, 0), "The tenant pays for two things:\n- Water. Hot water too.\n- Heat."),
        ((0, 1.0, 0, 0, 0), "The tenant pays for two things:\n- Water."),
        ((0, 0, 1.0, 0, 0), "The tenant pays for two things:\n- Water. Hot water too."),
        ((0, 0, 0, 0, 1.0), "The owner pays for the rest."),
    ],
)
def test_a_list_and_the_words_that_lead_it_in_are_quoted_together(likeness, quoted):
    assert texts(read(scored(DUTIES, likeness))) == [quoted]


ITEMS = "- Water. Hot water too.\n- Heat."


@pytest.mark.parametrize(
    ("question", "likeness", "key"),
    [
        ("What does the tenant pay for?", (1.0, 0, 0, 0, 0), ITEMS),
        ("Which things does the tenant pay for?", (0, 0, 0, 5.0, 0), ITEMS),
        ("Which things does the tenant pay for?", (0, 5.0, 0, 0, 0), "Water"),
        ("Does the tenant pay for heat?", (0, 0, 0, 1.0, 0), "Heat"),
    ],
)
def test_all_items_are_the_key_where_a_list_is_asked_for(question, likeness, key):
    keys = {f"- {each}.": Span(at := DUTIES.index(each), at + len(each)) for each in ("Water", "Heat")}
    reading = read(scored(DUTIES, likeness), question=question, network=Blank(keys=keys))
    assert reading.quotes[0].key.of(DUTIES) == key


@pytest.mark.parametrize("items", [LEAD_IN_WITHIN, LEAD_IN_WITHIN + 1])
def test_the_last_item_of_a_long_list_is_quoted_without_its_lead_in(items):
    text = "Bees need:" + "".join(f"\n- Food {number}." for number in range(items))
    (quote,) = texts(read(scored(text, (*[0.0] * items, 1.0))))
    assert quote == (text if items == LEAD_IN_WITHIN else f"- Food {items - 1}.")


def test_a_quote_whose_words_are_all_in_another_is_not_repeated():
    likely = scored("They pay for two things:\n- Water.", (0.0, 1.0)), scored("- Water.", (0.9,), "b.txt")
    assert texts(read(*likely)) == ["They pay for two things:\n- Water."]
    assert texts(read(*reversed(likely))) == ["They pay for two things:\n- Water."]


def test_one_list_in_two_documents_is_quoted_once():
    one, other = "They pay for:\n- Water.\n- Heat.", "They  pay for:\n- Water.\n- Heat."
    likely = scored("Bees eat.", (1.0,)), scored(one, (0.9, 0.0, 0.0), "b.txt"), scored(other, (0.0, 0.0, 0.8), "c.txt")
    assert texts(read(*likely)) == ["Bees eat.", one]


def test_a_colon_with_no_list_behind_it_brings_nothing_along():
    assert texts(read(scored("Who said this:\n1999 it was.", (1.0, 0.0)))) == ["Who said this:"]
    assert texts(read(scored("He said this:", (1.0,)), scored("- Bees eat.", (0.0,), "b.txt"))) == ["He said this:"]


def test_a_question_for_several_things_prefers_the_words_that_lead_them_in():
    other = scored("The tenant pays for the very things that he uses.", (0.4,), "b.txt")
    assert texts(read(other, scored(DUTIES, (0.0,) * 5), question="Which things does the tenant pay for?"))[0].endswith(
        "- Heat."
    )


EVEN = [scored("Some.", (0.0,), f"{number}.txt") for number in range(PASSAGES_READ + 5)]


class Sure(Blank):
    """A network that finds a passage to answer as surely as its source says."""

    def __init__(self, **answers):
        super().__init__()
        self.answers = answers

    def read(self, question, passages):
        views = super().read(question, passages)
        names = [each.document.source.removesuffix(".txt") for each in passages]
        return [
            view._replace(answers=self.answers.get(f"at{name}", 0.0)) for view, name in zip(views, names, strict=True)
        ]


def test_passages_far_behind_the_first_are_not_read():
    assert see("Some?", EVEN, Blank(), Words()).read == EVEN[:PASSAGES_READ]
    clear = [replace(EVEN[0], score=9.0), *EVEN[1:]]
    assert see("Some?", clear, Blank(), Words()).read == clear[:LEAST_READ]
    assert see("Some?", EVEN[:2], Blank(), Words()).read == EVEN[:2]


@pytest.mark.parametrize(
    ("answers", "read"),
    [
        ({"at0": 4.9}, PASSAGES_READ),  # another could still have 5
        ({"at0": 5.1}, LEAST_READ),
        ({"at3": 5.1}, LEAST_READ),
        ({"at4": 5.1}, PASSAGES_READ),
    ],
)
def test_reading_ends_where_no_other_passage_can_come_first(answers, read):
    assert see("Some?", EVEN, Sure(**answers), Words()).read == EVEN[:read]


def test_a_lead_in_retrieval_stands_for_a_sure_answer():
    # 0.3 ahead is worth 0.3 / 0.16 = 1.875 of the answers' logit: 3.125 more are needed.
    ahead = [replace(EVEN[0], score=EVEN[0].score + 0.3), *EVEN[1:]]
    assert len(see("Some?", ahead, Sure(at0=3.1), Words()).read) == PASSAGES_READ
    assert len(see("Some?", ahead, Sure(at0=3.2), Words()).read) == LEAST_READ


def test_what_is_not_read_stays_behind_in_its_order():
    passages = [scored("Some.", (0.0,), f"{number:02}.txt") for number in range(PASSAGES_READ + 3)]
    assert list(read(*passages).passages) == passages


def test_two_sentences_that_answer_together_do_not_take_each_other_s_lead():
    # Odds of 1, 1 and 1/4: the best sentence alone leads with 4/9, a quote of the first two with 8/9.
    signals = np.zeros((3, len(SENTENCE_SIGNALS)))
    scores = np.array([2.0, 2.0, 2.0 - math.log(4)])
    lead = lambda quoted: confidence_signals(signals, scores, quoted, 100)[CONFIDENCE_SIGNALS.index("lead")]  # noqa: E731
    assert lead([0]) == pytest.approx(4 / 9) and lead([0, 1]) == pytest.approx(8 / 9)


def test_confidence_is_calibrated():
    # Product 3/8, log-odds log(3/5); twice that and log 5 more make odds of 9/5.
    weights = replace(weighed(similarity=1.0), calibration=np.array([2.0, math.log(5)]))
    assert read(scored("Bees eat.", (1.0,)), weights=weights).confidence == pytest.approx(9 / 14)


@pytest.mark.parametrize("extreme", [-1e6, 1e6])
def test_confidence_stays_a_probability(extreme):
    weights = weighed(similarity=1.0)
    weights.subject[-1] = weights.right[-1] = extreme
    assert 0 <= read(scored("Bees eat.", (1.0,)), weights=weights).confidence <= 1


def test_the_shipped_weights_name_the_signals_in_their_order():
    held = json.loads(Path(module.__file__).with_name("weights.json").read_text())
    assert tuple(held["sentence"]) == SENTENCE_SIGNALS and tuple(held["passage"]) == PASSAGE_SIGNALS
    assert tuple(held["subject"]) == tuple(held["right"]) == (*CONFIDENCE_SIGNALS, "bias")
    assert tuple(held["further"]) == (*FURTHER_SIGNALS, "bias")
    assert tuple(held["calibration"]) == ("scale", "bias")
    assert ReaderWeights.shipped().sentence.shape == (len(SENTENCE_SIGNALS),)


@pytest.mark.model
def test_with_the_shipped_weights_the_answer_wins():
    text = "Bees fly far. Bees eat honey in winter. The weather is cold."
    reader = SentenceReader(Words(), ReaderNetwork())
    reading = reader.read(Query("What do bees eat in winter?"), [scored(text, (0.4, 0.8, 0.1))])
    assert texts(reading)[0] == "Bees eat honey in winter."
    assert reading.quotes[0].key.of(text) == "honey"
    unrelated = reader.read(Query("Who won the football cup?"), [scored(text, (0.05, 0.02, 0.03))])
    assert unrelated.confidence < 0.2 < reading.confidence
