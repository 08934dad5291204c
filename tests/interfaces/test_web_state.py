"""Sources and builds as data: what a person should know, in words, problems first."""

from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from assistant.datamodel import IndexStatus, Progress, SourceStatus
from assistant.interfaces.web import state
from assistant.interfaces.web.rebuilding import Outcome, Rebuild


def test_sources_with_problems_come_first_and_give_their_reason():
    good = SourceStatus("a.md", "indexed", sha256="00", bytes=1200, characters=1200, passages=1)
    said = "pages 3–5 and 8 have no text layer and cannot be searched"
    partial = SourceStatus(
        "b.pdf", "partial", sha256="01", pages=9, unsearchable_pages=(3, 4, 5, 8), passages=2, warnings=(said,)
    )
    bad = SourceStatus("z<b>.pdf", "rejected", reason="It is encrypted.", bytes=48211)
    told = state.sources_state(IndexStatus("g", "2026-01-31T12:00:00Z", "m", 3, (good, partial, bad)))
    assert told["summary"] == "3 sources · 3 passages · 1 not readable"
    assert [row["name"] for row in told["sources"]] == ["z<b>.pdf", "b.pdf", "a.md"]
    assert told["sources"][0]["remarks"] == ["It is encrypted."] and told["sources"][0]["facts"] == "48 kB"
    assert told["sources"][1]["remarks"] == [said], "once"
    assert told["sources"][2]["facts"] == "1.2 kB · 1 passage"


def test_direction_signs_in_names_are_made_visible_and_the_name_still_asks():
    row = SourceStatus("invoice\u202efdp.txt", "indexed", sha256="00")
    (told,) = state.sources_state(IndexStatus("g", "", "m", 0, (row,)))["sources"]
    assert told["name"] == "invoice\\u202efdp.txt"
    assert parse_qs(told["id"])["source"] == [row.source]


def test_progress_names_stage_count_speed_and_time_left():
    rebuild = Rebuild(lambda progress, cancel: None)
    rebuild._running, rebuild.progress = True, Progress("embed", 120, 480, "a.pdf", 41.7, 90)
    told = state.build_state(rebuild)
    assert told["lines"] == ["Indexing 120 of 480 passages · 42 a second · about 2 min left", "a.pdf"]
    assert told["share"] == 0.25
    rebuild.progress = None
    assert state.build_state(rebuild)["lines"] == ["Starting…"]


def test_a_failed_build_says_why():
    rebuild = Rebuild(lambda progress, cancel: None)
    assert state.build_state(rebuild)["lines"] == []
    rebuild.outcome = Outcome(None, "The disk is full.")
    assert state.build_state(rebuild)["lines"] == ["The disk is full."] and state.build_state(rebuild)["failed"]


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (59, "59 s"), (61, "1 min"), (7200, "2.0 h")])
def test_times_are_as_exact_as_an_estimate(seconds, words):
    assert state.duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 byte"), (999, "999 bytes"), (9_940, "9.9 kB"), (48_211, "48 kB"), (2_400_000, "2.4 MB")]
)
def test_sizes_are_short(count, words):
    (told,) = state.sources_state(IndexStatus("g", "", "m", 0, (SourceStatus("a", "rejected", bytes=count),)))[
        "sources"
    ]
    assert told["facts"] == words


def test_a_build_counts_what_it_could_not_read():
    rows = (SourceStatus("a.md", "indexed"), SourceStatus("b.bin", "rejected", reason="It is not a document."))
    status = IndexStatus("g", "", "m", 1, rows)
    assert state.build_lines(status) == [
        "Up to date: 1 source searchable.",
        "1 file could not be read; the list says why.",
    ]
    assert state.build_lines(replace(status, sources=rows[:1])) == ["Up to date: 1 source searchable."]
