"""A stateful stand-in for Stripe's API, as its reference documents it: run as a process of its own by the tests.

It keeps money straight where Stripe does: idempotency keys with replay and conflict, ceilings of refunds, transfers and
reversals, limits of granted tokens, states that allow a move. Parameters it does not know are refused. Under `/_test/`
stand what no caller of Stripe's can do: pay a page, pass a challenge, dispute a charge, break the next answer.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

Object = dict[str, Any]
Params = dict[str, str]

RELEASED, PREVIEW = "2026-10-28.endive", "2026-09-30.preview"
SPT = "payment_method_data[shared_payment_granted_token]"
CARDS = {
    "pm_card_visa": "",
    "pm_card_threeDSecure2Required": "challenge",
    "pm_card_chargeDeclined": "generic_decline",
    "pm_card_chargeDeclinedInsufficientFunds": "insufficient_funds",
}
# endpoint -> its parameters; a * is required. `[#]` stands for any index, `[?]` for any name.
PARAMETERS: dict[str, str] = {
    "POST checkout/sessions": """mode* client_reference_id success_url* cancel_url customer_email expires_at
        line_items[#][quantity]* line_items[#][price_data][currency]* line_items[#][price_data][unit_amount]*
        line_items[#][price_data][product_data][name]* adaptive_pricing[enabled] metadata[?]
        payment_intent_data[description] payment_intent_data[transfer_group] payment_intent_data[metadata][?]""",
    "POST checkout/sessions/expire": "",
    "POST payment_intents": f"""amount* currency* confirm capture_method description transfer_group metadata[?]
        payment_method payment_method_types[#] return_url automatic_payment_methods[enabled]
        automatic_payment_methods[allow_redirects] {SPT} payment_method_data[type]""",
    "POST payment_intents/confirm": f"payment_method return_url {SPT}",
    "POST payment_intents/capture": "amount_to_capture",
    "POST payment_intents/cancel": "cancellation_reason",
    "POST refunds": "payment_intent charge amount reason metadata[?]",
    "POST accounts": """country email type business_type controller[losses][payments] controller[fees][payer]
        controller[requirement_collection] controller[stripe_dashboard][type] capabilities[transfers][requested]
        tos_acceptance[service_agreement] metadata[?]""",
    "POST account_links": "account* type* return_url refresh_url",
    "POST transfers": "amount currency* destination* source_transaction transfer_group description metadata[?]",
    "POST transfers/reversals": "amount description metadata[?]",
    "POST test_helpers/shared_payment/granted_tokens": """payment_method* usage_limits[currency]*
        usage_limits[max_amount]* usage_limits[expires_at]*""",
    "POST test_helpers/shared_payment/granted_tokens/revoke": "",
}
NUMBERS = re.compile(r".*(amount|quantity|expires_at)\]?$")


class Refused(Exception):
    """An answer of Stripe's that is an error; `is_validation`: nothing was begun, so no key remembers it."""

    def __init__(self, status: int, message: str, *, is_validation: bool = False, **more: object) -> None:
        super().__init__(message)
        kind = "card_error" if status == 402 else "invalid_request_error"
        self.status, self.is_validation = status, is_validation
        self.body = {"error": {"type": kind, "message": message, **more}}


@dataclass
class Kept:
    """What an idempotency key remembers; `answer` is None while the first request runs."""

    print: str
    answer: tuple[int, str] | None = None


@dataclass
class Fault:
    """What breaks next: `500`, `500_kept` (done, and the 500 replayed), `429`, `hang`, `drop` (done, unanswered) or
    `slow` (done after a while, in which the key is in use)."""

    kind: str
    path: str
    seconds: float = 0.0


@dataclass
class World:
    """Everything the stand-in knows, behind one lock."""

    objects: dict[str, Object] = field(default_factory=dict)
    keys: dict[str, Kept] = field(default_factory=dict)
    events: list[Object] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    drained: set[str] = field(default_factory=set)
    made: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def make(self, prefix: str, kind: str, **content: Any) -> Object:
        self.made += 1
        name = f"{prefix}_{hashlib.sha256(f'{self.made}'.encode()).hexdigest()[:24]}"
        made = {"id": name, "object": kind, "created": int(time.time()), "livemode": False, **content}
        self.objects[name] = made
        return made

    def get(self, name: str, kind: str, *, param: str = "id") -> Object:
        found = self.objects.get(name)
        if found is None or found["object"] != kind:
            raise Refused(404, f"No such {kind}: '{name}'", code="resource_missing", param=param)
        return found

    def all(self, kind: str) -> list[Object]:
        return [one for one in self.objects.values() if one["object"] == kind]

    def tell(self, what: str, about: Object, account: str | None = None) -> None:
        self.made += 1
        copy = json.loads(json.dumps(about))
        event = {
            "id": f"evt_{self.made:024d}",
            "object": "event",
            "api_version": RELEASED,
            "created": int(time.time()),
            "data": {"object": copy},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": what,
        }
        self.events.append(event | ({"account": account} if account else {}))


world = World()
app = Flask("stripe_fake")


def endpoint(path: str, run: Callable[..., Object]) -> None:
    """Serve one address of the API: keys, version, parameters and faults are the same for all."""
    method, place = path.split(" ")
    names = re.findall(r"<(\w+)>", place)

    def view(**given: str) -> Response:
        return _answer(path, lambda params: run(*(given[name] for name in names), params))

    app.add_url_rule(f"/v1/{place}", endpoint=path, view_func=view, methods=[method])


def _answer(path: str, run: Callable[[Params], Object]) -> Response:
    fault = _next_fault(path)
    if fault is not None and fault.kind == "hang":
        time.sleep(fault.seconds)
        return _hang_up()
    if fault is not None and fault.kind == "429":
        return _sent(429, {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Slow down."}})
    if fault is not None and fault.kind == "500":
        return _sent(500, {"error": {"type": "api_error", "message": "Something went wrong on Stripe's end."}})
    try:
        _check_caller()
    except Refused as refusal:
        return _sent(refusal.status, refusal.body)
    status, body, is_replayed = _done_once(path, run, fault or Fault("", path))
    if fault is not None and fault.kind == "drop":
        return _hang_up()
    answer = Response(body, status, mimetype="application/json")
    answer.headers["Request-Id"] = "req_test"
    if is_replayed:
        answer.headers["Idempotent-Replayed"] = "true"
    return answer


def _done_once(path: str, run: Callable[[Params], Object], fault: Fault) -> tuple[int, str, bool]:
    key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
    form = dict(request.form.items())
    if not key:
        status, said, _ = _done(path, run, form)
        return status, json.dumps(said), False
    mark = hashlib.sha256(json.dumps([request.path, sorted(form.items())]).encode()).hexdigest()
    with world.lock:
        kept = world.keys.get(key)
        if kept is not None and kept.print != mark:
            words = "Keys for idempotent requests can only be used with the same parameters they were first used with."
            return 400, json.dumps({"error": {"type": "idempotency_error", "message": words}}), False
        if kept is not None and kept.answer is not None:
            return *kept.answer, True
        if kept is not None:
            words = {"type": "invalid_request_error", "code": "idempotency_key_in_use", "message": "In use."}
            return 409, json.dumps({"error": words}), False
        world.keys[key] = Kept(mark)
    try:
        if fault.kind == "slow":
            time.sleep(fault.seconds)
        status, said, is_kept = _done(path, run, form)
        if fault.kind == "500_kept":
            status, said = 500, {"error": {"type": "api_error", "message": "Something went wrong on Stripe's end."}}
        body = json.dumps(said)
        if is_kept:
            world.keys[key].answer = (status, body)
    finally:
        if world.keys[key].answer is None:
            del world.keys[key]
    return status, body, False


def _done(path: str, run: Callable[[Params], Object], form: Params) -> tuple[int, Object, bool]:
    """(status, body, whether a key remembers it)."""
    with world.lock:
        try:
            params = form if request.method == "POST" else dict(request.args.items())
            _check_parameters(path, params)
            return 200, run(params), request.method == "POST"
        except Refused as refusal:
            return refusal.status, refusal.body, request.method == "POST" and not refusal.is_validation


def _check_caller() -> None:
    if not re.fullmatch(r"Bearer (sk|rk)_test_\w+", request.headers.get("Authorization", "")):
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        raise Refused(401, f"Invalid API Key provided: {shown}")
    version = request.headers.get("Stripe-Version", "")
    if version not in {RELEASED, PREVIEW}:
        raise Refused(400, f"Invalid Stripe API version: {version}")
    if "shared_payment" in request.path and version != PREVIEW:
        raise Refused(404, f"Unrecognized request URL ({request.method}: {request.path}).")


def _check_parameters(path: str, params: Params) -> None:
    spec = PARAMETERS.get(re.sub(r"/<\w+>", "", path), "").split()
    known, needed = {one.rstrip("*") for one in spec}, [one[:-1] for one in spec if one.endswith("*")]
    is_preview = request.headers["Stripe-Version"] == PREVIEW
    generic = {_generic(name, known): name for name in params}
    for plain, name in generic.items():
        if re.fullmatch(r"expand\[#\]", plain):
            continue
        if plain not in known or (plain == SPT and not is_preview):
            raise Refused(
                400, f"Received unknown parameter: {name}", is_validation=True, code="parameter_unknown", param=name
            )
        if NUMBERS.fullmatch(plain) and not re.fullmatch(r"-?[0-9]+", params[name]):
            words = f"Invalid integer: {params[name]}"
            raise Refused(400, words, is_validation=True, code="parameter_invalid_integer", param=name)
    for name in needed:
        if name not in generic:
            words = f"Missing required param: {name}."
            raise Refused(400, words, is_validation=True, code="parameter_missing", param=name)


def _generic(name: str, known: set[str]) -> str:
    by_index = re.sub(r"\[\d+\]", "[#]", name)
    by_name = re.sub(r"metadata\]?\[[^\]]+\]$", lambda found: found[0][: found[0].rindex("[")] + "[?]", by_index)
    return by_name if by_name in known else by_index


def _metadata(params: Params, before: str = "metadata") -> dict[str, str]:
    return {name[len(before) + 1 : -1]: value for name, value in params.items() if name.startswith(f"{before}[")}


# Payment intents and what pays them


def create_intent(params: Params) -> Object:
    intent = _new_intent(
        _positive(params["amount"], "amount"),
        params["currency"],
        metadata=_metadata(params),
        description=params.get("description"),
        transfer_group=params.get("transfer_group"),
        capture_method=params.get("capture_method", "automatic"),
    )
    if params.get("confirm") == "true":
        may_leave = params.get("automatic_payment_methods[allow_redirects]") != "never"
        if may_leave and "return_url" not in params and "payment_method_types[0]" not in params:
            words = "This PaymentIntent may redirect: give a return_url, or set allow_redirects to never."
            del world.objects[intent["id"]]
            raise Refused(400, words, param="return_url")
        confirm_intent(intent["id"], params)
    return intent


def _new_intent(amount: int, currency: str, **more: Any) -> Object:
    intent = world.make(
        "pi",
        "payment_intent",
        amount=amount,
        amount_capturable=0,
        amount_received=0,
        cancellation_reason=None,
        currency=_currency(currency),
        last_payment_error=None,
        latest_charge=None,
        next_action=None,
        payment_method=None,
        status="requires_payment_method",
        **more,
    )
    intent["client_secret"] = f"{intent['id']}_secret_test"
    world.tell("payment_intent.created", intent)
    return intent


def get_intent(name: str, _: Params) -> Object:
    return world.get(name, "payment_intent", param="intent")


def confirm_intent(name: str, params: Params) -> Object:
    intent = world.get(name, "payment_intent", param="intent")
    _need_status(intent, "confirm", {"requires_payment_method", "requires_confirmation"})
    token = world.get(params[SPT], "shared_payment.granted_token", param=SPT) if SPT in params else None
    if token is not None:
        _need_grant(token, intent)
    card = token["payment_method"] if token is not None else params.get("payment_method", "")
    if card not in CARDS:
        raise Refused(400, f"No such PaymentMethod: '{card}'", code="resource_missing", param="payment_method")
    trouble = CARDS[card]
    if trouble not in {"", "challenge"}:
        _decline(intent, trouble)
    if token is not None:
        _deactivate(token, "consumed")
    if trouble == "challenge":
        intent.update(status="requires_action", next_action={"type": "use_stripe_sdk", "use_stripe_sdk": {}})
        world.tell("payment_intent.requires_action", intent)
        return intent
    return _take(intent)


def _need_grant(token: Object, intent: Object) -> None:
    limits = token["usage_limits"]
    _expire_grant(token)
    if token["deactivated_at"] is not None:
        raise Refused(400, f"The shared payment token {token['id']} is deactivated.", param=SPT)
    if limits["currency"] != intent["currency"] or limits["max_amount"] < intent["amount"]:
        raise Refused(400, f"The amount is beyond the limits of {token['id']}.", param=SPT)


def _decline(intent: Object, decline_code: str) -> None:
    error = {"type": "card_error", "code": "card_declined", "decline_code": decline_code, "message": "Declined."}
    intent.update(status="requires_payment_method", last_payment_error=error)
    world.tell("payment_intent.payment_failed", intent)
    more = {key: value for key, value in error.items() if key not in {"type", "message"}}
    raise Refused(402, "Your card was declined.", payment_intent=json.loads(json.dumps(intent)), **more)


def _take(intent: Object) -> Object:
    """The money is there, or held until it is captured."""
    is_held = intent["capture_method"] == "manual"
    charge = world.make(
        "ch",
        "charge",
        amount=intent["amount"],
        amount_captured=0 if is_held else intent["amount"],
        amount_refunded=0,
        amount_transferred=0,
        captured=not is_held,
        currency=intent["currency"],
        payment_intent=intent["id"],
        status="succeeded",
        transfer_group=intent["transfer_group"],
    )
    intent.update(latest_charge=charge["id"], next_action=None, last_payment_error=None)
    if is_held:
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        return intent
    intent.update(status="succeeded", amount_received=intent["amount"])
    world.tell("charge.succeeded", charge)
    world.tell("payment_intent.succeeded", intent)
    return intent


def capture_intent(name: str, params: Params) -> Object:
    intent = world.get(name, "payment_intent", param="intent")
    _need_status(intent, "capture", {"requires_capture"})
    amount = _positive(params.get("amount_to_capture", str(intent["amount"])), "amount_to_capture")
    if amount > intent["amount_capturable"]:
        raise Refused(400, "The amount to capture is larger than what is held.", code="amount_too_large")
    world.objects[intent["latest_charge"]].update(captured=True, amount_captured=amount)
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    world.tell("payment_intent.succeeded", intent)
    return intent


def cancel_intent(name: str, params: Params) -> Object:
    intent = world.get(name, "payment_intent", param="intent")
    open_ = {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"}
    _need_status(intent, "cancel", open_)
    intent.update(status="canceled", cancellation_reason=params.get("cancellation_reason"))
    world.tell("payment_intent.canceled", intent)
    return intent


def _need_status(intent: Object, act: str, allowed: set[str]) -> None:
    if intent["status"] not in allowed:
        words = f"You cannot {act} this PaymentIntent because it has a status of {intent['status']}."
        raise Refused(400, words, code="payment_intent_unexpected_state")


# Checkout sessions


def create_session(params: Params) -> Object:
    if params["mode"] != "payment":
        raise Refused(400, "Only mode=payment is known here.", is_validation=True, param="mode")
    prices = [value for name, value in params.items() if name.endswith("[unit_amount]")]
    counts = [value for name, value in params.items() if name.endswith("[quantity]")]
    currency = next(value for name, value in params.items() if name.endswith("[price_data][currency]"))
    total = sum(int(price) * int(count) for price, count in zip(prices, counts, strict=True))
    session = world.make(
        "cs_test",
        "checkout.session",
        amount_total=_positive(str(total), "line_items"),
        cancel_url=params.get("cancel_url"),
        client_reference_id=params.get("client_reference_id"),
        currency=_currency(currency),
        expires_at=int(params.get("expires_at", int(time.time()) + 86_400)),
        metadata=_metadata(params),
        mode="payment",
        payment_intent=None,
        payment_status="unpaid",
        status="open",
        success_url=params["success_url"],
        ui_mode="hosted_page",
    )
    session["url"] = f"https://checkout.stripe.com/c/pay/{session['id']}"
    world.objects[f"intent of {session['id']}"] = {
        "object": "payment_intent_data",
        "metadata": _metadata(params, "payment_intent_data[metadata]"),
        "description": params.get("payment_intent_data[description]"),
        "transfer_group": params.get("payment_intent_data[transfer_group]"),
        "capture_method": "automatic",
    }
    return session


def get_session(name: str, _: Params) -> Object:
    return world.get(name, "checkout.session", param="session")


def expire_session(name: str, _: Params) -> Object:
    session = world.get(name, "checkout.session", param="session")
    if session["status"] != "open":
        raise Refused(400, 'Only Checkout Sessions with a status in ["open"] can be expired.')
    session.update(status="expired", url=None)
    world.tell("checkout.session.expired", session)
    return session


# Refunds, accounts, transfers


def create_refund(params: Params) -> Object:
    charge = _charge_of(params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = _positive(params.get("amount", str(left)), "amount")
    if left == 0:
        raise Refused(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount > left:
        raise Refused(400, f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left}).")
    charge["amount_refunded"] += amount
    refund = world.make(
        "re",
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        failure_reason=None,
        metadata=_metadata(params),
        payment_intent=charge["payment_intent"],
        status="succeeded",
    )
    world.tell("charge.refunded", charge)
    return refund


def _charge_of(params: Params) -> Object:
    if "charge" in params:
        return world.get(params["charge"], "charge", param="charge")
    if "payment_intent" not in params:
        raise Refused(400, "One of charge and payment_intent is needed.", code="parameter_missing", is_validation=True)
    intent = world.get(params["payment_intent"], "payment_intent", param="payment_intent")
    if intent["status"] != "succeeded":
        raise Refused(400, "This PaymentIntent does not have a successful charge to refund.")
    return world.objects[intent["latest_charge"]]


def create_account(params: Params) -> Object:
    losses, payer = params.get("controller[losses][payments]"), params.get("controller[fees][payer]")
    if losses == "application" and payer != "application":
        raise Refused(400, "losses.payments=application requires fees.payer=application.", param="controller")
    return world.make(
        "acct",
        "account",
        capabilities={"transfers": "inactive"},
        charges_enabled=False,
        country=params.get("country"),
        email=params.get("email"),
        metadata=_metadata(params),
        payouts_enabled=False,
        requirements={"currently_due": ["external_account", "individual.dob.day"], "disabled_reason": None},
        tos_acceptance={"service_agreement": params.get("tos_acceptance[service_agreement]", "full")},
    )


def get_account(name: str, _: Params) -> Object:
    found = world.objects.get(name)
    if found is None or found["object"] != "account":
        raise Refused(403, f"The provided key does not have access to account '{name}'.", code="account_invalid")
    return found


def get_own_account(_: Params) -> Object:
    return {"id": "acct_own", "object": "account", "country": "DE", "charges_enabled": True}


def create_link(params: Params) -> Object:
    account = get_account(params["account"], {})
    world.made += 1
    url = f"https://connect.stripe.com/setup/e/{account['id']}/{world.made}"
    return {"object": "account_link", "created": int(time.time()), "expires_at": int(time.time()) + 300, "url": url}


def create_transfer(params: Params) -> Object:
    account = world.get(params["destination"], "account", param="destination")
    if account["capabilities"]["transfers"] != "active":
        words = "Your destination account needs to have at least one of these capabilities enabled: transfers"
        raise Refused(400, words, code="insufficient_capabilities_for_transfer", param="destination")
    amount, currency = _positive(params.get("amount", ""), "amount"), _currency(params["currency"])
    if "source_transaction" not in params:
        raise Refused(400, "You have insufficient funds in your Stripe account.", code="balance_insufficient")
    charge = world.get(params["source_transaction"], "charge", param="source_transaction")
    group = params.get("transfer_group", charge["transfer_group"] or f"group_{charge['id']}")
    if charge["transfer_group"] not in {None, group}:
        raise Refused(400, "The transfer_group is not the one of the source_transaction.", param="transfer_group")
    if currency != charge["currency"]:
        raise Refused(400, "The currency is not the one of the source_transaction.", param="currency")
    if charge["amount_transferred"] + amount > charge["amount_captured"]:
        words = "Transfers using this transaction as a source must not exceed the source amount."
        raise Refused(400, words, param="amount")
    charge["amount_transferred"] += amount
    charge["transfer_group"] = group
    return world.make(
        "tr",
        "transfer",
        amount=amount,
        amount_reversed=0,
        currency=currency,
        destination=account["id"],
        metadata=_metadata(params),
        reversed=False,
        source_transaction=charge["id"],
        transfer_group=group,
    )


def create_reversal(name: str, params: Params) -> Object:
    transfer = world.get(name, "transfer", param="transfer")
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = _positive(params.get("amount", str(left)), "amount")
    if amount > left:
        raise Refused(400, f"Reversal amount ({amount}) is greater than unreversed amount on transfer ({left}).")
    if transfer["destination"] in world.drained:
        words = "There are insufficient funds in the connected account."
        raise Refused(400, words, code="balance_insufficient")
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    return world.make(
        "trr",
        "transfer_reversal",
        amount=amount,
        currency=transfer["currency"],
        metadata=_metadata(params),
        transfer=name,
    )


# Granted tokens


def grant_token(params: Params) -> Object:
    return world.make(
        "spt",
        "shared_payment.granted_token",
        deactivated_at=None,
        deactivated_reason=None,
        payment_method=params["payment_method"],
        usage_details={"amount_captured": {"currency": params["usage_limits[currency]"], "value": 0}},
        usage_limits={
            "currency": _currency(params["usage_limits[currency]"]),
            "max_amount": int(params["usage_limits[max_amount]"]),
            "expires_at": int(params["usage_limits[expires_at]"]),
        },
    )


def get_token(name: str, _: Params) -> Object:
    token = world.get(name, "shared_payment.granted_token")
    _expire_grant(token)
    return {key: value for key, value in token.items() if key != "payment_method"}


def revoke_token(name: str, _: Params) -> Object:
    return _deactivate(world.get(name, "shared_payment.granted_token"), "revoked")


def _expire_grant(token: Object) -> None:
    if token["deactivated_at"] is None and token["usage_limits"]["expires_at"] <= time.time():
        _deactivate(token, "expired")


def _deactivate(token: Object, why: str) -> Object:
    token.update(deactivated_at=int(time.time()), deactivated_reason=why)
    return token


def _positive(text: str, param: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,11}", text):
        raise Refused(
            400, "Invalid positive integer", is_validation=True, code="parameter_invalid_integer", param=param
        )
    return int(text)


def _currency(code: str) -> str:
    if not re.fullmatch(r"[a-z]{3}", code):
        raise Refused(400, f"Invalid currency: {code}", is_validation=True, param="currency")
    return code


ENDPOINTS: dict[str, Callable[..., Object]] = {
    "POST payment_intents": create_intent,
    "GET payment_intents/<name>": get_intent,
    "POST payment_intents/<name>/confirm": confirm_intent,
    "POST payment_intents/<name>/capture": capture_intent,
    "POST payment_intents/<name>/cancel": cancel_intent,
    "POST checkout/sessions": create_session,
    "GET checkout/sessions/<name>": get_session,
    "POST checkout/sessions/<name>/expire": expire_session,
    "POST refunds": create_refund,
    "POST accounts": create_account,
    "GET accounts/<name>": get_account,
    "GET account": get_own_account,
    "POST account_links": create_link,
    "POST transfers": create_transfer,
    "POST transfers/<name>/reversals": create_reversal,
    "GET shared_payment/granted_tokens/<name>": get_token,
    "POST test_helpers/shared_payment/granted_tokens": grant_token,
    "POST test_helpers/shared_payment/granted_tokens/<name>/revoke": revoke_token,
}
for _path, _run in ENDPOINTS.items():
    endpoint(_path, _run)


# What the tests do that no caller can


@app.post("/_test/pages/<name>/pay")
def pay_page(name: str) -> Response:
    """A buyer pays a session with a card; a refused card leaves the page open, as at Stripe."""
    with world.lock:
        session = world.objects[name]
        if session["status"] != "open":
            return _sent(409, {"status": session["status"]})
        intent = world.objects.get(session["payment_intent"] or "")
        if intent is None:
            data = {key: value for key, value in world.objects[f"intent of {name}"].items() if key != "object"}
            intent = _new_intent(session["amount_total"], session["currency"], **data)
            session["payment_intent"] = intent["id"]
        try:
            confirm_intent(intent["id"], {"payment_method": request.form["card"]})
        except Refused:
            return _sent(200, session)
        if intent["status"] == "succeeded":
            _complete(session)
        return _sent(200, session)


@app.post("/_test/intents/<name>/confirm")
def confirm_in_browser(name: str) -> Response:
    with world.lock:
        try:
            return _sent(200, confirm_intent(name, {"payment_method": request.form["card"]}))
        except Refused as refusal:
            return _sent(refusal.status, refusal.body)


@app.post("/_test/intents/<name>/challenge")
def pass_challenge(name: str) -> Response:
    """The buyer's bank lets the payment through, or not."""
    with world.lock:
        intent = world.objects[name]
        if request.form["passed"] == "yes":
            _take(intent)
            pages = [one for one in world.all("checkout.session") if one["payment_intent"] == name]
            for session in pages:
                _complete(session)
        else:
            error = {"type": "invalid_request_error", "code": "payment_intent_authentication_failure"}
            intent.update(status="requires_payment_method", next_action=None, last_payment_error=error)
            world.tell("payment_intent.payment_failed", intent)
        return _sent(200, intent)


def _complete(session: Object) -> None:
    session.update(status="complete", payment_status="paid", url=None)
    world.tell("checkout.session.completed", session)


@app.post("/_test/charges/<name>/dispute")
def dispute(name: str) -> Response:
    with world.lock:
        charge = world.objects[name]
        made = world.make(
            "dp",
            "dispute",
            amount=int(request.form.get("amount", charge["amount"])),
            charge=name,
            currency=charge["currency"],
            payment_intent=charge["payment_intent"],
            reason="product_not_received",
            status=request.form.get("status", "needs_response"),
        )
        world.tell("charge.dispute.created", made)
        if made["status"] == "needs_response":
            world.tell("charge.dispute.funds_withdrawn", made)
        return _sent(200, made)


@app.post("/_test/disputes/<name>/close")
def close_dispute(name: str) -> Response:
    with world.lock:
        world.objects[name]["status"] = request.form["status"]
        world.tell("charge.dispute.closed", world.objects[name])
        return _sent(200, world.objects[name])


@app.post("/_test/refunds/<name>/fail")
def fail_refund(name: str) -> Response:
    """The buyer's bank sends a refund back: Stripe has the money again and tells of it in three ways."""
    with world.lock:
        refund = world.objects[name]
        status = request.form.get("status", "failed")
        refund.update(status=status, failure_reason=None if status == "canceled" else "expired_or_canceled_card")
        world.objects[refund["charge"]]["amount_refunded"] -= refund["amount"]
        for what in ("charge.refund.updated", "refund.updated", *(["refund.failed"] if status == "failed" else [])):
            world.tell(what, refund)
        return _sent(200, refund)


@app.post("/_test/accounts/<name>/onboard")
def onboard(name: str) -> Response:
    with world.lock:
        account = world.objects[name]
        account["capabilities"]["transfers"] = "active"
        account["requirements"]["currently_due"] = []
        account.update(payouts_enabled=True)
        world.tell("account.updated", account, account=name)
        return _sent(200, account)


@app.post("/_test/accounts/<name>/drain")
def drain(name: str) -> Response:
    world.drained.add(name)
    return _sent(200, {})


@app.post("/_test/faults")
def break_next() -> Response:
    """Break the next answer of an endpoint whose name begins with `path`."""
    form = request.form
    world.faults.append(Fault(form["kind"], form.get("path", ""), float(form.get("seconds", "0"))))
    return _sent(200, {})


@app.post("/_test/events")
def emit() -> Response:
    """An event of the test's own making, signed like any other."""
    said = request.get_json()
    world.tell(said["type"], said["object"], said.get("account"))
    return _sent(200, {})


@app.get("/_test/events")
def list_events() -> Response:
    """Every event so far as its receiver gets it: body and signature header, signed now."""
    secret, at = request.args["secret"], int(time.time()) - int(request.args.get("age", "0"))
    sent = []
    for event in world.events:
        body = json.dumps(event, indent=2)
        mac = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
        sent.append({"type": event["type"], "body": body, "signature": f"t={at},v1={mac}"})
    return _sent(200, {"data": sent})


@app.get("/_test/objects/<kind>")
def list_objects(kind: str) -> Response:
    return _sent(200, {"data": world.all(kind)})


@app.post("/_test/reset")
def reset() -> Response:
    with world.lock:
        for kept in (world.objects, world.keys, world.events, world.faults, world.drained):
            kept.clear()
    return _sent(200, {})


@app.get("/healthz")
def healthz() -> str:
    return "ok"


def _next_fault(path: str) -> Fault | None:
    with world.lock:
        found = next((one for one in world.faults if path.startswith(one.path)), None)
        if found is not None:
            world.faults.remove(found)
        return found


def _hang_up() -> Response:
    """Close the connection without an answer."""
    wire: socket.socket = request.environ["werkzeug.socket"]
    wire.shutdown(socket.SHUT_RDWR)
    return Response(status=204)


def _sent(status: int, body: Object) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        return

    def log_error(self, *_: object) -> None:
        return


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), app, threaded=True, request_handler=Quiet).serve_forever()
