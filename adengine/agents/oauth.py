"""Who calls an MCP endpoint: by a token of ours, by an OAuth access token, or nobody in particular (RFC 9728, 6750)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import anyio.to_thread
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from adengine.agents.limits import Rates, Turned, address_of, bearer, digest
from adengine.core.errors import AdEngineError, NotFound, SignInNeeded, Unavailable
from adengine.engine import AGENT_SCOPES, SCOPES, SHOPPER_SCOPES, SYSTEM, AdEngine
from adengine.services import merchants
from adengine.settings import Settings
from integrations.oauth import SHOP_CLAIM, Granted, KeySet, Verifier

CALLER = "adengine.caller"  # key of the Caller in the ASGI scope
METADATA = "/.well-known/oauth-protected-resource"
UNAUTHORIZED = -32001

Recognise = Callable[[str], "Caller"]


@dataclass(frozen=True)
class Caller:
    """Whom a valid token speaks for. Without a `merchant_id` it is a buyer, who acts in whichever shop a call names."""

    kind: str
    merchant_id: str | None
    scopes: frozenset[str]
    agent_id: str | None
    key: str
    is_oauth: bool


class Recogniser:
    """Finds out whose a token is; our own are looked up each time, so that withdrawing one acts at once."""

    def __init__(self, engine: AdEngine) -> None:
        self.engine = engine
        self.verifier = _verifier(engine)

    def __call__(self, token: str) -> Caller:
        """Raises SignInNeeded for a token that does not count, Unavailable where that cannot be found out now."""
        if self.verifier is not None and token.count(".") == 2:
            return self._oauth_caller(self.verifier.verify(token), token)
        with self.engine.reading(SYSTEM) as unit:
            actor = merchants.actor_of(unit, token)
        return Caller(actor.kind, actor.merchant_id, actor.scopes, actor.agent_id, digest(token), False)

    def _oauth_caller(self, granted: Granted, token: str) -> Caller:
        scopes = (granted.scopes & SCOPES.keys()) | {"catalog:read"}  # anybody may look, so a token may as well
        is_merchant = bool(scopes - AGENT_SCOPES - SHOPPER_SCOPES)
        if is_merchant and not granted.shop:
            raise SignInNeeded(f"this access token names no shop; its issuer has to put the claim {SHOP_CLAIM} into it")
        merchant_id = self._shop_id(granted.shop) if granted.shop else None
        # A renewed token is the same caller: what a session or a sealed state is bound to outlives it.
        whose = json.dumps([granted.client_id, granted.subject, granted.shop])
        key = digest(whose) if granted.subject else digest(token)
        return Caller("merchant" if is_merchant else "agent", merchant_id, frozenset(scopes), None, key, True)

    def _shop_id(self, name: str) -> str:
        with self.engine.reading(SYSTEM) as unit:
            try:
                return merchants.find_shop(unit, name).id
            except NotFound:
                raise SignInNeeded(f"this access token is for the shop '{name[:50]}', which is not here") from None


def _verifier(engine: AdEngine) -> Verifier | None:
    settings, clock = engine.settings, engine.ports.clock
    if not settings.oauth_issuer:
        return None
    keys = KeySet(settings.oauth_issuer, settings.oauth_jwks_url, clock)
    return Verifier(settings.oauth_issuer, settings.audience, keys, clock)


class Recognised:
    """ASGI: notes the Caller in the scope; turns away a token that does not count, and one whose scope is too small.

    With `challenge` empty, as where a protocol has refusals of its own, nobody is turned away here.
    """

    def __init__(
        self, inside: ASGIApp, *, recognise: Recognise, rates: Rates, challenge: str, tool_scopes: Mapping[str, str]
    ) -> None:
        self.inside, self.recognise, self.rates = inside, recognise, rates
        self.challenge, self.tool_scopes = challenge, tool_scopes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        token = bearer(headers)
        if token:
            try:
                caller = await anyio.to_thread.run_sync(self.recognise, token)
                self.rates.found_valid(token, address_of(scope))
                self._need_scope(caller, headers)
                _note(scope, caller)
            except AdEngineError as error:
                if self.challenge:
                    await self._unknown(error).answer(send)
                    return
            except Turned as refusal:
                await refusal.answer(send)
                return
        await self.inside(scope, receive, send)

    def _unknown(self, error: AdEngineError) -> Turned:
        if isinstance(error, Unavailable):
            return Turned(503, f"{error.message}; try again in a minute", headers={"retry-after": "60"})
        words = f"{error.message}; or connect without a token to look around"
        return Turned(401, words, code=UNAUTHORIZED, headers=self._challenged("invalid_token", words, AGENT_SCOPES))

    def _need_scope(self, caller: Caller, headers: Headers) -> None:
        """Tell an OAuth client which scope to ask for (RFC 6750); others read it in the tool's own answer.

        Revision 2026-07-28 names the tool in a header, which the SDK holds against the body; before it there is none.
        """
        needed = (
            self.tool_scopes.get(headers.get("mcp-name", "")) if headers.get("mcp-method") == "tools/call" else None
        )
        if self.challenge and caller.is_oauth and needed and needed not in caller.scopes:
            words = f"this needs the scope {needed} ({SCOPES[needed]}); sign in again with it"
            said = self._challenged("insufficient_scope", words, caller.scopes | {needed})
            raise Turned(403, words, code=UNAUTHORIZED, headers=said)

    def _challenged(self, error: str, words: str, scopes: frozenset[str]) -> dict[str, str]:
        plain = "".join(one for one in words if one.isascii() and one.isprintable() and one not in '"\\')
        parts = {
            "resource_metadata": self.challenge,
            "error": error,
            "error_description": plain,
            "scope": " ".join(sorted(scopes)),
        }
        return {"www-authenticate": "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parts.items())}


def caller_of(ctx: Context | ServerRequestContext) -> Caller | None:
    """Whom the request's token speaks for; None for nobody in particular, as over stdio."""
    request = ctx.request_context.request if isinstance(ctx, Context) else ctx.request
    return request.scope.get(CALLER) if isinstance(request, Request) else None


def principal(ctx: ServerRequestContext) -> str | None:
    """What a round's sealed state is bound to: only the same token can come back with it."""
    caller = caller_of(ctx)
    return caller.key if caller else None


def metadata_routes(settings: Settings) -> list[Route]:
    """The protected-resource metadata (RFC 9728) at the two addresses that clients try."""
    document = protected_resource(settings)

    async def show(_request: Request) -> JSONResponse:
        return JSONResponse(document, headers={"Cache-Control": "public, max-age=3600"})

    return [Route(path, show, methods=["GET"]) for path in (METADATA, f"{METADATA}/mcp")]


def protected_resource(settings: Settings) -> dict[str, object]:
    """What this resource is and who signs people in for it; no issuer where only our own tokens count."""
    servers = {"authorization_servers": [settings.oauth_issuer]} if settings.oauth_issuer else {}
    return {
        "resource": settings.audience,
        **servers,
        "scopes_supported": list(SCOPES),
        "bearer_methods_supported": ["header"],
        "resource_name": "adengine: shoppable video ads",
        "resource_documentation": f"{settings.public_url.rstrip('/')}/api/openapi.json",
    }


def metadata_url(settings: Settings) -> str:
    return f"{settings.public_url.rstrip('/')}{METADATA}/mcp"


def _note(scope: Scope, caller: Caller) -> None:
    scope[CALLER] = caller
    # The SDK opens a session to the credential alone that made it.
    known = AccessToken(token=caller.key, client_id=caller.key, scopes=sorted(caller.scopes))
    scope["user"] = AuthenticatedUser(known)
