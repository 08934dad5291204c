"""JSON lines in, JSON lines out, in order; a bad line costs only its own answer."""

import json

import pytest

from assistant.datamodel import Answer, turns_of
from assistant.errors import IndexDamaged, QuestionError
from assistant.interfaces.batch import answer_lines


class Echo:
    """Repeats what it was asked, and refuses an empty question."""

    def ask(self, question, history=(), sources=()):
        if not question:
            raise QuestionError("The question is empty.")
        resolved = f"{question} {len(turns_of(history))} {list(sources)}"
        return Answer(question, resolved, False, 0.0, (), (), "gen-1")


def answers(*lines, sources=()):
    return list(answer_lines(Echo(), lines, sources))


def test_answers_come_in_order_with_their_ids():
    found = answers(
        '{"id": "b", "question": "Two?"}',
        '{"question": "None?"}',
        '{"id": 0, "question": "Zero?"}',
        '{"id": null, "question": "Null?"}',
    )
    assert [row.get("id", "no id") for row in found] == ["b", "no id", 0, None]
    assert [row["question"] for row in found] == ["Two?", "None?", "Zero?", "Null?"]
    assert list(found[0]) == [
        "id",
        "question",
        "resolved_question",
        "answered",
        "confidence",
        "quotes",
        "closest",
        "index",
        "timings_ms",
    ]


def test_history_and_sources_reach_the_question():
    history = [{"role": "user", "content": "Before?"}, {"role": "assistant", "content": "Yes."}]
    line = json.dumps({"question": "After?", "history": history})
    assert [row["resolved_question"] for row in answers(line, sources=["*.md"])] == ["After? 2 ['*.md']"]
    assert answers('{"question": "x", "history": null}')[0]["resolved_question"] == "x 0 []"


def test_blank_lines_are_passed_over():
    assert len(answers("", '{"question": "x"}', "  \t ", "")) == 1


@pytest.mark.parametrize(
    "line, error",
    [
        ("no json", "Line 2 is not JSON; each line needs an object with a question."),
        ("[" * 100_000, "Line 2 is not JSON; each line needs an object with a question."),
        ('"Who?"', "Line 2 has no question; each line needs an object with a question."),
        ("{}", "Line 2 has no question; each line needs an object with a question."),
        ('{"question": 5}', "Line 2 has no question; each line needs an object with a question."),
        ('{"question": ""}', "The question is empty."),
        ('{"question": "x", "history": 5}', "A history is a list of turns, not 5."),
        ('{"question": "x", "history": "y"}', "A history is a list of turns, not 'y'."),
        ('{"question": "x", "history": [5]}', 'A turn needs "role" (user or assistant) and "content" (text), not 5.'),
    ],
)
def test_a_bad_line_costs_only_its_own_answer(line, error):
    class Strict(Echo):
        def ask(self, question, history=(), sources=()):
            try:
                return super().ask(question, history, sources)
            except ValueError as wrong:
                raise QuestionError(str(wrong)) from wrong  # as `Assistant.ask` does

    found = list(answer_lines(Strict(), ['{"question": "One?"}', line, '{"question": "Three?"}']))
    assert [row.get("question") for row in found] == ["One?", None, "Three?"]
    assert found[1] == {"id": None, "error": error}


def test_the_id_of_a_question_that_cannot_be_asked_is_kept():
    assert answers('{"id": "q7", "question": ""}') == [{"id": "q7", "error": "The question is empty."}]


def test_a_damaged_index_ends_the_batch():
    class Damaged:
        def ask(self, *_):
            raise IndexDamaged("The index's file vectors.faiss is missing.")

    with pytest.raises(IndexDamaged, match="vectors.faiss is missing"):
        list(answer_lines(Damaged(), ['{"question": "x"}']))
