"""Starting the server: this machine only, one sentence when it cannot, nothing loaded before it is needed."""

import os
import socket
import subprocess
import sys

import pytest

from assistant.datamodel import Content, Document
from assistant.errors import UsageError
from assistant.interfaces.web import serve_chat
from assistant.interfaces.web.server import listen, prepare_environment, view
from assistant.settings import Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", ""])
def test_another_address_is_refused_at_once(host):
    with pytest.raises(UsageError, match="serves this machine only"):
        serve_chat(Settings(), host, 0, open_browser=False)


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} cannot be used"):
            listen("127.0.0.1", port)


def test_the_environment_is_silenced(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "environ", {"GRADIO_SHARE": "1", "GRADIO_SERVER_NAME": "0.0.0.0", "HOME": "/"})
    prepare_environment(tmp_path)
    assert {name for name in os.environ if name.startswith("GRADIO_")} == {
        "GRADIO_ANALYTICS_ENABLED",
        "GRADIO_TEMP_DIR",
    }
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False" and os.environ["HF_HUB_OFFLINE"] == "1"


def test_other_commands_do_not_wait_for_gradio():
    code = "import sys, assistant.interfaces.web; print({'gradio', 'fastapi', 'uvicorn'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


class OneDocument:
    def document(self, source):
        if source != "a\udcff.txt":
            raise UsageError("No indexed source is named so.")
        return Document(source, "ab", Content("Hello <b>you</b>.", "text/plain", "A"))


def test_the_source_panel_gets_data_not_markup():
    status, content = view(OneDocument(), b"source=a%FF.txt&sha256=ab&start=6&end=9")
    assert (status, content["name"]) == (200, "a\\udcff.txt")
    assert content["pieces"] == [{"text": "Hello "}, {"mark": [{"text": "<b>"}]}, {"text": "you</b>."}]


@pytest.mark.parametrize(("query", "status"), [
    (b"", 404), (b"source=..%2Fetc%2Fpasswd", 404),
    (b"source=a%FF.txt&sha256=cd", 409), (b"source=a%FF.txt&start=1&end=99", 404),
    (b"&".join([b"a=1"] * 20), 404), (b"\xff\xfe", 404),
])  # fmt: skip
def test_the_source_panel_refuses_in_words(query, status):
    found, content = view(OneDocument(), query)
    assert found == status and content["error"].endswith((".", "words."))
