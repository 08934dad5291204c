"""Our own addresses: data in words, files as attachments, forged requests refused, nothing outside reached."""

import io

import pytest
from reportlab.pdfgen.canvas import Canvas
from starlette.applications import Starlette
from starlette.testclient import TestClient

from assistant.interfaces.web import uploads
from assistant.interfaces.web.html import passage_query
from assistant.interfaces.web.rebuilding import Rebuild
from assistant.interfaces.web.routes import Routes
from assistant.interfaces.web.showing import shown_answer
from assistant.kept_conversations import KeptConversations

RIVERS = "The Rhine rises in the Alps."


def pdf(words=RIVERS):
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.drawString(72, 700, words)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


@pytest.fixture
def client(make_sources, build, open_index, tmp_path):
    make_sources({"rivers.pdf": pdf(), "bees.txt": "Bees live in hives.", "big/<b>.txt": "Odd names are kept."})
    status = build()
    assistant = open_index(strictness=0)
    (tmp_path / "scratch").mkdir()
    rebuild = Rebuild(lambda progress, cancel: status)
    routes = Routes(assistant, rebuild, KeptConversations(tmp_path / "index"), tmp_path / "scratch")
    app = Starlette()
    app.add_route = app.router.add_route
    routes.add_to(app)
    client = TestClient(app)
    client.routes, client.assistant = routes, assistant
    yield client
    routes.close()


def query_of(client, source):
    return passage_query(source, client.assistant.document(source).sha256)


def kept_answer(client, question="Where do bees live?"):
    answer = client.assistant.ask(question)
    return client.routes.kept.add(None, shown_answer(answer, client.assistant))


def test_the_state_lists_the_sources_once(client):
    state = client.get("/chat/state").json()
    assert [row["name"] for row in state["sources"]] == ["bees.txt", "big/<b>.txt", "rivers.pdf"]
    assert "sources" not in client.get("/chat/state", params={"index": state["index"]}).json()


def test_a_folder_that_differs_from_the_index_is_told(client):
    assert client.get("/chat/state").json()["build"]["lines"] == []
    folder = client.assistant.settings.sources
    (folder / "ants.txt").write_text("Ants live in anthills.")
    (folder / "wasps.txt").write_text("Wasps live in nests.")
    (folder / "bees.txt").unlink()
    (said,) = client.get("/chat/state").json()["build"]["lines"]
    assert said == "In the folder: 2 new files not listed yet, 1 file gone. Rebuild brings the list up to date."
    folder.rename(folder.with_name("elsewhere"))
    (said,) = client.get("/chat/state").json()["build"]["lines"]
    assert "can still be asked" in said


def test_a_page_is_a_picture_only_while_the_file_is_the_one_that_was_indexed(client):
    query = query_of(client, "rivers.pdf")
    answer = client.get(f"/chat/page?{query}&page=1&width=500")
    assert answer.headers["content-type"] == "image/png" and answer.content.startswith(b"\x89PNG")
    (client.assistant.settings.sources / "rivers.pdf").write_bytes(pdf("Other words."))
    assert client.get(f"/chat/page?{query}&page=1&width=500").content == answer.content, "kept"
    changed = client.get(f"/chat/page?{query}&page=1&width=1200")
    assert changed.status_code in (200, 409)  # the worker may still hold the file that was indexed
    client.routes.pages.close()
    changed = client.get(f"/chat/page?{query}&page=1&width=1600")
    assert changed.status_code == 409 and "changed since it was indexed" in changed.json()["error"]


@pytest.mark.parametrize(("path", "status"), [
    ("passage", 404), ("passage?source=..%2F..%2Fetc%2Fpasswd", 404), ("passage?source=bees.txt&sha256=00", 409),
    ("passage?source=bees.txt&start=1&end=99", 404), ("passage?" + "a=1&" * 20, 404), ("page?source=bees.txt&page=1", 404),
    ("page?source=rivers.pdf&page=2", 404), ("page?source=rivers.pdf&page=x", 404), ("page?source=rivers.pdf&width=-1", 404),
    ("export?conversation=99", 404), ("export?conversation=x", 404), ("find?source=no&words=a", 404),
])  # fmt: skip
def test_what_cannot_be_given_is_refused_in_words(client, path, status):
    answer = client.get(f"/chat/{path}")
    assert answer.status_code == status and answer.json()["error"].endswith(".")
    assert str(client.assistant.settings.sources) not in answer.text


