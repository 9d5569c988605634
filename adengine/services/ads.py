"""Ads: planned from a product and a template, rendered as jobs, published, refreshed, taken down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import JSON, Text, cast, select, type_coerce

from adengine.core import catalog as values
from adengine.core.commerce import move
from adengine.core.creative import Brief
from adengine.core.errors import Conflict, Gone, Invalid, LicenceRefused, NotFound
from adengine.core.film import Film
from adengine.core.lint import Report
from adengine.core.storyboard import Storyboard
from adengine.core.timeline import lay_out
from adengine.engine import Unit
from adengine.models import Ad, Preview, Shot, new_id
from adengine.services import cameos, earnings, experiments, planning
from adengine.services.cameos import PlannedUse
from adengine.services.planning import AdWish, Planned

LIVE = ("published", "paused")
LONGEST_NAME = 80
REVOKED = "its licence was revoked (clause 'revoked')"
CHANGED = "the shop's data changed; the film is being made anew"


@dataclass(frozen=True)
class AdCard:
    """An ad as lists and job pages show it."""

    id: str
    title: str
    product_id: str
    template: str
    format: str
    seconds: int
    status: str
    reason: str
    frames_done: int
    frames: int
    film: Film | None
    licence_id: str | None
    style: str
    locale: str
    fps: int
    lint: Report | None
    shots: tuple[tuple[str, float], ...] = ()
    parent_id: str | None = None
    created_at: datetime | None = None
    published_at: datetime | None = None
    attempt: int = 0

    @property
    def percent(self) -> int:
        return 100 if self.film else min(99, 100 * self.frames_done // max(1, self.frames))

    @property
    def is_live(self) -> bool:
        return self.status == "published"

    @property
    def is_shown(self) -> bool:
        """Whether its merchant may still look at the film."""
        return self.film is not None and self.status not in {"retired", "refused"}

    @property
    def is_settled(self) -> bool:
        return self.status not in {"planned", "shooting", "queued", "rendering"}


def create_ad(unit: Unit, wish: AdWish) -> AdCard:
    """Plan the ad, ask the licence, and queue its shots or its film; answers the ad as it stands."""
    unit.require("ads:write")
    plan = planning.planned(unit, wish)
    ad, is_new = unit.once(lambda: _asked_before(unit, wish, plan), lambda: _planned(unit, wish, plan))
    if not is_new:
        return card(ad)
    authorize(unit, ad, "plan", plan.product)
    if wish.generator == "studio":
        queue_film(unit, ad)
    else:
        _order_shot(unit, ad, plan.product, wish.generator)
    return card(ad)


def _planned(unit: Unit, wish: AdWish, plan: Planned) -> Ad:
    return unit.own(
        Ad,
        id=new_id("ad"),
        product_id=plan.product.id,
        licence_id=plan.licence.id if plan.licence else None,
        parent_id=_remixable(unit, wish.remix_of) if wish.remix_of else None,
        creator=_maker(wish.creator),
        request_key=wish.request_key,
        title=f"{plan.product.title}, {planning.template_named(unit, plan.brief.template).title.lower()}"[:300],
        brief=plan.brief,
        storyboard=plan.storyboard,
        timeline=lay_out(plan.storyboard),
        status="planned",
        to_publish=wish.publish,
        to_compare=wish.compare,
        frames_done=0,
        attempt=0,
        losses=0,
        created_at=unit.now(),
        shots=[],
    )


def _asked_before(unit: Unit, wish: AdWish, plan: Planned) -> Ad | None:
    if not wish.request_key:
        return None
    ad = unit.db.scalar(select(Ad).where(Ad.request_key == wish.request_key))
    wished = (plan.product.id, _asked(plan.brief), wish.remix_of or None, wish.creator.strip())
    if ad is not None and (ad.product_id, _asked(ad.brief), ad.parent_id, ad.creator) != wished:
        raise Conflict("this request key was used for another ad; use a new one")
    return ad


def _remixable(unit: Unit, ad_id: str) -> str:
    """The id of an ad that another may be made after; its licences are asked like the film's own."""
    parent = unit.get(Ad, ad_id)
    if parent.status in {"failed", "refused", "retired"}:
        raise Conflict(f"the film to remix is {parent.status}; choose one that is made or on show")
    if len(earnings.lineage(unit, ad_id)) >= earnings.LONGEST_LINEAGE:
        raise Conflict("this film is a remix of a remix too many times over; start from an earlier one")
    return parent.id


