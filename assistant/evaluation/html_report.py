"""Writes a result as a folder: ``results.json`` with every row, and a page that any browser opens without a network.

The page is the same, byte for byte, for the same result. Everything that came from a file is escaped, and a content
security policy forbids scripts and other hosts, so words from a document stay words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from math import ceil
from pathlib import Path

from assistant.evaluation.confidence_measures import RiskPoint
from assistant.evaluation.report import conditions_lines, table
from assistant.evaluation.result import EvaluationResult, QuestionRow, to_json

_WORST = 25
_WIDTH, _HEIGHT, _MARGIN = 640, 320, 48
_DASHES = ("", "7 4", "2 3")

_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #8886; vertical-align: top }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
article { border-left: 3px solid #8886; padding-left: 1rem; margin: 1.5rem 0; overflow-wrap: anywhere }
blockquote { margin: .5rem 0; padding-left: 1rem; white-space: pre-wrap }
mark { background: #fd6; color: #000 }
svg { max-width: 100%; height: auto }
svg text { font-size: 13px; fill: currentColor }
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
    """Render the page: conditions, table, risk–coverage curves, worst cases.

    :param result: what was measured.
    :returns: one HTML document that refers to nothing outside it.
    """
    missed = worst(row for row in result.rows if row.answerable and not row.hit)
    answered = worst(row for row in result.rows if not row.answerable and row.first is not None)
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width">',
            f"<title>Evaluation</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Evaluation</h1>",
            "".join(f"<div>{escape(line)}</div>\n" for line in conditions_lines(result)),
            _table(result),
            "<h2>Risk and coverage</h2>",
            "<p>Showing only the more confident answers (to the left) shows fewer wrong ones.</p>",
            curve_svg(result.curves),
            "<h2>Confident misses</h2>",
            _cases(missed, result, "No question was answered wrongly."),
            "<h2>Most confident answers to questions that the sources do not answer</h2>",
            _cases(answered, result, "There is none."),
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


def curve_svg(curves: Mapping[str, Sequence[RiskPoint]]) -> str:
    """Draw risk against coverage.

    :param curves: points of rising coverage, by name.
    :returns: an SVG element with axes and a legend.
    """
    highest = max((point.risk for points in curves.values() for point in points), default=0.0)
    top = max(0.1, ceil(highest * 10) / 10)
    lines = [_line(points, top, _DASHES[at % len(_DASHES)]) for at, points in enumerate(curves.values())]
    legend = [
        f'<text x="{_MARGIN + 12}" y="{18 + 16 * at}">{("solid", "dashed", "dotted")[at % 3]}: {escape(name)}</text>'
        for at, name in enumerate(curves)
    ]
    return "\n".join([_frame(), *_ticks(top), *lines, *legend, "</svg>"])


def _frame() -> str:
    bottom, right = _HEIGHT - _MARGIN, _WIDTH - 12
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        'aria-label="Share of wrong answers against share of questions answered">\n'
        f'<path d="M{_MARGIN} 8V{bottom}H{right}" fill="none" stroke="currentColor"/>\n'
        f'<text x="{right}" y="{_HEIGHT - 8}" text-anchor="end">coverage: share of questions answered</text>\n'
        f'<text x="4" y="{_HEIGHT - 8}">risk ↑: share wrong</text>'
    )


def _ticks(top: float) -> list[str]:
    sideways = [
        f'<text x="{_x(at / 5):.1f}" y="{_HEIGHT - _MARGIN + 17}" text-anchor="middle">{at / 5:g}</text>'
        for at in range(6)
    ]
    upwards = [
        f'<text x="{_MARGIN - 6}" y="{_y(top * at / 4, top) + 4:.1f}" text-anchor="end">{top * at / 4:.3g}</text>'
        for at in range(1, 5)
    ]
    return sideways + upwards


def _line(points: Sequence[RiskPoint], top: float, dashes: str) -> str:
    path = " ".join(f"{_x(point.coverage):.1f},{_y(point.risk, top):.1f}" for point in points)
    return f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="{dashes}"/>'


def _x(coverage: float) -> float:
    return _MARGIN + coverage * (_WIDTH - 12 - _MARGIN)


def _y(risk: float, top: float) -> float:
    return _HEIGHT - _MARGIN - risk / top * (_HEIGHT - _MARGIN - 8)


def _table(result: EvaluationResult) -> str:
    numbers = "".join(f'<th class="number">{name}</th>' for name in ("value", "95 %", "of"))
    rows = [
        f"<tr><td>{escape(row.group)}</td><td>{escape(row.measure)}</td>"
        + "".join(f'<td class="number">{escape(cell)}</td>' for cell in row[2:])
        + "</tr>"
        for row in table(result)
    ]
    return "\n".join(["<table>", f"<tr><th>asked</th><th>measure</th>{numbers}</tr>", *rows, "</table>"])


def _cases(rows: Sequence[QuestionRow], result: EvaluationResult, none: str) -> str:
    return "\n".join(_case(row, result) for row in rows) or f"<p>{none}</p>"


def _case(row: QuestionRow, result: EvaluationResult) -> str:
    """Show one question, what was quoted, and the passage that would have been right with its answers marked."""
    shown = "shown" if row.shown else "held back at the strictness set"
    lines = [
        f'<article>\n<h3 dir="auto">{escape(row.question)}</h3>',
        f"<div>{escape(row.file)}, {escape(row.id)}: confidence {row.confidence:.3f}, {shown}</div>",
    ]
    if row.first is not None:
        lines.append(_quoted(f"Quoted from {row.first.source}:", escape(row.first.text)))
    if row.answerable and row.passage is not None:
        given = result.passages[row.passage]
        same = " (the same passage)" if row.first and row.first.passage == row.passage else ""
        lines.append(_quoted(f"Right, in {given.title}{same}:", marked(given.text, row.answers)))
    return "\n".join([*lines, "</article>"])


def _quoted(lead: str, words: str) -> str:
    """Set off words, which must be safe HTML; the lead is escaped here."""
    return f'<div>{escape(lead)}</div>\n<blockquote dir="auto">{words}</blockquote>'


def marked(text: str, answers: Iterable[str]) -> str:
    """Escape a passage and mark the first place of its longest answer.

    :param text: the passage.
    :param answers: slices of it.
    :returns: safe HTML.
    """
    answer = max((answer for answer in answers if answer in text), key=len, default="")
    before, found, after = text.partition(answer) if answer else (text, "", "")
    return escape(before) + (f"<mark>{escape(found)}</mark>" if found else "") + escape(after)
