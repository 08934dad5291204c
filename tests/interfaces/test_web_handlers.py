"""What the page's events do, without a browser: the conversation, forged requests, errors in one sentence."""

import asyncio
import threading

import pytest

from assistant.datamodel import Answer, Content, Document, IndexStatus, Quote, SourceStatus, Span, Turn
from assistant.errors import IndexMissing, QuestionError
from assistant.interfaces.web import handlers
from assistant.interfaces.web.rebuilding import Rebuild
from assistant.settings import Settings

DOCUMENT = Document("a.txt", "ab", Content("Bees live in hives. Wasps do not.", "text/plain", "A"))
STATUS = IndexStatus("gen-1", "", "m", 1, (SourceStatus("a.txt", "indexed", sha256="ab", characters=33, passages=1),))


class FakeAssistant:
    """Quotes the same sentence always, and remembers what it was asked."""

    def __init__(self, sources, problem=None):
        self.settings = Settings(sources=sources, max_question_chars=50)
        self.asked = []
        self.problem = problem

    def ask(self, question, history=()):
        self.asked.append((question, tuple(history)))
        if self.problem:
            raise self.problem
        return Answer(question, question, True, 0.9, (Quote(DOCUMENT, Span(0, 19), 0.9),), (), "gen-1")

    def status(self):
        return STATUS

    def example_questions(self, count=4):
        return ["What are bees?"]


@pytest.fixture
def make(tmp_path):
    def made(problem=None, build=lambda progress, cancel: STATUS):
        (tmp_path / "inbox").mkdir(exist_ok=True)
        assistant = FakeAssistant(tmp_path / "sources", problem)
        return handlers.Handlers(assistant, Rebuild(build), tmp_path / "inbox")

    return made


def test_a_question_is_shown_at_once_and_then_answered(make):
    first, last = make().ask("Where do bees live?", handlers.Talk())
    assert [message["role"] for message in first[0]] == ["user", "assistant"]
    assert "Looking in your sources" in first[0][1]["content"]
    assert "Bees live in hives." in last[0][1]["content"]
    assert "a.txt" in last[4], "the list of sources follows the index that answered"


def test_a_follow_up_is_asked_with_what_was_said(make):
    made = make()
    *_, (_, _, talk, _, _) = made.ask("Where do bees live?", handlers.Talk())
    *_, (shown, _, _, _, _) = made.ask("And wasps?", talk)
    said = (Turn("user", "Where do bees live?"), Turn("assistant", "Bees live in hives."))
    assert made.assistant.asked[-1] == ("And wasps?", said)
    assert len(shown) == 4


@pytest.mark.parametrize("forged", ["", "  \n ", None, 7, ["a"], {"text": "a"}])
def test_what_is_no_question_is_refused_in_words(make, forged):
    made = make()
    ((_, _, talk, notice, _),) = made.ask(forged, handlers.Talk())
    assert "Type a question first." in notice and talk == handlers.Talk() and not made.assistant.asked


def test_a_long_question_is_refused_in_words_and_not_sent_back(make):
    made = make()
    ((_, _, _, notice, _),) = made.ask("x" * 51, handlers.Talk())
    assert "may have 50 characters and this one has 51" in notice and not made.assistant.asked


def test_a_question_the_assistant_refuses_returns_to_the_box(make):
    *_, (shown, box, talk, notice, _) = make(QuestionError("No such thing.")).ask("Where?", handlers.Talk())
    assert (shown, box, talk) == ([], "Where?", handlers.Talk()) and "No such thing." in notice


def test_our_errors_are_shown_as_they_are(make):
    *_, (shown, _, _, _, _) = make(IndexMissing("There is no index.")).ask("Where?", handlers.Talk())
    assert "There is no index." in shown[-1]["content"]


def test_other_errors_show_no_path(make, caplog):
    *_, (shown, _, talk, _, _) = make(RuntimeError("/home/me/secret")).ask("Where?", handlers.Talk())
    assert "secret" not in shown[-1]["content"] and "the log has the details" in shown[-1]["content"]
    assert "/home/me/secret" in caplog.text and talk.turns == ()


def test_files_are_added_and_built(make, tmp_path):
    built = threading.Event()
    made = make(build=lambda progress, cancel: (built.set(), STATUS)[1])
    (tmp_path / "inbox" / "x").write_bytes(b"hello")
    _, notes = made.add_files([{"path": str(tmp_path / "inbox" / "x"), "orig_name": "<b>new</b>.txt"}])
    assert "Added b&gt;.txt." in notes, "what stands before a slash is a folder's name"
    assert (tmp_path / "sources" / "b>.txt").read_bytes() == b"hello" and built.wait(10)


def test_a_forged_path_is_not_believed(make, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "link").symlink_to(outside)
    forged = [
        str(outside),
        "../outside.txt",
        str(tmp_path / "inbox" / "link"),
        str(tmp_path / "inbox" / ".." / "outside.txt"),
    ]
    _, notes = make().add_files([*({"path": path} for path in forged), "text", None, {}])
    assert notes == "" and outside.exists() and not (tmp_path / "sources").exists()
    assert make().add_files({"path": str(outside)}) == (None, "")


def test_a_second_rebuild_is_refused_in_words_and_followed(make):
    go = threading.Event()
    made = make(build=lambda progress, cancel: (go.wait(10), STATUS)[1])
    assert made.start_rebuild() == ""
    assert "running already" in made.start_rebuild()

    async def follow():
        steps = []
        async for step in made.follow_rebuild():
            steps.append(step)
            go.set()
        return steps

    first, *_, last = asyncio.run(follow())
    assert "a.txt" in first[1]
    assert "Up to date: 1 source searchable." in last[0]
