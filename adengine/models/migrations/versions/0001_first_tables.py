"""First tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", "external_id"),
    )
    op.create_table(
        "merchant",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("brand", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "cameo",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("clip", sa.String(), nullable=False),
        sa.Column("still", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "name"),
    )
    op.create_index(op.f("ix_cameo_merchant_id"), "cameo", ["merchant_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("ad_id", sa.String(), nullable=False),
        sa.Column("experiment_id", sa.String(), nullable=True),
        sa.Column("viewer", sa.String(), nullable=False),
        sa.Column("second", sa.Double(), nullable=True),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id"),
    )
    op.create_index("event_by_ad", "event", ["ad_id", "type"], unique=False)
    op.create_index(op.f("ix_event_experiment_id"), "event", ["experiment_id"], unique=False)
    op.create_table(
        "product",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("vendor", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("metafields", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "handle"),
    )
    op.create_index(op.f("ix_product_merchant_id"), "product", ["merchant_id"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "experiment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("planned_viewers", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_experiment_merchant_id"), "experiment", ["merchant_id"], unique=False)
    op.create_index(op.f("ix_experiment_product_id"), "experiment", ["product_id"], unique=False)
    op.create_table(
        "image",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("alt", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("has_alpha", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("product_id", "source"),
    )
    op.create_index(op.f("ix_image_merchant_id"), "image", ["merchant_id"], unique=False)
    op.create_index(op.f("ix_image_product_id"), "image", ["product_id"], unique=False)
    op.create_table(
        "licence",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("cameo_id", sa.String(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["cameo_id"],
            ["cameo.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_licence_cameo_id"), "licence", ["cameo_id"], unique=False)
    op.create_index(op.f("ix_licence_merchant_id"), "licence", ["merchant_id"], unique=False)
    op.create_table(
        "variant",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("barcode", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("compare_at_minor", sa.BigInteger(), nullable=True),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("oversell", sa.Boolean(), nullable=False),
        sa.Column("image", sa.String(), nullable=True),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("product_id", "key"),
    )
    op.create_index(op.f("ix_variant_merchant_id"), "variant", ["merchant_id"], unique=False)
    op.create_index(op.f("ix_variant_product_id"), "variant", ["product_id"], unique=False)
    op.create_table(
        "ad",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False),
        sa.Column("licence_id", sa.String(), nullable=True),
        sa.Column("request_key", sa.String(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("brief", sa.JSON(), nullable=False),
        sa.Column("storyboard", sa.JSON(), nullable=False),
        sa.Column("timeline", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("to_publish", sa.Boolean(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frames_done", sa.Integer(), nullable=False),
        sa.Column("film", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["licence_id"],
            ["licence.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "request_key"),
    )
    op.create_index(op.f("ix_ad_licence_id"), "ad", ["licence_id"], unique=False)
    op.create_index(op.f("ix_ad_merchant_id"), "ad", ["merchant_id"], unique=False)
    op.create_index(op.f("ix_ad_product_id"), "ad", ["product_id"], unique=False)
    op.create_table(
        "licence_grant",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("licence_id", sa.String(), nullable=False),
        sa.Column("ad_id", sa.String(), nullable=True),
        sa.Column("moment", sa.String(), nullable=False),
        sa.Column("placement", sa.String(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["licence_id"],
            ["licence.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_licence_grant_ad_id"), "licence_grant", ["ad_id"], unique=False)
    op.create_index(op.f("ix_licence_grant_licence_id"), "licence_grant", ["licence_id"], unique=False)
    op.create_index(op.f("ix_licence_grant_merchant_id"), "licence_grant", ["merchant_id"], unique=False)
    op.create_table(
        "price",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("variant_id", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_price_merchant_id"), "price", ["merchant_id"], unique=False)
    op.create_index(op.f("ix_price_variant_id"), "price", ["variant_id"], unique=False)
    op.create_table(
        "tally",
        sa.Column("experiment_id", sa.String(), nullable=False),
        sa.Column("ad_id", sa.String(), nullable=False),
        sa.Column("viewer", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("experiment_id", "ad_id", "viewer", "type"),
    )
    op.create_index(op.f("ix_tally_merchant_id"), "tally", ["merchant_id"], unique=False)
    op.create_index("tally_by_arm", "tally", ["experiment_id", "type", "ad_id"], unique=False)
    op.create_table(
        "arm",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("experiment_id", sa.String(), nullable=False),
        sa.Column("ad_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["ad_id"],
            ["ad.id"],
        ),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("experiment_id", "ad_id"),
        sa.UniqueConstraint("experiment_id", "position"),
    )
    op.create_index(op.f("ix_arm_experiment_id"), "arm", ["experiment_id"], unique=False)
    op.create_index(op.f("ix_arm_merchant_id"), "arm", ["merchant_id"], unique=False)
    op.create_table(
        "checkout",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("request_key", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("quote", sa.JSON(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ad_id", sa.String(), nullable=True),
        sa.Column("second", sa.Double(), nullable=True),
        sa.Column("experiment_id", sa.String(), nullable=True),
        sa.Column("viewer", sa.String(), nullable=True),
        sa.Column("payment_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["ad_id"],
            ["ad.id"],
        ),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "request_key"),
    )
    op.create_index(op.f("ix_checkout_merchant_id"), "checkout", ["merchant_id"], unique=False)
    op.create_table(
        "shot",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("ad_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("generator", sa.String(), nullable=False),
        sa.Column("prompt", sa.String(), nullable=False),
        sa.Column("image", sa.String(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("clip", sa.String(), nullable=False),
        sa.Column("provenance", sa.JSON(), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["ad_id"],
            ["ad.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ad_id", "number"),
    )
    op.create_index(op.f("ix_shot_ad_id"), "shot", ["ad_id"], unique=False)
    op.create_index(op.f("ix_shot_merchant_id"), "shot", ["merchant_id"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("checkout_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("quote", sa.JSON(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkout_id"],
            ["checkout.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_payment_checkout_id"), "payment", ["checkout_id"], unique=False)
    op.create_index(op.f("ix_payment_merchant_id"), "payment", ["merchant_id"], unique=False)
    op.create_table(
        "shop_order",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("checkout_id", sa.String(), nullable=False),
        sa.Column("payment_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("quote", sa.JSON(), nullable=False),
        sa.Column("ad_id", sa.String(), nullable=True),
        sa.Column("second", sa.Double(), nullable=True),
        sa.Column("experiment_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.CheckConstraint("refunded_minor <= total_minor", name="refunded_at_most_total"),
        sa.ForeignKeyConstraint(
            ["checkout_id"],
            ["checkout.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("checkout_id"),
    )
    op.create_index(op.f("ix_shop_order_merchant_id"), "shop_order", ["merchant_id"], unique=False)
    op.create_table(
        "posting",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["shop_order.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "key"),
    )
    op.create_index(op.f("ix_posting_merchant_id"), "posting", ["merchant_id"], unique=False)
    op.create_index(op.f("ix_posting_order_id"), "posting", ["order_id"], unique=False)
    op.create_table(
        "refund",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("request_key", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["shop_order.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("order_id", "request_key"),
    )
    op.create_index(op.f("ix_refund_merchant_id"), "refund", ["merchant_id"], unique=False)
    op.create_index(op.f("ix_refund_order_id"), "refund", ["order_id"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("posting_id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["posting_id"],
            ["posting.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_entry_account"), "entry", ["account"], unique=False)
    op.create_index(op.f("ix_entry_merchant_id"), "entry", ["merchant_id"], unique=False)
    op.create_index(op.f("ix_entry_posting_id"), "entry", ["posting_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_entry_posting_id"), table_name="entry")
    op.drop_index(op.f("ix_entry_merchant_id"), table_name="entry")
    op.drop_index(op.f("ix_entry_account"), table_name="entry")
    op.drop_table("entry")
    op.drop_index(op.f("ix_refund_order_id"), table_name="refund")
    op.drop_index(op.f("ix_refund_merchant_id"), table_name="refund")
    op.drop_table("refund")
    op.drop_index(op.f("ix_posting_order_id"), table_name="posting")
    op.drop_index(op.f("ix_posting_merchant_id"), table_name="posting")
    op.drop_table("posting")
    op.drop_index(op.f("ix_shop_order_merchant_id"), table_name="shop_order")
    op.drop_table("shop_order")
    op.drop_index(op.f("ix_payment_merchant_id"), table_name="payment")
    op.drop_index(op.f("ix_payment_checkout_id"), table_name="payment")
    op.drop_table("payment")
    op.drop_index(op.f("ix_shot_merchant_id"), table_name="shot")
    op.drop_index(op.f("ix_shot_ad_id"), table_name="shot")
    op.drop_table("shot")
    op.drop_index(op.f("ix_checkout_merchant_id"), table_name="checkout")
    op.drop_table("checkout")
    op.drop_index(op.f("ix_arm_merchant_id"), table_name="arm")
    op.drop_index(op.f("ix_arm_experiment_id"), table_name="arm")
    op.drop_table("arm")
    op.drop_index("tally_by_arm", table_name="tally")
    op.drop_index(op.f("ix_tally_merchant_id"), table_name="tally")
    op.drop_table("tally")
    op.drop_index(op.f("ix_price_variant_id"), table_name="price")
    op.drop_index(op.f("ix_price_merchant_id"), table_name="price")
    op.drop_table("price")
    op.drop_index(op.f("ix_licence_grant_merchant_id"), table_name="licence_grant")
    op.drop_index(op.f("ix_licence_grant_licence_id"), table_name="licence_grant")
    op.drop_index(op.f("ix_licence_grant_ad_id"), table_name="licence_grant")
    op.drop_table("licence_grant")
    op.drop_index(op.f("ix_ad_product_id"), table_name="ad")
    op.drop_index(op.f("ix_ad_merchant_id"), table_name="ad")
    op.drop_index(op.f("ix_ad_licence_id"), table_name="ad")
    op.drop_table("ad")
    op.drop_index(op.f("ix_variant_product_id"), table_name="variant")
    op.drop_index(op.f("ix_variant_merchant_id"), table_name="variant")
    op.drop_table("variant")
    op.drop_index(op.f("ix_licence_merchant_id"), table_name="licence")
    op.drop_index(op.f("ix_licence_cameo_id"), table_name="licence")
    op.drop_table("licence")
    op.drop_index(op.f("ix_image_product_id"), table_name="image")
    op.drop_index(op.f("ix_image_merchant_id"), table_name="image")
    op.drop_table("image")
    op.drop_index(op.f("ix_experiment_product_id"), table_name="experiment")
    op.drop_index(op.f("ix_experiment_merchant_id"), table_name="experiment")
    op.drop_table("experiment")
    op.drop_table("token")
    op.drop_index(op.f("ix_product_merchant_id"), table_name="product")
    op.drop_table("product")
    op.drop_index(op.f("ix_event_experiment_id"), table_name="event")
    op.drop_index("event_by_ad", table_name="event")
    op.drop_table("event")
    op.drop_index(op.f("ix_cameo_merchant_id"), table_name="cameo")
    op.drop_table("cameo")
    op.drop_table("merchant")
    op.drop_table("inbox")
