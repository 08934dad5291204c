import json

from assistant.evaluation import run
from assistant.evaluation.command import evaluate_command


def test_a_table_on_standard_output_and_nothing_else(word_assistant, question_set, settings, capsys):
    passages, *questions = question_set
    assert evaluate_command(passages, questions, None, False, None, 0, settings) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("Machine: ") and "quote fidelity" in shown.out


def test_one_json_document_and_a_report(word_assistant, question_set, settings, capsys, tmp_path):
    passages, *questions = question_set
    assert evaluate_command(passages, questions, tmp_path / "report", True, 1, 0, settings) == 0
    printed = json.loads(capsys.readouterr().out)
    kept = json.loads((tmp_path / "report/results.json").read_text())
    assert printed["measures"] == kept["measures"] and len(kept["rows"]) == 2
    assert (tmp_path / "report/index.html").is_file()


def test_an_unfaithful_quote_shows_in_the_exit_status(word_assistant, question_set, settings, monkeypatch):
    monkeypatch.setattr(run, "exact_quotes", lambda quotes, stored_text: [False for _ in quotes])
    assert evaluate_command(question_set[0], [question_set[1]], None, True, None, 0, settings) == 1
