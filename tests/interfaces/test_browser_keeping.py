"""Kept conversations and sources in a real browser: what was asked is there tomorrow, and sources come and go by hand."""

import io
import json
import urllib.request
import zipfile

import pytest

pytest.importorskip("selenium")
from chat_browser import Page, chat
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser

BEES = "# Bees\n\nBees live in hives. A queen lays eggs.\n"
WASPS = "# Wasps\n\nWasps live in nests of paper.\n"


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    (folder / "bees.md").write_text(BEES)
    (folder / "wasps.md").write_text(WASPS)
    return folder


@pytest.fixture(scope="module")
def address(sources, tmp_path_factory):
    with chat(sources, tmp_path_factory.mktemp("index")) as address:
        yield address


@pytest.fixture
def page(address, tmp_path):
    window = Page(tmp_path / "profile").open(address)
    yield window
    window.close()


@pytest.fixture
def bees_that_left(sources):
    """Rewrites what a quote stands on, and puts it back for the tests that follow."""
    yield lambda: (sources / "bees.md").write_text(BEES.replace("hives", "trees"))
    (sources / "bees.md").write_text(BEES)


def show_conversations(page):
    page.click("#qa-tab-button-1")
    page.wait_for("#qa-conversations .qa-kept")


def menu(page, choice):
    """Choose from the menu of the first conversation, opened again where the list was drawn anew."""

    def chosen():
        if not page.find("#qa-conversations .qa-menu[open]"):
            page.click("#qa-conversations .qa-menu summary")
        entries = page.find("#qa-conversations .qa-menu[open] :is(a, button)")
        return any(entry.text == choice and (entry.click() or True) for entry in entries)

    page.until(chosen)


def get(address):
    with urllib.request.urlopen(address) as answer:
        return answer.read(), answer.headers


def test_a_conversation_is_kept_reopened_and_says_whether_its_sources_still_say_so(page, bees_that_left):
    quoted = page.ask("Where do bees live?")
    page.until(lambda: "#c" in page.driver.current_url)
    page.driver.refresh()
    page.until(lambda: page.text(".qa-reply .qa-words") == quoted)
    page.until(lambda: page.text(".qa-state") == "Still says so")
    bees_that_left()
    page.driver.refresh()
    page.until(lambda: page.text(".qa-state") == "Changed since")
    assert page.text(".qa-reply .qa-words") == quoted
    page.ask("And wasps?")
    assert len(page.find(".qa-reply")) == 2, "the conversation goes on"
    assert page.complaints() == []


SLOW_STREAM = """
    const ask = window.fetch;
    window.fetch = async (...asked) => {
      const answer = await ask(...asked);
      if (!String(asked[0].url ?? asked[0]).includes("queue/data")) return answer;
      const late = new TransformStream({ async transform(piece, out) {
        await new Promise((done) => setTimeout(done, 200));
        out.enqueue(piece);
      } });
      return new Response(answer.body.pipeThrough(late), { status: answer.status, headers: answer.headers });
    };"""


def test_a_conversation_comes_back_each_time_where_the_stream_of_results_is_slow(page):
    quoted = page.ask("Where do bees live?")
    page.until(lambda: "#c" in page.driver.current_url)
    page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SLOW_STREAM})
    for _ in range(8):
        page.driver.refresh()
        page.until(lambda: page.text(".qa-reply .qa-words") == quoted and page.text(".qa-state") == "Still says so")
    assert page.complaints() == []


def test_conversations_are_listed_searched_renamed_exported_and_deleted(page, address):
    page.ask("Where do wasps live?")
    show_conversations(page)
    search = page.find("#qa-tab-1 input[type=search]")[0]
    search.send_keys("paperq")
    page.until(lambda: not page.find(".qa-kept"))
    search.send_keys(Keys.BACKSPACE)
    page.until(lambda: page.texts(".qa-kept-name")[:1] == ["Where do wasps live?"])
    menu(page, "Rename")
    field = page.wait_for("#qa-conversations form input")
    field.send_keys("<b>Paper nests</b>", Keys.ENTER)
    page.until(lambda: page.texts(".qa-kept-name")[:1] == ["<b>Paper nests</b>"])
    number = page.driver.current_url.split("#c")[1]
    content, headers = get(f"{address}chat/export?conversation={number}&form=json")
    assert json.loads(content)["quotes"][0]["text"] == "Wasps live in nests of paper."
    assert headers["Content-Disposition"].startswith("attachment") and headers["X-Content-Type-Options"] == "nosniff"
    assert b"Wasps live in nests of paper\\." in get(f"{address}chat/export?conversation={number}&form=markdown")[0]
    assert b"Wasps live in nests of paper." in get(f"{address}chat/export?conversation={number}&form=csv")[0]
    menu(page, "Delete")
    page.click("dialog .qa-danger")
    page.until(lambda: not page.find(".qa-reply") and "<b>Paper nests</b>" not in page.text("#qa-conversations"))
    assert page.complaints() == []


LATE_FIRST_ANSWERS = """
    const ask = window.fetch;
    let late = 600;
    window.fetch = async (...asked) => {
      const answer = await ask(...asked);
      if (String(asked[0]).includes("conversations?words=")) await new Promise((done) => setTimeout(done, (late -= 100)));
      return answer;
    };"""


