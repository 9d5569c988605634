"""The studio's statements: an account's month line by line, as a page and as CSV, and one order to the last cent."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from adengine.core.money import WHOLE_BPS, Money, percent
from adengine.services import explaining, statements
from adengine.services.statements import Statement
from adengine.web import visitors
from adengine.web.visitors import Desk, engine

pages = Blueprint("statements", __name__, url_prefix="/studio/statements")


@pages.get("")
def page() -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        made = statements.statement(unit, _account(desk), month=_asked("month"), currency=_asked("currency"))
        accounts = statements.titles(unit)
        months = statements.months(unit, made.account)
    # A month nothing happened in can be asked for by its address.
    months = sorted({*months, made.month}, reverse=True)
    return render_template(
        "studio_statement.html", desk=desk, statement=made, accounts=accounts, months=months, own=_is_own(desk, made)
    )


@pages.get("/statement.csv")
def download() -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        made = statements.statement(unit, _account(desk), month=_asked("month"), currency=_asked("currency"))
    return csv_file(made)


@pages.get("/orders/<order_id>")
def order(order_id: str) -> ResponseReturnValue:
    """Where every cent of one order came from and went."""
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        explained = explaining.explain(unit, order_id)
    sums = [sum(getattr(part, name).minor for part in explained.parts) for name in ("sold", "taken", "sent", "left")]
    return render_template("studio_explained.html", desk=desk, order=explained, is_balanced=not any(sums))


def csv_file(made: Statement) -> Response:
    """The statement as a download; spreadsheets read UTF-8 only behind a byte order mark."""
    kind = made.account.partition(":")[0]
    response = Response("\ufeff" + statements.as_csv(made), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="statement-{kind}-{made.month}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@pages.app_template_filter("signed")
def signed(amount: Money) -> str:
    """An amount with its sign: `−€3.00`."""
    return statements.shown(amount)


@pages.app_template_filter("share")
def share(bps: int | None) -> str:
    """Basis points as per cent; nothing where there is no share."""
    return "" if bps is None else percent(bps / WHOLE_BPS)


def _account(desk: Desk) -> str:
    return _asked("account") or f"merchant:{desk.shop.id}"


def _asked(name: str) -> str:
    return request.args.get(name, "").strip()[:200]


def _is_own(desk: Desk, made: Statement) -> bool:
    return made.account == f"merchant:{desk.shop.id}"
