import io
import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from rich.console import Console

from assistant.evaluation.charts import chart
from assistant.evaluation.comparison import KeptRun, compared
from assistant.evaluation.html_report import marked, page, worst, write_report
from assistant.evaluation.report import TableRow, print_table, table
from assistant.evaluation.result import Measure, to_json
from assistant.evaluation.run import evaluate
from assistant.evaluation.uncertainty import Estimate


@pytest.fixture
def result(word_assistant, question_set, settings):
    passages, questions, elsewhere = question_set
    return evaluate([passages], [questions, elsewhere], settings=settings)


def measure(value, unit="ratio"):
    return Measure("q.jsonl", "x", "a measure", Estimate(value, value, value, 9), unit)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1.0, "ratio", "1.000"),
        (0.99996, "ratio", "0.9999"),
        (0.8114, "ratio", "0.811"),
        (46.2, "ms", "46 ms"),
        (3.14, "ms", "3.1 ms"),
        (-0.0216, "difference", "-2.2 points"),
    ],
)
def test_numbers_are_rounded_but_never_to_perfect(result, value, unit, shown):
    rows = table(replace(result, measures=(measure(value, unit),)))
    between = f"{shown} to {shown}".replace(" points to", " to") if unit == "difference" else None
    between = between or f"{shown.removesuffix(' ms')}–{shown}"
    assert rows == [TableRow("q.jsonl", "a measure", shown, between, "9")]


def test_the_table_says_what_was_measured_first(result):
    console = Console(file=io.StringIO(), width=100)
    print_table(result, console)
    shown = console.file.getvalue()
    assert shown.startswith("Machine: ")
    assert "questions.jsonl: 3 answerable + 0 not, elsewhere.jsonl: 0 answerable + 2 not" in shown
    assert "passage R@1" in shown and "AUROC" in shown


def test_markup_in_a_file_name_is_printed_as_it_is(result):
    console = Console(file=io.StringIO(), width=100)
    print_table(replace(result, measures=(replace(measure(0.5), group="[red]q[/red]"),)), console)
    assert "[red]q[/red]" in console.file.getvalue()


def test_the_json_is_ascii_and_has_rows_on_demand(result):
    plain, full = to_json(result), to_json(replace(result, notes=("é",)), rows=True)
    assert full.isascii() and "rows" not in json.loads(plain)
    assert [row["id"] for row in json.loads(full)["rows"]] == ["q1", "q2", "q3", "-5", "c2"]
    first = json.loads(plain)["measures"][0]
    assert (first["group"], first["name"], first["value"], first["count"]) == ("questions.jsonl", "recall@1", 1.0, 3)
    assert json.loads(plain)["conditions"] == json.loads(full)["conditions"]


def test_the_report_is_the_same_twice_and_refers_to_nothing_outside(result, tmp_path):
    write_report(result, tmp_path / "a")
    write_report(result, tmp_path / "b")
    for name in ("index.html", "results.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    html = (tmp_path / "a/index.html").read_text()
    assert not any(word in html for word in ("http:", "https:", "src=", "href=", "url(", "<script"))
    assert "default-src 'none'" in html


def test_words_from_files_stay_words(result):
    hostile = "<img src=x onerror=alert(1)>\"'&"
    quote = replace(result.rows[0].first, text=hostile, source=hostile)
    missed = replace(result.rows[0], hit=False, question=hostile, first=quote, answers=(hostile,), id=hostile)
    given = {missed.passage: replace(result.passages[missed.passage], text=f"So {hostile} it is", title=hostile)}
    html = page(replace(result, rows=(missed,), passages=given, notes=(hostile,)))
    assert hostile not in html and "<img" not in html
    assert '&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;</mark><mark class="right"> it is' in html


def test_the_page_is_well_formed(result):
    checker = _Balance()
    checker.feed(page(result))
    assert checker.open == []


def test_the_worst_come_first(result):
    assert [row.id for row in worst(result.rows, 3)] == ["q1", "q3", "q2"]


def test_the_right_sentence_the_answer_and_the_quote_are_marked():
    text = "It began in 1973. It ended & was over."
    assert marked(text, ["1973", "in 1973", "never"], quote="It  began in 1973.") == (
        '<mark class="right quoted">It began </mark><mark class="right quoted answer">in 1973</mark>'
        '<mark class="right quoted">.</mark> It ended &amp; was over.'
    )
    assert marked(text, [], ["It ended & was over ."]).endswith('<mark class="right">It ended &amp; was over.</mark>')
    assert marked("in 1973", ["never"]) == "in 1973"


def test_lines_start_and_end_on_the_axes():
    drawn = chart("T <", "a", "b", {"one": [(0, 0), (1, 1)], "two & three": [(0, 0.25)]}, "n", diagonal=True)
    assert 'points="48.0,256.0 448.0,12.0"' in drawn and drawn.count("<polyline") == 2
    assert "T &lt;" in drawn and "two &amp; three" in drawn and drawn.count('stroke-dasharray="3 3"') == 1
    assert 'points="48.0,12.0"' in chart("T", "a", "b", {"one": [(0, 0.3)]}, fit=True), "the axis ends at .3"
    assert chart("T", "a", "b", {}).count("<polyline") == 0


def test_the_page_shows_each_kind_curve_and_change(result):
    older = KeptRun({("questions.jsonl", "recall@1"): 0.5}, ())
    html = page(compared(result, older))
    assert html.count("<polyline") == 1 * 2 + 2 + 2 + 1 + 1
    assert "<td>number</td>" in html and "<td>name</td>" in html
    assert "Before and now" in html and "+50.0 points" in html
    assert "Confident misses" in html and "Right, but held back" in html and "How long do workers live?" in html


class _Balance(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br", "path", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
