"""The JSON API of the money: statements, one order to the last cent, what is owed, and sending it."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.services import dues, explaining, payouts, statements
from adengine.services.dues import Due
from adengine.services.explaining import Explained
from adengine.services.payouts import PayoutReport
from adengine.services.statements import Statement
from adengine.web.api_call import Call
from adengine.web.openapi import Query, Route


@dataclass(frozen=True)
class RunAsk:
    """The same `run` again pays nothing twice."""

    run: str


def _statement(call: Call) -> Statement:
    with call.unit() as unit:
        account = call.asked("account") or f"merchant:{unit.merchant_id}"
        return statements.statement(unit, account, month=call.asked("month"), currency=call.asked("currency"))


def _explained(call: Call) -> Explained:
    with call.unit() as unit:
        return explaining.explain(unit, call.path["order_id"])


def _dues(call: Call) -> list[Due]:
    with call.unit() as unit:
        return dues.dues(unit)


def _pay_out(call: Call) -> PayoutReport:
    return payouts.pay_out(call.engine, call.actor, run=call.body.run)


ROUTES = (
    Route(
        "GET", "/statement", "Show an account's month, the shop's own of this month where none is named", _statement,
        Statement, query=(Query("account"), Query("month"), Query("currency")),
    ),
    Route("GET", "/orders/{order_id}/explained", "Show where every cent of an order came from and went", _explained,
          Explained),
    Route("GET", "/payouts", "Show what everybody is owed and what keeps it from being sent", _dues, list[Due]),
    Route("POST", "/payouts", "Send everybody what they are owed", _pay_out, PayoutReport, body=RunAsk),
)  # fmt: skip
