"""The odd and hostile files of ../shared in one build, judged by their own checker; nothing they hold may stop or cost anything."""

import json
import subprocess
import sys
import tarfile
import time

import pytest

from assistant import Settings
from assistant.indexes import Generation


@pytest.fixture(scope="module")
def hostile(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with tarfile.open(shared / "hostile" / "files.tar.xz") as archive:
        archive.extractall(folder, filter="fully_trusted")  # links and pipes are what it is about
    return folder


BUILD = """
import sys
from assistant import Settings, build_index
build_index(settings=Settings(sources=sys.argv[1], index=sys.argv[2], model="hashing"))
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) // 1000 for line in status if line.startswith("VmHWM")))
"""


def build_apart(settings):
    """Build in a process of its own and give its peak memory in megabytes: this one has seen other tests."""
    command = [sys.executable, "-c", BUILD, settings.sources, settings.index]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def row_of(status, generation):
    row = {"file": status.source, "status": "rejected", "seconds": status.seconds}
    if status.state == "rejected":
        return {**row, "reason": status.reason}
    document = generation.store.document(status.source)
    spans = [(part.span, part.number if part.kind == "page" else None) for part in document.content.parts]
    passages = [{"text": span.of(document.text), "page": page} for span, page in spans]
    passages = passages or [{"text": document.text, "page": None}]
    return {**row, "status": "indexed", "reason": "; ".join(status.warnings) or None, "passages": passages}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="the files' names and types need Linux")
def test_every_hostile_file_is_indexed_or_rejected_as_it_should_be(hostile, shared, tmp_path):
    settings = Settings(sources=hostile / "sources", index=tmp_path / "index", model="hashing")
    started = time.monotonic()
    peak_mb = build_apart(settings)
    seconds = time.monotonic() - started
    generation = Generation(settings.index)
    results = {"files": [row_of(row, generation) for row in generation.statuses], "total_seconds": seconds}
    generation.close()
    (tmp_path / "results.json").write_text(json.dumps(results))
    command = [
        sys.executable,
        shared / "hostile" / "check_bad_files.py",
        hostile / "manifest.json",
        tmp_path / "results.json",
    ]
    judged = subprocess.run([*command, "--default-max-total", "300"], capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout
    assert peak_mb < 600
