"""Talk that is no question is recognised by phrasings that the module does not list as they stand, and replied to honestly."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from assistant.datamodel import Turn
from assistant.replying import (
    ABILITIES,
    AGAIN,
    GREETING,
    MORE,
    NO_MORE,
    NOTHING_BEFORE,
    THANKS,
    WHERE,
    sources_named,
)
from assistant.talk import Talk, talk_in, without_manners

PHRASINGS = {
    "greeting": [
        "Hello there!",
        "hey you",
        "Good afternoon everyone",
        "Hi, how are you today?",
        "Hello?  Is anybody there?",
        "HOWDY",
    ],
    "thanks": [
        "Thank you so much!",
        "ok, thanks a lot",
        "Great, that helps!",
        "Perfect. Cheers!",
        "That's really interesting, thank you",
        "Many thanks for your quick help",
        "Oh, I see. Makes sense.",
        "That's exactly what I needed",
        "I really appreciate your help",
        "thank you, you have been very helpful",
        "👍",
    ],
    "farewell": [
        "Bye for now!",
        "OK thanks, goodbye",
        "that's all for today",
        "Have a nice weekend!",
        "See you later",
        "I'm done, thank you",
        "nothing else, thanks",
    ],
    "abilities": [
        "So what can you do for me?",
        "How do you work?",
        "Who are you?",
        "Can you help me?",
        "what questions can I ask you?",
        "Are you a robot?",
        "Do you use an LLM?",
        "How do I use this tool?",
        "tell me about yourself",
        "Good morning! What can I type here?",
    ],
    "sources": [
        "What sources do you have?",
        "Which documents can you search in?",
        "List all the files, please",
        "Show me your sources",
        "How many documents are there?",
        "what's in the folder?",
        "Do you have any PDFs?",
        "Where do you get your answers from?",
        "Which documents are available here?",
        "Hi there! What reports do you have?",
    ],
    "again": [
        "Could you repeat that please?",
        "Say that once more",
        "What did you just say?",
        "Sorry, I didn't catch that",
        "Show me the last answer again",
        "come again?",
        "??",
    ],
    "more": [
        "Tell me more about this",
        "More, please!",
        "Are there any more passages?",
        "go on",
        "What else do the sources say about it?",
        "Give me a few more quotes",
        "anything else?",
        "the next one please",
        "Could you elaborate on that?",
        "That's it?",
        "No, that's all?",
        "That's not what I asked",
        "not helpful",
        "Great, tell me more",
    ],
    "where": [
        "Where exactly does that come from?",
        "So where did you find this?",
        "Which page is that on?",
        "What's the source of that quote?",
        "in which document is this written?",
        "Says who?",
        "Can you cite your sources?",
        "How do you know that?",
        "Where does it say so?",
        "Where was it taken from?",
        "From where is this?",
        "Where's that quoted?",
        "Where can I check it?",
        "Which document is that from?",
        "Which source did you use?",
        "Are you sure?",
        "Where did you get this information?",
        "Thanks. What's the page number?",
        "Please provide the source",
        "ok cool, which paragraph?",
    ],
    "only": [
        "Only in the yearly report, please",
        "just from notes.txt",
        "Restrict it to the 2024 folder",
        "And only in notes.txt: who pays?",
        "In annual.pdf only",
        "Who pays, but only in annual.pdf?",
    ],
    "page": [
        "And what does page 12 say?",
        "Show me page iv of annual.pdf",
        "what's on the first page",
        "Please read page 3 out loud",
        "p. 7",
        "What does it say on slide 2?",
        "What about page two?",
        "open sheet 3",
    ],
    "request": [
        "Could you please summarise the second chapter?",
        "Give me a short overview of the report",
        "Translate this into Dutch",
        "And in Spanish?",
        "Write me an essay about wax",
        "Please rephrase that",
        "What do you think of bees?",
        "In your opinion, who is right?",
        "Draft an email to my boss",
        "tl;dr",
        "Explain it in simple words",
        "Make a table of the prices",
        "Would you recommend buying a hive?",
        "Give me an email about wax",
        "And in French, please?",
        "What are the key points of this report?",
    ],
}


@pytest.mark.parametrize(
    "kind, message", [(kind, message) for kind, messages in PHRASINGS.items() for message in messages]
)
def test_talk_is_recognised(kind, message):
    found = talk_in(message)
    assert found and found.kind == kind


def test_there_are_enough_phrasings():
    assert sum(map(len, PHRASINGS.values())) >= 60


@pytest.mark.parametrize(
    "question",
    [
        "What is the source of the river?", "Where does wax come from?", "Who are the allies of Japan?", "What can bees do?",
        "How does it work?", "Where was it held?", "And in summer?", "Who wrote the letter?", "How many pages has the report?",
        "What does the report say about wax?", "What about Jordan?", "Which documents are required for a visa?", "Thank who?",
        "What is on the page that the king signed?", "Is honey good?", "What is more important?", "Do you think that bees sleep?",
        "Tell me more about the queen's eggs", "What is translated into French?", "help with taxes", "hello world program output",
        "Where was it taken?", "Where are they found?", "Where is it?", "Where was that written?", "Where does it come from?",
        "Where can I see it?", "What is it based on?",
        "What is PII?", "p53", "Give me the email address for support", "Give me the code of conduct", "And in English law?",
        "What are the main points of contact?", "Summary dismissal grounds", "In a nutshell, what is GDPR?",
        "Outline the appeals procedure", "Write-offs above which amount need approval?", "Draft meeting minutes",
        "What should I do?", "What questions should I ask?", "How does the software work?", "Which documents do we have to read?",
        "What information do you hold?", "What does section 5 cover?", "Great, what is a hive?",
    ],
)  # fmt: skip
def test_questions_are_no_talk(question):
    assert talk_in(question) is None


def test_what_is_left_of_the_message_is_kept():
    assert talk_in("What does page IV of Annual report.pdf say?") == Talk(
        "page", "iv", place="page", within="Annual report.pdf"
    )
    assert talk_in("show the last slide") == Talk("page", "last", place="slide")
    assert talk_in("only in “notes.txt”: who pays?") == Talk("only", "notes.txt", question="who pays?")
    assert talk_in("Please summarise the chapter on wax") == Talk("request", "the chapter on wax", task="summarise")
    asked = "Do you recommend office chairs?"
    assert talk_in(asked) == Talk("request", "office chairs?", task="give an opinion", question=asked)
    assert talk_in("What do you think of that?") == Talk("request", task="give an opinion")


@pytest.mark.parametrize(
    "message, left",
    [
        ("Thanks, that helps. Who pays?", "Who pays?"),
        ("Who pays? Thanks again", "Who pays?"),
        ("Hi!\nWho pays?  And when? 🙏", "Who pays?  And when?"),
        ("No. 5 is which hive?", "No. 5 is which hive?"),
        ("Great, who pays?", "Great, who pays?"),
        ("Hello. Thanks!", "Hello. Thanks!"),
    ],
)
def test_sentences_of_thanks_and_greeting_are_dropped(message, left):
    assert without_manners(message) == left


@given(st.text(max_size=400))
def test_any_text_is_talk_or_not_without_failing(message):
    assert talk_in(message) is None or talk_in(message).kind in PHRASINGS


@pytest.mark.parametrize(
    "file, most", [("squad/1.1/questions.jsonl", 0.005), ("squad/2.0/questions.jsonl", 0.005), ("qed/dev.jsonl", 0.005)]
)
def test_real_questions_are_hardly_ever_taken_for_talk(shared, file, most):
    asked = [json.loads(line)["question"] for line in (shared / "data" / file).read_text("utf-8").splitlines()]
    assert sum(talk_in(question) is not None for question in asked) <= most * len(asked)


@pytest.mark.parametrize(
    "name, found",
    [
        ("notes.txt", ["notes.txt"]),
        ("Notes", ["notes.txt"]),
        ("the annual report", ["2024/annual report.pdf"]),
        ("2024", ["2024/annual report.pdf", "2024/prices.xlsx"]),
        ("2024/*", ["2024/annual report.pdf", "2024/prices.xlsx"]),
        ("report annual 2024", ["2024/annual report.pdf"]),
        ("the report", []),
        ("winter", []),
        ("the", []),
        ("", []),
    ],
)
def test_sources_are_found_by_what_people_call_them(name, found):
    assert sources_named(name, ["notes.txt", "2024/annual report.pdf", "2024/prices.xlsx"]) == found


BEES = "Worker bees make wax in summer. They build the comb with it.\n"
HIVES = "Worker bees make wax for every comb of the hive. Hives are made of wood.\n"
TRAINS = "Trains to the coast leave from the old station.\n"


@pytest.fixture
def assistant(make_sources, build, open_index):
    make_sources({"bees.txt": BEES, "hives.txt": HIVES, "trains.txt": TRAINS})
    build()
    return open_index(strictness=0.0)


def said(*messages):
    return [Turn("user", message) for message in messages]


ASKED = said("Who make wax?")


class TestReplies:
    @pytest.mark.parametrize(
        "message, reply", [("Hi!", GREETING), ("Thanks a lot", THANKS), ("What can you do?", ABILITIES)]
    )
    def test_social_talk_gets_a_sentence_and_no_quotes(self, assistant, message, reply):
        answer = assistant.ask(message, ASKED)
        assert (answer.reply, answer.answered, answer.quotes, answer.closest) == (reply, False, (), ())
        assert (answer.question, answer.resolved_question, answer.confidence) == (message, message, 0.0)

    def test_the_sources_are_listed(self, assistant):
        answer = assistant.ask("What sources do you have?")
        assert answer.reply == "I search 3 sources: bees.txt, hives.txt, trains.txt."

    @pytest.mark.parametrize(
        "message, reply, kind", [("Say that again", AGAIN, "again"), ("Where does that come from?", WHERE, "where")]
    )
    def test_the_question_before_is_asked_anew(self, assistant, message, reply, kind):
        first, anew = assistant.ask("Who make wax?"), assistant.ask(message, ASKED)
        assert [quote.text for quote in anew.quotes] == [quote.text for quote in first.quotes]
        assert (anew.reply, anew.talk, anew.resolved_question) == (reply, kind, "Who make wax?")

    def test_talk_in_between_is_passed_over(self, assistant):
        answer = assistant.ask("again", said("Who make wax?", "Thanks!", "Hello"))
        assert answer.resolved_question == "Who make wax?"

    def test_more_never_repeats_and_comes_to_an_end(self, assistant):
        history, shown = list(ASKED), [quote.span for quote in assistant.ask("Who make wax?").quotes]
        seen = {(q.document.source, q.span) for q in assistant.ask("Who make wax?").quotes}
        for _ in range(5):
            answer = assistant.ask("more", history)
            new = {(quote.document.source, quote.span) for quote in (*answer.quotes, *answer.closest)}
            assert not new & seen
            seen |= new
            history += said("more")
            if answer.reply == NO_MORE:
                break
            assert answer.reply == MORE
        assert answer.reply == NO_MORE and not answer.quotes and shown

    @pytest.mark.parametrize("message", ["again", "more", "Where did you get that?"])
    def test_without_a_question_before_it_says_so(self, assistant, message):
        assert assistant.ask(message).reply == NOTHING_BEFORE

    def test_only_in_limits_the_question_before(self, assistant):
        answer = assistant.ask("only in hives", ASKED)
        assert {quote.document.source for quote in answer.quotes} == {"hives.txt"}
        assert (answer.reply, answer.sources) == ("Only in hives.txt:", ("hives.txt",))
        assert assistant.ask("again", [*ASKED, *said("only in hives")]).sources == ("hives.txt",)

    def test_only_in_takes_a_question_along(self, assistant):
        answer = assistant.ask("Only in bees.txt: what is built?", ASKED)
        assert {quote.document.source for quote in answer.quotes} == {"bees.txt"}

    def test_only_in_what_is_no_source(self, assistant):
        assert assistant.ask("only in summer", ASKED).talk is None
        assert "No source is named “moon.pdf”" in assistant.ask("only in moon.pdf", ASKED).reply

    def test_requests_get_a_sentence_and_the_closest_passages(self, assistant):
        answer = assistant.ask("Please translate the text about trains")
        assert answer.reply.startswith("I only quote, so I cannot translate.")
        assert not answer.answered and not answer.quotes
        assert answer.closest[0].document.source == "trains.txt"
        assert assistant.ask("Translate that into French", ASKED).closest[0].text.startswith("Worker bees")

    def test_an_opinion_is_refused_and_its_subject_answered(self, assistant):
        asked = "What do you think, who make wax?"
        answer = assistant.ask(asked)
        assert answer.reply == "I only quote, so I cannot give an opinion. Your sources say:"
        assert answer.answered and answer.quotes[0].text.startswith("Worker bees make wax")
        assert assistant.ask("again", said(asked)).resolved_question == asked

    def test_an_opinion_on_nothing_is_refused(self, assistant):
        assert assistant.ask("What do you think of that?").reply == "I only quote, so I cannot give an opinion."
        assert not assistant.ask("What do you think of that?", ASKED).answered

    def test_bare_takes_the_words_as_they_stand(self, assistant):
        answer = assistant.ask("more", ASKED, bare=True)
        assert (answer.talk, answer.reply, answer.resolved_question) == (None, None, "more")


class TestPages:
    @pytest.fixture
    def assistant(self, tmp_path, make_sources, build, open_index):
        canvas = Canvas(str(tmp_path / "two.pdf"))
        for line in ("Worker bees make wax in summer.", "Trains leave from the old station."):
            canvas.drawString(72, 700, line)
            canvas.showPage()
        canvas.save()
        make_sources({"two.pdf": (tmp_path / "two.pdf").read_bytes(), "notes.txt": BEES})
        build()
        return open_index()

    @pytest.mark.parametrize("message", ["What does page 2 say?", "And page two of two.pdf?", "show the last page"])
    def test_a_page_is_quoted(self, assistant, message):
        answer = assistant.ask(message)
        assert [quote.text for quote in answer.quotes] == ["Trains leave from the old station."]
        assert (answer.talk, answer.answered, answer.confidence) == ("page", True, 1.0)
        assert answer.quotes[0].citation.page == 2

    def test_a_page_that_is_not_there_is_told(self, assistant):
        assert assistant.ask("what does page 9 say").reply == "two.pdf has no page 9; it has 2 pages."
        assert assistant.ask("what does page 2 of moon.pdf say").talk is None
        assert assistant.ask("what does chapter 2 say").talk is None
