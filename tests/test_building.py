"""A build does what changed and nothing else, can be stopped anywhere, and ends where a fresh build would end."""

import os
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from assistant.answering import Assistant
from assistant.building import Builder, embed_documents
from assistant.datamodel import Content, Document, Heading, Passage, SourceStatus, Span
from assistant.embedders.hashing import HashingEmbedder
from assistant.errors import BuildCancelled, BuildFailed, UsageError
from assistant.indexes import current_id
from assistant.indexes.workbench import Work
from assistant.settings import Settings

BEES = "The queen lays eggs. Workers live for six weeks."
TEA = "Tea was first drunk in China."
WAX = "Wax is made by young bees."


def states(status):
    return {row.source: row.state for row in status}


def reasons(status):
    return {row.source: row.reason for row in status if row.state == "rejected"}


def test_everything_new_is_embedded_passages_then_sentences(make_sources, build, embedder):
    make_sources({"bees.txt": BEES, "deep/er/tea.txt": TEA})
    status = build()
    assert states(status) == {"bees.txt": "indexed", "deep/er/tea.txt": "indexed"}
    assert status.passages == 2 and [row.passages for row in status] == [1, 1]
    assert [row.characters for row in status] == [len(BEES), len(TEA)]
    assert sorted(embedder.embedded()) == sorted(
        [BEES, "The queen lays eggs.", "Workers live for six weeks.", TEA, TEA]
    )


def test_nothing_changed_keeps_the_generation_and_embeds_nothing(make_sources, build, embedder):
    make_sources({"bees.txt": BEES, "empty.txt": ""})
    first = build()
    embedder.embedded()
    assert build() == first
    assert embedder.embedded() == []


def test_a_touched_file_is_not_a_changed_one(settings, make_sources, build, embedder):
    make_sources({"bees.txt": BEES})
    first = build()
    os.utime(settings.sources / "bees.txt", (1, 1))
    assert build() == first


def test_only_the_changed_file_is_embedded(make_sources, build, embedder, open_index):
    make_sources({"bees.txt": BEES, "tea.txt": TEA})
    build()
    embedder.embedded()
    make_sources({"tea.txt": WAX})
    build()
    assert embedder.embedded() == [WAX, WAX]
    assert open_index().document("tea.txt").text == WAX


def test_a_moved_file_is_not_embedded_again(make_sources, build, embedder):
    make_sources({"bees.txt": BEES, "tea.txt": TEA})
    first = build()
    embedder.embedded()
    make_sources({"bees.txt": None, "moved/hive.txt": BEES})
    second = build()
    assert states(second) == {"moved/hive.txt": "indexed", "tea.txt": "indexed"}
    assert second.index != first.index and embedder.embedded() == []


def test_a_deleted_file_is_gone(make_sources, build, embedder, open_index):
    make_sources({"bees.txt": BEES, "tea.txt": TEA})
    build()
    embedder.embedded()
    make_sources({"bees.txt": None})
    assert states(build()) == {"tea.txt": "indexed"}
    assert embedder.embedded() == []
    with pytest.raises(UsageError, match="No indexed source is named 'bees.txt'; `assistant status` lists them"):
        open_index().document("bees.txt")


def test_equal_files_are_embedded_once_and_both_reported(make_sources, build, embedder, open_index):
    make_sources({"a.txt": TEA, "copies/b.txt": TEA, "copies/c.txt": TEA})
    status = build()
    assert states(status) == {"a.txt": "indexed", "copies/b.txt": "indexed", "copies/c.txt": "indexed"}
    assert embedder.embedded() == [TEA, TEA], "one passage and its one sentence"
    found = open_index().retrieve("Where was tea first drunk?")
    assert [hit.document.source for hit in found] == ["a.txt", "copies/b.txt", "copies/c.txt"]
    assert len({hit.score for hit in found}) == 1
    make_sources({"later.txt": TEA})
    assert build().passages == 4 and embedder.embedded() == []


