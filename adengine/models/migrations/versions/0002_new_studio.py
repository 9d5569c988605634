"""The new studio: checks kept with ads, previews, and the first release's films in today's shape.

Films planned before styles existed get the looks they had: the values of 'editorial' as they were on that day.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SAFE = {"9x16": (60, 270, 880, 980), "1x1": (54, 54, 972, 972), "16x9": (96, 54, 1728, 972)}
DISPLAY = {"serif": ["serif", 600], "grotesk": ["grotesk", 700]}
ROLE = ("face", "size", "lines", "leading", "tracking", "above", "form", "colour")
ROLES = {
    "brand": ("strong", 44.0, 1, 1.2, 0.1, 0.0, "plain", "quiet"),
    "eyebrow": ("strong", 44.0, 1, 1.2, 0.1, 0.0, "plain", "quiet"),
    "number": ("display", 188.0, 1, 0.92, -0.03, 0.0, "plain", "accent"),
    "hook": ("display", 164.0, 5, 1.02, -0.022, 26.0, "plain", "ink"),
    "title": ("display", 108.0, 4, 1.06, -0.018, 26.0, "plain", "ink"),
    "reason": ("display", 122.0, 5, 1.07, -0.02, 22.0, "plain", "ink"),
    "point": ("strong", 50.0, 3, 1.22, 0.0, 18.0, "plain", "ink"),
    "quote": ("display", 86.0, 7, 1.14, -0.012, 24.0, "plain", "ink"),
    "stars": ("strong", 64.0, 1, 1.1, 0.04, 16.0, "plain", "accent"),
    "price": ("strong", 128.0, 1, 1.08, -0.025, 30.0, "plain", "ink"),
    "caption": ("strong", 48.0, 3, 1.28, 0.0, 32.0, "pill", "ink"),
    "badge": ("strong", 78.0, 1, 1.1, -0.02, 0.0, "plain", "ink"),
    "label": ("strong", 46.0, 1, 1.2, -0.005, 0.0, "plain", "ink"),
    "disclosure": ("text", 32.0, 2, 1.25, 0.0, 12.0, "pill", "ink"),
    "cta": ("strong", 58.0, 1, 1.2, 0.0, 40.0, "button", "ink"),
}
TONES = {"light": (0.955, 0.885, 0.30), "tint": (0.880, 0.790, 0.55), "deep": (0.360, 0.220, 0.45)}
STYLE = {
    "name": "editorial",
    "title": "Editorial",
    "about": "As films were made before there were styles.",
    "strong": ["grotesk", 600],
    "text": ["grotesk", 500],
    "roles": [[name, {**dict(zip(ROLE, values, strict=True)), "case": "as written"}] for name, values in ROLES.items()],
    "tones": [[name, {"top": top, "bottom": low, "chroma": chroma}] for name, (top, low, chroma) in TONES.items()],
    "unit": 8,
    "corner": 34,
    "align": "start",
    "ground": "sweep",
    "backdrops": ["arch", "plinth", "disc"],
    "badge": "round",
    "entrance": "rise",
    "energy": 1.0,
    "transitions": [],
    "captions": "subtitle",
    "veil": "gradient",
    "shadow": 0.33,
    "grain": 1.0,
    "mood": "",
}
AD = sa.table(
    "ad",
    sa.column("id", sa.String()),
    sa.column("storyboard", sa.JSON()),
    sa.column("timeline", sa.JSON()),
)


def upgrade() -> None:
    op.add_column("ad", sa.Column("lint", sa.JSON(), nullable=True))
    op.create_table(
        "preview",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("licence_id", sa.String(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("brief", sa.JSON(), nullable=False),
        sa.Column("storyboard", sa.JSON(), nullable=False),
        sa.Column("timeline", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pictures", sa.JSON(), nullable=False),
        sa.Column("film", sa.String(), nullable=False),
        sa.Column("lint", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["licence_id"], ["licence.id"]),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "digest"),
    )
    op.create_index(op.f("ix_preview_merchant_id"), "preview", ["merchant_id"], unique=False)
    bind = op.get_bind()
    for ad_id, storyboard, timeline in bind.execute(sa.select(AD.c.id, AD.c.storyboard, AD.c.timeline)).all():
        told, laid = brought_up(storyboard), brought_up(timeline)
        for shot in told["shots"]:
            if shot["layout"] == "duo":  # an appearance beside the product is now a part of any scene
                shot["layout"], shot["cameo"] = "reason", True
        # The player's hotspots and captions stay as they are: the film that was rendered still shows them.
        laid |= {
            "speech": [],
            "voice": "",
            "recording": "",
            "spoken": [],
            "caption_look": "",
            "caption_box": laid["safe"],
        }
        bind.execute(sa.update(AD).where(AD.c.id == ad_id).values(storyboard=told, timeline=laid))


def brought_up(film: dict[str, Any]) -> dict[str, Any]:
    """A storyboard or a timeline with the style its `face` stood for, and the part that apps left free."""
    made: dict[str, Any] = json.loads(json.dumps(film))
    x, y, w, h = SAFE[made["format"]]
    display = DISPLAY[made.pop("face")]
    return made | {"style": {**STYLE, "display": display}, "safe": {"x": x, "y": y, "w": w, "h": h}}


def downgrade() -> None:
    raise NotImplementedError("films of the new studio cannot be told in the first release's words; use a backup")
