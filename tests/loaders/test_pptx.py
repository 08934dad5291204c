"""Presentations: one part for each slide, with title, lists, tables and notes."""

import io

import pytest
from pptx import Presentation
from pptx.util import Inches
from test_xlsx import rezipped

from assistant.errors import UnreadableFile
from assistant.loaders import load_document
from assistant.loaders.pptx import PptxLoader

BOX = [Inches(1)] * 4


def saved(presentation):
    file = io.BytesIO()
    presentation.save(file)
    return file.getvalue()


def presentation(*slides):
    """Slides with a title and body paragraphs, each a text or a pair of text and level; no title: an empty slide."""
    made = Presentation()
    for title, *paragraphs in slides:
        slide = made.slides.add_slide(made.slide_layouts[1 if title else 6])
        if not title:
            continue
        slide.shapes.title.text = title
        frame = slide.placeholders[1].text_frame
        for index, paragraph in enumerate(paragraphs):
            added = frame.paragraphs[0] if not index else frame.add_paragraph()
            added.text, added.level = paragraph if isinstance(paragraph, tuple) else (paragraph, 0)
    return made


def load(made, name="a.pptx"):
    return PptxLoader().load(made if isinstance(made, bytes) else saved(made), name)


def parts(content):
    return [(part.kind, part.number, part.label, part.span.of(content.text)) for part in content.parts]


def test_slides_are_parts_named_by_their_title():
    content = load(presentation(["Rain", "It fell.", ("Twice", 1)], [None], ["Snow\vand ice", "One paragraph."]))
    assert content.text == "Rain\n\n- It fell.\n  - Twice\n\nSnow and ice\n\nOne paragraph."
    assert parts(content) == [
        ("slide", 1, "Rain", "Rain\n\n- It fell.\n  - Twice\n\n"),
        ("slide", 2, "2", ""),
        ("slide", 3, "Snow and ice", "Snow and ice\n\nOne paragraph."),
    ]
    assert [heading.span.of(content.text) for heading in content.headings] == ["Rain", "Snow and ice"]
    assert content.warnings == ("slide 2 has no text (text in pictures is not read)",)
    assert content.title == "a"


def test_tables_boxes_groups_and_notes_in_order():
    made = presentation(["Rain"])
    shapes = made.slides[0].shapes
    table = shapes.add_table(2, 2, *BOX).table
    for cell, words in zip(table.iter_cells(), ["Year", "Rain", "1990", "33\nmm"], strict=True):
        cell.text = words
    group = shapes.add_group_shape()
    group.shapes.add_textbox(*BOX).text_frame.text = "First box.\nIts second paragraph."
    shapes.add_textbox(*BOX).text_frame.text = "Line\vbreak"
    made.slides[0].notes_slide.notes_text_frame.text = "Say it slowly.\nPause."
    assert load(made).text == (
        "Rain\n\nYear | Rain\n1990 | 33 mm\n\nFirst box.\n\nIts second paragraph.\n\nLine\nbreak"
        "\n\nNotes: Say it slowly.\nPause."
    )


def test_footers_dates_and_numbers_are_left_out():
    made = presentation(["Rain", "Words."])
    layout = made.slides[0].slide_layout
    for placeholder in layout.placeholders:
        if placeholder.placeholder_format.type.name in ("DATE", "FOOTER", "SLIDE_NUMBER"):
            made.slides[0].shapes.clone_placeholder(placeholder)
    for shape in made.slides[0].placeholders:
        if shape.placeholder_format.type.name in ("DATE", "FOOTER", "SLIDE_NUMBER"):
            shape.text_frame.text = "furniture"
    assert len(made.slides[0].placeholders) == 5
    assert load(made).text == "Rain\n\nWords."


@pytest.mark.parametrize(
    ("bullet", "text"),
    [
        ("<a:buNone/>", "Rain\n\nOne.\n\nTwo."),
        ("<a:buChar char='*'/>", "Rain\n\n- One.\n- Two."),
        ("<a:buAutoNum type='arabicPeriod' startAt='3'/>", "Rain\n\n3. One.\n4. Two."),
    ],
)
def test_bullets_as_the_paragraph_says(bullet, text):
    def change(xml):
        return xml.replace(b"<a:pPr/>", b"<a:pPr>" + bullet.encode() + b"</a:pPr>")

    data = rezipped(saved(presentation(["Rain", "One.", "Two."])), **{"slides/slide1": change})
    assert load(data).text == text


def test_the_title_of_the_file():
    made = presentation(["Rain"])
    assert load(made).title == "a"
    made.core_properties.title = "The year's rain"
    assert load(made).title == "The year's rain"


def test_content_decides_over_the_name():
    assert load_document("a.txt", saved(presentation(["Rain"]))).content.media_type == PptxLoader.media_type


def test_slide_shows_are_read():
    def change(xml):
        return xml.replace(b"presentationml.presentation.main+xml", b"presentationml.slideshow.main+xml")

    data = rezipped(saved(presentation(["Rain"])), **{"[Content_Types]": change})
    assert load_document("a.ppsx", data).text == "Rain"


def test_a_broken_slide_is_named_and_the_others_are_read():
    def change(xml):
        return xml.replace(b"p:spTree>", b"p:spOther>")

    data = rezipped(saved(presentation(["One"], ["Two"])), **{"slides/slide1": change})
    content = load(data)
    assert content.text == "Two" and content.warnings == ("slide 1 could not be read",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (saved(presentation(["Rain"]))[:-100], "^The PowerPoint presentation is damaged"),
        (b"only words", "^The PowerPoint presentation is damaged or is none at all"),
        (saved(presentation([None])), "^The file holds no text"),
        (rezipped(saved(presentation(["Rain"])), presentation=lambda xml: xml[:-40]), "presentation is damaged"),
        (rezipped(saved(presentation(["Rain"])), presentation=lambda xml: b"<!DOCTYPE a>" + xml), "XML entities"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(data, reason):
    with pytest.raises(UnreadableFile, match=reason):
        load_document("a.pptx", data)
