"""Records as HTML: everything that comes from a document, a file name or a person is escaped here and nowhere else.

Gradio shows these strings through its sanitizer, which keeps elements, ``class``, ``id``, ``title``, ``value`` and
``style`` and drops the rest; so a button carries what it opens in ``value``, and names for screen readers are words.
Each string is one line that opens with a tag: line breaks inside are written as character references, because Gradio
re-indents text and its Markdown component ends a block of HTML at an empty line.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from assistant.datamodel import Answer, IndexStatus, Progress, Quote, SourceStatus, Span
from assistant.interfaces.render import citation_label, confidence_words, visible
from assistant.wording import count_of, runs_of

_LINE_SIGNS = {ord(sign): f"&#{ord(sign)};" for sign in "\t\n\r"}
_STATE_WORDS = {"indexed": "searchable", "partial": "partly searchable", "rejected": "not readable"}
_STATE_ORDER = {"rejected": 0, "partial": 1, "indexed": 2}
_STAGE_WORDS = {"read": ("Reading", "files"), "embed": ("Indexing", "passages"), "write": ("Saving", "steps")}


def literal(text: str) -> str:
    """Escape text so that a browser shows exactly these characters, on one line of HTML."""
    return html.escape(text.encode("utf-8", "replace").decode()).translate(_LINE_SIGNS)


def name(text: str) -> str:
    """Escape a file name, title or reason: control and direction signs are made visible first."""
    return literal(visible(text))


def question_html(question: str) -> str:
    """Show what the person asked."""
    return f'<div class="qa-question" dir="auto">{literal(question)}</div>'


def pending_html() -> str:
    """Show that the sources are being searched."""
    return '<div class="qa-pending"><span class="qa-dot"></span>Looking in your sources…</div>'


def notice_html(sentence: str) -> str:
    """Show one sentence about something that went wrong, or nothing."""
    return f'<div class="qa-notice" role="alert">{name(sentence)}</div>' if sentence else ""


def answer_html(answer: Answer, coverage: str | None = None) -> str:
    """Show an answer as its quotes, or an abstention as such.

    :param answer: what the assistant replied.
    :param coverage: how much of the sources could not be searched, shown beside an abstention.
    :returns: one line of HTML.
    """
    body = _quotes_html(answer) if answer.answered else _abstention_html(answer, coverage)
    return f'<div class="qa-reply">{_understood_html(answer)}{body}</div>'


def _understood_html(answer: Answer) -> str:
    """Say how a follow-up was understood, when that differs from its words."""
    if answer.resolved_question.strip() == answer.question.strip():
        return ""
    return f'<p class="qa-understood">Understood as: <q dir="auto">{literal(answer.resolved_question)}</q></p>'


def _quotes_html(answer: Answer) -> str:
    best, *others = (_quote_html(quote, number) for number, quote in enumerate(answer.quotes, 1))
    more = f'<p class="qa-label">Also in your sources</p><ol class="qa-quotes">{"".join(others)}</ol>' if others else ""
    return f'<ol class="qa-quotes qa-best">{best}</ol>{_confidence_html(answer.confidence)}{more}'


def _abstention_html(answer: Answer, coverage: str | None) -> str:
    """Say plainly that there is no answer, then what comes closest, labelled as not being one."""
    parts = ['<div class="qa-abstention"><p class="qa-verdict">Your sources don’t say.</p>']
    if coverage:
        parts.append(f'<p class="qa-coverage">{name(coverage)}.</p>')
    if answer.closest:
        quotes = "".join(_quote_html(quote, number) for number, quote in enumerate(answer.closest, 1))
        parts.append('<p class="qa-label">The closest passages – not an answer</p>')
        parts.append(f'<ol class="qa-quotes qa-near">{quotes}</ol>')
    return "".join(parts) + "</div>"


def _quote_html(quote: Quote, number: int) -> str:
    """Show one quote: its number, its words, where they stand, and the sentences around them on demand."""
    return (
        f'<li class="qa-quote"><span class="qa-number">{number}</span>'
        f'<blockquote class="qa-words" dir="auto">{_words_html(quote)}</blockquote>'
        f"{_cite_html(quote)}{_context_html(quote)}</li>"
    )


def _words_html(quote: Quote) -> str:
    """Slice the quoted words, with the span of the answer inside them emphasised."""
    text, key = quote.document.text, quote.key
    if key is None or not quote.span.start <= key.start < key.end <= quote.span.end:
        return literal(quote.text)
    before, after = text[quote.span.start : key.start], text[key.end : quote.span.end]
    return f"{literal(before)}<strong>{literal(key.of(text))}</strong>{literal(after)}"


def _cite_html(quote: Quote) -> str:
    """Make the line that names the source into the button that opens it at the quote."""
    citation = quote.citation
    title = f'<span class="qa-title">{name(citation.title)}</span>' if citation.title else ""
    place = f'<span class="qa-place">{name(citation_label(citation))}</span>'
    query = passage_query(citation.source, citation.sha256, quote.span)
    opening = f'<button type="button" class="qa-cite" value="{literal(query)}" title="Show in the source">'
    return f"{opening}{title}{place}</button>"


def _context_html(quote: Quote) -> str:
    before, after = (span.of(quote.document.text) if span else "" for span in (quote.before, quote.after))
    if not before and not after:
        return ""
    words = f'{literal(before)} <span class="qa-here">{literal(quote.text)}</span> {literal(after)}'
    return f'<details class="qa-context"><summary>In context</summary><p dir="auto">{words}</p></details>'


def _confidence_html(confidence: float) -> str:
    return (
        f'<p class="qa-confidence" title="Confidence {confidence:.2f} of 1">'
        f'<span class="qa-bar"><span style="width: {confidence:.0%}"></span></span>'
        f"{name(confidence_words(confidence).capitalize())} your question</p>"
    )


def passage_query(source: str, sha256: str | None, span: Span | None = None) -> str:
    """Write the query that asks this server for a place in a source (see `viewing`).

    :param source: path below the sources folder.
    :param sha256: hash of the bytes that were indexed; a changed source is then refused, not marked wrongly.
    :param span: what to mark; None opens the source at its start.
    :returns: ``source=…&sha256=…&start=…&end=…``, percent-encoded.
    """
    fields: dict[str, str | int] = {"source": source, "sha256": sha256 or ""}
    if span is not None:
        fields |= {"start": span.start, "end": span.end}
    return urlencode(fields, errors="surrogateescape")


def sources_html(status: IndexStatus) -> str:
    """List every source with its state, those with problems first."""
    rows = sorted(status.sources, key=lambda row: (_STATE_ORDER[row.state], row.source.casefold()))
    listed = "".join(_source_html(row) for row in rows)
    return f'<div class="qa-sources"><p class="qa-summary">{_summary(status)}</p><ul>{listed}</ul></div>'


def _summary(status: IndexStatus) -> str:
    unread = len(status.rejected)
    words = [count_of(len(status.sources), "source"), count_of(status.passages, "passage")]
    return " · ".join(words + ([f"{unread} not readable"] if unread else []))


def _source_html(row: SourceStatus) -> str:
    badge = f'<span class="qa-badge qa-{row.state}">{_STATE_WORDS[row.state]}</span>'
    remarks = "".join(f'<p class="qa-remark">{name(line)}</p>' for line in _remarks(row))
    return f'<li class="qa-source">{_source_name_html(row)}{badge}<p class="qa-facts">{_facts(row)}</p>{remarks}</li>'


def _source_name_html(row: SourceStatus) -> str:
    if row.state == "rejected":
        return f'<span class="qa-open">{name(row.source)}</span>'
    query = literal(passage_query(row.source, row.sha256))
    return f'<button type="button" class="qa-open" value="{query}" title="Read this source">{name(row.source)}</button>'


def _facts(row: SourceStatus) -> str:
    if row.state == "rejected":
        return _size(row.bytes)
    pages = [count_of(row.pages, "page")] if row.pages else []
    return " · ".join([*pages, count_of(row.characters, "character"), count_of(row.passages, "passage")])


def _remarks(row: SourceStatus) -> Iterable[str]:
    """Say what a person should know about a source: why it was rejected, which pages hold no text, warnings."""
    if row.reason:
        yield row.reason
    if row.unsearchable_pages:
        yield f"{count_of(len(row.unsearchable_pages), 'page')} without text: {_ranges(row.unsearchable_pages)}"
    yield from row.warnings


def _ranges(numbers: Sequence[int], shown: int = 8) -> str:
    """Write page numbers briefly: ``3–17, 40``; more than ``shown`` ranges end in an ellipsis."""
    words = runs_of(sorted(numbers))
    return ", ".join(words[:shown]) + (", …" if len(words) > shown else "")


def progress_html(progress: Progress | None) -> str:
    """Show how far a build is: stage, count, speed, time left, and what is being worked on."""
    if progress is None:
        return '<div class="qa-progress"><progress></progress><p>Starting…</p></div>'
    doing, things = _STAGE_WORDS[progress.stage]
    bar = f'<progress value="{progress.done}" max="{max(progress.total, 1)}"></progress>'
    facts = [f"{doing} {progress.done:,} of {progress.total:,} {things}"]
    if progress.per_second:
        facts.append(f"{progress.per_second:,.0f} a second")
    if progress.seconds_left is not None:
        facts.append(f"{duration(progress.seconds_left)} left")
    detail = f'<p class="qa-remark">{name(progress.detail)}</p>' if progress.detail else ""
    return f'<div class="qa-progress">{bar}<p>{" · ".join(facts)}</p>{detail}</div>'


def outcome_html(lines: Sequence[str], failed: bool = False) -> str:
    """Show what a build or an upload came to, one paragraph a line; nothing without lines."""
    kind = "qa-outcome qa-failed" if failed else "qa-outcome"
    paragraphs = "".join(f"<p>{name(line)}</p>" for line in lines)
    return f'<div class="{kind}" role="status">{paragraphs}</div>' if paragraphs else ""


def build_lines(status: IndexStatus) -> list[str]:
    """Put the result of a build in words, naming each file that could not be read."""
    first = f"Up to date: {count_of(len(status.sources) - len(status.rejected), 'source')} searchable."
    return [first, *(f"Not readable: {row.source} – {row.reason}" for row in status.rejected)]


def duration(seconds: float) -> str:
    """Put a time in words that are as exact as an estimate can be."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _size(count: int) -> str:
    if count < 10_000:
        return f"{count:,} bytes"
    return f"{count / 1e3:,.0f} kB" if count < 1e6 else f"{count / 1e6:,.1f} MB"