def test_equal_bytes_read_differently_are_embedded_each(make_sources, build, embedder):
    text = "# Bees\n\nThe queen lays eggs."
    make_sources({"a.md": text, "b.txt": text})
    build()
    assert embedder.embedded().count("The queen lays eggs.") == 2


def test_one_name_in_two_folders_is_two_sources(make_sources, build, open_index):
    make_sources({"one/notes.txt": BEES, "two/notes.txt": TEA})
    build()
    assistant = open_index()
    assert assistant.document("one/notes.txt").text == BEES and assistant.document("two/notes.txt").text == TEA


def test_files_that_cannot_be_read_are_named_and_stop_nothing(settings, make_sources, build):
    make_sources(
        {"bees.txt": BEES, "empty.txt": "", "blank.txt": " \n\t ", "program.txt": b"\x7fELF\x02\x01\x01" + bytes(60)}
    )
    make_sources({"broken.pdf": b"%PDF-1.7 nothing follows", "zip.docx": b"PK\x03\x04" + bytes(100)})
    (settings.sources / "link.txt").symlink_to("/etc/passwd")
    os.mkfifo(settings.sources / "pipe.txt")
    status = build()
    assert states(status)["bees.txt"] == "indexed" and status.passages == 1
    why = reasons(status)
    assert set(why) == {"empty.txt", "blank.txt", "program.txt", "broken.pdf", "zip.docx", "link.txt", "pipe.txt"}
    assert why["empty.txt"] == "The file is empty (0 bytes), so it holds no text."
    assert why["link.txt"] == "A link is not followed; copy the file into the sources folder."
    for reason in why.values():
        assert "\n" not in reason and str(settings.sources) not in reason and reason.endswith(".")


def test_a_file_above_the_limit_is_named_with_it(settings, make_sources):
    make_sources({"bees.txt": BEES, "long.txt": "word " * 300_000})
    small = Settings(**{**vars(settings), "max_file_mb": 1})
    status = Builder(small, HashingEmbedder).run()
    assert reasons(status) == {"long.txt": "The file is 2 MB; files above 1 MB are not read; raise max_file_mb."}


def test_a_rejected_file_that_is_mended_is_indexed(make_sources, build):
    make_sources({"bees.txt": BEES, "later.txt": ""})
    assert states(build())["later.txt"] == "rejected"
    make_sources({"later.txt": TEA})
    assert states(build())["later.txt"] == "indexed"
    make_sources({"later.txt": ""})
    assert states(build())["later.txt"] == "rejected"


def test_when_no_file_can_be_read_the_old_index_stays(make_sources, build, open_index):
    make_sources({"bees.txt": BEES})
    first = build()
    make_sources({"bees.txt": ""})
    with pytest.raises(
        BuildFailed, match="None of the 1 files could be read; the first is 'bees.txt': The file is empty"
    ):
        build()
    assert open_index().status().index == first.index


@pytest.mark.parametrize(
    "files, message", [(None, "does not exist; make it or name another"), ({}, "holds no files; put documents into it")]
)
def test_a_missing_or_empty_folder_is_wrong_use(settings, make_sources, build, files, message):
    if files is not None:
        make_sources(files)
    with pytest.raises(UsageError, match=message):
        build()
    assert not settings.index.exists(), "nothing is made for a build that cannot be"


def test_another_model_embeds_everything_anew(make_sources, make_embedder, build, settings):
    make_sources({"bees.txt": BEES})
    first = build()
    other = make_embedder(64)
    second = Builder(settings, lambda: other).run()
    assert (first.model, second.model) == ("hashing-256", "hashing-64")
    assert len(other.texts) == 3


