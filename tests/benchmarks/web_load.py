"""Many people at the chat at once: each asks one question within ten seconds, over HTTP as the page does.

    python tests/benchmarks/web_load.py --passages 10000

Makes up sources, starts ``assistant chat`` in a process of its own (hashing embedder, so that serving is what is measured),
and lets 50 clients with a session each join Gradio's queue and wait for their answer. Also measured: the time from Enter to
the answer being drawn in headless Chromium, the time to the first answer of a single client, and opening a 2,000-page PDF at a
quote on page 1,900, text and picture. Results go to `tests/benchmarks/results/web_load.json`.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import random
import re
import secrets
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "interfaces"))
from chat_browser import Page, chat

RESULTS = Path(__file__).parent / "results" / "web_load.json"
CLIENTS = 50
WITHIN_S = 10.0
TIMED = """
window.qaTimes = [];
let shown = document.querySelectorAll('.qa-reply').length;
document.addEventListener('keydown', event => { if (event.key === 'Enter') window.qaEnter = performance.now(); }, true);
new MutationObserver(() => {
  const now = document.querySelectorAll('.qa-reply').length;
  if (now > shown) requestAnimationFrame(() => window.qaTimes.push(performance.now() - window.qaEnter));
  shown = now;
}).observe(document.body, {childList: true, subtree: true});
"""
WORDS = (
    "river bridge market harbour letter winter garden engine signal forest copper treaty island summer voyage".split()
)


def make_sources(folder: Path, passages: int, pages: int) -> None:
    """Write text files of about a hundred passages each, and a PDF of many pages."""
    from reportlab.pdfgen.canvas import Canvas

    rng = random.Random(0)
    for number in range(max(1, passages // 100)):
        paragraphs = []
        for at in range(100, 200):  # so that no gate has the numbers of another in the other order
            words = " ".join(rng.choices(WORDS, k=60))
            paragraphs.append(f"The keeper of gate {number}-{at} is called Person{number}x{at}. {words.capitalize()}.")
        (folder / f"text{number}.txt").write_text("\n\n".join(paragraphs))
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    for page in range(1, pages + 1):
        for line in range(30):  # not at the top, where it would be a running head
            words = " ".join(rng.choices(WORDS, k=9)).capitalize() + "."
            lantern = f"The lantern of page {page} burns with a light called Lumen{page}."
            canvas.drawString(72, 700 - 16 * line, lantern if line == 12 else words)
        canvas.showPage()
    canvas.save()
    (folder / "long.pdf").write_bytes(file.getvalue())


class Client:
    """One person's session: a cookie, and questions through the page's own queue."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = secrets.token_hex(6)
        with urllib.request.urlopen(address, timeout=60) as page:
            self.cookie = page.headers["Set-Cookie"].split(";")[0]
            html = page.read().decode()
        config = json.loads(re.search(r"window\.gradio_config\s*=\s*(\{.*?\});?\s*</script>", html, re.S)[1])
        boxes = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
        asking = [event for event in config["dependencies"] if boxes["qa-question"] in event["inputs"]]
        self.function = asking[0]["id"]

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self._request(path), timeout=60) as answer:
            return answer.read()

    def _request(self, path: str, body: bytes | None = None) -> urllib.request.Request:
        headers = {"Cookie": self.cookie, "Origin": self.address.rstrip("/"), "Content-Type": "application/json"}
        return urllib.request.Request(self.address + path, body, headers)

    def ask(self, question: str) -> str:
        """Ask, and give the HTML of the reply."""
        order = {"data": [question, "", None], "fn_index": self.function, "session_hash": self.session}
        with urllib.request.urlopen(self._request("gradio_api/queue/join", json.dumps(order).encode()), timeout=60):
            pass
        shown = ""
        with urllib.request.urlopen(
            self._request(f"gradio_api/queue/data?session_hash={self.session}"), timeout=60
        ) as stream:
            for line in stream:
                if not line.startswith(b"data:"):
                    continue
                message = json.loads(line[5:])
                shown += json.dumps(message.get("output", ""))
                if message["msg"] == "process_completed":
                    assert message["success"], message
                    break
        assert "qa-reply" in shown, shown[-500:]
        return shown


