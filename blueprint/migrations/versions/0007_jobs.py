"""Jobs, what callers bring for them, kept answers, webhooks; on PostGIS, the workers' queue."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_QUEUE = "blueprint_queue"
# the queue's functions name its tables as if they were alone: let them find these and no others
_FIND_THEIR_OWN = f"""
DO $$ DECLARE one regprocedure; BEGIN
    FOR one IN SELECT p.oid::regprocedure FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = '{_QUEUE}'
    LOOP EXECUTE format('ALTER FUNCTION %s SET search_path = {_QUEUE}', one); END LOOP;
END $$
"""  # noqa: S608 a name of ours


def upgrade() -> None:
    """Make the tables."""
    postgis = op.get_bind().dialect.name == "postgresql"
    key = sa.BigInteger() if postgis else sa.Integer()
    _uploads()
    op.create_table(
        "job",
        sa.Column("number", key, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("process", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False, index=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("clearance", "inputs", "response")),
        sa.Column("status", sa.Text, nullable=False, index=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text),
    )
    _kept_answers()
    _webhooks(key)
    if postgis:
        _queue()


def _kept_answers() -> None:
    op.create_table(
        "kept_answer",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("claim", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        *(sa.Column(name, sa.Text) for name in ("fingerprint", "view")),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text),
        sa.Column("body", sa.LargeBinary),
    )


def _webhooks(key: sa.types.TypeEngine[int]) -> None:
    def moment(name: str, *, nullable: bool = True, index: bool = False) -> sa.Column[datetime]:
        return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, index=index)

    op.create_table(
        "webhook",
        sa.Column("id", sa.Text, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("owner", "clearance", "url", "events", "secret")
        ),
        sa.Column("old_secret", sa.Text),
        moment("old_secret_until"),
        moment("created_at", nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        moment("disabled_at"),
        sa.Column("disabled_for", sa.Text),
    )
    op.create_table(
        "event",
        sa.Column("number", key, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        moment("at", nullable=False, index=True),
        sa.Column("subject", sa.Text, nullable=False),
        moment("sorted_at", index=True),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("number", key, primary_key=True),
        sa.Column(
            "webhook_id",
            sa.Text,
            sa.ForeignKey("webhook.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column(
            "event_id", sa.Text, sa.ForeignKey("event.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        moment("next_at", index=True),
        moment("tried_at"),
        sa.Column("answered", sa.Integer),
        sa.Column("error", sa.Text),
    )


def _uploads() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "upload_chunk",
        sa.Column("upload_id", sa.Text, sa.ForeignKey("upload.id"), primary_key=True),
        sa.Column("ordinal", sa.Integer, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


def _queue() -> None:
    """The queue's own tables, as the library makes them, in a schema of their own (decision 35)."""
    from procrastinate.schema import SchemaManager

    bind = op.get_bind()
    path = bind.scalar(sa.text("SELECT current_setting('search_path')"))
    move = sa.text("SELECT set_config('search_path', :path, true)")
    bind.execute(sa.text(f"CREATE SCHEMA {_QUEUE}"))
    bind.execute(move, {"path": _QUEUE})
    # several statements at once: the driver alone takes them, where there are no parameters
    driver = bind.connection.driver_connection
    assert driver is not None
    driver.execute(SchemaManager.get_schema())
    driver.execute(_FIND_THEIR_OWN)
    bind.execute(move, {"path": path})
