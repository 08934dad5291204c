"""The few addresses of our own under ``/chat``: what the viewer, the list of sources and the kept conversations ask for.

Reading takes a query and gives JSON or a file; writing takes a JSON object and gives JSON. The guard has checked who asks; what
is asked for is checked here.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from assistant.errors import AssistantError, UsageError
from assistant.interfaces.web import exports, uploads, viewing
from assistant.interfaces.web.incidents import sentence_for
from assistant.interfaces.web.pages import PageImages
from assistant.interfaces.web.rebuilding import Rebuild
from assistant.interfaces.web.rechecking import recheck
from assistant.interfaces.web.state import build_state, folder_lines, sources_state
from assistant.interfaces.web.viewing import Stored, whole_number
from assistant.interfaces.web.waiting import NO_INDEX
from assistant.kept_conversations import KeptConversations
from assistant.sources_folder import walk

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from assistant.answering import Assistant

Wanted = Mapping[str, str]
_BATCHES_KEPT = 100


class Routes:
    """Answers requests beside Gradio.

    :param assistant: knows the sources.
    :param rebuild: builds the index.
    :param kept: the conversations on disk.
    :param scratch: a private folder for files that arrive.
    """

    def __init__(self, assistant: Assistant, rebuild: Rebuild, kept: KeptConversations, scratch: Path) -> None:
        self.assistant, self.rebuild, self.kept, self.scratch = assistant, rebuild, kept, scratch
        self.pages = PageImages(assistant.settings)
        self._batches = _Batches()

    def add_to(self, app: FastAPI) -> None:
        """Give the application a route for each of our addresses."""
        reads: dict[str, Callable[[Wanted], Any]] = {
            "passage": self.passage, "find": self.find, "page": self.page, "state": self.state,
            "conversations": self.conversations, "recheck": self.recheck, "export": self.export,
            "evaluation": self.evaluation,
        }  # fmt: skip
        orders: dict[str, Callable[[Mapping[str, Any]], Any]] = {
            "rename": self.rename, "delete": self.delete, "judge": self.judge, "remove": self.remove,
            "rebuild": self.start, "cancel": self.cancel,
        }  # fmt: skip
        for name, read in reads.items():
            app.add_route(f"/chat/{name}", _reading(read), include_in_schema=False)
        for name, order in orders.items():
            app.add_route(f"/chat/{name}", _ordering(order), methods=["POST"], include_in_schema=False)
        app.add_route("/chat/upload", self.upload, methods=["POST"], include_in_schema=False)

    def close(self) -> None:
        """Stop a running build, end the worker, and let the conversations go."""
        self.rebuild.stop()
        self.pages.close()
        self.kept.close()

    def passage(self, wanted: Wanted) -> dict[str, Any]:
        """Give a window on a source's text."""
        return viewing.view(Stored(*self.assistant.positions(wanted.get("source", ""))), wanted)

    def find(self, wanted: Wanted) -> dict[str, Any]:
        """Find words in a source."""
        return viewing.find(self.assistant.document(wanted.get("source", "")), wanted)

    def page(self, wanted: Wanted) -> Response:
        """Give the picture of a page of a PDF source."""
        document = self.assistant.document(wanted.get("source", ""))
        viewing.check_same(document, wanted)
        number, width = whole_number(wanted, "page", 1), whole_number(wanted, "width", 1200)
        if not 1 <= number <= viewing.pages_shown(document):
            raise UsageError(f"This source has no picture of a page {number}.")
        return _file(self.pages.picture(document.source, document.sha256, number, width), "image/png")

    def state(self, wanted: Wanted) -> dict[str, Any]:
        """Give the state of the build, and the sources where the page has none or older ones."""
        status = self.assistant.status()
        limits = {"max_file_mb": self.assistant.settings.max_file_mb, "max_files": uploads.MAX_FILES}
        build = build_state(self.rebuild)
        if wanted.get("index") == status.index:
            return {"build": build, **limits}
        if not build["lines"] and status.index != NO_INDEX:
            build["lines"] = folder_lines(status, self.assistant.settings.sources)
        return {"build": build, **limits, **sources_state(status)}

    def conversations(self, wanted: Wanted) -> dict[str, Any]:
        """List the kept conversations."""
        listed = self.kept.listed(wanted.get("words", "")[:200])
        return {"conversations": [{"id": c.id, "name": c.name, "changed": c.changed, "turns": c.turns} for c in listed]}

    def recheck(self, wanted: Wanted) -> dict[str, Any]:
        """Say of each quote of a conversation whether its source still says so."""
        turns = self.kept.turns(whole_number(wanted, "conversation", 0))
        return {"turns": recheck(self.assistant, turns)}

    def export(self, wanted: Wanted) -> Response:
        """Give a conversation as a file."""
        conversation = whole_number(wanted, "conversation", 0)
        name, turns = self.kept.name_of(conversation), self.kept.turns(conversation)
        if name is None:
            raise UsageError("This conversation was deleted.")
        if wanted.get("form") == "markdown":
            return _file(exports.markdown(name, turns), "text/markdown", f"conversation-{conversation}.md")
        if wanted.get("form") == "csv":
            return _file(exports.table(turns), "text/csv", f"conversation-{conversation}.csv")
        return _file(exports.json_lines(turns), "application/json", f"conversation-{conversation}.jsonl")

    def evaluation(self, wanted: Wanted) -> Response:
        """Give the judged answers as files for ``assistant evaluate``."""
        packed = exports.evaluation(self.kept.judged(), self.assistant.document)
        return _file(packed, "application/zip", "evaluation.zip")

    def rename(self, order: Mapping[str, Any]) -> None:
        """Rename a conversation."""
        self.kept.rename(_id(order, "conversation"), str(order.get("name", ""))[:1000])

    def delete(self, order: Mapping[str, Any]) -> None:
        """Delete a conversation."""
        self.kept.delete(_id(order, "conversation"))

    def judge(self, order: Mapping[str, Any]) -> None:
        """Note what a person thought of an answer."""
        if order.get("judgement") not in ("up", "down", "none"):
            raise UsageError("A judgement is up, down or none.")
        self.kept.judge(_id(order, "turn"), order["judgement"])

    def remove(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Remove a source and build; not the last one that can be asked, since an index is never without."""
        wanted = dict(parse_qsl(str(order.get("source", "")), errors="surrogateescape", max_num_fields=4))
        source, folder = wanted.get("source", ""), self.assistant.settings.sources
        asked = {row.source for row in self.assistant.status() if row.state != "rejected"}
        others = {file.source for file in walk(folder)[0]} - {source}
        if source in asked and not asked & others:
            raise UsageError("This is the only source that can be asked; add another one before you remove it.")
        said = uploads.remove(source, folder)
        self.rebuild.start(follow_up=True)
        return {"said": said}

    def start(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Start a build."""
        started = self.rebuild.start(follow_up=order.get("follow_up") is True)
        return {"said": "" if started else "A rebuild is running already; it is shown below."}

    def cancel(self, order: Mapping[str, Any]) -> None:
        """Stop the running build."""
        self.rebuild.stop()

    async def upload(self, request: Request) -> Response:
        """Take in one file: the body is its content, the query its ``path`` and the ``batch`` it comes with, and when it
        was ``changed`` on the person's disk, in seconds since 1970: answers show that date.
        """
        from starlette.concurrency import run_in_threadpool

        wanted = _query(request)
        handle, arrived = tempfile.mkstemp(dir=self.scratch)
        try:
            with os.fdopen(handle, "wb") as file:
                async for piece in request.stream():
                    self._batches.count(wanted.get("batch", ""), len(piece))
                    file.write(piece)
            self._batches.count(wanted.get("batch", ""), 0, files=1)
            said = await run_in_threadpool(self._take_in, Path(arrived), wanted)
        except (AssistantError, OSError) as error:
            return _json({"error": _why_not_kept(error)}, 400)
        finally:
            Path(arrived).unlink(missing_ok=True)
        return _json({"said": said})

    def _take_in(self, arrived: Path, wanted: Wanted) -> str:
        settings = self.assistant.settings
        if changed_s := whole_number(wanted, "changed", 0):
            os.utime(arrived, (changed_s, changed_s))
        upload = uploads.Upload(arrived, wanted.get("path", ""))
        return uploads.take_in(upload, settings.sources, settings.max_file_mb)


class _Batches:
    """Files and bytes of the uploads of late, each under a name that the page made up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: OrderedDict[str, list[int]] = OrderedDict()

    def count(self, batch: str, size: int, files: int = 0) -> None:
        """Count what came in.

        :param batch: the upload's name.
        :param size: bytes.
        :param files: files that are complete.
        :raises UsageError: when the upload holds more than one may.
        """
        with self._lock:
            counts = self._counts.setdefault(batch[:40], [0, 0])
            counts[0] += files
            counts[1] += size
            while len(self._counts) > _BATCHES_KEPT:
                self._counts.popitem(last=False)
        if counts[0] > uploads.MAX_FILES or counts[1] > uploads.MAX_BATCH_BYTES:
            raise UsageError(
                f"One upload takes {uploads.MAX_FILES} files and {uploads.MAX_BATCH_BYTES // 1_000_000} MB; "
                "add the others in a second go."
            )


def _reading(read: Callable[[Wanted], Any]) -> Callable[[Request], Response]:
    """Make an endpoint that reads; Starlette runs it in a thread, since it is no coroutine."""

    def endpoint(request: Request) -> Response:
        return _answered(lambda: read(_query(request)))

    return endpoint


def _ordering(order: Callable[[Mapping[str, Any]], Any]) -> Callable[[Request], Any]:
    """Make an endpoint that takes a JSON object."""

    async def endpoint(request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool

        body = await request.body()
        return await run_in_threadpool(_answered, lambda: order(_object(body)))

    return endpoint


def _answered(answer: Callable[[], Any]) -> Response:
    """Answer, or say in a sentence why not; paths and tracebacks stay in the log."""
    try:
        content = answer()
    except viewing.SourceChanged as error:
        return _json({"error": str(error)}, 409)
    except AssistantError as error:
        return _json({"error": str(error)}, 404)
    except ValueError:
        return _json({"error": "This address cannot be read."}, 404)
    except Exception as error:
        return _json({"error": sentence_for(error)}, 500)
    return _json(content or {}) if content is None or isinstance(content, dict) else content


def _query(request: Request) -> dict[str, str]:
    raw = request.scope["query_string"].decode("ascii", "replace")
    return dict(parse_qsl(raw, errors="surrogateescape", max_num_fields=10))


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        order = json.loads(body)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if not isinstance(order, dict):
        raise ValueError("no object")
    return order


def _id(order: Mapping[str, Any], name: str) -> int:
    value = order.get(name)
    if type(value) is not int or not 0 <= value < 1 << 62:
        raise UsageError(f"There is no such {name}.")
    return value


def _json(content: Mapping[str, Any], status: int = 200) -> Response:
    from starlette.responses import Response

    return Response(json.dumps(content), status, media_type="application/json")


def _file(content: str | bytes, media_type: str, name: str = "") -> Response:
    from starlette.responses import Response

    headers = {"content-disposition": f'attachment; filename="{name}"'} if name else {}
    return Response(content, media_type=media_type, headers=headers)


def _why_not_kept(error: Exception) -> str:
    return (
        str(error)
        if isinstance(error, AssistantError)
        else f"The file could not be kept: {getattr(error, 'strerror', '')}."
    )
