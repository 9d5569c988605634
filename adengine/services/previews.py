"""Previews: a wish drawn quickly before anybody asks for its film. The row is the job, as it is for films."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from adengine.core.errors import NotFound
from adengine.core.lint import Report
from adengine.core.preflight import Measured
from adengine.core.timeline import Timeline, lay_out
from adengine.engine import Unit
from adengine.models import Preview, new_id
from adengine.services import lints, planning
from adengine.services.planning import AdAsk

KEPT_FOR = timedelta(days=1)
MOST_LOSSES = 3
LOST = "the worker ended three times while drawing it; look at its log"


@dataclass(frozen=True)
class PreviewCard:
    """A preview as the form shows it: how many stills there are, of how many, whether it moves, and the check."""

    id: str
    status: str
    reason: str
    format: str
    moments: tuple[float, ...]
    pictures: int
    moves: bool
    said: tuple[str, ...]
    fps: int
    lint: Report

    @property
    def is_settled(self) -> bool:
        return self.status not in {"queued", "drawing"}


@dataclass(frozen=True)
class SketchOrder:
    """A claimed preview: what to draw, the frames of its stills, and the attempt that fences everybody else out."""

    preview_id: str
    timeline: Timeline
    frames: tuple[int, ...]
    attempt: int
    prefix: str


def ask_preview(unit: Unit, wish: AdAsk, *, instead_of: str = "") -> PreviewCard:
    """Plan and check the wish, and queue its drawing; the same film asked for again is not drawn again.

    `instead_of` names a preview that nobody looks at any more: what is left of it to draw is not drawn.
    """
    unit.require("ads:write")
    plan = planning.planned(unit, wish)
    timeline = lay_out(plan.storyboard)
    digest = f"{plan.licence.id if plan.licence else ''}:{timeline.digest()}"

    def make() -> Preview:
        made = Preview(
            id=new_id("pre"),
            merchant_id=unit.merchant_id,
            product_id=plan.product.id,
            licence_id=plan.licence.id if plan.licence else None,
            digest=digest,
            brief=plan.brief,
            storyboard=plan.storyboard,
            timeline=timeline,
            status="queued",
            attempt=0,
            losses=0,
            pictures=(),
            created_at=unit.now(),
        )
        made.lint = lints.checked(unit, made, None)
        unit.db.add(made)
        return made

    found, is_new = unit.once(lambda: _drawn(unit, digest), make)
    if instead_of and instead_of != found.id:
        _drop(unit, instead_of)
    if is_new or found.status in {"failed", "dropped"}:
        _queue(unit, found)
    return card(found)


def get_preview(unit: Unit, preview_id: str) -> PreviewCard:
    unit.require("ads:write")
    return card(unit.get(Preview, preview_id))


def file_of(unit: Unit, preview_id: str, part: str) -> str:
    """The file key of a preview's still, by its number, or of its `film.mp4`; raises NotFound until it is drawn."""
    unit.require("ads:write")
    found = unit.get(Preview, preview_id)
    if part == "film.mp4" and found.film:
        return found.film
    number = part.removesuffix(".webp")
    if number.isdecimal() and int(number) < len(found.pictures):
        return found.pictures[int(number)]
    raise NotFound("this part of the preview is not drawn yet")


def claim(unit: Unit, preview_id: str) -> SketchOrder | None:
    """Take a queued preview; None when there is nothing to do."""
    found = unit.get(Preview, preview_id, lock=True)
    if found.status != "queued":
        return None
    found.status, found.pictures = "drawing", ()
    found.attempt += 1
    found.lease_until = unit.now() + _lease(unit)
    prefix = f"previews/{found.id}/{found.attempt}"
    return SketchOrder(found.id, found.timeline, _moments(found.timeline), found.attempt, prefix)


def beat(unit: Unit, preview_id: str, attempt: int) -> bool:
    """Keep the lease; False when this attempt no longer counts."""
    found = _counted(unit, preview_id, attempt)
    if found is None:
        return False
    found.lease_until = unit.now() + _lease(unit)
    return True


