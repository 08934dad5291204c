import json
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.datamodel import Document, IndexStatus, SourceStatus
from assistant.errors import AssistantError, UsageError
from assistant.evaluation import run
from assistant.evaluation.run import evaluate
from assistant.settings import Settings

SQUAD = Path(__file__).parents[3] / "shared/data/squad/1.1"


def measured(result):
    return {(measure.group, measure.name): measure.estimate.value for measure in result.measures}


def test_every_measure_by_hand(word_assistant, question_set, settings):
    passages, questions, elsewhere = question_set
    result = evaluate(passages, [questions, elsewhere], settings=settings)
    # Words shared: q1 4 of 5, q2 2 of 5, q3 2 of 3 (all right, q2 held back); the others 1 of 6 ("in", "leaves").
    assert [round(row.confidence, 3) for row in result.rows] == [0.8, 0.4, 0.667, 0.167, 0.167]
    assert [row.shown for row in result.rows] == [True, False, True, False, False]
    assert [row.hit for row in result.rows] == [True, True, True, False, False]
    values = measured(result)
    assert {name: value for (group, name), value in values.items() if group == "questions.jsonl"} == {
        "recall@1": 1.0,
        "recall@5": 1.0,
        "reciprocal_rank@10": 1.0,
        "ndcg@5": 1.0,
        "first_quote_holds_answer": 1.0,
        "first_quote_holds_answer_shown": pytest.approx(2 / 3),
        "answered": pytest.approx(2 / 3),
    }
    assert {name: value for (group, name), value in values.items() if group == "elsewhere.jsonl"} == {
        "auroc": 1.0,
        "answered_at_5_percent": 1.0,
        "strictness_at_5_percent": pytest.approx(1 / 6),
        "answered_unanswerable": 0.0,
    }
    assert values["all questions", "calibration_error"] == pytest.approx((0.2 + 0.6 + 1 / 3) / 3)
    assert values["all questions", "quote_fidelity"] == 1.0
    assert list(result.curves) == ["answerable questions", "all questions"]


def test_abstentions_are_misses_only_where_strictness_counts(word_assistant, question_set, settings):
    passages, questions, _ = question_set
    values = measured(evaluate(passages, [questions], settings=replace(settings, strictness=0.7)))
    assert values["questions.jsonl", "first_quote_holds_answer"] == 1.0
    assert values["questions.jsonl", "first_quote_holds_answer_shown"] == pytest.approx(1 / 3)
    assert values["questions.jsonl", "answered"] == pytest.approx(1 / 3)
    assert ("all questions", "calibration_error_all") not in values


def test_without_answerable_questions_there_is_nothing_to_compare_with(word_assistant, question_set, settings):
    passages, _, elsewhere = question_set
    values = measured(evaluate(passages, [elsewhere], settings=settings))
    assert [name for group, name in values if group == "elsewhere.jsonl"] == ["answered_unanswerable"]


def test_the_conditions_name_everything_but_places(word_assistant, question_set, settings, tmp_path):
    passages, questions, elsewhere = question_set
    result = evaluate(passages, [questions, elsewhere], settings=settings, sample=2, seed=7)
    conditions = result.conditions
    assert conditions["corpus"]["given_passages"] == 3 and conditions["corpus"]["documents"] == 2
    assert [row["asked"] for row in conditions["questions"]] == [2, 2]
    assert (conditions["sample"], conditions["seed"], conditions["model"]) == (2, 7, "words")
    assert str(tmp_path) not in json.dumps(conditions)


def test_progress_counts_the_questions(word_assistant, question_set, settings):
    seen = []
    evaluate(*_one(question_set), settings=settings, progress=lambda *state: seen.append(state))
    assert seen == [("ask", 1, 3), ("ask", 2, 3), ("ask", 3, 3)]


def test_a_kept_folder_holds_the_sources(word_assistant, question_set, settings, tmp_path):
    kept = tmp_path / "kept"
    for _ in range(2):
        evaluate(*_one(question_set), settings=settings, keep=kept)
    assert sorted(path.name for path in (kept / "sources").iterdir()) == ["Bees _ hives.txt", "Tea.txt"]


