"""The `adengine` command. Exit codes: 0 done, 1 refused or partly refused, 2 wrong usage."""

from __future__ import annotations

import errno
import json
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from sqlalchemy.exc import OperationalError

from adengine.cli_agents import agent_app
from adengine.cli_feeds import feed_app
from adengine.cli_payouts import payouts_app, statement
from adengine.cli_selling import code_app, selling_app
from adengine.core.errors import AdEngineError
from adengine.core.film import Film
from adengine.engine import SYSTEM, Actor, AdEngine, merchant_actor
from adengine.services import ads, catalog, choices, lints, merchants, receipts, recordings
from adengine.services.planning import AdWish
from adengine.services.receipts import Receipt
from adengine.services.views import LintView, lint_view, product_view
from adengine.settings import Settings
from adengine.terminal import AsJson, ShopName, desk, err, opened, out, print_json, settings_or_usage

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
token_app = typer.Typer(no_args_is_help=True, help="Tokens that act for a shop.")
db_app = typer.Typer(no_args_is_help=True, help="The database.")
app.add_typer(token_app, name="token")
app.add_typer(db_app, name="db")
app.add_typer(selling_app, name="selling")
app.add_typer(code_app, name="code")
app.add_typer(agent_app, name="agent")
app.add_typer(feed_app, name="feed")
app.add_typer(payouts_app, name="payouts")
app.command()(statement)


def main() -> None:
    """Run the command; what a user did wrong is told in words, never by a traceback."""
    # Leave by the ordinary way out, so that processes started beside this one are stopped too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app()
    except AdEngineError as error:
        err.print(f"[bold red]refused:[/] {escape(error.message)}")
        sys.exit(1)
    except OperationalError as error:
        err.print(f"[bold red]the database cannot be used:[/] {escape(str(error.orig))}")
        sys.exit(1)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EEXIST, errno.ENOTDIR}:
            raise
        where = escape(str(error.filename or ""))
        err.print(f"[bold red]refused:[/] {error.strerror}: {where}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Do the whole loop, print a summary, and end.")] = False,
    port: Annotated[int, typer.Option(help="Port of the web and MCP server.", min=1, max=65535)] = 8400,
) -> None:
    """Try everything: a demo shop, its films, the web and MCP server and two workers."""
    from adengine.demo.run import run

    run(settings_for(port), out, once=once, port=port)


@app.command("import")
def import_(
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="A Shopify product CSV.")],
    shop: ShopName = "demo",
    currency: Annotated[str, typer.Option(help="Currency of a new shop.")] = "EUR",
    as_json: AsJson = False,
) -> None:
    """Take a product CSV into a shop; a second import updates. Refused rows are listed and exit with 1."""
    with opened() as engine:
        with engine.unit(SYSTEM) as unit:
            found = merchants.open_shop(unit, shop, currency=currency)
        with bar("products", hidden=as_json) as progress:
            report = catalog.import_feed(engine, merchant_actor(found.id), source, progress=progress)
    if as_json:
        print_json(asdict(report))
    else:
        show_report(report)
    if report.refused:
        raise typer.Exit(1)


@app.command()
def products(shop: ShopName = "", as_json: AsJson = False) -> None:
    """List a shop's products."""
    with opened() as engine:
        actor, links = desk(engine, shop)
        with engine.unit(actor) as unit:
            found = [product_view(one, links) for one in catalog.list_products(unit)]
    if as_json:
        print_json([asdict(one) for one in found])
        return
    table = Table(Column("handle", no_wrap=True), "title", "variants", "from", "in stock", "status")
    for one in found:
        cheapest = min(one.variants, key=lambda v: v.price, default=None)
        available = sum(v.available for v in one.variants)
        table.add_row(
            escape(one.handle), escape(one.title[:60]), str(len(one.variants)),
            cheapest.price_text if cheapest else "-", str(available), one.status,
        )  # fmt: skip
    out.print(table if found else "no products yet; adengine import FILE --shop NAME")


