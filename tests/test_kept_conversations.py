"""Conversations on disk: kept, listed, searched, renamed, deleted, judged; still there after reopening."""

import sqlite3
import stat
import threading

import pytest

from assistant.errors import UsageError
from assistant.kept_conversations import FILE_NAME, LONGEST_NAME, KeptConversations, name_from


def answer(question, text="Bees live in hives.", source="bees.txt"):
    quote = {"text": text, "source": source, "start": 0, "end": len(text), "sha256": "ab"}
    return {"question": question, "answered": True, "quotes": [quote], "closest": []}


@pytest.fixture
def kept(tmp_path):
    opened = KeptConversations(tmp_path / "index")
    yield opened
    opened.close()


def test_what_is_kept_is_there_after_reopening(tmp_path):
    first = KeptConversations(tmp_path)
    conversation, turn = first.add(None, answer("Where do bees live?"))
    assert first.add(conversation, answer("And wasps?"))[0] == conversation
    first.close()
    again = KeptConversations(tmp_path)
    assert [(c.id, c.name, c.turns) for c in again.listed()] == [(conversation, "Where do bees live?", 2)]
    assert [t.answer["question"] for t in again.turns(conversation)] == ["Where do bees live?", "And wasps?"]
    assert again.turns(conversation)[0].id == turn
    again.close()


def test_nobody_else_may_read_the_file(kept, tmp_path):
    assert stat.S_IMODE((tmp_path / "index" / FILE_NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize("words", ["BEES", "hives", "bees.txt", "Wo Ängste", "100%_"])
def test_a_search_looks_at_names_questions_quotes_and_sources(kept, words):
    found, _ = kept.add(None, answer("Where do bees live? wo ÄNGSTE 100%_"))
    kept.add(None, answer("What is a wasp?", "Wasps sting.", "wasps.txt"))
    assert [c.id for c in kept.listed(words)] == [found]
    assert kept.listed("nowhere") == [] and len(kept.listed()) == 2


def test_a_conversation_is_renamed_and_found_by_its_new_name(kept):
    conversation, _ = kept.add(None, answer("Where?"))
    kept.rename(conversation, "  All about\nhoney ")
    kept.rename(conversation, "   ")
    assert kept.name_of(conversation) == "All about honey"
    assert [c.id for c in kept.listed("honey")] == [conversation]


def test_what_is_deleted_is_gone_from_the_file_too(tmp_path):
    kept = KeptConversations(tmp_path)
    conversation, _ = kept.add(None, answer("Where is the zebrafish?"))
    kept.delete(conversation)
    assert kept.turns(conversation) == [] and kept.name_of(conversation) is None
    new, _ = kept.add(conversation, answer("And now?"))
    assert new != conversation, "a deleted conversation is not added to"
    kept.close()
    assert b"zebrafish" not in (tmp_path / FILE_NAME).read_bytes()


def test_a_judgement_is_kept_and_can_be_taken_back(kept):
    conversation, turn = kept.add(None, answer("Where?"))
    kept.judge(turn, "up")
    assert [(t.id, t.judgement) for t in kept.judged()] == [(turn, "up")]
    kept.judge(turn, "none")
    assert kept.judged() == [] and kept.turns(conversation)[0].judgement == "none"


def test_several_people_keep_answers_at_the_same_time(kept):
    threads = [
        threading.Thread(target=lambda at=at: [kept.add(None, answer(f"{at} {n}?")) for n in range(10)])
        for at in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept.listed()) == 40


@pytest.mark.parametrize(
    "content", [b"no database, whatever its name says" * 40, None], ids=["garbage", "a later version"]
)
def test_a_file_that_is_none_of_ours_is_refused_in_words(tmp_path, content):
    if content is None:
        with sqlite3.connect(tmp_path / FILE_NAME) as later:
            later.execute("PRAGMA user_version=99")
        later.close()
    else:
        (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(UsageError, match="move that file out of the index folder"):
        KeptConversations(tmp_path)


def test_a_name_is_one_line_cut_at_a_word():
    assert name_from("  What\n is\tthis? ") == "What is this?"
    long = name_from("word " * 40)
    assert len(long) <= LONGEST_NAME and long.endswith("word…")
    assert len(name_from("x" * 500)) <= LONGEST_NAME
    assert name_from("half \ud800 sign") == "half ? sign"
