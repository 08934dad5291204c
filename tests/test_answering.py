"""`Assistant.ask`: exact quotes or an honest abstention, the same each time, from one generation, whatever is built meanwhile."""

import re
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from assistant.answering import Assistant
from assistant.building import Builder
from assistant.datamodel import Turn
from assistant.embedders.hashing import HashingEmbedder
from assistant.errors import IndexDamaged, IndexForeign, IndexMissing, QuestionError, UsageError
from assistant.settings import Settings

BEES = "Bees live in a hive. The queen lays eggs in wax cells. Workers live for six weeks."
TEA = "Tea was first drunk in China. It reached Lisbon in 1610."


@pytest.fixture
def assistant(make_sources, build, open_index):
    """Answers always, since the confidence of word hashing means nothing."""
    make_sources({"bees.txt": BEES, "plants/tea.txt": TEA})
    build()
    return open_index(strictness=0)


def test_an_answer_quotes_the_sentence_and_says_where_it_stands(assistant):
    answer = assistant.ask("Where does the queen lay eggs?")
    best = answer.quotes[0]
    assert answer.answered and answer.closest == ()
    assert best.text == "The queen lays eggs in wax cells."
    assert (best.document.source, best.span.start, best.span.end) == ("bees.txt", 21, 54)
    assert best.before.of(BEES) == "Bees live in a hive." and best.after.of(BEES) == "Workers live for six weeks."
    assert set(answer.timings_ms) == {"retrieve", "read", "total"}


def test_strictness_one_abstains_with_the_closest_passages(assistant, open_index):
    answer = open_index(strictness=1).ask("Where does the queen lay eggs?")
    assert not answer.answered and answer.quotes == ()
    assert [quote.text for quote in answer.closest] == [BEES]  # tea has nothing to do with it
    assert answer.confidence == assistant.ask("Where does the queen lay eggs?").confidence < 1


def test_strictness_is_a_threshold_on_the_confidence(assistant, open_index):
    question = "Where does the queen lay eggs?"
    sure = assistant.ask(question).confidence
    assert 0 < sure < 1
    assert open_index(strictness=sure - 0.001).ask(question).answered
    assert not open_index(strictness=sure + 0.001).ask(question).answered


@pytest.mark.parametrize("question", ["", " ", "\n\t ", "\u2003"])
def test_an_empty_question_is_refused(assistant, question):
    with pytest.raises(QuestionError, match="The question is empty; type what you want to find"):
        assistant.ask(question)


@pytest.mark.parametrize("length", [2001, 100_000])
def test_an_over_long_question_is_refused(assistant, length):
    with pytest.raises(QuestionError, match=f"may have 2000 characters and this one has {length}; shorten it"):
        assistant.ask("x" * length)


def test_the_longest_question_is_answered(assistant):
    assert assistant.ask(("queen eggs " * 200)[:2000]).answered


def test_bytes_that_are_no_text_are_refused(assistant):
    with pytest.raises(QuestionError, match="bytes that are no text in UTF-8; type it again"):
        assistant.ask("Where is \udcff?")
    assert assistant.ask("And it?", [Turn("user", "Where is caf\udce9?")]).resolved_question == "And it? (caf)"


@pytest.mark.parametrize("question", ["?", "\x00", "\x1b[31m", "AND OR NOT", '"*:\\', "٣", "🐝🐝"])
def test_no_question_is_too_odd(assistant, question):
    answer = assistant.ask(question)
    assert answer.question == question and 0 <= answer.confidence <= 1


def test_thanks_before_a_question_are_no_part_of_it(assistant):
    asked = "Thanks, that helps. Where was tea first drunk?"
    history = [Turn("user", "How many eggs does a queen lay?"), Turn("assistant", "Many.")]
    assert assistant.ask(asked, history).resolved_question == "Where was tea first drunk?"
    assert assistant.ask(asked, history, bare=True).resolved_question == asked


def test_a_follow_up_shows_what_was_understood(assistant):
    history = [{"role": "user", "content": "Where was tea first drunk?"}, {"role": "assistant", "content": "In China."}]
    answer = assistant.ask("And when did it reach Lisbon?", history)
    assert answer.question == "And when did it reach Lisbon?"
    assert "tea" in answer.resolved_question
    assert answer.quotes[0].text == "It reached Lisbon in 1610."


@pytest.mark.parametrize("history", [5, "text", [5], [{"role": "user"}], [{"role": "boss", "content": "x"}]])
def test_a_history_of_another_form_is_wrong_use(assistant, history):
    with pytest.raises(UsageError, match="A (history|turn) "):
        assistant.ask("Where was tea first drunk?", history)


def test_only_the_wanted_sources_are_quoted(assistant):
    answer = assistant.ask("Where does the queen lay eggs?", sources=["plants/*"])
    assert {quote.document.source for quote in answer.quotes} == {"plants/tea.txt"}
    with pytest.raises(UsageError, match="No indexed source matches 'animals/\\*'"):
        assistant.ask("Where does the queen lay eggs?", sources=["animals/*"])


def test_the_same_question_gives_the_same_answer(assistant, open_index):
    def asked(of):
        return [
            (getattr(answer, name))
            for answer in [of.ask("Where do bees live?")]
            for name in answer.__slots__
            if name != "timings_ms"
        ]

    first = asked(assistant)
    assert [asked(assistant), asked(assistant), asked(open_index(strictness=0))] == [first] * 3


