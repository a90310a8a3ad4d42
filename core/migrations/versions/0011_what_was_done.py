"""What a job did to its source, and what its owner should know of the result.

Jobs of the release before have none.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("notes", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "notes")
