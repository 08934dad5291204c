"""The question sets as they are read, from rows of our own in the makers' forms, and from the real files."""

import json
from pathlib import Path

import pytest

from assistant.training.sets import read_sets

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
    return tmp_path


def test_each_text_and_each_question_is_read_once(folder):
    passages, questions = read_sets(folder)
    assert [passage.id for passage in passages] == ["p", "qed 3", "clapnq 4"]
    found = {(question.set, question.id): question for question in questions}
    assert set(found) == {("squad", "1"), ("squad", "2"), ("qed", "3"), ("clapnq", "4"), ("clapnq", "5")}
    assert found["squad", "1"].answers == ("1874", "in 1874")
    assert found["squad", "2"].passage == "p" and not found["squad", "2"].answerable
    assert found["qed", "3"].answers == ("Bees",) and found["qed", "3"].chosen == ("Bees make honey .",)
    assert found["clapnq", "4"].chosen == ("It is wet .",) and not found["clapnq", "5"].answerable
    assert {question.article for question in questions} == {"Harbour", "Bees", "Sea"}


def test_a_set_left_out_leaves_no_passage_either(folder):
    passages, questions = read_sets(folder, {"qed"})
    assert [passage.id for passage in passages] == ["p", "clapnq 4"]
    assert {question.set for question in questions} == {"squad", "clapnq"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")
def test_the_real_sets_are_read_whole():
    passages, questions = read_sets(SHARED)
    ids = {passage.id for passage in passages}
    assert all(question.passage in ids for question in questions)
    count = {(name, answerable): 0 for name in ("squad", "qed", "clapnq") for answerable in (True, False)}
    for question in questions:
        count[question.set, question.answerable] += 1
    assert count["squad", True] == 7222 and count["squad", False] == 3938
    assert count["qed", True] == 1355 and count["clapnq", True] == 229
