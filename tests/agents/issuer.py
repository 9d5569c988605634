"""A sign-in server on loopback that publishes its metadata and keys, and signs what a test asks it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm


class Issuer:
    """Its keys by id; those in `published` are in the key set, and `asked` lists the paths fetched."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, Any] = {
            "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "ec": ec.generate_private_key(ec.SECP256R1()),
            "next": ec.generate_private_key(ec.SECP256R1()),
        }
        self.published = ["rsa", "ec"]
        self.asked: list[str] = []
        self.is_down = False
        self.named = url

    def document(self, path: str) -> dict[str, object] | None:
        self.asked.append(path)
        if self.is_down:
            return None
        return {
            "/.well-known/oauth-authorization-server": {"issuer": self.named, "jwks_uri": f"{self.url}/keys"},
            "/keys": {"keys": [self.public(key_id) for key_id in self.published]},
        }.get(path)

    def public(self, key_id: str) -> dict[str, object]:
        algorithm = RSAAlgorithm if key_id == "rsa" else ECAlgorithm
        return {**algorithm.to_jwk(self.keys[key_id].public_key(), as_dict=True), "kid": key_id, "use": "sig"}

    def token(self, now: datetime, *, key: str = "ec", header: dict[str, Any] | None = None, **claims: Any) -> str:
        """An access token (RFC 9068) of an hour; a claim that is None is left out."""
        said = {
            "iss": self.url,
            "aud": "http://127.0.0.1:8400/mcp",
            "sub": "user-1",
            "client_id": "client-1",
            "exp": int((now + timedelta(hours=1)).timestamp()),
            "iat": int(now.timestamp()),
            "scope": "catalog:read",
            "adengine_shop": "demo",
            **claims,
        }
        return jwt.encode(
            {name: value for name, value in said.items() if value is not None},
            self.keys[key],
            algorithm="RS256" if key == "rsa" else "ES256",
            headers={"kid": key, "typ": "at+jwt", **(header or {})},
        )


@contextmanager
def running() -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = issuer.document(self.path)
            body = json.dumps(found or {}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield issuer
        server.shutdown()
        thread.join()
