"""Kept conversations as files: exact words, nothing that a reader of the file would interpret, and what `evaluate` reads."""

import csv
import io
import json
import zipfile

import markdown_it
import pytest

from assistant.datamodel import Content, Document
from assistant.errors import UsageError
from assistant.evaluation.questions import read_passages, read_questions
from assistant.interfaces.web import exports
from assistant.kept_conversations import KeptTurn
from assistant.verifying import saved_quotes

TEXT = "Bees live in hives.\n\nWasps\n\nsting, as everybody knows. The end."
DOCUMENT = Document("a.txt", "ab", Content(TEXT, "text/plain", "A"))
ATTACKS = [
    "<script>window.xssRan7731=1</script>", "[a](javascript:window.xssRan7731=1)", "![x](http://evil.example/x.png)",
    "# heading", "1. one", "`code`", "**bold** _it_ ~~no~~", "a | b", "&lt;b&gt;", "http://evil.example", "$x^2$", "- a",
]  # fmt: skip


def quote(words, source="a.txt", **more):
    start = TEXT.index(words) if words in TEXT else 0
    told = {"text": words, "source": source, "sha256": "ab", "start": start, "end": start + len(words), "title": "A",
            "place": source, "page": 3, "key": None}  # fmt: skip
    return {**told, **more}


def turn(number=1, question="Where?", quotes=(), closest=(), judgement="none"):
    answer = {"question": question, "resolved_question": question, "answered": bool(quotes), "confidence": 0.9,
              "quotes": list(quotes), "closest": list(closest)}  # fmt: skip
    return KeptTurn(number, "2026-01-31T12:00:00Z", answer, judgement)


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_shows_every_word_as_it_is(attack):
    written = exports.markdown(attack, [turn(question=attack, quotes=[quote(attack, title=attack)])])
    tokens = markdown_it.MarkdownIt("gfm-like", {"linkify": False}).parse(written)
    inline = [token for token in tokens if token.type == "inline"]
    assert [token.content and "".join(child.content for child in token.children) for token in inline[:3]] == [
        attack
    ] * 3
    assert {child.type for token in inline for child in token.children} <= {"text", "text_special"}


def test_markdown_says_that_an_abstention_is_none():
    written = exports.markdown("Talk", [turn(closest=[quote("Bees live in hives.")])])
    assert "**The sources don’t say.**" in written and "which are not an answer" in written


def test_json_lines_can_be_verified(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text(
        exports.json_lines([turn(quotes=[quote("Bees live in hives.")]), turn(closest=[quote("The end.")])])
    )
    assert [q["text"] for q in saved_quotes(path)] == ["Bees live in hives.", "The end."]


@pytest.mark.parametrize("sign", list("=+-@\t\r"))
def test_no_cell_is_a_formula(sign):
    words = f"{sign}cmd|' /C calc'!A0"
    written = exports.table([turn(question=words, quotes=[quote(words, source=words, title=words)])])
    (row,) = csv.DictReader(io.StringIO(written.removeprefix("\ufeff"), newline=""))
    assert row["question"] == row["quote"] == row["title"] == f"'{words}"
    assert not any((cell or "").startswith(sign) for cell in row.values())


def test_a_table_holds_each_quote_with_its_citation():
    written = exports.table([turn(quotes=[quote("Bees live in hives."), quote("The end.")]), turn(2)])
    rows = list(csv.DictReader(io.StringIO(written.removeprefix("\ufeff"), newline="")))
    assert [(row["quote"], row["source"], row["page"]) for row in rows] == [
        ("Bees live in hives.", "a.txt", "3"), ("The end.", "a.txt", "3"), ("", "", ""),
    ]  # fmt: skip


def test_judged_answers_become_questions_for_evaluate(tmp_path):
    def document(source):
        if source != "a.txt":
            raise UsageError("No such source.")
        return DOCUMENT

    broken = "Wasps\n\nsting, as everybody knows."
    turns = [
        turn(1, "Where do bees live?", [quote("Bees live in hives.")], judgement="up"),
        turn(
            2, "What do wasps do?", [quote(broken, key=[TEXT.index("sting"), TEXT.index("sting") + 5])], judgement="up"
        ),
        turn(3, "Who is Ada?", [quote("The end.")], judgement="down"),
        turn(4, "What is love?", closest=[quote("The end.")], judgement="up"),
        turn(5, "What is a bee?", closest=[quote("Bees live in hives.")], judgement="down"),
        turn(6, "Gone?", [quote("Gone.", source="gone.txt")], judgement="up"),
    ]
    with zipfile.ZipFile(io.BytesIO(exports.evaluation(turns, document))) as archive:
        archive.extractall(tmp_path)
    passages = read_passages(tmp_path / "passages.jsonl")
    assert "".join(passage.text for passage in passages) == TEXT
    assert any(broken in passage.text for passage in passages), "no quote is cut in two"
    questions = read_questions(tmp_path / "questions.jsonl", {passage.id for passage in passages}).questions
    assert [(q.id, q.answers) for q in questions] == [
        ("1", ("Bees live in hives.",)), ("2", ("sting",)), ("3", ()), ("4", ()),
    ]  # fmt: skip
    by_id = {passage.id: passage.text for passage in passages}
    assert all(answer in by_id[q.passage] for q in questions for answer in q.answers)


def test_lone_surrogates_do_not_stop_an_export():
    odd = turn(question="a \ud800 b", quotes=[quote("x", source="a\udcff.txt")])
    assert json.loads(exports.json_lines([odd]))["question"] == "a \ud800 b"
    assert exports.table([odd]).encode()
