"""What a sound of a stream is for: a comment, a description.

The release before leaves it open.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("tracks", sa.Column("role", sa.String(32), nullable=True))


def downgrade() -> None:
    op.drop_column("tracks", "role")
