"""Pictures and feeds from where a merchant names them: fetched within limits, then checked to be pictures."""

from __future__ import annotations

import asyncio
import functools
import re
import socket
import ssl
import stat
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import httpx
from PIL import Image, UnidentifiedImageError, features

from adengine.core.errors import FeedUnreadable, Invalid, PictureUnusable, TooLarge
from adengine.ports import PictureFacts

PICTURE_BYTES = 15_000_000
FEED_BYTES = 15_000_000
PIXEL_LIMIT = 50_000_000
SHORTEST_SIDE = 64
REDIRECT_LIMIT = 3
URL_LIMIT = 2_048
WEB_PORTS = {"http": 80, "https": 443}

Address = IPv4Address | IPv6Address
Refusal = Callable[[Address, int], str]  # why an address and port must not be called; "" where it may


def fetch_bytes(
    source: str,
    *,
    base: Path | None,
    allow_private: bool = False,
    max_bytes: int = PICTURE_BYTES,
    timeout_s: float = 15,
) -> bytes:
    """Return what lies at a web address, or at a path inside the feed's folder `base`.

    `timeout_s` bounds all of it, redirects included. Raises PictureUnusable, or TooLarge over `max_bytes`.
    """
    if _is_url(source):
        refusal = anywhere if allow_private else public_only
        return download(source, refusal=refusal, max_bytes=max_bytes, timeout_s=timeout_s)
    return _read(_inside(source, base), max_bytes, PictureUnusable)


def read_feed_source(
    source: str, *, allow_private: bool = False, max_bytes: int = FEED_BYTES, timeout_s: float = 30
) -> tuple[bytes, Path | None, str]:
    """Return a feed's bytes, the folder its picture paths start from (None for a web address) and its name.

    A path may point anywhere: it is the operator's own. Raises FeedUnreadable or TooLarge.
    """
    if _is_url(source):
        refusal = anywhere if allow_private else public_only
        data = download(source, refusal=refusal, max_bytes=max_bytes, timeout_s=timeout_s, unusable=FeedUnreadable)
        return data, None, httpx.URL(source).path.rsplit("/", 1)[-1] or httpx.URL(source).host
    try:
        path = Path(source).resolve(strict=True)
    except (OSError, ValueError) as error:
        raise FeedUnreadable(f"there is no file '{source[:200]}'") from error
    return _read(path, max_bytes, FeedUnreadable), path.parent, path.name


def inspect(data: bytes) -> PictureFacts:
    """Decode the whole picture, of an animation its first frame; raises PictureUnusable with what to do."""
    formats = _known_formats()
    if foreign := _foreign(data):
        raise PictureUnusable(f"{foreign}; use JPEG, PNG or WebP")
    try:
        with Image.open(BytesIO(data), formats=formats) as picture:
            _refuse_size(picture)
            picture.verify()
        # verify() leaves the file unusable: it must be opened again to be decoded.
        with Image.open(BytesIO(data), formats=formats) as picture:
            picture.load()
            width, height = _upright(picture)
            return PictureFacts(
                format=_format(picture),
                width=width,
                height=height,
                has_alpha=_shows_ground(picture),
                sha256=sha256(data).hexdigest(),
                extension=EXTENSIONS[_format(picture)],
            )
    except PictureUnusable:
        raise
    except UnidentifiedImageError as error:
        raise PictureUnusable("the file is no picture that can be read; use JPEG, PNG or WebP") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureUnusable(_TOO_MANY_PIXELS) from error
    except Exception as error:  # Pillow's decoders answer damage with a dozen unrelated exceptions
        raise PictureUnusable("the picture is damaged or cut short; upload it again") from error


def public_only(address: Address, port: int) -> str:
    """Refuse every address that is not the public internet's, and every port but 80 and 443."""
    if port not in WEB_PORTS.values():
        return f"port {port} is not a web port (80, 443)"
    wraps_ipv4 = address.version == 6 and any(address in network for network in _WRAPPING_IPV4)
    if wraps_ipv4 or not address.is_global or address.is_multicast or address.is_reserved:
        return f"{address} is not a public address"
    return ""


def anywhere(address: Address, port: int) -> str:
    return ""


# Addresses that carry an IPv4 address inside (mapped, NAT64, 6to4, Teredo), and the old site-local range.
_WRAPPING_IPV4 = tuple(
    ip_network(network)
    for network in (
        "::/96",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "fec0::/10",
    )
)


