"""Starting the server: this machine only, one sentence when it cannot, nothing loaded before it is needed."""

import os
import socket
import subprocess
import sys

import pytest

from assistant.errors import UsageError
from assistant.interfaces.web import serve_chat
from assistant.interfaces.web.server import listen, prepare_environment
from assistant.settings import Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", ""])
def test_another_address_is_refused_at_once(host):
    with pytest.raises(UsageError, match="serves this machine only"):
        serve_chat(Settings(), host, 0, open_browser=False)


def test_a_folder_that_does_not_exist_is_refused(settings):
    with pytest.raises(UsageError, match="does not exist; make it or name another"):
        serve_chat(settings, "127.0.0.1", 0, open_browser=False)


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


def test_only_asking_and_opening_go_through_the_queue():
    """What joins Gradio's queue in the moment in which it gets empty is lost, and the page waits for it without end."""
    code = (
        "from assistant.interfaces.web.app import build_page; from assistant.interfaces.web.handlers import Handlers\n"
        "Handlers.examples = lambda self: []\n"
        "page, _ = build_page(Handlers(None, None), '')\n"
        "print(sorted({event.fn.__name__ for event in page.fns.values() if event.queue}))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "['ask', 'order']\n"
    )
