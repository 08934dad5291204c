"""Rebuilding the index while people go on asking: one build at a time, in a thread of its own."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from assistant.datamodel import IndexStatus, Progress
from assistant.errors import AssistantError

Build = Callable[[Callable[[Progress], None], threading.Event], IndexStatus]
"""Builds the index: takes a callback for progress and an event that asks it to stop."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the last build ended: its status, or one sentence that says why it failed."""

    status: IndexStatus | None
    problem: str = ""


class Rebuild:
    """At most one running build; whoever asks meanwhile can have another one follow."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._running = False
        self._again = False
        self._cancel = threading.Event()
        self.progress: Progress | None = None
        self.outcome: Outcome | None = None
        self.number = 0
        """Builds that have ended, so that the page notices a quick one."""

    @property
    def stopping(self) -> bool:
        """Whether the running build was asked to stop."""
        return self._cancel.is_set()

    @property
    def running(self) -> bool:
        """Whether a build is under way."""
        return self._running

    def start(self, follow_up: bool = False) -> bool:
        """Start a build, unless one is running.

        :param follow_up: when one is running, build once more after it, because files came in meanwhile.
        :returns: False when a build was running already.
        """
        with self._lock:
            if self._running:
                self._again = self._again or follow_up
                return False
            self._running, self.progress, self.outcome = True, None, None
            self._cancel.clear()
        threading.Thread(target=self._run, name="rebuild", daemon=True).start()
        return True

    def stop(self) -> None:
        """Ask a running build to stop; the old index stays in use, and the next build goes on from what was done."""
        self._cancel.set()

    def _run(self) -> None:
        outcome = self._attempt()
        while self._take_follow_up(outcome):
            outcome = self._attempt()

    def _take_follow_up(self, outcome: Outcome) -> bool:
        """Either begin the follow-up that was asked for, or end, without a moment in between to miss a request."""
        with self._lock:
            self._again, again = False, self._again and not self._cancel.is_set()
            if not again:
                self.outcome, self._running = outcome, False
                self.number += 1
            return again

    def _attempt(self) -> Outcome:
        try:
            return Outcome(self._build(self._note, self._cancel))
        except AssistantError as error:
            return Outcome(None, str(error))
        except Exception:
            incident = secrets.token_hex(4)
            log.exception("rebuild failed, incident %s", incident)
            return Outcome(
                None, f"The rebuild failed, the index is as it was; the log has the details under {incident}."
            )

    def _note(self, progress: Progress) -> None:
        self.progress = progress
