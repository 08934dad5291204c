"""Files are read in a worker process: the same documents, and no file, however bad, takes more than its limits."""

import os
import sys

import pytest

from assistant.errors import UnreadableFile
from assistant.loaders import isolation, load_document
from assistant.loaders.isolation import IsolatedReader, Limits

MARKDOWN = "# Bees\n\nÆ bees live in a hive – “always”.\n".encode()
FAKES = {
    "dies": "raise SystemExit(3)",
    "sends garbage": "out.write(b'x' * 64)",
    "claims to send a terabyte": "out.write(struct.pack('>QQ', 1 << 40, 0))",
    "claims a text of a terabyte": "out.write(struct.pack('>QQ', 2, 1 << 40) + b'{}')",
    "answers with a list": "out.write(struct.pack('>QQ', 2, 0) + b'[]')",
    "leaves out what it knows": "out.write(struct.pack('>QQ', 2, 0) + b'{}')",
}


def fake(code):
    """A worker that takes its first message and then does as it likes."""
    start = "import struct, sys, time; out = sys.stdout.buffer; sys.stdin.buffer.read(16); "
    return [sys.executable, "-c", start + code + "; out.flush(); time.sleep(600)"]


def test_a_document_is_the_same_as_without_a_worker():
    with IsolatedReader() as reader:
        assert reader.load_document("bees.md", MARKDOWN) == load_document("bees.md", MARKDOWN)


def test_reasons_come_through_and_the_worker_goes_on():
    with IsolatedReader() as reader:
        with pytest.raises(UnreadableFile, match=r"The file is empty \(0 bytes\)"):
            reader.load_document("empty.txt", b"")
        assert reader.load_document("bees.md", MARKDOWN).text == load_document("bees.md", MARKDOWN).text


@pytest.mark.parametrize("code", FAKES.values(), ids=FAKES)
def test_a_worker_that_misbehaves_costs_one_file(code):
    with IsolatedReader(Limits(seconds=30), fake(code)) as reader:
        with pytest.raises(UnreadableFile, match="made its reader fail or use up its memory"):
            reader.load_document("bees.md", MARKDOWN)


def test_a_worker_that_hangs_is_killed_at_its_deadline_with_all_its_group():
    with IsolatedReader(Limits(seconds=1), fake("pass")) as reader:
        reader._start()
        hanging = reader._worker
        with pytest.raises(UnreadableFile, match="took longer than the 1 seconds allowed; raise read_seconds"):
            reader.load_document("bees.md", MARKDOWN)
        assert hanging.returncode == -9
        with pytest.raises(ProcessLookupError, match="No such process"):
            os.killpg(hanging.pid, 0)


def test_a_text_over_the_limit_is_refused_with_both_numbers():
    with IsolatedReader(Limits(characters=1000)) as reader:
        with pytest.raises(UnreadableFile, match="holds 2,399 characters and 1,000 are allowed; raise max_characters"):
            reader.load_document("long.txt", b" ".join([b"bee"] * 600))


def test_a_worker_is_replaced_after_so_many_files(monkeypatch):
    monkeypatch.setattr(isolation, "FILES_EACH", 2)
    with IsolatedReader() as reader:
        seen = []
        for _ in range(4):
            reader.load_document("bees.md", MARKDOWN)
            seen.append(reader._worker.pid)
    assert seen[0] == seen[1] != seen[2] == seen[3]


@pytest.mark.parametrize(
    "deed",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "open('written.txt', 'w')",
    ],
    ids=["the network", "a program", "the shell", "a file"],
)
def test_the_worker_may_not_reach_anything(deed, tmp_path):
    import subprocess

    code = f"from assistant.loaders import worker\nimport sys\nsys.addaudithook(worker._refuse)\n{deed}"
    tried = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert tried.returncode == 1
    assert "PermissionError: a source tried to" in tried.stderr
    assert list(tmp_path.iterdir()) == []
