"""What the page shows of an answer as HTML: everything from a document, a file name or a person is escaped here and nowhere else.

Gradio shows these strings through its sanitizer, which keeps elements, ``class``, ``id``, ``title``, ``value`` and
``style`` and drops the rest; so a button carries what it does in ``value``, and names for screen readers are words.
Each string is one line that opens with a tag: line breaks inside are written as character references, because Gradio
re-indents text and its Markdown component ends a block of HTML at an empty line.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from assistant.interfaces.render import confidence_words, visible
from assistant.splitting import is_list_item

_LINE_SIGNS = {ord(sign): f"&#{ord(sign)};" for sign in "\t\n\r"}
_JUDGEMENTS = (("up", "This answers my question"), ("down", "This does not answer my question"))
_JUDGEMENTS_OF_ABSTENTION = (("up", "Right, my sources don’t say"), ("down", "My sources do say"))

Shown = Mapping[str, Any]


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


def answer_html(shown: Shown, kept: str = "", judgement: str = "none") -> str:
    """Show an answer as its quotes, or an abstention as such.

    :param shown: as `showing.shown_answer` makes it.
    :param kept: ids under which it is kept, ``conversation/turn``; empty when it is not.
    :param judgement: what a person thought of it: up, down or none.
    :returns: one line of HTML.
    """
    talk = _talk_html(shown) if shown.get("reply") else ""
    body = _quotes_html(shown) if shown["answered"] else _abstention_html(shown)
    parts = (talk, _understood_html(shown), _limits_html(shown), body, _readings_html(shown))
    return f'<div class="qa-reply">{"".join(parts)}{_judging_html(shown, kept, judgement)}</div>'


def _talk_html(shown: Shown) -> str:
    """Show a fixed sentence, and offer to search for the words all the same."""
    bare = "" if _understood_html(shown) else _bare_html(shown)
    return f'<p class="qa-talk">{name(shown["reply"])} {bare}</p>'


def _bare_html(shown: Shown) -> str:
    return _doing("qa-bare", shown["question"], "Search my words only", "Ask again, without what was said before")


def _understood_html(shown: Shown) -> str:
    """Say how a follow-up was understood, when that differs from its words, and offer to take the words as they are."""
    understood = shown["resolved_question"]
    if understood.strip() == shown["question"].strip():
        return ""
    mend = _doing("qa-edit", understood, "Edit", "Put this question into the box")
    return (
        f'<p class="qa-understood">Understood as: <q dir="auto">{literal(understood)}</q> {mend}{_bare_html(shown)}</p>'
    )


def _limits_html(shown: Shown) -> str:
    """Name the sources that an answer was limited to."""
    limits = "".join(f'<span class="qa-chip">{name(source)}</span>' for source in shown.get("sources") or ())
    return f'<p class="qa-limits">Only in {limits}</p>' if limits else ""


def _readings_html(shown: Shown) -> str:
    """Offer the readings of a question that means different things in different sources."""
    readings = [
        _doing("qa-reading", urlencode({k: r[k] for k in ("question", "source")}), r["label"], "Ask in this source")
        for r in shown.get("readings") or ()
    ]
    return f'<div class="qa-readings"><p>Which one do you mean?</p>{"".join(readings)}</div>' if readings else ""


def _doing(kind: str, value: str, label: str, title: str) -> str:
    return f'<button type="button" class="{kind}" value="{literal(value)}" title="{title}">{name(label)}</button>'


def _quotes_html(shown: Shown) -> str:
    """Show the best quote first; quotes of different documents stand side by side, each under its document's name."""
    quotes = list(enumerate(shown["quotes"], 1))
    sources = list(dict.fromkeys(quote["source"] for _, quote in quotes))
    sure = _confidence_html(shown["confidence"])
    if len(sources) > 1:
        columns = "".join(_column_html([pair for pair in quotes if pair[1]["source"] == source]) for source in sources)
        return f'{sure}<p class="qa-label">{len(sources)} of your sources speak to this</p><div class="qa-columns">{columns}</div>'
    best, *others = (_quote_html(quote, number) for number, quote in quotes)
    more = f'<p class="qa-label">Also in this source</p><ol class="qa-quotes">{"".join(others)}</ol>' if others else ""
    return f'<ol class="qa-quotes qa-best">{best}</ol>{sure}{more}'


def _column_html(quotes: Sequence[tuple[int, Shown]]) -> str:
    first = quotes[0][1]
    dated = f'<span class="qa-dated">Last changed {name(first["dated"])}</span>' if first.get("dated") else ""
    heading = f'<p class="qa-column-name"><strong>{name(first.get("title") or first["source"])}</strong>{dated}</p>'
    listed = "".join(_quote_html(quote, number) for number, quote in quotes)
    best = " qa-best" if quotes[0][0] == 1 else ""
    return f'<div class="qa-column">{heading}<ol class="qa-quotes{best}">{listed}</ol></div>'


