"""Shops in one house, each with everything in it, and whoever calls at the door: over HTTP, as the world does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
from mcp.shared.inbound import encode_header_value
from sqlalchemy import select

from adengine.agents import create_server, http_app
from adengine.core.buyer import Buyer
from adengine.core.catalog import Option
from adengine.core.selling import Policy
from adengine.engine import AdEngine
from adengine.models import Ad, Cameo, Experiment, Merchant, Product
from adengine.services import agents, carts, catalog, merchants, orders, selling
from tests.agents.agents import Shop, open_shop
from tests.agents.wire import headers_of, request
from tests.conftest import Desk, open_desk
from tests.services.buying import GERMAN, HOME, LUMI, bought, opened
from tests.shops import LAMP, MUG, write_shop

Found = TypeVar("Found")
Document = dict[str, Any]
NO_LIMITS = {"agent_requests_per_minute": "0", "anonymous_requests_per_minute": "0"}


@dataclass(frozen=True)
class House:
    """A shop: the tokens that act for it, and the id of one thing of each kind. `texts` says whose its words are."""

    shop: Shop
    merchant: str
    agent: str
    second_agent: str
    ids: dict[str, str]

    @property
    def desk(self) -> Desk:
        return self.shop.desk

    @property
    def name(self) -> str:
        return self.shop.desk.shop.name


@dataclass(frozen=True)
class Heard:
    """What came back: its HTTP status, whether it refuses, its words, and everything in it as text."""

    status: int
    is_refusal: bool
    words: str
    text: str
    structured: Any

    @property
    def says_nothing_there(self) -> bool:
        """Whether it says no more than that nothing of that name is there for this caller."""
        codes = [one.get("code") for one in (self.structured or {}).get("messages", [])]
        is_empty = (self.structured or {}).get("ucp", {}).get("status") == "error" and codes == ["not_found"]
        return is_empty or (self.is_refusal and "[not_found]" in self.words)


@dataclass
class Door:
    """The running app; each call is a request of its own, as from any client of revision 2026-07-28."""

    web: httpx.AsyncClient

    async def call(self, tool: str, token: str = "", **arguments: Any) -> Heard:
        return await self.ask("tools/call", token, name=tool, arguments=arguments)

    async def read(self, uri: str, token: str = "") -> Heard:
        return await self.ask("resources/read", token, uri=uri)

    async def ask(self, method: str, token: str = "", **params: Any) -> Heard:
        body = request(method, **params)
        return await self.send(body, headers_for(body, token))

    async def send(self, body: bytes, headers: dict[str, str]) -> Heard:
        return heard(await self.web.post("/mcp", content=body, headers=headers))


def headers_for(body: bytes, token: str) -> dict[str, str]:
    said = json.loads(body)["params"]
    store = said.get("arguments", {}).get("store") if isinstance(said.get("arguments"), dict) else None
    headers = headers_of(body, token)
    if "Mcp-Name" in headers:
        headers["Mcp-Name"] = encode_header_value(headers["Mcp-Name"])
    if not isinstance(store, str) or not store.isascii():
        return headers
    return headers | {"Mcp-Param-Store": encode_header_value(store)}


def heard(answer: httpx.Response) -> Heard:
    body = answer.json()
    if "error" in body:
        return Heard(answer.status_code, True, body["error"]["message"], answer.text, None)
    result = body["result"]
    content = result.get("content") or result.get("contents") or [{}]
    structured = result.get("structuredContent", result)
    return Heard(answer.status_code, bool(result.get("isError")), content[0].get("text", ""), answer.text, structured)


def at_the_door(engine: AdEngine, act: Callable[[Door], Awaitable[Found]]) -> Found:
    """Let somebody act while the app runs; what they raise comes out as it is, in no group of the app's."""
    raised: list[Exception] = []

    async def session() -> Found | None:
        app = http_app(engine, create_server(engine))
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 4242))
        async with app.run(), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8400") as web:
            try:
                return await act(Door(web))
            except Exception as error:
                raised.append(error)
                return None

    found = asyncio.run(session())
    if raised:
        raise raised[0]
    return cast("Found", found)


