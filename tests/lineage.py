"""Films with licences, parents and makers, planned but never rendered; and the order that docs/money.md explains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from adengine.core.cameo import Terms
from adengine.core.ledger import Split
from adengine.core.money import Money
from adengine.core.selling import Selling, ShippingRate, TaxRate, TaxTable
from adengine.engine import Actor, AdEngine, Unit
from adengine.models import Ad, Cameo, Merchant
from adengine.services import ads, cameos, earnings, payouts
from adengine.services.planning import AdWish
from tests.fakes import Clock
from tests.sales import payee, price, refund, sell


@dataclass
class Films:
    """Makes licensed appearances and films of the desk's shop."""

    engine: AdEngine
    merchant: Actor
    shop_id: str

    def licence(self, name: str, bps: int) -> str:
        with self.engine.unit(self.merchant) as unit:
            cameo = unit.own(
                Cameo, id=f"cam_{name}", name=name, kind="character", title=name.title(), clip="", still="",
                created_at=unit.now(),
            )  # fmt: skip
            unit.db.flush()
            return self.another(unit, cameo.id, bps)

    def another(self, unit: Unit, cameo_id: str, bps: int) -> str:
        terms = Terms(
            subject=cameo_id, purposes=("advertising",), placements=("*",), territories=("*",),
            starts=unit.now() - timedelta(days=1), merchant_ids=(self.shop_id,), remix=True, share_bps=bps,
        )  # fmt: skip
        return cameos.license_cameo(unit, cameo_id, terms)

    def film(self, *, licence: str | None = None, parent: str | None = None, creator: str = "") -> str:
        with self.engine.unit(self.merchant) as unit:
            ad = unit.get(Ad, ads.create_ad(unit, AdWish("mug", seconds=6)).id)
            ad.licence_id, ad.parent_id, ad.creator = licence, parent, creator
            return ad.id

    def split(self, ad_id: str | None) -> Split:
        with self.engine.reading(self.merchant) as unit:
            return earnings.split_of(unit, ad_id)


SELLING = Selling(
    taxes=TaxTable((TaxRate("DE", 1900, "VAT"),)),
    shipping=(ShippingRate("post", "Parcel", Money(490, "EUR")),),
    creator_bps=300,
    holdback_days=14,
)


def explained_order(films: Films, clock: Clock) -> str:
    """The order of docs/money.md: two mugs by a remix, with code and tax, paid out, one mug sent back; its id."""
    original = films.film(licence=films.licence("nix", 400), creator="studio nord")
    remix = films.film(licence=films.licence("lumi", 1000), parent=original)
    with films.engine.unit(films.merchant) as unit:
        unit.get(Ad, original).title = "A mug for the morning"
        unit.get(Ad, remix).title = "A mug for the evening"
        unit.db.get_one(Merchant, films.shop_id).selling = SELLING
        priced = price(4000, selling=SELLING, off=1000, quantity=2)
        order_id = sell(unit, priced, earnings.split_of(unit, remix), ad_id=remix, second=7.4)
        for account in (f"merchant:{films.shop_id}", "cameo:cam_lumi", "cameo:cam_nix"):
            payee(unit, account)
    clock.forward(days=14)
    payouts.pay_out(films.engine, films.merchant, run="2026-12-05")
    clock.forward(days=2)
    with films.engine.unit(films.merchant) as unit:
        refund(unit, order_id, 3600)
        owed = payouts.owed(unit)
    for _, reversal_id in owed:
        payouts.finish(films.engine, films.merchant, reversal_id)
    return order_id