def _abstention_html(shown: Shown) -> str:
    """Say plainly that there is no answer, unless a reply said something; then what comes closest, labelled as not being one."""
    verdict = "" if shown.get("reply") else '<p class="qa-verdict">Your sources don’t say.</p>'
    coverage = f'<p class="qa-coverage">{name(shown["coverage"])}.</p>' if verdict and shown.get("coverage") else ""
    closest = ""
    if shown["closest"]:
        quotes = "".join(_quote_html(quote, number) for number, quote in enumerate(shown["closest"], 1))
        closest = (
            f'<p class="qa-label">The closest passages – not an answer</p><ol class="qa-quotes qa-near">{quotes}</ol>'
        )
    return f'<div class="qa-abstention">{verdict}{coverage}{closest}</div>' if verdict or closest else ""


def _quote_html(quote: Shown, number: int) -> str:
    """Show one quote: its number, its words, where they stand, and on demand the sentences around them and why it was found."""
    rows = " qa-rows" if quote.get("row") or _has_lines(quote.get("text", "")) else ""
    return (
        f'<li class="qa-quote"><span class="qa-number">{number}</span>'
        f'<blockquote class="qa-words{rows}" dir="auto">{_words_html(quote)}</blockquote>'
        f'{_cite_html(quote)}<div class="qa-tools"><span class="qa-state"></span>{_copy_html()}'
        f"{_context_html(quote)}{_why_html(quote)}</div></li>"
    )


def _has_lines(text: str) -> bool:
    """Tell words whose lines were meant, a table's rows or a list, from those where a page broke them."""
    return "\t" in text or any(map(is_list_item, text.split("\n")[1:]))


def _words_html(quote: Shown) -> str:
    """Show the quoted words with the span of the answer emphasised, or else the words that the question holds too."""
    start, end, key = quote["start"], quote["end"], quote.get("key") or (0, 0)
    inside = start <= key[0] < key[1] <= end
    spans, tag = ([key], "strong") if inside else (quote.get("matched") or [], "em")
    pieces: list[str] = []
    at = start
    for first, last in spans:
        if not at <= first < last <= end:
            continue
        pieces += [_slice(quote, at, first), f"<{tag}>{_slice(quote, first, last)}</{tag}>"]
        at = last
    return "".join([*pieces, _slice(quote, at, end)])


def _slice(quote: Shown, first: int, last: int) -> str:
    text: str = quote["text"]
    cells = text[first - quote["start"] : last - quote["start"]].split("\t")
    return '<span class="qa-cell">\t</span>'.join(map(literal, cells))


def _cite_html(quote: Shown) -> str:
    """Make the line that names the source into the button that opens it at the quote."""
    title = f'<span class="qa-title">{name(quote["title"])}</span>' if quote.get("title") else ""
    place = f'<span class="qa-place">{name(quote.get("place") or quote["source"])}</span>'
    query = passage_query(quote["source"], quote["sha256"], quote["start"], quote["end"])
    opening = f'<button type="button" class="qa-cite" value="{literal(query)}" title="Show in the source">'
    return f"{opening}{title}{place}</button>"


def _copy_html() -> str:
    return '<button type="button" class="qa-copy" title="Copy the quote with its citation">Copy</button>'


def _context_html(quote: Shown) -> str:
    before, after = quote.get("before") or "", quote.get("after") or ""
    if not before and not after:
        return ""
    words = f'{literal(before)} <span class="qa-here">{literal(quote["text"])}</span> {literal(after)}'
    return f'<details class="qa-context"><summary>In context</summary><p dir="auto">{words}</p></details>'


def _why_html(quote: Shown) -> str:
    if not quote.get("why"):
        return ""
    return f'<details class="qa-why"><summary>Why this passage</summary><p>{name(quote["why"])}</p></details>'


def _confidence_html(confidence: float) -> str:
    return (
        f'<p class="qa-confidence" title="Confidence {confidence:.2f} of 1">'
        f'<span class="qa-bar"><span style="width: {confidence:.0%}"></span></span>'
        f"{name(confidence_words(confidence).capitalize())} your question</p>"
    )


def _judging_html(shown: Shown, kept: str, judgement: str) -> str:
    """Let a person judge an answer that is kept; small talk is not judged."""
    if not kept or not (shown["quotes"] or shown["closest"]):
        return ""
    words = _JUDGEMENTS if shown["answered"] else _JUDGEMENTS_OF_ABSTENTION
    return f'<div class="qa-judging">{"".join(_thumb_html(kept, judgement, *pair) for pair in words)}</div>'


def _thumb_html(kept: str, judgement: str, direction: str, title: str) -> str:
    chosen = " qa-on" if judgement == direction else ""
    label = f'<span class="qa-hidden">{title}</span>'
    kind = f"qa-thumb qa-{direction}{chosen}"
    return f'<button type="button" class="{kind}" value="{literal(kept)}/{direction}" title="{title}">{label}</button>'


def passage_query(source: str, sha256: str | None, start: int | None = None, end: int | None = None) -> str:
    """Write the query that asks this server for a place in a source (see `viewing`).

    :param source: path below the sources folder.
    :param sha256: hash of the bytes that were indexed; a changed source is then refused, not marked wrongly.
    :param start: first character to mark; None opens the source at its start.
    :param end: the one after the last.
    :returns: ``source=…&sha256=…&start=…&end=…``, percent-encoded.
    """
    fields: dict[str, str | int] = {"source": source, "sha256": sha256 or ""}
    if start is not None and end is not None:
        fields |= {"start": start, "end": end}
    return urlencode(fields, errors="surrogateescape")
