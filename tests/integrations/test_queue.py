"""Messages to the workers: short jobs that come in bursts go together, none is lost and none goes twice."""

from __future__ import annotations

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from integrations.queue import SHORT, Job, Sender, celery_app


@pytest.fixture
def sender(tmp_path: Path) -> Sender:
    return Sender(celery_app("", tmp_path))


def messages(home: Path) -> list[list[Job]]:
    """What lies in the folder's queue: the jobs of each message."""
    found = []
    for file in (home / "queue").glob("*.msg"):
        sent = json.loads(file.read_bytes())
        (asked,), _, _ = json.loads(base64.b64decode(sent["body"]))
        name = sent["headers"]["task"]
        found.append([(job, row_id) for job, row_id in asked] if name == "several" else [(name, asked)])
    return found


def wait_for_stragglers() -> None:
    while waiting := [one for one in threading.enumerate() if isinstance(one, threading.Timer)]:
        for one in waiting:
            one.join()


def test_what_a_quiet_shop_sells_is_told_at_once_and_in_one_message(sender: Sender, tmp_path: Path) -> None:
    sender([("place", "ord_1"), ("notice", "ntc_1")])
    assert messages(tmp_path) == [[("place", "ord_1"), ("notice", "ntc_1")]]
    wait_for_stragglers()
    sender([("place", "ord_2")])
    assert len(messages(tmp_path)) == 2


def test_a_burst_is_few_messages_that_name_each_job_once(sender: Sender, tmp_path: Path) -> None:
    names = [f"ord_{number}" for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: sender([("place", one), ("notice", one)]), names))
    wait_for_stragglers()
    sent = messages(tmp_path)
    assert sorted(job for each in sent for job in each) == sorted((job, one) for one in names for job in SHORT)
    assert len(sent) < 100


def test_long_jobs_go_alone_so_that_workers_share_them(sender: Sender, tmp_path: Path) -> None:
    jobs = [("cutout", "img_1"), ("cutout", "img_2"), ("render", "ad_1")]
    sender(jobs)
    assert sorted(messages(tmp_path)) == [[one] for one in jobs]
    assert sorted(file.name.split(".")[1] for file in (tmp_path / "queue").glob("*.msg")) == [
        "default",
        "default",
        "render",
    ]


def test_a_queue_that_takes_nothing_stops_no_sale(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "queue").mkdir()
    sender = Sender(celery_app("", tmp_path))
    sender.app.conf.broker_transport_options["data_folder_out"] = str(tmp_path / "nowhere")
    sender([("place", "ord_1")])
    assert "the next sweep will" in caplog.text
    wait_for_stragglers()
