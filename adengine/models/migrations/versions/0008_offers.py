"""On SQLite an index holds what every search reads of a variant: its price and its stock."""

from alembic import op

revision = "0008"
down_revision = "0007"

OFFER = (
    "product_id", "merchant_id", "is_retired", "id", "currency", "price_minor", "stock", "reserved", "oversell"
)  # fmt: skip


def upgrade() -> None:
    # Not on PostgreSQL: there a sale would write every index of the variant anew (no heap-only tuples).
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("variant_offer", "variant", OFFER)
        op.drop_index("ix_variant_product_id", "variant")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_variant_product_id", "variant", ["product_id"])
        op.drop_index("variant_offer", "variant")
