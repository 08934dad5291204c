"""The form in which what is known of a text is stored and sent between processes: JSON, without the text and the glyphs."""

from __future__ import annotations

import json

from assistant.datamodel import Content, Heading, Part, Rows, Span


def content_json(content: Content) -> str:
    """Write down everything of a content but its text and its glyphs."""
    return json.dumps(
        {
            "media_type": content.media_type,
            "title": content.title,
            "parts": [[p.kind, p.number, p.label, p.span.start, p.span.end] for p in content.parts],
            "headings": [[h.level, h.span.start, h.span.end] for h in content.headings],
            "asides": [[span.start, span.end] for span in content.asides],
            "warnings": content.warnings,
            "rows": [[rows.first, rows.span.start, rows.span.end] for rows in content.rows],
            "pages": content.pages,
            "unsearchable_pages": content.unsearchable_pages,
        }
    )


def content_from_json(about: str, text: str, glyphs: bytes = b"") -> Content:
    """Undo `content_json`."""
    held = json.loads(about)
    return Content(
        text=text,
        media_type=held["media_type"],
        title=held["title"],
        parts=tuple(Part(kind, number, label, Span(a, b)) for kind, number, label, a, b in held["parts"]),
        headings=tuple(Heading(level, Span(a, b)) for level, a, b in held["headings"]),
        asides=tuple(Span(a, b) for a, b in held["asides"]),
        warnings=tuple(held["warnings"]),
        glyphs=glyphs,
        rows=tuple(Rows(Span(a, b), first) for first, a, b in held["rows"]),
        pages=held["pages"],
        unsearchable_pages=tuple(held["unsearchable_pages"]),
    )
