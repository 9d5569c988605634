"""Sends jobs to the workers by task name: a folder on this machine, or a broker by setting."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from celery import Celery
from kombu.entity import Queue
from kombu.exceptions import OperationalError

QUEUES = ("render", "gpu", "default")
QUEUE_OF = {"render": "render", "generate": "gpu"}
# Jobs of a moment that come in bursts, and the task that takes several of them.
SHORT = frozenset({"place", "notice"})
SEVERAL = "several"
LINGER_S = 0.1
LONGEST_JOB_S = 3600

Job = tuple[str, str]  # its name, and the row it is about

log = logging.getLogger(__name__)


def celery_app(broker_url: str, home: Path) -> Celery:
    """The Celery app that senders and workers share; without a broker it passes messages through a folder."""
    app = Celery("adengine", broker=broker_url or "filesystem://localhost")
    app.conf.update(
        task_queues=[Queue(name) for name in QUEUES],  # type: ignore[no-untyped-call]
        task_default_queue="default",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": LONGEST_JOB_S},
    )
    if not broker_url:
        folder = home / "queue"
        for part in (folder, folder / "control"):
            part.mkdir(parents=True, exist_ok=True)
        app.conf.broker_transport_options = {
            "data_folder_in": str(folder),
            "data_folder_out": str(folder),
            "control_folder": str(folder / "control"),
        }
    return app


class Sender:
    """Enqueue: a message is a nudge. If it never arrives, the sweep finds the row: a lost broker only delays.

    Short jobs go at once when it is quiet; those of the next `linger_s` seconds go together in one message after them,
    for a message costs more than the purchase that sends it.
    """

    def __init__(self, app: Celery, *, linger_s: float = LINGER_S) -> None:
        self.app, self.linger_s = app, linger_s
        self._waiting: list[Job] = []
        self._is_lingering = False
        self._lock = threading.Lock()

    def __call__(self, jobs: Sequence[Job]) -> None:
        for job, row_id in jobs:
            if job not in SHORT:
                self._send(job, [row_id])
        with self._lock:
            self._waiting += [one for one in jobs if one[0] in SHORT]
            if self._is_lingering or not self._waiting:
                return
            self._is_lingering = True
        self.send_waiting()

    def send_waiting(self) -> None:
        """Send the short jobs that wait, and let those that follow wait for each other."""
        with self._lock:
            jobs, self._waiting = self._waiting, []
            self._is_lingering = bool(jobs)
        if jobs:
            self._send(SEVERAL, [jobs])
            # No daemon: a process that ends still sends what waits.
            threading.Timer(self.linger_s, self.send_waiting).start()

    def _send(self, task: str, args: list[Any]) -> None:
        try:
            self.app.send_task(task, args=args, queue=QUEUE_OF.get(task, "default"), retry=False)
        except (OperationalError, OSError) as error:
            log.warning("the queue did not take %s %s (%s); the next sweep will", task, args, error)
