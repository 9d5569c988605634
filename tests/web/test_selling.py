"""Selling in the studio: what the form shows is what is kept, and what is wrong stands beside its field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page
from werkzeug.test import TestResponse

from adengine.core.money import Money
from adengine.core.selling import Discount, Policy, Selling, ShippingRate, TaxRate, TaxTable
from adengine.engine import SYSTEM
from adengine.services import merchants, selling
from adengine.services.selling import CodeCard
from tests.web.conftest import Site
from tests.web.worlds import World

PAGE, CODES = "/studio/selling", "/studio/selling/codes"


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


SHOP = Selling(
    taxes=TaxTable(
        (
            TaxRate("DE", 1900, "MwSt."),
            TaxRate("DE", 725, "MwSt.", kinds=("Book", "Tea")),
            TaxRate("US", 0, region="OR"),
        ),
        included=False,
        on_shipping=False,
    ),
    shipping=(
        ShippingRate("standard", "Standard", eur(490), ("EU", "CH"), free_over=eur(6000), most_grams=31_500),
        ShippingRate("courier", "Courier", eur(0), per_kg=eur(50), days=(0, 1)),
    ),
    terms_url="https://shop.example/terms?a=1&b=2",
    support_email="help@shop.example",
    creator_bps=250,
    holdback_days=30,
    policies=(Policy("returns", "Returns", "Within 30 days.", date(2026, 5, 1)),),  # not on the form, and kept by it
)


class Form(HTMLParser):
    """The fields of the form with an action, as a browser would send them."""

    def __init__(self, html: str, action: str) -> None:
        super().__init__()
        self.action, self.open, self.fields = action, False, dict[str, str]()
        self.marked: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = given.get("action") == self.action
        if not self.open or "name" not in given:
            return
        kind = given.get("type", "text")
        if tag == "input" and (kind not in {"radio", "checkbox"} or "checked" in given):
            self.fields[given["name"]] = given.get("value", "")
        if "aria-invalid" in given:
            self.marked[given["name"]] = given.get("aria-describedby", "")


def kept(world: World) -> Selling:
    with world.engine.reading(world.merchant) as unit:
        return selling.selling_of(unit)


def keep(world: World, given: Selling) -> None:
    with world.engine.unit(world.merchant) as unit:
        selling.set_selling(unit, given)


def codes(world: World) -> list[CodeCard]:
    with world.engine.reading(world.merchant) as unit:
        return selling.list_codes(unit)


def send(studio: FlaskClient, path: str = PAGE, **change: str) -> TestResponse:
    """Send the page's form with some fields written anew; a name's double underscore stands for a dash."""
    fields = Form(studio.get(PAGE).text, path).fields
    return studio.post(path, data=fields | {name.replace("__", "-"): text for name, text in change.items()})


@pytest.mark.parametrize("given", [Selling(), SHOP, replace(SHOP, taxes=TaxTable(included=True))])
def test_a_form_that_is_sent_unchanged_changes_nothing(studio: FlaskClient, world: World, given: Selling) -> None:
    keep(world, given)
    assert send(studio).location == f"{PAGE}?kept=1"
    assert kept(world) == given


def test_a_shop_begins_with_nothing_and_gets_what_is_written(studio: FlaskClient, world: World) -> None:
    answer = send(
        studio,
        rate__0__country="de",
        rate__0__percent="19 %",
        on_shipping="yes",
        way__0__title="Über Nacht",
        way__0__price="4,90",
        way__0__countries="eu ch",
        way__0__most_kg="31,5",
        returns_url="https://shop.example/returns",
        creator="2.5",
    )
    assert answer.status_code == 303
    night = ShippingRate("uber-nacht", "Über Nacht", eur(490), ("EU", "CH"), most_grams=31_500)
    expected = Selling(TaxTable((TaxRate("DE", 1900),)), (night,), creator_bps=250)
    assert kept(world) == replace(expected, returns_url="https://shop.example/returns")
    assert "Kept." in studio.get(answer.location).text


def test_rows_are_added_and_struck_out_and_keep_their_ids(studio: FlaskClient, world: World) -> None:
    keep(world, SHOP)
    more = {"way__2__title": "Standard", "way__2__price": "1", "rate__1__gone": "yes", "way__1__gone": "yes"}
    assert send(studio, way__0__title="Parcel", **more).status_code == 303
    after = kept(world)
    assert [(way.id, way.title) for way in after.shipping] == [("standard", "Parcel"), ("standard-1", "Standard")]
    assert [rate.place for rate in after.taxes.rates] == ["DE", "US-OR"]


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("rate-0-country", "Germany", "no country"),
        ("rate-0-country", "", "where it holds"),
        ("rate-0-percent", "a lot", "no percentage"),
        ("rate-0-percent", "", "Write the percentage"),
        ("rate-0-percent", "101", "0 to 100"),
        ("rate-0-name", "x" * 81, "1 to 80 characters"),
        ("way-0-title", "", "what buyers read"),
        ("way-0-price", "free", "no price"),
        ("way-0-price", "-1", "not below nothing"),
        ("way-0-free_over", "sixty", "no price"),
        ("way-0-per_kg", "4.9051", "decimals"),
        ("way-0-most_kg", "heavy", "kilograms"),
        ("way-0-countries", "DE, Austria", "no country"),
        ("way-0-from", "soon", "whole number"),
        ("way-0-from", "9", "fewest to the most"),
        ("terms_url", "javascript:alert(1)", "web address"),
        ("privacy_url", "https://" + "x" * 3000, "most 2000"),
        ("support_email", "nobody", "e-mail"),
        ("creator", "101", "0 to 100"),
        ("holdback", "", "after how many days"),
        ("holdback", "400", "365"),
    ],
)
def test_a_wrong_field_is_told_beside_it_and_nothing_is_kept_or_lost(
    studio: FlaskClient, world: World, field: str, text: str, words: str
) -> None:
    keep(world, SHOP)
    answer = send(studio, **{field: text, "way-2-title": "Half written <b>"})
    assert answer.status_code == 400
    form = Form(answer.text, PAGE)
    assert set(form.marked) >= {"way-2-price"}
    told = [more for name, more in form.marked.items() if name.rsplit("-", 1)[0] == field.rsplit("-", 1)[0]]
    assert told
    assert any(words in answer.text.split(f'id="{more}"')[1].split("</small>")[0] for more in told)
    assert form.fields[field] == text
    assert form.fields["way-2-title"] == "Half written <b>"
    assert kept(world) == SHOP


def test_two_rates_for_one_place_are_told(studio: FlaskClient, world: World) -> None:
    keep(world, SHOP)
    answer = send(studio, rate__3__country="DE", rate__3__percent="16")
    assert (answer.status_code, kept(world)) == (400, SHOP)
    assert "There are two tax rates for DE" in answer.text


def test_a_code_is_made_shown_and_withdrawn(studio: FlaskClient, world: World) -> None:
    given = {"code": "mugs", "off": "7,5", "unit": "percent", "title": "Mugs & more", "products": "mug, mug"}
    answer = send(studio, CODES, **given, minimum="20", starts="2026-12-01", ends="2026-12-31", most_uses="50")
    assert answer.location == f"{PAGE}?made=MUGS#codes"
    (card,) = codes(world)
    assert (card.discount.bps, card.products, card.discount.minimum) == (750, ("mug",), eur(2000))
    assert (str(card.discount.starts), str(card.discount.last_day)) == ("2026-12-01 00:00:00+00:00", "2026-12-31")
    shown = studio.get(PAGE).text
    assert all(text in shown for text in ("Mugs &amp; more", "7.5\N{NO-BREAK SPACE}% from €20.00 on", "0 of 50"))
    assert send(studio, f"{CODES}/withdraw").location == f"{PAGE}?withdrawn=MUGS#codes"
    assert [one.is_withdrawn for one in codes(world)] == [True]
    assert 'type="submit" aria-label="Withdraw' not in studio.get(PAGE).text


def test_a_code_may_take_off_an_amount_beside_others(studio: FlaskClient, world: World) -> None:
    assert send(studio, CODES, code="five", off="5", unit="amount", combines="yes").status_code == 303
    assert codes(world)[0].discount == Discount("FIVE", "FIVE", amount=eur(500), combines=True)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("code", "", "Write the code"),
        ("code", "half price", "cannot be a code"),
        ("off", "", "how much it takes off"),
        ("off", "101", "0 to 100"),
        ("off", "much", "no percentage"),
        ("minimum", "a lot", "no price"),
        ("starts", "tomorrow", "no day"),
        ("ends", "2026-11-30", "before the first"),
        ("most_uses", "many", "whole number"),
        ("products", "mug sofa", "no product &#39;sofa&#39;"),
    ],
)
def test_a_code_that_cannot_be_made_says_why_beside_its_field(
    studio: FlaskClient, world: World, field: str, text: str, words: str
) -> None:
    given = {"code": "SPRING", "off": "10", "unit": "percent", "starts": "2026-12-01", "products": "mug"}
    answer = send(studio, CODES, **given | {field: text})
    assert answer.status_code in {400, 404}
    form = Form(answer.text, CODES)
    assert words in answer.text.split(f'id="{form.marked[field]}"')[1].split("</small>")[0]
    assert form.fields["code"] == (text if field == "code" else "SPRING")
    assert codes(world) == []


def test_a_code_that_is_there_already_is_told_and_the_same_again_is_not(studio: FlaskClient, world: World) -> None:
    for off, status in (("10", 303), ("10", 303), ("20", 409)):
        answer = send(studio, CODES, code="SPRING", off=off, unit="percent")
        assert answer.status_code == status
    assert "withdraw it first" in answer.text
    assert [one.discount.bps for one in codes(world)] == [1000]


def test_whoever_is_not_signed_in_sees_and_changes_nothing(client: FlaskClient, world: World) -> None:
    assert client.get(PAGE).status_code == 303
    assert client.post(PAGE, data={"holdback": "1"}).status_code == 403
    assert kept(world) == Selling()


def test_the_api_lets_only_merchants_set_prices(client: FlaskClient, world: World) -> None:
    with world.engine.unit(SYSTEM) as unit:
        agent = merchants.make_token(unit, world.shop, kind="agent")
    asked = {"holdback_days": 0}
    for method, path, body in (
        ("GET", "selling", None),
        ("PUT", "selling", asked),
        ("GET", "codes", None),
        ("POST", "codes", {"code": "FREE", "title": "Free", "bps": 10_000}),
        ("POST", "codes/FREE/withdraw", None),
    ):
        headers = {"Authorization": f"Bearer {agent}"}
        assert client.open(f"/api/v1/{path}", method=method, json=body, headers=headers).status_code == 403
    assert (kept(world), codes(world)) == (Selling(), [])


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("PUT", "selling", {"terms_url": "javascript:alert(1)"}, "web address"),
        ("PUT", "selling", {"taxes": {"rates": [{"country": "DE", "bps": "19 %"}]}}, "taxes.rates.0.bps"),
        ("PUT", "selling", {"shiping": []}, "shiping"),
        (
            "PUT",
            "selling",
            {"shipping": [{"id": "post", "title": "Post", "price": {"minor": 1, "currency": "USD"}}]},
            "sells in EUR",
        ),
        ("POST", "codes", {"code": "FREE", "title": "Free"}, "either a share or an amount"),
        ("POST", "codes", {"code": "FREE", "title": "Free", "bps": 10, "ends": "2027-01-01T00:00:00"}, "time zone"),
        ("POST", "codes/NOPE/withdraw", None, "no code"),
    ],
)
def test_the_api_refuses_what_makes_no_sense_in_words(
    client: FlaskClient, world: World, method: str, path: str, body: object, words: str
) -> None:
    headers = {"Authorization": f"Bearer {world.token}"}
    answer = client.open(f"/api/v1/{path}", method=method, json=body, headers=headers)
    assert answer.status_code in {400, 404}
    assert words in answer.json["error"]["message"]
    assert (kept(world), codes(world)) == (Selling(), [])


@pytest.fixture
def lent(site: Site) -> Iterator[Site]:
    """The site that all browser tests share; it sells as before afterwards."""
    yield site
    with site.world.engine.unit(site.world.merchant) as unit:
        selling.set_selling(unit, Selling())
        for card in selling.list_codes(unit):
            selling.withdraw_code(unit, card.discount.code)


def test_a_shop_is_set_up_by_keyboard_alone_on_a_phone(phone: Page, lent: Site) -> None:
    phone.goto(f"{lent.url}/sign-in?token={lent.world.token}&next={PAGE}")
    phone.focus("#rate-0-country")
    for text in ("DE", "19", "MwSt."):
        phone.keyboard.type(text)
        phone.keyboard.press("Tab")
    phone.focus("#way-0-title")
    for text in ("Standard", "4.90", "60"):
        phone.keyboard.type(text)
        phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("[role=status]")
    given = kept(lent.world)
    assert given.taxes.rates == (TaxRate("DE", 1900, "MwSt."),)
    assert given.shipping == (ShippingRate("standard", "Standard", eur(490), free_over=eur(6000)),)
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
