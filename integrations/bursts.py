"""What comes in bursts goes together: a message costs more than the purchase that sends it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

Item = TypeVar("Item")

LINGER_S = 0.25


class Burst(Generic[Item]):
    """Sends at once when it is quiet; what comes in the next `linger_s` seconds is sent together after that.

    `send` must not raise. What waits is sent even if the process ends meanwhile, and lost if it is killed.
    """

    def __init__(self, send: Callable[[Sequence[Item]], None], *, linger_s: float = LINGER_S) -> None:
        self.send, self.linger_s = send, linger_s
        self._waiting: list[Item] = []
        self._is_lingering = False
        self._lock = threading.Lock()

    def __call__(self, items: Sequence[Item]) -> None:
        with self._lock:
            self._waiting += items
            if self._is_lingering or not self._waiting:
                return
            self._is_lingering = True
        self._send_waiting()

    def _send_waiting(self) -> None:
        with self._lock:
            items, self._waiting = self._waiting, []
            self._is_lingering = bool(items)
        if not items:
            return
        try:
            self.send(items)
        finally:
            # No daemon: a process that ends still sends what waits. From Python 3.12 on it starts no threads then.
            with suppress(RuntimeError):
                threading.Timer(self.linger_s, self._send_waiting).start()
