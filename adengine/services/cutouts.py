"""Cut-outs of the catalogue's pictures: what is owed, what came of it. The picture's row is the job."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select

from adengine.engine import Unit
from adengine.models import Image

# Raise it when workers cut out differently: every picture is then done again.
METHOD = "1:"
MOST_TRIES = 5
# A new film must not wait behind a whole catalogue.
AT_ONCE = 20
NUDGE_EVERY = 10  # leases


def owed(unit: Unit) -> list[tuple[str, str]]:
    """Pictures to cut out, some at a time: new and changed ones, and those whose worker fell silent.

    An import sends no message: whoever sweeps finds its pictures here.
    """
    due = unit.db.scalars(
        select(Image)
        .where(
            Image.file != "",
            Image.has_alpha.is_(False),
            Image.cutout_of != METHOD + Image.file,
            or_(Image.cutout_due.is_(None), Image.cutout_due < unit.now()),
        )
        .order_by(Image.position, Image.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    for image in due:
        image.cutout_due = _next_look(unit)
    return [("cutout", image.id) for image in due]


def claim(unit: Unit, image_id: str) -> str | None:
    """The file to cut out; None when nothing is owed. A picture that ends its worker is given up in time."""
    image = unit.get(Image, image_id, lock=True)
    if not image.file or image.has_alpha or image.cutout_of == METHOD + image.file:
        return None
    if image.cutout_tries >= MOST_TRIES:
        image.cutout_of = METHOD + image.file
        return None
    image.cutout_tries += 1
    image.cutout_due = _next_look(unit)
    return image.file


def keep(unit: Unit, image_id: str, file: str, cutout: str, confidence: float) -> None:
    """Record what came of `file`, "" where no good cut-out did; of a picture that has changed meanwhile, nothing."""
    image = unit.get(Image, image_id, lock=True)
    if image.file == file:
        image.cutout, image.cutout_confidence = cutout, confidence
        image.cutout_of, image.cutout_tries, image.cutout_due = METHOD + file, 0, None


def forget(image: Image) -> None:
    """Make a picture whose file changes owed anew."""
    image.cutout, image.cutout_confidence = "", 0.0
    image.cutout_of, image.cutout_tries, image.cutout_due = "", 0, None


def _next_look(unit: Unit) -> datetime:
    return unit.now() + timedelta(seconds=NUDGE_EVERY * int(unit.settings.lease_s))