def test_questions_of_another_passages_file_are_noticed(word_assistant, question_set, settings, lines, tmp_path):
    wrong = lines(tmp_path / "wrong.jsonl", [{"question": "Where?", "passage": "tea#0", "answers": ["Peru"]}])
    result = evaluate(question_set[0], [wrong], settings=settings)
    assert result.notes[0].startswith("1 questions of wrong.jsonl have no answer that stands in their passage")


def test_a_quote_that_is_not_in_the_source_is_seen(word_assistant, question_set, settings, monkeypatch):
    monkeypatch.setattr(word_assistant, "document", _altered)
    result = evaluate(*_one(question_set), settings=settings)
    assert not result.faithful
    assert measured(result)["all questions", "quote_fidelity"] < 1


def test_strictness_that_is_more_than_a_threshold_is_refused(word_assistant, question_set, settings, monkeypatch):
    honest = word_assistant.ask

    def moody(self, question):
        return replace(honest(self, question), confidence=0.9 if self.strictness else 0.8)

    monkeypatch.setattr(word_assistant, "ask", moody)
    with pytest.raises(AssistantError, match="changes more than whether 'Where was tea first drunk"):
        evaluate(*_one(question_set), settings=settings)


def test_a_source_that_was_rejected_stops_everything(word_assistant, question_set, settings, monkeypatch):
    rejected = IndexStatus("g", "", "words", 0, (SourceStatus("Tea.txt", "rejected", "it is too large"),))
    monkeypatch.setattr(run, "build_index", lambda *_, **__: rejected)
    with pytest.raises(AssistantError, match="'Tea.txt' is not wholly in the index: it is too large"):
        evaluate(*_one(question_set), settings=settings)


def test_a_question_that_is_too_long_is_refused_before_the_build(word_assistant, question_set, settings, monkeypatch):
    monkeypatch.setattr(run, "build_index", None)
    with pytest.raises(UsageError, match="Question 'q1' of questions.jsonl has 26 characters; at most 20"):
        evaluate(*_one(question_set), settings=replace(settings, max_question_chars=20))


def test_the_same_run_gives_the_same_rows(word_assistant, question_set, settings):
    rows = [evaluate(*_one(question_set), settings=settings, sample=2).rows for _ in range(2)]
    assert [replace(row, ask_ms=0) for row in rows[0]] == [replace(row, ask_ms=0) for row in rows[1]]


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.skipif(not SQUAD.is_dir(), reason="the question sets in ../shared/data are not beside this checkout")
def test_the_real_assistant_on_a_few_articles(tmp_path):
    passages, questions = _first_articles(tmp_path, articles=3)
    result = evaluate(
        passages, [questions, SQUAD.parents[1] / "clapnq/unanswerable.jsonl"], settings=Settings(), sample=30
    )
    values = measured(result)
    assert result.faithful
    assert values["questions.jsonl", "recall@5"] >= 0.8
    assert values["questions.jsonl", "first_quote_holds_answer"] >= 0.5
    assert values["unanswerable.jsonl", "auroc"] >= 0.9


def _first_articles(folder, articles):
    rows = [json.loads(line) for line in (SQUAD / "passages.jsonl").read_text().split("\n") if line]
    titles = list(dict.fromkeys(row["title"] for row in rows))[:articles]
    kept = [row for row in rows if row["title"] in titles]
    asked = [line for line in (SQUAD / "questions.jsonl").read_text().split("\n") if line]
    own = [line for line in asked if json.loads(line)["passage"] in {row["id"] for row in kept}]
    (folder / "passages.jsonl").write_text("\n".join(map(json.dumps, kept)))
    (folder / "questions.jsonl").write_text("\n".join(own))
    return folder / "passages.jsonl", folder / "questions.jsonl"


def _one(question_set):
    return question_set[0], [question_set[1]]


def _altered(self, source):
    document = self.documents[source]
    content = replace(document.content, text=document.text.replace("Black leaves", "Black\u200b leaves"))
    return Document(document.source, document.sha256, content)
