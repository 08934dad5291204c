"""The order of lines, what is left out, and how lines become paragraphs, on pages drawn here."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from assistant.loaders import pdf_paragraphs
from assistant.loaders.pdf import PdfLoader
from assistant.loaders.pdf_glyphs import unpack
from assistant.loaders.pdf_lines import Blank, Line, Piece
from assistant.loaders.pdf_tables import joined_rows

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")

LEFT = [
    "The first column tells of rain that fell",
    "in the early days of May and of what the",
    "farmers of the valley did about it, since",
    "their fields lay under water for a week",
    "and nobody could remember such a spring.",
    "They opened the sluices on the tenth day",
]
RIGHT = [
    "and let the river have the lower meadows",
    "until the level sank below the old mark.",
    "The second column goes on about the years",
    "that followed, in which the dams were made",
    "higher and the mills were moved uphill by",
    "the people who had learned from the flood.",
]


def drawn(*pages):
    """Write a PDF from functions that draw on a canvas."""
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    for draw in pages:
        canvas.setFont("Helvetica", 11)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def lines(canvas, words, x=72, y=700, step=13):
    for row, line in enumerate(words):
        canvas.drawString(x, y - step * row, line)


def text_of(*pages):
    return PdfLoader().load(drawn(*pages), "a.pdf").text


def two_columns(canvas):
    canvas.drawString(200, 740, "A title across both of the columns")
    for row, (one, two) in enumerate(zip(LEFT, RIGHT, strict=True)):  # the file holds the page row by row
        canvas.drawString(60, 700 - 13 * row, one)
        canvas.drawString(310, 700 - 13 * row, two)


def test_columns_are_read_one_after_the_other_though_the_file_goes_row_by_row():
    parts = text_of(two_columns).split("\n\n")
    assert (parts[0], " ".join(parts[1:])) == ("A title across both of the columns", " ".join(LEFT + RIGHT))


def test_a_page_number_in_the_gutter_hides_no_columns():
    def page(canvas):
        two_columns(canvas)
        canvas.drawString(298, 40, "1")

    assert "such a spring. They opened the sluices on the tenth day and let the river" in text_of(page)


def test_rows_of_a_table_stay_lines_with_tabs_between_cells():
    rows = [("Year", "Rain", "Days"), ("1998", "312", "41"), ("1999", "287", "38"), ("2000", "402", "57")]

    def page(canvas):
        for row, cells in enumerate(rows):
            for x, cell in zip((72, 200, 330), cells, strict=True):
                canvas.drawString(x, 700 - 15 * row, cell)

    assert text_of(page) == "\n".join("\t".join(row) for row in rows)


def test_a_table_written_by_columns_is_read_by_rows():
    columns = {72: ["Year", "1998", "1999", "2000"], 200: ["Rain", "312", "287", "402"]}

    def page(canvas):
        for x, cells in columns.items():
            lines(canvas, cells, x)

    assert text_of(page) == "Year\tRain\n1998\t312\n1999\t287\n2000\t402"


EXERCISES = [
    [["Name"], ["Place"], ["Photographer"]],
    [["Eager Lion"], ["Al Quwayrah, Jordan"], ["Corporal Santino", "D. Martinez"]],
    [["Talisman Sabre", "15"], ["Shoalwater Bay", "Training Area,", "Australia"], ["Sergeant Rosario"]],
]


def grid(rows, across=(72, 165, 280), centred=False):
    """Draw a table cell by cell, each with its lines below each other."""

    def page(canvas):
        draw = canvas.drawCentredString if centred else canvas.drawString
        y = 700
        for row in rows:
            for x, cell in zip(across, row, strict=True):
                for line in range(len(cell)):
                    draw(x, y - 13 * line, cell[line])
            y -= 13 * max(map(len, row)) + 5

    return page


def tabbed(rows):
    return "\n".join("\t".join(" ".join(cell) for cell in row) for row in rows)


@pytest.mark.parametrize("centred", [False, True])
def test_a_row_whose_cells_have_several_lines_is_one_line(centred):
    assert text_of(grid(EXERCISES, centred=centred)) == tabbed(EXERCISES)


def test_cells_that_nearly_touch_are_parted_where_the_column_begins():
    # "Al Quwayrah, Jordan" ends 6 points before the third column, which is more than a blank and less than a gutter.
    assert text_of(grid(EXERCISES, (72, 165, 274))) == tabbed(EXERCISES)


def test_a_word_divided_within_a_cell_is_made_whole():
    rows = [*EXERCISES, [["Federal Eagle"], ["Sicily Drop Zone"], ["Sergeant Jime-", "nez, who photo-", "graphed it"]]]
    assert text_of(grid(rows)).endswith("Federal Eagle\tSicily Drop Zone\tSergeant Jimenez, who photographed it")


ASKED = [["Did you eat anything before you went to"], ["yes"], ["no"]]
RITUALS = [ASKED, [["Did you drink any alcohol, and if so how", "much was it?"], ["yes"], ["no"]], ASKED]


def test_a_heading_right_above_a_table_s_first_cell_is_no_part_of_it():
    def page(canvas):
        canvas.drawString(72, 713, "RITUALS")
        grid(RITUALS, (72, 300, 400))(canvas)

    assert text_of(page) == "RITUALS\n\n" + tabbed(RITUALS)


def test_group_headings_and_sums_are_no_part_of_the_cells_beside_which_they_stand():
    def page(canvas):
        rows = [("Country", "1990", "2000"), ("Europe",), ("Norway", "5", "6"), ("Sweden", "7", "8"), ("", "", "14")]
        for row, cells in enumerate(rows):
            for x, cell in zip((72, 165, 280), cells, strict=False):
                canvas.drawString(x, 700 - 13 * row, cell)

    assert text_of(page).split() == "Country 1990 2000 Europe Norway 5 6 Sweden 7 8 14".split()
    assert "Norway\t5\t6\nSweden\t7\t8" in text_of(page)


def test_a_table_written_by_columns_below_its_head_is_read_by_rows():
    columns = {72: ["1998", "1999", "2000"], 200: ["312", "287", "402"]}

    def page(canvas):
        lines(canvas, ["Year"], 72)
        lines(canvas, ["Rain"], 200)
        for x, cells in columns.items():
            lines(canvas, cells, x, 687)

    assert text_of(page) == "Year\tRain\n1998\t312\n1999\t287\n2000\t402"


CLAUSES = [
    [["3.2.1"], ["The tenant keeps the roof, the walls and", "the floor in good order."]],
    [["3.2.2"], ["The tenant pays for the water that he or", "she takes, and for the heat."]],
    [["3.2.3"], ["The tenant lets nobody else live there but", "with the owner's word."]],
]


def test_numbered_paragraphs_are_no_table():
    text = text_of(grid(CLAUSES, (72, 120)))
    assert "\t" not in text and len(text.split("\n\n")) == 3
    assert "The tenant pays for the water that he or she takes, and for the heat." in text


@pytest.mark.parametrize(("length", "is_table"), [(1, True), (12, False)])
def test_long_columns_beside_each_other_are_no_cells(length, is_table):
    words = ["Rain fell on the", "old town and all", "who lived there"] * length
    text = text_of(grid([[words, words, words]] * 2, (60, 150, 240)))
    assert ("Rain fell on the old town and all who lived there" in text) == is_table


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12), st.integers(1, 30)), min_size=1, max_size=30))
def test_whatever_stands_where_no_piece_is_lost_or_doubled(places):
    runs, at = [], 0
    for column, row, letters in places:
        left, low = 72 + 90 * column, 700 - 6.5 * row
        blanks = {2: Blank(6.0, left + 18.0)} if letters > 2 else {}
        members = list(range(at, at + letters))
        runs.append(Line([Piece(members, blanks, left, low, left + 5 * letters, low + 10, low, 10)]).measure())
        at += letters
    found = [member for line in joined_rows(runs) for piece in line.pieces for member in piece.members]
    assert sorted(found) == list(range(at))


def test_text_drawn_from_the_bottom_up_is_read_downwards():
    def page(canvas):
        for row in reversed(range(len(LEFT))):
            canvas.drawString(72, 700 - 13 * row, LEFT[row])

    assert text_of(page) == " ".join(LEFT)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_page_is_read_as_it_is_shown(rotation):
    def page(canvas):
        canvas.rotate(rotation)
        canvas.translate(*{90: (0, -595), 180: (-595, -842), 270: (-842, 0)}[rotation])
        lines(canvas, LEFT, y=400)

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(drawn(page))))
    writer.pages[0].rotate(rotation)
    file = io.BytesIO()
    writer.write(file)
    assert PdfLoader().load(file.getvalue(), "a.pdf").text == " ".join(LEFT)


# ---- running heads ----


def book(count, head=True):
    def page(number):
        def draw(canvas):
            if head:
                canvas.drawString(72, 800, "The History of Rain" if number % 2 else f"Chapter {1 + number // 4}")
            lines(canvas, [f"Paragraph {number * 7} begins the page.", *LEFT])
            canvas.drawString(290, 30, f"– {number + 4} –")

        return draw

    return [page(number) for number in range(1, count + 1)]


def test_running_heads_and_page_numbers_are_left_out_and_that_is_said():
    content = PdfLoader().load(drawn(*book(8)), "a.pdf")
    assert not any(words in content.text for words in ("History of Rain", "–", "Chapter"))
    assert [f"Paragraph {number * 7} begins" in content.text for number in range(1, 9)] == [True] * 8
    assert content.warnings == ("left out running heads and page numbers on 8 pages",)


def test_two_pages_prove_no_running_head():
    assert "The History of Rain" in text_of(*book(2))


def test_lines_that_only_differ_in_a_number_of_their_own_stay():
    def page(amount):
        def draw(canvas):
            lines(canvas, [f"The mill held {amount} sacks of grain", *LEFT], y=800)

        return draw

    text = text_of(*map(page, (311, 97, 1204, 8)))
    assert all(f"The mill held {amount} sacks" in text for amount in (311, 97, 1204, 8))


def test_a_page_is_never_emptied():
    def page(canvas):
        canvas.drawString(72, 800, "Confidential")

    assert text_of(page, page, page) == "Confidential\n\nConfidential\n\nConfidential"


def test_a_page_number_alone_is_left_out_of_one_page():
    def page(canvas):
        lines(canvas, LEFT)
        canvas.drawString(290, 30, "1")

    assert text_of(page) == " ".join(LEFT)


# ---- paragraphs ----


def paragraphs(*words, **options):
    return text_of(lambda canvas: lines(canvas, words, **options))


def test_divided_words_are_joined():
    assert paragraphs(
        "The committee met in the early sum-",
        "mer of that year and heard the re-",
        "ports of the surveyors on the flood.",
    ) == ("The committee met in the early summer of that year and heard the reports of the surveyors on the flood.")


def test_a_hyphen_stays_that_the_document_writes_elsewhere():
    text = paragraphs(
        "Every long-term plan was put aside in the year.",
        "The council had voted for a long-",
        "term plan with state-of-the-",
        "art pumps, and for the Austro-",
        "Hungarian engineers.",
    )
    assert "a long-term plan with state-of-the-art pumps, and for the Austro-Hungarian engineers." in text.replace(
        "\n", ""
    )


def test_paragraphs_are_parted_by_space_indent_or_a_short_last_line():
    said = [
        "The first paragraph tells of rain that fell in the early days of May and of what the farmers of the valley did.",
        "Another follows a short last line, at the usual distance, and goes on for two or three lines, as they mostly do here.",
        "A wider gap comes before this one, which is as long as the others and has nothing else to say about the rain that fell.",
        "An indented line begins the last one, whose other lines stand at the margin again, and with that the page is full.",
    ]

    def page(canvas):
        y = 760
        for words in said:
            y -= 8 if words.startswith("A wider") else 0
            indent = 18 if words.startswith("An indented") else 0
            first = simpleSplit(words, "Helvetica", 11, 250 - indent)[0]
            for at, line in enumerate([first, *simpleSplit(words[len(first) :].strip(), "Helvetica", 11, 250)]):
                canvas.drawString(72 + (0 if at else indent), y, line)
                y -= 13

    assert text_of(page).split("\n\n") == said


def test_list_items_and_headings_stand_on_lines_of_their_own():
    def page(canvas):
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(72, 713, "2 What was done")
        canvas.setFont("Helvetica", 11)
        lines(
            canvas,
            [LEFT[0], "(a) the sluices were opened wide, and the", "water ran off;", "(b) the dams were made higher."],
        )

    assert text_of(page) == (
        f"2 What was done\n\n{LEFT[0]}\n(a) the sluices were opened wide, and the water ran off;\n(b) the dams were made higher."
    )


def test_ligatures_become_letters():
    text = "".join(
        letters for code in map(ord, "o\ufb03ce \ufb01nds a \ufb02ood") for letters in pdf_paragraphs._letters(code)
    )
    assert text == "office finds a flood"


@pytest.mark.skipif(not DEJAVU.exists(), reason="needs the font DejaVu Sans")
def test_printed_ligatures_become_letters_with_a_box_each():
    registerFont(TTFont("DejaVu", str(DEJAVU)))

    def page(canvas):
        canvas.setFont("DejaVu", 20)
        canvas.drawString(72, 700, "The o\ufb03ce \ufb01nds a \ufb02ood.")

    content, glyphs = PdfLoader().load_with_glyphs(drawn(page), "a.pdf")
    assert content.text == "The office finds a flood."
    (boxes,) = (found.boxes for found in unpack(glyphs))
    widths = boxes[5:8, 2] - boxes[5:8, 0]  # f, f, i
    assert np.ptp(widths) < 0.15 and np.allclose(boxes[5:7, 2], boxes[6:8, 0], atol=0.11)


def test_an_accent_printed_over_a_letter_joins_it():
    def page(canvas):
        x = 72 + canvas.stringWidth("K", "Helvetica", 11)
        canvas.drawString(72, 700, "K")
        canvas.drawString(x + 1.2, 700, "\u00a8")  # as TeX's old fonts do: the dots first, then the letter below
        canvas.drawString(x, 700, "o")
        canvas.drawString(x + canvas.stringWidth("o", "Helvetica", 11), 700, "nig")

    assert text_of(page) == "König"


def test_a_footnote_number_is_parted_from_its_word_and_an_exponent_is_not():
    def page(canvas):
        for words, raised, y in (("as he says", "12", 700), ("the plane R", "2", 640)):
            canvas.drawString(72, y, words)
            canvas.setFont("Helvetica", 7)
            canvas.drawString(72 + canvas.stringWidth(words, "Helvetica", 11), y + 4, raised)
            canvas.setFont("Helvetica", 11)

    assert text_of(page) == "as he says 12\n\nthe plane R2"
