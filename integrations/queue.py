"""Sends jobs to the workers by task name: a folder on this machine, or a broker by setting."""

from __future__ import annotations

import logging
from pathlib import Path

from celery import Celery
from kombu.entity import Queue
from kombu.exceptions import OperationalError

QUEUES = ("render", "gpu", "default")
QUEUE_OF = {"render": "render", "generate": "gpu"}
LONGEST_JOB_S = 3600

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
    """Enqueue: a message is a nudge. If it never arrives, the sweep finds the row: a lost broker only delays."""

    def __init__(self, app: Celery) -> None:
        self.app = app

    def __call__(self, job: str, row_id: str) -> None:
        try:
            self.app.send_task(job, args=[row_id], queue=QUEUE_OF.get(job, "default"), retry=False)
        except (OperationalError, OSError) as error:
            log.warning("the queue did not take %s %s (%s); the next sweep will", job, row_id, error)
