"""Projects and cases: ledgers, whose rows stay as they were written."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_LEDGERS = (
    "project",
    "project_version",
    "project_link",
    "project_case",
    "case_entry",
    "case_event",
    "applicant_profile",
    "held_document",
    "approvals_pack",
)
_SAID = "{table} is only added to"
_SQLITE = """
CREATE TRIGGER {table}_stays_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{said}'); END
"""
_FUNCTION = """
CREATE FUNCTION refuse_change_of_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is only added to', TG_TABLE_NAME; END $$
"""
_POSTGRESQL = """
CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_ledger()
"""


def upgrade() -> None:
    """Make the tables of projects and cases, and let nobody change what is in them."""
    postgis = op.get_bind().dialect.name == "postgresql"
    key = sa.BigInteger() if postgis else sa.Integer()
    _projects(key)
    _cases(key)
    _materials(key)
    if postgis:
        op.execute(_FUNCTION)
    for table in _LEDGERS:
        if postgis:
            op.execute(_POSTGRESQL.format(table=table))
            continue
        for verb in ("UPDATE", "DELETE"):
            said = _SAID.format(table=table)
            op.execute(_SQLITE.format(table=table, verb=verb, said=said))


def _projects(key: sa.types.TypeEngine[int]) -> None:
    op.create_table(
        "project",
        sa.Column("id", sa.Text, primary_key=True),
        _moment("created_at"),
        _text("owner", index=True),
    )
    op.create_table(
        "project_version",
        sa.Column("project_id", sa.Text, sa.ForeignKey("project.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        _moment("at"),
        _text("who"),
        _text("document"),
    )
    op.create_table(
        "project_link",
        sa.Column("id", key, primary_key=True),
        _moment("at"),
        sa.Column("day", sa.Date, nullable=False),
        _text("who"),
        _text("kind"),
        _reference("parent_id", "project.id"),
        _reference("child_id", "project.id"),
        sa.Column("undoes", key, sa.ForeignKey("project_link.id")),
        _text("document"),
    )


def _cases(key: sa.types.TypeEngine[int]) -> None:
    op.create_table(
        "project_case",
        sa.Column("id", sa.Text, primary_key=True),
        _reference("project_id", "project.id"),
        _text("stage"),
        sa.Column("application_date", sa.Date, nullable=False),
        _moment("opened_at"),
        _text("opened_by"),
    )
    op.create_table(
        "case_entry",
        sa.Column("id", key, primary_key=True),
        _reference("case_id", "project_case.id"),
        _moment("at"),
        sa.Column("day", sa.Date, nullable=False),
        _text("who"),
        _text("kind"),
        sa.Column("department", sa.Text),
        _text("document"),
        _text("sha256"),
    )
    op.create_table(
        "case_event",
        sa.Column("id", key, primary_key=True),
        _reference("case_id", "project_case.id"),
        _text("item"),
        sa.Column("status", sa.Integer, nullable=False),
        _moment("at"),
        _moment("noted_at"),
        _text("who"),
        _text("document"),
    )


def _materials(key: sa.types.TypeEngine[int]) -> None:
    op.create_table(
        "applicant_profile",
        sa.Column("applicant", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        _moment("at"),
        _text("who"),
        _text("document"),
    )
    op.create_table(
        "held_document",
        sa.Column("id", sa.Text, primary_key=True),
        _text("kind", index=True),
        sa.Column("applicant", sa.Text, index=True),
        sa.Column("project_id", sa.Text, sa.ForeignKey("project.id"), index=True),
        _moment("at"),
        _text("who"),
        _text("document"),
    )

    op.create_table(
        "approvals_pack",
        sa.Column("ordinal", key, primary_key=True),
        _moment("at"),
        _text("who"),
        _text("sha256"),
        _text("document"),
    )


def _text(name: str, *, index: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, index=index)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _reference(name: str, target: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, sa.ForeignKey(target), nullable=False, index=True)
