"""Keys of machines that call, and the audit log in a chain that is only added to.

Entries from before stay as they are, without a link: the first link starts from all of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_SAID = "the audit log is only added to"
# a store without a setting is not one yet: what is copied into it brings its own log
_SQLITE = """
CREATE TRIGGER audit_log_stays_{verb} BEFORE {verb} ON audit_log
WHEN EXISTS (SELECT 1 FROM setting) BEGIN SELECT RAISE(ABORT, '{said}'); END
"""
_POSTGRESQL = (
    """
CREATE FUNCTION refuse_change_of_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM setting) THEN RAISE EXCEPTION '{said}'; END IF;
    RETURN OLD;
END $$
""",
    """
CREATE TRIGGER audit_log_stays BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit_log()
""",
)


def upgrade() -> None:
    """Add the links and the keys; no entry changes."""
    for name, kind in (
        ("ordinal", sa.BigInteger),
        ("sha256", sa.Text),
        ("previous", sa.Text),
        ("seal", sa.Text),
    ):
        op.add_column("audit_log", sa.Column(name, kind))
    op.create_index("audit_log_chain", "audit_log", ["ordinal"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        for statement in _POSTGRESQL:
            op.execute(statement.format(said=_SAID))
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(verb=verb, said=_SAID))
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("name", "role", "departments", "scopes", "sha256")
        ),
        *(sa.Column(name, moment, nullable=False) for name in ("created_at", "expires_at")),
        *(sa.Column(name, moment) for name in ("revoked_at", "last_used_at")),
    )
