"""Sends a signed message to another company's address, never into the own network unless that is wanted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

import httpx

from adengine.core.errors import Invalid, Unavailable
from integrations.pictures import WEB_PORTS, Address, anywhere, public_only

PATIENCE_S = 10.0


@dataclass(frozen=True)
class WebPost:
    """Post: `allow_private` lets messages go to private addresses, to any port, and without TLS."""

    allow_private: bool = False
    patience_s: float = PATIENCE_S

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """POST and answer the HTTP status; redirects are not followed, and what is answered is not read.

        Raises Unavailable when nobody answers in time, and Invalid for an address that must not be called.
        """
        return asyncio.run(self._bounded(url, body, headers))

    async def _bounded(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            # A socket's own timeout starts again with every byte; this one does not.
            async with asyncio.timeout(self.patience_s):
                return await self._post(self._target(url), body, headers)
        except TimeoutError:
            raise Unavailable(f"the receiver did not answer within {self.patience_s:g} seconds") from None
        except httpx.HTTPError as error:
            raise Unavailable(f"the receiver cannot be reached ({type(error).__name__})") from None

    def _target(self, url: str) -> httpx.URL:
        try:
            target = httpx.URL(url)
        except (httpx.InvalidURL, ValueError):
            raise Invalid("the address of the receiver is no web address") from None
        if target.scheme not in WEB_PORTS or not target.host or target.userinfo:
            raise Invalid("the address of the receiver is no web address (https)")
        if target.scheme != "https" and not self.allow_private:
            raise Invalid("the address of the receiver must begin with https://")
        return target

    async def _post(self, target: httpx.URL, body: bytes, headers: Mapping[str, str]) -> int:
        addresses = await self._addresses(target)
        for address in addresses[:-1]:
            try:
                return await self._post_to(address, target, body, headers)
            except httpx.ConnectError:  # a name may stand for an IPv6 address that leads nowhere from here
                continue
        return await self._post_to(addresses[-1], target, body, headers)

    async def _post_to(self, address: Address, target: httpx.URL, body: bytes, headers: Mapping[str, str]) -> int:
        # Calling the checked address, not the name, leaves a second name lookup no chance to differ.
        pinned = target.copy_with(host=str(address))
        named = {**headers, "Host": target.netloc.decode("ascii"), "User-Agent": "adengine"}
        names = {"sni_hostname": target.raw_host.decode("ascii")}
        async with (
            # A proxy from the environment would look names up behind the check.
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=None) as client,  # noqa: S113
            client.stream("POST", pinned, content=body, headers=named, extensions=names) as response,
        ):
            return response.status_code

    async def _addresses(self, target: httpx.URL) -> list[Address]:
        """Every address the name stands for, at least one; one refused address refuses the name."""
        port, host = target.port or WEB_PORTS[target.scheme], target.raw_host.decode("ascii")
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Unavailable(f"the name {host} is not known") from None
        addresses = list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
        refusal = anywhere if self.allow_private else public_only
        if reason := next(filter(None, (refusal(address, port) for address in addresses)), ""):
            raise Invalid(f"messages to {host} are refused: {reason}")
        if not addresses:
            raise Unavailable(f"the name {host} has no address")
        return addresses
