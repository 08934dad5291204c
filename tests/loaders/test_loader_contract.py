"""What every loader keeps to, on examples and on random input."""

import io
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_docx import document, numbered, p, run
from test_email_message import message
from test_epub import book, page
from test_pdf import pdf
from test_pptx import presentation
from test_pptx import saved as saved_pptx
from test_xlsx import saved as saved_xlsx
from test_xlsx import workbook
from test_zipped import archive

from assistant.datamodel import Content
from assistant.errors import UnreadableFile
from assistant.loaders import LOADERS, load_document
from assistant.splitting import split

OPEN_XML = "application/vnd.openxmlformats-officedocument."
DOCX = OPEN_XML + "wordprocessingml.document"
PPTX = OPEN_XML + "presentationml.presentation"
XLSX = OPEN_XML + "spreadsheetml.sheet"
SAMPLES = {
    "text/plain": (
        "a.txt",
        "Title Here\n\nSome words é.\r\nMore\x00 words.\n\nView all news\n\nPART TWO\n\nWords.".encode(),
    ),
    "text/markdown": (
        "a.md",
        b"---\ntitle: T\n---\n# Head\n\nSome *words*.\n\n- a\n- b\n\n| a | b |\n|--|--|\n| 1 | 2 |\n",
    ),
    "text/html": (
        "a.html",
        b"<html><title>T</title><nav>x</nav><h1>Head</h1><p>Words &#7; &#xD800;<ul><li>a<li>b</ul>",
    ),
    "application/pdf": ("a.pdf", pdf(["Head", "Words."], [], ["More."], outline=[(1, "Head", 0)])),
    "text/csv": ("a.csv", b'Item;Sum\r\nN\x00ails;1,50\n\n"two\nlines";3\nTotal\n'),
    "application/json": (
        "a.json",
        b'[{"a": 1, "b": "x\\u0000y \\ud800"}, {"c": "one\\r\\n\\ntwo", "d": [true, null]}]',
    ),
    "message/rfc822": ("a.eml", bytes(message("Pl\tan"))),
    "application/epub+zip": (
        "a.epub",
        book(
            {"a.xhtml": page("<h1>A</h1><p>Words&#x85;.</p>"), "b.xhtml": page("<ul><li>a</li></ul><h2 id='x'>X</h2>")},
            toc=[("One\u2028", "a.xhtml"), ("Two", "b.xhtml#x")],
        ),
    ),
    DOCX: (
        "a.docx",
        document(
            p(run("Words.")) + numbered("Item", 0) + "<w:tbl><w:tr><w:tc/><w:tc>" + p("cell") + "</w:tc></w:tr></w:tbl>"
        ),
    ),
    PPTX: ("a.pptx", saved_pptx(presentation(["Rain", "One.", ("Two", 1)], [None], ["Snow\v", "Words."]))),
    XLSX: (
        "a.xlsx",
        saved_xlsx(workbook({"Budget": [["Item", "Sum"], ["a\tb", 1]], "Empty": [], "More": [["words"]]})),
    ),
}
FILLERS = [
    b"",
    b"<",
    b"\x00",
    b"x",
    b"</w:p>",
    b"&a;",
    b"-1",
    b"99999999999999999999",
    b"\xff\xfe",
    b"NaN",
    b"<a/>",
    b"'",
]
OFFICE = [DOCX, PPTX, XLSX, "application/epub+zip"]
MARKUP = st.text(st.sampled_from("ab <>/=-#*_`|[](){}!&;:\"'\n\t.1é\x0c\x00\ud800📚"), max_size=80)
PIECES = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<table>", "<tr>", "<td>", "</table>", "<li>", "<ul>", "</ul>", "<h2>", "</h2>", "<br>"]
    )
    | st.sampled_from(
        ["# ", "- ", "1. ", "\n\n", "    ", "> ", "```\n", "| a | b |\n", "|--|--|\n", "<pre>", "<a href=x>"]
    )
    | MARKUP,
    max_size=25,
)


