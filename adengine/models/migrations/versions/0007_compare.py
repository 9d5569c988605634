"""Remixes that are tested against the film they were made after."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("ad", sa.Column("to_compare", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("ad") as table:
        table.drop_column("to_compare")
