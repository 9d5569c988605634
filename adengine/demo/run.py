"""The demo: a shop of our own goes through the whole loop on this machine."""

from __future__ import annotations

import asyncio
import json
import random
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx
import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitRequestParams, ElicitResult
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from adengine import database
from adengine.app import build
from adengine.core.cameo import Terms
from adengine.core.errors import Unavailable
from adengine.core.ledger import Posting
from adengine.core.money import Money, total
from adengine.core.quote import Quote
from adengine.core.selling import Discount, bps_of
from adengine.core.storyboard import Brand
from adengine.engine import SYSTEM, Actor, AdEngine, merchant_actor, shopper
from adengine.services import (
    ads,
    agents,
    cameos,
    catalog,
    checkout,
    experiments,
    ledger,
    merchants,
    orders,
    selling,
    showings,
)
from adengine.services.ads import AdCard
from adengine.services.checkout import CheckoutWish
from adengine.services.experiments import Deed, Results
from adengine.services.orders import OrderCard
from adengine.services.planning import AdWish
from adengine.services.views import Links
from adengine.serving import command, environment, need_port, stop
from adengine.settings import Settings
from integrations.sandbox import SandboxPayments
from integrations.selling import read_selling

HERE = Path(__file__).parent
SHOP = "demo"
WORKERS = 2
PATIENCE_S = 600
VISITORS = 600
LUMI = {"email": "lumi@example.com", "first_name": "Lumi", "last_name": "Nix"}
HOME = {
    "id": "home",
    "first_name": "Lumi",
    "last_name": "Nix",
    "street_address": "Lichtweg 1",
    "postal_code": "10115",
    "address_locality": "Berlin",
    "address_country": "DE",
}

FILMS = (
    AdWish("loam-mug", "hero", seconds=10, request_key="demo:hero"),
    AdWish("murmur-speaker", "three_reasons", seconds=15, request_key="demo:three-reasons"),
    AdWish("meadow-cushion", "cameo_endorsement", seconds=15, cameo="lumi", request_key="demo:cameo"),
    AdWish("dusk-lamp", "offer", seconds=12, request_key="demo:offer"),
    AdWish("loam-mug", "hero", seconds=10, headline="The slow morning mug", request_key="demo:hero-b"),
)


@dataclass(frozen=True)
class Demo:
    """What the demo has set up."""

    actor: Actor
    links: Links
    token: str


def run(settings: Settings, out: Console, *, once: bool, port: int) -> None:
    """Do the whole loop; with `once` buy over MCP, refund, print a summary and end, else serve until stopped."""
    began = time.monotonic()
    need_port("127.0.0.1", port)
    engine = build(settings)
    with ExitStack() as stack:
        stack.callback(engine.close)
        database.upgrade(engine.sql)
        demo = open_shop(engine, out)
        processes = [Popen(command("serve", "--port", str(port)), env=environment(settings))]
        stack.callback(stop, processes)
        processes += [Popen(command("worker"), env=environment(settings)) for _ in range(WORKERS)]
        cards = _films(engine, demo, processes, out, began)
        experiment_id = start_experiment(engine, demo, cards)
        _await_server(settings, processes)
        if once:
            _summary(engine, demo, cards, _buy_over_mcp(engine, demo, _to_buy(cards)), experiment_id, out)
            return
        _say_where(engine, demo, cards, experiment_id, out, began)
        while all(one.poll() is None for one in processes):
            time.sleep(0.5)
        raise Unavailable("the server or a worker ended; its last words stand above")


def open_shop(engine: AdEngine, out: Console) -> Demo:
    """Import the shop, say how it sells, license Lumi; a second time changes nothing."""
    about = json.loads((HERE / "shop" / "shop.json").read_text())
    brand = Brand(about["name"], **about["brand"])
    with engine.unit(SYSTEM) as unit:
        shop = merchants.open_shop(unit, SHOP, title=about["name"], currency=about["currency"], brand=brand)
        token = merchants.make_token(unit, shop, kind="merchant")
    actor = merchant_actor(shop.id)
    with _bar(out) as progress:
        task = progress.add_task("catalogue", total=None)
        report = catalog.import_feed(
            engine,
            actor,
            str(HERE / "shop" / "products.csv"),
            progress=lambda done, of: progress.update(task, completed=done, total=of),
        )
    out.print(
        f"{about['name']}: {report.created + report.updated + report.unchanged} products, "
        f"{report.variants} variants, {report.pictures} pictures, {len(report.refused)} rows refused"
    )
    _set_selling(engine, actor, about)
    _license_lumi(engine, actor)
    return Demo(actor, Links(engine.settings.public_url, SHOP), token)


