"""The gate before Gradio: what may be asked of the server, by whom, how large, and what every answer must carry.

A web page open in the same browser can send requests to this port, also under a name of its own (DNS rebinding).
So the Host and Origin are checked, only the paths that the page needs are open, bodies are limited, and every answer
has a strict content security policy. Plain ASGI, so that event streams pass as they are.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import unquote

from assistant.interfaces.web.rates import Rates

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

MAX_JSON_BYTES = 1_000_000
"""A question of 100,000 characters must arrive, to be refused in words: four bytes each at most, and the frame."""
MAX_ORDER_BYTES = 256_000
MAX_UPLOAD_BYTES = 500_000_000
SILENCE_S = 30.0

_API = "/gradio_api"
_READABLE = re.compile(
    r"/|/theme\.css|/manifest\.json|/favicon\.ico|/assets/[\w.-]+|/static/(?:js|img|fonts)/[\w./-]+"
    rf"|/chat/[\w.-]+|{_API}/(?:queue/data|startup-events|heartbeat/\w+)"
)
_WRITABLE = {
    f"{_API}/queue/join": MAX_JSON_BYTES,
    f"{_API}/run/predict": MAX_JSON_BYTES,  # Gradio runs only those functions here that are not meant for the queue
    f"{_API}/cancel": MAX_JSON_BYTES,
    f"{_API}/reset": MAX_JSON_BYTES,
    "/chat/upload": MAX_UPLOAD_BYTES,
    **{f"/chat/{order}": MAX_ORDER_BYTES for order in ("rename", "delete", "judge", "remove", "rebuild", "cancel")},
}
_COUNTED = re.compile(rf"/chat/[a-z]+|{_API}/(?:queue/join|run/predict|cancel|reset)")
_UNCOUNTED = {"/chat/upload"}  # many small files come one after the other; they have limits of their own
_COOKIE = re.compile(r"(?:^|;\s*)qa-session=([\w-]{22})(?:;|$)")
_NO_PAGE = "default-src 'none'; frame-ancestors 'none'; sandbox"
_LASTING = re.compile(r"/assets/|/static/")

_HEADERS: list[Header] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]
_OURS = {key for key, _ in _HEADERS} | {b"content-security-policy", b"cache-control", b"server"}


class Refused(Exception):
    """A request that is not passed on."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class Guard:
    """Stands before an ASGI application; ``hosts`` are the names and ports under which it may be asked."""

    def __init__(self, app: App, hosts: Iterable[str]) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)
        self.rates = Rates()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Check a request, pass it on, and see to the headers of its answer."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        answer = Answering(send, scope["path"])
        try:
            limit = self.check(scope)
            session = self._session(scope, answer)
        except Refused as refusal:
            return await answer.refuse(refusal)
        running = await self.rates.begin(session) if session else None
        try:
            await self._pass_on(scope, Body(receive, limit), answer)
        finally:
            if running:
                running.release()

    def _session(self, scope: MutableMapping[str, Any], answer: Answering) -> str | None:
        """Name the session whose calls are counted, None for what is not counted; a page begins one.

        :param scope: the ASGI scope.
        :param answer: gets the cookie of a session that begins.
        :returns: the cookie's value, or the connection's address where there is none.
        :raises Refused: when the session made too many calls.
        """
        given = _COOKIE.search("; ".join(_Headers(scope["headers"]).every_as_written(b"cookie")))
        if answer.is_page and not given:
            answer.new_session = secrets.token_urlsafe(16)
        if not _COUNTED.fullmatch(scope["path"]) or scope["path"] in _UNCOUNTED:
            return None
        session = given[1] if given else str(scope.get("client"))
        if not self.rates.admit(session):
            raise Refused(429, "That was too much at once; try again in a second.")
        return session

    def check(self, scope: MutableMapping[str, Any]) -> int:
        """Decide about a request by its line and headers.

        :param scope: the ASGI scope.
        :returns: how many bytes its body may have.
        :raises Refused: when it may not pass.
        """
        headers = _Headers(scope["headers"])
        if headers.every(b"host") not in [[host] for host in self.hosts]:
            raise Refused(421, "This server is not known by that name.")
        limit = _limit_for(scope["method"], _clean_path(scope))
        foreign = headers.every(b"sec-fetch-site") not in ([], ["same-origin"], ["none"])
        if (
            scope["method"] == "POST"
            and not self._is_own_page(headers)
            or foreign
            and scope["path"].startswith("/chat/")
        ):
            raise Refused(403, "Requests from other pages are refused.")
        _check_length(headers, limit)
        return limit

    def _is_own_page(self, headers: _Headers) -> bool:
        origins = headers.every(b"origin")
        if origins:
            return len(origins) == 1 and origins[0] in {f"http://{host}" for host in self.hosts}
        return headers.every(b"sec-fetch-site") == ["same-origin"]

    async def _pass_on(self, scope: MutableMapping[str, Any], body: Body, answer: Answering) -> None:
        if answer.is_page:  # its bytes are changed on the way, so they must come uncompressed
            kept = [(key, value) for key, value in scope["headers"] if key.lower() != b"accept-encoding"]
            scope = {**scope, "headers": kept}
        answer.body = body
        try:
            await self.app(scope, body, answer)
        except Exception:
            if body.refusal is None:
                raise
        if body.refusal is not None and not answer.started:
            await answer.refuse(body.refusal)