def download(
    url: str,
    *,
    refusal: Refusal = public_only,
    max_bytes: int = PICTURE_BYTES,
    timeout_s: float = 15,
    unusable: type[Invalid] = PictureUnusable,
) -> bytes:
    """Return the body at `url`, calling only addresses that `refusal` lets pass, on every redirect anew.

    Raises `unusable`, or TooLarge over `max_bytes`. Not for use inside a running event loop.
    """
    # A socket's own timeout starts again with every byte; this one does not.
    return asyncio.run(_bounded(_Download(refusal, max_bytes, unusable), url, timeout_s))


async def _bounded(job: _Download, url: str, timeout_s: float) -> bytes:
    try:
        async with asyncio.timeout(timeout_s):
            return await job.follow(url)
    except TimeoutError as error:
        raise job.unusable(f"{_shown(url)} took longer than {timeout_s:g} seconds; try again later") from error


@dataclass(frozen=True)
class _Download:
    refusal: Refusal
    max_bytes: int
    unusable: type[Invalid]

    async def follow(self, url: str) -> bytes:
        for _ in range(REDIRECT_LIMIT + 1):
            answer = await self._get(self._target(url))
            if isinstance(answer, bytes):
                return answer
            url = str(answer)
        raise self.unusable(f"{_shown(url)} redirects more than {REDIRECT_LIMIT} times")

    def _target(self, url: str) -> httpx.URL:
        try:
            target = httpx.URL(url)
        except (httpx.InvalidURL, ValueError) as error:
            raise self.unusable(f"'{_shown(url)}' is no web address") from error
        if target.scheme not in WEB_PORTS or not target.host or len(url) > URL_LIMIT:
            raise self.unusable(f"'{_shown(url)}' is no web address (http or https)")
        if target.userinfo:
            raise self.unusable("a web address must not carry a user name or password")
        return target

    async def _get(self, url: httpx.URL) -> bytes | httpx.URL:
        """The body, or where the answer redirects to."""
        addresses = await self._addresses(url)
        for address in addresses:
            try:
                return await self._get_from(address, url)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if address == addresses[-1]:
                    raise self.unusable(f"{_shown(str(url))} cannot be reached") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise self.unusable(f"{_shown(str(url))} broke off its answer") from error
        raise self.unusable(f"{url.host} has no address")

    async def _addresses(self, url: httpx.URL) -> list[Address]:
        """Every address the name stands for; one refused address refuses the name."""
        port = url.port or WEB_PORTS[url.scheme]
        host = url.raw_host.decode("ascii")
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise self.unusable(f"the name {host} is not known") from error
        addresses = list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
        for address in addresses:
            if reason := self.refusal(address, port):
                raise self.unusable(f"{_shown(str(url))} is refused: {reason}")
        return addresses

    async def _get_from(self, address: Address, url: httpx.URL) -> bytes | httpx.URL:
        # Calling the checked address, not the name, leaves a second name lookup no chance to differ.
        pinned = url.copy_with(host=str(address))
        headers = {
            "Host": url.netloc.decode("ascii"),
            "Accept-Encoding": "identity",
            "User-Agent": "adengine",
        }
        names = {"sni_hostname": url.raw_host.decode("ascii")}
        async with (
            # A proxy from the environment would look names up behind the check.
            httpx.AsyncClient(verify=_tls(), trust_env=False, follow_redirects=False, timeout=None) as client,  # noqa: S113
            client.stream("GET", pinned, headers=headers, extensions=names) as response,
        ):
            if response.has_redirect_location:
                return url.join(response.headers["Location"])
            if response.status_code != 200:
                raise self.unusable(f"{_shown(str(url))} answers {response.status_code}")
            return await self._body(response, url)

    async def _body(self, response: httpx.Response, url: httpx.URL) -> bytes:
        body = bytearray()
        async for part in self._plain_parts(response, url):
            body += part
            if len(body) > self.max_bytes:
                raise TooLarge(f"{_shown(str(url))} is larger than {_size(self.max_bytes)}")
        return bytes(body)

    async def _plain_parts(self, response: httpx.Response, url: httpx.URL) -> AsyncIterator[bytes]:
        """The body without its compression, never more than a little over the limit at once."""
        encoding = response.headers.get("Content-Encoding", "identity").strip().casefold()
        if encoding not in {"identity", "gzip"}:
            raise self.unusable(f"{_shown(str(url))} comes packed as {encoding[:20]}; it was asked for plain")
        if encoding == "identity":
            async for part in response.aiter_raw():
                yield part
            return
        gunzip = zlib.decompressobj(wbits=31)
        try:
            async for part in response.aiter_raw():
                yield gunzip.decompress(part, self.max_bytes + 1)
                if gunzip.eof:
                    return
        except zlib.error as error:
            raise self.unusable(f"{_shown(str(url))} is damaged: it does not unpack") from error
        raise self.unusable(f"{_shown(str(url))} broke off its answer")