def _set_selling(engine: AdEngine, actor: Actor, about: dict[str, Any]) -> None:
    """Taxes, ways to ship and the discount code, as shop.json has them."""
    rules = read_selling(json.dumps(about["selling"]), currency=about["currency"])
    with engine.unit(actor) as unit:
        selling.set_selling(unit, rules)
        for one in about["codes"]:
            selling.add_code(unit, Discount(one["code"], one["title"], bps=bps_of(one["percent"])))


def _license_lumi(engine: AdEngine, actor: Actor) -> None:
    with engine.unit(actor) as unit:
        if any(one.name == "lumi" and one.revoked_at is None for one in cameos.list_appearances(unit)):
            return
    files = {"clip": HERE / "cameo" / "lumi.webm", "still": HERE / "cameo" / "lumi.webp"}
    cameo_id = cameos.enrol(engine, actor, "lumi", title="Lumi", kind="character", **files)
    with engine.unit(actor) as unit:
        terms = Terms(
            subject="Lumi",
            purposes=("advertising",),
            placements=("page", "embed", "api", "mcp", "feed"),
            territories=("*",),
            starts=unit.now() - timedelta(minutes=1),
            ends=unit.now() + timedelta(days=365),
            merchant_ids=(unit.merchant_id,),
            forbidden_words=("cure", "guaranteed"),
            endorsement=True,
            needs_approval=False,
            share_bps=500,
        )
        cameos.license_cameo(unit, cameo_id, terms)


def _films(engine: AdEngine, demo: Demo, processes: Sequence[Popen[bytes]], out: Console, began: float) -> list[AdCard]:
    """Make the films that are not there yet; answers those on show, since an earlier run's may be taken down."""
    with engine.unit(demo.actor) as unit:
        cards = [ads.create_ad(unit, published(wish)) for wish in FILMS]
    told: set[str] = set()
    with _bar(out) as progress:
        bars = {one.id: progress.add_task(one.title[:44], total=one.frames) for one in cards}
        while True:
            with engine.unit(demo.actor) as unit:
                cards = [ads.get_ad(unit, one.id) for one in cards]
            for one in cards:
                progress.update(bars[one.id], completed=one.frames if one.film else one.frames_done)
                if one.film and one.id not in told:
                    told.add(one.id)
                    path = engine.ports.files.local(one.film.film)
                    progress.console.print(f"{time.monotonic() - began:4.0f} s  {one.title}: {path}")
            if all(one.is_settled for one in cards):
                break
            _need_alive(processes)
            if time.monotonic() - began > PATIENCE_S:
                raise Unavailable("the films are not done after ten minutes; run 'adengine doctor'")
            time.sleep(0.4)
    failed = [one for one in cards if one.status not in ("published", "retired")]
    if failed:
        raise Unavailable("; ".join(f"{one.title}: {one.reason or one.status}" for one in failed))
    for one in cards:
        if not one.is_live:
            out.print(f"{one.title}: left out, {one.reason or one.status}", markup=False)
    on_show = [one for one in cards if one.is_live]
    if not on_show:
        raise Unavailable("every film of the demo was taken down; set ADENGINE_HOME to a new folder to start afresh")
    return on_show


def published(wish: AdWish) -> AdWish:
    """The wish for a film that goes on show once it is made."""
    return AdWish(**{**vars(wish), "publish": True})


def start_experiment(engine: AdEngine, demo: Demo, cards: Sequence[AdCard]) -> str | None:
    """Compare the two films of the mug; None when one of them was taken down before they were compared."""
    with engine.unit(demo.actor) as unit:
        mug = catalog.get_product(unit, FILMS[0].product)
        running = experiments.running_for(unit, mug.id)
        arms = [one.id for one in cards if one.product_id == mug.id]
        if running is not None or len(arms) < 2:
            return running
        experiment_id = experiments.start(
            unit, "Which hook sells the mug? (simulated viewers)", arms, planned_viewers=4000
        )
    for batch in _visits(engine, demo, experiment_id):
        with engine.unit(shopper(demo.actor.merchant_id or "")) as unit:
            experiments.record(unit, batch)
    return experiment_id