@app.command()
def make(
    handle: Annotated[str, typer.Argument(metavar="HANDLE", help="Handle of the product.")],
    template: Annotated[str | None, typer.Option(help="A name of 'adengine templates'; default: hero.")] = None,
    style: Annotated[str, typer.Option(help="A name of 'adengine styles'; default: the brand's or template's.")] = "",
    format_: Annotated[list[str] | None, typer.Option("--format", help="9x16, 4x5, 1x1, 2x3 or 16x9; repeats.")] = None,
    seconds: Annotated[int, typer.Option(help="Length, 6 to 60.")] = 15,
    mood: Annotated[str, typer.Option(help="Mood of the music; default: the template's.")] = "",
    voice: Annotated[str, typer.Option(help="espeak or recording; default: no voice.")] = "",
    recording: Annotated[Path | None, typer.Option(help="Sound file of your own voice-over.")] = None,
    captions: Annotated[str, typer.Option(help="subtitle, karaoke, pop, box or none; default: with a voice.")] = "",
    locale: Annotated[str, typer.Option(help="Language of the film, such as de or pt-BR.")] = "en",
    cameo: Annotated[str | None, typer.Option(help="Name of a licensed appearance.")] = None,
    headline: Annotated[str | None, typer.Option(help="The hook; default: the template's.")] = None,
    call_to_action: Annotated[str | None, typer.Option(help="The button; default: the template's.")] = None,
    placement: Annotated[list[str] | None, typer.Option(help="Where it will be shown; repeatable.")] = None,
    companion: Annotated[list[str] | None, typer.Option(help="Another product of a collection; repeatable.")] = None,
    offer_ends: Annotated[str, typer.Option(help="Last day of the offer, like 2027-01-31.")] = "",
    offer_code: Annotated[str, typer.Option(help="Code of the offer.")] = "",
    remix_of: Annotated[str, typer.Option(help="Id of an ad this film is made after; it earns a share.")] = "",
    creator: Annotated[str, typer.Option(help="Who makes this film, where that is not the shop.")] = "",
    generator: Annotated[str, typer.Option(help="studio, placeholder or diffusion.")] = "studio",
    folder: Annotated[Path | None, typer.Option("--out", help="Also copy the files here.")] = None,
    shop: ShopName = "",
    as_json: AsJson = False,
) -> None:
    """Make a film of a product now, in the foreground."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        kept = recordings.keep_recording(engine, actor, recording.read_bytes()) if recording else ""
        asked = AdWish(
            handle,
            template=template,
            style=style,
            seconds=seconds,
            mood=mood,
            voice=voice or ("recording" if recording else ""),
            recording=kept,
            captions=captions,
            locale=locale,
            cameo=cameo,
            headline=headline,
            call_to_action=call_to_action,
            placements=tuple(placement or ()),
            companions=tuple(companion or ()),
            offer_ends=offer_ends,
            offer_code=offer_code,
            remix_of=remix_of,
            creator=creator,
            generator=generator,
        )
        made = [
            _make_one(engine, actor, replace(asked, format=one), folder, quiet=as_json) for one in format_ or ["9x16"]
        ]
    if as_json:
        print_json(made)
    if any(one["status"] != "ready" for one in made):
        raise typer.Exit(1)


@app.command()
def templates(as_json: AsJson = False) -> None:
    """List the film templates."""
    _list_choices("templates", as_json=as_json)


@app.command()
def styles(as_json: AsJson = False) -> None:
    """List the styles a film can be made in."""
    _list_choices("styles", as_json=as_json)


@app.command()
def lint(
    ad_id: Annotated[str, typer.Argument(metavar="AD_ID", help="Id of an ad, beginning with ad_.")],
    shop: ShopName = "",
    as_json: AsJson = False,
) -> None:
    """Check a film: its mark, and what to put right. Errors exit with 1."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.reading(actor) as unit:
            view = lint_view(lints.report_of(unit, ad_id))
    if as_json:
        print_json(asdict(view))
    else:
        show_lint(view)
    if view.has_errors:
        raise typer.Exit(1)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8400,
    with_worker: Annotated[bool, typer.Option("--with-worker", help="Start a worker beside it.")] = False,
) -> None:
    """Serve the web pages, the JSON API and MCP (/mcp) from one process."""
    from adengine.serving import serve_http

    with opened(settings_for(port)) as engine:
        serve_http(engine, host=host, port=port, with_worker=with_worker)


