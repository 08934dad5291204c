"""Writes a result as a folder: ``results.json`` with every row, and a page that any browser opens without a network.

The page is the same, byte for byte, for the same result. Everything that came from a file is escaped, and a content
security policy forbids scripts and other hosts, so words from a document stay words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

from assistant.datamodel import Content, Span
from assistant.evaluation import charts
from assistant.evaluation.confidence_measures import reliability, roc, share_answered
from assistant.evaluation.corpus import find_words
from assistant.evaluation.report import change_table, conditions_lines, row_of, table
from assistant.evaluation.result import EvaluationResult, QuestionRow, to_json
from assistant.evaluation.retrieval_measures import recall_at
from assistant.evaluation.summary import BY_KIND, LABELS, by_kind, confidences, hits, opposed, thinned
from assistant.splitting import split

_WORST = 12
_STEPS = 100
_RANKS = 10

_STYLE = """
:root { color-scheme: light dark; --quiet: #555; --line: #ccc; --right: #cdebc9; --c0: #1f5fbf; --c1: #b3421b;
  --c2: #1c7a3d; --c3: #7d3fb0; --c4: #8a6a00; --c5: #a0306a }
@media (prefers-color-scheme: dark) {
  :root { --quiet: #aaa; --line: #444; --right: #1f4d2b; --c0: #7db2ff; --c1: #ff9d76; --c2: #74d495; --c3: #cfa2f5;
    --c4: #e2c25a; --c5: #f59ac6 }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
th[scope=rowgroup] { padding-top: 1rem }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
th.number { white-space: normal }
.quiet { color: var(--quiet); font-size: .85rem }
article { border-left: 3px solid var(--line); padding-left: 1rem; margin: 1.5rem 0; overflow-wrap: anywhere }
article h4 { margin: 0 }
blockquote { margin: .3rem 0 .8rem; padding-left: 1rem; white-space: pre-wrap }
mark { background: none; color: inherit }
.right { background: var(--right) }
.quoted { text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 3px; text-decoration-color: var(--c1) }
.answer { font-weight: 700 }
"""


def write_report(result: EvaluationResult, folder: Path) -> None:
    """Write the raw result and the page.

    :param result: what was measured.
    :param folder: made if missing; its ``results.json`` and ``index.html`` are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(to_json(result, rows=True), encoding="ascii")
    (folder / "index.html").write_text(page(result), encoding="utf-8", newline="\n")


def page(result: EvaluationResult) -> str:
    """Render the page: conditions, tables, curves, worst cases.

    :param result: what was measured.
    :returns: one HTML document that refers to nothing outside it.
    """
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width">',
            f"<title>Evaluation</title>\n<style>{_STYLE}{charts.STYLE}</style>\n</head>\n<body>\n<h1>Evaluation</h1>",
            "".join(f'<div class="quiet">{escape(line)}</div>\n' for line in conditions_lines(result)),
            "<h2>Measures by set</h2>",
            _table(table(result), ("value", "95 %", "of")),
            *_changes(result),
            "<h2>By kind of question</h2>",
            _kinds(result),
            '<h2>Curves</h2>\n<div class="charts">',
            *_charts(result),
            "</div>",
            *_all_cases(result),
            "</body>\n</html>\n",
        ]
    )


def worst(rows: Iterable[QuestionRow], most: int = _WORST) -> list[QuestionRow]:
    """Pick the rows that were surest of themselves.

    :param rows: rows that went wrong.
    :param most: how many to keep.
    :returns: highest confidence first, ties by file and id.
    """
    return sorted(rows, key=lambda row: (-row.confidence, row.file, row.id))[:most]


def marked(text: str, answers: Iterable[str], chosen: Iterable[str] = (), quote: str | None = None) -> str:
    """Escape a passage and mark the right sentences, the answer in them, and what was quoted.

    The answer is the longest one, where it stands first; its sentence is right, and so are those that a person picked.

    :param text: the passage.
    :param answers: slices of it.
    :param chosen: sentences of it that people picked.
    :param quote: the words quoted from it, None when they are from elsewhere.
    :returns: safe HTML.
    """
    answer = max((answer for answer in answers if answer in text), key=len, default="")
    at = [Span(text.index(answer), text.index(answer) + len(answer))] if answer else []
    sentences = [sentence for span in at for sentence in _sentences(text) if sentence.overlap(span)]
    sentences += [span for sentence in chosen if (span := find_words(sentence, text))]
    found = find_words(quote, text) if quote else None
    return _with_marks(text, {"right": sentences, "quoted": [found] if found else [], "answer": at})


def _with_marks(text: str, spans: dict[str, list[Span]]) -> str:
    """Cut the text wherever a mark begins or ends, and name the marks of each piece."""
    ends = {0, len(text), *(end for named in spans.values() for span in named for end in (span.start, span.end))}
    pieces = []
    for start, end in pairwise(sorted(ends)):
        names = [name for name, named in spans.items() if any(span.contains(start) for span in named)]
        words = escape(text[start:end])
        pieces.append(f'<mark class="{" ".join(names)}">{words}</mark>' if names else words)
    return "".join(pieces)


def _sentences(text: str) -> list[Span]:
    return [span for passage in split(Content(text, "text/plain", "")) for span in passage.sentences]


def _table(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> str:
    """Lay out rows of group, measure and numbers, a heading for each group."""
    numbers = "".join(f'<th scope="col" class="number">{name}</th>' for name in headings)
    lines, last = [], None
    for group, measure, *cells in rows:
        if group != last:
            lines.append(f'<tr><th scope="rowgroup" colspan="{len(headings) + 1}">{escape(group)}</th></tr>')
        last = group
        lines.append(f"<tr><td>{escape(measure)}</td>{_numbers(cells)}</tr>")
    head = f'<tr><th scope="col">measure</th>{numbers}</tr>'
    return "\n".join(['<div class="scroll"><table>', head, *lines, "</table></div>"])


def _numbers(cells: Iterable[str]) -> str:
    return "".join(f'<td class="number">{escape(cell)}</td>' for cell in cells)


def _changes(result: EvaluationResult) -> list[str]:
    if not result.changes:
        return []
    lead = (
        "<p>Where both runs asked the same questions, change and interval are those of the pairs; "
        "an interval that leaves out 0 is a change that chance does not explain.</p>"
    )
    return ["<h2>Before and now</h2>", lead, _table(change_table(result), ("before", "now", "change", "95 %", "of"))]


def _kinds(result: EvaluationResult) -> str:
    """Lay out a row for each kind, in each file, of question that the sources answer."""
    heads = "".join(f'<th scope="col" class="number">{escape(LABELS[name])}</th>' for name in BY_KIND)
    lines = []
    for file in dict.fromkeys(row.file for row in result.rows if row.answerable):
        lines.append(f'<tr><th scope="rowgroup" colspan="{len(BY_KIND) + 2}">{escape(file)}</th></tr>')
        for kind, measures in by_kind([row for row in result.rows if row.file == file]).items():
            told = {measure.name: row_of(measure) for measure in measures}
            cells = [f"{told[name].value} {told[name].interval}" if name in told else "" for name in BY_KIND]
            lines.append(f"<tr><td>{escape(kind)}</td>{_numbers([str(measures[0].estimate.count), *cells])}</tr>")
    if not lines:
        return "<p>No question is answered by the sources.</p>"
    head = f'<tr><th scope="col">asks for</th><th scope="col" class="number">of</th>{heads}</tr>'
    return "\n".join(['<div class="scroll"><table>', head, *lines, "</table></div>"])


def _charts(result: EvaluationResult) -> list[str]:
    return [
        charts.chart(
            "Risk and coverage", "share answered", "share wrong", _risk(result), fit=True,
            note="Showing only the more confident answers (to the left) shows fewer wrong ones.",
        ),
        charts.chart(
            "Reliability", "confidence", "share right", _reliability(result), diagonal=True,
            note="On the diagonal a confidence means what it says; ten bins of equal width, empty ones left out.",
        ),
        charts.chart(
            "Answered at each strictness", "strictness", "share answered", _answered(result),
            note="The strictness should part the questions that the sources answer from the others.",
        ),
        charts.chart(
            "ROC of confidence", "others answered", "answerable answered", _roc(result), diagonal=True,
            note="The area under a line is the AUROC; on the diagonal confidence tells nothing.",
        ),
        charts.chart(
            "Recall at each rank", "rank / 10", "right passage found", _recall(result),
            note="The share of questions whose right passage is among the first 1 to 10 retrieved.",
        ),
    ]  # fmt: skip


def _risk(result: EvaluationResult) -> charts.Lines:
    return {name: [(point.coverage, point.risk) for point in points] for name, points in result.curves.items()}


def _reliability(result: EvaluationResult) -> charts.Lines:
    """Draw a line for each row of calibration error in the table, with that error in its name."""
    errors = {measure.name: row_of(measure).value for measure in result.measures}
    groups = {"calibration_error": [row for row in result.rows if row.answerable], "calibration_error_all": result.rows}
    return {
        f"{LABELS[name]}: {errors[name]}": [
            (at.confidence, at.right) for at in reliability(confidences(rows), hits(rows))
        ]
        for name, rows in groups.items()
        if name in errors
    }


def _answered(result: EvaluationResult) -> charts.Lines:
    steps = [at / _STEPS for at in range(_STEPS + 1)]
    groups: dict[str, list[QuestionRow]] = {}
    for row in result.rows:
        kind = "answerable" if row.answerable else "look-alikes" if row.looks_answerable else "other subjects"
        groups.setdefault(f"{row.file}: {kind}", []).append(row)
    return {name: [(step, share_answered(confidences(rows), step)) for step in steps] for name, rows in groups.items()}


def _roc(result: EvaluationResult) -> charts.Lines:
    lines = {}
    for file in dict.fromkeys(row.file for row in result.rows):
        sides = opposed(result.rows, file)
        for kind, positive, negative in (
            ("other subjects", sides.answerable, sides.foreign),
            ("look-alikes", sides.answerable_beside, sides.look_alikes),
        ):
            if positive and negative:
                points = thinned(roc(confidences(positive), confidences(negative)))
                lines[f"{file}: {kind}"] = [(point.negatives, point.positives) for point in points]
    return lines


def _recall(result: EvaluationResult) -> charts.Lines:
    lines = {}
    for file in dict.fromkeys(row.file for row in result.rows if row.answerable):
        rows = [row for row in result.rows if row.file == file and row.answerable and row.passage]
        shares = [sum(recall_at(row.ranked, [row.passage or ""], k) for row in rows) for k in range(1, _RANKS + 1)]
        lines[file] = [((k + 1) / _RANKS, share / len(rows)) for k, share in enumerate(shares)]
    return lines


def _all_cases(result: EvaluationResult) -> list[str]:
    rows = result.rows
    groups = (
        (
            "Confident misses",
            [row for row in rows if row.answerable and not row.hit],
            "No question was answered wrongly.",
        ),
        (
            "Most confident answers to questions that the sources do not answer",
            [row for row in rows if not row.answerable and row.first is not None],
            "There is none.",
        ),
    )
    held = sorted(
        (row for row in rows if row.hit and not row.shown), key=lambda row: (row.confidence, row.file, row.id)
    )
    lines = [
        "<h2>Worst cases</h2>",
        '<p>In the passages, <mark class="right">the right sentence</mark>, <mark class="answer">the answer</mark> and '
        '<mark class="quoted">what was quoted</mark>.</p>',
    ]
    for heading, found, none in groups:
        lines += [f"<h3>{heading}</h3>", _cases(worst(found), result, none)]
    return [*lines, "<h3>Right, but held back</h3>", _cases(held[:_WORST], result, "There is none.")]


def _cases(rows: Sequence[QuestionRow], result: EvaluationResult, none: str) -> str:
    return "\n".join(_case(row, result) for row in rows) or f"<p>{none}</p>"


def _case(row: QuestionRow, result: EvaluationResult) -> str:
    """Show one question, the passage that was quoted and the one that would have been right."""
    shown = "shown" if row.shown else "held back at the strictness set"
    lines = [
        f'<article>\n<h4 dir="auto">{escape(row.question)}</h4>',
        f'<div class="quiet">{escape(row.file)}, {escape(row.id)}: confidence {row.confidence:.3f}, {shown}</div>',
    ]
    if row.first is not None and (row.first.passage != row.passage or row.passage is None):
        lines.append(_passage(f"Quoted from {row.first.source}", row.first.passage, row, result))
    if row.passage is not None:
        lead = "Right" if row.answerable else "Looks as if it answered"
        same = ", which was quoted" if row.first and row.first.passage == row.passage else ""
        lines.append(_passage(f"{lead}, in {result.passages[row.passage].title}{same}", row.passage, row, result))
    return "\n".join([*lines, "</article>"])


def _passage(lead: str, passage: str | None, row: QuestionRow, result: EvaluationResult) -> str:
    """Show a passage with its marks, or the quote alone where it is from none of them."""
    quote = row.first.text if row.first and row.first.passage == passage else None
    answers, chosen = (row.answers, row.chosen) if passage == row.passage else ((), ())
    text = result.passages[passage].text if passage else quote or ""
    words = marked(text, answers, [sentence for person in chosen for sentence in person], quote)
    return f'<div class="quiet">{escape(lead)}:</div>\n<blockquote dir="auto">{words}</blockquote>'