def _visits(engine: AdEngine, demo: Demo, experiment_id: str) -> Iterator[list[Deed]]:
    """Made-up visitors of the two mug films, the same at every run, so that the results page has something to show."""
    dice = random.Random(8)  # noqa: S311  a simulation, not a secret
    for number in range(VISITORS):
        viewer = f"demo-{number}"
        with engine.unit(demo.actor) as unit:
            ad_id = experiments.ad_for(unit, experiment_id, viewer)
        deeds = ["impression", "start"]
        if dice.random() < 0.55:
            deeds += ["view_2s", "view_3s"]
            if dice.random() < 0.5:
                deeds.append("complete")
            if dice.random() < 0.25:
                deeds.append("hotspot_open")
        yield [Deed(f"{viewer}:{kind}", kind, ad_id, viewer, experiment_id) for kind in deeds]


def _to_buy(cards: Sequence[AdCard]) -> str:
    """The film to buy from: the appearance's, which shares the money three ways, or the first on show."""
    return next((one.id for one in cards if one.licence_id), cards[0].id)


def _buy_over_mcp(engine: AdEngine, demo: Demo, ad_id: str) -> OrderCard:
    """Let an agent in, have it buy what a film shows, and pay half of it back."""
    if not isinstance(engine.ports.payments, SandboxPayments):
        raise Unavailable("the demo buys with sandbox payments; unset ADENGINE_PAYMENTS")
    with engine.unit(demo.actor) as unit:
        _, token, _ = agents.add_agent(unit, f"demo {uuid.uuid4().hex[:8]}")
    order_id = asyncio.run(_as_agent(engine.settings, token, ad_id))
    with engine.unit(demo.actor) as unit:
        half = orders.get_order(unit, order_id).total.split([1, 1])[0]
    return orders.refund(engine, demo.actor, order_id, amount=half, request_key="demo:half")


async def _as_agent(settings: Settings, token: str, ad_id: str) -> str:
    """Buy two of what a film shows, once the buyer agreed to the total; answers the order's id."""
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as web,
        Client(
            streamable_http_client(f"{settings.public_url}/mcp", http_client=web), elicitation_callback=_agree
        ) as agent,
    ):
        film = await _tool(agent, "get_ad", ad_id=ad_id)
        spot = film["hotspots"][-1]
        basket = {
            "line_items": [{"item": {"id": spot["variant_id"]}, "quantity": 2}],
            "buyer": LUMI,
            "fulfillment": {"methods": [{"type": "shipping", "destinations": [HOME]}]},
            "discounts": {"codes": ["WELCOME10"]},
            "attribution": {"ad_id": ad_id, "second": str(spot["start_s"])},
        }
        opened = await _tool(agent, "create_checkout", checkout=basket, meta=_once())
        ways = opened["fulfillment"]["methods"][0]["groups"][0]["options"]
        cheapest = min(ways, key=lambda one: _total_of(one["totals"]))["id"]
        sent = {"type": "shipping", "destinations": [HOME], "groups": [{"selected_option_id": cheapest}]}
        basket["fulfillment"] = {"methods": [sent]}
        await _tool(agent, "update_checkout", id=opened["id"], checkout=basket, meta=_once())
        payment = {"handler_id": "sandbox", "type": "card", "credential": {"type": "token", "token": "spt_sandbox_ok"}}
        once = {"id": opened["id"], "checkout": {"payment": {"instruments": [payment]}}, "meta": _once()}
        paid = await _tool(agent, "complete_checkout", **once)
        if paid["status"] != "completed" or await _tool(agent, "complete_checkout", **once) != paid:
            raise Unavailable("the sandbox token made no order, or the same request sent again made another")
        return str(paid["order"]["id"])


async def _agree(context: Any, params: ElicitRequestParams) -> ElicitResult:
    """What the demo's buyer says to the total."""
    return ElicitResult(action="accept", content={"pay": True})


def _once() -> dict[str, str]:
    return {"idempotency-key": str(uuid.uuid4())}


def _total_of(totals: list[dict[str, Any]]) -> int:
    return int(next(one["amount"] for one in totals if one["type"] == "total"))