def _maker(name: str) -> str:
    if len(name.strip()) > LONGEST_NAME or not name.isprintable():
        raise Invalid(f"a creator's name is one line of at most {LONGEST_NAME} characters")
    return name.strip()


def _asked(brief: Brief) -> Brief:
    """The brief as the merchant gave it, without what we found out for it."""
    return replace(brief, was_lowest=None, clip=None, companions=())


def get_ad(unit: Unit, ad_id: str, *, placement: str = "page") -> AdCard:
    """An ad in any state, for its merchant; for everybody else published ones that may be served in this place."""
    unit.require("catalog:read")
    ad = unit.get(Ad, ad_id)
    if not unit.actor.sees_costs:
        if ad.status != "published":
            raise taken_down(ad)
        authorize(unit, ad, "serve", planning.product_of(unit, ad.product_id), placement)
        return public_card(ad)
    return card(ad)


def get_render(unit: Unit, ad_id: str) -> AdCard:
    """How far an ad of the merchant's is, whatever its state."""
    unit.require("ads:write")
    return card(unit.get(Ad, ad_id))


def shots_of(unit: Unit, ad_id: str) -> list[str]:
    """Ids of the clips an ad still waits for."""
    unit.require("ads:write")
    return [shot.id for shot in unit.get(Ad, ad_id).shots if shot.status != "ready"]


def list_ads(unit: Unit, *, product_id: str | None = None, placement: str = "page") -> list[AdCard]:
    """Ads, newest first; shoppers and agents see published ones whose licence allows to serve them here and now."""
    unit.require("catalog:read")
    query = select(Ad).order_by(Ad.created_at.desc(), Ad.id)
    if product_id is not None:
        query = query.where(Ad.product_id == product_id)
    if unit.actor.sees_costs:
        return [card(ad) for ad in unit.db.scalars(query)]
    published = unit.db.scalars(query.where(Ad.status == "published")).all()
    return [public_card(ad) for ad in published if may_serve(unit, ad, placement)]


def publish(unit: Unit, ad_id: str) -> AdCard:
    """Put a finished ad in front of people; refused when its licence does not allow it.

    An ad that shows something no longer true is made anew first, and published when that is done.
    """
    unit.require("ads:write")
    ad = unit.get(Ad, ad_id, lock=True)
    if ad.status == "published":
        return card(ad)
    put_out(unit, ad)
    return card(ad)


def retire(unit: Unit, ad_id: str, reason: str = "taken down by the merchant") -> AdCard:
    """Take an ad off every surface for good; a render under way loses its place."""
    unit.require("ads:write")
    ad = unit.get(Ad, ad_id, lock=True)
    if ad.status != "retired":
        _retire(unit, ad, reason)
    return card(ad)


def cancel(unit: Unit, ad_id: str, reason: str = "cancelled by the merchant") -> AdCard:
    """Stop the making of an ad that has no film yet, for good: it is retired, and whoever works on it stops.

    Any other ad stays as it is; `retire` takes films down.
    """
    unit.require("ads:write")
    ad = unit.get(Ad, ad_id, lock=True)
    if ad.film is None and not card(ad).is_settled:
        _retire(unit, ad, reason)
    return card(ad)


