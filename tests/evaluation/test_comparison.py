import json
from dataclasses import replace

import pytest

from assistant.errors import UsageError
from assistant.evaluation.comparison import compared, read_kept
from assistant.evaluation.result import rows_of, to_json
from assistant.evaluation.run import evaluate
from assistant.evaluation.summary import summarise


@pytest.fixture
def result(word_assistant, question_set, settings):
    passages, questions, elsewhere = question_set
    return evaluate([passages], [questions, elsewhere], settings=settings, styles=True)


def kept(result, path, rows=True):
    path.write_text(to_json(result, rows=rows))
    return read_kept(path)


def changes(result):
    return {(change.measure.group, change.measure.name): change for change in result.changes}


def test_rows_come_back_as_they_were_kept(result):
    again = rows_of(json.loads(to_json(result, rows=True)))
    assert [row.id for row in again] == [row.id for row in (*result.rows, *result.restyled)]
    assert again[0].first == result.rows[0].first and again[0].given.hit and again[0].style == "plain"
    assert rows_of({"measures": []}) == ()


def test_rows_of_an_older_run_may_say_less(result):
    record = json.loads(to_json(result, rows=True))
    for row in record["rows"]:
        for name in ("chosen", "kind", "style", "given", "key_f1", "retrieve_ms", "read_ms"):
            del row[name]
    assert rows_of(record)[0].given is None


def test_differences_are_taken_question_by_question(result, tmp_path):
    worse = [replace(row, hit=row.id != "q1", confidence=0.1) for row in result.rows]
    older = kept(replace(result, rows=tuple(worse), measures=summarise(worse)), tmp_path / "old.json")
    found = changes(compared(result, older))
    hit = found["questions.jsonl", "first_quote_holds_answer"]
    # Differences 1, 0, 0: 1/3 with s = 0.577, so 1.96 * 0.577 / sqrt(3) = 0.653 to both sides.
    assert (hit.before, hit.difference.value, hit.difference.count) == (pytest.approx(2 / 3), pytest.approx(1 / 3), 3)
    assert hit.difference.high == pytest.approx(1 / 3 + 0.653, abs=1e-3)
    assert found["elsewhere.jsonl", "auroc"].difference.value == 0.5, "all were equally sure before"
    assert found["elsewhere.jsonl", "auroc"].difference.low is not None
    assert found["all questions", "calibration_error_all"].difference.count == 5
    assert found["all questions", "ask_p50"].difference.low is None, "times of two runs are not paired"


def test_without_rows_there_is_no_interval(result, tmp_path):
    found = changes(compared(result, kept(result, tmp_path / "old.json", rows=False)))
    assert found["questions.jsonl", "recall@1"].difference == (
        replace(found["questions.jsonl", "recall@1"].difference, value=0.0, low=None, high=None)
    )


def test_only_questions_that_both_asked_are_compared(result, tmp_path):
    older = kept(replace(result, rows=result.rows[1:]), tmp_path / "old.json")
    assert changes(compared(result, older))["questions.jsonl", "recall@1"].difference.count == 2


def test_changes_are_kept_in_the_json(result, tmp_path):
    record = json.loads(to_json(compared(result, kept(result, tmp_path / "old.json"))))
    assert record["changes"][0] == {
        "group": "questions.jsonl", "name": "recall@1", "before": 1.0, "after": 1.0, "difference": 0.0, "low": 0.0,
        "high": 0.0, "count": 3,
    }  # fmt: skip


def test_files_that_are_no_runs_are_refused(tmp_path):
    with pytest.raises(UsageError, match="none.json cannot be read: No such file"):
        read_kept(tmp_path / "none.json")
    for number, content in enumerate(("{", "[]", '{"measures": [], "rows": [{}]}', '{"rows": []}')):
        (tmp_path / f"{number}.json").write_text(content)
        with pytest.raises(UsageError, match="is no kept evaluation; give the results.json of an earlier report"):
            read_kept(tmp_path / f"{number}.json")
