"""Where films stand in the shop: which one a product's page shows, and whose shop a checkout is."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.core.errors import Gone, LicenceRefused, NotFound
from adengine.engine import Unit
from adengine.models import Checkout, Merchant
from adengine.services import ads, experiments, showings
from adengine.services.showings import Showing


@dataclass(frozen=True)
class Placed:
    """The film for one viewer, and the running experiment that chose it, if one did."""

    showing: Showing
    experiment_id: str | None


def film_for(unit: Unit, product_id: str, viewer: str) -> Placed | None:
    """The film of a product this viewer sees: the experiment's choice, else the newest that may be shown."""
    experiment_id = experiments.running_for(unit, product_id)
    if experiment_id is not None:
        try:
            chosen = experiments.ad_for(unit, experiment_id, viewer)
            return Placed(showings.show(unit, chosen, placement="page"), experiment_id)
        except (NotFound, Gone, LicenceRefused):
            pass  # its ads were taken down: the product's other films stand outside the experiment
    newest = next(iter(ads.list_ads(unit, product_id=product_id)), None)
    return Placed(showings.show(unit, newest.id, placement="page"), None) if newest else None


def shop_name(unit: Unit, checkout_id: str) -> str:
    """The short name of the shop a checkout belongs to."""
    return unit.db.get_one(Merchant, unit.get(Checkout, checkout_id).merchant_id).name
