"""Files twice: a folder on this machine, and an S3 bucket with a local copy of what was read."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from adengine.core.errors import Invalid, NotFound, StorageFull

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")


class FolderFiles:
    """Keys are paths under `root`. A file appears under its key whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, source: Path | bytes) -> None:
        target = self.path(key)
        with _disk_errors(key):
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
            try:
                with os.fdopen(handle, "wb") as part:
                    _copy(source, part)
                    part.flush()
                    os.fsync(part.fileno())
                Path(name).chmod(0o644)  # the web server may run as another user than the worker
                os.replace(name, target)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    def local(self, key: str) -> Path:
        path = self.path(key)
        if not path.is_file():
            raise NotFound(f"the file {key} is not there")
        return path

    def has(self, key: str) -> bool:
        return self.path(key).is_file()

    def delete(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def path(self, key: str) -> Path:
        return self.root / checked(key)


class S3Files:
    """Keys under `prefix` of a bucket; `local` fetches into `cache` once, since keys never change content."""

    def __init__(self, url: str, *, endpoint: str, cache: Path) -> None:
        import boto3

        match = re.fullmatch(r"s3://([^/]+)/?(.*)", url)
        if match is None:
            raise Invalid(f"'{url}' is no bucket; write it like s3://bucket/prefix")
        self.bucket, prefix = match.groups()
        self.prefix = prefix.rstrip("/") + "/" if prefix else ""
        self.client = boto3.client("s3", endpoint_url=endpoint or None)
        self.cache = FolderFiles(cache)

    def put(self, key: str, source: Path | bytes) -> None:
        self.cache.put(key, source)
        self.client.upload_file(str(self.cache.path(key)), self.bucket, self.prefix + checked(key))

    def local(self, key: str) -> Path:
        if not self.cache.has(key):
            if not self.has(key):
                raise NotFound(f"the file {key} is not there")
            with tempfile.TemporaryDirectory() as folder:
                part = Path(folder) / "part"
                self.client.download_file(self.bucket, self.prefix + key, str(part))
                self.cache.put(key, part)
        return self.cache.local(key)

    def has(self, key: str) -> bool:
        found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix + checked(key), MaxKeys=1)
        return any(one["Key"] == self.prefix + key for one in found.get("Contents", ()))

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=self.prefix + checked(key))
        self.cache.delete(key)


def checked(key: str) -> str:
    """The key itself, or a refusal: names begin with a letter or digit, so `..` and hidden files are out."""
    if not KEY.fullmatch(key) or len(key) > 400:
        raise Invalid(f"'{key[:80]}' cannot name a file")
    return key


def _copy(source: Path | bytes, target: IO[bytes]) -> None:
    if isinstance(source, bytes):
        target.write(source)
        return
    with source.open("rb") as opened:
        shutil.copyfileobj(opened, target, 1 << 20)


@contextmanager
def _disk_errors(key: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise StorageFull(f"no room left to keep {key}; free some space and try again") from error
        raise