def keeps_the_contract(content: Content) -> None:
    text = content.text
    assert any(c.isalnum() for c in text)
    assert all(c in "\t\n" or unicodedata.category(c) not in ("Cc", "Cs") for c in text + content.title)
    assert content.title.strip() == content.title != ""
    for group in (content.parts, content.headings):
        spans = [item.span for item in group]
        assert spans == sorted(spans, key=lambda span: span.start) and all(span.end <= len(text) for span in spans)
    for heading in content.headings:
        words = heading.span.of(text)
        assert (
            words == words.strip() != "" and "\n" not in words.rstrip("\n") or content.media_type == "application/pdf"
        )
    for first, second in zip(content.asides, content.asides[1:], strict=False):
        assert first.end < second.start
    assert all(aside.end <= len(text) for aside in content.asides)
    if content.parts:
        assert "".join(part.span.of(text) for part in content.parts) == text
    assert sum(map(len, content.warnings)) < 400 and not any("\n" in warning for warning in content.warnings)


def keeps_the_splitting_laws(content: Content) -> None:
    """Passages and the blanks between them rebuild the text, and so do the sentences of a passage."""
    position, rebuilt = 0, []
    for passage in split(content):
        rebuilt += [content.text[position : passage.span.start], passage.span.of(content.text)]
        assert rebuilt[-2].strip() == ""
        position = passage.span.end
        words = [sentence.of(content.text) for sentence in passage.sentences]
        assert all(word == word.strip() != "" for word in words)
        assert "".join("".join(words).split()) == "".join(rebuilt[-1].split())
    assert "".join([*rebuilt, content.text[position:]]) == content.text


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.media_type)
def test_contract(loader):
    name, data = SAMPLES[loader.media_type]
    content = loader.load(data, name)
    keeps_the_contract(content)
    assert content.media_type == loader.media_type
    assert content == loader.load(data, name)


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.media_type)
def test_passages_and_sentences_are_slices(loader):
    keeps_the_splitting_laws(loader.load(*reversed(SAMPLES[loader.media_type])))


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.csv", "a.tsv", "a.json", "a.jsonl", "a.eml"])
@given(pieces=PIECES)
def test_contract_on_random_text(name, pieces):
    data = "".join(pieces).encode("utf-8", "surrogatepass")
    try:
        document = load_document(name, data)
    except UnreadableFile as error:
        assert "\n" not in str(error) and str(error).endswith(".")
    else:
        keeps_the_contract(document.content)
        keeps_the_splitting_laws(document.content)
        assert document == load_document(name, data)


@pytest.mark.parametrize(
    "name", ["a.txt", "a.md", "a.html", "a.pdf", "a.docx", "a.xlsx", "a.epub", "a.csv", "a.json", "a.eml", "a.bin"]
)
@given(data=st.binary(max_size=300))
def test_random_bytes_never_raise_anything_else(name, data):
    try:
        keeps_the_contract(load_document(name, data).content)
    except UnreadableFile as error:
        assert "\n" not in str(error)


@given(start=st.integers(0, 2000), length=st.integers(1, 40), filler=st.binary(min_size=1, max_size=40))
def test_damaged_pdfs_never_raise_anything_else(start, length, filler):
    _, data = SAMPLES["application/pdf"]
    try:
        keeps_the_contract(load_document("a.pdf", data[:start] + filler + data[start + length :]).content)
    except UnreadableFile as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("media_type", OFFICE)
@given(start=st.floats(0, 1), length=st.integers(1, 40), filler=st.binary(min_size=0, max_size=40))
def test_damaged_archives_never_raise_anything_else(media_type, start, length, filler):
    name, data = SAMPLES[media_type]
    at = int(start * len(data))
    try:
        keeps_the_contract(load_document(name, data[:at] + filler + data[at + length :]).content)
    except UnreadableFile as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("media_type", OFFICE)
@given(member=st.floats(0, 1), start=st.floats(0, 1), length=st.integers(0, 60), filler=st.sampled_from(FILLERS))
def test_damage_inside_archives_never_raises_anything_else(media_type, member, start, length, filler):
    """As above, but in sound archives: the damage reaches the XML."""
    name, data = SAMPLES[media_type]
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        names = [each for each in held.namelist() if each.endswith((".xml", ".rels", ".opf", ".xhtml"))]
        hurt = names[min(int(member * len(names)), len(names) - 1)]
        members = {each: held.read(each) for each in held.namelist()}
    at = int(start * len(members[hurt]))
    members[hurt] = members[hurt][:at] + filler + members[hurt][at + length :]
    try:
        keeps_the_contract(load_document(name, archive(members)).content)
    except UnreadableFile as error:
        assert "\n" not in str(error)
