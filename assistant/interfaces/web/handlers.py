"""What the conversation's events do: ask, open a kept conversation, begin a new one.

No decision about an answer is made here: the assistant is asked and its reply is shown. Whatever a handler receives may
come from a forged request, so types and lengths are checked here again.
"""

from __future__ import annotations

import glob
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import gradio as gr

from assistant.datamodel import Turn
from assistant.errors import AssistantError, QuestionError
from assistant.interfaces.web import html
from assistant.interfaces.web.incidents import sentence_for
from assistant.interfaces.web.showing import Shown, shown_answer
from assistant.kept_conversations import KeptConversations, KeptTurn

if TYPE_CHECKING:
    from assistant.answering import Assistant

log = logging.getLogger(__name__)

Message = dict[str, str]
Step = tuple[Any, ...]
"""The chat, the box, the conversation, and the notice, as an event leaves them."""


@dataclass(frozen=True)
class Talk:
    """One person's conversation: what the assistant is told of it, what the page shows of it, and where it is kept."""

    turns: tuple[Turn, ...] = ()
    shown: tuple[Message, ...] = ()
    kept: int | None = None

    def showing(self, *more: Message) -> list[Message]:
        """What the page shows, with ``more`` at the end."""
        return [*self.shown, *more]


@dataclass(frozen=True)
class Asking:
    """A question as it arrived: its words, the globs it is limited to, and whether it stands alone (no history)."""

    question: str
    globs: tuple[str, ...] = ()
    bare: bool = False


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


class Handlers:
    """What the conversation's events do."""

    def __init__(self, assistant: Assistant, kept: KeptConversations) -> None:
        self.assistant = assistant
        self.kept = kept

    def ask(self, question: object, scope: object, talk: Talk) -> Iterator[Step]:
        """Answer a question in two steps, showing it at once and then the reply.

        :param question: the words in the box.
        :param scope: JSON object with ``sources``, the ones chosen as `state` names them (none for all), and ``bare``.
        :param talk: the conversation so far.
        :yields: steps.
        """
        limits = _json(scope)
        limits = limits if isinstance(limits, dict) else {}
        words = question if isinstance(question, str) else ""
        yield from self._answer(Asking(words, _globs(limits.get("sources")), limits.get("bare") is True), talk)

    def order(self, order: object, talk: Talk) -> Iterator[Step]:
        """Do what a button of ours asks for: open a kept conversation, or ask in another way.

        :param order: a JSON object with ``open`` (an id), or ``ask`` with ``bare`` or ``source``.
        :param talk: the conversation so far.
        :yields: steps.
        """
        wanted = _json(order)
        if not isinstance(wanted, dict):
            return
        if isinstance(wanted.get("open"), int):
            yield self._opened(wanted["open"])
        elif isinstance(wanted.get("ask"), str):
            source = wanted.get("source")
            globs = (glob.escape(source),) if isinstance(source, str) and source else ()
            yield from self._answer(Asking(wanted["ask"], globs, wanted.get("bare") is True), talk)

    def _answer(self, asking: Asking, talk: Talk) -> Iterator[Step]:
        if problem := self._problem(asking.question):
            yield gr.skip(), gr.skip(), talk, html.notice_html(problem)
            return
        asked = _message("user", html.question_html(asking.question))
        yield talk.showing(asked, _message("assistant", html.pending_html())), "", talk, ""
        try:
            reply, talk = self._replied(asking, talk)
        except QuestionError as error:
            yield talk.showing(), asking.question, talk, html.notice_html(str(error))
            return
        except Exception as error:
            reply = html.notice_html(sentence_for(error))
        talk = replace(talk, shown=tuple(talk.showing(asked, _message("assistant", reply))))
        yield talk.showing(), "", talk, ""

    def _problem(self, question: str) -> str:
        """Say what is wrong with a question before anything is shown of it."""
        limit = self.assistant.settings.max_question_chars
        if not question.strip():
            return "Type a question first."
        if len(question) > limit:
            return f"A question may have {limit:,} characters and this one has {len(question):,}; please shorten it."
        return ""

    def _replied(self, asking: Asking, talk: Talk) -> tuple[str, Talk]:
        """Ask, and keep the answer."""
        alone = {"bare": True} if asking.bare else {}
        answer = self.assistant.ask(asking.question, talk.turns, asking.globs, **alone)
        shown = shown_answer(answer, self.assistant)
        talk = replace(talk, turns=(*talk.turns, *_turns(shown)))
        try:
            conversation, turn = self.kept.add(talk.kept, shown)
        except AssistantError as error:  # a full disk must not cost the answer
            return html.notice_html(str(error)) + html.answer_html(shown), talk
        return html.answer_html(shown, f"{conversation}/{turn}"), replace(talk, kept=conversation)

    def _opened(self, conversation: int) -> Step:
        """Show a kept conversation, written anew from its data."""
        turns = self.kept.turns(conversation)
        if not turns:
            return gr.skip(), gr.skip(), gr.skip(), html.notice_html("This conversation was deleted.")
        said = tuple(said for turn in turns for said in _turns(turn.answer))
        shown = tuple(message for turn in turns for message in _messages(conversation, turn))
        return list(shown), "", Talk(said, shown, conversation), ""

    def examples(self) -> list[Any]:
        """Draw example questions from the sources; none when that fails."""
        try:
            return [{"text": question} for question in self.assistant.example_questions(4)]
        except Exception:
            log.exception("no example questions")
            return []

    def fresh_examples(self) -> Any:
        """Draw the example questions anew, after a build."""
        return gr.update(examples=self.examples())

    def take_example(self, chosen: gr.SelectData) -> str:
        """Put an example question into the box."""
        value = chosen.value
        return str(value.get("text", "")) if isinstance(value, dict) else ""


def _messages(conversation: int, turn: KeptTurn) -> tuple[Message, Message]:
    reply = html.answer_html(turn.answer, f"{conversation}/{turn.id}", turn.judgement)
    return _message("user", html.question_html(turn.answer["question"])), _message("assistant", reply)


def _turns(shown: Mapping[str, Any] | Shown) -> tuple[Turn, ...]:
    """What the assistant is told later of an answer: the question, and the words that were quoted."""
    said = " ".join(quote["text"] for quote in shown["quotes"])
    return Turn("user", shown["question"]), *([Turn("assistant", said)] if said else [])


def _globs(given: object) -> tuple[str, ...]:
    """Read the chosen sources, each named as in the list of sources, and make globs that match nothing else."""
    names = [_source_of(item) for item in given if isinstance(item, str)] if isinstance(given, list) else []
    return tuple(glob.escape(name) for name in names if name)


def _source_of(query: str) -> str:
    try:
        return dict(parse_qsl(query, errors="surrogateescape", max_num_fields=4)).get("source", "")
    except ValueError:
        return ""


def _json(text: object) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) and text else None
    except (ValueError, RecursionError):
        return None
