"""The question sets as they are read, from rows of our own in the makers' forms, and from the real files."""

import json
from collections import Counter
from pathlib import Path

import pytest

from assistant.training import sets
from assistant.training.sets import read_sets, set_of

SHARED = Path(__file__).parents[3] / "shared" / "data"


def write(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    passage = {"id": "p", "title": "Harbour", "text": "It opened in 1874."}
    asked = {"id": "1", "question": "When did it open?", "passage": "p", "answers": ["1874", "in 1874", "1874"]}
    write(tmp_path / "squad/1.1/passages.jsonl", passage)
    write(tmp_path / "squad/1.1/questions.jsonl", asked)
    write(tmp_path / "squad/2.0/passages.jsonl", {**passage, "id": "other"})
    without = {"id": "2", "question": "When did it burn?", "passage": "other", "answers": []}
    write(tmp_path / "squad/2.0/questions.jsonl", {**asked, "passage": "other"}, without)
    span = {"start": 0, "end": 4, "text": "Bees"}
    write(
        tmp_path / "qed/dev.jsonl",
        {"id": 3, "title": "Bees", "question": "who makes honey", "text": "Bees make honey .", "answers": [[span]],
         "selected_sentence": {"string": "Bees make honey ."}},
    )  # fmt: skip
    given = {"title": "Sea", "text": "It is salt . It is wet .", "sentences": ["It is salt .", "It is wet ."]}
    row = {"id": "4", "input": "what is the sea like", "passages": [given]}
    write(tmp_path / "clapnq/answerable.jsonl", {**row, "output": [{"selected_sentences": ["It is wet ."]}]})
    write(tmp_path / "clapnq/unanswerable.jsonl", {**row, "id": "5", "output": [{"selected_sentences": []}]})
    page = {"Collection": "govt", "contexts": [{"document_id": "ab-0-20", "text": " Bins go out at 6 pm. "}]}
    write(tmp_path / "mtrag-un/tasks.jsonl", page, {**page, "Collection": "clapnq"})
    return tmp_path


@pytest.fixture(autouse=True)
def written(tmp_path, monkeypatch):
    """A document of our own, and questions about it, a page, and a passage that is not there."""
    write(
        tmp_path / "own/documents.jsonl", {"id": "lease", "title": "Lease", "text": "No pets. Rent is due on the 3rd."}
    )
    asked = {"id": "6", "passage": "own lease", "question": "when do i pay", "right": [[9, 32]], "key": [[28, 31]]}
    bins = {"id": "7", "passage": "mtrag ab-0-20", "question": "Who empties the bins?", "right": [], "key": []}
    write(tmp_path / "own/questions.jsonl", asked, bins, {**bins, "id": "8", "passage": "mtrag gone"})
    monkeypatch.setattr(sets, "WRITTEN", tmp_path / "own")


def test_each_text_and_each_question_is_read_once(folder):
    passages, questions = read_sets(folder)
    assert [passage.id for passage in passages] == ["p", "qed 3", "clapnq 4", "own lease", "mtrag ab-0-20"]
    found = {(question.set, question.id): question for question in questions}
    assert set(found) == {
        ("squad", "1"),
        ("squad", "2"),
        ("qed", "3"),
        ("clapnq", "4"),
        ("clapnq", "5"),
        ("written", "6"),
        ("written", "7"),
    }
    assert found["squad", "1"].answers == ("1874", "in 1874")
    assert found["squad", "2"].passage == "p" and not found["squad", "2"].answerable
    assert found["qed", "3"].answers == ("Bees",) and found["qed", "3"].chosen == ("Bees make honey .",)
    assert found["clapnq", "4"].chosen == ("It is wet .",) and not found["clapnq", "5"].answerable
    assert {question.article for question in questions} == {"Harbour", "Bees", "Sea", "Lease", "ab"}


def test_our_own_questions_have_the_words_at_their_places(folder):
    passages, questions = read_sets(folder)
    own = {question.id: question for question in questions if question.set == "written"}
    assert set(own) == {"6", "7"}, "the passage of the third is not there"
    assert own["6"].chosen == ("Rent is due on the 3rd.",) and own["6"].answers == ("3rd",)
    assert own["7"].passage == "mtrag ab-0-20" and not own["7"].answerable
    names = {"p": "squad", "qed 3": "qed", "clapnq 4": "clapnq", "own lease": "written", "mtrag ab-0-20": "written"}
    assert {passage.id: set_of(passage.id) for passage in passages} == names


def test_a_set_left_out_leaves_no_passage_either(folder):
    passages, questions = read_sets(folder, {"qed", "written"})
    assert [passage.id for passage in passages] == ["p", "clapnq 4"]
    assert {question.set for question in questions} == {"squad", "clapnq"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")
def test_the_real_sets_are_read_whole():
    passages, questions = read_sets(SHARED)
    ids = {passage.id for passage in passages}
    assert all(question.passage in ids for question in questions)
    count = Counter((question.set, question.answerable) for question in questions)
    assert count["squad", True] == 7222 and count["squad", False] == 3938
    assert count["qed", True] == 1355 and count["clapnq", True] == 229
