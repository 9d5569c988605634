"""Every setting of the product, read once from `ADENGINE_*` variables; nothing else reads the environment."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from adengine.core.errors import Invalid

QUALITIES = ("draft", "standard", "final")
NUMBERS = (
    "platform_fee_bps",
    "cache_mb",
    "lease_s",
    "sweep_s",
    "agent_requests_per_minute",
    "anonymous_requests_per_minute",
    "agent_body_kb",
)


def setting(default: str, about: str) -> str:
    """A field with its default as text and the sentence that docs/settings.md shows."""
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True)
class Settings:
    """The defaults run the whole product on one machine with nothing installed but Python."""

    home: str = setting("var", "Folder that holds all data: database, files, queue, secret.")
    database_url: str = setting("", "SQLAlchemy URL. Empty: SQLite in the home folder.")
    broker_url: str = setting("", "Celery broker, redis:// or amqp://. Empty: a queue in the home folder.")
    files_url: str = setting("", "Where films and pictures are kept: s3://bucket/prefix. Empty: home folder.")
    s3_endpoint: str = setting("", "Address of an S3-compatible server. Empty: AWS.")
    public_url: str = setting("http://127.0.0.1:8400", "Address under which people and agents reach the server.")
    secret_key: str = setting("", "Signs sessions and sandbox payments. Empty: made once in the home folder.")
    shop: str = setting("demo", "Shop that agents and the front page meet when none is named.")
    payments: str = setting("sandbox", "Who takes the money; a name of the PAYMENTS table.")
    stripe_key: str = setting("", "Secret key of the Stripe account that takes the money (sk_... or rk_...).")
    stripe_publishable_key: str = setting("", "Its publishable key (pk_...), for forms that pay in place.")
    stripe_webhook_secret: str = setting(
        "", "Signing secrets (whsec_...) of its webhook endpoints, separated by spaces."
    )
    stripe_recipient_countries: str = setting(
        "", "Countries (ISO 3166, separated by spaces) whose payees get Stripe's recipient agreement."
    )
    stripe_api_base: str = setting("", "Address of Stripe's API, for a test double. Empty: Stripe's own.")
    stripe_api_version: str = setting("2026-10-28.endive", "Version of Stripe's API that is spoken.")
    acp_merchant_id: str = setting("", "The seller at the payment provider, as agents' tokens name it. Empty: shop.")
    platform_fee_bps: str = setting("200", "The platform's share of a net sale, in basis points.")
    territory: str = setting("DE", "Country (ISO 3166) whose rules and licences apply where none is known.")
    private_images: str = setting("0", "1 lets imports fetch pictures from private addresses (own network only).")
    private_webhooks: str = setting("0", "1 lets messages to agents go to private addresses and without TLS.")
    search_model: str = setting(
        "", "Folder or hub id of a static embedding model (model2vec), which search asks beside words. Empty: none."
    )
    generator_model: str = setting("", "Folder or hub id of a Wan pipeline for the diffusion generator.")
    generator_device: str = setting("auto", "cuda, cpu or auto.")
    generator_steps: str = setting("", "Denoising steps. Empty: what the generator advises.")
    generator_guidance: str = setting("", "Guidance scale; 1.0 for models distilled to a few steps. Empty: as advised.")
    render_quality: str = setting("standard", "How films are encoded: draft, standard, or final (smaller, slower).")
    cache_mb: str = setting(
        "10000", "Megabytes for rendered parts in the home folder, least used first to go. 0: none."
    )
    lease_s: str = setting("20", "Seconds without a heartbeat after which another worker takes a job over.")
    sweep_s: str = setting("5", "Seconds between two looks for jobs that nobody works on.")
    agent_requests_per_minute: str = setting("600", "MCP requests a minute with one valid token. 0: no limit.")
    anonymous_requests_per_minute: str = setting(
        "120", "MCP requests a minute from one address without a valid token. 0: no limit."
    )
    agent_body_kb: str = setting("1024", "Largest body of an MCP request, in kilobytes.")
    agent_hosts: str = setting(
        "", "Host names (with port where not 80 or 443, separated by spaces) MCP answers under beside the public one."
    )
    agent_tools: str = setting("", "Module of yours whose register(server, engine) adds MCP tools.")
    oauth_issuer: str = setting("", "OAuth 2.1 issuer whose access tokens MCP takes. Empty: our own tokens only.")
    oauth_audience: str = setting("", "Audience these tokens must name. Empty: the public address with /mcp.")
    oauth_jwks_url: str = setting("", "Where the issuer's keys are. Empty: as the issuer's metadata says.")
    log_level: str = setting("WARNING", "DEBUG, INFO, WARNING or ERROR.")

    @staticmethod
    def from_env(env: Mapping[str, str] | None = None) -> Settings:
        """Read `ADENGINE_*`; a name that no setting has is refused, since it is most likely a typing error."""
        env = os.environ if env is None else env
        given = {key: value for key, value in env.items() if key.startswith("ADENGINE_")}
        known = {f"ADENGINE_{one.name.upper()}": one.name for one in fields(Settings)}
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise Invalid(f"unknown setting {', '.join(unknown)}; docs/settings.md lists them all")
        return Settings(**{known[key]: value for key, value in given.items()}).checked()

    def checked(self) -> Settings:
        for name in NUMBERS:
            if not getattr(self, name).isdigit():
                raise Invalid(f"ADENGINE_{name.upper()} must be a whole number, not '{getattr(self, name)}'")
        if self.render_quality not in QUALITIES:
            raise Invalid(f"ADENGINE_RENDER_QUALITY must be one of {', '.join(QUALITIES)}")
        try:
            float(self.generator_guidance or 0), int(self.generator_steps or 0)
        except ValueError:
            raise Invalid("ADENGINE_GENERATOR_STEPS and ADENGINE_GENERATOR_GUIDANCE must be numbers") from None
        if not self.public_url.startswith(("http://", "https://")):
            raise Invalid("ADENGINE_PUBLIC_URL must begin with http:// or https://")
        for name in ("oauth_issuer", "oauth_jwks_url"):
            if not _is_trusted_address(getattr(self, name)):
                raise Invalid(f"ADENGINE_{name.upper()} must begin with https:// (http:// is for loopback only)")
        return self

    @property
    def home_path(self) -> Path:
        return Path(self.home).resolve()

    @property
    def audience(self) -> str:
        """What an OAuth access token for our MCP server has to name: the resource's address (RFC 8707)."""
        return self.oauth_audience or f"{self.public_url.rstrip('/')}/mcp"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.home_path / 'adengine.db'}"

    def secret(self) -> bytes:
        """The signing key: the one that was set, or one made at first use and kept in the home folder."""
        if self.secret_key:
            return self.secret_key.encode()
        path = self.home_path / "secret"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            handle, made = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
            with contextlib.suppress(FileExistsError):
                os.link(made, path)  # atomic: of two processes starting at once, one wins and both read it
            os.unlink(made)
        return path.read_bytes()


def _is_trusted_address(url: str) -> bool:
    """Whether what is fetched there is the owner's word; empty is nothing to fetch."""
    parts = urlsplit(url)
    is_loopback = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    return not url or (parts.scheme == "https" and bool(parts.hostname)) or (parts.scheme == "http" and is_loopback)


def describe() -> list[tuple[str, str, str]]:
    """(variable, default, meaning) of every setting, in the order of the class."""
    return [(f"ADENGINE_{f.name.upper()}", str(f.default), f.metadata["about"]) for f in fields(Settings)]
