"""Conversations are read, asked with their turns and measured; the numbers are worked by hand."""

import json
from dataclasses import replace
from math import log2

import pytest

from assistant.datamodel import Turn
from assistant.errors import UsageError
from assistant.evaluation.conversations import (
    ConversationRow,
    conversation_lines,
    conversations_to_json,
    evaluate_conversations,
    mean_difference,
    read_conversations,
    recall_of_first,
    summarise,
)
from assistant.evaluation.questions import GivenPassage, GivenQuestion
from assistant.settings import Settings

TEA = {"document_id": "tea", "text": "Tea was first drunk in China. It reached Lisbon in 1610."}
HIVE = {"document_id": "hive", "text": "A hive holds one queen. Workers live for six weeks."}


def row(task, *said, contexts=(TEA,), answerability="ANSWERABLE", kind="Follow-up"):
    speakers = ("user", "agent")
    turns = [{"speaker": speakers[at % 2], "text": text} for at, text in enumerate(said)]
    return {
        "task_id": task, "input": turns, "contexts": list(contexts), "answerability": [answerability], "Multi-Turn": [kind],
        "Collection": "kitchen",
    }  # fmt: skip


ROWS = [
    row("a", "Where was tea drunk?", kind="N/A"),
    row("b", "What does a hive hold?", "One queen.", "And workers, how long do they live?", contexts=[HIVE]),
    row("c", "What does a hive hold?", "One queen.", "Who painted it?", contexts=[], answerability="UNANSWERABLE"),
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tasks.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return path


def test_conversations_are_read_with_the_union_of_their_contexts(file):
    conversations, passages = read_conversations(file)
    assert [passage.id for passage in passages] == ["tea", "hive"]
    second = conversations[1]
    assert second.history == (Turn("user", "What does a hive hold?"), Turn("assistant", "One queen."))
    assert (second.question, second.turn, second.relevant) == ("And workers, how long do they live?", 2, {"hive"})


@pytest.mark.parametrize("content", ["", "{}", "[1]", "not JSON", json.dumps(row("a", "Why?", "So."))])
def test_what_is_no_conversation_is_refused(tmp_path, content):
    path = tmp_path / "odd.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="odd.jsonl"):
        read_conversations(path)


def test_recall_is_divided_by_what_five_places_can_hold():
    relevant = set("abcdefgh")
    assert recall_of_first(["a", "b", "x", "c", "d", "e"], relevant) == pytest.approx(4 / 5)
    assert recall_of_first(["a", "x", "y"], {"a", "b"}) == 0.5


def measured(**changes):
    plain = ConversationRow("a", 1, "N/A", "kitchen", "ANSWERABLE", "Why?", 1.0, 1.0, True, None, 0.9, 5.0)
    return replace(plain, **changes)


def test_measures_are_split_by_turn_kind_and_collection():
    rows = [
        measured(),
        measured(id="b", turn=3, kind="Follow-up", recall=0.5, ndcg=1 / log2(3), confidence=0.4),
        measured(
            id="c",
            turn=2,
            kind="Follow-up",
            answerability="UNANSWERABLE",
            recall=None,
            ndcg=None,
            shown=False,
            confidence=0.6,
        ),
    ]
    found = {(each.group, each.name): each.estimate for each in summarise(rows)}
    assert found["answerable turns", "recall@5"].value == 0.75
    assert found["first turn", "recall@5"].value == 1.0
    assert found["turn 3 and later", "ndcg@5"].value == pytest.approx(1 / log2(3))
    assert found["Follow-up", "recall@5"].count == 1
    assert found["kitchen", "recall@5"].count == 2
    assert found["answerable turns", "auroc"].value == 0.5
    assert found["unanswerable", "answered"].value == 0.0
    assert found["answerable", "answered"].value == 1.0


def test_a_difference_may_be_negative():
    assert mean_difference([-1.0, 0.0, 0.0, 0.0]).value == -0.25


def test_a_whole_run(file, tmp_path):
    settings = Settings(model="hashing", strictness=0.0)
    passages = [GivenPassage("hive", "hive", HIVE["text"]), GivenPassage("tea", "tea", TEA["text"])]
    questions = [GivenQuestion("q", "How long do workers live?", "hive", ("six weeks",))]
    result = evaluate_conversations(file, settings, tmp_path / "kept", lambda *told: None, (passages, questions))
    found = {(each.group, each.name): each.estimate for each in result.measures}
    assert found["answerable turns", "recall@5"].value == 1.0
    assert found["stand-alone questions", "recall@5_cost"].value == 0.0
    assert [row.talk for row in result.rows] == [None, None, None]
    held = json.loads(conversations_to_json(result))
    assert (len(held["rows"]), held["conditions"]["sources"]) == (3, 2)
    assert "3 conversations of tasks.jsonl over 2 sources" in conversation_lines(result)[0]