def retry(unit: Unit, ad_id: str) -> AdCard:
    """Queue a failed ad again."""
    unit.require("ads:write")
    ad = unit.get(Ad, ad_id, lock=True)
    if ad.status != "failed":
        raise Conflict(f"only a failed ad can be tried again; this one is {ad.status}")
    replan(unit, ad, planning.product_of(unit, ad.product_id))
    lost = [shot for shot in ad.shots if shot.status == "failed"]
    ad.losses = 0
    if not lost:
        queue_film(unit, ad)
        return card(ad)
    move_ad(ad, "shooting")
    for shot in lost:
        shot.status, shot.losses = "queued", 0
        shot.lease_until = unit.now() + timedelta(seconds=int(unit.settings.lease_s))
        unit.later("generate", shot.id)
    return card(ad)


def revoke(unit: Unit, licence_id: str) -> list[str]:
    """Withdraw a licence and take down every ad that lives by it, in the same transaction; answers their ids.

    Remixes of such an ad, and remixes of those, live by it too.
    """
    cameos.withdraw(unit, licence_id)
    rows = unit.db.scalars(
        select(Ad)
        .where(Ad.id.in_(living_by(unit, licence_id)), Ad.status != "retired")
        .order_by(Ad.id)
        .with_for_update(key_share=True)
    ).all()
    for ad in rows:
        _retire(unit, ad, REVOKED)
    return [ad.id for ad in rows]


def living_by(unit: Unit, licence_id: str) -> set[str]:
    """The ids of all films under a licence: those that show the appearance, and remixes of them."""
    newest = set(unit.db.scalars(select(Ad.id).where(Ad.licence_id == licence_id)))
    found = set(newest)
    while newest:
        newest = set(unit.db.scalars(select(Ad.id).where(Ad.parent_id.in_(newest)))) - found
        found |= newest
    return found


def refresh_stale(unit: Unit, product: values.Product) -> int:
    """Plan anew every ad that shows something of the product no longer true; live ones pause until re-rendered."""
    # A companion's id stands in the brief of the ads that show it beside their own product.
    shows_it = (Ad.product_id == product.id) | cast(Ad.brief, Text).contains(f'"{product.id}"', autoescape=True)
    rows = unit.db.scalars(
        select(Ad)
        .where(shows_it, Ad.status.in_(["queued", "rendering", "ready", *LIVE]))
        .order_by(Ad.id)
        .with_for_update(key_share=True)
    ).all()
    own = {ad.id: product if ad.product_id == product.id else planning.product_of(unit, ad.product_id) for ad in rows}
    return sum(_refresh(unit, ad, own[ad.id]) for ad in rows)


def offers_ended(unit: Unit) -> list[tuple[str, str]]:
    """(Merchant id, ad id) of every published ad whose offer had its last day before today, in UTC."""
    ends = type_coerce(Ad.brief, JSON)["offer_ends"].as_string()
    ended = select(Ad.merchant_id, Ad.id).where(Ad.status == "published", ends != "", ends < _today(unit))
    return [(merchant_id, ad_id) for merchant_id, ad_id in unit.db.execute(ended.order_by(Ad.id))]


def end_offer(unit: Unit, ad_id: str) -> None:
    """Hold a published ad back if its offer has ended; a film without it is another film, which its merchant makes."""
    unit.require("ads:write")
    ad = unit.get(Ad, ad_id, lock=True)
    ends = ad.brief.offer_ends
    if ad.status == "published" and ends and ends < _today(unit):
        _hold(unit, ad, f"the offer ended on {ends}; make a new film with another last day or without one")


def _today(unit: Unit) -> str:
    return unit.now().date().isoformat()