def test_documents_and_status_are_those_of_the_index(assistant):
    assert assistant.document("plants/tea.txt").text == TEA
    assert [row.source for row in assistant.status()] == ["bees.txt", "plants/tea.txt"]
    with pytest.raises(UsageError, match="No indexed source is named 'tea.txt'"):
        assistant.document("tea.txt")


def test_a_newer_generation_is_picked_up(assistant, make_sources, build):
    before = assistant.ask("Where was tea first drunk?")
    make_sources({"plants/tea.txt": "Tea was first drunk in Yunnan."})
    newer = build().index
    answer = assistant.ask("Where was tea first drunk?")
    assert (before.quotes[0].text, answer.quotes[0].text) == (
        "Tea was first drunk in China.",
        "Tea was first drunk in Yunnan.",
    )
    assert before.index != answer.index == newer
    assert before.quotes[0].document.text == TEA, "an answer given before stays what it was"


def test_no_index_is_said_so(open_index):
    with pytest.raises(IndexMissing, match="There is no index yet; run `assistant build` first"):
        open_index()


def test_another_model_is_refused_with_both_names(assistant, settings):
    with pytest.raises(
        IndexForeign,
        match="built with the model hashing-256 but the setting `model` gives hashing-64; run `assistant build`",
    ):
        Assistant(settings, HashingEmbedder(64))


def test_a_newer_generation_that_is_damaged_is_refused_each_time_and_its_repair_picked_up(
    assistant, make_sources, build, settings
):
    make_sources({"bees.txt": BEES + " More."})
    folder = settings.index / build().index
    whole = (folder / "vectors.faiss").read_bytes()
    (folder / "vectors.faiss").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    for _ in range(2):
        with pytest.raises(IndexDamaged, match="file vectors.faiss is not what the build wrote"):
            assistant.ask("Where do bees live?")
    (folder / "vectors.faiss").write_bytes(whole)
    assert assistant.ask("Where do bees live?").index == folder.name


def test_threads_that_ask_while_it_is_rebuilt_get_whole_answers(settings, make_sources, build, open_index):
    """Every document of a generation holds the same number, so a mixture of two would show."""

    def write(number):
        make_sources(
            {
                f"{name}.txt": f"The hive {name} has the number {number}. It is north."
                for name in ("one", "two", "three")
            }
        )
        return build().index

    numbers = {write(0): "0"}
    assistant = open_index(strictness=1)  # so that it shows all passages, however alike
    seen, failed, ended = [], [], threading.Event()

    def ask():
        try:
            while not ended.is_set():
                answer = assistant.ask("What number has the hive?")
                words = " ".join(quote.document.text for quote in answer.closest)
                seen.append((answer.index, frozenset(re.findall(r"\d+", words)), len(answer.closest)))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, 21):
            numbers[write(number)] = str(number)
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert failed == []
    assert len({index for index, _, _ in seen}) > 1, "some answers came from a newer generation"
    assert all(quotes == 3 and found == {numbers[index]} for index, found, quotes in seen)
    assert len(list(settings.index.glob("gen-*"))) <= 3, "the current one, a spare, and at most one that was being read"


def test_examples_come_from_the_sources(assistant, make_sources, build):
    make_sources({"guide.md": "# Guide\n\n## How do bees find a new home?\n\nA swarm is a group of bees."})
    build()
    assert assistant.example_questions(2) == assistant.example_questions(2)
    assert "How do bees find a new home?" in assistant.example_questions(4)
    assert len(assistant.example_questions(1)) == 1


WORDS = st.sampled_from(
    [
        "bees",
        "Dr.",
        "tea",
        "3.5",
        "hive",
        "Is",
        "it?",
        "No!",
        "“Yes.”",
        "wax\n",
        "\n\n",
        "1.",
        "- ",
        "é",
        "条約",
        "<b>",
        "\t",
        "&amp;",
        "\u202e",
    ]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=80).map(" ".join).map("Text {}".format)


@examples(max_examples=15)
@given(st.lists(TEXTS, min_size=1, max_size=3), st.lists(st.text(max_size=60) | TEXTS, min_size=1, max_size=4))
def test_every_quote_equals_its_slice(write_files, texts, questions):
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(
            sources=Path(scratch) / "sources", index=Path(scratch) / "index", model="hashing", strictness=0
        )
        write_files(
            settings.sources,
            {f"{number}{suffix}": text for number, text in enumerate(texts) for suffix in (".txt", ".md")},
        )
        Builder(settings, HashingEmbedder).run()
        assistant = Assistant(settings, HashingEmbedder())
        for question in filter(str.strip, questions):
            answer = assistant.ask(question[:2000], bare=True)
            assert answer.answered and 1 <= len(answer.quotes) <= 3 and 0 <= answer.confidence <= 1
            assert answer.quotes[0].score == pytest.approx(answer.confidence, abs=1e-4)
            for quote in answer.quotes:
                stored = assistant.document(quote.document.source).text
                assert quote.text == stored[quote.span.start : quote.span.end] != ""
                assert all(span is None or span.of(stored).strip() for span in (quote.before, quote.after))
                assert 0 <= quote.score <= 1
            places = [(quote.document.source, quote.span) for quote in answer.quotes[1:]]
            assert places == sorted(places), "the others follow in reading order"
        assistant.close()
