"""What the page's events do: ask, list the sources, take in files, rebuild.

No decision about an answer is made here: the assistant is asked and its reply is shown. Whatever a handler receives may
come from a forged request, so types, lengths and paths are checked here again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.datamodel import Answer, Turn
from assistant.errors import AssistantError, QuestionError, UsageError
from assistant.interfaces.render import coverage_line
from assistant.interfaces.web import html, uploads
from assistant.interfaces.web.rebuilding import Rebuild

if TYPE_CHECKING:
    from assistant.answering import Assistant

log = logging.getLogger(__name__)

_FOLLOW_EVERY_S = 0.3

Message = dict[str, str]


@dataclass(frozen=True)
class Talk:
    """One person's conversation: what the assistant is told of it, and what the page shows of it."""

    turns: tuple[Turn, ...] = ()
    shown: tuple[Message, ...] = ()
    index: str = ""

    def showing(self, *more: Message) -> list[Message]:
        """What the page shows, with ``more`` at the end."""
        return [*self.shown, *more]


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


class Handlers:
    """What the page's events do. ``uploaded`` is the folder where Gradio keeps files that arrived."""

    def __init__(self, assistant: Assistant, rebuild: Rebuild, uploaded: Path) -> None:
        self.assistant = assistant
        self.rebuild = rebuild
        self.uploaded = uploaded.resolve()

    def ask(self, question: object, talk: Talk) -> Iterator[tuple[Any, ...]]:
        """Answer a question in two steps, showing it at once and then the reply.

        Each step gives the chat, the box, the conversation, the notice and the list of sources.
        """
        question = question if isinstance(question, str) else ""
        if problem := self._problem(question):
            yield gr.skip(), gr.skip(), talk, html.notice_html(problem), gr.skip()
            return
        asked = _message("user", html.question_html(question))
        yield talk.showing(asked, _message("assistant", html.pending_html())), "", talk, "", gr.skip()
        try:
            answer = self.assistant.ask(question, talk.turns)
        except QuestionError as error:
            yield talk.showing(), question, talk, html.notice_html(str(error)), gr.skip()
            return
        except Exception as error:
            reply = _message("assistant", html.notice_html(sentence_for(error)))
            talk = replace(talk, shown=tuple(talk.showing(asked, reply)))
            yield talk.showing(), "", talk, "", gr.skip()
            return
        yield self._replied(answer, asked, talk)

    def _problem(self, question: str) -> str:
        """Say what is wrong with a question before anything is shown of it."""
        limit = self.assistant.settings.max_question_chars
        if not question.strip():
            return "Type a question first."
        if len(question) > limit:
            return f"A question may have {limit:,} characters and this one has {len(question):,}; please shorten it."
        return ""

    def _replied(self, answer: Answer, asked: Message, talk: Talk) -> tuple[Any, ...]:
        reply = _message("assistant", html.answer_html(answer, coverage_line(self.assistant.status())))
        said = " ".join(quote.text for quote in answer.quotes)
        turns = (*talk.turns, Turn("user", answer.question), *([Turn("assistant", said)] if said else []))
        sources = self.sources() if answer.index != talk.index else gr.skip()
        talk = Talk(turns, tuple(talk.showing(asked, reply)), answer.index)
        return talk.showing(), "", talk, "", sources

    def sources(self) -> str:
        """List the sources, or say why they cannot be listed."""
        try:
            return html.sources_html(self.assistant.status())
        except Exception as error:
            return html.notice_html(sentence_for(error))

    def examples(self) -> list[Any]:
        """Draw example questions from the sources; none when that fails."""
        try:
            return [{"text": question} for question in self.assistant.example_questions(4)]
        except Exception:
            log.exception("no example questions")
            return []

    def take_example(self, chosen: gr.SelectData) -> str:
        """Put an example question into the box."""
        value = chosen.value
        return str(value.get("text", "")) if isinstance(value, dict) else ""

    def start_rebuild(self) -> str:
        """Start a build; say so when one is running already."""
        return "" if self.rebuild.start() else html.outcome_html(["A rebuild is running already; it is shown below."])

    async def follow_rebuild(self) -> AsyncIterator[tuple[Any, ...]]:
        """Show what the index holds, and a build that is running until it has ended.

        Each step gives the lines about the build, the list of sources, and the chat with its example questions. There
        is always a step: Gradio empties the outputs of a generator that has none.
        """
        yield gr.skip(), self.sources(), gr.update(examples=self.examples())
        while self.rebuild.running:
            yield html.progress_html(self.rebuild.progress), gr.skip(), gr.skip()
            await asyncio.sleep(_FOLLOW_EVERY_S)
        yield self._outcome(), self.sources(), gr.update(examples=self.examples())

    def _outcome(self) -> str:
        outcome = self.rebuild.outcome
        if outcome is None:
            return ""
        lines = [outcome.problem] if outcome.status is None else html.build_lines(outcome.status)
        return html.outcome_html(lines, failed=outcome.status is None)

    def add_files(self, files: object) -> tuple[None, str]:
        """Take uploaded files in among the sources and start a build.

        :param files: what the page sent about the files, nothing of it trusted.
        :returns: the emptied drop zone, and one line for each file.
        """
        arrived = self._uploads(files)
        notes = [self._take_in(upload) for upload in arrived[: uploads.MAX_FILES]]
        for upload in arrived[uploads.MAX_FILES :]:
            upload.path.unlink(missing_ok=True)
        if len(arrived) > uploads.MAX_FILES:
            notes.append(f"Only the first {uploads.MAX_FILES} files were taken; add the others in a second go.")
        if notes:
            self.rebuild.start(follow_up=True)
        return None, html.outcome_html(notes)

    def _uploads(self, files: object) -> list[uploads.Upload]:
        """Believe of a request only those paths that lie in the folder of arrived files."""
        given = [item for item in files if isinstance(item, dict)] if isinstance(files, list) else []
        found = []
        for item in given:
            path = Path(str(item.get("path", "")))
            if path.is_file() and not path.is_symlink() and path.resolve().is_relative_to(self.uploaded):
                found.append(uploads.Upload(path, str(item.get("orig_name") or path.name)))
        return found

    def _take_in(self, upload: uploads.Upload) -> str:
        settings = self.assistant.settings
        try:
            return uploads.take_in(upload, settings.sources, settings.max_file_mb)
        except UsageError as error:
            return str(error)
        except OSError as error:
            log.exception("an upload could not be kept")
            return f"{uploads.safe_name(upload.given_name)} could not be kept: {error.strerror}."


def sentence_for(error: Exception) -> str:
    """Put an error in a sentence: our own as they are, others as an id that the log explains."""
    if isinstance(error, AssistantError):
        return str(error)
    incident = secrets.token_hex(4)
    log.error("incident %s", incident, exc_info=error)
    return f"Something went wrong here; the log has the details under {incident}."
