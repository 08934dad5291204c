"""Whether everybody can read and use the page: contrast, names for screen readers, the Tab key, ids and pictures.

The checks themselves are in `accessibility.js`, which is put into the page.
"""

from pathlib import Path

import pytest

pytest.importorskip("selenium")
from chat_browser import Page, chat
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from assistant.answering import Assistant
from assistant.assembly import build_index
from assistant.embedders.hashing import HashingEmbedder
from assistant.interfaces.web.showing import shown_answer
from assistant.kept_conversations import KeptConversations
from assistant.settings import Settings

pytestmark = pytest.mark.browser

CHECKS = Path(__file__).with_name("accessibility.js").read_text("utf-8")
STILL = "document.head.append(Object.assign(document.createElement('style'), { textContent: '* { transition: none !important }' }))"
USABLE = {"button", "link", "textbox", "searchbox", "checkbox", "combobox", "tab", "DisclosureTriangle", "progressbar"}
MOST_STOPS = 150


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accessible")
    settings = Settings(sources=folder / "sources", index=folder / "index", model="hashing")
    settings.sources.mkdir()
    for n in range(8):  # from eight sources on they can be searched
        text = f"# Hill {n}\n\nAnts of hill {n} carry leaves. They rest at night, deep in hill {n}.\n"
        (settings.sources / f"hill-{n}.md").write_text(text)
    (settings.sources / "bridges.md").write_text(
        "# Bridges\n\nA suspension bridge is a bridge that carries its deck on cables.\n"
    )
    (settings.sources / "noise.bin").write_bytes(bytes(range(256)) * 8)
    build_index(settings.sources, settings.index, settings)
    keep_an_abstention(settings)
    with chat(settings.sources, settings.index) as address:
        yield address


def keep_an_abstention(settings):
    """Keep one for the page to show: the chat of these tests is made to answer everything."""
    strict = Settings(**{**vars(settings), "strictness": 1.0})
    store, assistant = KeptConversations(settings.index), Assistant(strict, HashingEmbedder())
    answer = assistant.ask("Do the ants of hill 3 carry umbrellas?")
    assert not answer.answered and answer.closest
    store.add(None, shown_answer(answer, assistant))
    store.close()
    assistant.close()


@pytest.fixture(scope="module", params=["light", "dark"])
def page(address, request, tmp_path_factory):
    window = Page(tmp_path_factory.mktemp("profile"), dark=request.param == "dark").open(address)
    window.run(CHECKS)
    window.run(STILL)
    yield window
    window.close()


def nameless(page):
    """What can be used and has no name in Chromium's accessibility tree."""
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    used = [node for node in nodes if not node["ignored"] and node["role"]["value"] in USABLE]
    return [node for node in used if not node.get("name", {}).get("value", "").strip()]


def check(page, what):
    """Look at everything that is shown now."""
    found = {name: page.run(f"return qaCheck.{name}()") for name in ("faint", "repeatedIds", "withoutAlternative")}
    found["nameless"] = nameless(page)
    assert {name: each for name, each in found.items() if each} == {}, what


def check_by_tab(page):
    """Press Tab until the focus has been all round, and see what it left out."""
    page.run("document.activeElement.blur(); scrollTo(0, 0); qaCheck.watchFocus()")
    for _ in range(MOST_STOPS // 10):
        ActionChains(page.driver).send_keys(Keys.TAB * 10).perform()
        if not page.run("return qaCheck.unreached()"):
            return
    assert page.run("return qaCheck.unreached()") == []


def show_side(page, at):
    page.run(f"document.querySelector('#qa-tab-button-{at}').click()")


def test_what_is_wrong_is_found(page):
    """A check that finds nothing is believed only after this."""
    page.run("""document.body.insertAdjacentHTML("beforeend", `
        <div id="wrong" class="qa-said" style="color: #777; background: #888">
        Faint <img> <button tabindex="-1"><span style="display: inline-block; width: 9px; height: 9px"></span></button>
        <i id="wrong"></i></div>`)""")
    page.run("qaCheck.watchFocus()")
    assert any("Faint" in each for each in page.run("return qaCheck.faint()"))
    assert page.run("return qaCheck.repeatedIds()") == ["wrong"]
    assert page.run("return qaCheck.withoutAlternative()") == ["<img>"]
    assert any('tabindex="-1"' in each for each in page.run("return qaCheck.unreached()"))
    assert [node["role"]["value"] for node in nameless(page)] == ["button"]
    page.run("document.querySelector('#wrong').remove()")


def test_the_empty_page(page):
    page.wait_for("#qa-chat .example")
    check(page, "the empty page with its sources")
    check_by_tab(page)


def test_an_answer(page):
    page.ask("What do ants of hill 3 carry?")
    page.run("document.querySelectorAll('.qa-tools details').forEach((each) => (each.open = true))")
    check(page, "an answer, its context and why it was found")
    page.run("document.querySelector('.qa-thumb').click()")
    page.until(lambda: page.find(".qa-thumb.qa-on") and page.text("#qa-said"))
    check(page, "a judged answer, and the note that it was kept")
    check_by_tab(page)


def test_chosen_sources(page):
    page.run("document.querySelectorAll('.qa-source input').forEach((box, at) => at < 2 && box.click())")
    page.until(lambda: page.find("#qa-scope-chip")[0].is_displayed())
    check(page, "chosen sources")
    check_by_tab(page)
    page.run("document.querySelector('#qa-scope-chip button').click()")


def test_the_viewer(page):
    page.open_citation()
    check(page, "the viewer")
    field = page.find(".qa-find input")[0]
    field.send_keys("leaves", Keys.ENTER)
    page.until(lambda: page.text("#qa-found-count") == "1 of 1")
    check(page, "words found in the viewer")
    check_by_tab(page)
    page.run("document.querySelector('.qa-viewer header button').click()")


def test_kept_conversations_and_an_abstention(page):
    show_side(page, 1)
    page.until(lambda: len(page.find(".qa-open-kept")) > 1)
    page.find(".qa-open-kept")[-1].click()
    page.wait_for(".qa-verdict")
    page.until(lambda: page.text(".qa-state") == "Still says so")
    page.run("document.querySelector('.qa-menu').open = true")
    check(page, "an abstention, and the conversations with a menu")
    check_by_tab(page)
    page.run("[...document.querySelectorAll('.qa-menu[open] button')].at(-1).click()")
    page.wait_for("dialog[open]")
    check(page, "the question before something is deleted")
    page.run("document.querySelector('dialog button').click()")
    show_side(page, 0)


def test_a_notice(page):
    page.run("document.querySelector('#qa-question textarea').focus()")
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    page.until(lambda: page.text("#qa-notice .qa-notice"))
    check(page, "a notice")
