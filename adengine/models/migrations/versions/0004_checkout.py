"""Instant checkout: buyers, agents, discounts, shipping and tax, disputes and payouts"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "code",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("discount", sa.JSON(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.CheckConstraint("uses >= 0", name="uses_not_negative"),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "code"),
    )
    op.create_index("ix_code_merchant_id", "code", ["merchant_id"], unique=False)
    op.create_table(
        "payee",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "account"),
    )
    op.create_index("ix_payee_merchant_id", "payee", ["merchant_id"], unique=False)
    op.create_table(
        "request",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("caller", "path", "key"),
    )
    op.create_index("ix_request_created_at", "request", ["created_at"], unique=False)
    op.create_index("ix_request_merchant_id", "request", ["merchant_id"], unique=False)
    op.create_table(
        "agent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_id", sa.String(), nullable=False),
        sa.Column("webhook_url", sa.String(), nullable=False),
        sa.Column("webhook_secret", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["token.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("merchant_id", "name"),
        sa.UniqueConstraint("token_id"),
    )
    op.create_index("ix_agent_merchant_id", "agent", ["merchant_id"], unique=False)
    op.create_table(
        "cart",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("buyer", sa.JSON(), nullable=True),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agent.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_cart_merchant_id", "cart", ["merchant_id"], unique=False)
    op.create_table(
        "dispute",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
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
        sa.UniqueConstraint("provider", "external_id"),
    )
    op.create_index("ix_dispute_merchant_id", "dispute", ["merchant_id"], unique=False)
    op.create_index("ix_dispute_order_id", "dispute", ["order_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agent.id"],
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["shop_order.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("order_id", "number"),
    )
    op.create_index("ix_notice_due", "notice", ["due"], unique=False)
    op.create_index("ix_notice_merchant_id", "notice", ["merchant_id"], unique=False)
    op.create_index("ix_notice_order_id", "notice", ["order_id"], unique=False)
    op.create_table(
        "transfer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("payee_id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("reversed_minor", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.CheckConstraint("reversed_minor <= minor", name="reversed_at_most_all"),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["shop_order.id"],
        ),
        sa.ForeignKeyConstraint(
            ["payee_id"],
            ["payee.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("order_id", "account", "number"),
    )
    op.create_index("ix_transfer_merchant_id", "transfer", ["merchant_id"], unique=False)
    op.create_index("ix_transfer_order_id", "transfer", ["order_id"], unique=False)
    op.create_index("ix_transfer_run", "transfer", ["run"], unique=False)
    op.create_table(
        "reversal",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("transfer_id", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id"],
            ["merchant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["transfer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("transfer_id", "cause"),
    )
    op.create_index("ix_reversal_merchant_id", "reversal", ["merchant_id"], unique=False)
    op.create_index("ix_reversal_transfer_id", "reversal", ["transfer_id"], unique=False)
    op.add_column(
        "ad", sa.Column("parent_id", sa.String(), sa.ForeignKey("ad.id"), nullable=True), inline_references=True
    )
    op.add_column("ad", sa.Column("creator", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "checkout", sa.Column("agent_id", sa.String(), sa.ForeignKey("agent.id"), nullable=True), inline_references=True
    )
    op.add_column("checkout", sa.Column("buyer", sa.JSON(), nullable=True))
    op.add_column("checkout", sa.Column("address", sa.JSON(), nullable=True))
    op.add_column("checkout", sa.Column("option_id", sa.String(), nullable=False, server_default=""))
    op.add_column("checkout", sa.Column("codes", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("checkout", sa.Column("notes", sa.String(), nullable=False, server_default=""))
    op.add_column("checkout", sa.Column("locale", sa.String(), nullable=False, server_default=""))
    op.add_column("checkout", sa.Column("trouble", sa.String(), nullable=False, server_default=""))
    op.add_column("checkout", sa.Column("first_touch", sa.JSON(), nullable=True))
    op.add_column("checkout", sa.Column("last_touch", sa.JSON(), nullable=True))
    op.add_column("checkout", sa.Column("consents", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("checkout", sa.Column("trace", sa.JSON(), nullable=True))
    op.add_column("checkout", sa.Column("asked", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("checkout", sa.Column("interventions", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("checkout", sa.Column("extensions", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("merchant", sa.Column("selling", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("payment", sa.Column("method", sa.String(), nullable=False, server_default="page"))
    op.add_column("payment", sa.Column("token_digest", sa.String(), nullable=False, server_default=""))
    op.add_column("payment", sa.Column("charge_id", sa.String(), nullable=False, server_default=""))
    op.add_column("payment", sa.Column("reason", sa.String(), nullable=False, server_default=""))
    op.add_column("shop_order", sa.Column("agent_id", sa.String(), nullable=True))
    op.add_column("shop_order", sa.Column("buyer", sa.JSON(), nullable=True))
    op.add_column("shop_order", sa.Column("address", sa.JSON(), nullable=True))
    op.add_column("shop_order", sa.Column("notes", sa.String(), nullable=False, server_default=""))
    op.add_column("shop_order", sa.Column("first_touch", sa.JSON(), nullable=True))
    op.add_column("shop_order", sa.Column("last_touch", sa.JSON(), nullable=True))
    op.add_column("shop_order", sa.Column("consents", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("shop_order", sa.Column("placed_status", sa.String(), nullable=False, server_default="placed"))
    op.add_column("shop_order", sa.Column("placed_ref", sa.String(), nullable=False, server_default=""))
    op.add_column("shop_order", sa.Column("placed_tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("shop_order", sa.Column("placed_due", sa.DateTime(timezone=True), nullable=True))
    op.add_column("shop_order", sa.Column("placed_problem", sa.String(), nullable=False, server_default=""))
    op.add_column("refund", sa.Column("lines", sa.JSON(), nullable=False, server_default="[]"))
    op.create_index("ix_shop_order_placed_status", "shop_order", ["placed_status"], unique=False)
    op.add_column("refund", sa.Column("is_told", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index("ix_refund_is_told", "refund", ["is_told"], unique=False)
    op.add_column("variant", sa.Column("grams", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_index("ix_shop_order_placed_status", "shop_order")
    with op.batch_alter_table("ad") as table:
        for name in ("parent_id", "creator"):
            table.drop_column(name)
    with op.batch_alter_table("checkout") as table:
        for name in (
            "agent_id",
            "buyer",
            "address",
            "option_id",
            "codes",
            "notes",
            "locale",
            "trouble",
            "first_touch",
            "last_touch",
            "consents",
            "trace",
            "asked",
            "interventions",
            "extensions",
        ):
            table.drop_column(name)
    with op.batch_alter_table("merchant") as table:
        for name in ("selling",):
            table.drop_column(name)
    with op.batch_alter_table("payment") as table:
        for name in ("method", "token_digest", "charge_id", "reason"):
            table.drop_column(name)
    with op.batch_alter_table("shop_order") as table:
        for name in (
            "agent_id",
            "buyer",
            "address",
            "notes",
            "first_touch",
            "last_touch",
            "consents",
            "placed_status",
            "placed_ref",
            "placed_tries",
            "placed_due",
            "placed_problem",
        ):
            table.drop_column(name)
    op.drop_index("ix_refund_is_told", "refund")
    with op.batch_alter_table("refund") as table:
        table.drop_column("is_told")
        table.drop_column("lines")
    with op.batch_alter_table("variant") as table:
        for name in ("grams",):
            table.drop_column(name)
    op.drop_table("reversal")
    op.drop_table("transfer")
    op.drop_table("notice")
    op.drop_table("dispute")
    op.drop_table("cart")
    op.drop_table("agent")
    op.drop_table("request")
    op.drop_table("payee")
    op.drop_table("code")
