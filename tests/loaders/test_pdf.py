"""PDF: pages, labels, outline, and what is said when something is lost."""

import io
import logging

import pytest
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject
from pypdfium2 import PdfiumError
from reportlab.lib import pdfencrypt
from reportlab.pdfgen.canvas import Canvas

from assistant.errors import UnreadableFile
from assistant.loaders import pdf as pdf_loader
from assistant.loaders.pdf import PdfLoader, _ranges
from assistant.loaders.pdf_glyphs import marks


def pdf(*pages, title="", outline=(), **options):
    """Write a PDF: each page a list of lines, ``outline`` triples of page number, title and level from 0."""
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1, **options)
    canvas.setTitle(title)
    for number, lines in enumerate(pages, 1):
        for row, line in enumerate(lines):
            canvas.drawString(72, 750 - 16 * row, line)
        for page, words, level in outline:
            if page == number:
                canvas.bookmarkPage(f"{page}{words}")
                canvas.addOutlineEntry(words, f"{page}{words}", level)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def load(data, name="papers/rain_in-may.pdf"):
    return PdfLoader().load(data, name)


def test_pages_are_parts_that_cover_the_text():
    content = load(pdf(["First page.", "Second line."], [], ["Third page."]))
    assert content.text == "First page.\nSecond line.\n\nThird page."
    assert [(part.number, part.label, part.span.of(content.text)) for part in content.parts] == [
        (1, "1", "First page.\nSecond line.\n\n"),
        (2, "2", ""),
        (3, "3", "Third page."),
    ]
    assert (content.pages, content.unsearchable_pages) == (3, (2,))
    assert content.warnings == ("page 2 has no text layer and cannot be searched",)
    assert content.title == "rain in-may"


def test_printed_labels_stand_beside_numbers():
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(["One."], ["Two."], ["Three."]))))
    writer.set_page_label(0, 1, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(2, 2, style=PageLabelStyle.DECIMAL, start=101)
    file = io.BytesIO()
    writer.write(file)
    assert [(part.number, part.label) for part in load(file.getvalue()).parts] == [(1, "i"), (2, "ii"), (3, "101")]


def test_outline_titles_become_headings_where_they_stand():
    data = pdf(
        ["Contents: Methods", "1 Introduction", "Words."],
        ["We use Methods.", "METHODS  of rain", "More words."],
        outline=[(1, "Introduction", 0), (2, "Methods of rain", 1), (2, "Nowhere", 1)],
    )
    content = load(data)
    assert [(heading.level, heading.span.of(content.text)) for heading in content.headings] == [
        (1, "1 Introduction"),
        (2, "METHODS of rain"),
    ]


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("The Rain of May", "The Rain of May"),
        ("Microsoft Word - rain.docx", "rain"),
        ("untitled", "rain in-may"),
        ("--", "rain in-may"),
    ],
)
def test_the_title_comes_from_the_metadata_if_sane(given, title):
    assert load(pdf(["Words."], title=given)).title == title


def encrypted(user):
    return pdf(["Secret words."], encrypt=pdfencrypt.StandardEncryption(user, ownerPassword="owner", strength=40))


def test_an_empty_password_opens():
    assert load(encrypted("")).text == "Secret words."


def test_a_password_is_asked_for_in_one_sentence():
    with pytest.raises(UnreadableFile, match=r"^The PDF is protected by a password; save a copy without one\.$"):
        load(encrypted("user"))


@pytest.mark.parametrize(
    "data", [b"%PDF-1.4\nnothing", pdf(["x"])[:300], b"%PDF-1.7\n" + b"[" * 5000], ids=["stub", "cut", "deep"]
)
def test_damage_is_one_sentence(data):
    with pytest.raises(UnreadableFile, match=r"^The PDF .*(damaged|nested|no pages)[^\n]*\.$"):
        load(data)


@pytest.mark.parametrize(
    ("pages", "words"), [(1, "Its only page has no text layer"), (3, "None of its 3 pages has a text layer")]
)
def test_a_scan_is_refused(pages, words):
    with pytest.raises(UnreadableFile, match=words):
        load(pdf(*[[]] * pages))


