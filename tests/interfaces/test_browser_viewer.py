"""The viewer in a real browser: the picture of a PDF page with the quote boxed, pages, quotes, parts, zoom, and finding."""

import io

import openpyxl
import pytest

pytest.importorskip("selenium")
from chat_browser import Page, chat
from reportlab.pdfgen.canvas import Canvas
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.browser

LINES = {
    1: ["A report on rivers.", "Rivers carry water to the sea."],
    2: ["The Danube flows through ten countries.", "It ends in the Black Sea."],
    3: [],
    4: ["The Rhine rises in the Alps.", "The Rhine ends in the North Sea."],
}


def river_pdf():
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(400, 500), invariant=1)
    for lines in LINES.values():
        for at, line in enumerate(lines):
            canvas.drawString(60, 400 - 40 * at, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def harvest_book():
    book = openpyxl.Workbook()
    book.active.title = "North"
    for row in (("Orchard", "Harvest"), ("Elmgrove", "40 tonnes"), ("Oakham", "50 tonnes")):
        book.active.append(row)
    south = book.create_sheet("South")
    for row in (("Orchard", "Harvest"), ("Ashdown", "90 tonnes")):
        south.append(row)
    return book


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    (folder / "rivers.pdf").write_bytes(river_pdf())
    (folder / "prices.csv").write_text("Fruit,Price\nApple,3 euros\nQuince,7 euros\n")
    harvest_book().save(folder / "harvest.xlsx")
    (folder / "danube.txt").write_text("The river Danube flows through ten countries.\n")
    return folder


@pytest.fixture(scope="module")
def address(sources, tmp_path_factory):
    with chat(sources, tmp_path_factory.mktemp("index")) as address:
        yield address


@pytest.fixture(scope="module")
def page(address, tmp_path_factory):
    window = Page(tmp_path_factory.mktemp("profile")).open(address)
    yield window
    window.close()


def shown_page(page):
    """Wait for the picture, and give the page that the viewer names."""
    page.until(
        lambda: page.run("const i = document.querySelector('.qa-sheet img'); return i.complete && i.naturalWidth")
    )
    return page.text("#qa-shown-place")


def ask_anew(page, question):
    """Ask in a conversation of its own, so that the questions of other tests have no say in what is quoted."""
    page.click("#qa-new")
    page.until(lambda: not page.find(".qa-reply"))
    page.ask(question)


def open_quote(page, question, source="rivers.pdf"):
    page.ask(question)
    page.press_citation(source=source)
    page.until(lambda: page.find(".qa-viewer")[0].is_displayed())


def button(page, label):
    return next(found for found in page.find(".qa-viewer button") if found.get_attribute("aria-label") == label)


def boxes(page):
    """The boxes as shares of the picture: left, top, right, bottom."""
    return page.run("""
        const sheet = document.querySelector('.qa-sheet img').getBoundingClientRect();
        return [...document.querySelectorAll('.qa-box')].map((box) => {
          const r = box.getBoundingClientRect();
          return [(r.left - sheet.left) / sheet.width, (r.top - sheet.top) / sheet.height,
                  (r.right - sheet.left) / sheet.width, (r.bottom - sheet.top) / sheet.height]; });""")


def test_the_picture_of_the_page_boxes_the_quote_where_it_is_printed(page):
    open_quote(page, "Where does the Rhine rise?")
    assert "Page 4" in shown_page(page)
    page.wait_for(".qa-box")
    marked = [line for line in page.text(".qa-viewer mark").split("\n") if line]
    box, *others = boxes(page)
    assert marked[0] == "The Rhine rises in the Alps." and len(others) == len(marked) - 1, "a box for each line"
    assert box[0] == pytest.approx(60 / 400, abs=0.01) and 0.4 < box[2] < 0.65
    assert box[1] < 1 - 400 / 500 < box[3] and box[3] - box[1] < 0.05, "the baseline is at 400 of 500, from below"


def test_pages_can_be_turned_and_a_page_without_text_says_so(page):
    open_quote(page, "Where does the Rhine rise?")
    assert "Page 4" in shown_page(page) and not button(page, "Next page or part").is_enabled()
    page.click(".qa-viewer [aria-label='Previous page or part']")
    page.until(lambda: "Page 3" in shown_page(page))
    assert "holds no text" in page.text(".qa-pages .qa-problem") and not page.find(".qa-box")
    page.click(".qa-viewer [aria-label='Next page or part']")
    page.until(lambda: "Page 4" in shown_page(page) and page.find(".qa-box"))


def test_the_picture_grows_and_the_boxes_with_it(page):
    open_quote(page, "Where does the Rhine rise?")
    shown_page(page)
    page.wait_for(".qa-box")
    before, width = boxes(page), page.run("return document.querySelector('.qa-sheet').offsetWidth")
    page.click(".qa-viewer [aria-label='Larger']")
    page.until(
        lambda: (
            page.run("return document.querySelector('.qa-sheet').offsetWidth") > 1.2 * width and page.find(".qa-box")
        )
    )
    assert boxes(page)[0] == pytest.approx(before[0], abs=0.01)
    page.click(".qa-viewer [aria-label='Smaller']")


def test_words_are_found_in_the_whole_document_and_boxed(page):
    open_quote(page, "Where does the Rhine rise?")
    field = page.find(".qa-find input")[0]
    field.clear()
    field.send_keys("SEA", Keys.ENTER)
    page.until(lambda: page.text("#qa-found-count") == "1 of 3")
    page.until(lambda: "Page 1" in shown_page(page) and page.find(".qa-box"))
    assert page.text(".qa-viewer mark") == "sea"
    page.click(".qa-viewer [aria-label='Previous match']")
    page.until(lambda: page.text("#qa-found-count") == "3 of 3" and page.text(".qa-viewer mark") == "Sea")
    field.send_keys(" serpent", Keys.ENTER)
    page.until(lambda: page.text("#qa-found-count") == "Not found")


def test_the_quotes_of_an_answer_are_stepped_through(page):
    ask_anew(page, "How many countries does the Danube flow through?")
    last = "[...document.querySelectorAll('.qa-reply')].at(-1)"
    quotes = page.run(f"return [...{last}.querySelectorAll('.qa-words')].map(e => e.textContent)")
    assert len(quotes) > 1
    page.run(f"{last}.querySelector('.qa-cite').focus()")
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    page.until(lambda: page.text(".qa-viewer mark") == quotes[0])
    assert not button(page, "Previous quote").is_enabled()
    page.click(".qa-viewer [aria-label='Next quote']")
    page.until(lambda: page.text(".qa-viewer mark") == quotes[1])
    page.click(".qa-viewer [aria-label='Previous quote']")
    page.until(lambda: page.text(".qa-viewer mark") == quotes[0])


def test_quotes_of_different_documents_stand_side_by_side_under_their_names_and_dates(page):
    ask_anew(page, "How many countries does the Danube flow through?")
    if page.find(".qa-viewer")[0].is_displayed():
        page.click(".qa-viewer header button")
    columns = page.run("""
        const columns = [...[...document.querySelectorAll('.qa-reply')].at(-1).querySelectorAll('.qa-column')];
        const top = (element) => Math.round(element.getBoundingClientRect().top);
        return columns.map((c) => [c.querySelector('.qa-column-name').textContent, top(c.querySelector('.qa-quote'))]);""")
    assert len(columns) > 1 and all("Last changed 20" in name for name, _ in columns)
    assert columns[0][1] == columns[1][1]


def test_the_sheets_of_a_workbook_are_named_and_turned(page):
    open_quote(page, "What is the harvest of the orchard Oakham?", "harvest.xlsx")
    page.until(lambda: page.text("#qa-shown-place") == "Sheet North · 1 of 2")
    page.click(".qa-viewer [aria-label='Next page or part']")
    page.until(lambda: page.text("#qa-shown-place") == "Sheet South · 2 of 2")
    rows = "return getComputedStyle([...document.querySelectorAll('.qa-rows')].at(-1)).whiteSpace"
    assert page.run(rows) == "pre-wrap", "each row on a line of its own"


def test_on_a_phone_the_text_is_shown_first_and_the_picture_on_demand(address, tmp_path):
    page = Page(tmp_path / "profile", (360, 740)).open(address)
    try:
        open_quote(page, "Where does the Rhine rise?")
        page.until(lambda: "Rhine rises" in (page.text(".qa-viewer mark") or ""))
        assert page.find(".qa-viewer mark")[0].is_displayed() and not page.find(".qa-sheet")[0].is_displayed()
        next(found for found in page.find(".qa-choice button") if found.text == "Page").click()
        assert "Page 4" in shown_page(page)
        page.until(lambda: page.find(".qa-box"))
    finally:
        page.close()


def test_text_and_picture_can_be_chosen_and_a_table_has_no_picture(page):
    open_quote(page, "Where does the Rhine rise?")
    text = next(found for found in page.find(".qa-choice button") if found.text == "Text")
    text.click()
    assert page.find(".qa-document")[0].is_displayed() and not page.find(".qa-sheet")[0].is_displayed()
    assert text.get_attribute("aria-pressed") == "true"
    next(found for found in page.find(".qa-choice button") if found.text == "Page").click()
    open_quote(page, "What is the price of a quince?", "prices.csv")
    page.until(lambda: "Quince" in (page.text(".qa-viewer mark") or ""))
    assert not page.find(".qa-choice")[0].is_displayed(), "a table has no picture"
    assert page.complaints() == []


def test_a_changed_file_keeps_its_text_and_says_why_there_is_no_picture(page, sources):
    (sources / "rivers.pdf").write_bytes(river_pdf() + b"\n")
    open_quote(page, "Where does the Danube end?")
    page.until(lambda: "has changed" in (page.text(".qa-pages .qa-problem") or "") or page.find(".qa-box"))
    assert page.text(".qa-viewer mark")
    page.complaints()
