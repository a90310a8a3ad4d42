"""Whose turn it is: tasks are claimed in an order that is fair between users.

The version before goes on inserting tasks without these columns; such a task is nobody's and goes
first. Indexes for the figures of what ended lately and for a user's videos under way come along.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_QUEUED = sa.text("state = 'queued'")


def upgrade() -> None:
    op.add_column(
        "users", sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column("tasks", sa.Column("user_id", sa.UUID(), nullable=True))
    op.add_column(
        "tasks", sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column("tasks", sa.Column("turn", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(
        "UPDATE tasks SET user_id = videos.user_id FROM videos "
        "WHERE videos.id = tasks.video_id AND tasks.state = 'queued'"
    )
    op.create_index(
        "ix_tasks_turn",
        "tasks",
        [sa.text("priority DESC"), "turn", "id"],
        postgresql_where=_QUEUED,
    )
    op.create_index(
        "ix_tasks_turn_of_user",
        "tasks",
        ["user_id", "priority", sa.text("turn DESC")],
        postgresql_where=_QUEUED,
    )
    op.create_index(
        "ix_videos_active",
        "videos",
        ["user_id"],
        postgresql_where=sa.text("state IN ('uploading', 'queued', 'processing')"),
    )
    op.create_index(
        "ix_jobs_finished",
        "jobs",
        ["finished_at"],
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_finished", table_name="jobs")
    op.drop_index("ix_videos_active", table_name="videos")
    op.drop_index("ix_tasks_turn_of_user", table_name="tasks")
    op.drop_index("ix_tasks_turn", table_name="tasks")
    op.drop_column("tasks", "turn")
    op.drop_column("tasks", "priority")
    op.drop_column("tasks", "user_id")
    op.drop_column("users", "priority")
