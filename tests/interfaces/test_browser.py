"""The whole path in a real browser, on the real components: ask, open the citation, add a document, ask about it."""

import urllib.request
from urllib.error import HTTPError

import pytest

pytest.importorskip("selenium")
from chat_browser import Page, chat
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from assistant import open_assistant
from assistant.settings import Settings

pytestmark = pytest.mark.browser

BRIDGES = """# Bridges

A suspension bridge is a bridge that carries its deck on cables. The Brooklyn Bridge was opened in 1883.

It cost fifteen million dollars to build, & took <i>fourteen</i> years \U0001d4d1.

## Tunnels

The Thames Tunnel was opened in 1843. It was dug beneath the river\tby hand.
"""
LIGHTHOUSES = "Lighthouses guide ships.\n\nThe Eddystone lighthouse stands on the Eddystone rocks since 1882.\n"
ATTACK = "<img src=x onerror=window.xssRan7731=1>.txt"
ATTACK_TEXT = (
    "The zebrafish payload is <script>window.xssRan7731=1</script> and <img src=x onerror=window.xssRan7731=1> "
    "and **bold** and $x^2$ and [link](javascript:window.xssRan7731=1) in one sentence.\n"
)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    (folder / "bridges.md").write_text(BRIDGES)
    (folder / ATTACK).write_text(ATTACK_TEXT)
    (folder / "noise.bin").write_bytes(bytes(range(256)) * 8)
    return folder


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tmp_path_factory.mktemp("index")


@pytest.fixture(scope="module")
def address(sources, index):
    with chat(sources, index) as address:
        yield address


@pytest.fixture
def stored(index):
    """Gives the stored text of a source, which is what spans point into."""
    assistant = open_assistant(index=index, settings=Settings(model="hashing"))
    yield lambda source: assistant.document(source).text
    assistant.close()


@pytest.fixture
def page(address, tmp_path):
    window = Page(tmp_path / "profile").open(address)
    yield window
    window.close()


def test_ask_then_open_the_citation_at_exactly_the_quoted_words(page, stored):
    quoted = page.ask("When was the Brooklyn Bridge opened?")
    assert "The Brooklyn Bridge was opened in 1883." in quoted and quoted in stored("bridges.md")
    assert page.open_citation() == quoted
    assert page.text(".qa-viewer .qa-document") == stored("bridges.md")
    position = page.run("const m = document.querySelector('mark').getBoundingClientRect(); return [m.top, innerHeight]")
    assert 0 < position[0] < position[1]
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not page.find(".qa-viewer")[0].is_displayed()
    assert page.run("return document.activeElement.className") == "qa-cite", "the focus is back where it was"
    assert page.complaints() == []


def test_the_preview_shows_a_quote_in_context_while_its_citation_has_the_focus(page, stored):
    quoted = page.ask("When was the Brooklyn Bridge opened?")
    page.find("#qa-question textarea")[0].send_keys(Keys.SHIFT, Keys.TAB)  # keyboard use makes the focus visible
    page.run("document.querySelector('.qa-cite').focus()")
    page.until(lambda: page.find("#qa-preview")[0].is_displayed())
    assert page.text("#qa-preview .qa-here") == quoted
    assert "A suspension bridge is a bridge" in page.text("#qa-preview")
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not page.find("#qa-preview")[0].is_displayed()


def test_the_preview_is_shown_below_the_mouse_and_leaves_the_quote_in_sight(page):
    quoted = page.ask("When was the Brooklyn Bridge opened?")
    cite = page.find(".qa-cite")[0]
    ActionChains(page.driver).move_to_element(cite).perform()
    page.until(lambda: page.find("#qa-preview")[0].is_displayed())
    assert page.text("#qa-preview .qa-here") == quoted
    assert page.find("#qa-preview")[0].rect["y"] >= cite.rect["y"] + cite.rect["height"]
    ActionChains(page.driver).move_to_element(page.find("#qa-question")[0]).perform()
    page.until(lambda: not page.find("#qa-preview")[0].is_displayed())


