import pytest

from assistant.errors import UsageError
from assistant.evaluation.folds import FOLDS, fold_of
from assistant.evaluation.questions import (
    GivenPassage,
    GivenQuestion,
    of_fold,
    read_all_passages,
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


QED = {
    "id": 7, "title": "Tea", "text": "Tea reached Lisbon in 1610.", "question": "when did tea come",
    "answers": [[{"start": 22, "end": 26, "text": "1610"}], [{"text": "in 1610"}, {"text": "1610"}]],
}  # fmt: skip
CLAPNQ = {
    "id": "c", "input": "why tea", "passages": [{"title": "Tea", "text": "It wakes. It warms.", "sentences": []}],
    "output": [{"selected_sentences": ["It wakes."]}, {"selected_sentences": []}, {"selected_sentences": ["It warms."]}],
}  # fmt: skip


def test_questions_that_bring_their_passages_serve_as_both(lines, tmp_path):
    file = lines(tmp_path / "both.jsonl", [QED, {**QED, "id": 8}, CLAPNQ])
    given = read_all_passages([file])
    assert [(passage.title, passage.text) for passage in given.values()] == [
        ("Tea", "Tea reached Lisbon in 1610."),
        ("Tea", "It wakes. It warms."),
    ]
    first, second, long = read_questions(file, given).questions
    assert first.answers == ("1610", "in 1610") and first.passage == second.passage
    assert long.chosen == (("It wakes.",), ("It warms.",)) and long.answerable and not long.answers
    elsewhere = read_questions(file, {"other"}).questions
    assert not any(question.answerable for question in elsewhere) and elsewhere[0].article == "Tea"


def test_an_id_of_two_files_is_refused(lines, tmp_path):
    one, two = (lines(tmp_path / f"{name}.jsonl", [{"id": "a", "title": "A", "text": name}]) for name in ("one", "two"))
    assert len(read_all_passages([one, one])) == 1, "the same passage twice is one"
    with pytest.raises(UsageError, match="id 'a' of .*two.jsonl stands in another file too"):
        read_all_passages([one, two])


def test_folds_part_articles_by_title_alone():
    assert fold_of("Amazon_rainforest") == fold_of(" amazon  Rainforest") == 1
    assert {fold_of(str(number)) for number in range(99)} == set(range(FOLDS))


def test_one_fold_keeps_its_articles_and_what_names_none(lines, tmp_path):
    rows = [QED, {"id": "x", "question": "Why?"}, {"id": "y", "question": "Who?", "passage": "b"}]
    file, given = lines(tmp_path / "q.jsonl", rows), {"b": GivenPassage("b", "Amazon rainforest", "x")}
    kept = of_fold(read_questions(file, given), 1, given)
    assert [question.id for question in kept.questions] == ["7"] * (fold_of("Tea") == 1) + ["x", "y"]
    assert of_fold(kept, None, given) == kept
    with pytest.raises(UsageError, match="There is no fold 5; articles are parted into folds 0 to 4"):
        of_fold(kept, 5, given)
