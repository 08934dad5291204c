"""The folder is followed: a new, changed or deleted source is noticed, a hidden file is not."""

import queue
import threading

import pytest

from assistant.watching import changes


@pytest.fixture
def noticed(tmp_path):
    """What `changes` gives, as it comes, for the folder `tmp_path`."""
    found, stop = queue.Queue(), threading.Event()

    def follow():
        found.put("ready")
        for number in changes(tmp_path, stop):
            found.put(number)

    thread = threading.Thread(target=follow)
    thread.start()
    assert found.get(timeout=30) == "ready"
    yield found
    stop.set()
    thread.join()


def until_noticed(found, change):
    """Make a change again and again until it is seen: the watcher may not have started to look yet."""
    for attempt in range(60):
        change(attempt)
        try:
            return found.get(timeout=1)
        except queue.Empty:
            continue
    raise AssertionError("no change was noticed within a minute")


def test_changes_are_noticed_and_hidden_files_are_not(noticed, tmp_path):
    bees = tmp_path / "bees.txt"
    assert until_noticed(noticed, lambda attempt: bees.write_text(f"{attempt} bees")) >= 1
    (tmp_path / ".uploading-ants.txt").write_text("ants")
    with pytest.raises(queue.Empty):
        while True:  # what is left of the writing above may still come
            assert noticed.get(timeout=3) == 1
    bees.unlink()
    assert noticed.get(timeout=30) == 1
