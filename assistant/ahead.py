"""Runs an iterator in a thread of its own, a few items ahead of whoever takes them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

Item = TypeVar("Item")
_WAIT_S = 0.1


def ahead(items: Iterable[Item], most: int) -> Generator[Item, None, None]:
    """Take items from an iterator that works on in a second thread meanwhile.

    :param items: used by that thread alone; what it raises is raised here in its place.
    :param most: items that may wait, so that memory stays bounded.
    :yields: the items in their order.
    """
    waiting: queue.Queue[tuple[str, object]] = queue.Queue(most)
    stop = threading.Event()

    def put(kind: str, value: object = None) -> None:
        while not stop.is_set():
            try:
                return waiting.put((kind, value), timeout=_WAIT_S)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put("item", item)
                if stop.is_set():
                    return
            put("end")
        except BaseException as error:
            put("error", error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while (taken := waiting.get())[0] == "item":
            yield taken[1]  # type: ignore[misc]
        if isinstance(taken[1], BaseException):
            raise taken[1]
    finally:
        stop.set()
        thread.join()
