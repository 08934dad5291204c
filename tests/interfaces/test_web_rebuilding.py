"""One build at a time, errors in one sentence, and files that come in meanwhile are built afterwards."""

import threading
import time

from assistant.datamodel import IndexStatus
from assistant.errors import BuildFailed
from assistant.interfaces.web.rebuilding import Rebuild

STATUS = IndexStatus("g", "", "m", 0, ())


class Builds:
    """Counts builds; each waits until it is let go."""

    def __init__(self, problem=None):
        self.count = 0
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.problem = problem

    def __call__(self, progress, cancel):
        self.count += 1
        self.begun.release()
        assert self.go.acquire(timeout=10)
        if self.problem:
            raise self.problem
        return STATUS


def wait(rebuild):
    deadline = time.monotonic() + 10
    while rebuild.running:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_second_start_is_refused_while_one_runs():
    builds = Builds()
    rebuild = Rebuild(builds)
    assert rebuild.start() and not rebuild.start()
    builds.go.release()
    wait(rebuild)
    assert (builds.count, rebuild.outcome.status) == (1, STATUS)


def test_files_that_come_in_meanwhile_are_built_once_afterwards():
    builds = Builds()
    rebuild = Rebuild(builds)
    rebuild.start()
    assert builds.begun.acquire(timeout=10)
    assert not rebuild.start(follow_up=True) and not rebuild.start(follow_up=True)
    builds.go.release(2)
    wait(rebuild)
    assert builds.count == 2


def test_our_errors_are_shown_as_they_are():
    rebuild = Rebuild(builds := Builds(BuildFailed("The disk is full.")))
    rebuild.start()
    builds.go.release()
    wait(rebuild)
    assert (rebuild.outcome.status, rebuild.outcome.problem) == (None, "The disk is full.")


def test_other_errors_go_to_the_log_and_show_no_path(caplog):
    rebuild = Rebuild(builds := Builds(RuntimeError("/home/me/secret")))
    rebuild.start()
    builds.go.release()
    wait(rebuild)
    assert "secret" not in rebuild.outcome.problem and "the log has the details" in rebuild.outcome.problem
    assert "/home/me/secret" in caplog.text
    assert rebuild.start(), "the next build can begin"
    builds.go.release()
    wait(rebuild)


def test_stopping_reaches_the_build():
    seen = []
    rebuild = Rebuild(lambda progress, cancel: (seen.append(cancel.wait(10)), STATUS)[1])
    rebuild.start()
    rebuild.stop()
    wait(rebuild)
    assert seen == [True]


def test_a_build_that_was_stopped_does_not_stop_the_next_one():
    rebuild = Rebuild(lambda progress, cancel: STATUS if not cancel.is_set() else None)
    rebuild.stop()
    assert rebuild.stopping and rebuild.start()
    wait(rebuild)
    assert (rebuild.outcome.status, rebuild.number) == (STATUS, 1)
