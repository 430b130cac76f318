"""Conflicts by identity: an order of the runs, an id for each conflict, aliases, working states."""

import json
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_BATCH = 10_000
_SQLITE = """
CREATE TRIGGER conflict_entry_stays_{verb} BEFORE {verb} ON conflict_entry
BEGIN SELECT RAISE(ABORT, 'the history of a conflict is only added to'); END
"""
_POSTGRESQL = (
    """
CREATE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the history of a conflict is only added to'; END $$
""",
    """
CREATE TRIGGER conflict_entry_stays BEFORE UPDATE OR DELETE ON conflict_entry
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_history()
""",
)


def upgrade() -> None:
    """Number the runs by their time, give every kept conflict its id, make the new tables."""
    postgis = op.get_bind().dialect.name == "postgresql"
    op.add_column(
        "conflict_run", sa.Column("ordinal", sa.Integer, nullable=False, server_default="0")
    )
    op.add_column("conflict", sa.Column("conflict_id", sa.Text, nullable=False, server_default=""))
    _number_runs()
    _name_conflicts()
    op.create_index("ix_conflict_by_rule", "conflict", ["run_id", "rule_id"])
    op.create_index("ix_conflict_conflict_id", "conflict", ["conflict_id"])
    op.create_table(
        "conflict_alias",
        sa.Column("pair_id", sa.Text, primary_key=True),
        sa.Column("conflict_id", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, sa.ForeignKey("conflict_run.id"), nullable=False),
    )
    _entries(postgis=postgis)


def _number_runs() -> None:
    bind = op.get_bind()
    runs = bind.execute(sa.text("SELECT id FROM conflict_run ORDER BY searched_at, id")).all()
    number = sa.text("UPDATE conflict_run SET ordinal = :number WHERE id = :id")
    for at, (run,) in enumerate(runs, start=1):
        bind.execute(number, {"number": at, "id": run})


def _name_conflicts() -> None:
    """As `blueprint.conflicts.identity.pair_id` does; the code here stays what it is today."""
    bind = op.get_bind()
    name = sa.text("UPDATE conflict SET conflict_id = :name WHERE id = :id")
    rows = sa.text("SELECT id, rule_id, left_id, right_id FROM conflict WHERE run_id = :run")
    for run, document in bind.execute(sa.text("SELECT id, document FROM conflict_run")).all():
        sides = {
            rule["rule"]: (rule["left"], rule["right"]) for rule in json.loads(document)["rules"]
        }
        found = bind.execute(rows, {"run": run}).all()
        for start in range(0, len(found), _BATCH):
            values = []
            for id_, rule, left_id, right_id in found[start : start + _BATCH]:
                left, right = sides[rule]
                text = json.dumps(
                    [rule, left, left_id, right, right_id],
                    ensure_ascii=False,
                    separators=(",", ":"),
                )
                values.append({"id": id_, "name": f"cf_{sha256(text.encode()).hexdigest()[:20]}"})
            bind.execute(name, values)


def _entries(*, postgis: bool) -> None:
    op.create_table(
        "conflict_entry",
        sa.Column("id", sa.BigInteger() if postgis else sa.Integer(), primary_key=True),
        sa.Column("conflict_id", sa.Text, nullable=False, index=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("who", "before", "after")),
        sa.Column("snapshot_id", sa.Text, sa.ForeignKey("snapshot.id"), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    if postgis:
        for statement in _POSTGRESQL:
            op.execute(statement)
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(verb=verb))
