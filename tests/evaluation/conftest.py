"""A small assistant that matches words, in the place of the real one, and two tiny documents with questions."""

import json
import re
from pathlib import Path

import pytest

from assistant.datamodel import (
    Answer,
    Content,
    Document,
    IndexStatus,
    Passage,
    Quote,
    Reading,
    ScoredPassage,
    Signals,
    SourceStatus,
    Span,
)
from assistant.evaluation import run
from assistant.settings import Settings

PASSAGES = [
    {"id": "tea#0", "title": "Tea", "text": "Tea was first drunk in China. It reached Lisbon in 1610."},
    {"id": "tea#1", "title": "Tea", "text": "Green leaves are dried at once. Black leaves wilt before."},
    {"id": "bees#0", "title": "Bees / hives", "text": "A hive holds one queen. Workers live for six weeks."},
]
QUESTIONS = [
    {"id": "q1", "question": "Where was tea first drunk?", "passage": "tea#0", "answers": ["China"]},
    {"id": "q2", "question": "How long do workers live?", "passage": "bees#0", "answers": ["six weeks"]},
    {"id": "q3", "question": "Which leaves wilt?", "passage": "tea#1", "answers": ["Black"]},
]
ELSEWHERE = [
    {"id": -5, "question": "who won the cup in 1966", "answers": [[{"start": 0, "end": 2, "text": "en"}]]},
    {"id": "c2", "input": "how many leaves has a clover", "passages": [], "output": []},
]


class WordAssistant:
    """Finds the sentence that shares most words with the question; confidence is the share of words found."""

    def __init__(self, sources, settings):
        self.strictness = settings.strictness
        self.documents = {path.name: _document(path) for path in sorted(Path(sources).iterdir())}

    def document(self, source):
        return self.documents[source]

    def close(self):
        self.documents = {}

    def retrieve(self, question, k, sources=()):
        scored = [
            ScoredPassage(document, Passage(span, ()), _shared(question, span.of(document.text)), Signals(0, 0, 0))
            for document in self.documents.values()
            if not sources or document.source in sources
            for span in _pieces(document.text, r"[^\n]+")
        ]
        return sorted(scored, key=lambda hit: -hit.score)[:k]

    def ask(self, question, history=(), sources=()):
        wholes = [(document, Span(0, len(document.text))) for document in self.documents.values()]
        best = _best(question, wholes)
        answered = best.score >= self.strictness
        return Answer(
            question, question, answered, best.score, (best,) if answered else (), () if answered else (best,), "g1",
            {"retrieve": 2.0, "read": 4.0, "total": 6.0},
        )  # fmt: skip

    def read(self, question, passages):
        best = _best(question, [(scored.document, scored.passage.span) for scored in passages])
        return Reading((best,), (), best.score)


def _best(question, ranges):
    """The sentence of these ranges that shares most words with the question, the first at a tie."""
    quotes = [
        Quote(document, Span(span.start + piece.start, span.start + piece.end), _shared(question, text))
        for document, span in ranges
        for piece in _pieces(span.of(document.text), r"[^.\n]+\.")
        for text in [piece.of(span.of(document.text)).strip()]
    ]
    return max(quotes, key=lambda quote: quote.score)


def _document(path):
    return Document(path.name, "0" * 64, Content(path.read_bytes().decode(), "text/plain", path.stem))


def _pieces(text, pattern):
    return [Span(*match.span()) for match in re.finditer(pattern, text)]


def _shared(question, text):
    words = set(re.findall(r"\w+", question.lower()))
    return len(words & set(re.findall(r"\w+", text.lower()))) / len(words)


def fake_build(sources, index, settings=None, progress=None, cancel=None):
    rows = [SourceStatus(path.name, "indexed", characters=len(path.read_text())) for path in Path(sources).iterdir()]
    return IndexStatus("g1", "2026-01-01T00:00:00Z", "words", 3, tuple(rows))


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def lines():
    """Writes JSON lines and returns the path."""
    return write_lines


@pytest.fixture
def question_set(tmp_path):
    """Writes the passages, their questions and those about something else."""
    return (
        write_lines(tmp_path / "passages.jsonl", PASSAGES),
        write_lines(tmp_path / "questions.jsonl", QUESTIONS),
        write_lines(tmp_path / "elsewhere.jsonl", ELSEWHERE),
    )


@pytest.fixture
def settings():
    return Settings(strictness=0.5)


@pytest.fixture
def word_assistant(monkeypatch):
    """Puts the small assistant in the place of the real one."""
    monkeypatch.setattr(run, "build_index", fake_build)
    monkeypatch.setattr(run, "open_assistant", lambda sources, index, settings: WordAssistant(sources, settings))
    return WordAssistant
