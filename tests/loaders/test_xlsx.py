"""Workbooks: one part for each sheet, one line for each row, values as they are stored."""

import datetime
import io
import zipfile

import pytest
from openpyxl import Workbook

from assistant.errors import UnreadableFile
from assistant.loaders import load_document
from assistant.loaders.xlsx import XlsxLoader
from assistant.splitting import split


def saved(workbook):
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def workbook(sheets):
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return made


def rezipped(data, **replaced):
    """The same archive with members changed by functions, named by the end of their path, with or without .xml."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change = next(
                (change for end, change in replaced.items() if name.endswith((f"{end}.xml", end))), lambda xml: xml
            )
            new.writestr(name, change(old.read(name)))
    return file.getvalue()


def load(made, name="a.xlsx"):
    return XlsxLoader().load(made if isinstance(made, bytes) else saved(made), name)


def parts(content):
    return [(part.kind, part.number, part.label, part.span.of(content.text)) for part in content.parts]


BUDGET = workbook(
    {"Budget": [["Item", "Sum"], ["Rent", 1200], ["Two\nlines", 0.5]], "Empty": [], "Notes": [["It rains."], ["More."]]}
)


def test_sheets_are_parts_and_rows_are_lines():
    content = load(BUDGET)
    assert (
        content.text == "Budget\n\nItem | Sum\n\nRent | 1200\nTwo lines | 0.5\n\nEmpty\n\nNotes\n\nIt rains.\n\nMore."
    )
    assert [part[:3] for part in parts(content)] == [
        ("sheet", 1, "Budget"),
        ("sheet", 2, "Empty"),
        ("sheet", 3, "Notes"),
    ]
    assert parts(content)[2][3] == "Notes\n\nIt rains.\n\nMore."
    assert [(h.level, h.span.of(content.text)) for h in content.headings] == [
        (1, "Budget"),
        (2, "Item | Sum"),
        (1, "Empty"),
        (1, "Notes"),
    ]
    assert (content.title, content.warnings) == ("a", ())


def test_a_row_is_a_sentence_under_its_header():
    content = load(BUDGET)
    sentence = next(s for p in split(content) for s in p.sentences if "Rent" in s.of(content.text))
    assert sentence.of(content.text) == "Rent | 1200"


def test_values():
    day = datetime.datetime(2026, 1, 31)
    made = workbook({"S": [[day, day.replace(hour=9), datetime.time(8, 30), True, 0.1 + 0.2, 7e22, "#N/A", None, "x"]]})
    made["S"].append([0.125, "007", -3])
    made["S"]["A2"].number_format = "0.0%"
    assert load(made).text == (
        "S\n\n2026-01-31 | 2026-01-31 09:00:00 | 08:30:00 | TRUE | 0.3 | 7e+22 | #N/A | | x\n12.5% | 007 | -3"
    )


def test_a_citation_names_the_row():
    made = workbook(
        {"Budget": [["Item", "Sum"], ["Rent", 1200], [], [], ["Heat", 0.5], ["Total"]], "More": [["words"]]}
    )
    document = load_document("a.xlsx", saved(made))
    assert [document.row_at(document.text.index(of)) for of in ("Budget", "Item", "1200", "Heat", "0.5", "Total")] == [
        None, 1, 2, 5, 5, 6,
    ]  # fmt: skip
    assert [document.row_at(document.text.index(of)) for of in ("More", "words")] == [None, 1]


def test_hidden_sheets_are_named_and_keep_their_number():
    made = workbook({"One": [["a", "b"]], "Secret": [["hidden words"]], "Three": [["c", "d"]]})
    made["Secret"].sheet_state = "veryHidden"
    content = load(made)
    assert "hidden words" not in content.text
    assert [part[:3] for part in parts(content)] == [("sheet", 1, "One"), ("sheet", 3, "Three")]
    assert content.warnings == ("hidden sheets were left out: Secret",)


def test_formulas_without_a_result_are_counted():
    content = load(workbook({"S": [["Sum", "=A2+A3"], ["x", '=IF(1,"a","b")']]}))
    assert content.text == "S\n\nSum\n\nx"
    assert content.warnings == (
        "2 formulas have no stored result and cannot be read; open and save the file in a spreadsheet program",
    )


def test_of_a_formula_its_result_is_kept():
    made = saved(workbook({"S": [["Sum", "=1+1"]]}))
    made = rezipped(made, sheet1=lambda xml: xml.replace(b"<v></v>", b"<v>2</v>"))
    content = load(made)
    assert (content.text, content.warnings) == ("S\n\nSum | 2", ())


def test_a_cell_at_the_far_corner_costs_nothing():
    made = workbook({"S": [["first"]]})
    made["S"].cell(200_000, 16_384, "corner")
    assert load(made).text == "S\n\nfirst\n\ncorner"


def test_the_title_of_the_file():
    made = workbook({"S": [["words"]]})
    made.properties.title = "Plans \n 2026"
    assert load(made).title == "Plans 2026"


def test_content_decides_over_the_name():
    assert load_document("a.txt", saved(BUDGET)).content.media_type == XlsxLoader.media_type


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (saved(BUDGET)[:-100], "^The Excel workbook is damaged"),
        (b"PK\x03\x04 and nothing more", "^The Excel workbook is damaged"),
        (b"only words", "^The Excel workbook is damaged or is none at all"),
        (saved(workbook({"Only": []})), "^The Excel workbook has no text in its visible sheets"),
        (rezipped(saved(BUDGET), sheet1=lambda xml: xml[:-40]), "^The Excel workbook is damaged"),
        (rezipped(saved(BUDGET), sheet1=lambda xml: b"<!DOCTYPE a>" + xml), "declares XML entities"),
        (rezipped(saved(BUDGET), sheet1=lambda xml: bytes(20_000_000)), "200 times its size"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(data, reason):
    with pytest.raises(UnreadableFile, match=reason) as refused:
        load_document("a.xlsx", data)
    assert "\n" not in str(refused.value)


def test_binary_workbooks_are_refused_with_advice():
    kind = b"application/vnd.ms-excel.sheet.binary.macroEnabled.main"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("[Content_Types].xml", b"<Override ContentType='" + kind + b"'/>")
    with pytest.raises(
        UnreadableFile, match=r"a binary Excel workbook \(\.xlsb\) and cannot be read; save it as \.xlsx\."
    ):
        load_document("a.xlsb", file.getvalue())
