"""First use in a real browser: without anything to ask, the page says what to do, and goes on from there."""

import pytest

pytest.importorskip("selenium")
from chat_browser import Page, browsing, chat

pytestmark = pytest.mark.browser

OSPREYS = "# Ospreys\n\nAn osprey is a bird that hunts fish.\n"


@pytest.fixture
def empty(tmp_path):
    folder = tmp_path / "sources"
    folder.mkdir()
    return folder


def headings(page):
    return [found.text for found in page.find(".qa-welcome h2") if found.is_displayed()]


def test_an_empty_folder_says_what_to_do_and_takes_the_first_documents(empty, tmp_path):
    (tmp_path / "ospreys.md").write_text(OSPREYS)
    with browsing(empty, tmp_path / "index", tmp_path / "profile") as page:
        page.until(lambda: headings(page) == ["Add your documents first"])
        page.find("#qa-question textarea")[0].send_keys("What is an osprey?\n")
        page.until(lambda: "nothing to ask yet" in (page.text("#qa-notice") or ""))
        assert page.find("#qa-question textarea")[0].get_attribute("value") == "What is an osprey?", "nothing is lost"
        page.click("#qa-rebuild")
        page.until(lambda: "no files among the sources" in page.text("#qa-build"))
        page.upload(tmp_path / "ospreys.md")
        page.until(lambda: headings(page) == ["What do you want to know?"])
        page.wait_for("#qa-chat .example")
        page.find("#qa-question textarea")[0].clear()
        assert "hunts fish" in page.ask("What is an osprey?")
        assert page.complaints() == []


def test_where_no_file_can_be_read_the_reason_is_shown(empty, tmp_path):
    (empty / "noise.bin").write_bytes(bytes(range(256)) * 8)
    with browsing(empty, tmp_path / "index", tmp_path / "profile") as page:
        page.until(lambda: headings(page) == ["Add your documents first"])
        assert "None of the 1 files could be read; the first is 'noise.bin'" in page.text("#qa-build")


def test_on_a_phone_a_button_leads_to_where_documents_are_added(empty, tmp_path):
    with chat(empty, tmp_path / "index") as address:
        page = Page(tmp_path / "profile", (360, 740)).open(address)
        try:
            page.click(".qa-begin")
            assert page.find("#qa-files")[0].is_displayed()
            assert page.run("return document.activeElement.textContent") == "Choose files"
        finally:
            page.close()