def test_progress_counts_files_then_passages_then_files(make_sources, build):
    make_sources({"bees.txt": BEES, "tea.txt": TEA})
    seen = []
    build(progress=lambda state: seen.append((state.stage, state.done, state.total, state.detail)))
    assert seen == [
        ("read", 0, 2, "bees.txt"),
        ("read", 1, 2, "tea.txt"),
        ("read", 2, 2, ""),
        ("embed", 0, 2, "bees.txt"),
        ("embed", 2, 2, ""),
        ("write", 0, 2, "bees.txt"),
        ("write", 1, 2, "tea.txt"),
        ("write", 2, 2, ""),
    ]


def test_how_much_is_left_is_told_from_the_files_not_yet_read(make_sources, build, monkeypatch):
    monkeypatch.setattr("assistant.building.PASSAGES_AT_ONCE", 1)
    make_sources({f"{number}.txt": f"Hive {number} is full of bees." for number in range(4)})
    seen = []
    build(progress=lambda state: seen.append((state.done, state.total)) if state.stage == "embed" else None)
    assert seen[0] == (0, 4) and {total for _, total in seen} == {4}, "not 1, 2, 3 and 4"


MANY = {f"{number}.txt": f"Hive {number}. " + "Bees fly. " * 40 for number in range(3)}


@pytest.mark.parametrize(
    "stage, done", [("read", 0), ("read", 2), ("read", 3), ("embed", 0), ("embed", "later"), ("write", 0), ("write", 1)]
)
def test_a_stopped_build_leaves_the_index_and_the_next_goes_on(
    make_sources, build, embedder, open_index, monkeypatch, stage, done
):
    monkeypatch.setattr("assistant.building.PASSAGES_AT_ONCE", 1)  # each document is a batch of its own
    make_sources({"bees.txt": BEES})
    first = build()
    make_sources({"bees.txt": None, **MANY})
    embedder.embedded()
    cancel = threading.Event()

    def stop(state):
        if state.stage == stage and (state.done == done or done == "later" and state.done):
            cancel.set()

    with pytest.raises(BuildCancelled, match="was stopped; the index is as it was, and the next build goes on"):
        build(stop, cancel)
    assert open_index().status() == first
    before = embedder.embedded()
    last = build()
    again = embedder.embedded()
    assert states(last) == dict.fromkeys(MANY, "indexed")
    openings = [text for text in before + again if text.startswith("Hive ") and text.count(".") == 1]
    assert sorted(openings) == ["Hive 0.", "Hive 1.", "Hive 2."], (
        "each document's first sentence is embedded exactly once"
    )
    assert before or stage == "read", "the batch that was being embedded is kept, too"


@pytest.mark.parametrize("last", [("read", 2), ("write", 0)], ids=["unembedded", "embedded"])
def test_what_changed_since_a_stopped_build_is_read_again(make_sources, build, embedder, open_index, last):
    make_sources({"bees.txt": BEES, "gone.txt": WAX})
    cancel = threading.Event()
    with pytest.raises(BuildCancelled, match="stopped"):
        build(lambda state: cancel.set() if (state.stage, state.done) == last else None, cancel)
    embedder.embedded()
    make_sources({"bees.txt": TEA, "gone.txt": None})
    assert states(build()) == {"bees.txt": "indexed"}
    assert embedder.embedded() == [TEA, TEA], "nothing is embedded for a file that is gone"
    assert open_index().document("bees.txt").text == TEA


def test_an_embedder_that_fails_leaves_the_old_index(make_sources, build, embedder, open_index, monkeypatch):
    make_sources({"bees.txt": BEES})
    first = build()
    make_sources({"tea.txt": TEA})
    with monkeypatch.context() as broken:
        broken.setattr(embedder, "embed_passages", lambda texts: 1 / 0)
        with pytest.raises(ZeroDivisionError, match="division"):
            build()
    assert open_index().status() == first
    assert states(build()) == {"bees.txt": "indexed", "tea.txt": "indexed"}


