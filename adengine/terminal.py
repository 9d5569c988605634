"""What every command shares: where it prints, the settings it runs under, and the opened engine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from adengine import database
from adengine.app import build
from adengine.core.errors import Invalid
from adengine.engine import SYSTEM, Actor, AdEngine, merchant_actor
from adengine.logs import start_logging
from adengine.services import merchants
from adengine.services.views import Links
from adengine.settings import Settings

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
ShopName = Annotated[str, typer.Option("--shop", help="Short name of the shop.")]


def settings_or_usage() -> Settings:
    try:
        return Settings.from_env()
    except Invalid as error:
        err.print(f"[bold red]wrong setting:[/] {escape(error.message)}")
        raise typer.Exit(2) from None


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[AdEngine]:
    """The engine with its database brought up to date; closed at the end."""
    settings = settings or settings_or_usage()
    start_logging(settings.log_level)
    engine = build(settings)
    try:
        database.upgrade(engine.sql)
        yield engine
    finally:
        engine.close()


def desk(engine: AdEngine, shop: str) -> tuple[Actor, Links]:
    """The merchant's actor and links for the named shop, or the default one."""
    with engine.unit(SYSTEM) as unit:
        found = merchants.find_shop(unit, shop or engine.settings.shop)
    return merchant_actor(found.id), Links(engine.settings.public_url, found.name)


def print_json(data: Any) -> None:
    sys.stdout.write(json.dumps(data, indent=2, default=str, ensure_ascii=False) + "\n")