@app.command()
def worker(
    queue: Annotated[list[str] | None, typer.Option(help="render, gpu or default; repeatable. Default: all.")] = None,
) -> None:
    """Render films and make clips until stopped: one job at a time; start several for more."""
    from adengine.serving import work

    with opened() as engine:
        work(engine, queue)


@app.command()
def mcp(
    stdio: Annotated[bool, typer.Option("--stdio", help="Speak over standard input and output.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=1, max=65535)] = None,
) -> None:
    """Serve MCP alone: to one local agent with --stdio, or over HTTP with --port.

    Over HTTP it is also part of `adengine serve`, at /mcp.
    """
    if stdio == (port is not None):
        raise typer.BadParameter("say either --stdio or --port N; 'adengine serve' has MCP at /mcp as well")
    if port is not None:
        from adengine.serving import serve_agents

        with opened(settings_for(port)) as engine:
            serve_agents(engine, host=host, port=port)
        return
    from adengine.agents import create_server

    with opened() as engine:
        create_server(engine).run("stdio")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say plainly what is there and what is missing, and what to do about it."""
    from adengine.doctor import examine

    found = examine(Settings.from_env())
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        table = Table("", "part", "found")
        for one in found:
            table.add_row(
                {"ok": "[green]ok[/]", "missing": "[red]missing[/]", "off": "[dim]off[/]"}[one.state],
                one.part,
                escape(one.words),
            )
        out.print(table)
    if any(one.state == "missing" for one in found):
        raise typer.Exit(1)


@token_app.command("create")
def token_create(
    merchant: Annotated[str, typer.Option(help="Short name of the shop.")],
    kind: Annotated[str, typer.Option(help="agent or merchant.")] = "agent",
    scopes: Annotated[str, typer.Option(help="Comma-separated; empty: all of the kind.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a bearer token; it is shown this once."""
    with opened() as engine, engine.unit(SYSTEM) as unit:
        shop = merchants.find_shop(unit, merchant)
        token = merchants.make_token(unit, shop, kind=kind, scopes=tuple(filter(None, scopes.split(","))))
    if as_json:
        print_json({"token": token, "merchant": merchant, "kind": kind})
    else:
        out.print(token, markup=False)


@token_app.command("revoke")
def token_revoke(token: Annotated[str, typer.Argument(metavar="TOKEN", help="The token itself.")]) -> None:
    """Withdraw a token: whoever uses it is signed out at once."""
    with opened() as engine, engine.unit(SYSTEM) as unit:
        merchants.revoke_token(unit, token)
    out.print("this token is withdrawn")


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to this version's schema; safe to repeat."""
    with opened() as engine:
        out.print(f"the database is up to date ({engine.sql.url.render_as_string(hide_password=True)})")


def settings_for(port: int) -> Settings:
    """The environment's settings, with links that lead to the port unless a public address was set."""
    settings = settings_or_usage()
    if settings.public_url == Settings().public_url:
        return replace(settings, public_url=f"http://127.0.0.1:{port}")
    return settings


@contextmanager
def bar(words: str, *, hidden: bool = False) -> Iterator[Any]:
    """A progress bar on standard error; answers a function of (done, of)."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=False, disable=hidden) as progress:
        task = progress.add_task(words, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def show_report(report: catalog.ImportReport) -> None:
    out.print(
        f"{report.source}: {report.rows} rows, {report.created} products created, {report.updated} updated, "
        f"{report.unchanged} unchanged, {report.variants} variants, {report.pictures} pictures"
    )
    if report.ads_refreshed:
        out.print(f"{report.ads_refreshed} films show changed data and are being made anew")
    if report.problems:
        table = Table("line", "column", "value", "what", "")
        for one in report.problems:
            table.add_row(
                str(one.line or ""),
                escape(one.column),
                escape(one.value),
                escape(one.reason),
                "[red]refused[/]" if one.refused else "noted",
            )
        out.print(table)


def show_lint(view: LintView) -> None:
    out.print(f"[bold]{view.score} of 100[/]")
    if view.findings:
        table = Table("level", "rule", "at", "what to do")
        for one in view.findings:
            colour = {"error": "red", "warning": "yellow"}.get(one.level, "dim")
            at = "" if one.second is None else f"{one.second:.1f} s"
            table.add_row(f"[{colour}]{one.level}[/]", escape(one.rule), at, escape(one.words))
        out.print(table)
    if view.unchecked:
        out.print(f"not measured: {escape('; '.join(view.unchecked))}")


def _list_choices(what: Literal["templates", "styles"], *, as_json: bool) -> None:
    with opened() as engine, engine.reading(SYSTEM) as unit:
        listed = choices.choices(unit)
    found = listed.templates if what == "templates" else listed.styles
    if as_json:
        print_json([asdict(one) for one in found])
        return
    table = Table(Column("name", no_wrap=True), "title", "about")
    for one in found:
        table.add_row(one.name, escape(one.title), escape(one.about))
    out.print(table)


def _make_one(engine: AdEngine, actor: Actor, wish: AdWish, folder: Path | None, *, quiet: bool) -> dict[str, Any]:
    from workers.tasks import JOBS

    with engine.unit(actor) as unit:
        card = ads.create_ad(unit, wish)
    with engine.unit(actor) as unit:
        shots = ads.shots_of(unit, card.id)
    with bar(f"{wish.product} {wish.format}", hidden=quiet) as progress:
        for shot in shots:
            JOBS["generate"](engine, shot, lambda part, words: progress(part, 1.0))
        JOBS["render"](engine, card.id, progress)
        while not card.is_settled:  # a worker beside us may have taken the job
            with engine.unit(actor) as unit:
                card = ads.get_ad(unit, card.id)
            if not card.is_settled:
                time.sleep(0.5)
            progress(card.frames_done, card.frames)
    with engine.unit(actor) as unit:
        card, receipt = ads.get_ad(unit, card.id), receipts.receipt(unit, card.id)
    if card.film is None or receipt is None:
        err.print(f"[bold red]{card.status}:[/] {escape(card.reason)}")
        return {"ad": card.id, "status": card.status, "reason": card.reason}
    files = {part: _delivered(engine, part, key, card, folder) for part, key in _parts(card.film).items()}
    note = _write_receipt(receipt, Path(files["film"]))
    if not quiet:
        for part, path in {**files, "receipt": note}.items():
            out.print(f"{part:11} {path}", markup=False)
        for remark in card.film.notes:
            out.print(f"note        {remark}", markup=False)
        if card.lint:
            out.print(f"check       {card.lint.score} of 100; more: adengine lint {card.id}", markup=False)
    score = card.lint.score if card.lint else None
    notes = list(card.film.notes)
    return {"ad": card.id, "status": card.status, "score": score, **files, "receipt": note, "notes": notes}


def _parts(film: Film) -> dict[str, str]:
    parts = ("film", "poster", "poster_jpeg", "preview", "captions", "subtitles")
    return {part: getattr(film, part) for part in parts}


def _delivered(engine: AdEngine, part: str, key: str, card: ads.AdCard, folder: Path | None) -> str:
    kept = engine.ports.files.local(key)
    if folder is None:
        return str(kept)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{card.id}-{card.format}"
    target = folder / (f"{name}-preview{kept.suffix}" if part == "preview" else f"{name}{kept.suffix}")
    shutil.copyfile(kept, target)
    return str(target)


def _write_receipt(receipt: Receipt, film: Path) -> str:
    target = film.with_suffix(".json")
    target.write_text(json.dumps(asdict(receipt), indent=2, default=str) + "\n")
    return str(target)