def test_a_quote_is_copied_with_its_citation_and_says_why_it_was_found(page):
    quoted = page.ask("When was the Brooklyn Bridge opened?")
    page.driver.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    page.click(".qa-copy")
    page.until(lambda: "Copied" in (page.text("#qa-said") or ""))
    copied = page.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied.startswith(f"“{quoted}”\n— ") and "bridges.md" in copied
    assert "Words matched: brooklyn, bridge, opened." in page.text(".qa-why p")
    assert page.find(".qa-words :is(em, strong)"), "the key words are emphasised"


def test_messages_are_named_for_screen_readers(page):
    page.ask("When was the Brooklyn Bridge opened?")
    labels = "return [...document.querySelectorAll('#qa-chat .message [aria-label]')].map(e => e.ariaLabel)"
    page.until(lambda: page.run(labels) == ["Your question", "Answer"])
    assert page.find("#qa-toggle")[0].get_attribute("aria-expanded") == "true"


def test_characters_beyond_the_basic_plane_do_not_shift_the_mark(page):
    quoted = page.ask("When was the Thames Tunnel opened?")
    assert page.open_citation() == quoted


def test_an_uploaded_document_is_indexed_and_quoted(page, tmp_path, sources):
    path = tmp_path / "lighthouses.txt"
    path.write_text(LIGHTHOUSES)
    page.upload(path)
    assert "Added lighthouses.txt." in page.text("#qa-notes")
    assert "1 file could not be read" in page.text("#qa-build") and "noise.bin" in page.text("#qa-source-list")
    assert (sources / "lighthouses.txt").read_text() == LIGHTHOUSES
    assert "lighthouses.txt" in page.text("#qa-source-list")
    quoted = page.ask("Where does the Eddystone lighthouse stand?")
    assert quoted == "The Eddystone lighthouse stands on the Eddystone rocks since 1882."
    assert page.open_citation() == quoted
    assert page.complaints() == []


def test_rebuilding_notices_files_put_into_the_folder(page, sources):
    (sources / "windmills.txt").write_text("Windmills grind corn. The Sarehole windmill is in Birmingham.\n")
    page.click("#qa-rebuild")
    page.until(lambda: "windmills.txt" in page.text("#qa-source-list"))
    assert "Sarehole" in page.ask("Where is the Sarehole windmill?")


def test_markup_in_names_and_texts_is_shown_as_text(page):
    assert ATTACK in page.text("#qa-source-list")
    quoted = page.ask("What is the zebrafish payload?")
    assert quoted == ATTACK_TEXT.strip()
    assert page.open_citation() == quoted
    assert ATTACK in page.text(".qa-cite")
    page.ask("<img src=x onerror=window.xssRan7731=1> zebrafish **bold**?")
    assert page.text(".qa-question") == "<img src=x onerror=window.xssRan7731=1> zebrafish **bold**?"
    assert page.run("return window.xssRan7731 === undefined")
    assert page.complaints() == []


def test_a_script_that_slips_in_is_stopped_by_the_policy(page):
    page.run("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.xssRan7731=1\">')")
    page.run(
        "const s = document.createElement('script'); s.textContent = 'window.xssRan7731=1'; document.body.append(s)"
    )
    assert page.run("return window.xssRan7731 === undefined")
    page.driver.get_log("browser")


def test_no_other_host_is_asked(page, address):
    page.ask("When was the Brooklyn Bridge opened?")
    page.open_citation()
    own = address.removeprefix("http://").rstrip("/")
    assert page.hosts() <= {("http:", own), ("data:", None), ("blob:", None)}
    assert ("http:", own) in page.hosts()


