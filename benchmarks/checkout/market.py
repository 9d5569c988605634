"""The shop that agents buy from: one mug, German tax, two ways to ship, one code, an agent that hears of orders."""

from __future__ import annotations

import csv
from pathlib import Path

from adengine import database
from adengine.app import build
from adengine.connections import connect
from adengine.core.money import Money
from adengine.core.selling import Discount, Selling, ShippingRate, TaxRate, TaxTable
from adengine.engine import SYSTEM, merchant_actor
from adengine.services import agents, catalog, merchants, selling
from adengine.settings import Settings

MUG = {
    "Handle": "mug",
    "Title": "Stoneware Mug",
    "Vendor": "Bench",
    "Type": "Mug",
    "Published": "true",
    "Option1 Name": "Colour",
    "Option1 Value": "Sage",
    "Variant SKU": "MUG-SAGE",
    "Variant Inventory Tracker": "shopify",
    "Variant Inventory Qty": "1000000",
    "Variant Inventory Policy": "deny",
    "Variant Price": "24.00",
    "Status": "active",
}
TERMS = Selling(
    taxes=TaxTable((TaxRate("DE", 1900, "MwSt"),), included=True),
    shipping=(
        ShippingRate("post", "Post", Money(490, "EUR"), ("DE", "AT"), free_over=Money(6000, "EUR")),
        ShippingRate("courier", "Courier", Money(990, "EUR"), ("DE",), days=(1, 1)),
    ),
    terms_url="https://shop.example/terms",
    privacy_url="https://shop.example/privacy",
)


def settings_of(home: Path, database_url: str) -> Settings:
    return Settings(home=str(home), database_url=database_url, private_webhooks="1")


def open_market(settings: Settings) -> tuple[str, str]:
    """Make the database and the shop; answers the agent's token and the id of what it will buy."""
    sql = connect(settings.database)
    database.upgrade(sql)
    sql.dispose()
    engine = build(settings)
    with engine.unit(SYSTEM) as unit:
        actor = merchant_actor(merchants.open_shop(unit, "demo").id)
    catalog.import_feed(engine, actor, str(_feed(settings.home_path)))
    with engine.unit(actor) as unit:
        selling.set_selling(unit, TERMS)
        selling.add_code(unit, Discount("WELCOME10", "Welcome", bps=1000))
        # Nobody listens there, and no worker runs: the message is made and owed, as it would be.
        _, token, _ = agents.add_agent(unit, "bench", webhook_url="http://127.0.0.1:9/orders")
        variant_id = catalog.get_product(unit, "mug").variants[0].id
    engine.close()
    return token, variant_id


def _feed(home: Path) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    path = home / "products.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(MUG))
        writer.writeheader()
        writer.writerow(MUG)
    return path