def test_a_page_that_both_readers_fail_on_is_named_and_the_others_stay(monkeypatch):
    def failing(document, index):
        if index in (1, 2):
            raise ValueError("broken")
        return read_page(document, index)

    def refusing(reader, index):
        raise ValueError("broken")

    read_page = pdf_loader.read_page
    monkeypatch.setattr(pdf_loader, "read_page", failing)
    monkeypatch.setattr(pdf_loader, "page_words", refusing)
    content = load(pdf(["Good."], ["Bad."], ["Bad."], ["Fine."]))
    assert content.text == "Good.\n\nFine."
    assert content.unsearchable_pages == (2, 3)
    assert content.warnings == ("pages 2–3 could not be read",)


def test_what_pypdf_logs_about_a_page_it_had_to_read_is_said(monkeypatch):
    def failing(document, index):
        if index == 1:
            raise ValueError("broken")
        return read_page(document, index)

    def logging_words(page):
        logging.getLogger("pypdf._page").warning("Exceeded %d things; the rest is skipped.", 5)
        return extract(page)

    read_page, extract = pdf_loader.read_page, PageObject.extract_text
    monkeypatch.setattr(pdf_loader, "read_page", failing)
    monkeypatch.setattr(PageObject, "extract_text", logging_words)
    content, glyphs = PdfLoader().load_with_glyphs(pdf(["Good."], ["Log."]), "a.pdf")
    assert content.text == "Good.\n\nLog."
    assert content.warnings == (
        "page 2 may be incomplete: something could not be decoded or exceeds the reader's limits",
    )
    assert marks(glyphs, 0, 5) and not marks(glyphs, 7, 11)


def test_what_pypdf_cannot_open_pdfium_reads(monkeypatch):
    def refusing(data):
        raise UnreadableFile("The PDF is damaged.")

    monkeypatch.setattr(pdf_loader, "open_structure", refusing)
    assert load(pdf(["Words."], title="Unknown then")).text == "Words."
    with pytest.raises(UnreadableFile, match="password"):
        load(encrypted("user"))


def test_what_pdfium_cannot_open_pypdf_reads(monkeypatch):
    def refusing(data):
        raise PdfiumError("Failed to load document.")

    monkeypatch.setattr(pdf_loader, "opened", refusing)
    content, glyphs = PdfLoader().load_with_glyphs(pdf(["Words."], ["More."]), "a.pdf")
    assert (content.text, content.pages) == ("Words.\n\nMore.", 2)
    assert marks(glyphs, 0, 6) == []


def test_forms_that_draw_each_other_without_end_are_left_to_pypdf():
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(["Words."], ["Other."]))))
    inner = None
    for _ in range(7):
        form = StreamObject()
        form.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form")})
        form[NameObject("/BBox")] = ArrayObject(map(NumberObject, (0, 0, 9, 9)))
        form.set_data(b"/X Do\n" * 10 if inner else b"")
        if inner:
            form[NameObject("/Resources")] = DictionaryObject(
                {NameObject("/XObject"): DictionaryObject({NameObject("/X"): inner})}
            )
        inner = writer._add_object(form)
    page = writer.pages[1]
    page["/Resources"][NameObject("/XObject")] = DictionaryObject({NameObject("/X"): inner})
    page.get_contents().set_data(page.get_contents().get_data() + b"\n/X Do\n")
    contents = StreamObject()
    contents.set_data(page.get_contents().get_data() + b"\n/X Do\n")
    page[NameObject("/Contents")] = writer._add_object(contents)
    file = io.BytesIO()
    writer.write(file)
    content = load(file.getvalue())
    assert content.text == "Words.\n\nOther."
    assert content.warnings[0].startswith("page 2 may be incomplete")


def test_page_numbers_are_written_compactly():
    assert _ranges([*range(3, 18), 40]) == "pages 3–17 and 40"
    assert _ranges([7]) == "page 7"
    assert len(_ranges(range(1, 5000, 2))) < 150


def test_warnings_stay_short():
    content = load(pdf(["Words."], *[[] if number % 2 else ["More."] for number in range(400)]))
    assert sum(map(len, content.warnings)) < 400
