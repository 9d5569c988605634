"""Quality checks: what the lint says of an ad, from its measurements and what the shop knows on the day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from adengine.core import catalog as values
from adengine.core.cameo import Decision
from adengine.core.creative import Brief
from adengine.core.lint import Report, facts_of, lint, measured_film, sibling_of
from adengine.core.preflight import Facts, Measured, Sibling
from adengine.engine import Unit
from adengine.models import Ad, Preview
from adengine.services import ads, cameos, planning

MOST_SIBLINGS = 20


def report_of(unit: Unit, ad_id: str) -> Report:
    """What the check of an ad's film says: as kept when it was rendered, else of what is planned, unmeasured."""
    unit.require("ads:write")
    ad = unit.get(Ad, ad_id)
    return ad.lint or checked(unit, ad, measured_film(ad.film) if ad.film else None)


def checked(unit: Unit, film: Ad | Preview, measured: Measured | None) -> Report:
    """Check an ad or a preview by every rule, against the shop's data of now."""
    product = planning.product_of(unit, film.product_id)
    return lint(
        film.timeline,
        storyboard=film.storyboard,
        measured=measured,
        placements=[unit.ports.placements[name] for name in film.brief.placements if name in unit.ports.placements],
        facts=_facts(unit, film.brief, product),
        licence=_licence(unit, film, product),
        siblings=_siblings(unit, film),
    )


def _facts(unit: Unit, brief: Brief, product: values.Product) -> Facts:
    return facts_of(
        product,
        was_lowest=planning.refreshed(unit, brief, product).was_lowest,
        offer_ends=date.fromisoformat(brief.offer_ends) if brief.offer_ends else None,
        today=unit.now().date(),
        companions=tuple(planning.companion_products(unit, brief)),
    )


def _licence(unit: Unit, film: Ad | Preview, product: values.Product) -> Decision | None:
    if film.licence_id is None:
        return None
    return cameos.decide(unit, film.licence_id, "publish", ads.use_of(unit, film, product))[0]


def _siblings(unit: Unit, film: Ad | Preview) -> list[Sibling]:
    """The product's other films that may stand beside this one: same format, not taken down, newest first."""
    rows = unit.db.scalars(
        select(Ad)
        .where(Ad.product_id == film.product_id, Ad.id != film.id, Ad.status.not_in(["failed", "refused", "retired"]))
        .order_by(Ad.created_at.desc(), Ad.id)
        .limit(MOST_SIBLINGS)
    )
    return [sibling_of(one.title, one.timeline) for one in rows if one.brief.format == film.brief.format]