@pytest.mark.parametrize("path", ["rename", "delete", "judge", "remove"])
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"{}", b'{"conversation": "1", "turn": true, "judgement": "x"}', b"[" * 9999]
)
def test_a_forged_order_changes_nothing(client, path, body):
    kept_answer(client)
    answer = client.post(f"/chat/{path}", content=body)
    assert answer.status_code == 404 and answer.json()["error"].endswith(".")
    assert len(client.routes.kept.listed()) == 1


def test_orders_need_post(client):
    assert client.get("/chat/delete").status_code == 405


def test_a_file_is_taken_in_and_built(client):
    said = client.post("/chat/upload?path=new%2Fants.txt&batch=1", content=b"Ants live in anthills.").json()
    assert said == {"said": "Added new/ants.txt."}
    assert (client.assistant.settings.sources / "new" / "ants.txt").read_bytes() == b"Ants live in anthills."
    assert list(client.routes.scratch.iterdir()) == []


def test_a_file_keeps_its_date(client):
    client.post("/chat/upload?path=old.txt&batch=1&changed=1527811200", content=b"Ants live in anthills.")
    assert (client.assistant.settings.sources / "old.txt").stat().st_mtime == 1527811200
    refused = client.post("/chat/upload?path=odd.txt&batch=1&changed=yesterday", content=b"Ants.")
    assert refused.status_code == 400 and "must be a number" in refused.json()["error"]


def test_an_upload_holds_only_so_many_files_and_bytes(client, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_FILES", 2)
    monkeypatch.setattr(uploads, "MAX_BATCH_BYTES", 10)
    answers = [client.post(f"/chat/upload?path={at}.txt&batch=1", content=b"abc").status_code for at in range(3)]
    assert answers == [200, 200, 400]
    refused = client.post("/chat/upload?path=x.txt&batch=2", content=b"x" * 11)
    assert refused.status_code == 400 and "in a second go" in refused.json()["error"]
    assert not (client.assistant.settings.sources / "x.txt").exists() and list(client.routes.scratch.iterdir()) == []


def test_a_source_is_removed_by_the_name_in_the_list(client):
    row = next(row for row in client.get("/chat/state").json()["sources"] if row["name"] == "big/<b>.txt")
    assert "Removed big/<b>.txt" in client.post("/chat/remove", json={"source": row["id"]}).json()["said"]
    assert not (client.assistant.settings.sources / "big" / "<b>.txt").exists()


def test_the_last_source_that_can_be_asked_stays(client):
    rows = client.get("/chat/state").json()["sources"]
    *answers, last = [client.post("/chat/remove", json={"source": row["id"]}) for row in rows]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert last.status_code == 404 and "only source that can be asked" in last.json()["error"]
    assert (client.assistant.settings.sources / rows[-1]["name"]).exists()


def test_kept_answers_say_whether_their_sources_still_say_so(client):
    conversation, turn = kept_answer(client)
    states = lambda: client.get(f"/chat/recheck?conversation={conversation}").json()["turns"][str(turn)]  # noqa: E731
    assert set(states()) == {"verified"}
    folder = client.assistant.settings.sources
    (folder / "bees.txt").write_text("Bees live in hives. And more.")
    assert states()[0] == "verified", "the same words still stand there"
    (folder / "bees.txt").write_text("Wasps live in nests.")
    assert states()[0] == "changed"
    (folder / "bees.txt").unlink()
    assert states()[0] == "missing"


def test_other_errors_show_no_path(client, monkeypatch, caplog):
    monkeypatch.setattr(client.routes.kept, "listed", lambda words: 1 / 0)
    answer = client.get("/chat/conversations")
    assert answer.status_code == 500 and "the log has the details" in answer.json()["error"]
    assert "ZeroDivisionError" in caplog.text and "Zero" not in answer.text