class _Headers:
    """A request's headers; a name may occur more than once."""

    def __init__(self, raw: Iterable[Header]) -> None:
        self._raw = list(raw)

    def every(self, name: bytes) -> list[str]:
        """Give all values of a header, in lower case."""
        return [value.lower() for value in self.every_as_written(name)]

    def every_as_written(self, name: bytes) -> list[str]:
        """Give all values of a header."""
        return [value.decode("latin-1").strip() for key, value in self._raw if key.lower() == name]


def _clean_path(scope: MutableMapping[str, Any]) -> str:
    """Decode the path once and refuse what could be read in two ways."""
    raw = scope.get("raw_path") or scope["path"].encode()
    path = unquote(raw.split(b"?")[0].decode("latin-1"))
    if path != scope["path"] or "//" in path or ".." in path or "\\" in path or "\0" in path:
        raise Refused(404, "Not found.")
    return path


def _limit_for(method: str, path: str) -> int:
    """Look the method and path up among those that the page needs."""
    if method in ("GET", "HEAD") and _READABLE.fullmatch(path):
        return 0
    if method == "POST" and path in _WRITABLE:
        return _WRITABLE[path]
    raise Refused(404, "Not found.")


def _check_length(headers: _Headers, limit: int) -> None:
    lengths = headers.every(b"content-length")
    if any(not length.isdigit() for length in lengths) or len(lengths) > 1:
        raise Refused(400, "The length of the request is unclear.")
    if lengths and int(lengths[0]) > limit:
        raise Refused(413, "The request is too large.")


class Body:
    """Receives a request's body, counting: a chunked one may be longer than its headers say, or never end."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self._complete = False
        self.refusal: Refused | None = None

    async def __call__(self) -> Message:
        """Receive the next piece; afterwards wait without end, as streams do to learn of a disconnection."""
        if self._complete:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), SILENCE_S)
        except TimeoutError:
            return self._refuse(Refused(408, "The request did not arrive in time."))
        self._left -= len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        return self._refuse(Refused(413, "The request is too large.")) if self._left < 0 else message

    def _refuse(self, refusal: Refused) -> Message:
        self.refusal, self._complete = refusal, True
        raise refusal


class Answering:
    """Sends an answer with the headers that every answer must have; puts a nonce into the page's own scripts."""

    def __init__(self, send: Send, path: str) -> None:
        self._send = send
        self._path = path
        self._page = b""
        self._start: Message | None = None
        self.nonce = secrets.token_urlsafe(16)
        self.is_page = path == "/"
        self.body: Body | None = None
        self.new_session = ""
        self.started = False

    async def __call__(self, message: Message) -> None:
        """Pass on one message of the application; nothing, once its request was refused halfway."""
        if self.body and self.body.refusal and not self.started:
            return
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._start is not None:
            await self._collect(message)
        else:
            await self._send(message)

    async def refuse(self, refusal: Refused) -> None:
        """Answer with one sentence."""
        self._path, self.is_page = "refused", False
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        if refusal.status == 429:
            headers.append((b"retry-after", b"1"))
        await self._begin({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": refusal.words.encode()})

    async def _begin(self, message: Message) -> None:
        self.started = True
        message = {**message, "headers": self._headers(message.get("headers", []))}
        if self.is_page:
            self._start = message  # kept back until the length of the changed page is known
        else:
            await self._send(message)

    async def _collect(self, message: Message) -> None:
        """Gather the page, change it, and send it in one piece."""
        self._page += message.get("body", b"")
        if message.get("more_body", False) or self._start is None:
            return
        page = harden_page(self._page, self.nonce)
        kept = [(key, value) for key, value in self._start["headers"] if key.lower() != b"content-length"]
        await self._send({**self._start, "headers": [*kept, (b"content-length", str(len(page)).encode())]})
        await self._send({"type": "http.response.body", "body": page})
        self._start = None

    def _headers(self, given: Iterable[Header]) -> list[Header]:
        kept = [
            (key, value)
            for key, value in given
            if key.lower() not in _OURS and not key.lower().startswith(b"access-control-")
        ]
        lasting = b"public, max-age=31536000, immutable" if _LASTING.match(self._path) else b"no-store"
        policy = content_security_policy(self.nonce) if self.is_page else _NO_PAGE
        if self.new_session:
            kept.append((b"set-cookie", f"qa-session={self.new_session}; Path=/; HttpOnly; SameSite=Strict".encode()))
        return [*kept, *_HEADERS, (b"cache-control", lasting), (b"content-security-policy", policy.encode())]


def content_security_policy(nonce: str) -> str:
    """Write the page's policy: no script but our files and Gradio's inline ones by nonce, no eval, no other host.

    Styles may be inline: Gradio's components set style attributes and elements, and a style cannot run code.
    """
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )


def harden_page(page: bytes, nonce: str) -> bytes:
    """Give Gradio's inline scripts the nonce and drop what names other hosts or moves relative addresses.

    Values from outside are JSON in a script there, with every ``<`` escaped, so none looks like a tag.
    """
    page = re.sub(rb'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>|<base\s[^>]*>', b"", page)
    return re.sub(rb"<script\b", f'<script nonce="{nonce}"'.encode(), page)
