"""A build that is killed, or whose disk is full, at any step: the old index or the new one answers, and the next build completes.

The kills are real (SIGKILL) and hit a forked process between two of the events at which it touches the disk.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
from contextlib import closing

import pytest

from assistant import building
from assistant.building import Builder
from assistant.embedders.hashing import HashingEmbedder
from assistant.errors import BuildFailed
from assistant.indexes import Generation
from assistant.settings import Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kills are timed by Linux's audit events")
OLD = {f"{n}.txt": f"Hive {n} is an old home. Its bees have been there for {n} years." for n in range(6)}
NEW = {**OLD, "1.txt": "Hive 1 is a new home.", "9.txt": "Hive 9 was added.", "0.txt": None}
DISK_EVENTS = (
    "open",
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "sqlite3.connect",
    "fsync",
    "write",
    "truncate",
)


def build(settings):
    return Builder(settings, HashingEmbedder).run()


def texts(settings):
    with closing(Generation(settings.index)) as generation:
        return {source: generation.store.document(source).text for source in generation.store.sources}


def wanted(files):
    return {name: text for name, text in files.items() if text is not None}


def events_of(settings, kill_at=None):
    """Build in a forked process, killed before its event number `kill_at`; give the names of the events it reached."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _build_counted(settings, write, kill_at)
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as names:
        reached = names.read().split()
    os.waitpid(child, 0)
    return reached


def _build_counted(settings, pipe, kill_at):
    reached = 0
    write, fsync = os.write, os.fsync

    def happens(name, *_):
        nonlocal reached
        if name in DISK_EVENTS:
            if reached == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            reached += 1
            write(pipe, f"{name}\n".encode())

    sys.addaudithook(happens)
    os.fsync = lambda descriptor: (happens("fsync"), fsync(descriptor), happens("fsync"))
    os.write = lambda descriptor, data: (happens("write"), write(descriptor, data))[1]
    build(settings)


@pytest.fixture
def changed(settings, make_sources):
    """An index of the old sources, and the new sources in the folder."""
    make_sources(OLD)
    build(settings)
    make_sources(NEW)
    return settings


def restore(settings, spare):
    shutil.rmtree(settings.index)
    shutil.copytree(spare, settings.index)


def survives(settings):
    """The next build completes, and leaves nothing of the unfinished one."""
    build(settings)
    assert texts(settings) == wanted(NEW)
    assert not (settings.index / "unfinished.sqlite").exists()


def test_killed_at_each_event_in_turn(changed, tmp_path):
    """Every point of the protocol: in each write, before and after each fsync, around the rename, among the removals."""
    spare = tmp_path / "spare"
    shutil.copytree(changed.index, spare)
    events = events_of(changed)
    rename = events.index("os.rename")
    assert events.count("fsync") > 20 and len(events) > rename + 3
    for kill_at in range(len(events)):
        restore(changed, spare)
        events_of(changed, kill_at)
        assert texts(changed) == wanted(OLD if kill_at <= rename else NEW), (kill_at, events[kill_at])
        survives(changed)


@pytest.mark.parametrize("first_build", [False, True], ids=["a change", "the first build"])
def test_200_random_kills(settings, make_sources, tmp_path, first_build):
    """100 for each kind: the index is as it was before, or as it should be, and the next build completes."""
    make_sources(OLD)
    if not first_build:
        build(settings)
    make_sources(NEW)
    settings.index.mkdir(exist_ok=True)
    spare = tmp_path / "spare"
    shutil.copytree(settings.index, spare)
    events = len(events_of(settings))
    assert events > 20
    chance = random.Random(7)
    for _ in range(100):
        restore(settings, spare)
        for _ in range(chance.choice((1, 1, 2))):  # sometimes the build that goes on is killed as well
            events_of(settings, chance.randrange(events))
        if (settings.index / "CURRENT").exists():
            assert texts(settings) in (wanted(OLD), wanted(NEW))
        else:
            assert first_build
        survives(settings)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own whose size a test chooses."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "none", folder]).returncode:
        pytest.skip("a small file system can only be mounted by root")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize("looked_first", [True, False], ids=["room is checked first", "the disk fills in the middle"])
def test_a_full_disk_at_each_fill_level_leaves_the_old_index(
    small_disk, tmp_path, make_sources, monkeypatch, looked_first
):
    if not looked_first:
        monkeypatch.setattr(building, "_check_room", lambda *_: None)
    settings = Settings(sources=tmp_path / "sources", index=small_disk / "index", model="hashing")
    make_sources(OLD)
    build(settings)
    make_sources(
        {**NEW, "long.txt": "\n\n".join(f"Bee {n} flies to flower {n * n} in the morning." for n in range(4000))}
    )
    refused = 0
    for free_kb in range(0, 3000, 200):
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"")
        room = shutil.disk_usage(small_disk).free - 1024 * free_kb
        ballast.write_bytes(bytes(max(0, room)))
        try:
            build(settings)
        except BuildFailed as error:
            refused += 1
            assert "make room" in str(error) or "free" in str(error)
            assert texts(settings) == wanted(OLD)
    assert refused > 3
    (small_disk / "ballast").unlink()
    build(settings)
    assert "long.txt" in texts(settings)