@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _is_url(source: str) -> bool:
    return bool(re.match(r"https?:", source, re.IGNORECASE))


def _shown(url: str) -> str:
    """The address as messages give it: no user, no query (it may hold a key), not too long."""
    return re.sub(r"//[^/@]*@", "//", url.split("?", 1)[0])[:120]


def _size(count: int) -> str:
    return f"{count / 1_000_000:g} MB"


def _inside(source: str, base: Path | None) -> Path:
    if base is None:
        raise PictureUnusable(f"'{source[:120]}' is a path, but the feed came without a folder; use web addresses")
    if re.match(r"[a-z][a-z0-9+.-]*:", source, re.IGNORECASE):
        raise PictureUnusable(f"'{source[:120]}' is refused: only http, https and relative paths are read")
    named = Path(source)
    outside = PictureUnusable(f"'{source[:120]}' is refused: it leads out of the feed's folder")
    if named.is_absolute() or ".." in named.parts:
        raise outside
    try:
        found = (base / named).resolve(strict=True)
        root = base.resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise PictureUnusable(f"there is no file '{source[:120]}' in the feed's folder") from error
    if not found.is_relative_to(root):
        raise outside
    return found


def _read(path: Path, max_bytes: int, unusable: type[Invalid]) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise unusable(f"'{path.name}' is not a file")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise unusable(f"'{path.name}' cannot be opened: {error.strerror}") from error
    if len(data) > max_bytes:
        raise TooLarge(f"'{path.name}' is larger than {_size(max_bytes)}")
    return data


EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "AVIF": "avif"}
_TOO_MANY_PIXELS = f"the picture has more than {PIXEL_LIMIT // 1_000_000} million pixels; make it smaller"
_SIDEWAYS = {5, 6, 7, 8}
_ORIENTATION = 0x0112
_FOREIGN = (
    (re.compile(rb"<.*<svg|<svg", re.S), "an SVG drawing"),
    (re.compile(rb"<"), "a web page (HTML)"),
    (re.compile(rb"%pdf-"), "a PDF"),
    (re.compile(rb"....ftyp(heic|heix|hevc|mif1|msf1)", re.S), "a HEIC photo"),
    (re.compile(rb"....ftyp(isom|mp4|qt)", re.S), "a video"),
)


def _known_formats() -> tuple[str, ...]:
    return tuple(name for name in EXTENSIONS if name != "AVIF" or features.check("avif"))


def _foreign(data: bytes) -> str:
    """What the bytes are instead of a picture, in words; "" where nothing is recognised."""
    if not data:
        return "the file is empty"
    start = data[:4_096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    kind = next((name for pattern, name in _FOREIGN if pattern.match(start)), "")
    return f"the file is {kind}, not a photo" if kind else ""


def _refuse_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > PIXEL_LIMIT:
        raise PictureUnusable(_TOO_MANY_PIXELS)
    if min(width, height) < SHORTEST_SIDE:
        raise PictureUnusable(f"the picture is {width} x {height} pixels; both sides need at least {SHORTEST_SIDE}")


def _format(picture: Image.Image) -> str:
    # Cameras put a preview behind the photo; Pillow calls such a JPEG MPO.
    return "JPEG" if picture.format == "MPO" else str(picture.format)


def _upright(picture: Image.Image) -> tuple[int, int]:
    width, height = picture.size
    return (height, width) if picture.getexif().get(_ORIENTATION) in _SIDEWAYS else (width, height)


def _shows_ground(picture: Image.Image) -> bool:
    if not picture.has_transparency_data:
        return False
    lowest, highest = picture.convert("RGBA").getchannel("A").getextrema()
    if highest == 0:
        raise PictureUnusable("the picture is wholly transparent; use one that shows the product")
    return isinstance(lowest, int) and lowest < 255
