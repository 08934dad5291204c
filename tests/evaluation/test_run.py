import json
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.datamodel import Document, IndexStatus, SourceStatus
from assistant.errors import AssistantError, UsageError
from assistant.evaluation import run
from assistant.evaluation.folds import fold_of
from assistant.evaluation.run import evaluate
from assistant.settings import Settings

SQUAD = Path(__file__).parents[3] / "shared/data/squad/1.1"


def measured(result):
    return {(measure.group, measure.name): measure.estimate.value for measure in result.measures}


def test_every_measure_by_hand(word_assistant, question_set, settings):
    passages, questions, elsewhere = question_set
    result = evaluate([passages], [questions, elsewhere], settings=settings)
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
        # Without keys: "Tea was first drunk in China." against "China" 2/7, "Workers live for six weeks." 4/7, "Black
        # leaves wilt before." 2/5.
        "key_f1": pytest.approx((2 / 7 + 4 / 7 + 2 / 5) / 3),
        "given_holds_answer": 1.0,
        "given_key_f1": pytest.approx((2 / 7 + 4 / 7 + 2 / 5) / 3),
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


def test_the_right_passage_is_read_alone_where_retrieval_prefers_another(
    word_assistant, question_set, settings, lines, tmp_path
):
    rows = [{"id": "x", "question": "Which workers wilt?", "passage": "tea#1", "answers": ["Black"]}]
    row = evaluate([question_set[0]], [lines(tmp_path / "q.jsonl", rows)], settings=settings).rows[0]
    # "workers" and "wilt" are one word each, and the hives come first.
    assert (row.ranked[0], row.hit) == ("bees#0", False)
    assert row.given.hit and row.given.characters_f1 is None


def test_sentences_that_people_picked_are_compared_by_characters(word_assistant, settings, lines, tmp_path):
    rows = [
        {"id": 1, "input": "what is first drunk", "passages": [{"title": "Tea", "text": "Tea is first drunk. It was."}],
         "output": [{"selected_sentences": ["It was."]}, {"selected_sentences": ["Tea is first drunk.", "It was."]}]},
        {"id": 2, "input": "who drunk it", "passages": [{"title": "Tea", "text": "Nobody drunk it."}], "output": []},
    ]  # fmt: skip
    both = lines(tmp_path / "clapnq.jsonl", rows)
    result = evaluate([both], [both], settings=settings)
    values = measured(result)
    # 19 characters quoted, of 19 + 7 picked by the second person: F1 = 2 · 19 / (19 + 26); the first shares nothing.
    assert values["clapnq.jsonl", "given_characters_f1"] == pytest.approx(38 / 45)
    assert values["clapnq.jsonl", "first_quote_holds_answer"] == 1.0
    assert ("clapnq.jsonl", "key_f1") not in values
    # 1 look-alike at 2/3 ("who" is missing), against 3/4.
    assert values["clapnq.jsonl", "auroc_look_alikes"] == 1.0 and values["clapnq.jsonl", "answered_look_alikes"] == 1.0


def test_other_styles_are_set_against_the_plain_one(word_assistant, question_set, settings):
    passages, questions, elsewhere = question_set
    result = evaluate([passages], [questions, elsewhere], settings=settings, styles=True)
    assert [row.style for row in result.restyled[::5]] == ["unmarked", "lowered", "mistyped", "keywords"]
    assert {row.style for row in result.rows} == {"plain"} and len(result.restyled) == 20
    values = measured(result)
    assert values["questions.jsonl, lowered", "first_quote_holds_answer"] == 1.0
    assert values["questions.jsonl, lowered", "change_by_style"] == 0.0
    assert values["elsewhere.jsonl, keywords", "auroc"] == 1.0
    again = evaluate([passages], [questions, elsewhere], settings=settings, styles=True)
    assert [row.question for row in again.restyled] == [row.question for row in result.restyled]


def test_one_fold_of_articles_is_asked_about_and_all_are_sources(word_assistant, question_set, settings):
    folds = {title: fold_of(title) for title in ("Tea", "Bees / hives")}
    result = evaluate(*_one(question_set), settings=settings, fold=folds["Tea"])
    assert {row.passage for row in result.rows} == {
        passage for passage, title in (("tea#0", "Tea"), ("tea#1", "Tea"), ("bees#0", "Bees / hives"))
        if folds[title] == folds["Tea"]
    }  # fmt: skip
    assert result.conditions["corpus"]["documents"] == 2 and result.conditions["fold"] == folds["Tea"]
    unused = next(fold for fold in range(5) if fold not in folds.values())
    with pytest.raises(UsageError, match="No question is about an article of this fold"):
        evaluate(*_one(question_set), settings=settings, fold=unused)


def test_abstentions_are_misses_only_where_strictness_counts(word_assistant, question_set, settings):
    passages, questions, _ = question_set
    values = measured(evaluate([passages], [questions], settings=replace(settings, strictness=0.7)))
    assert values["questions.jsonl", "first_quote_holds_answer"] == 1.0
    assert values["questions.jsonl", "first_quote_holds_answer_shown"] == pytest.approx(1 / 3)
    assert values["questions.jsonl", "answered"] == pytest.approx(1 / 3)
    assert ("all questions", "calibration_error_all") not in values


def test_without_answerable_questions_there_is_nothing_to_compare_with(word_assistant, question_set, settings):
    passages, _, elsewhere = question_set
    values = measured(evaluate([passages], [elsewhere], settings=settings))
    assert [name for group, name in values if group == "elsewhere.jsonl"] == ["answered_unanswerable"]


def test_the_conditions_name_everything_but_places(word_assistant, question_set, settings, tmp_path):
    passages, questions, elsewhere = question_set
    result = evaluate([passages], [questions, elsewhere], settings=settings, sample=2, seed=7)
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
    result = evaluate([question_set[0]], [wrong], settings=settings)
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
        [passages], [questions, SQUAD.parents[1] / "clapnq/unanswerable.jsonl"], settings=Settings(), sample=30
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
    return [question_set[0]], [question_set[1]]


def _altered(self, source):
    document = self.documents[source]
    content = replace(document.content, text=document.text.replace("Black leaves", "Black\u200b leaves"))
    return Document(document.source, document.sha256, content)