def load(address: str, gates: int) -> dict[str, float]:
    """Let all clients ask once, spread over the time, and measure each."""
    clients = [Client(address) for _ in range(CLIENTS)]
    seconds: list[float] = []
    failed: list[str] = []

    def person(at: int) -> None:
        time.sleep(WITHIN_S * at / CLIENTS)
        begun = time.perf_counter()
        try:
            reply = clients[at].ask(f"Who is the keeper of gate 0-{100 + at % gates}?")
            assert "Person0x" in reply
            seconds.append(time.perf_counter() - begun)
        except Exception as error:
            failed.append(repr(error)[:200])

    threads = [threading.Thread(target=person, args=[at]) for at in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = sorted(seconds)
    at = lambda share: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)  # noqa: E731
    return {
        "clients": CLIENTS,
        "failed": len(failed),
        "median_s": at(0.5),
        "p95_s": at(0.95),
        "slowest_s": at(1),
        "why": failed[:3],
    }


def typed(address: str, gates: int, questions: int = 20) -> dict[str, float]:
    """Ask in a browser, one question after the other, and measure from Enter to the frame that draws the answer."""
    with tempfile.TemporaryDirectory() as profile:
        page = Page(profile).open(address)
        page.ask("Who is the keeper of gate 0-100?")
        page.run(TIMED)
        for at in range(questions):
            page.ask(f"Who is the keeper of gate 0-{100 + (7 * at + 1) % gates}?")
        times = sorted(page.run("return window.qaTimes"))
        page.close()
    return {"questions": len(times), "median_ms": round(times[len(times) // 2]), "slowest_ms": round(times[-1])}


def long_pdf(address: str, pages: int) -> dict[str, float]:
    """Open the long PDF at a quote near its end: the text around it, and the picture of its page."""
    client = Client(address)
    wanted = pages * 19 // 20
    reply = client.ask(f"What is the light of the lantern of page {wanted} called? Lumen{wanted}")
    found = re.search(r"value=\\*\"(source=long\.pdf&(?:amp;)?[^\"\\]+)", reply.replace("\\u0026", "&"))
    assert found, reply[-3000:]
    query = found[1].replace("&amp;", "&")
    begun = time.perf_counter()
    shown = json.loads(client.get(f"chat/passage?{query}"))
    text_s = time.perf_counter() - begun
    about = urllib.parse.urlencode(
        {"source": "long.pdf", "sha256": shown["sha256"], "page": shown["page"], "width": 1200}
    )
    picture = client.get(f"chat/page?{about}")
    total_s = time.perf_counter() - begun
    begun = time.perf_counter()
    client.get(f"chat/page?{about}&page={shown['page'] - 1}")
    return {
        "pages": pages, "page_opened": shown["page"], "boxes": len(shown["boxes"]), "text_s": round(text_s, 3),
        "text_and_picture_s": round(total_s, 3), "next_picture_s": round(time.perf_counter() - begun, 3),
        "sent_bytes": len(json.dumps(shown)), "picture_bytes": len(picture),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--pages", type=int, default=2000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        sources = Path(scratch, "sources")
        sources.mkdir()
        make_sources(sources, given.passages, given.pages)
        with chat(sources, Path(scratch, "index")) as address:
            one = Client(address)
            one.ask("Who is the keeper of gate 0-101?")
            begun = time.perf_counter()
            one.ask("Who is the keeper of gate 0-102?")
            first = time.perf_counter() - begun
            result = {
                "machine": platform.platform(), "cores": os.cpu_count(), "load": os.getloadavg()[0],
                "passages": json.loads(one.get("chat/state"))["summary"], "one_client_s": round(first, 3),
                "in_browser": typed(address, 100),
                "many_clients": load(address, 100), "long_pdf": long_pdf(address, given.pages),
            }  # fmt: skip
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
