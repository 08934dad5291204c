"""How often and how many at once: each session may make ten calls a second and have four running (security.md, 5.6)."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

CALLS_A_SECOND = 10.0
AT_ONCE = 4
_BURST = 30.0
_WAITING_AT_MOST = 32
_SESSIONS_KEPT = 2000


@dataclass
class _Session:
    """Calls that may be made at once, when that was counted, and the calls that are running."""

    left: float
    counted: float
    waiting: int = 0
    running: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))


class Rates:
    """Counts the calls of each session; ``clock`` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    def admit(self, name: str) -> bool:
        """Count a call.

        :param name: of the session.
        :returns: whether it may be made; a session that was quiet may make a few more at once.
        """
        session, now = self._session(name), self._clock()
        session.left = min(_BURST, session.left + (now - session.counted) * CALLS_A_SECOND)
        session.counted = now
        if session.left < 1 or session.waiting >= _WAITING_AT_MOST:
            return False
        session.left -= 1
        return True

    async def begin(self, name: str) -> asyncio.Semaphore:
        """Wait until fewer than `AT_ONCE` calls of the session run.

        :param name: of the session.
        :returns: what to release when the call has ended.
        """
        session = self._session(name)
        session.waiting += 1
        try:
            await session.running.acquire()
        finally:
            session.waiting -= 1
        return session.running

    def _session(self, name: str) -> _Session:
        session = self._sessions.setdefault(name, _Session(_BURST, self._clock()))
        self._sessions.move_to_end(name)
        while len(self._sessions) > _SESSIONS_KEPT:
            self._sessions.popitem(last=False)
        return session
