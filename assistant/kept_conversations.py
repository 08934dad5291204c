"""Conversations kept on disk, in one SQLite file beside the index: listed, searched, renamed, deleted, judged.

An answer is kept as the JSON it was shown from, never as HTML, so that what is shown later is escaped later. Builds do not touch
the file. What is deleted is overwritten on disk.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from assistant.errors import UsageError

Judgement = Literal["up", "down", "none"]

FILE_NAME = "conversations.sqlite"
LONGEST_NAME = 80
_FORMAT = 1
_LISTED_AT_MOST = 500
_BUSY_S = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, changed TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS turns (id INTEGER PRIMARY KEY AUTOINCREMENT, asked TEXT NOT NULL, answer TEXT NOT NULL,
    words TEXT NOT NULL, judgement TEXT NOT NULL DEFAULT 'none',
    conversation INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE);
CREATE INDEX IF NOT EXISTS turns_by_conversation ON turns (conversation);
"""


@dataclass(frozen=True, slots=True)
class KeptConversation:
    """A line of the list: its name, when it was last added to (UTC, ISO 8601), and how many questions it holds."""

    id: int
    name: str
    changed: str
    turns: int


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A question with its answer as JSON, when it was asked, and what a person thought of it."""

    id: int
    asked: str
    answer: Mapping[str, Any]
    judgement: Judgement


class KeptConversations:
    """Reads and writes the file; safe to use from several threads.

    :param folder: where the file is, or will be.
    :raises UsageError: when it cannot be opened, or was written by a later version.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._path = folder / FILE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = sqlite3.connect(self._path, timeout=_BUSY_S, check_same_thread=False)
            self._connection.executescript("PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;")
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise UsageError(
                f"The kept conversations in {FILE_NAME} cannot be opened ({error}); move that file out of the index folder."
            ) from error

    def _prepare(self) -> None:
        found = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if found > _FORMAT:
            raise sqlite3.DatabaseError("it was written by a later version")
        self._connection.executescript(_SCHEMA + f"PRAGMA user_version={_FORMAT};")

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()

    def add(self, conversation: int | None, answer: Mapping[str, Any]) -> tuple[int, int]:
        """Keep one answer.

        :param conversation: the conversation it belongs to; None, or one that was deleted, begins a new one.
        :param answer: as JSON, with ``question`` and ``quotes``.
        :returns: the ids of the conversation and of the turn.
        :raises UsageError: when it cannot be written.
        """
        question, now = str(answer["question"]), _now()
        with self._changing() as cursor:
            if conversation is None or not _exists(cursor, conversation):
                cursor.execute("INSERT INTO conversations (name, changed) VALUES (?,?)", (name_from(question), now))
                conversation = int(cursor.lastrowid or 0)
            row = (now, json.dumps(answer), _searched_words(answer), conversation)
            cursor.execute("INSERT INTO turns (asked, answer, words, conversation) VALUES (?,?,?,?)", row)
            turn = int(cursor.lastrowid or 0)
            cursor.execute("UPDATE conversations SET changed = ? WHERE id = ?", (now, conversation))
        return conversation, turn

    def listed(self, wanted: str = "") -> list[KeptConversation]:
        """List the conversations, the latest first.

        :param wanted: words that the name, a question or a quote must hold, all in one place; empty for every conversation.
        :returns: at most 500.
        """
        rows = self._rows(
            "SELECT c.id, c.name, c.changed, COUNT(t.id) FROM conversations c LEFT JOIN turns t ON t.conversation = c.id "
            "WHERE ? = '' OR instr(folded(c.name), ?) OR EXISTS "
            "(SELECT 1 FROM turns s WHERE s.conversation = c.id AND instr(s.words, ?)) "
            "GROUP BY c.id ORDER BY c.changed DESC, c.id DESC LIMIT ?",
            (*[wanted.strip().casefold()] * 3, _LISTED_AT_MOST),
        )
        return [KeptConversation(*row) for row in rows]

    def turns(self, conversation: int) -> list[KeptTurn]:
        """Give a conversation's answers, oldest first; none when there is no such conversation."""
        rows = self._rows(
            "SELECT id, asked, answer, judgement FROM turns WHERE conversation = ? ORDER BY id", (conversation,)
        )
        return [KeptTurn(number, asked, json.loads(answer), judgement) for number, asked, answer, judgement in rows]

    def judged(self) -> list[KeptTurn]:
        """Give all answers that a person judged, oldest first."""
        rows = self._rows("SELECT id, asked, answer, judgement FROM turns WHERE judgement <> 'none' ORDER BY id")
        return [KeptTurn(number, asked, json.loads(answer), judgement) for number, asked, answer, judgement in rows]

    def name_of(self, conversation: int) -> str | None:
        """Give a conversation's name, None when there is no such conversation."""
        rows = self._rows("SELECT name FROM conversations WHERE id = ?", (conversation,))
        return str(rows[0][0]) if rows else None

    def rename(self, conversation: int, name: str) -> None:
        """Give a conversation another name; a blank one changes nothing."""
        if name.strip():
            with self._changing() as cursor:
                cursor.execute("UPDATE conversations SET name = ? WHERE id = ?", (name_from(name), conversation))

    def delete(self, conversation: int) -> None:
        """Delete a conversation with all its answers."""
        with self._changing() as cursor:
            cursor.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    def judge(self, turn: int, judgement: Judgement) -> None:
        """Note what a person thought of an answer."""
        with self._changing() as cursor:
            cursor.execute("UPDATE turns SET judgement = ? WHERE id = ?", (judgement, turn))

    def _changing(self) -> _Change:
        return _Change(self._lock, self._connection)

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        try:
            with self._lock, closing(self._connection.cursor()) as cursor:
                self._connection.create_function("folded", 1, str.casefold, deterministic=True)
                return cursor.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise UsageError(f"The kept conversations cannot be read ({error}).") from error


class _Change:
    """One transaction: written when the block ends, undone when it fails."""

    def __init__(self, lock: threading.Lock, connection: sqlite3.Connection) -> None:
        self._lock, self._connection = lock, connection

    def __enter__(self) -> sqlite3.Cursor:
        self._lock.acquire()
        try:
            return self._connection.cursor()
        except sqlite3.Error as failure:
            self._lock.release()
            raise UsageError(f"The conversation could not be kept ({failure}).") from failure

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        try:
            self._connection.rollback() if kind else self._connection.commit()
        except sqlite3.Error as failure:
            self._connection.rollback()
            error = failure
        finally:
            self._lock.release()
        if isinstance(error, sqlite3.Error):
            raise UsageError(f"The conversation could not be kept ({error}).") from error


def name_from(question: str) -> str:
    """Make a conversation's name of a question: one line, cut at a word."""
    words = " ".join(question.split()).encode("utf-8", "replace").decode()
    if len(words) <= LONGEST_NAME:
        return words
    return words[: LONGEST_NAME - 1].rsplit(" ", 1)[0][: LONGEST_NAME - 1] + "…"


def _exists(cursor: sqlite3.Cursor, conversation: int) -> bool:
    return cursor.execute("SELECT 1 FROM conversations WHERE id = ?", (conversation,)).fetchone() is not None


def _searched_words(answer: Mapping[str, Any]) -> str:
    """Collect what a search looks in: the question, the quotes' words and their sources."""
    quotes = [*answer.get("quotes", ()), *answer.get("closest", ())]
    words = [str(answer["question"]), *(f"{quote.get('text', '')}\n{quote.get('source', '')}" for quote in quotes)]
    return "\n".join(words).casefold().encode("utf-8", "replace").decode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
