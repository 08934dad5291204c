"""Sources by hand in a real browser: files and folders dropped on the page, and a rebuild that is cancelled."""

import shutil

import pytest

pytest.importorskip("selenium")
from chat_browser import browsing
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser

BEES = "# Bees\n\nBees live in hives. A queen lays eggs.\n"


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    (folder / "bees.md").write_text(BEES)
    return folder


@pytest.fixture(scope="module")
def page(sources, tmp_path_factory):
    with browsing(sources, tmp_path_factory.mktemp("index"), tmp_path_factory.mktemp("profile")) as window:
        yield window


def drag(page, kind, *paths):
    """Hold files over the area that says so, or let them go there, as the desktop tells Chromium."""
    box = page.run("const r = document.querySelector('#qa-files').getBoundingClientRect(); return [r.x + 9, r.y + 9]")
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    page.driver.execute_cdp_cmd("Input.dispatchDragEvent", {"type": kind, "x": box[0], "y": box[1], "data": data})


def is_over(page):
    return "qa-over" in page.find("#qa-files")[0].get_attribute("class")


def test_dropped_files_and_folders_become_sources(page, sources, tmp_path):
    (tmp_path / "owls.txt").write_text("Owls hunt at night.\n")
    (tmp_path / "birds" / "small").mkdir(parents=True)
    (tmp_path / "birds" / "small" / "wrens.txt").write_text("Wrens sing loudly in hedges.\n")
    dragged = tmp_path / "owls.txt", tmp_path / "birds"
    drag(page, "dragEnter", *dragged)
    drag(page, "dragOver", *dragged)
    page.until(lambda: is_over(page))
    drag(page, "drop", *dragged)
    page.until(lambda: "birds/small/wrens.txt" in page.text("#qa-source-list"))
    assert not is_over(page) and "Added owls.txt." in page.text("#qa-notes")
    assert (sources / "birds" / "small" / "wrens.txt").read_text() == "Wrens sing loudly in hedges.\n"
    assert "Owls hunt at night." in page.ask("When do owls hunt?")
    assert page.complaints() == []


def test_what_is_dropped_in_the_page_by_a_script_is_taken_too(page):
    page.run("""
        const dragged = new DataTransfer();
        dragged.items.add(new File(["Newts live in ponds.\\n"], "newts.txt", { type: "text/plain" }));
        const drop = new DragEvent("drop", { dataTransfer: dragged, bubbles: true, cancelable: true });
        document.querySelector("#qa-files").dispatchEvent(drop);""")
    page.until(lambda: "newts.txt" in page.text("#qa-source-list"))
    assert "Newts live in ponds." in page.ask("Where do newts live?")


def test_words_dragged_over_the_page_are_no_files(page):
    page.run("""
        const dragged = new DataTransfer();
        dragged.setData("text/plain", "words");
        document.querySelector("#qa-files").dispatchEvent(new DragEvent("dragover", { dataTransfer: dragged, bubbles: true }));""")
    assert not is_over(page)


def test_a_rebuild_is_cancelled_and_the_index_from_before_answers(page, sources):
    before = page.text("#qa-source-list")
    ants = [sources / "ants" / f"{hill}.txt" for hill in range(300)]
    ants[0].parent.mkdir()
    for path in ants:
        path.write_text("\n\n".join(f"Ant {n} of hill {path.stem} carries leaf {n} home." for n in range(200)))
    page.find("#qa-rebuild")[0].send_keys(Keys.ENTER)
    page.until(lambda: page.run("return document.activeElement.textContent") == "Cancel")
    assert page.find("#qa-build progress")[0].is_displayed()
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    page.until(lambda: page.find("#qa-rebuild")[0].is_displayed())
    assert page.run("return document.activeElement.id") == "qa-rebuild", "the focus is back where it was"
    assert "stopped" in page.text("#qa-build") and not page.find("#qa-build button")
    assert page.text("#qa-source-list") == before
    assert "A queen lays eggs." in page.ask("What does a queen lay?")
    shutil.rmtree(sources / "ants")
    page.click("#qa-rebuild")
    page.until(lambda: "Up to date" in page.text("#qa-build"))
    assert page.complaints() == []
