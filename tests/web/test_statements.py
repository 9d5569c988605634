"""Statements, payouts and the earnings page, and that docs/money.md says what the pages say."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from adengine.models import Ad
from tests.lineage import Films, explained_order
from tests.web.worlds import World, fields

DOCUMENT = Path(__file__).parents[2] / "docs" / "money.md"


@pytest.fixture
def order_id(world: World) -> str:
    return explained_order(Films(world.engine, world.merchant, world.shop.id), world.clock)


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def rows(html: str, *, after: str = "") -> list[list[str]]:
    """The cells of every row of the page's first table behind the given words, without what is said beside them."""
    html = re.sub(r'<span class="quiet">.*?</span>', "", html)
    table = re.search(r"<table.*?</table>", html[html.index(after) :], re.DOTALL)
    assert table is not None
    found = re.findall(r"<tr.*?</tr>", table[0], re.DOTALL)
    return [[text(cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)] for row in found]


def sums(html: str, heading: str) -> list[tuple[str, str]]:
    part = html[html.index(f">{heading}<") :]
    listed = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", part[: part.index("</dl>")], re.DOTALL)
    return [(text(what), text(amount)) for what, amount in listed]


def documented(heading: str) -> list[list[str]]:
    """The rows of the document's table under that heading, without its head."""
    part = DOCUMENT.read_text(encoding="utf-8").split(f"\n### {heading}\n", 1)[1].split("\n### ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]


def test_every_cent_of_the_documents_order_is_on_its_page(studio: FlaskClient, order_id: str) -> None:
    html = studio.get(f"/studio/statements/orders/{order_id}").text
    assert [list(one) for one in sums(html, "What the buyer paid")] == documented("What the buyer paid")
    assert [list(one) for one in sums(html, "What it consists of")] == documented("What it consists of")
    assert rows(html, after="Who has it")[1:] == documented("Who has it")
    assert "Each column adds up to zero" in html


def test_the_merchants_month_is_the_documents(studio: FlaskClient, world: World, order_id: str) -> None:
    html = studio.get("/studio/statements?month=2026-12").text
    assert [row[:2] + row[3:] for row in rows(html)[2:-1]] == documented("The shop's December")
    assert "Lumen & Loam, 2026-12" in unescape(html)


def test_the_csv_says_the_same_and_no_cell_of_it_is_a_formula(studio: FlaskClient, world: World, order_id: str) -> None:
    with world.engine.unit(world.merchant) as unit:
        for ad in unit.db.query(Ad):
            ad.title = "=HYPERLINK(1)"
    answer = studio.get("/studio/statements/statement.csv?month=2026-11&account=cameo:cam_lumi")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="statement-cameo-2026-11.csv"'
    head, opening, sale = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    line = dict(zip(head, sale, strict=True))
    assert (line["date"], line["film"], line["second"]) == ("2026-11-21T12:00:00Z", "'=HYPERLINK(1)", "7.4")
    assert (line["gross_minor"], line["share_percent"], line["amount_minor"]) == ("6050", "10", "605")
    assert (line["currency"], line["amount"], line["balance_minor"]) == ("EUR", "€6.05", "605")
    assert opening[4:] == ["Opening balance", "", "", "", "0", "EUR", "", "", "€0.00"]
    cells = list(csv.reader(io.StringIO(studio.get("/studio/statements/statement.csv?month=2026-12").text)))
    numbers = re.compile(r"-?[0-9]+")
    assert not [one for row in cells for one in row if one[:1] in set("=+-@\t\r") and not numbers.fullmatch(one)]


def test_a_cameos_statement_names_no_order_that_can_be_opened(studio: FlaskClient, world: World, order_id: str) -> None:
    for address in ("/studio/statements/statement.csv", "/studio/statements"):
        found = [studio.get(f"{address}?month=2026-{month}&account=cameo:cam_lumi").text for month in ("11", "12")]
        assert all(order_id not in one for one in found if address.endswith("csv"))


def test_months_and_accounts_that_are_none_are_refused_in_words(studio: FlaskClient, order_id: str) -> None:
    for query, status in (("month=2026-13", 400), ("month=x", 400), ("month=0000-01", 400), ("account=cameo:no", 404)):
        assert studio.get(f"/studio/statements?{query}").status_code == status
    assert "Nothing happened in 2020-02" in studio.get("/studio/statements?month=2020-02").text


def test_statements_need_the_shop_itself(client: FlaskClient, world: World, order_id: str) -> None:
    for address in ("", "/statement.csv", f"/orders/{order_id}", "/payouts"):
        assert client.get(f"/studio/statements{address}").status_code in {302, 303, 401}


def test_somebody_is_invited_sees_their_own_earnings_only_and_is_paid(
    studio: FlaskClient, client: FlaskClient, world: World, order_id: str
) -> None:
    page = "/studio/statements/payouts"
    form = fields(studio.get(page).text, "/invite")
    refused = studio.post(
        f"{page}/invite", data=form | {"account": "creator:studio nord", "email": "x", "country": "DE"}
    )
    assert (refused.status_code, "is not one" in refused.text) == (400, True)
    wish = {"account": "creator:studio nord", "email": "nord@example.com", "country": "de"}
    assert studio.post(f"{page}/invite", data=form | wish).status_code == 303
    links = re.findall(r'value="http://localhost(/shops/lumen/earnings/[^"]+)"', studio.get(page).text)
    address = next(one for one in links if "studio nord" in client.get(one).text)
    html = client.get(f"{address}?month=2026-11").text
    assert "Say where the money goes" in html
    assert [row[-2:] for row in rows(html)[2:-1]] == [["€1.81", "€1.81"]]
    for secret in (order_id, "Lumen & Loam, 2026", "cam_lumi", "Berlin", "Lampenweg"):
        assert secret not in unescape(html)
    onboarding = client.post(address, data=fields(html, 'method="post"')).location.removeprefix("http://localhost")
    back = client.post(onboarding, data=fields(client.get(onboarding).text)).location
    assert back == f"http://localhost{address}"
    assert "You can be paid" in client.get(address).text
    done = studio.post(page, data=fields(studio.get(page).text, 'class="inline') | {"run": "2026-12-07"})
    assert "Run 2026-12-07: 1 sent" in text(done.text)
    *_, last = csv.reader(io.StringIO(client.get(f"{address}/statement.csv?month=2026-12").text))
    assert last[4:8] == ["Paid out, run 2026-12-07", "", "", "-96"]


def test_an_earnings_address_opens_nothing_else(client: FlaskClient, world: World, order_id: str) -> None:
    for address in ("/shops/lumen/earnings/x", "/shops/rival/earnings/x", "/shops/lumen/earnings/W10.x"):
        assert client.get(address).status_code == 404


def test_one_shops_earnings_address_does_not_open_at_another(
    studio: FlaskClient, client: FlaskClient, order_id: str
) -> None:
    html = studio.get("/studio/statements/payouts").text
    link = re.findall(r'value="http://localhost/shops/lumen(/earnings/[^"]+)"', html)[0]
    assert client.get(f"/shops/lumen{link}").status_code == 200
    assert client.get(f"/shops/rival{link}").status_code == 404