def test_questions_that_cannot_be_asked_get_one_sentence(page):
    box = page.find("#qa-question textarea")[0]
    box.send_keys(Keys.ENTER)
    page.until(lambda: page.text("#qa-notice .qa-notice") == "Type a question first.")
    setter = "Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set"
    page.run(f"{setter}.call(arguments[0], 'é'.repeat(100000)); arguments[0].dispatchEvent(new Event('input'))", box)
    page.click("#qa-send")
    page.until(lambda: "100,000; please shorten it." in (page.text("#qa-notice .qa-notice") or ""))
    assert not page.find(".qa-reply")
    page.run(f"{setter}.call(arguments[0], ''); arguments[0].dispatchEvent(new Event('input'))", box)
    assert "1883" in page.ask("When was the Brooklyn Bridge opened?")
    assert not page.text("#qa-notice .qa-notice")


def test_examples_can_be_asked_and_a_new_conversation_begun(page):
    page.click("#qa-chat .example")
    page.wait_for(".qa-reply")
    page.click("#qa-new")
    page.until(lambda: not page.find(".qa-reply"))
    assert page.wait_for("#qa-chat .example")


def test_a_reply_is_read_from_its_start(page):
    for _ in range(4):
        page.ask("When was the Brooklyn Bridge opened?")
    place = "return [...document.querySelectorAll('.qa-question')].at(-1).getBoundingClientRect().top / innerHeight"
    page.until(lambda: 0 < page.run(place) < 1)
    left = "return document.querySelector(arguments[0]).getBoundingClientRect().left"
    assert page.run(left, ".qa-question") == page.run(left, "#qa-question textarea"), "beside a scroll bar, too"


def test_a_source_opens_at_its_start_from_the_list(page, stored):
    page.run("[...document.querySelectorAll('button.qa-open')].find(b => b.textContent === 'bridges.md').click()")
    page.until(lambda: page.text(".qa-viewer .qa-document") == stored("bridges.md"))
    assert not page.find(".qa-viewer mark")


@pytest.mark.parametrize("width", [360, 390, 768])
def test_it_fits_a_small_screen(address, tmp_path, width):
    page = Page(tmp_path / "profile", (width, 844)).open(address)
    try:
        assert not page.find("#qa-side")[0].is_displayed()
        assert page.find("#qa-toggle")[0].accessible_name == "Sources"
        page.ask("When was the Brooklyn Bridge opened?")
        assert page.run("return document.documentElement.scrollWidth") <= width
        page.open_citation()
        assert page.run("return document.documentElement.scrollWidth") <= width
        page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
        page.click("#qa-toggle")
        assert page.find("#qa-side")[0].is_displayed()
    finally:
        page.close()


@pytest.mark.parametrize(("path", "headers", "status"), [
    ("", {"Host": "evil.example"}, 421),
    ("gradio_api/info", {}, 404),
    ("gradio_api/openapi.json", {}, 404),
    ("monitoring", {}, 404),
    ("gradio_api/upload", {}, 404),
    ("gradio_api/file=/etc/passwd", {}, 404),
    ("chat/passage?source=..%2F..%2Fetc%2Fpasswd", {}, 404),
])  # fmt: skip
def test_the_running_server_refuses_what_the_page_does_not_need(address, path, headers, status):
    with pytest.raises(HTTPError) as refusal:
        urllib.request.urlopen(urllib.request.Request(address + path, headers=headers))
    refusal.value.close()
    assert refusal.value.code == status


def test_the_served_page_names_no_other_host(address):
    with urllib.request.urlopen(address) as answer:
        page = answer.read().decode()
    hosts = {line.split("/")[2] for line in page.split('"') if line.startswith(("http://", "https://"))}
    assert hosts <= {address.split("/")[2]}, hosts


def test_an_upload_from_another_page_is_refused(address):
    headers = {"Origin": "http://evil.example", "Content-Type": "text/plain"}
    with pytest.raises(HTTPError) as refusal:
        urllib.request.urlopen(urllib.request.Request(address + "chat/upload?path=a.txt", b"hello", headers))
    refusal.value.close()
    assert refusal.value.code == 403
