"""Signatures of ours that anybody can check: Ed25519 (RFC 8032) over records written as RFC 8785 has it."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adengine.core.canonical import signable
from adengine.engine import Unit

PURPOSE = b"adengine licence receipts 1"


@dataclass(frozen=True)
class Signature:
    """`signature` is base64url; `key_id` names the public key, which stands among the house's keys."""

    algorithm: str
    key_id: str
    signature: str


@dataclass(frozen=True)
class PublicKey:
    """A public key as a JSON Web Key (RFC 8037)."""

    kty: str
    crv: str
    kid: str
    x: str
    use: str = "sig"
    alg: str = "EdDSA"


def sign(unit: Unit, record: Mapping[str, object]) -> Signature:
    """Sign a record with the house's key; the same record gives the same signature. Raises Invalid for other values
    than `core.canonical.signable` takes."""
    signature = _key(unit).sign(signable(record))
    return Signature("Ed25519", public_key(unit).kid, _text(signature))


def is_ours(unit: Unit, record: Mapping[str, object], given: Signature) -> bool:
    """Whether the house signed this very record."""
    try:
        signature = urlsafe_b64decode(given.signature + "=" * (-len(given.signature) % 4))
        _key(unit).public_key().verify(signature, signable(record))
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key(unit: Unit) -> PublicKey:
    """The key that the house's signatures are checked with."""
    raw = _key(unit).public_key().public_bytes_raw()
    return PublicKey("OKP", "Ed25519", hashlib.sha256(raw).hexdigest()[:16], _text(raw))


def _key(unit: Unit) -> Ed25519PrivateKey:
    # Made from the house's secret, so that every process has the same one and no second secret is kept.
    return Ed25519PrivateKey.from_private_bytes(hmac.digest(unit.settings.secret(), PURPOSE, "sha256"))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
