"""The state of sources and build as data, from which the page makes its list of sources (`sources.js`)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assistant.datamodel import IndexStatus, Progress, SourceStatus
from assistant.interfaces.render import visible, visible_name
from assistant.interfaces.web.html import passage_query
from assistant.interfaces.web.rebuilding import Outcome, Rebuild
from assistant.sources_folder import walk
from assistant.wording import count_of

_STATE_WORDS = {"indexed": "searchable", "partial": "partly searchable", "rejected": "not readable"}
_STATE_ORDER = {"rejected": 0, "partial": 1, "indexed": 2}
_STAGE_WORDS = {"read": ("Reading", "files"), "embed": ("Indexing", "passages"), "write": ("Saving", "steps")}


def sources_state(status: IndexStatus) -> dict[str, Any]:
    """List every source, those with problems first.

    :param status: the state of the index.
    :returns: a JSON object.
    """
    rows = sorted(status.sources, key=lambda row: (_STATE_ORDER[row.state], row.source.casefold()))
    unread = len(status.rejected)
    words = [count_of(len(status.sources), "source"), count_of(status.passages, "passage")]
    summary = " · ".join(words + ([f"{unread} not readable"] if unread else []))
    return {"index": status.index, "summary": summary, "sources": [_source(row) for row in rows]}


def _source(row: SourceStatus) -> dict[str, Any]:
    return {
        "id": passage_query(row.source, row.sha256),
        "name": visible_name(row.source),
        "state": row.state,
        "badge": _STATE_WORDS[row.state],
        "facts": _facts(row),
        "remarks": [visible(remark) for remark in _remarks(row)],
    }


def _facts(row: SourceStatus) -> str:
    facts = [_size(row.bytes)] if row.bytes else []
    if row.state == "rejected":
        return "".join(facts)
    facts += [count_of(row.pages, "page")] if row.pages else []
    return " · ".join([*facts, count_of(row.passages, "passage")])


def _remarks(row: SourceStatus) -> Iterable[str]:
    """Say what a person should know about a source: why it was rejected, and warnings, which name pages without text."""
    if row.reason:
        yield row.reason
    yield from row.warnings


def build_state(rebuild: Rebuild) -> dict[str, Any]:
    """Say how far a running build is, or how the last one ended.

    :param rebuild: the one place where builds are started.
    :returns: a JSON object; ``lines`` are for people.
    """
    if rebuild.running:
        return {"running": True, "stopping": rebuild.stopping, **_progress(rebuild.progress)}
    return {"running": False, "number": rebuild.number, **_outcome(rebuild.outcome)}


def _progress(progress: Progress | None) -> dict[str, Any]:
    """Say stage, count, speed, time left, and what is being worked on."""
    if progress is None:
        return {"share": None, "lines": ["Starting…"]}
    doing, things = _STAGE_WORDS[progress.stage]
    facts = [f"{doing} {progress.done:,} of {progress.total:,} {things}"]
    if progress.per_second:
        facts.append(f"{progress.per_second:,.0f} a second")
    if progress.seconds_left is not None:
        facts.append(f"about {duration(progress.seconds_left)} left")
    detail = [visible(progress.detail)] if progress.detail else []
    return {"share": progress.done / max(progress.total, 1), "lines": [" · ".join(facts), *detail]}


def _outcome(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None:
        return {"failed": False, "lines": []}
    if outcome.status is None:
        return {"failed": True, "lines": [visible(outcome.problem)]}
    return {"failed": False, "lines": build_lines(outcome.status)}


def build_lines(status: IndexStatus) -> list[str]:
    """Put the result of a build in words; the list of sources names the files that could not be read and why."""
    unread = len(status.rejected)
    first = f"Up to date: {count_of(len(status.sources) - unread, 'source')} searchable."
    return [first, f"{count_of(unread, 'file')} could not be read; the list says why."] if unread else [first]


def folder_lines(status: IndexStatus, folder: Path) -> list[str]:
    """Say how the folder differs from the index, by the names of its files.

    :param status: the state of the index.
    :param folder: the sources folder.
    :returns: one line, or none when they hold the same.
    """
    if not folder.is_dir():
        return ["The sources folder is not there any more; what was indexed from it can still be asked."]
    files, refused = walk(folder)
    found = {file.source for file in files} | {source for source, _ in refused}
    listed = {row.source for row in status.sources}
    differ = ((found - listed, "new file", "not listed yet"), (listed - found, "file", "gone"))
    facts = ", ".join(f"{count_of(len(names), noun)} {what}" for names, noun, what in differ if names)
    return [f"In the folder: {facts}. Rebuild brings the list up to date."] if facts else []


def duration(seconds: float) -> str:
    """Put a time in words that are as exact as an estimate can be."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _size(count: int) -> str:
    if count < 1000:
        return count_of(count, "byte")
    return f"{count / 1e3:,.{int(count < 10_000)}f} kB" if count < 1e6 else f"{count / 1e6:,.1f} MB"
