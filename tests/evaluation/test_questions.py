import pytest

from assistant.errors import UsageError
from assistant.evaluation.questions import (
    GivenPassage,
    GivenQuestion,
    read_all_questions,
    read_passages,
    read_questions,
    sampled,
)

PASSAGE = '{"id": "a#0", "title": "A", "text": "One."}\n'


def test_passages_and_questions_are_read(question_set):
    passages, questions, _ = question_set
    given = read_passages(passages)
    assert given[2] == GivenPassage("bees#0", "Bees / hives", "A hive holds one queen. Workers live for six weeks.")
    file = read_questions(questions, {passage.id for passage in given})
    assert (file.name, file.total) == ("questions.jsonl", 3)
    assert file.questions[0] == GivenQuestion("q1", "Where was tea first drunk?", "tea#0", ("China",))


def test_questions_about_other_passages_are_not_answered_by_these_whatever_they_say(question_set, lines, tmp_path):
    file = read_questions(question_set[2], {"tea#0"})
    assert [(question.id, question.passage, question.answerable) for question in file.questions] == [
        ("-5", None, False),
        ("c2", None, False),
    ]
    foreign = lines(tmp_path / "f.jsonl", [{"question": "Why?", "passage": "x#1", "answers": ["because"]}])
    assert read_questions(foreign, {"tea#0"}).questions == (GivenQuestion("1", "Why?"),)


def test_a_look_alike_keeps_its_passage(lines, tmp_path):
    file = lines(tmp_path / "f.jsonl", [{"id": "x", "question": "Why?", "passage": "tea#0", "answers": []}])
    assert read_questions(file, {"tea#0"}).questions == (GivenQuestion("x", "Why?", "tea#0"),)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (PASSAGE + "{", "p.jsonl, line 2: the line is not JSON"),
        ("\n[1]\n", r"line 2: the line must be a JSON object, not \[1\]"),
        (PASSAGE + '{"id": "b", "title": "B"}', 'line 2: "text" must be a text that is not blank, not missing'),
        (PASSAGE + '{"id": "b", "title": " ", "text": "x"}', "line 2: \"title\" must be .* not ' '"),
        (PASSAGE + PASSAGE, "line 2: the passage id 'a#0' stands on an earlier line too"),
        (PASSAGE + '{"id": "b", "title": "B", "text": "\\ud800"}', "line 2: .* lone surrogate"),
        ("[" * 100_000, "line 1: the line is not JSON"),
        ("", "p.jsonl holds no passages"),
    ],
    ids=["broken", "list", "no text", "blank title", "twice", "surrogate", "deep", "empty"],
)
def test_a_malformed_passage_is_named_by_file_and_line(tmp_path, content, match):
    (tmp_path / "p.jsonl").write_text(content)
    with pytest.raises(UsageError, match=match):
        read_passages(tmp_path / "p.jsonl")


@pytest.mark.parametrize(
    ("row", "match"),
    [
        ({"id": 1}, '"input" must be a text'),
        ({"question": ["turn"]}, '"question" must be a text'),
        ({"question": "Why?", "passage": "a", "answers": "x"}, '"answers" must be a list of texts'),
        ({"question": "Why?", "passage": "a", "answers": [""]}, '"answers" must be a list of texts'),
    ],
    ids=["none", "conversation", "one answer", "empty answer"],
)
def test_a_malformed_question_is_named_by_file_and_line(tmp_path, lines, row, match):
    with pytest.raises(UsageError, match=f"q.jsonl, line 1: {match}"):
        read_questions(lines(tmp_path / "q.jsonl", [row]), {"a"})


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match="none.jsonl cannot be read: No such file"):
        read_passages(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(PASSAGE.encode() + b'{"id": "\xe9"}')
    with pytest.raises(UsageError, match="latin.jsonl, line 2: the text is not UTF-8"):
        read_passages(tmp_path / "latin.jsonl")


def test_line_separators_inside_a_string_do_not_end_the_line(tmp_path):
    (tmp_path / "p.jsonl").write_text('{"id": "a", "title": "A", "text": "x\u2028y"}\r\n', newline="")
    assert read_passages(tmp_path / "p.jsonl")[0].text == "x\u2028y"


def test_files_of_one_name_are_told_apart_by_their_folder(tmp_path, lines):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    paths = [lines(tmp_path / folder / "q.jsonl", [{"question": "Why?"}]) for folder in ("one", "two")]
    assert [file.name for file in read_all_questions(paths, set())] == ["one/q.jsonl", "two/q.jsonl"]
    with pytest.raises(UsageError, match="given twice"):
        read_all_questions([paths[0], paths[0]], set())


def test_a_sample_is_seeded_and_keeps_the_order(tmp_path, lines):
    file = read_questions(lines(tmp_path / "q.jsonl", [{"id": n, "question": "Why?"} for n in range(50)]), set())
    drawn = sampled(file, 10, seed=3)
    assert drawn == sampled(file, 10, seed=3) != sampled(file, 10, seed=4)
    assert [int(q.id) for q in drawn.questions] == sorted({int(q.id) for q in drawn.questions})
    assert (len(drawn.questions), drawn.total) == (10, 50)
    assert sampled(file, 50, 0) == sampled(file, None, 0) == file
    with pytest.raises(UsageError, match="at least 1 question, not 0"):
        sampled(file, 0, 0)
