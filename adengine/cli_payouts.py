"""`adengine payouts` and `adengine statement`: who is owed what, sending it, and an account's month."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from adengine.services import dues, payees, payouts, statements
from adengine.services.dues import Due
from adengine.services.payouts import TransferCard
from adengine.terminal import AsJson, ShopName, desk, opened, out, print_json

payouts_app = typer.Typer(no_args_is_help=True, help="Pay the shop, appearances and creators what they are owed.")

STATES = {"claimed": "on its way", "paid": "paid", "failed": "[red]refused[/]"}


@payouts_app.command("run")
def run(
    name: Annotated[str, typer.Option("--run", help="Name of the run; the same name pays nothing twice.")],
    shop: ShopName = "",
    as_json: AsJson = False,
) -> None:
    """Send everybody who is ready what they are owed of orders older than the holdback. Refused ones exit with 1."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        report = payouts.pay_out(engine, actor, run=name)
    if as_json:
        print_json(asdict(report))
    else:
        out.print(_transfers(report.transfers) if report.transfers else f"run {escape(report.run)}: nothing to send")
    if any(one.status == "failed" for one in report.transfers):
        raise typer.Exit(1)


@payouts_app.command("list")
def list_(shop: ShopName = "", as_json: AsJson = False) -> None:
    """Say what every account is owed, and what keeps it from being sent."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.reading(actor) as unit:
            found, names = dues.dues(unit), statements.titles(unit)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    table = Table("account", Column("owed", justify="right"), Column("can be sent", justify="right"), "")
    for one in found:
        table.add_row(escape(names.get(one.account, one.account)), _amount(one.owed), _amount(one.payable), _why(one))
    out.print(table if found else "nobody is owed anything")


@payouts_app.command("invite")
def invite(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="cameo:ID, creator:NAME, or 'shop'.")],
    email: Annotated[str, typer.Option(help="Where the payment provider reaches them.")],
    country: Annotated[str, typer.Option(help="Two letters, such as DE.")],
    shop: ShopName = "",
) -> None:
    """Let somebody be paid; prints where they tell the payment provider who they are (it works for a short while)."""
    with opened() as engine:
        actor, links = desk(engine, shop)
        with engine.unit(actor) as unit:
            named = f"merchant:{unit.merchant_id}" if account == "shop" else account
            card = payees.invite(unit, named, email=email, country=country.upper())
        url = payees.onboard(engine, actor, card.id, return_url=links())
    out.print(url, markup=False)


@payouts_app.command("check")
def check(shop: ShopName = "") -> None:
    """Ask the payment provider who can be paid by now."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.reading(actor) as unit:
            known = payees.list_payees(unit)
        for card in known:
            found = payees.check(engine, actor, card.id)
            out.print(f"{found.account}: {found.status}{f' ({found.problem})' if found.problem else ''}", markup=False)


def statement(
    account: Annotated[str, typer.Argument(metavar="[ACCOUNT]", help="Such as cameo:ID; default: the shop's.")] = "",
    month: Annotated[str, typer.Option(help="Like 2026-11; default: this month.")] = "",
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write it here as CSV.")] = None,
    shop: ShopName = "",
    as_json: AsJson = False,
) -> None:
    """Show what an account earned, gave back and was paid in a month."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.reading(actor) as unit:
            made = statements.statement(unit, account or f"merchant:{unit.merchant_id}", month=month)
    if csv_file is not None:
        csv_file.write_text("\ufeff" + statements.as_csv(made), encoding="utf-8", newline="")
    if as_json:
        print_json(asdict(made))
    elif csv_file is not None:
        out.print(str(csv_file), markup=False)
    else:
        out.print(_statement(made))


def _statement(made: statements.Statement) -> Table:
    sums = (Column(name, justify="right") for name in ("counted on", "share", "amount", "balance"))
    table = Table("date", "what", "film", *sums, title=escape(f"{made.title}, {made.month}"))
    table.add_row("", "at the beginning", "", "", "", "", statements.shown(made.opening))
    for line in made.lines:
        gross = "" if line.gross is None else statements.shown(line.gross)
        share = "" if line.share_bps is None else f"{line.share_bps / 100:g} %"
        amount, balance = statements.shown(line.amount), statements.shown(line.balance)
        table.add_row(f"{line.at:%Y-%m-%d}", escape(line.what), escape(line.film), gross, share, amount, balance)
    table.add_row("", "at the end", "", "", "", "", statements.shown(made.closing))
    return table


def _transfers(sent: tuple[TransferCard, ...]) -> Table:
    table = Table("account", "order", Column("amount", justify="right"), "")
    for one in sent:
        state = STATES[one.status] + (f": {escape(one.problem)}" if one.problem else "")
        table.add_row(escape(one.account), one.order_id, _amount(one.amount), state)
    return table


def _why(due: Due) -> str:
    state = due.payee.status if due.payee else "nobody invited"
    waits = [f"{due.waiting.display()} in the holdback"] if due.waiting else []
    sent = [f"{due.sent.display()} on its way"] if due.sent else []
    debt = [f"{due.debt.display()} owed back: {'; '.join(due.problems)}"] if due.debt else []
    return escape(", ".join([state, *waits, *sent, *debt]))


_amount = statements.shown
