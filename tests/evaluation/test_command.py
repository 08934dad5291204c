import json
from dataclasses import replace

import pytest

from assistant.errors import UsageError
from assistant.evaluation import run
from assistant.evaluation.command import evaluate_command


def test_a_table_on_standard_output_and_nothing_else(word_assistant, question_set, settings, capsys):
    passages, *questions = question_set
    assert evaluate_command([passages], questions, None, False, None, 0, settings) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("Machine: ") and "quote fidelity" in shown.out


def test_one_json_document_and_a_report(word_assistant, question_set, settings, capsys, tmp_path):
    passages, *questions = question_set
    assert evaluate_command([passages], questions, tmp_path / "report", True, 1, 0, settings) == 0
    printed = json.loads(capsys.readouterr().out)
    kept = json.loads((tmp_path / "report/results.json").read_text())
    assert printed["measures"] == kept["measures"] and len(kept["rows"]) == 2
    assert (tmp_path / "report/index.html").is_file()


def test_a_run_is_set_against_one_that_was_kept(word_assistant, question_set, settings, capsys, tmp_path):
    passages, *questions = question_set
    evaluate_command([passages], questions, tmp_path / "kept", True, None, 0, settings)
    bolder = replace(settings, strictness=0.0)
    before = tmp_path / "kept/results.json"
    evaluate_command([passages], questions, tmp_path / "now", False, None, 0, bolder, before=before)
    shown = capsys.readouterr().out
    assert "before" in shown and "+33.3 points" in shown
    assert "Before and now" in (tmp_path / "now/index.html").read_text()


def test_what_is_no_kept_run_is_refused_before_anything_is_asked(question_set, settings, tmp_path):
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(UsageError, match="x.json is no kept evaluation"):
        evaluate_command([], [], None, False, None, 0, settings, before=tmp_path / "x.json")


def test_an_unfaithful_quote_shows_in_the_exit_status(word_assistant, question_set, settings, monkeypatch):
    monkeypatch.setattr(run, "exact_quotes", lambda quotes, stored_text: [False for _ in quotes])
    assert evaluate_command([question_set[0]], [question_set[1]], None, True, None, 0, settings) == 1
