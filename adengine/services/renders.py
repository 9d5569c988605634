"""The jobs behind an ad: claimed under a lease, fenced by attempt, kept once. The row is the job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from adengine.core.clip import Clip
from adengine.core.errors import Invalid, LicenceRefused
from adengine.core.film import Film
from adengine.core.preflight import Measured, measured_film
from adengine.core.timeline import Timeline
from adengine.engine import Unit
from adengine.models import Ad, Shot
from adengine.services import ads, lints, planning

MOST_LOSSES = 5
NUDGE_EVERY = 10  # leases
LOST = "the worker ended five times while making it; look at its log, then try again"
SHOT_FPS = 16
SHOT_SECONDS = 3
# Near the formats, and multiples of 16 as video models ask.
SHOT_SIZES = {"9x16": (480, 832), "4x5": (560, 704), "1x1": (624, 624), "2x3": (512, 768), "16x9": (832, 480)}


@dataclass(frozen=True)
class RenderOrder:
    """A claimed render: what to draw, where its files go, and the attempt that fences everybody else out."""

    ad_id: str
    timeline: Timeline
    attempt: int
    prefix: str


def claim_render(unit: Unit, ad_id: str) -> RenderOrder | None:
    """Take a queued render; None when there is nothing to do. A refused licence ends the ad here."""
    ad = unit.get(Ad, ad_id, lock=True)
    if ad.status != "queued" or not ads.still_licensed(unit, ad, "render"):
        return None
    ads.move_ad(ad, "rendering")
    ad.attempt += 1
    ad.frames_done = 0
    ad.lease_until = unit.now() + _lease(unit)
    return RenderOrder(ad.id, ad.timeline, ad.attempt, f"ads/{ad.id}/{ad.attempt}")


def beat(unit: Unit, ad_id: str, attempt: int, frames_done: int) -> bool:
    """Keep the lease and note progress; False when this attempt is no longer the one that counts."""
    ad = unit.get(Ad, ad_id, lock=True)
    if ad.status != "rendering" or ad.attempt != attempt:
        return False
    ad.frames_done = frames_done
    ad.lease_until = unit.now() + _lease(unit)
    return True


def keep_film(unit: Unit, ad_id: str, attempt: int, film: Film, measured: Measured | None = None) -> bool:
    """Record a finished film (its files are keys) and what the check says of it; False when another attempt took over.

    Without `measured` only what the render itself measured is checked.
    """
    ad = unit.get(Ad, ad_id, lock=True)
    if ad.status != "rendering" or ad.attempt != attempt:
        return False
    ads.move_ad(ad, "ready")
    ad.film, ad.frames_done, ad.lease_until, ad.losses = film, film.frames, None, 0
    ad.lint = lints.checked(unit, ad, measured or measured_film(film))
    if ad.to_publish:
        try:
            ads.put_out(unit, ad)
        except LicenceRefused as refusal:
            ads.move_ad(ad, "refused")
            ad.reason = refusal.message
        except Invalid as error:
            ad.reason = f"not published: {error.message}"[:500]
    return True


def fail_render(unit: Unit, ad_id: str, attempt: int, reason: str) -> None:
    """Record why a render ended without a film, unless another attempt took over."""
    ad = unit.get(Ad, ad_id, lock=True)
    if ad.status == "rendering" and ad.attempt == attempt:
        ads.move_ad(ad, "failed")
        ad.reason, ad.lease_until = reason[:500], None


def owed(unit: Unit) -> list[tuple[str, str]]:
    """Jobs to nudge again: queued ones whose message may be lost, and those whose worker fell silent.

    A job that lost several workers in a row is taken to be what kills them, and fails.
    """
    waiting = select(Ad).where(Ad.status.in_(["queued", "rendering"]), Ad.lease_until < unit.now())
    ads_due = unit.db.scalars(waiting.order_by(Ad.created_at).with_for_update(skip_locked=True, key_share=True)).all()
    shooting = select(Shot).where(Shot.status.in_(["queued", "shooting"]), Shot.lease_until < unit.now())
    shots_due = unit.db.scalars(shooting.order_by(Shot.id).with_for_update(skip_locked=True, key_share=True)).all()
    return [
        *(("render", ad.id) for ad in ads_due if _is_owed_again(unit, ad)),
        *(("generate", shot.id) for shot in shots_due if _is_shot_owed_again(unit, shot)),
    ]


def _is_owed_again(unit: Unit, ad: Ad) -> bool:
    if ad.status == "rendering":
        ad.losses += 1
        ads.move_ad(ad, "failed" if ad.losses >= MOST_LOSSES else "queued")
        ad.reason = LOST if ad.status == "failed" else ""
    ad.lease_until = unit.now() + NUDGE_EVERY * _lease(unit)
    return ad.status == "queued"


def _is_shot_owed_again(unit: Unit, shot: Shot) -> bool:
    shot.losses += shot.status == "shooting"
    shot.status = "queued"
    shot.lease_until = unit.now() + NUDGE_EVERY * _lease(unit)
    if shot.losses >= MOST_LOSSES:
        _fail_shot(unit, shot, LOST)
    return shot.status == "queued"


def _lease(unit: Unit) -> timedelta:
    return timedelta(seconds=int(unit.settings.lease_s))


@dataclass(frozen=True)
class ShotOrder:
    """A claimed shot: what the generator is asked, and the attempt that fences everybody else out."""

    shot_id: str
    ad_id: str
    attempt: int
    generator: str
    prompt: str
    image: str
    seed: int
    width: int
    height: int
    frames: int
    key: str


def claim_shot(unit: Unit, shot_id: str) -> ShotOrder | None:
    """Take a queued shot; None when there is nothing to do."""
    ad, shot = _locked(unit, shot_id)
    if ad.status != "shooting" or shot.status != "queued":
        return None
    if not ads.still_licensed(unit, ad, "render"):
        return None
    shot.status = "shooting"
    shot.attempt += 1
    shot.lease_until = unit.now() + _lease(unit)
    width, height = SHOT_SIZES[ad.brief.format]
    return ShotOrder(
        shot_id=shot.id,
        ad_id=ad.id,
        attempt=shot.attempt,
        generator=shot.generator,
        prompt=shot.prompt,
        image=shot.image,
        seed=shot.seed,
        width=width,
        height=height,
        frames=SHOT_SECONDS * SHOT_FPS + 1,
        key=f"ads/{ad.id}/shots/{shot.number}-{shot.attempt}.mp4",
    )


def _locked(unit: Unit, shot_id: str) -> tuple[Ad, Shot]:
    """The ad before its shot, as everybody else locks them."""
    ad = unit.get(Ad, unit.get(Shot, shot_id).ad_id, lock=True)
    return ad, unit.get(Shot, shot_id, lock=True)


def beat_shot(unit: Unit, shot_id: str, attempt: int, progress: float) -> bool:
    """Keep the shot's lease; False when this attempt no longer counts or the ad was taken down."""
    ad, shot = _locked(unit, shot_id)
    if shot.status != "shooting" or shot.attempt != attempt or ad.status != "shooting":
        return False
    shot.progress = progress
    shot.lease_until = unit.now() + _lease(unit)
    return True


