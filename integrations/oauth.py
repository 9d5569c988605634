"""Access tokens of an OAuth 2.1 issuer (JWT, RFC 9068), verified by the keys that it publishes (RFC 7517, 8414)."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import jwt

from adengine.core.errors import SignInNeeded, Unavailable
from adengine.ports import Clock

# Signatures by a private key only: with none or HS256 anybody could sign, with the public key for a secret.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
TYPES = {"at+jwt", "application/at+jwt", "jwt", ""}  # RFC 9068 says at+jwt; many issuers still write JWT
SHOP_CLAIM = "adengine_shop"
LEEWAY_S = 30
KEYS_LAST_S = 3600
REFRESH_S = 30  # an unknown key id asks the issuer at most this often
MOST_KEYS = 100
LARGEST_ANSWER = 512_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Granted:
    """What a verified token allows: whose it is, which shop's (may be empty), what for, and until when."""

    subject: str
    client_id: str
    shop: str
    scopes: frozenset[str]
    expires_at: datetime


def fetch_json(url: str) -> dict[str, object]:
    """The JSON object at an address, without following it elsewhere; raises Unavailable."""
    try:
        with httpx.stream("GET", url, timeout=5, follow_redirects=False) as answer:
            data = b""
            for part in answer.iter_bytes():
                data += part
                if len(data) > LARGEST_ANSWER:
                    raise Unavailable(f"the sign-in server's answer is too large: {url}")
        if answer.status_code != 200:
            raise Unavailable(f"the sign-in server answered {answer.status_code}: {url}")
        found = json.loads(data)
    except (httpx.HTTPError, ValueError) as error:
        raise Unavailable(f"the sign-in server cannot be asked now ({error}): {url}") from error
    if not isinstance(found, dict):
        raise Unavailable(f"the sign-in server's answer is no JSON object: {url}")
    return found


@dataclass
class KeySet:
    """An issuer's public keys by id, fetched when first needed and when one is not known, but not all the time."""

    issuer: str
    url: str
    clock: Clock
    fetch: Callable[[str], dict[str, object]] = fetch_json
    _keys: dict[str, dict[str, object]] = field(default_factory=dict)
    _fetched_at: datetime | None = None
    _problem: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def key(self, key_id: str) -> dict[str, object]:
        """The key of that id (RFC 7517); without one, the only key there is. Raises SignInNeeded, Unavailable."""
        found = self._find(key_id)
        if found is not None and not self._is_older(KEYS_LAST_S):
            return found
        with self._lock:
            if self._is_older(REFRESH_S):
                self._refresh()
            found = self._find(key_id)
        if found is None and self._problem:
            raise Unavailable(self._problem)
        if found is None:
            raise SignInNeeded("this access token is signed with a key that its issuer does not publish")
        return found

    def _find(self, key_id: str) -> dict[str, object] | None:
        if not key_id and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _is_older(self, seconds: int) -> bool:
        return self._fetched_at is None or self.clock() - self._fetched_at >= timedelta(seconds=seconds)

    def _refresh(self) -> None:
        """Take the keys in; where that fails, those known stay, and it is tried again after a rest."""
        self._fetched_at = self.clock()
        try:
            listed = self.fetch(self.url or self._discovered()).get("keys")
        except Unavailable as error:
            self._problem = error.message
            log.warning("the issuer's keys could not be fetched: %s", error)
            return
        self._problem = ""
        found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        signing = [one for one in found[:MOST_KEYS] if one.get("use", "sig") == "sig" and one.get("kty") != "oct"]
        self._keys = {str(one.get("kid", "")): one for one in signing}

    def _discovered(self) -> str:
        """Where the issuer says its keys are (RFC 8414, else OpenID Connect Discovery)."""
        parts = urlsplit(self.issuer)
        origin, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
        try:
            metadata = self.fetch(f"{origin}/.well-known/oauth-authorization-server{path}")
        except Unavailable:
            metadata = self.fetch(f"{origin}{path}/.well-known/openid-configuration")
        if metadata.get("issuer") != self.issuer or not isinstance(metadata.get("jwks_uri"), str):
            raise Unavailable("the issuer's metadata names another issuer or no keys; check ADENGINE_OAUTH_ISSUER")
        found = str(metadata["jwks_uri"])
        if parts.scheme == "https" and urlsplit(found).scheme != "https":
            raise Unavailable("the issuer's metadata names keys at an address without TLS")
        return found


@dataclass
class Verifier:
    """Checks access tokens: signature, issuer, audience and times."""

    issuer: str
    audience: str
    keys: KeySet
    clock: Clock

    def verify(self, token: str) -> Granted:
        """What the token grants; raises SignInNeeded saying why it does not count, Unavailable without keys."""
        try:
            claims = self._signed(token)
        except jwt.InvalidAudienceError:
            hint = f"ask for one with resource {self.audience}"
            raise SignInNeeded(f"this access token is for another server; {hint}") from None
        except jwt.InvalidIssuerError:
            raise SignInNeeded(f"this access token is not by {self.issuer}; sign in there") from None
        except jwt.PyJWTError as error:
            raise SignInNeeded(f"this access token is not valid ({error})"[:200]) from None
        self._need_time(claims)
        scope = claims.get("scope", "")
        return Granted(
            subject=str(claims.get("sub", "")),
            client_id=str(claims.get("client_id", claims.get("azp", ""))),
            shop=_text(claims.get(SHOP_CLAIM, "")),
            scopes=frozenset(scope.split()) if isinstance(scope, str) else frozenset(),
            expires_at=_moment(claims["exp"]),
        )

    def _signed(self, token: str) -> Mapping[str, Any]:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError(f"signed with {algorithm}, which does not count")
        if str(header.get("typ", "")).lower() not in TYPES:
            raise jwt.InvalidTokenError("it is no access token")
        key = self.keys.key(_text(header.get("kid", "")))
        if key.get("alg", algorithm) != algorithm:
            raise jwt.InvalidAlgorithmError("its algorithm is not its key's")
        return cast(
            "Mapping[str, Any]",
            jwt.decode(
                token,
                jwt.PyJWK(key, algorithm),
                algorithms=[algorithm],
                issuer=self.issuer,
                audience=self.audience,
                # Times are checked by our own clock below.
                options={
                    "require": ["exp", "iss", "aud"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            ),
        )

    def _need_time(self, claims: Mapping[str, Any]) -> None:
        leeway = timedelta(seconds=LEEWAY_S)
        if _moment(claims["exp"]) <= self.clock() - leeway:
            raise SignInNeeded("this access token has expired; get a new one")
        if "nbf" in claims and _moment(claims["nbf"]) > self.clock() + leeway:
            raise SignInNeeded("this access token is not valid yet; check the clocks")


def _moment(seconds: object) -> datetime:
    try:
        return datetime.fromtimestamp(float(cast("float", seconds)), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise SignInNeeded("this access token's times are no numbers") from None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
