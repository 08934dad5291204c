"""Serving the page on this machine: Gradio mounted behind the guard, beside the few addresses of our own."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from assistant.datamodel import IndexStatus, Progress
from assistant.errors import BuildFailed, IndexMissing, UsageError
from assistant.indexes.generations import current_id
from assistant.interfaces.web.guard import Guard
from assistant.interfaces.web.rebuilding import Build, Outcome, Rebuild
from assistant.interfaces.web.routes import Routes
from assistant.interfaces.web.waiting import WaitingAssistant
from assistant.kept_conversations import KeptConversations
from assistant.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.responses import Response

    from assistant.answering import Assistant

_LOOPBACK = {"127.0.0.1": socket.AF_INET, "localhost": socket.AF_INET, "::1": socket.AF_INET6}
_SCRIPTS = ("app", "conversations", "page", "quotes", "sources", "viewer")
_OWN_FILES = {
    **{f"{name}.js": "text/javascript" for name in _SCRIPTS},
    "style.css": "text/css",
    "panels.css": "text/css",
    "icon.svg": "image/svg+xml",
}


def serve_chat(
    settings: Settings,
    host: str,
    port: int,
    open_browser: bool,
    build: Callable[[Settings], object] | None = None,
) -> None:
    """Serve the page until it is interrupted; build the index first where there is none.

    A folder without files, or with none that can be read, is no reason not to: documents can be added on the page.

    :param settings: the sources, the index and everything else.
    :param host: a name of this machine's loopback interface.
    :param port: the port; 0 takes a free one.
    :param open_browser: open the page in the user's browser.
    :param build: builds an index that is missing, showing progress as the caller likes.
    :raises UsageError: for another host, a port that is taken, or a sources folder that does not exist.
    :raises IndexUnusable: when there is an index that cannot be asked.
    """
    listening = listen(host, port)
    with listening:
        problem = "" if current_id(settings.index) else _build_first(settings, build)
        assistant = _open(settings)
        address = f"http://{_at(host, listening.getsockname()[1])}/"
        click.echo(f"The chat is open at {address} on this machine; Ctrl+C ends it.", err=True)
        if open_browser:
            webbrowser.open(address)
        rebuild = Rebuild(_builder(settings))
        rebuild.outcome = Outcome(None, problem) if problem else None
        _serve(assistant, rebuild, listening)


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything slow is done.

    :param host: a name of the loopback interface.
    :param port: the port, 0 for any.
    :returns: the listening socket.
    :raises UsageError: for another host or a port that is taken.
    """
    if host not in _LOOPBACK:
        raise UsageError(f"The chat has no logins, so it serves this machine only: use 127.0.0.1 instead of {host!r}.")
    if not 0 <= port <= 65535:
        raise UsageError(f"A port lies between 0 and 65535, not {port}.")
    try:
        return socket.create_server((host, port), family=_LOOPBACK[host])
    except OSError as error:
        raise UsageError(f"Port {port} cannot be used ({error.strerror}); choose another one with --port.") from None


def _at(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _build_first(settings: Settings, build: Callable[[Settings], object] | None) -> str:
    """Build an index where there is none; give the reason when no file could be read."""
    from assistant.assembly import build_index

    try:
        build(settings) if build else build_index(settings=settings)
    except UsageError:
        if not settings.sources.is_dir():
            raise
    except BuildFailed as error:
        click.echo(str(error), err=True)
        return str(error)
    return ""


def _open(settings: Settings) -> Assistant:
    from assistant.assembly import open_assistant

    try:
        return open_assistant(settings=settings)
    except IndexMissing:
        return cast("Assistant", WaitingAssistant(settings))


def _builder(settings: Settings) -> Build:
    """Bind the settings, so that the page needs to know nothing of how an index is built."""

    def build(progress: Callable[[Progress], None], cancel: threading.Event) -> IndexStatus:
        from assistant.assembly import build_index

        try:
            return build_index(settings=settings, progress=progress, cancel=cancel)
        except UsageError as error:  # it names the folder, and pages show no paths
            raise UsageError("There are no files among the sources; add documents first.") from error

    return build


def _serve(assistant: Assistant, rebuild: Rebuild, listening: socket.socket) -> None:
    import uvicorn

    scratch = Path(tempfile.mkdtemp(prefix="assistant-chat-"))  # mode 0700
    routes = Routes(assistant, rebuild, KeptConversations(assistant.settings.index), scratch)
    try:
        app = make_app(routes, listening.getsockname()[1])
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, limit_concurrency=512, timeout_keep_alive=5,
            h11_max_incomplete_event_size=16384, proxy_headers=False, server_header=False, ws="none",
            timeout_graceful_shutdown=2,
        )  # fmt: skip
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        routes.close()
        shutil.rmtree(scratch, ignore_errors=True)


def make_app(routes: Routes, port: int) -> Guard:
    """Put the server together: Gradio at the root, our files and addresses under ``/chat``.

    :param routes: our addresses, with what answers and what builds.
    :param port: the port that will be listened on; requests under any other are refused.
    :returns: an ASGI application.
    """
    prepare_environment(routes.scratch)
    import gradio
    from fastapi import FastAPI

    from assistant.interfaces.web.app import build_page
    from assistant.interfaces.web.handlers import Handlers

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    head = _add_own_files(app)
    routes.add_to(app)
    page, look = build_page(Handlers(routes.assistant, routes.kept), head)
    gradio.mount_gradio_app(
        app, page, path="/", server_name="127.0.0.1", server_port=port, footer_links=[], run_history=False,
        allowed_paths=[], show_error=False, max_file_size=0,
        enable_monitoring=False, mcp_server=False, ssr_mode=False, pwa=False,
        app_kwargs={"openapi_url": None, "docs_url": None, "redoc_url": None}, **look,
    )  # fmt: skip
    return Guard(app, [_at(host, port) for host in _LOOPBACK])


def prepare_environment(scratch: Path) -> None:
    """Silence everything that could call home or loosen the page; must come before Gradio is imported.

    :param scratch: where Gradio shall keep files that arrive.
    """
    for name in [name for name in os.environ if name.startswith("GRADIO_")]:
        del os.environ[name]
    os.environ.update(
        GRADIO_ANALYTICS_ENABLED="False",
        GRADIO_TEMP_DIR=str(scratch),
        HF_HUB_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        TRANSFORMERS_OFFLINE="1",
    )


def _add_own_files(app: FastAPI) -> str:
    """Serve our style sheet, script and icon, each under an address that changes with its content.

    :param app: gets one route a file.
    :returns: the elements that load them, for the page's head.
    """
    from starlette.responses import Response

    folder = resources.files("assistant.interfaces.web")
    versions = {}
    for name, media_type in _OWN_FILES.items():
        content = (folder / name).read_bytes()
        versions[name] = f"/chat/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"
        answer = partial(Response, content, media_type=media_type)
        app.add_api_route(f"/chat/{name}", _constant(answer), include_in_schema=False, response_model=None)
    return (
        f'<link rel="icon" type="image/svg+xml" href="{versions["icon.svg"]}">'
        f'<link rel="stylesheet" href="{versions["style.css"]}">'
        f'<link rel="stylesheet" href="{versions["panels.css"]}">'
        f'<script type="module" src="{versions["app.js"]}"></script>'
    )


def _constant(answer: Callable[[], Response]) -> Callable[[], Response]:
    """Wrap a partial as a function without parameters, which is what FastAPI reads the query from."""
    return lambda: answer()
