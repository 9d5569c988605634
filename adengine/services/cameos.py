"""Licensed appearances: enrol, license, authorize every use, revoke."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import func, select

from adengine.core import catalog as values
from adengine.core.cameo import Decision, Terms, Use, permits
from adengine.core.disclosure import label_for
from adengine.core.errors import Conflict, Invalid, LicenceRefused, NotFound
from adengine.core.storyboard import CameoPart
from adengine.engine import Actor, AdEngine, Unit
from adengine.models import Ad, Cameo, Grant, Licence, new_id

Moment = Literal["plan", "render", "publish", "serve"]


@dataclass(frozen=True)
class Appearance:
    """A cameo with its licence as pages and tools show it."""

    id: str
    name: str
    title: str
    kind: str
    still: str
    licence_id: str
    terms: Terms
    revoked_at: datetime | None
    ads: int
    earned: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedUse:
    """What a use is about, beside the licence and the moment: the product and the words said with it.

    `is_remix`: the licence is that of a film which this one was remixed from.
    """

    product: values.Product
    text: str
    language: str = "en"
    endorsement: bool = False
    ad_id: str | None = None
    is_remix: bool = False


def enrol(engine: AdEngine, actor: Actor, name: str, *, title: str, kind: str, clip: Path, still: Path) -> str:
    """Keep a cameo's clip and portrait; a second call with the same name answers the first one's id."""
    named = select(Cameo).where(Cameo.name == name)
    with engine.reading(actor) as unit:
        unit.require("cameos:write")
        known = unit.db.scalar(named)
    if known is not None:
        return known.id
    cameo_id = new_id("cam")
    keys = {part: f"cameos/{cameo_id}/{part}{path.suffix}" for part, path in (("clip", clip), ("still", still))}
    engine.ports.files.put(keys["clip"], clip)
    engine.ports.files.put(keys["still"], still)
    with engine.unit(actor) as unit:
        row, _ = unit.once(
            lambda: unit.db.scalar(named),
            lambda: unit.own(Cameo, id=cameo_id, name=name, title=title, kind=kind, created_at=unit.now(), **keys),
        )
        return row.id


def license_cameo(unit: Unit, cameo_id: str, terms: Terms) -> str:
    """Record the terms the cameo's owner agreed to; answers the licence id."""
    unit.require("cameos:write")
    unit.get(Cameo, cameo_id)
    if unit.merchant_id not in terms.merchant_ids:
        raise Invalid("the terms name other merchants than this one; add its id to merchant_ids")
    row = unit.own(Licence, id=new_id("lic"), cameo_id=cameo_id, terms=terms, created_at=unit.now())
    unit.tell(f"licence://{row.id}")
    unit.db.flush()
    return row.id


def find_licence(unit: Unit, cameo: str) -> Licence:
    """The newest licence of a cameo, by its name or id; raises NotFound naming the cameos there are."""
    key = unicodedata.normalize("NFKC", cameo).casefold()
    row = unit.db.scalar(
        select(Licence)
        .join(Cameo, Cameo.id == Licence.cameo_id)
        .where((func.lower(Cameo.name) == key) | (Cameo.id == cameo))
        .order_by(Licence.revoked_at.is_not(None), Licence.created_at.desc())
        .limit(1)
    )
    if row is None:
        names = ", ".join(unit.db.scalars(select(Cameo.name).order_by(Cameo.name))) or "none yet"
        raise NotFound(f"there is no licensed appearance '{cameo[:60]}'; licensed here: {names}")
    return row


def part_of(unit: Unit, licence: Licence) -> CameoPart:
    """What a film needs to show the cameo, with the disclosure that has to stand beside it."""
    row = unit.get(Cameo, licence.cameo_id)
    kind: Literal["character", "person"] = "person" if row.kind == "person" else "character"
    label = label_for(kind, True, unit.settings.territory)
    return CameoPart(row.id, row.title, row.clip, row.still, licence.terms.disclosure or label.text)


def authorize(unit: Unit, licence_id: str, moment: Moment, about: PlannedUse, *, placement: str = "page") -> None:
    """Raise LicenceRefused, naming the deciding clause, unless the licence permits this use now.

    Decisions at plan, render and publish are kept as grants; serving asks anew each time and keeps nothing.
    """
    decision, title = decide(unit, licence_id, moment, about, placement=placement)
    if moment != "serve" and decision.allowed:
        unit.own(
            Grant,
            licence_id=licence_id,
            ad_id=about.ad_id,
            moment=moment,
            placement=placement,
            allowed=True,
            clause=decision.clause,
            reason=decision.reason,
            at=unit.now(),
        )
    if not decision.allowed:
        raise LicenceRefused(f"{title}: {decision.reason} (clause '{decision.clause}')", clause=decision.clause)


def decide(
    unit: Unit,
    licence_id: str,
    moment: Moment,
    about: PlannedUse,
    *,
    placement: str = "page",
    territory: str = "",
    at: datetime | None = None,
) -> tuple[Decision, str]:
    """The decision without its consequences, and the appearance's name; here and now, if not said otherwise."""
    licence = unit.get(Licence, licence_id)
    use = Use(
        moment=moment,
        merchant_id=licence.merchant_id,
        purpose="advertising",
        placement=placement,
        territory=territory or unit.settings.territory,
        product_kind=about.product.kind,
        text=about.text,
        language=about.language,
        at=at or unit.now(),
        is_remix=about.is_remix,
        ads_so_far=0 if licence.terms.max_ads is None else _ads_with(unit, licence_id, besides=about.ad_id),
        is_approved=False,  # approving drafts is not built yet, so a licence that needs it is refused
        endorsement=about.endorsement,
    )
    return permits(licence.terms, use, revoked_at=licence.revoked_at), unit.get(Cameo, licence.cameo_id).title


def withdraw(unit: Unit, licence_id: str) -> None:
    """Mark a licence revoked; raises Conflict when it already is. `ads.revoke` also takes its films down."""
    unit.require("cameos:write")
    licence = unit.get(Licence, licence_id, lock=True)
    if licence.revoked_at is not None:
        raise Conflict("this licence is revoked already")
    licence.revoked_at = unit.now()
    unit.tell(f"licence://{licence.id}")
    unit.db.flush()


def list_appearances(unit: Unit) -> list[Appearance]:
    """Every licensed appearance with its terms and the number of its ads."""
    unit.require("cameos:read")
    rows = unit.db.execute(
        select(Cameo, Licence).join(Licence, Licence.cameo_id == Cameo.id).order_by(Cameo.name, Licence.created_at)
    )
    return [
        Appearance(
            id=cameo.id,
            name=cameo.name,
            title=cameo.title,
            kind=cameo.kind,
            still=cameo.still,
            licence_id=licence.id,
            terms=licence.terms,
            revoked_at=licence.revoked_at,
            ads=_ads_with(unit, licence.id, besides=None),
        )
        for cameo, licence in rows
    ]


def _ads_with(unit: Unit, licence_id: str, *, besides: str | None) -> int:
    query = (
        select(func.count())
        .select_from(Ad)
        .where(Ad.licence_id == licence_id, Ad.status.not_in(["failed", "refused", "retired"]))
    )
    if besides is not None:
        query = query.where(Ad.id != besides)
    return unit.db.scalar(query) or 0
