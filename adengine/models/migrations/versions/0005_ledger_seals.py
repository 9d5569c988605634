"""The database keeps the ledger append-only and every posting at zero; a sale remembers what it was shared by."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KEPT = ("posting", "entry", "seal")
UNBALANCED = "SELECT 1 FROM entry WHERE posting_id = NEW.posting_id GROUP BY currency HAVING SUM(minor) <> 0"
FOREIGN = "SELECT 1 FROM entry WHERE posting_id = NEW.posting_id AND merchant_id <> NEW.merchant_id"
UNKNOWN = "SELECT 1 FROM posting WHERE id = NEW.posting_id AND merchant_id = NEW.merchant_id"
SEALED = "SELECT 1 FROM seal WHERE posting_id = NEW.posting_id"
# What may not be inserted: (table, condition on NEW, words).
REFUSED = (
    ("posting", "NEW.seal IS NULL OR NEW.seal <> NEW.id", "a posting names its own seal"),
    ("entry", f"EXISTS ({SEALED})", "a sealed posting takes no more entries"),
    (
        "seal",
        f"NOT EXISTS ({UNKNOWN}) OR EXISTS ({UNBALANCED}) OR EXISTS ({FOREIGN})",
        "the entries of a posting must sum to zero",
    ),
)
# SQLite's INSERT OR REPLACE takes a row away without asking the triggers on DELETE.
REPLACED = (
    ("posting", "EXISTS (SELECT 1 FROM posting WHERE id = NEW.id)"),
    ("entry", "EXISTS (SELECT 1 FROM entry WHERE id = NEW.id)"),
    ("seal", f"EXISTS ({SEALED})"),
)


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("posting_id", sa.String(), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"]),
        sa.PrimaryKeyConstraint("posting_id"),
    )
    op.create_index("ix_seal_merchant_id", "seal", ["merchant_id"], unique=False)
    op.execute("ALTER TABLE posting ADD COLUMN seal VARCHAR REFERENCES seal (posting_id) DEFERRABLE INITIALLY DEFERRED")
    op.add_column("posting", sa.Column("split", sa.JSON(), nullable=True))
    op.add_column("payee", sa.Column("problem", sa.String(), nullable=False, server_default=""))
    op.execute("INSERT INTO seal (posting_id, merchant_id) SELECT id, merchant_id FROM posting")
    op.execute("UPDATE posting SET seal = id")
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgres()


def _guard_sqlite() -> None:
    for table in KEPT:
        for act in ("UPDATE", "DELETE"):
            _sqlite_trigger(f"{table}_{act.lower()}", f"{act} ON {table}", "1", "the ledger is append-only")
    for number, (table, condition, words) in enumerate(REFUSED):
        _sqlite_trigger(f"{table}_insert_{number}", f"INSERT ON {table}", condition, words)
    for table, known in REPLACED:
        _sqlite_trigger(f"{table}_replace", f"INSERT ON {table}", known, "the ledger is append-only")


def _sqlite_trigger(name: str, act: str, condition: str, words: str) -> None:
    op.execute(f"CREATE TRIGGER ledger_{name} BEFORE {act} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{words}'); END")


def _guard_postgres() -> None:
    op.execute(
        "CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER ledger_{table}_kept BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER ledger_{table}_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()"
        )
    for table, condition, words in REFUSED:
        op.execute(
            f"CREATE FUNCTION ledger_{table}_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {condition} THEN RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
            "RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER ledger_{table}_insert BEFORE INSERT ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION ledger_{table}_insert()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        names = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'ledger!_%' ESCAPE '!'")
        for (name,) in op.get_bind().execute(names).all():
            op.execute(f"DROP TRIGGER {name}")
    else:
        for function in ("append_only", *(f"{table}_insert" for table, _, _ in REFUSED)):
            op.execute(f"DROP FUNCTION ledger_{function}() CASCADE")
    with op.batch_alter_table("posting") as table:
        for name in ("seal", "split"):
            table.drop_column(name)
    with op.batch_alter_table("payee") as table:
        table.drop_column("problem")
    op.drop_table("seal")
