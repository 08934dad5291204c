"""The hostile files that hold markup, in a real browser: answers, viewer, names, history and exports show it as text."""

import json
import shutil
import tarfile
import urllib.request

import pytest

pytest.importorskip("selenium")
from chat_browser import Page, chat

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIGN = "xssRan7731"
PROBE = f"return window.{SIGN} === undefined && frames.length === 0"


@pytest.fixture(scope="module")
def attacks(shared, tmp_path_factory):
    """The manifest's rows for readable files whose name or text would run something, and a folder with those files."""
    unpacked, folder = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("sources")
    with tarfile.open(shared / "hostile" / "files.tar.xz") as archive:
        archive.extractall(unpacked, filter="fully_trusted")
    rows = json.loads((unpacked / "manifest.json").read_text("utf-8"))
    rows = [
        row
        for row in rows
        if row["expect"] == "indexed" and row["question"] and (row["group"] == "xss" or SIGN in json.dumps(row))
    ]
    for row in rows:
        (folder / row["file"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(unpacked / "sources" / row["file"], folder / row["file"])
    return rows, folder


@pytest.fixture(scope="module")
def address(attacks, tmp_path_factory):
    with chat(attacks[1], tmp_path_factory.mktemp("index")) as address:
        yield address


def get(address):
    with urllib.request.urlopen(address) as answer:
        return answer.read().decode(), answer.headers


def test_no_file_of_others_runs_anything(attacks, address, tmp_path):
    rows, _ = attacks
    assert len(rows) > 5
    page = Page(tmp_path / "profile").open(address)
    try:
        listed = page.text("#qa-source-list")
        for row in rows:
            assert row["file"] in listed
            assert row["marker"] in page.ask(row["question"])
            page.open_citation()
            shown = " ".join(page.text(".qa-viewer .qa-document").split())
            assert all(" ".join(words.split()) in shown for words in row["must_contain"]), row["file"]
            assert page.run(PROBE), row["file"]
        page.ask(f"<img src=x onerror=window.{SIGN}=1> lantern?")
        number = page.driver.current_url.split("#c")[1]
        page.driver.refresh()
        page.until(lambda: len(page.find(".qa-reply")) == len(rows) + 1)
        page.click("#qa-tab-button-1")
        page.wait_for(".qa-kept")
        assert page.run(PROBE) and page.complaints() == []
    finally:
        page.close()
    written, headers = get(f"{address}chat/export?conversation={number}&form=markdown")
    assert "<" not in written and headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in headers["Content-Security-Policy"]
