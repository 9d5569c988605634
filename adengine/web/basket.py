"""The checkout's form: what was typed, what it changes, and what is wrong with it, beside the field it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import request

from adengine.core.buyer import Address, Buyer
from adengine.core.errors import Invalid
from adengine.core.quote import MOST_OF_ONE
from adengine.services.checkout import Change, CheckoutCard

LONGEST_TYPED = 200
QUANTITY = "quantity:"
REQUIRED = {
    "email": "Enter your e-mail address",
    "first_name": "Enter your first name",
    "last_name": "Enter your last name",
    "country": "Choose the country",
    "line1": "Enter the street and house number",
    "postal_code": "Enter the postcode",
    "city": "Enter the town",
}
ADDRESS = ("country", "line1", "line2", "postal_code", "city", "region")
NAMES = ("email", "first_name", "last_name")


@dataclass(frozen=True)
class Sent:
    """What a form sent: `typed` as it was typed, the `change` it asks for, and `problems` by field.

    A field with a problem changes nothing; `code` is a discount code that is to be tried.
    """

    typed: Mapping[str, str]
    change: Change
    problems: Mapping[str, str] = field(default_factory=dict)
    code: str = ""

    @property
    def changes_nothing(self) -> bool:
        return self.change == Change()


def shown(card: CheckoutCard) -> dict[str, str]:
    """What the form says before anybody typed: what the checkout knows."""
    buyer, address = card.buyer, card.address
    known = {name: getattr(buyer, name) for name in NAMES} if buyer else {}
    return known | ({name: getattr(address, name) for name in ADDRESS} if address else {})


def read(card: CheckoutCard) -> Sent:
    """Read the form of the running request; fields that it does not have change nothing."""
    typed = {name: _typed(name) for name in (*NAMES, *ADDRESS, "code", "option") if name in request.form}
    problems: dict[str, str] = {}
    lines = _lines(card, problems)
    buyer, address = _buyer(typed, problems), _address(typed, problems)
    option = typed.get("option", "")
    # A code that was refused still stands in its field, to be corrected or left: it holds nobody up.
    code = typed.get("code", "") if typed.get("code") != _typed("refused_code") else ""
    change = Change(
        lines=lines if lines != _ordered(card) else None,
        buyer=buyer if buyer != card.buyer else None,
        address=address if address != card.address else None,
        option_id=option if option and option != card.quote.option_id else None,
        codes=_codes(card, code),
    )
    return Sent(typed, change, problems, code)


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()


def _ordered(card: CheckoutCard) -> tuple[tuple[str, int], ...]:
    return tuple((line.variant_id, line.quantity) for line in card.quote.lines)


def _lines(card: CheckoutCard, problems: dict[str, str]) -> tuple[tuple[str, int], ...]:
    """The basket as the form has it; nothing of a line takes it out."""
    removed = request.form.get("remove", "")
    lines = []
    for variant_id, before in _ordered(card):
        name = QUANTITY + variant_id
        quantity = 0 if variant_id == removed else _quantity(request.form.get(name, str(before)).strip())
        if quantity is None:
            problems[name] = f"Enter a whole number from 0 to {MOST_OF_ONE}"
            quantity = before
        lines.append((variant_id, quantity))
    left = tuple((variant_id, quantity) for variant_id, quantity in lines if quantity)
    if left:
        return left
    problems[QUANTITY + lines[0][0]] = "Something has to stay in the basket; go back to the shop to leave it"
    return _ordered(card)


def _quantity(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= 2
    return int(text) if is_number else None


def _codes(card: CheckoutCard, code: str) -> tuple[str, ...] | None:
    dropped = request.form.get("drop_code", "")
    kept = tuple(one for one in card.codes if one.casefold() != dropped.casefold())
    codes = (*kept, code) if code and code.casefold() not in {one.casefold() for one in kept} else kept
    return codes if codes != card.codes else None


def _buyer(typed: Mapping[str, str], problems: dict[str, str]) -> Buyer | None:
    if "email" not in typed:
        return None
    is_complete = _complete(typed, NAMES, problems)
    try:
        # Each field by itself: a name that is still missing hides no mistake in the address.
        buyer = Buyer(typed["email"], typed.get("first_name", ""), typed.get("last_name", ""))
    except Invalid:
        problems.setdefault("email", "This is no e-mail address; write it like name@example.com")
        return None
    return buyer if is_complete else None


def _address(typed: Mapping[str, str], problems: dict[str, str]) -> Address | None:
    if "line1" not in typed or not _complete(typed, ADDRESS, problems):
        return None
    name = f"{typed.get('first_name', '')} {typed.get('last_name', '')}".strip()
    try:
        return Address(name, **{one: typed.get(one, "") for one in ADDRESS})
    except Invalid as refusal:
        problems["country"] = f"{refusal.message[:1].upper()}{refusal.message[1:]}"
        return None


def _complete(typed: Mapping[str, str], names: Sequence[str], problems: dict[str, str]) -> bool:
    for name in names:
        if name in REQUIRED and name in typed and not typed[name]:
            problems[name] = REQUIRED[name]
        elif len(typed.get(name, "")) > LONGEST_TYPED:
            problems[name] = f"Shorten this to {LONGEST_TYPED} characters"
    return problems.keys().isdisjoint(names)
