"""Pictures are fetched only from where they may be, within limits, and only real pictures are taken."""

from __future__ import annotations

import gzip
import io
import os
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from adengine.core.errors import FeedUnreadable, PictureUnusable, TooLarge
from integrations.pictures import (
    Address,
    PictureFacts,
    download,
    fetch_bytes,
    inspect,
    public_only,
    read_feed_source,
)

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """A web server on loopback that remembers what was asked of it."""

    host: str
    port: int
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@contextmanager
def serving(answer: Answer, host: str = "127.0.0.1", port: int = 0) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers["Host"]))
            try:
                answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer((host, port), Handler) as server:
        site = Site(host, server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def body(data: bytes, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    return answer


def redirect(location: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", location)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


def endless(part: bytes, *, pause_s: float = 0) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        for _ in range(10_000_000):
            request.wfile.write(part)
            request.wfile.flush()
            time.sleep(pause_s)

    return answer


def endless_headers(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(1_000):
        request.wfile.write(b"X-%d: y\r\n" % number)
        request.wfile.flush()
        time.sleep(0.05)


def only(host: str) -> Callable[[Address, int], str]:
    """As if `host` were a public address; every other address is judged as always."""
    return lambda address, port: "" if str(address) == host else public_only(address, 80)


def encoded(picture: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


def photo(size: tuple[int, int] = (96, 64)) -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert("RGB")


def test_a_picture_is_fetched_from_the_web_when_private_addresses_are_allowed() -> None:
    with serving(body(b"bytes of a picture")) as site:
        assert fetch_bytes(f"{site.url}/a.png", base=None, allow_private=True) == b"bytes of a picture"
    assert site.asked == [("/a.png", f"127.0.0.1:{site.port}")]


def test_loopback_is_refused_by_default_and_never_called() -> None:
    with serving(body(b"secret")) as site:
        with pytest.raises(PictureUnusable, match="is refused"):
            fetch_bytes(f"{site.url}/a.png", base=None)
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "127.1"):
            with pytest.raises(PictureUnusable, match="is not a public address"):
                download(f"http://{host}:{site.port}/a.png", refusal=only("none"))
    assert site.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "100.64.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_no_address_beside_the_public_internet_is_called(address: str) -> None:
    assert public_only(ip_address(address), 443) == f"{ip_address(address)} is not a public address"


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::8a"])
def test_public_addresses_may_be_called_on_web_ports_only(address: str) -> None:
    assert public_only(ip_address(address), 80) == ""
    assert public_only(ip_address(address), 443) == ""
    assert public_only(ip_address(address), 6379) == "port 6379 is not a web port (80, 443)"


def test_a_redirect_to_a_private_address_is_refused_and_not_called() -> None:
    with (
        serving(body(b"secret"), host="127.0.0.2") as inner,
        serving(redirect(f"{inner.url}/admin")) as outer,
        pytest.raises(PictureUnusable, match=r"127\.0\.0\.2 is not a public address"),
    ):
        download(f"{outer.url}/a.png", refusal=only("127.0.0.1"))
    assert [path for path, _ in outer.asked] == ["/a.png"]
    assert inner.asked == []


def test_a_redirect_may_not_leave_the_web() -> None:
    with (
        serving(redirect("file:///etc/passwd")) as site,
        pytest.raises(PictureUnusable, match="no web address"),
    ):
        fetch_bytes(f"{site.url}/a.png", base=None, allow_private=True)


def test_three_redirects_are_followed_and_the_fourth_is_refused() -> None:
    def hops(request: BaseHTTPRequestHandler) -> None:
        left = int(request.path.strip("/"))
        (redirect(f"/{left - 1}") if left else body(b"here"))(request)

    with serving(hops) as site:
        assert fetch_bytes(f"{site.url}/3", base=None, allow_private=True) == b"here"
        with pytest.raises(PictureUnusable, match="redirects more than 3 times"):
            fetch_bytes(f"{site.url}/4", base=None, allow_private=True)
    assert [path for path, _ in site.asked] == ["/3", "/2", "/1", "/0", "/4", "/3", "/2", "/1"]


def test_the_checked_address_is_called_even_when_the_name_changes_its_mind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    genuine, looked_up = socket.getaddrinfo, []

    def rebinding(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        if host != "shop.test":
            return genuine(host, port, *args, **kwargs)
        looked_up.append(host)
        return genuine("127.0.0.1" if len(looked_up) == 1 else "127.0.0.2", port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with serving(body(b"public")) as outer, serving(body(b"secret"), "127.0.0.2", outer.port) as inner:
        assert download(f"http://shop.test:{outer.port}/a.png", refusal=only("127.0.0.1")) == b"public"
    assert outer.asked == [("/a.png", f"shop.test:{outer.port}")]
    assert inner.asked == []
    assert looked_up == ["shop.test"]


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    genuine = socket.getaddrinfo

    def mixed(host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        return genuine("127.0.0.1", port, *args, **kwargs) + genuine("127.0.0.2", port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", mixed)
    with serving(body(b"x")) as site, pytest.raises(PictureUnusable, match=r"127\.0\.0\.2"):
        download(f"http://shop.test:{site.port}/", refusal=only("127.0.0.1"))
    assert site.asked == []


def test_an_address_with_a_password_is_refused_and_the_password_not_repeated() -> None:
    with (
        serving(body(b"x")) as site,
        pytest.raises(PictureUnusable, match="must not carry a user name or password") as refusal,
    ):
        fetch_bytes(f"http://me:hunter2@127.0.0.1:{site.port}/a.png", base=None, allow_private=True)
    assert "hunter2" not in str(refusal.value)
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    ["http://", "http://[", "https:///x", "http://a b/", "http:x", "http://1.2.3.4:99999/", "http://\0/"],
)
def test_a_malformed_web_address_is_refused(url: str) -> None:
    with pytest.raises(PictureUnusable):
        fetch_bytes(url, base=None)


def test_an_answer_other_than_200_is_named() -> None:
    def gone(request: BaseHTTPRequestHandler) -> None:
        request.send_error(410)

    with serving(gone) as site, pytest.raises(PictureUnusable, match=r"/a\.png answers 410"):
        fetch_bytes(f"{site.url}/a.png?key=secret", base=None, allow_private=True)


def test_an_endless_body_ends_at_the_size_limit() -> None:
    with serving(endless(b"x" * 65_536)) as site, pytest.raises(TooLarge, match=r"larger than 0\.2 MB"):
        fetch_bytes(site.url, base=None, allow_private=True, max_bytes=200_000)


def test_a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    with serving(body(b"x" * 1_000)) as site:
        assert len(fetch_bytes(site.url, base=None, allow_private=True, max_bytes=1_000)) == 1_000
        with pytest.raises(TooLarge):
            fetch_bytes(site.url, base=None, allow_private=True, max_bytes=999)


@pytest.mark.parametrize("answer", [endless(b"x", pause_s=0.02), endless_headers], ids=["body", "headers"])
def test_a_slow_drip_ends_at_the_time_limit(answer: Answer) -> None:
    started = time.monotonic()
    with serving(answer) as site, pytest.raises(PictureUnusable, match=r"longer than 0\.3 seconds"):
        fetch_bytes(site.url, base=None, allow_private=True, timeout_s=0.3)
    assert time.monotonic() - started < 5


def test_a_packed_body_is_unpacked_within_the_size_limit() -> None:
    with serving(body(gzip.compress(b"plain"), Content_Encoding="gzip")) as site:
        assert fetch_bytes(site.url, base=None, allow_private=True) == b"plain"


def test_a_packed_bomb_ends_at_the_size_limit_without_filling_the_memory() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    with serving(body(bomb, Content_Encoding="gzip")) as site:
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge):
                fetch_bytes(site.url, base=None, allow_private=True, max_bytes=1_000_000)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 10_000_000


@pytest.mark.parametrize(
    ("encoding", "data", "words"),
    [
        ("br", b"x", "comes packed as br"),
        ("gzip", b"not gzip", "does not unpack"),
        ("gzip", gzip.compress(b"hello" * 99, mtime=0)[:20], "broke off"),
        ("gzip", zlib.compress(b"zlib"), "does not unpack"),
    ],
)
def test_a_body_that_does_not_unpack_is_refused(encoding: str, data: bytes, words: str) -> None:
    answer = body(data, Content_Encoding=encoding)
    with serving(answer) as site, pytest.raises(PictureUnusable, match=words):
        fetch_bytes(site.url, base=None, allow_private=True)


def test_a_body_shorter_than_announced_is_refused() -> None:
    def cut(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "100")
        request.end_headers()
        request.wfile.write(b"only this")

    with serving(cut) as site, pytest.raises(PictureUnusable, match="broke off its answer"):
        fetch_bytes(site.url, base=None, allow_private=True)


def test_a_closed_port_cannot_be_reached() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        with pytest.raises(PictureUnusable, match="cannot be reached"):
            fetch_bytes(url, base=None, allow_private=True)


def test_a_path_is_read_inside_the_feeds_folder(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "mug.webp").write_bytes(b"mug")
    assert fetch_bytes("images/mug.webp", base=tmp_path) == b"mug"


def test_no_path_leads_out_of_the_feeds_folder(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.png")
    for source in (
        "../secret.png",
        "images/../../secret.png",
        str(tmp_path / "secret.png"),
        "link.png",
        "up/secret.png",
        "file:///etc/passwd",
        "//host/share.png",
        "missing.png",
        "pipe.png",
        ".",
        "",
        "nul\0.png",
        "x" * 5_000,
    ):
        with pytest.raises(PictureUnusable):
            fetch_bytes(source, base=folder)


def test_a_path_without_a_folder_asks_for_web_addresses() -> None:
    with pytest.raises(PictureUnusable, match="use web addresses"):
        fetch_bytes("images/mug.webp", base=None)


def test_a_file_over_the_limit_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "big.png").write_bytes(bytes(1_001))
    with pytest.raises(TooLarge, match=r"'big\.png' is larger than 0\.001 MB"):
        fetch_bytes("big.png", base=tmp_path, max_bytes=1_000)


def test_a_feed_is_read_with_the_folder_its_pictures_start_from(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_bytes(b"Handle,Title")
    assert read_feed_source(str(tmp_path / "products.csv")) == (
        b"Handle,Title",
        tmp_path.resolve(),
        "products.csv",
    )
    with pytest.raises(FeedUnreadable, match="there is no file"):
        read_feed_source(str(tmp_path / "missing.csv"))
    with pytest.raises(FeedUnreadable, match="is not a file"):
        read_feed_source(str(tmp_path))


def test_a_feed_from_the_web_has_no_folder_and_the_same_guard() -> None:
    with serving(body(b"Handle,Title")) as site:
        assert read_feed_source(f"{site.url}/x/feed.csv?k=1", allow_private=True) == (
            b"Handle,Title",
            None,
            "feed.csv",
        )
        with pytest.raises(FeedUnreadable, match="refused"):
            read_feed_source(f"{site.url}/x/feed.csv")
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("format", "extension"),
    [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp"), ("GIF", "gif"), ("AVIF", "avif")],
)
def test_each_picture_format_gives_its_facts(format: str, extension: str) -> None:
    facts = inspect(encoded(photo(), format))
    assert (facts.format, facts.width, facts.height, facts.extension) == (format, 96, 64, extension)
    assert not facts.has_alpha


def test_the_digest_is_of_the_bytes_themselves() -> None:
    picture = Image.new("RGB", (64, 64), "white")
    raw = encoded(picture, "PNG", compress_level=0)
    assert inspect(raw) == PictureFacts("PNG", 64, 64, False, inspect(raw).sha256, "png")
    assert len(inspect(raw).sha256) == 64
    assert inspect(raw).sha256 != inspect(encoded(picture, "PNG", compress_level=9)).sha256


def test_the_size_is_that_of_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    facts = inspect(encoded(photo((120, 80)), "JPEG", exif=exif))
    assert (facts.width, facts.height) == (80, 120)


def test_only_a_really_transparent_pixel_counts_as_alpha() -> None:
    opaque = Image.new("RGBA", (64, 64), (200, 10, 10, 255))
    pierced = opaque.copy()
    pierced.putpixel((3, 3), (0, 0, 0, 254))
    indexed = Image.new("P", (64, 64), 0)
    indexed.putpixel((3, 3), 1)
    assert not inspect(encoded(opaque, "PNG")).has_alpha
    assert inspect(encoded(pierced, "PNG")).has_alpha
    assert inspect(encoded(pierced, "WEBP", lossless=True)).has_alpha
    assert inspect(encoded(indexed, "GIF", transparency=0)).has_alpha
    assert not inspect(encoded(indexed, "GIF")).has_alpha


def test_a_picture_that_shows_nothing_is_refused() -> None:
    with pytest.raises(PictureUnusable, match="wholly transparent"):
        inspect(encoded(Image.new("RGBA", (64, 64), (200, 10, 10, 0)), "PNG"))


def test_an_animation_counts_by_its_first_frame() -> None:
    frames = [Image.new("RGB", (70, 66), colour) for colour in ("red", "green", "blue")]
    facts = inspect(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert (facts.format, facts.width, facts.height) == ("GIF", 70, 66)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b'<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"\xef\xbb\xbf <SVG onload=alert(1)>", "an SVG drawing"),
        (b"<!DOCTYPE html><title>Not found</title>", "a web page"),
        (b"%PDF-1.7", "a PDF"),
        (b"\0\0\0\x18ftypheic", "a HEIC photo"),
        (b"\0\0\0\x18ftypisom", "a video"),
        (b"GIF89a", "no picture|damaged"),
        (b"hello", "no picture"),
        (encoded(photo(), "BMP"), "no picture"),
        (encoded(photo(), "TIFF"), "no picture"),
        (encoded(photo((63, 400)), "PNG"), "63 x 400 pixels; both sides need at least 64"),
    ],
)
def test_what_is_no_usable_picture_is_refused_by_name(data: bytes, words: str) -> None:
    with pytest.raises(PictureUnusable, match=words):
        inspect(data)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_picture_cut_short_is_refused(format: str) -> None:
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    data = encoded(noise, format)
    for part in (0.3, 0.6, 0.9):
        with pytest.raises(PictureUnusable, match=r"damaged|no picture"):
            inspect(data[: int(len(data) * part)])


@pytest.mark.parametrize("back", [16, 10_000], ids=["checksum", "pixels"])
def test_a_picture_with_a_flipped_byte_is_refused(back: int) -> None:
    data = bytearray(encoded(Image.effect_noise((200, 200), 90), "PNG"))
    data[-back] ^= 0xFF
    with pytest.raises(PictureUnusable, match="damaged"):
        inspect(bytes(data))


@pytest.mark.parametrize("side", [7_100, 10_000, 20_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    bomb = encoded(Image.new("1", (side, side)), "PNG")
    assert len(bomb) < 100_000
    with pytest.raises(PictureUnusable, match="more than 50 million pixels"):
        inspect(bomb)


def test_a_comment_that_never_ends_does_not_hold_the_check_up() -> None:
    started = time.monotonic()
    with pytest.raises(PictureUnusable):
        inspect(b"<!---->" * 5_000)
    assert time.monotonic() - started < 1


@given(st.binary(max_size=300), st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]), st.integers(0, 400))
def test_damaged_pictures_raise_only_our_own_errors(noise: bytes, format: str, at: int) -> None:
    data = encoded(photo(), format)
    with suppress(PictureUnusable):
        inspect(data[:at] + noise + data[at + len(noise) :])