def keep_still(unit: Unit, preview_id: str, attempt: int, key: str) -> None:
    """Show the next still, unless another attempt took over."""
    found = _counted(unit, preview_id, attempt)
    if found is not None:
        found.pictures = (*found.pictures, key)


def keep_sketch(unit: Unit, preview_id: str, attempt: int, key: str, measured: Measured) -> None:
    """Record the moving preview and what the check says of the texts as they stand."""
    found = _counted(unit, preview_id, attempt)
    if found is not None:
        found.status, found.film, found.lease_until = "ready", key, None
        found.lint = lints.checked(unit, found, measured)


def fail(unit: Unit, preview_id: str, attempt: int, reason: str) -> None:
    found = _counted(unit, preview_id, attempt)
    if found is not None:
        found.status, found.reason, found.lease_until = "failed", reason[:500], None


def owed(unit: Unit) -> list[tuple[str, str]]:
    """Previews to nudge again: those whose message may be lost or whose worker fell silent."""
    due = unit.db.scalars(
        select(Preview)
        .where(Preview.status.in_(["queued", "drawing"]), Preview.lease_until < unit.now())
        .order_by(Preview.created_at)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    return [("sketch", one.id) for one in due if _is_owed_again(unit, one)]


def thrown_away(unit: Unit) -> list[str]:
    """Forget the previews of yesterday; answers the keys of their files, to be deleted once this is committed."""
    old = unit.db.scalars(select(Preview).where(Preview.created_at < unit.now() - KEPT_FOR)).all()
    keys = [key for one in old for key in (*one.pictures, one.film) if key]
    for one in old:
        unit.db.delete(one)
    return keys


def card(found: Preview) -> PreviewCard:
    timeline = found.timeline
    return PreviewCard(
        id=found.id,
        status=found.status,
        reason=found.reason,
        format=found.brief.format,
        moments=tuple(round(frame / timeline.fps, 2) for frame in _moments(timeline)),
        pictures=len(found.pictures),
        moves=bool(found.film),
        said=tuple(" · ".join(text.text for text in shot.texts) for shot in found.storyboard.shots),
        fps=timeline.fps,
        lint=found.lint,
    )


def _drawn(unit: Unit, digest: str) -> Preview | None:
    return unit.db.scalar(select(Preview).where(Preview.digest == digest))


def _counted(unit: Unit, preview_id: str, attempt: int) -> Preview | None:
    found = unit.get(Preview, preview_id, lock=True)
    return found if (found.status, found.attempt) == ("drawing", attempt) else None


def _queue(unit: Unit, found: Preview) -> None:
    found.status, found.reason, found.losses = "queued", "", 0
    found.lease_until = unit.now() + _lease(unit)
    unit.later("sketch", found.id)


def _drop(unit: Unit, preview_id: str) -> None:
    found = unit.db.get(Preview, preview_id, with_for_update={"key_share": True}, populate_existing=True)
    if found is not None and found.merchant_id == unit.merchant_id and found.status in {"queued", "drawing"}:
        found.status, found.lease_until = "dropped", None


def _is_owed_again(unit: Unit, found: Preview) -> bool:
    found.losses += found.status == "drawing"
    found.status = "failed" if found.losses >= MOST_LOSSES else "queued"
    found.reason = LOST if found.status == "failed" else ""
    found.lease_until = unit.now() + 10 * _lease(unit)
    return found.status == "queued"


def _moments(timeline: Timeline) -> tuple[int, ...]:
    """The frames of the stills: the poster, which is of the first shot, and each other shot once its texts stand."""
    return (timeline.poster_frame, *(max(one.start, one.end - 12) for one in timeline.segments[1:]))


def _lease(unit: Unit) -> timedelta:
    return timedelta(seconds=int(unit.settings.lease_s))
