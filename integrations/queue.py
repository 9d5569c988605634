"""Sends jobs to the workers by task name: a folder on this machine, or a broker by setting."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from celery import Celery
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from integrations.bursts import Burst

QUEUES = ("render", "gpu", "default")
QUEUE_OF = {"render": "render", "generate": "gpu"}
# Jobs of a moment, which come in bursts, and the task that takes several of them.
SHORT = frozenset({"place", "notice"})
SEVERAL = "several"
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

    Short jobs of a burst share a message; each of the others has its own, so that workers share them.
    """

    def __init__(self, app: Celery) -> None:
        self.app = app
        self._send_short = Burst[Job](lambda jobs: self._send(SEVERAL, [jobs]))

    def __call__(self, jobs: Sequence[Job]) -> None:
        for job, row_id in jobs:
            if job not in SHORT:
                self._send(job, [row_id])
        self._send_short([one for one in jobs if one[0] in SHORT])

    def _send(self, task: str, args: list[Any]) -> None:
        try:
            self.app.send_task(task, args=args, queue=QUEUE_OF.get(task, "default"), retry=False)
        except (OperationalError, OSError) as error:
            log.warning("the queue did not take %s %s (%s); the next sweep will", task, args, error)