def card(ad: Ad) -> AdCard:
    return AdCard(
        id=ad.id,
        title=ad.title,
        product_id=ad.product_id,
        template=ad.brief.template,
        format=ad.brief.format,
        seconds=ad.brief.seconds,
        status=ad.status,
        reason=ad.reason,
        frames_done=ad.frames_done,
        frames=ad.timeline.frames,
        film=ad.film,
        licence_id=ad.licence_id,
        style=ad.storyboard.style.name,
        locale=ad.brief.locale,
        fps=ad.timeline.fps,
        lint=ad.lint,
        shots=() if ad.film else tuple((shot.status, shot.progress) for shot in ad.shots),  # a film is past them
        parent_id=ad.parent_id,
        created_at=ad.created_at,
        published_at=ad.published_at,
        attempt=ad.attempt,
    )


def use_of(unit: Unit, ad: Ad | Preview, product: values.Product) -> PlannedUse:
    """What the licence of a film is asked about: its product and every word seen or spoken in it."""
    return replace(planned_use(unit, ad.brief, ad.storyboard, product), ad_id=ad.id)


def planned_use(unit: Unit, brief: Brief, storyboard: Storyboard, product: values.Product) -> PlannedUse:
    """What a licence is asked about a film that is only planned so far."""
    return PlannedUse(
        product=product,
        text=" ".join([*_words(storyboard), brief.headline or "", product.title]),
        language=brief.locale.split("-")[0],
        endorsement=planning.is_endorsement(unit, brief),
    )


def _words(storyboard: Storyboard) -> Iterator[str]:
    for shot in storyboard.shots:
        yield shot.speech
        yield from (text.text for text in (*shot.texts, *(one for row in shot.rows for one in row.texts)))


def public_card(ad: Ad) -> AdCard:
    """The card without what the check says, which is between the merchant and us."""
    return replace(card(ad), lint=None)


def licences_of(unit: Unit, ad: Ad) -> dict[str, bool]:
    """Every licence a film lives by: its own, and as remixes (True) those of the films it was remixed from."""
    own = {ad.licence_id: False} if ad.licence_id else {}
    return own | {film.licence_id: True for film in earnings.lineage(unit, ad.parent_id) if film.licence_id}


def authorize(unit: Unit, ad: Ad, moment: cameos.Moment, product: values.Product, placement: str = "page") -> None:
    """Ask every licence that an ad lives by; raises LicenceRefused."""
    for licence_id, is_remix in licences_of(unit, ad).items():
        use = replace(use_of(unit, ad, product), is_remix=is_remix)
        cameos.authorize(unit, licence_id, moment, use, placement=placement)


def may_serve(unit: Unit, ad: Ad, placement: str) -> bool:
    """Whether every licence of a film allows showing it in this place, here and now."""
    licences = licences_of(unit, ad)
    if not licences:
        return True
    use = use_of(unit, ad, planning.product_of(unit, ad.product_id))
    return all(
        cameos.decide(unit, licence_id, "serve", replace(use, is_remix=is_remix), placement=placement)[0].allowed
        for licence_id, is_remix in licences.items()
    )


def still_licensed(unit: Unit, ad: Ad, moment: cameos.Moment) -> bool:
    try:
        authorize(unit, ad, moment, planning.product_of(unit, ad.product_id))
    except LicenceRefused as refusal:
        move_ad(ad, "refused")
        ad.reason = refusal.message
        return False
    return True


def _order_shot(unit: Unit, ad: Ad, product: values.Product, generator: str) -> None:
    unit.ports.generator(generator)  # refuses before anything is promised
    photo = next((one for one in product.images if not one.has_alpha), product.images[0])
    shot = unit.own(
        Shot,
        id=new_id("shot"),
        ad_id=ad.id,
        number=1,
        generator=generator,
        prompt=f"{product.title}, slow cinematic push-in, soft natural light, product photography",
        image=photo.file,
        seed=ad.brief.seed,
        status="queued",
        lease_until=unit.now() + timedelta(seconds=int(unit.settings.lease_s)),
        losses=0,
        attempt=0,
        progress=0.0,
        clip="",
        provenance=(),
    )
    unit.db.flush()
    move_ad(ad, "shooting")
    unit.later("generate", shot.id)


