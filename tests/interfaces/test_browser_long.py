"""A conversation of 200 turns in a real browser: opened, read from its start, gone on with."""

import time

import pytest

pytest.importorskip("selenium")
from chat_browser import browsing
from selenium.webdriver.common.keys import Keys

from assistant.answering import Assistant
from assistant.assembly import build_index
from assistant.embedders.hashing import HashingEmbedder
from assistant.interfaces.web.showing import shown_answer
from assistant.kept_conversations import KeptConversations
from assistant.settings import Settings

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TURNS = 200
QUICK_S = 20
"""Seven seconds beside a job that takes most of two cores; machines that run tests are shared."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    (folder / "sources").mkdir()
    for n in range(20):
        (folder / "sources" / f"hill-{n}.txt").write_text(f"Hill {n} is home to ants. They carry leaves by day.\n")
    return Settings(sources=folder / "sources", index=folder / "index", model="hashing", strictness=0)


@pytest.fixture(scope="module")
def kept(settings):
    """Keep a conversation of many turns; gives its id."""
    build_index(settings.sources, settings.index, settings)
    store, assistant = KeptConversations(settings.index), Assistant(settings, HashingEmbedder())
    answers = [shown_answer(assistant.ask(f"Who lives on hill {n}?"), assistant) for n in range(20)]
    conversation = None
    for turn in range(TURNS):
        answer = {**answers[turn % 20], "question": f"Question {turn}: who lives on hill {turn % 20}?"}
        conversation, _ = store.add(conversation, answer)
    store.close()
    assistant.close()
    return conversation


@pytest.fixture(scope="module")
def page(settings, kept, tmp_path_factory):
    with browsing(settings.sources, settings.index, tmp_path_factory.mktemp("profile")) as window:
        yield window


def top_of(page, at):
    """How far the question with this place is from the top of the conversation, in pixels."""
    return page.run(
        """const top = (element) => element.getBoundingClientRect().top;
        const question = [...document.querySelectorAll('#qa-chat .qa-question')].at(arguments[0]);
        return top(question) - top(document.querySelector('#qa-chat'));""",
        at,
    )


def test_it_opens_quickly_at_its_latest_question(page):
    page.click("#qa-tab-button-1")
    page.wait_for("#qa-conversations .qa-kept")
    begun = time.monotonic()
    page.click("#qa-conversations .qa-open-kept")
    page.until(lambda: len(page.find("#qa-chat .qa-question")) == TURNS)
    page.until(lambda: 0 <= top_of(page, -1) < 500)
    assert time.monotonic() - begun < QUICK_S
    page.until(lambda: page.text(".qa-state") == "Still says so")


def test_older_turns_are_reached_by_scrolling(page):
    page.run("document.querySelector('#qa-chat .bubble-wrap, #qa-chat [role=log]').scrollTo(0, 0)")
    page.until(lambda: 0 <= top_of(page, 0) < 200)
    assert "Question 0:" in page.find("#qa-chat .qa-question")[0].text
    page.click("#qa-chat .qa-cite")
    page.until(lambda: "home to ants" in (page.text(".qa-viewer mark") or ""))
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.run("[...document.querySelectorAll('#qa-chat .qa-question')].at(-1).scrollIntoView()")
    page.until(lambda: 0 <= top_of(page, -1) < 500)


def test_typing_and_asking_stay_quick(page):
    box = page.find("#qa-question textarea")[0]
    begun = time.monotonic()
    box.send_keys("Who lives on hill 7, and what do they carry by day, every day of the year?")
    assert time.monotonic() - begun < QUICK_S
    box.clear()
    begun = time.monotonic()
    assert "ants" in page.ask("Who lives on hill 7?")
    assert time.monotonic() - begun < QUICK_S
    assert len(page.find(".qa-reply")) == TURNS + 1
    assert page.complaints() == []