def keep_clip(unit: Unit, shot_id: str, attempt: int, key: str, clip: Clip) -> None:
    """Record a finished clip; the last one of an ad queues its film."""
    ad, shot = _locked(unit, shot_id)
    if shot.status != "shooting" or shot.attempt != attempt or ad.status != "shooting":
        return
    shot.status, shot.clip, shot.progress, shot.provenance = "ready", key, 1.0, clip.provenance
    if all(one.status == "ready" for one in ad.shots):
        try:
            ads.replan(unit, ad, planning.product_of(unit, ad.product_id), clip=key)
        except Invalid as error:
            ads.move_ad(ad, "failed")
            ad.reason = error.message[:500]
            return
        ads.queue_film(unit, ad)


def fail_shot(unit: Unit, shot_id: str, attempt: int, reason: str) -> None:
    """A shot that cannot be made fails its ad, in words; nothing takes its place in secret."""
    _, shot = _locked(unit, shot_id)
    if shot.status == "shooting" and shot.attempt == attempt:
        _fail_shot(unit, shot, reason)


def _fail_shot(unit: Unit, shot: Shot, reason: str) -> None:
    shot.status, shot.reason = "failed", reason[:500]
    ad = unit.get(Ad, shot.ad_id, lock=True)
    if ad.status == "shooting":
        ads.move_ad(ad, "failed")
        ad.reason = reason[:500]