def queue_film(unit: Unit, ad: Ad) -> None:
    move_ad(ad, "queued")
    ad.reason = ""
    ad.lease_until = unit.now() + timedelta(seconds=int(unit.settings.lease_s))
    unit.later("render", ad.id)


def put_out(unit: Unit, ad: Ad) -> None:
    """Publish the ad, or make it anew first if it shows something no longer true; raises LicenceRefused, Invalid."""
    product = planning.product_of(unit, ad.product_id)
    authorize(unit, ad, "publish", product)
    if replan(unit, ad, product):
        ad.to_publish = True
        queue_film(unit, ad)
        ad.reason = CHANGED
        return
    move_ad(ad, "published")
    unit.tell(f"ad://{ad.id}")
    ad.reason, ad.published_at, ad.to_publish = "", unit.now(), False
    if ad.to_compare and ad.parent_id:
        _compare(unit, ad, ad.parent_id)


def _compare(unit: Unit, ad: Ad, parent_id: str) -> None:
    """Start the test of a remix against its parent; where that cannot be, the film is on show all the same."""
    ad.to_compare = False
    try:
        experiments.start(
            unit, f"{ad.brief.headline or ad.title}, against the film it was made after", [parent_id, ad.id]
        )
    except (Conflict, Invalid) as error:
        ad.reason = f"on show, but not compared: {error.message}"[:500]


def _retire(unit: Unit, ad: Ad, reason: str) -> None:
    move_ad(ad, "retired")
    unit.tell(f"ad://{ad.id}")
    ad.reason, ad.lease_until, ad.to_publish = reason, None, False


def replan(unit: Unit, ad: Ad, product: values.Product, *, clip: str | None = None) -> bool:
    """Plan the ad from the shop's data of now; True when it says or shows something else than before.

    Raises Invalid when it can no longer be planned, as when nothing of the product can be bought.
    """
    brief = planning.refreshed(unit, ad.brief, product, clip=clip)
    storyboard = planning.storyboard_for(unit, *planning.as_shown(ad.storyboard, brief, product))
    if storyboard == ad.storyboard:
        return False
    ad.brief, ad.storyboard, ad.timeline, ad.lint = brief, storyboard, lay_out(storyboard), None
    return True


def _refresh(unit: Unit, ad: Ad, product: values.Product) -> bool:
    """Hold back or make anew what is no longer true; put back what is true again. False: nothing to do."""
    was_live = ad.status in LIVE
    try:
        changed = replan(unit, ad, product)
    except Invalid as error:
        _hold(unit, ad, error.message)
        return True
    if not changed:
        return ad.status == "paused" and _put_back(unit, ad)
    ad.to_publish = ad.to_publish or was_live
    if ad.status == "published":
        move_ad(ad, "paused")
        unit.tell(f"ad://{ad.id}")
    if ad.status != "queued":
        queue_film(unit, ad)
        ad.reason = CHANGED
    return True


def _hold(unit: Unit, ad: Ad, reason: str) -> None:
    unit.tell(f"ad://{ad.id}")
    if ad.status == "published":
        move_ad(ad, "paused")
    elif ad.status in {"queued", "rendering"}:
        move_ad(ad, "failed")
    ad.reason = f"held back: {reason}"[:500]


def _put_back(unit: Unit, ad: Ad) -> bool:
    try:
        put_out(unit, ad)
    except LicenceRefused as refusal:
        move_ad(ad, "refused")
        ad.reason = refusal.message
    return True


def taken_down(ad: Ad) -> Gone | NotFound:
    """What to raise for an ad that is not in front of people."""
    if ad.status == "retired":
        why = f" because {REVOKED}" if ad.reason == REVOKED else ""
        return Gone(f"this ad was taken down{why}; look at the product's page for another")
    return NotFound("this ad is not published")


def move_ad(ad: Ad, status: str) -> None:
    ad.status = move("ad", ad.status, status)
