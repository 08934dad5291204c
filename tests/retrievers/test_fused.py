"""The fused score worked by hand with vectors chosen for it, then what limits and surrounds the hits."""

import math
from contextlib import closing

import numpy as np
import pytest

from assistant.building import embed_documents
from assistant.datamodel import Content, Document, Heading, Query, Signals, SourceStatus, Span
from assistant.embedders.hashing import HashingEmbedder
from assistant.errors import UsageError
from assistant.indexes import Generation, GenerationWriter, build_lock
from assistant.indexes.workbench import Work
from assistant.retrievers import FusedRetriever
from assistant.retrievers.fused import RERANKED
from assistant.splitting import split


class ChosenVectors(HashingEmbedder):
    """Gives each text, and each sentence by its own words, the vector chosen for it."""

    identity, dimension = "chosen", 3

    def __init__(self, vectors):
        self.vectors = vectors

    def embed_passages(self, texts):
        return np.array([self.vectors[text] for text in texts], dtype=np.float32).reshape(-1, 3)

    embed_queries = embed_passages


@pytest.fixture
def retriever(tmp_path):
    """Makes a retriever over an index of documents that are made here, so that each mark in them is known."""
    opened = []

    def over(embedder, *documents):
        with build_lock(tmp_path / "index"):
            writer = GenerationWriter(tmp_path / "index", embedder.identity, embedder.dimension, "1")
            works = [Work(each, split(each.content), SourceStatus(each.source, "indexed")) for each in documents]
            for work, (vectors, sentences) in zip(works, embed_documents(embedder, works), strict=True):
                writer.add(work.document, work.passages, vectors, sentences)
            writer.commit([work.status for work in works])
        opened.append(Generation(tmp_path / "index"))
        return FusedRetriever(opened[-1], embedder)

    yield over
    for generation in opened:
        with closing(generation):
            pass


def document(source, text, **known):
    return Document(source, "0" * 64, Content(text, "text/plain", source, **known))


FRUIT = "Red apples grow. Green pears fall."
SKY = "Blue plums hang."


def test_the_score_is_the_first_sum_and_the_second(retriever):
    vectors = {
        FRUIT: (0.6, 0.8, 0), "Red apples grow.": (1, 0, 0), "Green pears fall.": (0, 1, 0),
        SKY: (0.8, 0, 0.6), "red kiwis": (1, 0, 0), "kiwis": (0, 0, -1),
    }  # fmt: skip
    found = retriever(ChosenVectors(vectors), document("fruit.txt", FRUIT), document("sky.txt", SKY))
    first, second = found.retrieve(Query("red kiwis"), 5)
    # 0.75 * 0.6 + 0.45 * 1 (the only one with a word of the question) + 0.75 * 1, and 0.75 * 0.8 + 0.45 * 0 + 0.75 * 0.8;
    # then 1.5 times the best sentence, 1 and 0.8, and 0.8 times "red", as rare as ln 2, among "red" and "kiwi", as rare as ln 6.
    red = math.log(2) / (math.log(2) + math.log(6))
    assert (first.document.source, first.score) == ("fruit.txt", pytest.approx(1.65 + 1.5 + 0.8 * red))
    assert (second.document.source, second.score) == ("sky.txt", pytest.approx(1.2 + 1.5 * 0.8))
    assert first.signals == Signals(pytest.approx(0.6), 1.0, pytest.approx(1.0), 2, 1, pytest.approx(red))
    assert second.signals == Signals(pytest.approx(0.8), 0.0, pytest.approx(0.8), 1, None)
    assert first.sentence_similarities == pytest.approx((1.0, 0.0)) and second.sentence_similarities == pytest.approx(
        (0.8,)
    )
    assert first.text == FRUIT
    # No word at all, and both passages point away: -0.0 and -0.6, with their best sentences -0.0 and -0.6, which count again.
    scores = [(hit.document.source, pytest.approx(hit.score, abs=5e-3)) for hit in found.retrieve(Query("kiwis"), 5)]
    assert scores == [("fruit.txt", 0.0), ("sky.txt", -1.8)]


def test_words_of_the_title_and_the_heading_count_beside_those_of_the_passage(retriever):
    text = "Her notes\n\nThey hold a program.\n\nLater\n\nRain fell."
    headings = (Heading(2, Span(0, 9)), Heading(2, Span(33, 38)))
    life = Document("a.txt", "0" * 64, Content(text, "text/plain", "Ada_Lovelace", headings=headings))
    found = retriever(HashingEmbedder(), life, document("b.txt", "The weather was fine."))
    hits = {hit.text[:3]: hit.signals for hit in found.retrieve(Query("the program of Ada Lovelace, her notes"), 3)}
    # Each passage is found by its title too: of the three, two have "ada" and "lovelac", and one has "program" and "note".
    two, one = math.log1p(1.5 / 2.5), math.log1p(2.5 / 1.5)
    shares = {begins: (pytest.approx(told.coverage), pytest.approx(told.named)) for begins, told in hits.items()}
    assert shares == {"Her": (one / (one + two), two / (one + two)), "Lat": (0, two / (one + two)), "The": (0, 0)}


