"""CSV and TSV: delimiters, quotes, headers, one line for each row."""

import time

import pytest

from assistant.errors import UnreadableFile
from assistant.loaders.delimited import UNPAIRED, DelimitedLoader
from assistant.splitting import split


def load(text, name="a.csv"):
    return DelimitedLoader().load(text if isinstance(text, bytes) else text.encode(), name)


def headings(content):
    return [heading.span.of(content.text) for heading in content.headings]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_gives_the_same_rows(delimiter):
    rows = [["Item", "Price"], ["Nails, long", "1.50"], ["Glue; white", "2"], ["", ""], ["Tape | red", "3"]]
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    content = load(text)
    assert content.text == "Item | Price\n\nNails, long | 1.50\nGlue; white | 2\n\nTape | red | 3"
    assert headings(content) == ["Item | Price"]
    assert (content.title, content.warnings, content.parts) == ("a", (), ())


def test_a_row_stays_on_one_line_and_keeps_empty_cells_between_filled_ones():
    assert load('a,"two\n lines",,d,\n1,2,3,4,5\n').text == "a | two lines | | d\n\n1 | 2 | 3 | 4 | 5"


def test_decimal_commas_and_another_encoding():
    content = load("Artikel;Preis\nNägel;1,50\nSäge;7,20\n".encode("cp1252"))
    assert content.text == "Artikel | Preis\n\nNägel | 1,50\nSäge | 7,20"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Miller, Ada\t1\nSmith, Bob\t2\n", "Miller, Ada | 1\nSmith, Bob | 2"),
        ("1,5;2,5\n3,5;4,5\n", "1,5 | 2,5\n3,5 | 4,5"),
        ('a,"one; two"\nb,three\n', "a | one; two\nb | three"),
        ("x,y\n1,2,3\n4,5\n", "x | y\n\n1 | 2 | 3\n4 | 5"),
    ],
)
def test_commas_within_cells_delimit_nothing(text, rows):
    assert load(text).text == rows


def test_excels_own_declaration_is_no_row():
    assert load("sep=;\na,b;1\nc,d;2\n").text == "a,b | 1\nc,d | 2"


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("Name,Age\nAda,36\nBob,41\n", ["Name | Age"]),
        ("Report of 1990\n\nName,Age\nAda,36\n", ["Name | Age"]),
        ("name,city\nAda,London\nBob,Rome\n", ["name | city"]),
        ("Name,Remark\nAda,wrote the first program of all\nBob,was her friend for years\n", ["Name | Remark"]),
        ("Alice,Paris\nBob,Rome\n", []),
        ("1,2\n3,4\n", []),
        ("A whole sentence.,Another one.\n1,2\n", []),
        ("Name,Age\n", []),
    ],
)
def test_a_header_is_marked_only_when_the_rows_below_differ(text, header):
    assert headings(load(text)) == header


def test_every_row_is_one_sentence_under_its_header():
    content = load("Item,Note\n" + "".join(f"item {i},it holds {i} sound things\n" for i in range(50)))
    passages = split(content)
    assert [s.of(content.text) for p in passages for s in p.sentences][1:3] == [
        "item 0 | it holds 0 sound things",
        "item 1 | it holds 1 sound things",
    ]
    assert all(passage.section.of(content.text) == "Item | Note" for passage in passages)


def test_rows_are_numbered():
    content = load("Name,Age\nAda,36\n\nBob,41\n")
    assert [(rows.span.of(content.text), rows.first) for rows in content.rows] == [
        ("Name | Age", 1), ("Ada | 36", 2), ("Bob | 41", 4),
    ]  # fmt: skip


def test_a_list_without_delimiters_has_a_block_for_each_line():
    assert load("First long sentence\nsecond long sentence\n").text == "First long sentence\n\nsecond long sentence"


def test_an_unpaired_quotation_mark_swallows_nothing():
    content = load('a,b\n"open,1\nc,2\nd,3\n')
    assert content.text == 'a | b\n\n"open | 1\nc | 2\nd | 3'
    assert content.warnings == (UNPAIRED,)


def test_marks_after_a_quotation_are_kept():
    assert load('a,b\n"x"y,1\n').text == "a | b\n\nxy | 1"


def test_what_takes_minutes_elsewhere_takes_none():
    started = time.perf_counter()
    load('"' + "a," * 300_000 + "\n" + "b" * 300_000)
    load("word" + '","' * 200_000)
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize("text", ["", ",,\n;;\n", '""'])
def test_a_table_without_words_is_refused(text):
    with pytest.raises(UnreadableFile, match="holds no text"):
        load(text)
