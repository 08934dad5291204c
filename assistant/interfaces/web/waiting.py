"""What stands in the assistant's place until there is something to ask, so that the first documents can be added on the page."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from assistant.datamodel import IndexStatus
from assistant.errors import IndexMissing, QuestionError
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.answering import Assistant

NO_INDEX = "none"
"""The id of the state without an index: it differs from that of every generation, and the page notices the first one."""


class WaitingAssistant:
    """Has no sources and answers nothing; is the assistant as soon as a build has made an index.

    :param settings: where the index will be.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._assistant: Assistant | None = None

    def __getattr__(self, name: str) -> Any:
        """Lend whatever else an assistant does."""
        return getattr(self._opened(), name)

    def status(self) -> IndexStatus:
        """Tell the state of the index, or of none."""
        try:
            return self._opened().status()
        except QuestionError:
            return IndexStatus(NO_INDEX, "", self.settings.model, 0, ())

    def example_questions(self, count: int) -> list[str]:
        """Suggest questions; none while there is nothing to ask.

        :param count: how many at most.
        :returns: as `Assistant.example_questions`.
        """
        try:
            return self._opened().example_questions(count)
        except QuestionError:
            return []

    def _opened(self) -> Assistant:
        from assistant.assembly import open_assistant

        with self._lock:
            if self._assistant is None:
                try:
                    self._assistant = open_assistant(settings=self.settings)
                except IndexMissing as error:
                    raise QuestionError("There is nothing to ask yet; add documents first.") from error
            return self._assistant