def test_passages_beyond_the_first_twenty_are_ordered_too_when_more_are_wanted(retriever):
    found = retriever(
        HashingEmbedder(), *(document(f"{n:02}.txt", f"Bees {'and wax ' * n}.") for n in range(RERANKED + 5))
    )
    hits = found.retrieve(Query("bees"), RERANKED + 5)
    assert len(hits) == RERANKED + 5
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_asides_are_found_only_where_they_say_the_very_thing(retriever):
    text = "Accept our bees cookies.\n\nWax is made by bees.\n\nNothing of this."
    asides = (Span(0, 24),)
    found = retriever(
        HashingEmbedder(), document("a.txt", text, asides=asides), document("b.txt", "The weather was fine.")
    )
    about = lambda question: [hit.passage.aside for hit in found.retrieve(Query(question), 2)]  # noqa: E731
    assert about("Who made bees?")[0] is False, "both have bees"
    assert about("Accept our bees cookies") == [True, False]


def test_the_sentences_around_a_passage_are_its_neighbours(retriever):
    paragraphs = [
        f"Part {name} opens here. " + "It says much about many things. " * 8 + f"Part {name} ends."
        for name in ("one", "two", "three")
    ]
    text = "\n\n".join(paragraphs)
    found = retriever(HashingEmbedder(), document("a.txt", text), document("b.txt", "Another document."))
    by_start = sorted(
        (hit for hit in found.retrieve(Query("part two"), 9) if hit.document.source == "a.txt"),
        key=lambda h: h.passage.span,
    )
    around = [tuple(span and span.of(text) for span in (hit.before, hit.after)) for hit in by_start]
    assert around == [
        (None, "Part two opens here."),
        ("Part one ends.", "Part three opens here."),
        ("Part two ends.", None),
    ]


@pytest.fixture
def library(retriever):
    names = ["a.txt", "law/old/b.md", "law/c.txt", "Law.md", "[x].txt"]
    return retriever(
        HashingEmbedder(), *(document(name, f"Bees are in {number}.") for number, name in enumerate(names))
    )


@pytest.mark.parametrize(
    "globs, expected",
    [
        ((), ["a.txt", "law/old/b.md", "law/c.txt", "Law.md", "[x].txt"]),
        (("law/*",), ["law/old/b.md", "law/c.txt"]),
        (("*.md",), ["law/old/b.md", "Law.md"]),
        (("a.txt", "law/c.???"), ["a.txt", "law/c.txt"]),
        (("*.txt", "a*"), ["a.txt", "law/c.txt", "[x].txt"]),
        (("[[]x].txt",), ["[x].txt"]),
        (("l*",), ["law/old/b.md", "law/c.txt"]),
    ],
)
def test_globs_limit_the_sources(library, globs, expected):
    assert {hit.document.source for hit in library.retrieve(Query("Where are bees?", globs), 9)} == set(expected)


@pytest.mark.parametrize("globs, named", [(("*.pdf",), "\\*.pdf"), (("a.txt", "b.txt"), "b.txt"), (("",), "")])
def test_a_glob_that_matches_nothing_is_wrong_use(library, globs, named):
    with pytest.raises(UsageError, match=f"No indexed source matches '{named}'; `assistant status` lists them"):
        library.retrieve(Query("Where are bees?", globs), 9)


@pytest.mark.parametrize("k", [1, 3, 5, 100])
def test_k_may_exceed_the_size_and_equals_come_in_stored_order(retriever, k):
    same = [document(f"{number}.txt", "Bees fly far.") for number in range(5)]
    hits = retriever(HashingEmbedder(), *same).retrieve(Query("Who flies far?"), k)
    # Their titles differ in BM25's eyes only by a number that is not asked for.
    assert [hit.document.source for hit in hits] == [f"{number}.txt" for number in range(5)][:k]
    assert len({hit.score for hit in hits}) == 1


def test_what_only_the_words_find_is_found_too(retriever):
    """A passage outside the nearest hundred by vector comes in by its rare word."""
    others = [document(f"{number:03}.txt", f"Zygote zebras zip zones {number}.") for number in range(120)]
    vectors = HashingEmbedder()
    vectors.embed_queries = lambda texts: vectors.embed_passages(["Zygote zebras zip zones"])
    found = retriever(vectors, *others, document("rare.txt", "Propolis."))
    hit = next(hit for hit in found.retrieve(Query("propolis"), 200) if hit.document.source == "rare.txt")
    assert hit.signals.dense_rank is None and hit.signals.lexical_rank == 1 and hit.signals.lexical == 1.0
