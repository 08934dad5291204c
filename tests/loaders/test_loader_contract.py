"""What every loader keeps to, on examples and on random input."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_pdf import pdf

from assistant.datamodel import Content
from assistant.errors import UnreadableFile
from assistant.loaders import LOADERS, load_document

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
}
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


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.media_type)
def test_contract(loader):
    name, data = SAMPLES[loader.media_type]
    content = loader.load(data, name)
    keeps_the_contract(content)
    assert content.media_type == loader.media_type
    assert content == loader.load(data, name)


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
@given(pieces=PIECES)
def test_contract_on_random_text(name, pieces):
    data = "".join(pieces).encode("utf-8", "surrogatepass")
    try:
        document = load_document(name, data)
    except UnreadableFile as error:
        assert "\n" not in str(error) and str(error).endswith(".")
    else:
        keeps_the_contract(document.content)
        assert document == load_document(name, data)


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.pdf", "a.bin"])
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
