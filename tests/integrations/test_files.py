"""Both kinds of Files keep the same promises."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from adengine.core.errors import Invalid, NotFound
from adengine.ports import Files
from integrations.files import FolderFiles, S3Files


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A private S3-compatible server of the test process's own."""
    moto = pytest.importorskip("moto.server", reason="moto is not installed (pip install 'adengine[dev]')")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> S3Files:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    made = S3Files("s3://films/shop", endpoint=s3_endpoint, cache=tmp_path / "cache")
    made.client.create_bucket(Bucket="films")
    return made


@pytest.fixture(params=["folder", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    if request.param == "folder":
        return FolderFiles(tmp_path / "files")
    bucket: S3Files = request.getfixturevalue("bucket")
    return bucket


def test_what_was_put_is_there_whole(files: Files, tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(b"x" * 3_000_000)
    files.put("ads/ad_1/film.mp4", tmp_path / "film")
    files.put("ads/ad_1/captions.vtt", b"WEBVTT")
    assert files.local("ads/ad_1/film.mp4").read_bytes() == b"x" * 3_000_000
    assert files.local("ads/ad_1/captions.vtt").read_bytes() == b"WEBVTT"


def test_a_second_put_replaces_and_a_delete_removes(files: Files) -> None:
    files.put("a/b.txt", b"one")
    files.put("a/b.txt", b"two")
    assert files.local("a/b.txt").read_bytes() == b"two"
    files.delete("a/b.txt")
    files.delete("a/b.txt")
    assert not files.has("a/b.txt")
    with pytest.raises(NotFound):
        files.local("a/b.txt")


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a//b", "a/../b", ".hidden", "a/.hidden", "", "a\\b", "a\0b"])
def test_a_key_that_leads_elsewhere_is_refused(files: Files, key: str) -> None:
    with pytest.raises(Invalid):
        files.put(key, b"x")
    with pytest.raises(Invalid):
        files.has(key)


def test_writers_at_the_same_time_leave_one_whole_file(files: Files) -> None:
    parts = [bytes([65 + i]) * 500_000 for i in range(6)]
    threads = [threading.Thread(target=files.put, args=("same.bin", part)) for part in parts]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert files.local("same.bin").read_bytes() in parts


def test_another_machine_finds_what_the_bucket_holds(s3_endpoint: str, bucket: S3Files, tmp_path: Path) -> None:
    bucket.put("ads/x/film.mp4", b"film")
    other = S3Files("s3://films/shop", endpoint=s3_endpoint, cache=tmp_path / "other cache")
    assert other.local("ads/x/film.mp4").read_bytes() == b"film"


DISK_FULL = """
import resource, sys
from pathlib import Path
from adengine.core.errors import StorageFull
from integrations.files import FolderFiles
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
files = FolderFiles(Path(sys.argv[1]))
files.put("small.bin", b"x" * 1000)
try:
    files.put("large.bin", b"x" * 1_000_000)
except StorageFull as error:
    print(error)
"""


def test_a_full_disk_is_told_and_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DISK_FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "free some space" in done.stdout
    assert sorted(one.name for one in tmp_path.iterdir()) == ["small.bin"]
