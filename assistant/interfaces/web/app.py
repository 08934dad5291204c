"""The conversation in Gradio's components, and which handler each event calls.

The sources, the kept conversations and the viewer beside it are made by our own scripts. Two sanitized components show our own
escaped HTML: the chat takes it as it is, and a Markdown block leaves a line that starts with an element alone. ``gr.HTML`` is no
choice here, because it compiles its template in the browser, which the content security policy forbids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.interfaces.web.handlers import Handlers, Talk

TITLE = "Ask your sources"
_PROMISE = "I only quote: every answer is an exact passage from your sources, or “your sources don’t say”."
_MASTHEAD = (
    '<div class="qa-masthead"><button type="button" id="qa-toggle" title="Show or hide sources and conversations">'
    '<span class="qa-bars"></span><span class="qa-toggle-word">Sources</span></button>'
    f"<h1>{TITLE}</h1></div>"
)
_WELCOME = (
    '<div class="qa-welcome"><h2 class="qa-ready">What do you want to know?</h2>'
    '<h2 class="qa-unready">Add your documents first</h2>'
    f'<p class="qa-promise">{_PROMISE} Nothing leaves this machine.</p>'
    '<p class="qa-unready">Drop files or a folder anywhere on this page.</p>'
    '<p class="qa-unready"><button type="button" class="qa-begin">Add documents</button></p>'
    '<p class="qa-hint qa-ready">Ask in your own words, or try one of these.</p></div>'
)
"""What is ``qa-unready`` is shown while there are no sources, and what is ``qa-ready`` else."""
_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
_AT_ONCE: dict[str, Any] = {**_QUIET, "queue": False}
"""For what takes no time. Gradio's page ends its one stream of results when the queue is empty, and loses what joined the
queue just then; so only asking and opening go through the queue, which a person does one after the other."""


@dataclass(frozen=True)
class Parts:
    """The components that events read or change; the last three are hidden, and our scripts write into them."""

    fresh: gr.Button
    chat: gr.Chatbot
    notice: gr.Markdown
    question: gr.Textbox
    send: gr.Button
    scope: gr.Textbox
    order: gr.Textbox
    refresh: gr.Textbox


def build_page(handlers: Handlers, head: str) -> tuple[gr.Blocks, dict[str, Any]]:
    """Lay the page out and connect its events.

    :param handlers: what the events do.
    :param head: elements for the page's head: our style sheet and script.
    :returns: the page, and the arguments of look with which it is to be mounted.
    """
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)) as page:
        with gr.Row(elem_id="qa-top"):
            gr.Markdown(_MASTHEAD, elem_id="qa-masthead")
            fresh = gr.Button("New conversation", scale=0, elem_id="qa-new")
        with gr.Row(elem_id="qa-workspace"):
            parts = Parts(fresh, *_lay_out_conversation(handlers), *_lay_out_wires())
        _connect(handlers, parts, page)
    page.queue(api_open=False, default_concurrency_limit=2, max_size=128)
    return page, {"theme": _theme(), "head": head}


def _lay_out_conversation(handlers: Handlers) -> tuple[gr.Chatbot, gr.Markdown, gr.Textbox, gr.Button]:
    with gr.Column(elem_id="qa-conversation"):
        chat = gr.Chatbot(
            label="Conversation", show_label=False, container=False, elem_id="qa-chat", layout="panel", autoscroll=False,
            height=None,
            placeholder=_WELCOME, examples=handlers.examples(), render_markdown=False, sanitize_html=True,
            latex_delimiters=[], buttons=[], feedback_options=None, allow_file_downloads=False,
        )  # fmt: skip
        notice = gr.Markdown(elem_id="qa-notice", latex_delimiters=[])
        with gr.Row(elem_id="qa-ask"):
            question = gr.Textbox(
                label="Your question", show_label=False, container=False, placeholder="Ask your sources…", lines=1,
                max_lines=6, autofocus=True, scale=1, elem_id="qa-question",
            )  # fmt: skip
            send = gr.Button("Ask", variant="primary", scale=0, min_width=72, elem_id="qa-send")
    return chat, notice, question, send


def _lay_out_wires() -> list[gr.Textbox]:
    with gr.Column(elem_id="qa-wires"):
        return [
            gr.Textbox(label=f"For the page's scripts: {name}", container=False, elem_id=f"qa-{name}", lines=1)
            for name in ("scope", "order", "refresh")
        ]


def _connect(handlers: Handlers, parts: Parts, page: gr.Blocks) -> None:
    talk = gr.State(Talk(), time_to_live=24 * 3600)
    asking: dict[str, Any] = {
        "inputs": [parts.question, parts.scope, talk],
        "outputs": [parts.chat, parts.question, talk, parts.notice],
        **_QUIET,
    }
    gr.on([parts.question.submit, parts.send.click], handlers.ask, trigger_mode="once", **asking)
    parts.chat.example_select(handlers.take_example, None, parts.question, **_AT_ONCE).then(handlers.ask, **asking)
    parts.order.change(handlers.order, **{**asking, "inputs": [parts.order, talk]})
    parts.fresh.click(lambda: ([], "", Talk(), ""), None, [parts.chat, parts.question, talk, parts.notice], **_AT_ONCE)
    gr.on([page.load, parts.refresh.change], handlers.fresh_examples, None, parts.chat, **_AT_ONCE)


def _theme() -> gr.themes.Base:
    """Choose Gradio's plainest theme, with the fonts of the machine: a font by name would be fetched from elsewhere."""
    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
    return gr.themes.Base(primary_hue="teal", neutral_hue="stone", font=sans, font_mono=mono, radius_size="md")
