"""Of conflicts between two land-use plans: which difference it is, between which classes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Conflicts that are kept are of no such rule and say nothing of it."""
    for name in ("difference", "left_class", "right_class"):
        op.add_column("conflict", sa.Column(name, sa.Text))