def test_the_list_follows_the_last_letter_typed_though_earlier_answers_come_later(page):
    page.ask("Where do wasps live?")
    show_conversations(page)
    page.run(LATE_FIRST_ANSWERS)
    page.find("#qa-tab-1 input[type=search]")[0].send_keys("wqz")
    page.until(lambda: not page.find(".qa-kept"))
    page.run("return new Promise((done) => setTimeout(done, 700))")
    assert page.find(".qa-kept") == []


def test_a_judgement_is_kept_and_becomes_a_question_for_evaluate(page, address):
    page.ask("Where do wasps live?")
    page.click(".qa-thumb.qa-up")
    page.until(lambda: page.find(".qa-up")[0].get_attribute("aria-pressed") == "true")
    page.until(lambda: "kept" in (page.text("#qa-said") or ""))
    page.driver.refresh()
    page.until(lambda: page.find(".qa-up") and page.find(".qa-up")[0].get_attribute("aria-pressed") == "true")
    with zipfile.ZipFile(io.BytesIO(get(f"{address}chat/evaluation")[0])) as archive:
        rows = [json.loads(line) for line in archive.read("questions.jsonl").splitlines()]
    assert {"Where do wasps live?"} == {row["question"] for row in rows} and "paper" in rows[0]["answers"][0]


def test_two_people_have_a_conversation_each(page, address, tmp_path):
    other = Page(tmp_path / "other").open(address)
    try:
        page.ask("Where do bees live?")
        other.ask("Where do wasps live?")
        page.ask("And what does a queen lay?")
        assert (len(page.find(".qa-reply")), len(other.find(".qa-reply"))) == (2, 1)
    finally:
        other.close()


def test_only_chosen_sources_are_asked(page):
    box = "[...document.querySelectorAll('#qa-source-list li')].find(r => r.textContent.includes('wasps')).querySelector('input')"
    assert page.text("#qa-choice-rule") == "All sources are asked. Tick some to ask only those."
    page.run(f"{box}.click()")
    page.until(lambda: "Asking only 1 of 2 sources: wasps.md" in page.text("#qa-scope-chip"))
    assert page.find("#qa-scope-chip")[0].is_displayed()
    assert page.text("#qa-choice-rule") == "Only the ticked sources are asked."
    assert "Wasps" in page.ask("Where do bees live?")
    page.click("#qa-scope-chip button")
    page.until(lambda: not page.find("#qa-scope-chip")[0].is_displayed())
    assert "Bees live in hives." in page.ask("Where do bees live?")


def test_a_folder_is_added_with_its_names_and_a_source_removed(page, sources, tmp_path):
    (tmp_path / "animals" / "small").mkdir(parents=True)
    (tmp_path / "animals" / "small" / "ants.txt").write_text("Ants live in anthills.\n")
    (tmp_path / "animals" / ".hidden").write_text("no")
    page.run("document.querySelectorAll('#qa-files input')[1].style.display = 'block'")
    page.find("#qa-files input")[1].send_keys(str(tmp_path / "animals"))
    page.until(lambda: "animals/small/ants.txt" in page.text("#qa-source-list"))
    assert (sources / "animals" / "small" / "ants.txt").exists()
    assert not list(sources.glob("**/*hidden*"))
    assert "Ants live in anthills." in page.ask("Where do ants live?")
    page.run("document.querySelector('[aria-label^=\"Remove animals\"]').click()")
    page.click("dialog .qa-danger")
    page.until(lambda: "ants.txt" not in page.text("#qa-source-list"))
    assert not (sources / "animals" / "small" / "ants.txt").exists()
    assert (sources / ".removed" / "ants.txt").read_text() == "Ants live in anthills.\n"
    assert page.complaints() == []


def test_the_left_side_is_used_by_keyboard(page):
    page.find("#qa-tab-button-0")[0].send_keys(Keys.ARROW_RIGHT)
    assert page.find("#qa-tab-1")[0].is_displayed() and not page.find("#qa-tab-0")[0].is_displayed()
    assert page.run("return document.activeElement.id") == "qa-tab-button-1"
    page.driver.switch_to.active_element.send_keys("/")
    assert page.run("return document.activeElement.closest('#qa-question') !== null"), "a slash goes to the question"


def test_a_question_can_be_mended_and_then_stands_alone(page):
    page.ask("Where do bees live?")
    page.ask("And wasps?")
    page.click(".qa-edit")
    box = page.find("#qa-question textarea")[0]
    page.until(lambda: "wasps" in box.get_attribute("value"))
    page.run("document.querySelector('#qa-question textarea').select()")
    box.send_keys("And what do they eat?")
    assert '"bare":true' in page.run("return document.querySelector('#qa-scope textarea').value")
    page.ask("")
    assert "Understood as" not in page.text(".qa-reply"), "the history is left out"
    page.until(lambda: '"bare":false' in page.run("return document.querySelector('#qa-scope textarea').value"))


def test_a_rebuild_shows_its_progress_and_the_chat_goes_on(page, sources):
    (sources / "many.txt").write_text("\n\n".join(f"Ant number {n} carries leaf {n}." for n in range(3000)))
    page.click("#qa-rebuild")
    assert "hives" in page.ask("Where do bees live?")
    page.until(lambda: "Up to date: 3 sources" in page.text("#qa-build"))
    assert page.complaints() == []
