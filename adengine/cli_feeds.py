"""`adengine feed`: the catalogue as product feeds for agents."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from adengine.services import feeds
from adengine.terminal import AsJson, ShopName, desk, opened, out, print_json

feed_app = typer.Typer(no_args_is_help=True, help="Product feeds for agents.")


@feed_app.callback()
def feed() -> None:
    """Product feeds for agents."""


@feed_app.command("export")
def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files are written.")],
    shape: Annotated[
        Literal["acp", "flat"], typer.Option(help="acp: products with variants; flat: one row a variant, gzipped.")
    ] = "acp",
    format_: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help="Of flat rows.")] = "jsonl",
    shop: ShopName = "",
    as_json: AsJson = False,
) -> None:
    """Write the whole catalogue as a feed that replaces the one before."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        report = feeds.export_feed(engine, actor, folder, shape=shape, format_=format_)
    if as_json:
        print_json(asdict(report))
    else:
        out.print(f"{report.products} products, {report.variants} variants: {', '.join(report.files)}")