def built(engine: AdEngine, name: str, folder: Path, *, words: str = "", buyer: Buyer = LUMI) -> House:
    """A shop with products, films on show and not, a licence, a test, carts, checkouts and an order.

    `words` are in every text that a merchant or a right holder may write.
    """
    engine.settings = replace(engine.settings, **NO_LIMITS)
    shop = open_shop(engine, open_desk(engine, name), folder / name)
    desk = shop.desk
    _furnish(shop, folder / name, words)
    cameo = f"{name}cameo"
    licence = shop.licence(cameo, folder / name / "shop", subject=f"Nix {words}", disclosure=f"Generated {words}")
    shown = shop.film("mug", cameo=cameo, template="hero")
    other, hidden = shop.film("mug", seconds=7), shop.film("lamp", publish=False)
    experiment = shop.experiment(shown, other)
    if words:
        _overwrite(shop, words)
    with engine.unit(desk.merchant) as unit:
        tokens = [agents.add_agent(unit, f"{name} {which} agent")[1] for which in ("first", "second")]
        merchant = merchants.make_token(unit, desk.shop, kind="merchant")
        found = catalog.get_product(unit, "mug")
        acting = merchants.actor_of(unit, tokens[0])
    variant = found.variants[0]
    to: dict[str, Any] = {"buyer": buyer, "address": HOME, "option_id": "post"}
    with engine.unit(acting) as unit:
        cart = carts.open_cart(unit, ((variant.id, 1),), buyer=buyer).id
    order = bought(engine, desk, variant, ad_id=shown, second=1.5, **to)
    with engine.reading(desk.merchant) as unit:
        paid = orders.get_order(unit, order).checkout_id
    ids = {
        "product": found.id, "variant": variant.id, "ad": shown, "other_ad": other, "hidden_ad": hidden,
        "licence": licence, "experiment": experiment, "cart": cart, "order": order, "paid_checkout": paid,
        "checkout": opened(engine, desk, variant, **to).id,
        "agents_checkout": opened(engine, desk, variant, actor=acting, **to).id,
    }  # fmt: skip
    return House(shop, merchant, tokens[0], tokens[1], ids)


def _furnish(shop: Shop, folder: Path, words: str) -> None:
    since = date(2026, 1, 2)
    said = (Policy("returns", "Returns", f"Send it back within 30 days. {words}", since),)
    terms = replace(GERMAN, policies=said, returns_url="https://shop.example/returns")
    with shop.engine.unit(shop.desk.merchant) as unit:
        selling.set_selling(unit, terms)
    if words:
        reason = "reason_1 (product.metafields.custom.reason_1)"
        texts = {name: f"{MUG[name]} {words}" for name in ("Title", "Body (HTML)", "Vendor", "Tags", reason)}
        sage = {"Option1 Value": f"Sage {words}", "Option1 Name": f"Colour {words}"}
        catalog.import_feed(
            shop.engine, shop.desk.merchant, str(write_shop(folder / "shop", [MUG | texts | sage, LAMP]))
        )


def _overwrite(shop: Shop, words: str) -> None:
    """Put the words where an import or a plan would not let them stand as they are."""
    with shop.engine.unit(shop.desk.merchant) as unit:
        for product in unit.db.scalars(select(Product)):
            product.title, product.vendor = f"{product.handle} {words}", f"Testware {words}"
            product.description, product.tags = f"Thrown by hand. {words}", ("kitchen", f"tag {words}")
            product.metafields = ((f"custom.reason_1 {words}", f"Holds 350 ml {words}"),)
            for variant in product.variants:
                variant.title = f"Sage {words}"
                variant.options = tuple(Option(f"Colour {words}", f"Sage {words}") for _ in variant.options)
        for ad in unit.db.scalars(select(Ad)):
            ad.title = f"Film {words}"
            ad.brief = replace(ad.brief, headline=f"Hook {words}", call_to_action=f"Buy {words}")
            said = tuple(replace(one, text=f"{one.text} {words}") for one in ad.timeline.captions)
            ad.timeline = replace(ad.timeline, captions=said)
        for cameo in unit.db.scalars(select(Cameo)):
            cameo.title = f"Nix {words}"
        for experiment in unit.db.scalars(select(Experiment)):
            experiment.name = f"Two hooks {words}"
        unit.db.get_one(Merchant, unit.merchant_id).title = f"Shop {words}"
