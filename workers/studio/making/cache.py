"""What was made once and need not be made again: files named by what decides their content, up to a size."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, BinaryIO

from adengine.core.errors import StorageFull

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# Every entry ends with its length and checksum in an MP4 box of type `free`, which readers of media files skip.
# CRC-32 finds what disks and crashes do, at a quarter of what a cryptographic digest costs; nobody attacks a cache.
# Nothing is forced to the disk: what a power cut leaves without its seal is made again.
SEAL_BYTES = 20
CHUNK_BYTES = 1 << 20
# How full a sweep leaves the folder, and how much of its size a process adds before it looks at it again.
SWEPT_TO, LOOK_EVERY = 0.9, 0.125
ABANDONED_S = 3600.0


class Cache:
    """Entries by kind and key in `folder`; what was not used longest goes when they exceed `cap_bytes`.

    Threads and processes may share a folder; each may exceed the size by the eighth it adds before it looks again.
    An entry that is not whole is dropped and counts as absent.
    """

    def __init__(self, folder: Path, cap_bytes: int) -> None:
        self.folder, self.cap_bytes = folder, cap_bytes
        self._lock = threading.Lock()
        self._known: int | None = None
        self._added = 0

    def get(self, kind: str, key: str) -> bytes | None:
        """Return an entry's content, or None; asking for it makes it the last to go."""
        path = self._place(kind, key)
        try:
            with path.open("rb") as file:
                content = file.read(max(0, os.fstat(file.fileno()).st_size - SEAL_BYTES))
                is_whole = file.read() == _seal(len(content), zlib.crc32(content))
        except OSError:
            return None
        if not is_whole:
            _drop(path)
            return None
        _touch(path)
        return content

    def has(self, kind: str, key: str) -> bool:
        """Say whether there is an entry of this name, without reading it; `get` may still find it broken."""
        return self._place(kind, key).is_file()

    def put(self, kind: str, key: str, content: bytes) -> None:
        """Keep `content`; raises StorageFull, and then nothing of it is left."""

        def write(draft: Path) -> None:
            with draft.open("wb") as file:
                file.writelines((content, _seal(len(content), zlib.crc32(content))))

        self._keep(kind, key, write)

    def path(self, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        """Return the path of an entry for a library that wants a file; `make` writes it where there is none.

        The file ends with the checksum, which media readers skip. Raises StorageFull.
        """
        place = self._place(kind, key)
        if _is_whole(place):
            _touch(place)
            return place

        def write(draft: Path) -> None:
            make(draft)
            _seal_up(draft)

        self._keep(kind, key, write)
        return place

    def _place(self, kind: str, key: str) -> Path:
        return self.folder / kind / key[:2] / key

    def _keep(self, kind: str, key: str, make: Callable[[Path], object]) -> None:
        place = self._place(kind, key)
        with _words_for_a_full_disk(), _draft(self.folder) as draft:
            make(draft)
            self._make_room(draft.stat().st_size)
            place.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(place)

    def _make_room(self, size: int) -> None:
        """Sweep when the folder is full, as far as this process knows; it looks again after every eighth it adds."""
        with self._lock:
            self._added += size
            if self._known is None or self._added > self.cap_bytes * LOOK_EVERY:
                self._known, self._added = _size(self.folder), 0  # what is being added lies there as a draft
            if self._known + self._added > self.cap_bytes:
                _sweep(self.folder, round(self.cap_bytes * SWEPT_TO))
                self._known = None


def kept(cache: Cache, kind: str, key: str, make: Callable[[], bytes]) -> bytes:
    """Return what the cache has under this name, or make and keep it."""
    content = cache.get(kind, key)
    if content is None:
        content = make()
        with suppress(StorageFull):  # it is made again the next time
            cache.put(kind, key, content)
    return content


def bundle(head: object, blobs: Sequence[bytes]) -> bytes:
    """Return one entry that holds a JSON value and pieces of bytes."""
    index = json.dumps([head, [len(blob) for blob in blobs]], separators=(",", ":")).encode()
    return b"".join((len(index).to_bytes(4, "big"), index, *blobs))


def unbundle(content: bytes) -> tuple[Any, list[bytes]]:
    """Return the JSON value and the pieces of an entry that `bundle` made."""
    place = 4 + int.from_bytes(content[:4], "big")
    head, sizes = json.loads(content[4:place])
    ends = list(accumulate(sizes, initial=place))
    return head, [content[start:end] for start, end in pairwise(ends)]


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """Give a name beside the entries to write to; what is still there at the end is removed."""
    drafts = folder / "drafts"
    drafts.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=drafts)
    os.close(handle)
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _words_for_a_full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageFull("There is no room left to keep rendered parts; free some space") from error
        raise


def _seal(size: int, checksum: int) -> bytes:
    return SEAL_BYTES.to_bytes(4, "big") + b"free" + size.to_bytes(8, "big") + checksum.to_bytes(4, "big")


def _seal_up(path: Path) -> None:
    """Put the seal behind what was written."""
    with path.open("rb+") as file:
        size = path.stat().st_size
        seal = _seal(size, _checksum(file, size))
        file.seek(0, os.SEEK_END)
        file.write(seal)


def _is_whole(path: Path) -> bool:
    """Say whether an entry is there and as it was written; a broken one is dropped."""
    try:
        with path.open("rb") as file:
            size = max(0, path.stat().st_size - SEAL_BYTES)
            seal = _seal(size, _checksum(file, size))
            whole = file.read() == seal
    except OSError:
        return False
    if not whole:
        _drop(path)
    return whole


def _checksum(file: BinaryIO, size: int) -> int:
    checksum = 0
    while size and (chunk := file.read(min(size, CHUNK_BYTES))):
        checksum = zlib.crc32(chunk, checksum)
        size -= len(chunk)
    return checksum


def _touch(path: Path) -> None:
    with suppress(OSError):  # another process may just have dropped it
        os.utime(path)


def _drop(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _entries(folder: Path) -> list[tuple[float, int, Path]]:
    """Return (last use, bytes, path) of every file below `folder`; one that vanishes meanwhile is left out."""
    found = []
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            with suppress(OSError):
                stat = path.stat()
                found.append((stat.st_mtime, stat.st_size, path))
    return found


def _size(folder: Path) -> int:
    return sum(size for _, size, _ in _entries(folder))


def _sweep(folder: Path, room: int) -> None:
    """Drop what was not used longest until `room` bytes are left, and drafts of processes that died.

    One process sweeps at a time; one that comes second finds the work done.
    """
    with (folder / ".sweep").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        entries = sorted(_entries(folder))
        left = sum(size for _, size, _ in entries)
        for used, size, path in entries:
            is_draft = path.parent.name == "drafts"
            if (is_draft and time.time() - used < ABANDONED_S) or path.name == ".sweep":
                continue
            if is_draft or left > room:
                _drop(path)
                left -= size
