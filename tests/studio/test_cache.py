"""The cache: whole entries or none, up to a size, for threads and processes at once."""

from __future__ import annotations

import multiprocessing
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adengine.core.errors import StorageFull
from workers.studio.making.cache import Cache, bundle, unbundle

PLENTY = 10_000_000


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", PLENTY)


def entries(cache: Cache) -> list[Path]:
    return sorted(p for p in cache.folder.rglob("*") if p.is_file() and p.name != ".sweep")


def last_used(cache: Cache, key: str, moment: float) -> None:
    os.utime(next(path for path in entries(cache) if path.name == key), (moment, moment))


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """The kernel refuses to write on, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 100_000])
def test_what_was_put_is_what_one_gets(cache: Cache, content: bytes) -> None:
    cache.put("part", "aa11", content)
    assert cache.get("part", "aa11") == content
    assert cache.has("part", "aa11")


def test_kinds_and_keys_are_apart(cache: Cache) -> None:
    cache.put("part", "aa11", b"part")
    cache.put("sound", "aa11", b"sound")
    assert cache.get("part", "aa11") == b"part"
    assert cache.get("part", "aa12") is None
    assert not cache.has("reel", "aa11")


def test_a_later_entry_of_the_same_name_takes_the_place(cache: Cache) -> None:
    cache.put("part", "aa11", b"one")
    cache.put("part", "aa11", b"two")
    assert cache.get("part", "aa11") == b"two"
    assert len(entries(cache)) == 1


@pytest.mark.parametrize("damage", ["shorter", "changed", "emptied", "longer", "seal changed"])
def test_a_damaged_entry_is_dropped(cache: Cache, damage: str) -> None:
    cache.put("part", "aa11", bytes(range(256)) * 40)
    (path,) = entries(cache)
    whole = path.read_bytes()
    path.write_bytes(
        {
            "shorter": whole[:-1000],
            "changed": whole[:50] + b"?" + whole[51:],
            "emptied": b"",
            "longer": whole + b"!",
            "seal changed": whole[:-1] + bytes([whole[-1] ^ 1]),
        }[damage]
    )
    assert cache.get("part", "aa11") is None
    assert entries(cache) == []
    assert cache.path("part", "aa11", lambda draft: _write(draft, b"made anew")).read_bytes().startswith(b"made anew")


def test_a_damaged_file_is_made_anew(cache: Cache) -> None:
    cache.path("reel", "aa11", lambda draft: _write(draft, b"first"))
    (path,) = entries(cache)
    path.write_bytes(b"f1rst" + path.read_bytes()[5:])
    made = cache.path("reel", "aa11", lambda draft: _write(draft, b"second"))
    assert made.read_bytes().startswith(b"second")


def test_a_file_is_made_once_and_found_by_get_too(cache: Cache) -> None:
    made = []

    def make(draft: Path) -> None:
        made.append(draft)
        draft.write_bytes(b"moving pictures")

    first = cache.path("reel", "bb22", make)
    assert cache.path("reel", "bb22", make) == first
    assert len(made) == 1
    assert first.read_bytes().startswith(b"moving pictures")
    assert cache.get("reel", "bb22") == b"moving pictures"


def test_what_fails_in_the_making_leaves_nothing(cache: Cache) -> None:
    def fail(draft: Path) -> None:
        draft.write_bytes(b"half")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        cache.path("reel", "bb22", fail)
    assert entries(cache) == []


def test_what_was_not_used_longest_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 10_000)
    for place, key in enumerate(("aa1", "bb2", "cc3")):
        cache.put("part", key, bytes(3000))
        last_used(cache, key, 1000.0 + place)
    assert cache.get("part", "aa1")
    cache.put("part", "dd4", bytes(3000))
    assert cache.has("part", "aa1")
    assert cache.has("part", "dd4")
    assert not cache.has("part", "bb2")


def test_the_size_is_kept_over_many_entries(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 50_000)
    for number in range(100):
        cache.put("part", f"{number:04d}", bytes(2000))
        assert sum(path.stat().st_size for path in entries(cache)) <= 50_000
    assert cache.has("part", "0099")
    assert len(entries(cache)) >= 20


def test_a_file_that_processes_died_over_is_cleared_away(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 5000)
    cache.put("part", "aa1", bytes(100))
    left = tmp_path / "drafts" / "left"
    left.write_bytes(bytes(100))
    os.utime(left, (0, 0))
    cache.put("part", "bb2", bytes(4900))
    assert not left.exists()


def test_a_full_disk_raises_and_leaves_nothing(cache: Cache) -> None:
    cache.put("part", "aa11", b"small")
    with no_file_longer_than(10_000), pytest.raises(StorageFull, match="free some space"):
        cache.put("part", "bb22", bytes(20_000))
    assert cache.get("part", "bb22") is None
    assert [path.name for path in entries(cache)] == ["aa11"]


def test_threads_that_write_and_read_the_same_entries_never_see_half_of_one(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 400_000)
    seen: list[bytes] = []

    def work(number: int) -> None:
        for step in range(40):
            key = f"{step % 7:02d}"
            cache.put("part", key, bytes([step % 7]) * 20_000)
            found = cache.get("part", f"{(step + number) % 7:02d}")
            seen.extend([found] if found else [])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert seen
    assert all(len(found) == 20_000 and len(set(found)) == 1 for found in seen)


def test_processes_share_a_folder_within_its_size(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_fill, args=(tmp_path, name)) for name in ("a", "b")]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert [one.exitcode for one in workers] == [0, 0]
    cache = Cache(tmp_path, 200_000)
    assert sum(path.stat().st_size for path in entries(cache)) <= 200_000 * 1.25
    kept = [path.name for path in entries(cache)]
    assert len(kept) > 20
    assert {cache.get("part", name) for name in kept} == {bytes(5000)}


def test_bundles_hold_a_value_and_pieces() -> None:
    head, blobs = unbundle(bundle({"ä": [1, 2.5, None]}, [b"", b"\0\xff", b"x" * 300]))
    assert head == {"ä": [1, 2.5, None]}
    assert blobs == [b"", b"\0\xff", b"x" * 300]


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _fill(folder: Path, name: str) -> None:
    cache = Cache(folder, 200_000)
    for number in range(60):
        cache.put("part", f"{name}{number:03d}", bytes(5000))
        assert cache.get("part", f"{name}{number:03d}") in (None, bytes(5000))
