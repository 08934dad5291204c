"""JSON and JSON lines: small records as rows, other values under their path, and text for what is no JSON."""

import json

import pytest

from assistant.errors import UnreadableFile
from assistant.loaders.json_text import TOO_DEEP, JsonLoader

PROSE = "The council measured the rain with three gauges. " * 4


def load(value, name="a.json"):
    text = value if isinstance(value, (str, bytes)) else json.dumps(value)
    return JsonLoader().load(text.encode() if isinstance(text, str) else text, name)


def headings(content):
    return [heading.span.of(content.text) for heading in content.headings]


def test_small_records_are_rows():
    content = load([{"name": "Ada", "year": 1843, "at": {"city": "London"}}, {"name": "Bob", "tags": ["x", "y"]}])
    assert content.text == "name: Ada | year: 1843 | at.city: London\n\nname: Bob | tags[0]: x | tags[1]: y"
    assert (content.title, content.warnings) == ("a", ())


def test_prose_stands_below_its_path_word_for_word():
    content = load({"title": "Rain", "items": [{"note": PROSE}], "lines": "one\n\ntwo", "n": None, "ok": True})
    assert content.text == f"title: Rain\n\nitems[0].note\n\n{PROSE.strip()}\n\nlines\n\none\n\ntwo\n\nok: true"
    assert headings(content) == ["items[0].note", "lines"]
    assert content.title == "Rain"


def test_numbers_and_repeated_keys_are_kept_as_they_are_written():
    text = '{"a": 1.50, "a": 12345678901234567890123, "b": 1e400, "c": NaN, "d": -0}'
    assert load(text).text == "a: 1.50 | a: 12345678901234567890123 | b: 1e400 | c: NaN | d: -0"
    assert load('{"n": ' + "9" * 10_000 + "}").text == "n: " + "9" * 10_000


def test_json_lines_also_under_another_name_and_with_a_bad_line():
    content = load('{"a": 1}\n\n{"a": 2\n{"a": 3}\n', "a.jsonl")
    assert content.text == 'a: 1\n\n{"a": 2\n\na: 3'
    assert content.warnings == ("line 3 could not be read as JSON and stayed plain text",)
    assert load('{"a": 1}\n{"b": 2}', "a.json").text == "a: 1\n\nb: 2"


def test_what_is_no_json_is_kept_as_text():
    content = load('{"t": "Some words.", "x": [1, 2')
    assert content.text == '{"t": "Some words.", "x": [1, 2'
    assert content.warnings == ("not valid JSON (Expecting ',' delimiter at line 1); kept as plain text",)


def test_deep_nesting_is_kept_as_text():
    content = load('{"t": "Words.", "d": ' + "[" * 100_000 + "]" * 100_000 + "}")
    assert content.text.startswith('{"t": "Words."') and content.warnings == (TOO_DEEP,)


def test_nesting_below_the_parsers_limit_does_not_blow_the_stack():
    value = "deep words"
    for _ in range(800):
        value = [value]
    assert load(value).text.endswith(": deep words")


def test_escapes_give_clean_text():
    assert load(r'["a\u0000b \ud800 caf\u00e9 \ud83d\udcda", "x\r\ny"]').text == "ab � café 📚\n\nx\ny"


def test_a_mark_and_another_encoding():
    assert load('{"a": "é"}'.encode("utf-16")).text == "a: é"


@pytest.mark.parametrize("text", ["null", "{}", "[[], {}]", '""'])
def test_a_document_without_words_is_refused(text):
    with pytest.raises(UnreadableFile, match="holds no text"):
        load(text)
