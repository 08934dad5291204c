"""Which loader reads a file: by content and name, and never binary as text."""

import hashlib

import pytest
from test_zipped import archive

from assistant.errors import UnreadableFile
from assistant.loaders import LOADERS, choose_loader, load_document


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.txt", b"Words.", "text/plain"),
        ("A.TXT ", b"Words.", "text/plain"),
        ("log.unknown", b"Words.", "text/plain"),
        ("README", b"Words.", "text/plain"),
        ("a.MD", b"# Words", "text/markdown"),
        ("a.htm", b"<p>Words", "text/html"),
        ("a.txt", b"<p>Words", "text/plain"),
        ("a.txt", b"\xef\xbb\xbf <!-- x --><!DOCTYPE html><p>Words", "text/html"),
        ("a.txt", "<html><p>Words".encode("utf-16"), "text/html"),
        ("a.txt", b"junk\n%PDF-1.4\n1 0 obj\nendobj", "application/pdf"),
        ("a.CSV", b"a,b", "text/csv"),
        ("a.tsv", b"a\tb", "text/csv"),
        ("a.jsonl", b"{}", "application/json"),
        ("a.eml", b"From: a@b.c", "message/rfc822"),
        ("a.csv", b"<html><table>", "text/html"),
        ("a.xls", b"a,b", "text/plain"),
        ("a.txt", b"Every such file begins with %PDF-1.4, says the standard.", "text/plain"),
    ],
)
def test_content_decides_before_the_name(name, data, media_type):
    assert choose_loader(name, data).media_type == media_type


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04" + bytes(60), "a ZIP archive"),
        (b"\x7fELF" + bytes(60), "a program"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "an image"),
        (b"\xff\xd8\xff\xe0 JFIF", "an image"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60), "an old or protected office document"),
        (b"SQLite format 3\x00" + bytes(60), "a database"),
        (b"{\\rtf1 words}", "an RTF document"),
        (bytes(range(256)) * 9, "binary data"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.pdf", "a"])
def test_binary_is_never_text(name, data, kind):
    with pytest.raises(UnreadableFile, match=f"^The file is {kind}.* and cannot be read; .*\\.$"):
        load_document(name, data)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.json", "a.eml", "a.docx", "a.epub"])
def test_binary_is_not_read_by_its_name(name):
    with pytest.raises(UnreadableFile, match="^The file is an image and cannot be read"):
        load_document(name, b"\x89PNG\r\n\x1a\n" + bytes(60))


def test_other_archives_are_refused_with_advice():
    with pytest.raises(UnreadableFile, match="^The file is a ZIP archive and cannot be read; unpack it"):
        load_document("a.zip", archive({"a.txt": "words"}))
    with pytest.raises(
        UnreadableFile, match=r"^The file is an OpenDocument text and cannot be read; save it as \.docx"
    ):
        load_document("a.odt", archive({"mimetype": "application/vnd.oasis.opendocument.text"}))


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.pdf"])
def test_an_empty_file_is_refused(name):
    with pytest.raises(UnreadableFile, match="empty"):
        load_document(name, b"")


def test_text_named_pdf_is_refused():
    with pytest.raises(UnreadableFile, match="^The PDF is damaged"):
        load_document("a.pdf", b"Only words.")


@pytest.mark.parametrize("opening", ["BZh is a word.", "ID3 tags are words.", "RIFF and RAFF.", "MZ was his mark."])
def test_words_that_look_like_signatures_are_text(opening):
    assert load_document("a.txt", opening.encode()).text == opening


def test_the_document_knows_its_bytes():
    document = load_document("x/a.txt", b"Words.")
    assert (document.source, document.sha256) == ("x/a.txt", hashlib.sha256(b"Words.").hexdigest())


def test_no_two_loaders_want_a_suffix():
    suffixes = [suffix for loader in LOADERS for suffix in loader.suffixes]
    assert len(suffixes) == len(set(suffixes)) and all(suffix.startswith(".") for suffix in suffixes)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("a/my_file.txt", "my file"),
        ("two-words.txt", "two words"),
        ("tab\tand\x1b[31mred.txt", "tab and [31mred"),
        (".txt", "untitled"),
    ],
)
def test_a_name_becomes_a_readable_title(name, title):
    assert load_document(name, b"some words, no title").title == title
