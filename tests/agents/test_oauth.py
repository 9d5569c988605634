"""Who calls: our own tokens, access tokens of an issuer, or nobody; and what a token that does not count is told."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adengine.agents import create_server, http_app
from adengine.agents.desk import Desk as ToolDesk
from adengine.agents.oauth import Recogniser
from adengine.core.errors import Forbidden, Invalid, NotFound, SignInNeeded, Unavailable
from adengine.engine import SCOPES, SYSTEM, AdEngine
from adengine.services import catalog, merchants
from adengine.settings import Settings
from integrations.oauth import KeySet
from tests.agents.issuer import Issuer, running
from tests.agents.wire import LEGACY, Wire, headers_of, request, words
from tests.conftest import Desk, open_desk
from tests.fakes import Clock
from tests.shops import write_shop

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as made:
        yield made


@pytest.fixture
def wire(engine: AdEngine, desk: Desk, issuer: Issuer) -> Wire:
    engine.settings = replace(engine.settings, oauth_issuer=issuer.url)
    return Wire(engine)


def challenge(answer: httpx.Response) -> dict[str, str]:
    scheme, _, said = answer.headers["www-authenticate"].partition(" ")
    assert scheme == "Bearer"
    return dict(re.findall(r'(\w+)="([^"]*)"', said))


def test_the_metadata_say_what_this_resource_is_and_who_signs_in_for_it(wire: Wire, issuer: Issuer) -> None:
    for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"):
        said = wire.get(path).json()
        assert said["resource"] == "http://127.0.0.1:8400/mcp"
        assert said["authorization_servers"] == [issuer.url]
        assert said["scopes_supported"] == list(SCOPES)
        assert said["bearer_methods_supported"] == ["header"]
        assert said["resource_documentation"].startswith("http://127.0.0.1:8400/")


def test_without_an_issuer_the_metadata_name_none(engine: AdEngine, desk: Desk) -> None:
    said = Wire(engine).get("/.well-known/oauth-protected-resource").json()
    assert "authorization_servers" not in said


@pytest.mark.parametrize("key", ["ec", "rsa"])
def test_a_token_of_the_issuer_acts_for_its_shop(wire: Wire, issuer: Issuer, clock: Clock, key: str) -> None:
    token = issuer.token(clock.now, key=key, scope="catalog:read ads:write openid")
    answer = wire.ask("tools/list", token)
    assert answer.status_code == 200
    assert answer.json()["result"]["cacheScope"] == "private"
    caller = Recogniser(wire.engine)(token)
    assert caller.kind == "merchant"
    assert caller.scopes == {"catalog:read", "ads:write"}


def test_without_a_scope_of_a_merchant_a_token_is_a_buyers(wire: Wire, issuer: Issuer, clock: Clock) -> None:
    recognise = Recogniser(wire.engine)
    for scope in ("", "catalog:read checkout:write", "catalog:read events:write"):
        assert recognise(issuer.token(clock.now, scope=scope)).kind == "agent"
    nowhere = recognise(issuer.token(clock.now, scope="checkout:write", adengine_shop=None))
    assert nowhere.merchant_id is None
    desk = ToolDesk(wire.engine)
    demo, other = desk.actor_of(nowhere, ""), open_desk(wire.engine, "other")
    assert desk.actor_of(nowhere, "other").merchant_id == other.shop.id != demo.merchant_id
    with pytest.raises(SignInNeeded, match="adengine_shop"):
        recognise(issuer.token(clock.now, scope="ads:write", adengine_shop=None))


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in (header, claims)]
    return ".".join([*parts, ""])


def test_what_does_not_count_is_refused_with_a_challenge(wire: Wire, issuer: Issuer, clock: Clock) -> None:
    now, good = clock.now, issuer.token(clock.now)
    claims = jwt.decode(good, options={"verify_signature": False})
    confused = _signed_with_the_public_key(issuer, claims)
    head, body, signature = good.split(".")
    cases = {
        "another server": issuer.token(now, aud="https://other.example/mcp"),
        "has expired": issuer.token(now, exp=int((now - timedelta(minutes=1)).timestamp())),
        "not by": issuer.token(now, iss="https://evil.example"),
        "not valid yet": issuer.token(now, nbf=int((now + timedelta(minutes=5)).timestamp())),
        "does not publish": issuer.token(now, key="next"),
        "signed with none": unsigned(claims, {"alg": "none", "kid": "ec"}),
        "signed with HS256": confused,
        "it is no access token": issuer.token(now, header={"typ": "dpop+jwt"}),
        "no numbers": _resigned(issuer, {**claims, "exp": "soon"}),
        'missing the "exp" claim': issuer.token(now, exp=None),
        'missing the "aud" claim': issuer.token(now, aud=None),
        "which is not here": issuer.token(now, adengine_shop="nowhere"),
        "Signature verification failed": f"{head}.{_changed(body)}.{signature}",
        "not valid": "a.b.c",
        "Invalid header string": f"{_text('[' * 20_000)}.{body}.{signature}",
        "Unsupported critical": issuer.token(now, header={"crit": ["made-up"], "made-up": 1}),
    }
    bodies = request("tools/list")
    answers = wire.sent([(bodies, headers_of(bodies, token)) for token in [*cases.values(), good]])
    for why, answer in zip(cases, answers, strict=False):
        assert answer.status_code == 401, why
        assert why in words(answer), words(answer)
        said = challenge(answer)
        assert said["error"] == "invalid_token"
        assert said["resource_metadata"] == "http://127.0.0.1:8400/.well-known/oauth-protected-resource/mcp"
        assert said["scope"] == "catalog:read checkout:write events:write"
    assert answers[-1].status_code == 200


def _text(json_text: str) -> str:
    return base64.urlsafe_b64encode(json_text.encode()).rstrip(b"=").decode()


def test_a_token_that_ends_with_the_calendar_counts(wire: Wire, issuer: Issuer, clock: Clock) -> None:
    forever = int(datetime.max.replace(tzinfo=UTC, microsecond=0).timestamp())
    assert wire.ask("tools/list", issuer.token(clock.now, exp=forever)).status_code == 200


def test_no_two_people_are_one_caller(wire: Wire, issuer: Issuer, clock: Clock) -> None:
    open_desk(wire.engine, "other")
    recognise = Recogniser(wire.engine)
    people = [("a b", "c"), ("a", "b c"), ("a", "c")]
    tokens = [issuer.token(clock.now, client_id=client, sub=subject) for client, subject in people]
    tokens.append(issuer.token(clock.now, client_id="a", sub="c", adengine_shop="other"))
    assert len({recognise(token).key for token in tokens}) == len(tokens)
    assert recognise(issuer.token(clock.now, client_id="a", sub="c", iat=0)).key == recognise(tokens[2]).key


def test_keys_are_not_fetched_without_tls_for_an_issuer_that_has_it(database_url: str, clock: Clock) -> None:
    asked: list[str] = []

    def fetch(url: str) -> dict[str, object]:
        asked.append(url)
        return {"issuer": "https://id.example", "jwks_uri": "http://169.254.169.254/keys"}

    with pytest.raises(Unavailable, match="without TLS"):
        KeySet("https://id.example", "", clock, fetch).key("any")
    assert asked == ["https://id.example/.well-known/oauth-authorization-server"]


def test_a_key_id_decides_nothing_about_the_algorithm(wire: Wire, issuer: Issuer, clock: Clock) -> None:
    with pytest.raises(SignInNeeded):
        Recogniser(wire.engine)(issuer.token(clock.now, key="ec", header={"kid": "rsa"}))


def test_a_rotated_key_is_found_and_a_withdrawn_one_ends(wire: Wire, issuer: Issuer, clock: Clock) -> None:
    recognise = Recogniser(wire.engine)
    old, new = issuer.token(clock.now, key="ec"), issuer.token(clock.now, key="next")
    recognise(old)
    with pytest.raises(SignInNeeded, match="does not publish"):
        recognise(new)
    issuer.published = ["rsa", "next"]
    clock.forward(seconds=31)
    recognise(new)
    with pytest.raises(SignInNeeded, match="does not publish"):
        recognise(old)


def test_unknown_keys_do_not_make_us_ask_the_issuer_each_time(wire: Wire, issuer: Issuer, clock: Clock) -> None:
    recognise = Recogniser(wire.engine)
    for number in range(20):
        with pytest.raises(SignInNeeded):
            recognise(issuer.token(clock.now, header={"kid": f"made-up-{number}"}))
    assert issuer.asked == ["/.well-known/oauth-authorization-server", "/keys"]


def test_an_issuer_that_is_down_is_no_reason_to_forget_its_keys(wire: Wire, issuer: Issuer, clock: Clock) -> None:
    recognise = Recogniser(wire.engine)
    recognise(issuer.token(clock.now))
    issuer.is_down = True
    clock.forward(hours=2)
    assert recognise(issuer.token(clock.now)).kind == "agent"
    fresh = Recogniser(wire.engine)
    for _ in range(3):
        with pytest.raises(Unavailable):
            fresh(issuer.token(clock.now))
    answer = wire.ask("tools/list", issuer.token(clock.now))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"


def test_metadata_of_another_issuer_are_not_believed(wire: Wire, issuer: Issuer, clock: Clock) -> None:
    issuer.named = "https://evil.example"
    with pytest.raises(Unavailable, match="ADENGINE_OAUTH_ISSUER"):
        Recogniser(wire.engine)(issuer.token(clock.now))


def test_keys_may_be_named_by_a_setting(wire: Wire, issuer: Issuer, clock: Clock) -> None:
    wire.engine.settings = replace(wire.engine.settings, oauth_jwks_url=f"{issuer.url}/keys")
    Recogniser(wire.engine)(issuer.token(clock.now))
    assert issuer.asked == ["/keys"]


def test_a_missing_scope_is_a_challenge_for_clients_that_can_sign_in_again(
    wire: Wire, issuer: Issuer, clock: Clock
) -> None:
    token = issuer.token(clock.now, scope="catalog:read cameos:read")
    answer = wire.call("create_ad", token, product="mug")
    assert answer.status_code == 403
    said = challenge(answer)
    assert said["error"] == "insufficient_scope"
    assert said["scope"] == "ads:write cameos:read catalog:read"
    assert "ads:write (make, publish and retire ads)" in words(answer)


def test_our_own_tokens_work_beside_an_issuers(wire: Wire, desk: Desk) -> None:
    with wire.engine.unit(SYSTEM) as unit:
        token = merchants.make_token(unit, desk.shop, kind="merchant")
    assert wire.ask("tools/list", token).status_code == 200
    with wire.engine.unit(SYSTEM) as unit:
        merchants.revoke_token(unit, token)
    answer = wire.ask("tools/list", token)
    assert answer.status_code == 401
    assert challenge(answer)["error"] == "invalid_token"
    assert "adengine token create" in words(answer)


def test_nobody_in_particular_may_look_around(wire: Wire) -> None:
    assert wire.ask("tools/list").status_code == 200
    assert wire.ask("server/discover").json()["result"]["cacheScope"] == "public"


def test_a_token_reads_no_other_shops_rows(
    wire: Wire, desk: Desk, issuer: Issuer, clock: Clock, tmp_path: Path
) -> None:
    other = open_desk(wire.engine, "other").shop
    catalog.import_feed(wire.engine, desk.merchant, str(write_shop(tmp_path / "shop")))
    tools = ToolDesk(wire.engine)
    recognise = Recogniser(wire.engine)
    own = recognise(issuer.token(clock.now, scope="catalog:write"))
    theirs = recognise(issuer.token(clock.now, scope="catalog:write", adengine_shop="other"))
    assert tools.actor_of(theirs, "").merchant_id == tools.actor_of(theirs, "other").merchant_id == other.id
    with pytest.raises(Forbidden, match="another shop"):
        tools.actor_of(theirs, "demo")
    with wire.engine.reading(tools.actor_of(own, "")) as unit:
        assert catalog.get_product(unit, "mug").handle == "mug"
    with wire.engine.reading(tools.actor_of(theirs, "")) as unit, pytest.raises(NotFound):
        catalog.get_product(unit, "mug")


def test_a_session_belongs_to_the_token_that_made_it(wire: Wire, desk: Desk, issuer: Issuer, clock: Clock) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": LEGACY,
            "capabilities": {},
            "clientInfo": {"name": "tests", "version": "1"},
        },
    }
    first, second = issuer.token(clock.now), issuer.token(clock.now, sub="user-2")
    renewed = issuer.token(clock.now, jti="renewed")
    plain = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}

    def said(token: str, session: str = "") -> dict[str, str]:
        return {**plain, "Authorization": f"Bearer {token}", **({"Mcp-Session-Id": session} if session else {})}

    async def session() -> list[int]:
        app = http_app(wire.engine, create_server(wire.engine))
        async with (
            app.run(),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8400") as web,
        ):
            made = (await web.post("/mcp", json=hello, headers=said(first))).headers["mcp-session-id"]
            ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
            tried = (first, renewed, second)
            return [(await web.post("/mcp", json=ping, headers=said(token, made))).status_code for token in tried]

    assert asyncio.run(session()) == [200, 200, 404]


def test_an_address_without_tls_is_no_issuer(database_url: str) -> None:
    with pytest.raises(Invalid, match="ADENGINE_OAUTH_ISSUER"):
        Settings.from_env({"ADENGINE_OAUTH_ISSUER": "http://sign-in.example"})
    assert Settings.from_env({"ADENGINE_OAUTH_ISSUER": "http://127.0.0.1:9"}).oauth_issuer


def _resigned(issuer: Issuer, claims: dict[str, Any]) -> str:
    return jwt.api_jws.encode(
        json.dumps(claims).encode(), issuer.keys["ec"], algorithm="ES256", headers={"kid": "ec", "typ": "at+jwt"}
    )


def _changed(body: str) -> str:
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["scope"] = "ads:write"
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


def _signed_with_the_public_key(issuer: Issuer, claims: dict[str, Any]) -> str:
    """HS256 with what everybody knows for a secret: PyJWT refuses to make it, so it is made by hand."""
    pem = issuer.keys["ec"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    start = unsigned(claims, {"alg": "HS256", "kid": "ec", "typ": "at+jwt"})[:-1]
    digest = hmac.digest(pem, start.encode(), "sha256")
    return f"{start}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
