"""Payouts: who is owed what and how they are paid, runs; and the page where somebody sees their own earnings."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeSerializer

from adengine.core.errors import Conflict, Invalid, NotFound, Unavailable
from adengine.engine import Actor, worker
from adengine.services import dues, payees, payouts, statements
from adengine.services.payees import PayeeCard
from adengine.services.payouts import PayoutReport
from adengine.web import forms, visitors
from adengine.web.statements import csv_file
from adengine.web.visitors import Desk, engine

pages = Blueprint("payouts", __name__)
STUDIO = "/studio/statements/payouts"
EARNINGS = "/shops/<shop>/earnings/<seal>"


@dataclass(frozen=True)
class Earner:
    """Somebody who looks at their own earnings, by the address that the shop gave them."""

    actor: Actor
    payee: PayeeCard


@pages.get(STUDIO)
def page() -> ResponseReturnValue:
    return _show(visitors.desk())


@pages.post(STUDIO)
def run() -> ResponseReturnValue:
    desk = visitors.desk()
    try:
        report = payouts.pay_out(engine(), desk.actor, run=forms.text("run", limit=80))
    except Invalid as refusal:
        return _show(desk, said=refusal.message), refusal.status
    return _show(desk, report=report)


@pages.post(f"{STUDIO}/invite")
def invite() -> ResponseReturnValue:
    desk = visitors.desk()
    account = forms.text("account")
    try:
        with engine().unit(desk.actor) as unit:
            payees.invite(unit, account, email=forms.text("email"), country=forms.text("country").upper())
    except (Invalid, Conflict) as refusal:
        return _show(desk, said=refusal.message), refusal.status
    return redirect(url_for("payouts.page"), 303)


@pages.post(f"{STUDIO}/<payee_id>/check")
def check(payee_id: str) -> ResponseReturnValue:
    desk = visitors.desk()
    payees.check(engine(), desk.actor, payee_id)
    return redirect(url_for("payouts.page"), 303)


@pages.get(EARNINGS)
def earnings(shop: str, seal: str) -> ResponseReturnValue:
    """An account's own statement, for whoever holds the address; no other account and no buyer is in it."""
    earner = _earner(shop, seal)
    with engine().reading(earner.actor) as unit:
        made = statements.statement(unit, earner.payee.account, month=_month())
        months = sorted({*statements.months(unit, earner.payee.account), made.month}, reverse=True)
        due = next((one for one in dues.dues(unit) if one.account == earner.payee.account), None)
    shop_seen = visitors.visit(shop).shop
    return render_template(
        "earnings.html", shop=shop_seen, seal=seal, statement=made, months=months, due=due, payee=earner.payee
    )


@pages.get(f"{EARNINGS}/statement.csv")
def earnings_csv(shop: str, seal: str) -> ResponseReturnValue:
    earner = _earner(shop, seal)
    with engine().reading(earner.actor) as unit:
        return csv_file(statements.statement(unit, earner.payee.account, month=_month()))


@pages.post(EARNINGS)
def onboard(shop: str, seal: str) -> ResponseReturnValue:
    """Lead the payee to the provider, which asks where the money goes, and back here."""
    earner = _earner(shop, seal)
    return redirect(payees.onboard(engine(), earner.actor, earner.payee.id, return_url=_address(shop, seal)), 303)


def _show(desk: Desk, *, said: str = "", report: PayoutReport | None = None) -> str:
    with engine().reading(desk.actor) as unit:
        owed = dues.dues(unit)
        sent = payouts.list_transfers(unit)
        known = payees.list_payees(unit)
        names = statements.titles(unit)
        today = f"{unit.now():%Y-%m-%d}"
    links = {one.account: _address(desk.shop.name, _signer().dumps([desk.shop.id, one.id])) for one in known}
    missing = [one for one in names if one.split(":")[0] in dues.PAYABLE and one not in links]
    return render_template(
        "studio_payouts.html",
        desk=desk,
        dues=owed,
        transfers=sent[:50],
        payees=known,
        names=names,
        links=links,
        missing=missing,
        run=today,
        report=report,
        said=said,
    )


def _earner(shop_name: str, seal: str) -> Earner:
    """Whose address this is; asks the provider once more where the payee is not ready yet."""
    shop = visitors.visit(shop_name).shop
    try:
        shop_id, payee_id = _signer().loads(seal)
    except (BadData, ValueError):
        raise NotFound("there are no earnings at this address; ask the shop for yours") from None
    if shop_id != shop.id:
        raise NotFound("there are no earnings at this address; ask the shop for yours")
    actor = worker(shop.id)
    with engine().reading(actor) as unit:
        card = payees.get_payee(unit, payee_id)
    if card.status != "ready" and request.method == "GET":
        try:
            card = payees.check(engine(), actor, payee_id)
        except Unavailable:
            return Earner(actor, card)
    return Earner(actor, card)


def _address(shop_name: str, seal: str) -> str:
    public = engine().settings.public_url.rstrip("/")
    return public + url_for("payouts.earnings", shop=shop_name, seal=seal)


def _month() -> str:
    return request.args.get("month", "").strip()[:10]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or b"", salt="adengine earnings")