def test_sentences_are_where_they_stand_in_what_is_embedded():
    text = "Hive\n\nThe queen lays eggs. She lives long.\n\nWorkers fly far."
    content = Content(text, "text/plain", "bees", headings=(Heading(1, Span(0, 4)),))
    own = Passage(Span(0, 42), (Span(0, 4), Span(6, 26), Span(27, 42)), Span(0, 4))
    later = Passage(Span(44, 60), (Span(44, 60),), Span(0, 4))
    asked = []

    class Listening(HashingEmbedder):
        def embed_with_sentences(self, texts, sentences):
            asked.extend(zip(texts, sentences, strict=True))
            return super().embed_with_sentences(texts, sentences)

    work = Work(Document("bees.txt", "0" * 64, content), [own, later], SourceStatus("bees.txt", "indexed"))
    empty = Work(Document("none.txt", "1" * 64, content), [], SourceStatus("none.txt", "indexed"))
    (vectors, sentences), (nothing, no_sentences) = embed_documents(Listening(), [work, empty])
    assert [(words, [span.of(words) for span in spans]) for words, spans in asked] == [
        (text[:42], ["Hive", "The queen lays eggs.", "She lives long."]),
        ("Hive\nWorkers fly far.", ["Workers fly far."]),
    ]
    assert vectors.shape == (2, 256) and len(sentences) == 4 and nothing.shape == (0, 256) and len(no_sentences) == 0


def test_a_long_document_tells_how_far_it_is_and_can_be_stopped_within(make_sources, build, embedder, monkeypatch):
    monkeypatch.setattr("assistant.building.PASSAGES_AT_ONCE", 2)
    make_sources({"long.txt": "\n\n".join(f"Hive {number}. " + "Bees fly. " * 60 for number in range(7))})
    seen, cancel = [], threading.Event()

    def stop(state):
        if state.stage == "embed":
            seen.append((state.done, state.total))
            if state.done == 4:
                cancel.set()

    with pytest.raises(BuildCancelled):
        build(stop, cancel)
    assert seen == [(0, 7), (2, 7), (4, 7)] and sum(len(text) > 99 for text in embedder.embedded()) == 6
    build(lambda state: seen.append(state.done) if state.stage == "embed" else None)
    assert seen[3:] == [0, 2, 4, 6, 7]


WRITTEN = st.sampled_from([BEES, TEA, WAX, f"{BEES}\n\n{TEA}\n\n{WAX}", "# Hive\n\n" + "Bees fly far. " * 60, ""])
CHANGES = st.dictionaries(st.sampled_from(["a.txt", "b.md", "c/a.txt", "d.html"]), WRITTEN | st.none(), min_size=1)


@examples(max_examples=6)
@given(st.lists(CHANGES, min_size=2, max_size=4))
def test_after_any_changes_the_index_answers_as_a_fresh_one(write_files, series):
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        old = Settings(sources=place / "sources", index=place / "old", model="hashing", strictness=0)
        fresh = Settings(sources=place / "sources", index=place / "fresh", model="hashing", strictness=0)
        write_files(old.sources, {"always.txt": "It is always there."})
        for changes in series:
            write_files(
                old.sources,
                {name: text for name, text in changes.items() if text is not None or (old.sources / name).exists()},
            )
            Builder(old, HashingEmbedder).run()
        Builder(fresh, HashingEmbedder).run()
        assert answers(old) == answers(fresh)


def answers(settings):
    assistant = Assistant(settings, HashingEmbedder())
    status = assistant.status()
    rows = [(row.source, row.state, row.reason, row.sha256, row.passages, row.characters) for row in status]
    hits = [
        [
            (hit.document, hit.passage, hit.text, hit.score, hit.signals, hit.before, hit.after)
            for hit in assistant.retrieve(question)
        ]
        for question in ("Who lays eggs?", "Where was tea first drunk?", "How far do bees fly?")
    ]
    assistant.close()
    return status.passages, rows, hits


def test_the_index_folder_holds_only_what_the_layout_names(settings, make_sources, build):
    make_sources({"bees.txt": BEES})
    build()
    assert {path.name for path in settings.index.iterdir()} == {"CURRENT", "lock", current_id(settings.index)}
