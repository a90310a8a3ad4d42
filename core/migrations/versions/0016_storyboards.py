"""How the tiles of a storyboard lie on a sheet.

The release before makes no sheets, and passes over those that are there.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("assets", sa.Column("layout", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("assets", "layout")
