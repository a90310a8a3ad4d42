"""What must be true whatever the code does, as constraints; and rows that wait after a failure.

First what an earlier version may have left is put right, or the constraints could not be added: a
live task of a video that is deleted, or that has left the queue, is what kept every worker busy.

The version before may go on beside this one while it is rolled out: it keeps the constraints too,
but for the races that they are there to end, which it then answers with an error.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_FOLLOWED = (
    ("renditions", "job_id"),
    ("artifacts", "job_id"),
    ("videos", "user_id"),
    ("uploads", "user_id"),
)


def upgrade() -> None:
    # All of them now, in the order in which the version before locks their rows: one by one they
    # would be waited for by whoever waits for us. Who deadlocks all the same is asked to try again.
    op.execute("LOCK TABLE uploads, tasks, jobs, videos IN ACCESS EXCLUSIVE MODE")
    # Live work of a video that no longer waits for it can only fail.
    op.execute(
        "UPDATE tasks SET state = 'cancelled', lease_until = NULL FROM videos "
        "WHERE videos.id = tasks.video_id AND tasks.state IN ('queued', 'running') "
        "AND videos.state NOT IN ('queued', 'processing')"
    )
    op.execute(
        "UPDATE jobs SET state = 'cancelled', stage = NULL, finished_at = now() "
        "WHERE state IN ('queued', 'running') AND NOT EXISTS (SELECT FROM tasks "
        "WHERE tasks.job_id = jobs.id AND tasks.state IN ('queued', 'running'))"
    )
    # Of two that live, the one that the video speaks of.
    op.execute(
        "UPDATE tasks SET state = 'cancelled', lease_until = NULL FROM videos "
        "WHERE videos.id = tasks.video_id AND tasks.state IN ('queued', 'running') "
        "AND tasks.job_id <> videos.job_id"
    )
    op.execute(
        "UPDATE jobs SET state = 'cancelled', stage = NULL, finished_at = now() FROM videos "
        "WHERE videos.id = jobs.video_id AND jobs.state IN ('queued', 'running') "
        "AND jobs.id <> videos.job_id"
    )
    # What waits for work that is not there has been given up.
    op.execute(
        "UPDATE videos SET state = 'failed', stage = NULL, eta_s = NULL, version = version + 1, "
        'updated_at = now(), failure = \'{"code": "processing_gave_up", "message": '
        '"Processing was started several times and never finished. Try again, or contact the '
        'operator.", "retryable": true}\' '
        "WHERE state IN ('queued', 'processing') AND NOT EXISTS (SELECT FROM tasks "
        "WHERE tasks.video_id = videos.id AND tasks.state IN ('queued', 'running'))"
    )
    op.execute("UPDATE tasks SET lease_until = NULL WHERE state <> 'running'")
    op.execute(
        "UPDATE tasks SET lease_until = now() WHERE state = 'running' AND lease_until IS NULL"
    )
    # What is deleted tells nothing any more.
    op.execute(
        "UPDATE videos SET title = '', source_filename = '', source_media = NULL, failure = NULL "
        "WHERE state = 'deleted'"
    )
    op.execute(
        "UPDATE uploads SET filename = '' FROM videos "
        "WHERE videos.id = uploads.video_id AND videos.state = 'deleted'"
    )

    op.add_column(
        "videos",
        sa.Column("alive", sa.Boolean(), sa.Computed("state <> 'deleted'", persisted=True)),
    )
    op.alter_column("videos", "alive", nullable=False)
    op.create_unique_constraint("uq_videos_id_alive", "videos", ["id", "alive"])
    op.create_index(
        "ix_videos_deleted", "videos", ["id"], postgresql_where=sa.text("state = 'deleted'")
    )
    op.create_index(
        "uq_jobs_live_transcode",
        "jobs",
        ["video_id"],
        unique=True,
        postgresql_where=sa.text("operation = 'transcode' AND state IN ('queued', 'running')"),
    )
    op.create_check_constraint(
        op.f("ck_tasks_lease_while_running"),
        "tasks",
        "(state = 'running') = (lease_until IS NOT NULL)",
    )
    op.add_column(
        "tasks",
        sa.Column(
            "live_video_id",
            sa.UUID(),
            sa.Computed(
                "CASE WHEN state IN ('queued', 'running') THEN video_id END", persisted=True
            ),
        ),
    )
    op.add_column(
        "tasks", sa.Column("video_alive", sa.Boolean(), sa.Computed("true", persisted=True))
    )
    op.alter_column("tasks", "video_alive", nullable=False)
    op.create_foreign_key(
        "fk_tasks_live_video",
        "tasks",
        "videos",
        ["live_video_id", "video_alive"],
        ["id", "alive"],
    )
    op.create_index(
        "ix_tasks_live_video",
        "tasks",
        ["live_video_id"],
        postgresql_where=sa.text("live_video_id IS NOT NULL"),
    )
    # For the rows that go with a video, and with an account.
    for table, column in _FOLLOWED:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.add_column("uploads", sa.Column("completing_until", sa.DateTime(timezone=True)))
    op.create_table(
        "setbacks",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("row_id", sa.UUID(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="1", nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "row_id", name=op.f("pk_setbacks")),
    )
    op.create_index(op.f("ix_setbacks_retry_at"), "setbacks", ["retry_at"])


def downgrade() -> None:
    op.drop_table("setbacks")
    op.drop_column("uploads", "completing_until")
    for table, column in _FOLLOWED:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
    op.drop_index("ix_tasks_live_video", table_name="tasks")
    op.drop_constraint("fk_tasks_live_video", "tasks", type_="foreignkey")
    op.drop_column("tasks", "video_alive")
    op.drop_column("tasks", "live_video_id")
    op.drop_constraint(op.f("ck_tasks_lease_while_running"), "tasks", type_="check")
    op.drop_index("uq_jobs_live_transcode", table_name="jobs")
    op.drop_index("ix_videos_deleted", table_name="videos")
    op.drop_constraint("uq_videos_id_alive", "videos", type_="unique")
    op.drop_column("videos", "alive")
