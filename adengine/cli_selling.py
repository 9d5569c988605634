"""`adengine selling` and `adengine code`: how a shop sells, and what lowers its prices."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from adengine.core.errors import Invalid
from adengine.core.money import parse
from adengine.core.selling import Discount, bps_of, day_of
from adengine.services import merchants, selling
from adengine.services.selling import CodeCard
from adengine.terminal import AsJson, ShopName, desk, opened, out, print_json
from integrations.selling import read_selling, write_selling

selling_app = typer.Typer(no_args_is_help=True, help="Taxes, ways to ship and links of a shop.")
code_app = typer.Typer(no_args_is_help=True, help="Discount codes of a shop.")


@selling_app.command("show")
def show(shop: ShopName = "", as_json: AsJson = False) -> None:
    """Print how the shop sells, as a file that 'adengine selling set' takes."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.reading(actor) as unit:
            found = selling.selling_of(unit)
    if as_json:
        print_json(asdict(found))
    else:
        out.print(write_selling(found), markup=False, end="")


@selling_app.command("set")
def set_(
    source: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="Everything the shop sells by.", exists=True)],
    shop: ShopName = "",
) -> None:
    """Sell by that file from now on; what it leaves out is no longer set."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.unit(actor) as unit:
            given = read_selling(_text(source), currency=merchants.my_shop(unit).currency)
            selling.set_selling(unit, given)
    rates, ways = len(given.taxes.rates), len(given.shipping)
    out.print(f"set: {rates} tax rate{'s' * (rates != 1)}, {ways} way{'s' * (ways != 1)} to ship")


@code_app.command("add")
def add(
    code: Annotated[str, typer.Argument(metavar="CODE", help="2 to 40 letters, digits and dashes.")],
    percent: Annotated[str, typer.Option(help="Takes off a percentage of the goods, such as 10 or 7.5.")] = "",
    amount: Annotated[str, typer.Option(help="Takes off an amount in the shop's currency, such as 5.00.")] = "",
    title: Annotated[str, typer.Option(help="What buyers read; default: the code.")] = "",
    minimum: Annotated[str, typer.Option(help="Counts from goods of this amount on.")] = "",
    product: Annotated[list[str] | None, typer.Option(help="Handle of a product it is for; repeats.")] = None,
    starts: Annotated[str, typer.Option(help="First day, like 2027-01-01 (UTC).")] = "",
    ends: Annotated[str, typer.Option(help="Last day, like 2027-01-31 (UTC).")] = "",
    uses: Annotated[int | None, typer.Option(help="How many orders may use it.", min=1)] = None,
    combines: Annotated[bool, typer.Option("--combines", help="It may stand beside others that combine.")] = False,
    shop: ShopName = "",
    as_json: AsJson = False,
) -> None:
    """Let a code lower prices from now on."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.unit(actor) as unit:
            currency = merchants.my_shop(unit).currency
            given = Discount(
                code=code,
                title=title or code.strip().upper(),
                bps=bps_of(percent) if percent else None,
                amount=parse(amount, currency) if amount else None,
                minimum=parse(minimum, currency) if minimum else None,
                product_ids=tuple(product or ()),
                starts=day_of(starts) if starts else None,
                ends=day_of(ends) + timedelta(days=1) if ends else None,
                most_uses=uses,
                combines=combines,
            )
            made = selling.add_code(unit, given)
    if as_json:
        print_json(asdict(made))
    else:
        out.print(f"{made.discount.code} takes off {made.discount.words}", markup=False)


@code_app.command("list")
def list_(shop: ShopName = "", as_json: AsJson = False) -> None:
    """List the codes of a shop, those that count first."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.reading(actor) as unit:
            found = selling.list_codes(unit)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    table = Table(Column("code", no_wrap=True), "takes off", "for", "last day", "used", "")
    for one in found:
        table.add_row(*_row(one))
    out.print(table if found else "no codes yet; adengine code add CODE --percent 10")


@code_app.command("withdraw")
def withdraw(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code.")],
    shop: ShopName = "",
) -> None:
    """Let a code count no more."""
    with opened() as engine:
        actor, _ = desk(engine, shop)
        with engine.unit(actor) as unit:
            selling.withdraw_code(unit, code)
    out.print("this code counts no more")


def _text(source: Path) -> str:
    try:
        return source.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, IsADirectoryError):
        raise Invalid(f"{source.name} is no text file in UTF-8; save it as one") from None


def _row(card: CodeCard) -> tuple[str, ...]:
    given = card.discount
    return (
        escape(given.code),
        given.words,
        escape(", ".join(card.products)) or "all goods",
        str(given.last_day or ""),
        f"{card.uses}" if given.most_uses is None else f"{card.uses} of {given.most_uses}",
        "withdrawn" if card.is_withdrawn else "",
    )
