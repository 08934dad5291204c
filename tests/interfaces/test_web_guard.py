"""The guard before Gradio, around a small application that answers with what it was given."""

import asyncio

import pytest

from assistant.interfaces.web import guard as guarding
from assistant.interfaces.web.guard import Guard, harden_page
from assistant.interfaces.web.rates import AT_ONCE, Rates

HOST = "127.0.0.1:7860"
OWN = [(b"host", HOST.encode()), (b"origin", f"http://{HOST}".encode())]
JOIN = "/gradio_api/queue/join"


async def application(scope, receive, send):
    """Read the whole body and answer with headers as Gradio sends them."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    headers = [(b"access-control-allow-origin", b"*"), (b"server", b"x"), (b"content-type", b"text/html")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"<script>1</script>", "more_body": True})
    await send({"type": "http.response.body", "body": str(size).encode()})


def call(method="GET", path="/", headers=OWN, body=(b"",), raw_path=None, guard=None):
    """Send one request through the guard; give the status, the headers and the body of the answer."""
    return asyncio.run(one_call(guard or Guard(application, [HOST]), method, path, headers, body, raw_path))


async def one_call(guard, method="GET", path="/", headers=OWN, body=(b"",), raw_path=None):
    pieces = [{"type": "http.request", "body": piece, "more_body": True} for piece in body]
    pieces[-1]["more_body"] = False
    sent = []

    async def receive():
        return pieces.pop(0)

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": raw_path or path.encode(),
        "headers": list(headers),
    }
    await guard(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], dict(sent[0]["headers"]), content


@pytest.mark.parametrize("headers", [
    [], [(b"host", b"evil.example")], [(b"host", b"127.0.0.1:1")], [(b"host", b"127.0.0.1")],
    OWN + [(b"host", HOST.encode())],
])  # fmt: skip
def test_another_name_for_this_server_is_refused(headers):
    assert call(headers=headers)[0] == 421


@pytest.mark.parametrize("path", [
    "/gradio_api/info", "/gradio_api/file=/etc/passwd", "/gradio_api/proxy=http://x", "/monitoring", "/openapi.json",
    "/docs", "/config", "/gradio_api/run/ask", "/gradio_api/call/ask", "/gradio_api/vibe-edit",
    "/gradio_api/dev/reload", "/gradio_api/upload", "/gradio_api/upload_progress",
    "/static/../x", "/static//x", "/static/%2e%2e/x", "/gradio_api/component_server", "/gradio_api/deep_link", "/runs",
])  # fmt: skip
def test_paths_that_the_page_does_not_need_are_closed(path):
    assert call(path=path)[0] == 404
    assert call("POST", path)[0] == 404


@pytest.mark.parametrize(
    "path", ["/", "/assets/index-Dp.js", "/static/js/a.js", "/theme.css", "/chat/passage", "/gradio_api/queue/data"]
)
def test_paths_that_the_page_needs_are_open(path):
    assert call(path=path)[0] == 200


def test_a_path_that_reads_in_two_ways_is_refused():
    assert call(path="/assets/a.js", raw_path=b"/assets/%2561.js")[0] == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_closed(method):
    assert call(method, JOIN)[0] == 404


@pytest.mark.parametrize("headers", [
    [(b"origin", b"http://evil.example")], [(b"origin", b"null")], [(b"origin", b"http://127.0.0.1:1")], [],
    [(b"origin", f"https://{HOST}".encode())], [(b"sec-fetch-site", b"cross-site")],
    [(b"sec-fetch-site", b"same-site")],
])  # fmt: skip
def test_writing_from_another_page_is_refused(headers):
    assert call("POST", JOIN, [(b"host", HOST.encode()), *headers])[0] == 403


@pytest.mark.parametrize("header", [(b"origin", f"http://{HOST}".encode()), (b"sec-fetch-site", b"same-origin")])
def test_our_own_page_may_write(header):
    assert call("POST", JOIN, [(b"host", HOST.encode()), header], [b"{}"])[0] == 200


def test_a_large_body_is_refused_by_its_stated_length():
    assert call("POST", JOIN, [*OWN, (b"content-length", b"1000001")])[0] == 413


def test_a_large_body_is_refused_while_it_arrives(monkeypatch):
    monkeypatch.setitem(guarding._WRITABLE, JOIN, 10)
    status, headers, content = call("POST", JOIN, body=[b"12345", b"67890", b"1"])
    assert (status, content) == (413, b"The request is too large.")
    assert b"content-security-policy" in headers
    assert call("POST", JOIN, body=[b"12345", b"67890"])[0] == 200


def test_a_body_that_never_comes_is_given_up(monkeypatch):
    monkeypatch.setattr(guarding, "SILENCE_S", 0.01)
    sent = []

    async def silence():
        await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": JOIN, "raw_path": JOIN.encode(), "headers": OWN}
    asyncio.run(Guard(application, [HOST])(scope, silence, send))
    assert sent[0]["status"] == 408


def test_answers_allow_no_other_origin_and_no_guessing():
    headers = call(path="/chat/passage")[1]
    assert b"access-control-allow-origin" not in headers and b"server" not in headers
    assert headers[b"x-content-type-options"] == b"nosniff" and headers[b"cache-control"] == b"no-store"
    assert headers[b"content-security-policy"].startswith(b"default-src 'none'")


def test_only_hashed_assets_may_be_kept():
    assert b"immutable" in call(path="/assets/index-Dp.js")[1][b"cache-control"]


def test_the_page_gets_a_fresh_nonce_and_a_strict_policy():
    status, headers, content = call()
    policy = headers[b"content-security-policy"].decode()
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert content == f'<script nonce="{nonce}">1</script>0'.encode()
    assert headers[b"content-length"] == str(len(content)).encode()
    assert "unsafe-eval" not in policy and "script-src 'self' 'nonce-" in policy
    assert nonce not in call()[1][b"content-security-policy"].decode()


def test_the_page_names_no_other_host():
    page = b'<base href="./" /><meta property="og:url" content="https://gradio.app/" />\n<meta charset="utf-8">'
    assert harden_page(page, "n") == b'\n<meta charset="utf-8">'


def test_a_websocket_is_closed():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(Guard(application, [HOST])({"type": "websocket"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


COOKIE = (b"cookie", b"a=b; qa-session=0123456789abcdefABCD_-")


def test_a_page_begins_a_session_once():
    assert call()[1][b"set-cookie"].endswith(b"; Path=/; HttpOnly; SameSite=Strict")
    assert b"set-cookie" not in call(headers=[*OWN, COOKIE])[1]
    assert b"set-cookie" in call(headers=[*OWN, (b"cookie", b"qa-session=forged")])[1]


def test_too_many_calls_of_a_session_are_refused_for_a_while():
    now = [0.0]
    guard = Guard(application, [HOST])
    guard.rates = Rates(lambda: now[0])
    statuses = [call(path="/chat/state", headers=[*OWN, COOKIE], guard=guard)[0] for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    status, headers, _ = call(path="/chat/state", headers=[*OWN, COOKIE], guard=guard)
    assert (status, headers[b"retry-after"]) == (429, b"1")
    assert call(path="/chat/app.js", headers=[*OWN, COOKIE], guard=guard)[0] == 200, "files of the page are not counted"
    assert call(path="/chat/state", guard=guard)[0] == 200, "another session is not slowed down"
    now[0] += 1
    statuses = [call(path="/chat/state", headers=[*OWN, COOKIE], guard=guard)[0] for _ in range(11)]
    assert statuses == [200] * 10 + [429], "ten calls a second"


def test_four_calls_of_a_session_run_at_once_and_the_others_wait():
    running, most = 0, 0

    async def slow(scope, receive, send):
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        await asyncio.sleep(0.01)
        running -= 1
        await application(scope, receive, send)

    async def many(guard):
        return await asyncio.gather(*(one_call(guard, "GET", "/chat/state", [*OWN, COOKIE]) for _ in range(12)))

    answers = asyncio.run(many(Guard(slow, [HOST])))
    assert most == AT_ONCE and [status for status, _, _ in answers] == [200] * 12


@pytest.mark.parametrize("site", [b"cross-site", b"same-site"])
def test_another_page_cannot_make_us_read(site):
    assert call(path="/chat/page", headers=[*OWN, (b"sec-fetch-site", site)])[0] == 403
    assert call(path="/", headers=[*OWN, (b"sec-fetch-site", site)])[0] == 200, "a link to the page is fine"
