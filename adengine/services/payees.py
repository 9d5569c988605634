"""Who is paid: an account of the ledger invited, known to the payment provider, ready to be sent money."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select

from adengine.core.errors import Conflict, Invalid, NotFound
from adengine.engine import SYSTEM, Actor, AdEngine, Unit, worker
from adengine.models import Ad, Cameo, Payee, new_id


@dataclass(frozen=True)
class PayeeCard:
    """`status` is invited, ready or blocked; `problem` says what the provider still lacks."""

    id: str
    account: str
    provider: str
    status: str
    email: str
    country: str
    problem: str


def invite(unit: Unit, account: str, *, email: str, country: str) -> PayeeCard:
    """Let the owner of an account be paid; again it corrects the address until the provider knows them.

    Raises Invalid or NotFound for an account of nobody's, Conflict once the provider knows them.
    """
    unit.require("orders:write")
    _need_owner(unit, account)
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+", email) or len(email) > 200:
        raise Invalid("the e-mail address is not one; write it like name@example.com")
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise Invalid("a country is two letters of ISO 3166, such as DE or US")
    row, is_new = unit.once(lambda: _payee_of(unit, account), lambda: _invited(unit, account, email, country))
    if not is_new:
        _correct(unit, unit.get(Payee, row.id, lock=True), email, country)
    return payee_card(row)


def onboard(engine: AdEngine, actor: Actor, payee_id: str, *, return_url: str) -> str:
    """Where the payee tells the provider who they are; the address works for a short while only.

    Claim, call, keep: the payee's id is the provider's key, so that asking twice opens one account.
    """
    with engine.unit(actor) as unit:
        unit.require("orders:write")
        row = unit.get(Payee, payee_id)
        external_id, email, country = row.external_id, row.email, row.country
    if external_id is None:
        external_id = engine.ports.payments.enrol_payee(email=email, country=country, key=payee_id)
        with engine.unit(actor) as unit:
            unit.get(Payee, payee_id, lock=True).external_id = external_id
    return engine.ports.payments.onboarding_url(external_id, return_url=return_url)


def check(engine: AdEngine, actor: Actor, payee_id: str) -> PayeeCard:
    """Ask the provider whether money can be sent, and keep its answer."""
    with engine.unit(actor) as unit:
        unit.require("orders:write")
        row = unit.get(Payee, payee_id)
        if row.external_id is None:
            return payee_card(row)
        external_id = row.external_id
    state = engine.ports.payments.payee(external_id)
    with engine.unit(actor) as unit:
        row = unit.get(Payee, payee_id, lock=True)
        if not state.is_ready and row.status == "ready":
            row.status = "blocked"
        elif state.is_ready:
            row.status = "ready"
        row.problem = "" if state.is_ready else state.reason[:200]
        return payee_card(row)


def changed(engine: AdEngine, external_id: str) -> None:
    """The provider says that something about a payee changed: ask what; raises NotFound for a stranger."""
    with engine.unit(SYSTEM) as unit:
        row = unit.db.scalar(
            select(Payee).where(Payee.external_id == external_id, Payee.provider == engine.ports.payments.name)
        )
        if row is None:
            raise NotFound("this payee is not known here")
        merchant_id, payee_id = row.merchant_id, row.id
    check(engine, worker(merchant_id), payee_id)


def list_payees(unit: Unit) -> list[PayeeCard]:
    unit.require("orders:read")
    return [payee_card(row) for row in unit.db.scalars(select(Payee).order_by(Payee.account))]


def get_payee(unit: Unit, payee_id: str) -> PayeeCard:
    unit.require("orders:read")
    return payee_card(unit.get(Payee, payee_id))


def payee_card(row: Payee) -> PayeeCard:
    return PayeeCard(row.id, row.account, row.provider, row.status, row.email, row.country, row.problem)


def _need_owner(unit: Unit, account: str) -> None:
    kind, _, name = account.partition(":")
    if kind == "cameo":
        unit.get(Cameo, name)
    elif kind == "creator":
        if not name or unit.db.scalar(select(Ad.id).where(Ad.creator == name).limit(1)) is None:
            raise NotFound(f"no film here was made by '{name[:60]}'")
    elif account != f"merchant:{unit.merchant_id}":
        raise Invalid("only the shop, licensed appearances and creators are paid; name an account of theirs")


def _payee_of(unit: Unit, account: str) -> Payee | None:
    return unit.db.scalar(select(Payee).where(Payee.account == account))


def _invited(unit: Unit, account: str, email: str, country: str) -> Payee:
    return unit.own(
        Payee,
        id=new_id("pye"),
        account=account,
        provider=unit.ports.payments.name,
        external_id=None,
        status="invited",
        email=email,
        country=country,
        problem="",
        created_at=unit.now(),
    )


def _correct(unit: Unit, row: Payee, email: str, country: str) -> None:
    if row.provider != unit.ports.payments.name:  # the shop changed its provider: everybody starts anew there
        row.provider, row.external_id, row.status, row.problem = unit.ports.payments.name, None, "invited", ""
    if row.external_id is not None and (row.email, row.country) != (email, country):
        raise Conflict("the payment provider knows this payee already; change the address there")
    row.email, row.country = email, country
