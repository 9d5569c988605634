"""Pictures remember their cut-outs, and what was tried"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("image", sa.Column("cutout", sa.String(), nullable=False, server_default=""))
    op.add_column("image", sa.Column("cutout_confidence", sa.Double(), nullable=False, server_default="0"))
    op.add_column("image", sa.Column("cutout_of", sa.String(), nullable=False, server_default=""))
    op.add_column("image", sa.Column("cutout_tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("image", sa.Column("cutout_due", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("image") as table:
        for name in ("cutout", "cutout_confidence", "cutout_of", "cutout_tries", "cutout_due"):
            table.drop_column(name)
