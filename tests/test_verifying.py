"""Saved quotes against today's files: verified, changed or missing; and a file that holds no answers is one sentence."""

import json

import pytest

from assistant.datamodel import Span
from assistant.errors import UsageError
from assistant.interfaces.render import answer_json
from assistant.verifying import saved_quotes, verify

BEES = "Bees live in a hive. The queen lays eggs. Workers — live for six weeks."


def quote(text, source="bees.txt", start=None, **changes):
    start = BEES.index(text) if start is None else start
    return {"source": source, "start": start, "end": start + len(text), "text": text, "sha256": "5a" * 32, **changes}


def saved(path, *answers, lines=False):
    path.write_text("\n".join(json.dumps(each) for each in answers) if lines else json.dumps(answers[0]))
    return path


def states(settings, *quotes):
    return [verdict.state for verdict in verify(settings, list(quotes))]


def test_a_quote_that_still_stands_is_verified(settings, make_sources):
    make_sources({"bees.txt": BEES})
    verdicts = verify(settings, [quote("The queen lays eggs."), quote("Workers — live for six weeks.")])
    assert [(v.source, Span(v.start, v.end).of(BEES), v.state) for v in verdicts] == [
        ("bees.txt", "The queen lays eggs.", "verified"),
        ("bees.txt", "Workers — live for six weeks.", "verified"),
    ]


def test_a_file_that_changed_elsewhere_keeps_its_quotes(settings, make_sources):
    make_sources({"bees.txt": BEES + " And more."})
    assert states(settings, quote("The queen lays eggs.")) == ["verified"]


@pytest.mark.parametrize(
    "now",
    [" " + BEES, BEES.replace("queen", "Queen"), "Short.", "", b"\x7fELF\0\0"],
    ids=["moved", "other letter", "shorter", "empty", "binary"],
)
def test_other_words_at_its_place_are_a_change(settings, make_sources, now):
    make_sources({"bees.txt": now})
    assert states(settings, quote("The queen lays eggs.")) == ["changed"]


@pytest.mark.parametrize("source", ["gone.txt", "../bees.txt", "/etc/passwd", ".hidden", ""])
def test_a_file_that_is_no_source_is_missing(settings, make_sources, source):
    make_sources({"bees.txt": BEES, ".hidden": BEES, "../bees.txt": BEES})
    assert states(settings, quote("Bees live in a hive.", source)) == ["missing"]


def test_a_source_that_is_gone_is_missing(settings, make_sources):
    make_sources({"ants.txt": "Ants live in a nest."})
    assert states(settings, quote("Bees live in a hive.")) == ["missing"]


def test_without_a_sources_folder_nothing_can_be_checked(settings):
    with pytest.raises(UsageError, match="The sources folder .* does not exist; name another with --sources"):
        states(settings, quote("Bees live in a hive."))


def test_a_line_of_a_batch_that_could_not_be_asked_is_passed_over(tmp_path):
    saved = tmp_path / "answers.jsonl"
    saved.write_text('{"id": 1, "error": "no question"}\n{"id": 2, "quotes": [], "closest": []}\n')
    assert saved_quotes(saved) == []


@pytest.mark.parametrize(
    "start, end", [(-len(BEES), -len(BEES) + 20), (0, 10_000), (0, 19), (20, 0), (10**30, 10**30 + 20)]
)
def test_offsets_that_do_not_give_the_words_are_a_change(settings, make_sources, start, end):
    make_sources({"bees.txt": BEES})
    assert states(settings, quote("Bees live in a hive.", start=start, end=end)) == ["changed"]


def test_what_ask_saves_is_verified(settings, make_sources, build, open_index, tmp_path):
    make_sources({"bees.txt": BEES, "more/tea.txt": "Tea was first drunk in China."})
    build()
    answers = [answer_json(open_index(strictness=strictness).ask("Where do bees live?")) for strictness in (0, 1)]
    assert answers[0]["quotes"] and answers[1]["closest"]
    quotes = saved_quotes(saved(tmp_path / "answers.jsonl", *answers, lines=True))
    assert len(quotes) == len(answers[0]["quotes"]) + len(answers[1]["closest"])
    assert set(states(settings, *quotes)) == {"verified"}
    assert saved_quotes(saved(tmp_path / "one.json", answers[0])) == answers[0]["quotes"]


def test_a_line_may_hold_signs_that_end_lines_elsewhere(tmp_path):
    odd = {"quotes": [quote("Two\u2028lines\x85here", start=0)]}
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join(json.dumps(odd, ensure_ascii=False) for _ in range(2)), "utf-8")
    assert saved_quotes(path) == odd["quotes"] * 2


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is empty|is not JSON"),
        (b"\n\n", "is empty"),
        (b"no json", "is not JSON"),
        (b'{"quotes": []}\n{"quotes": [', "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"\xff\xfe\x00", r"cannot be read \(UnicodeDecodeError\)"),
        (b"5", "holds something other than answers"),
        (b'[{"quotes": []}]', "holds something other than answers"),
        (b'{"question": "x"}', "holds something other than answers"),
        (b'{"quotes": {}}', "holds something other than answers"),
        (b'{"quotes": [], "closest": null}', "holds something other than answers"),
        (b'{"quotes": [5]}', "lacks source, start, end, text or sha256"),
        (b'{"quotes": [{}]}', "lacks source, start, end, text or sha256"),
    ],
)
def test_a_file_without_answers_is_refused_by_name(tmp_path, content, message):
    (tmp_path / "saved.json").write_bytes(content)
    with pytest.raises(UsageError, match=f"'saved.json' ({message}).*; give the output of `ask --json`"):
        saved_quotes(tmp_path / "saved.json")


@pytest.mark.parametrize(
    "field, value",
    [("start", "0"), ("end", None), ("start", 0.5), ("end", True), ("source", ["a"]), ("text", 5), ("sha256", None)],
)
def test_a_quote_with_a_field_of_another_type_is_refused(tmp_path, field, value):
    path = saved(tmp_path / "saved.json", {"quotes": [{**quote("Bees live"), field: value}]})
    with pytest.raises(UsageError, match="A quote in 'saved.json' lacks"):
        saved_quotes(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"'gone.json' cannot be read \(FileNotFoundError\); give the output"):
        saved_quotes(tmp_path / "gone.json")
