"""Site checks in a chain: a hash and a seal for each, and where the chain ends.

Checks from before stay as they are, without a link: the first link starts from all of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the links; no document changes."""
    for name, kind in (
        ("ordinal", sa.BigInteger),
        ("sha256", sa.Text),
        ("previous", sa.Text),
        ("seal", sa.Text),
    ):
        op.add_column("site_check", sa.Column(name, kind))
    op.create_index("site_check_chain", "site_check", ["ordinal"], unique=True)
    op.create_table(
        "chain_head",
        sa.Column("chain", sa.Text, primary_key=True),
        sa.Column("ordinal", sa.BigInteger, nullable=False),
        sa.Column("seal", sa.Text, nullable=False),
    )