async def _tool(agent: Client, name: str, **given: Any) -> dict[str, Any]:
    answer = await agent.call_tool(name, given)
    if answer.is_error or answer.structured_content is None:
        raise Unavailable(f"the MCP tool {name} refused: {answer.content}")
    return dict(answer.structured_content)


def _summary(
    engine: AdEngine, demo: Demo, cards: Sequence[AdCard], order: OrderCard, experiment_id: str | None, out: Console
) -> None:
    with engine.unit(demo.actor) as unit:
        products = catalog.list_products(unit)
        postings = ledger.postings_of(unit, order.id)
        results = experiments.results(unit, experiment_id) if experiment_id else None
    table = Table("part", "what", "figures", title="adengine demo")
    variants = sum(len(one.variants) for one in products)
    table.add_row("products", f"{len(products)} products", f"{variants} variants")
    for one in cards:
        if one.film:
            table.add_row("film", one.title, f"{one.film.duration_s:.2f} s, {one.film.bytes:,} bytes")
    table.add_row("agent", "checkout paid over MCP", order.checkout_id)
    moment = f"from second {order.second:.1f} of {order.ad_id}" if order.second is not None else ""
    table.add_row("order", f"{order.id} {order.status}, {moment}", order.total.display())
    for words, amount in _price_of(order.quote):
        table.add_row("", words, amount.display())
    for posting in postings:
        for entry in posting.entries:
            table.add_row(posting.kind, entry.account, entry.amount.display())
    table.add_row("ledger", "all entries together", _sum_of(postings))
    if results:
        _add_results(table, results)
    out.print(table)


def _price_of(quote: Quote) -> Iterator[tuple[str, Money]]:
    """What the buyer's total consists of."""
    yield "goods", quote.subtotal
    for one in quote.discounts:
        yield f"code {one.code}", -one.amount
    yield f"shipping, {quote.option_id}", quote.shipping
    for tax in quote.taxes:
        yield f"{tax.name} {tax.bps / 100:g} %, in the prices", tax.amount


def _sum_of(postings: Sequence[Posting]) -> str:
    entries = [entry.amount for one in postings for entry in one.entries]
    return total(entries, entries[0].currency).display()


def _add_results(table: Table, results: Results) -> None:
    for arm in results.arms:
        table.add_row("experiment", arm.title, f"{arm.viewers} simulated viewers")
    hook = next(one for one in results.metrics if one.key == "hook_rate")
    table.add_row("", hook.sentence, f"split as planned: p = {results.traffic_p:.2f}")


def _say_where(
    engine: AdEngine, demo: Demo, cards: Sequence[AdCard], experiment_id: str | None, out: Console, began: float
) -> None:
    with engine.unit(shopper(demo.actor.merchant_id or "")) as unit:
        spot = showings.show(unit, cards[0].id, placement="page").spots[0]
        wish = CheckoutWish(((spot.variant.id, 1),), ad_id=cards[0].id, second=spot.start_s)
        opened = checkout.open_checkout(unit, wish)
    base = engine.settings.public_url
    urls = {
        "catalogue": demo.links(),
        "an ad": demo.links(f"ads/{cards[0].id}"),
        "a checkout": demo.links(f"checkout/{opened.id}"),
        "merchant": f"{base}/sign-in?token={demo.token}",
        "MCP": f"{base}/mcp",
    }
    if experiment_id:
        urls["results"] = f"{base}/sign-in?token={demo.token}&next=/studio/results/{experiment_id}"
    out.print(f"\nready after {time.monotonic() - began:.0f} s. Open:")
    for name, url in urls.items():
        out.print(f"  {name:10} {url}", markup=False)
    out.print(f"  {'API token':10} {demo.token}", markup=False)
    out.print("Ctrl-C ends everything; the data stays in the home folder for the next time.")


def _await_server(settings: Settings, processes: Sequence[Popen[bytes]]) -> None:
    for _ in range(240):
        _need_alive(processes)
        try:
            if httpx.get(f"{settings.public_url}/healthz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.25)
    raise Unavailable("the server does not answer; its last words stand above")


def _need_alive(processes: Sequence[Popen[bytes]]) -> None:
    if any(one.poll() is not None for one in processes):
        raise Unavailable("the server or a worker ended; its last words stand above")


def _bar(out: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:44}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=out,
    )
