"""What is saved comes back equal, whatever the names and texts, and altered texts are refused."""

import hashlib
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.content_json import content_from_json, content_json
from assistant.datamodel import Content, Document, Heading, Part, Passage, Span
from assistant.errors import IndexDamaged
from assistant.indexes.store import Store, StoreWriter, pack_passage, unpack_passage

TEXT = "Front matter\n\nOne sentence. Another one."
CONTENT = Content(
    text=TEXT,
    media_type="application/pdf",
    title="A “title”",
    parts=(Part("page", 1, "i", Span(0, 14)), Part("page", 3, "1", Span(14, 40))),
    headings=(Heading(1, Span(0, 12)),),
    asides=(Span(14, 27),),
    warnings=("page 2 could not be read",),
    pages=3,
    unsearchable_pages=(2,),
)
PASSAGES = [
    Passage(Span(0, 27), (Span(0, 12), Span(14, 27)), Span(0, 12), True),
    Passage(Span(28, 40), (Span(28, 40),)),
]


def document(source, content=CONTENT):
    return Document(source, hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest(), content)


def stored(path, *pairs):
    writer = StoreWriter(path)
    for each, passages in pairs:
        writer.add(each, passages)
    writer.close()
    return Store(path)


@pytest.fixture
def store(tmp_path):
    opened = stored(tmp_path / "passages.sqlite", (document("a.pdf"), PASSAGES), (document("b/c.pdf"), PASSAGES[1:]))
    yield opened
    opened.close()


def test_documents_come_back_equal(store):
    assert store.sources == ["a.pdf", "b/c.pdf"]
    assert store.document("a.pdf") == document("a.pdf") and store.document("b/c.pdf") == document("b/c.pdf")
    assert store.document("a.pdf") is store.document("a.pdf"), "a text is read and hashed once"


def test_passages_and_sentences_are_numbered_in_stored_order(store):
    assert store.passages == 3
    assert (store.passage_range("a.pdf"), store.passage_range("b/c.pdf")) == ((0, 2), (2, 3))
    assert (store.sentence_range("a.pdf"), store.sentence_range("b/c.pdf")) == ((0, 3), (3, 4))
    assert store.passages_of("a.pdf") == PASSAGES
    assert [store.passage(number) for number in range(3)] == [
        ("a.pdf", PASSAGES[0], 0),
        ("a.pdf", PASSAGES[1], 2),
        ("b/c.pdf", PASSAGES[1], 3),
    ]
    assert store.passage_numbers(["b/c.pdf", "a.pdf"]).tolist() == [0, 1, 2]
    assert store.passage_numbers(["b/c.pdf"]).tolist() == [2] and store.passage_numbers([]).tolist() == []


def test_a_document_is_found_by_its_bytes(store):
    assert store.source_with(document("b/c.pdf").sha256) == "b/c.pdf"
    assert store.source_with("0" * 64) is None


@pytest.mark.parametrize(
    "name", ["caf\udce9.txt", "\udcff\udcfe", "line\nbreak", "e\u0301", "é", "'; DROP TABLE documents; --", "ÿ"]
)
def test_a_name_need_not_be_text(tmp_path, name):
    opened = stored(tmp_path / "passages.sqlite", (document(name), PASSAGES))
    assert opened.sources == [name]
    assert opened.document(name) == document(name)
    assert opened.passage(1).source == name
    opened.close()


def test_a_folder_may_have_any_name(tmp_path):
    folder = tmp_path / "50% of? a#b"
    folder.mkdir()
    opened = stored(folder / "passages.sqlite", (document("a.pdf"), PASSAGES))
    assert opened.document("a.pdf").text == TEXT
    opened.close()


def test_an_altered_text_is_refused(tmp_path):
    path = tmp_path / "passages.sqlite"
    stored(path, (document("a.pdf"), PASSAGES)).close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE documents SET text = replace(text, 'One', 'Two')")
    connection.commit()
    connection.close()
    opened = Store(path)
    with pytest.raises(IndexDamaged, match="texts are not what the build wrote; run `assistant build`"):
        opened.document("a.pdf")
    opened.close()


def test_a_passage_that_is_not_there_is_damage(store):
    with pytest.raises(IndexDamaged, match="holds no passage 3; run `assistant build`"):
        store.passage(3)


def test_a_file_that_is_no_store_is_refused(tmp_path):
    (tmp_path / "passages.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(IndexDamaged, match="texts cannot be read; run `assistant build`"):
        Store(tmp_path / "passages.sqlite")


SPANS = st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)).map(sorted).map(lambda pair: Span(*pair))


@given(st.builds(Passage, SPANS, st.lists(SPANS, max_size=5).map(tuple), st.none() | SPANS, st.booleans()))
def test_packing_a_passage_changes_nothing(passage):
    assert unpack_passage(pack_passage(passage)) == passage


LINES = st.text(max_size=20)
CONTENTS = st.builds(
    Content,
    text=LINES,
    media_type=LINES,
    title=LINES,
    parts=st.lists(
        st.builds(Part, st.sampled_from(["page", "slide"]), st.integers(1, 9), LINES, SPANS), max_size=3
    ).map(tuple),
    headings=st.lists(st.builds(Heading, st.integers(1, 6), SPANS), max_size=3).map(tuple),
    asides=st.lists(SPANS, max_size=3).map(tuple),
    warnings=st.lists(LINES, max_size=3).map(tuple),
    pages=st.none() | st.integers(0, 99),
    unsearchable_pages=st.lists(st.integers(1, 99), max_size=3).map(tuple),
)


@given(CONTENTS)
def test_writing_down_a_content_changes_nothing(content):
    assert content_from_json(content_json(content), content.text) == content
