"""A conflict that stays from run to run is stored once; a view has them run by run."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_VIEW = """
CREATE VIEW conflict_of_run AS
SELECT s.run_id, c.id, c.rule_id, c.left_id, c.right_id, c.band, c.projected_m2, c.ellipsoidal_m2,
    c.width_m, c.difference, c.left_class, c.right_class, c.wkb, c.conflict_id
FROM conflict_search s JOIN conflict c ON c.run_id = s.first_run_id AND c.rule_id = s.rule_id
    AND c.point_from <= s.point AND (c.point_until IS NULL OR c.point_until > s.point)
"""


def upgrade() -> None:
    """Every run that is there is a series of its own."""
    op.create_table(
        "conflict_search",
        sa.Column("run_id", sa.Text, sa.ForeignKey("conflict_run.id"), primary_key=True),
        sa.Column("rule_id", sa.Text, primary_key=True),
        sa.Column(
            "first_run_id",
            sa.Text,
            sa.ForeignKey("conflict_run.id"),
            nullable=False,
            index=True,
        ),
        sa.Column("point", sa.Integer, nullable=False),
    )
    op.add_column(
        "conflict", sa.Column("point_from", sa.Integer, nullable=False, server_default="1")
    )
    op.add_column("conflict", sa.Column("point_until", sa.Integer))
    op.execute(
        "INSERT INTO conflict_search SELECT DISTINCT run_id, rule_id, run_id, 1 FROM conflict"
    )
    op.drop_index("ix_conflict_run_id", "conflict")
    op.drop_index("ix_conflict_by_rule", "conflict")
    op.create_index("ix_conflict_by_left", "conflict", ["run_id", "rule_id", "left_id"])
    op.execute(_VIEW)
