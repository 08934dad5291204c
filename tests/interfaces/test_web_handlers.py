"""What the page's events do, without a browser: the conversation, forged requests, errors in one sentence."""

import json

import pytest

from assistant.datamodel import Answer, Content, Document, IndexStatus, Quote, SourceStatus, Span, Turn
from assistant.errors import IndexMissing, QuestionError
from assistant.interfaces.web import handlers
from assistant.interfaces.web.html import passage_query
from assistant.kept_conversations import KeptConversations
from assistant.settings import Settings

DOCUMENT = Document("a.txt", "ab", Content("Bees live in hives. Wasps do not.", "text/plain", "A"))
STATUS = IndexStatus("gen-1", "", "m", 1, (SourceStatus("a.txt", "indexed", sha256="ab", characters=33, passages=1),))


class FakeAssistant:
    """Quotes the same sentence always, and remembers what it was asked."""

    def __init__(self, sources, problem=None):
        self.settings = Settings(sources=sources, max_question_chars=50)
        self.asked = []
        self.problem = problem

    def ask(self, question, history=(), sources=(), bare=False):
        self.asked.append((question, tuple(history), tuple(sources), bare))
        if self.problem:
            raise self.problem
        return Answer(question, question, True, 0.9, (Quote(DOCUMENT, Span(0, 19), 0.9),), (), "gen-1")

    def status(self):
        return STATUS

    def matched_words(self, question, text):
        return []

    def example_questions(self, count=4):
        return ["What are bees?"]


@pytest.fixture
def make(tmp_path):
    opened = []

    def made(problem=None):
        opened.append(KeptConversations(tmp_path / "index"))
        return handlers.Handlers(FakeAssistant(tmp_path / "sources", problem), opened[-1])

    yield made
    for kept in opened:
        kept.close()


def test_a_question_is_shown_at_once_and_then_answered(make):
    first, last = make().ask("Where do bees live?", "", handlers.Talk())
    assert [message["role"] for message in first[0]] == ["user", "assistant"]
    assert "Looking in your sources" in first[0][1]["content"]
    assert "Bees live in hives." in last[0][1]["content"]


def test_a_follow_up_is_asked_with_what_was_said(make):
    made = make()
    *_, (_, _, talk, _) = made.ask("Where do bees live?", "", handlers.Talk())
    *_, (shown, _, _, _) = made.ask("And wasps?", "", talk)
    said = (Turn("user", "Where do bees live?"), Turn("assistant", "Bees live in hives."))
    assert made.assistant.asked[-1] == ("And wasps?", said, (), False)
    assert len(shown) == 4


@pytest.mark.parametrize("forged", ["", "  \n ", None, 7, ["a"], {"text": "a"}])
def test_what_is_no_question_is_refused_in_words(make, forged):
    made = make()
    ((_, _, talk, notice),) = made.ask(forged, forged, handlers.Talk())
    assert "Type a question first." in notice and talk == handlers.Talk() and not made.assistant.asked


def test_a_long_question_is_refused_in_words_and_not_sent_back(make):
    made = make()
    ((_, _, _, notice),) = made.ask("x" * 51, "", handlers.Talk())
    assert "may have 50 characters and this one has 51" in notice and not made.assistant.asked


def test_a_question_the_assistant_refuses_returns_to_the_box(make):
    *_, (shown, box, talk, notice) = make(QuestionError("No such thing.")).ask("Where?", "", handlers.Talk())
    assert (shown, box, talk) == ([], "Where?", handlers.Talk()) and "No such thing." in notice


def test_our_errors_are_shown_as_they_are(make):
    *_, (shown, _, _, _) = make(IndexMissing("There is no index.")).ask("Where?", "", handlers.Talk())
    assert "There is no index." in shown[-1]["content"]


def test_other_errors_show_no_path(make, caplog):
    *_, (shown, _, talk, _) = make(RuntimeError("/home/me/secret")).ask("Where?", "", handlers.Talk())
    assert "secret" not in shown[-1]["content"] and "the log has the details" in shown[-1]["content"]
    assert "/home/me/secret" in caplog.text and talk.turns == ()


def test_only_the_chosen_sources_are_asked_whatever_signs_their_names_hold(make):
    made = make()
    list(
        made.ask(
            "Where?", json.dumps({"sources": [passage_query("a[1]*.txt", "ab"), 7, "x=%zz&&&&&&"]}), handlers.Talk()
        )
    )
    assert made.assistant.asked[-1][2:] == (("a[[]1][*].txt",), False)
    list(made.ask("Where? (the bees)", json.dumps({"sources": [], "bare": True}), handlers.Talk()))
    assert made.assistant.asked[-1][2:] == ((), True), "a question that was mended stands alone"


def test_a_kept_conversation_is_shown_again_and_goes_on(make):
    made = make()
    *_, (_, _, talk, _) = made.ask("Where do bees live?", "", handlers.Talk())
    (opened,) = made.order(json.dumps({"open": talk.kept}), handlers.Talk())
    assert opened[0] == talk.showing() and opened[2].turns == talk.turns
    *_, (_, _, later, _) = made.ask("And wasps?", "", opened[2])
    assert later.kept == talk.kept and len(made.kept.turns(talk.kept)) == 2


def test_what_is_kept_is_escaped_when_it_is_shown_again(make):
    made = make()
    attack = "<img src=x onerror=window.xssRan7731=1>"
    *_, (_, _, talk, _) = made.ask(attack, "", handlers.Talk())
    (opened,) = made.order(json.dumps({"open": talk.kept}), handlers.Talk())
    assert "<img" not in opened[0][0]["content"] and "&lt;img" in opened[0][0]["content"]


def test_words_can_be_asked_bare_and_in_one_source(make):
    made = make()
    list(made.order(json.dumps({"ask": "Mercury?", "bare": True}), handlers.Talk()))
    list(made.order(json.dumps({"ask": "Mercury?", "source": "b*.txt"}), handlers.Talk()))
    assert [(globs, bare) for _, _, globs, bare in made.assistant.asked] == [((), True), (("b[*].txt",), False)]


@pytest.mark.parametrize(
    "forged", ["", "{", "[]", "7", None, 3, '{"open": "1"}', '{"open": true}', "[" * 9999, '{"ask": 3}']
)
def test_a_forged_order_does_nothing(make, forged):
    made = make()
    steps = list(made.order(forged, handlers.Talk()))
    assert all("was deleted" in step[3] for step in steps) and not made.assistant.asked


def test_an_answer_is_shown_even_when_it_cannot_be_kept(make):
    made = make()
    made.kept.close()
    *_, (shown, _, talk, _) = made.ask("Where do bees live?", "", handlers.Talk())
    assert "Bees live in hives." in shown[-1]["content"] and "could not be kept" in shown[-1]["content"]
    assert talk.kept is None and "qa-thumb" not in shown[-1]["content"]
