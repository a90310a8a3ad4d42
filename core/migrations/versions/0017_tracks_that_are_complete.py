"""Tracks that are complete while others of their film still grow.

The release before takes none for complete before its job has ended.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    # A constant default: no row is written.
    op.add_column(
        "tracks", sa.Column("is_complete", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("tracks", "is_complete")
