"""Jobs as graphs of tasks, assets, an outbox.

The release before may go on beside this one while it is rolled out. Its claim, its sweeps and its
relay look at `tasks` alone: new tasks live in `job_tasks`, and `core/jobs/adopt` takes over what
waits in the old table. Triggers, all named `rollout_…`, keep both sides true meanwhile:

- outputs: what either publishes is in `renditions` and `artifacts`, and in `assets`;
- a video that the release before cancels or deletes takes its new tasks with it;
- what this release has made is 100 % done for those who read the columns of progress.

`docs/next-release.md` says when they and the old tables go.

What can be seen meanwhile: the release before shows no progress of what workers of this one do, and
0 attempts for its jobs. Its workers receive hints for tasks that they cannot take, and drop them: a
task then waits until an idle worker of this release looks by itself (20 s at the most), or until
its hint is sent anew (REDISPATCH_S).

What is there already is copied by the next migration. This release begins only when both are done.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

_JSON = postgresql.JSONB(astext_type=sa.Text())
_FACTS = "width, height, duration, bitrate, video_codec, audio_codec"

# Where an attempt of a task, whose number is `number`, has put its outputs: see `object_keys`.
_PREFIX = "format('videos/%s/%s/%s-%s/', video_id, job_id, key, number)"

_NEXT = "\n--\n"  # between statements: the driver takes one at a time

_OUTBOX = """
CREATE FUNCTION outbox_wake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('framemill_outbox', '');
  RETURN NULL;
END $$;
--
CREATE TRIGGER outbox_wake AFTER INSERT ON outbox
  FOR EACH STATEMENT EXECUTE FUNCTION outbox_wake();
"""

# Each direction does nothing where the other has been: so they end.
_ROLLOUT = """
--
CREATE FUNCTION rollout_old_to_asset() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM assets WHERE id = OLD.id;
  ELSIF TG_TABLE_NAME = 'renditions' THEN
    INSERT INTO assets (id, video_id, job_id, is_main, kind, name, state, s3_key, size, FACTS)
    VALUES (NEW.id, NEW.video_id, NEW.job_id, true, 'file', NEW.name, 'published', NEW.s3_key,
      NEW.size, NEW.width, NEW.height, NEW.duration, NEW.bitrate, NEW.video_codec, NEW.audio_codec)
    ON CONFLICT DO NOTHING;
    UPDATE videos SET playable_at = now() WHERE id = NEW.video_id AND playable_at IS NULL;
  ELSE
    INSERT INTO assets (id, video_id, job_id, is_main, kind, name, state, s3_key, size)
    VALUES (NEW.id, NEW.video_id, NEW.job_id, true, NEW.kind, NEW.kind, 'published', NEW.s3_key,
      NEW.size)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
--
CREATE FUNCTION rollout_asset_to_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM renditions WHERE id = OLD.id;
    DELETE FROM artifacts WHERE id = OLD.id;
  ELSIF NEW.is_main AND NEW.state = 'published' AND NEW.kind = 'file'
    AND num_nulls(NEW.width, NEW.height, NEW.duration, NEW.bitrate, NEW.video_codec) = 0 THEN
    INSERT INTO renditions (id, video_id, job_id, name, s3_key, size, FACTS)
    VALUES (NEW.id, NEW.video_id, NEW.job_id, NEW.name, NEW.s3_key, NEW.size, NEW.width,
      NEW.height, NEW.duration, NEW.bitrate, NEW.video_codec, NEW.audio_codec)
    ON CONFLICT DO NOTHING;
  ELSIF NEW.is_main AND NEW.state = 'published' AND NEW.kind <> 'file' THEN
    INSERT INTO artifacts (id, video_id, job_id, kind, s3_key, size)
    VALUES (NEW.id, NEW.video_id, NEW.job_id, NEW.kind, NEW.s3_key, NEW.size)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
--
CREATE FUNCTION rollout_end_of_video() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE task_attempts SET outcome = 'cancelled', ended_at = now() FROM job_tasks
    WHERE job_tasks.id = task_id AND live_video_id = NEW.id AND outcome IS NULL;
  INSERT INTO purges (id, prefix, not_before)
    SELECT gen_random_uuid(), PREFIX, now() + interval '2 minutes'
    FROM job_tasks, generate_series(1, attempt) AS number WHERE live_video_id = NEW.id;
  UPDATE job_tasks SET state = 'cancelled', lease_until = NULL WHERE live_video_id = NEW.id;
  UPDATE jobs SET state = 'cancelled', finished_at = now()
    WHERE video_id = NEW.id AND state IN ('queued', 'running')
    AND EXISTS (SELECT FROM job_tasks WHERE job_id = jobs.id);
  RETURN NEW;
END $$;
--
CREATE FUNCTION rollout_done() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.progress = 100;
  RETURN NEW;
END $$;
--
CREATE TRIGGER rollout_rendition_to_asset AFTER INSERT OR DELETE ON renditions
  FOR EACH ROW EXECUTE FUNCTION rollout_old_to_asset();
--
CREATE TRIGGER rollout_artifact_to_asset AFTER INSERT OR DELETE ON artifacts
  FOR EACH ROW EXECUTE FUNCTION rollout_old_to_asset();
--
CREATE TRIGGER rollout_end_of_video BEFORE UPDATE OF state ON videos
  FOR EACH ROW WHEN (OLD.state <> NEW.state AND NEW.state IN ('cancelled', 'deleted'))
  EXECUTE FUNCTION rollout_end_of_video();
--
CREATE TRIGGER rollout_video_done BEFORE UPDATE OF state ON videos
  FOR EACH ROW WHEN (OLD.state <> NEW.state AND NEW.state = 'ready')
  EXECUTE FUNCTION rollout_done();
--
CREATE TRIGGER rollout_job_done BEFORE UPDATE OF state ON jobs
  FOR EACH ROW WHEN (OLD.state <> NEW.state AND NEW.state = 'succeeded')
  EXECUTE FUNCTION rollout_done();
"""


def upgrade() -> None:
    # Who writes takes the video first, so nobody holds one of these and waits for another. It is
    # soon over: rows are copied by the next migration, which holds nobody up.
    op.execute("LOCK TABLE videos, jobs, renditions, artifacts IN EXCLUSIVE MODE")
    _create_tasks()
    _create_assets()
    _create_outbox()
    _widen_jobs()
    op.add_column("videos", sa.Column("playable_at", sa.DateTime(timezone=True)))
    rollout = _ROLLOUT.replace("FACTS", _FACTS).replace("PREFIX", _PREFIX)
    for statement in (_OUTBOX + rollout).split(_NEXT):
        op.execute(statement)


def _widen_jobs() -> None:
    for name, kind, default in (
        ("effect", sa.String(16), "replace"),
        ("priority", sa.SmallInteger(), "0"),
        ("turn", sa.BigInteger(), "0"),
        ("cpu_seconds", sa.Double(), "0"),
    ):
        op.add_column("jobs", sa.Column(name, kind, server_default=default, nullable=False))
    op.add_column("jobs", sa.Column("plan", _JSON))
    op.create_check_constraint(op.f("ck_jobs_known_effect"), "jobs", "effect IN ('replace', 'add')")
    op.execute(
        "UPDATE jobs SET priority = tasks.priority, turn = tasks.turn FROM tasks"
        " WHERE tasks.job_id = jobs.id AND jobs.state IN ('queued', 'running')"
    )
    op.drop_index("uq_jobs_live_transcode", table_name="jobs")
    op.create_index(
        "uq_jobs_live_replace",
        "jobs",
        ["video_id"],
        unique=True,
        postgresql_where=sa.text("effect = 'replace' AND state IN ('queued', 'running')"),
    )


def _time(name: str, *, now: bool = False) -> sa.Column[object]:
    default = sa.func.now() if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def _create_tasks() -> None:
    op.create_table(
        "job_tasks",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column("video_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("spec", _JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("pool", sa.String(32), server_default="default", nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("blocked_by", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("charged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("worker", sa.Text()),
        sa.Column("nonce", sa.UUID()),
        _time("lease_until"),
        _time("available_at", now=True),
        sa.Column("range_start", sa.Integer()),
        sa.Column("range_end", sa.Integer()),
        sa.Column("stage", sa.String(16)),
        sa.Column("progress", sa.Double(), server_default="0", nullable=False),
        sa.Column("eta_s", sa.Double()),
        sa.Column("result", _JSON),
        _time("created_at", now=True),
        sa.Column(
            "live_video_id",
            sa.UUID(),
            sa.Computed(
                "CASE WHEN state IN ('blocked', 'queued', 'running') THEN video_id END",
                persisted=True,
            ),
        ),
        sa.Column("video_alive", sa.Boolean(), sa.Computed("true", persisted=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'running') = (lease_until IS NOT NULL)",
            name=op.f("ck_job_tasks_lease_while_running"),
        ),
        sa.CheckConstraint(
            "CASE state WHEN 'blocked' THEN blocked_by > 0 WHEN 'queued' THEN blocked_by = 0"
            " WHEN 'running' THEN blocked_by = 0 ELSE blocked_by >= 0 END",
            name=op.f("ck_job_tasks_blocked_while_needed"),
        ),
        sa.CheckConstraint(
            "(range_start IS NULL) = (range_end IS NULL) AND range_start < range_end",
            name=op.f("ck_job_tasks_range_is_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_tasks_job_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_job_tasks_video_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["live_video_id", "video_alive"],
            ["videos.id", "videos.alive"],
            name="fk_job_tasks_live_video",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_tasks")),
        sa.UniqueConstraint("job_id", "key", name=op.f("uq_job_tasks_job_id_key")),
    )
    op.create_index(op.f("ix_job_tasks_video_id"), "job_tasks", ["video_id"])
    queued, running = sa.text("state = 'queued'"), sa.text("state = 'running'")
    indexes: list[tuple[str, list[Any], bool, sa.TextClause]] = [
        ("ix_job_tasks_running", ["lease_until"], False, running),
        ("ix_job_tasks_turn", [sa.text("priority DESC"), "turn", "id"], False, queued),
        (
            "ix_job_tasks_turn_of_user",
            ["user_id", "priority", sa.text("turn DESC")],
            False,
            queued,
        ),
        ("uq_job_tasks_nonce", ["nonce"], True, running),
        (
            "ix_job_tasks_live_video",
            ["live_video_id"],
            False,
            sa.text("live_video_id IS NOT NULL"),
        ),
    ]
    for name, columns, unique, where in indexes:
        op.create_index(name, "job_tasks", columns, unique=unique, postgresql_where=where)
    op.create_table(
        "task_needs",
        sa.Column("task_id", sa.UUID(), nullable=False),
        sa.Column("needs_id", sa.UUID(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], ["job_tasks.id"], name=op.f(f"fk_task_needs_{column}"), ondelete="CASCADE"
            )
            for column in ("task_id", "needs_id")
        ),
        sa.PrimaryKeyConstraint("task_id", "needs_id", name=op.f("pk_task_needs")),
    )
    op.create_index(op.f("ix_task_needs_needs_id"), "task_needs", ["needs_id"])
    op.create_table(
        "task_attempts",
        sa.Column("task_id", sa.UUID(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        _time("claimed_at", now=True),
        _time("ended_at"),
        sa.Column("outcome", sa.String(16)),
        sa.Column("error", sa.Text()),
        sa.Column("log_key", sa.Text()),
        sa.Column("cpu_seconds", sa.Double()),
        sa.ForeignKeyConstraint(
            ["task_id"], ["job_tasks.id"], name=op.f("fk_task_attempts_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "attempt", name=op.f("pk_task_attempts")),
    )


def _create_assets() -> None:
    op.create_table(
        "assets",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("video_id", sa.UUID(), nullable=False),
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("s3_key", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("duration", sa.Double()),
        sa.Column("bitrate", sa.BigInteger()),
        sa.Column("video_codec", sa.String(32)),
        sa.Column("audio_codec", sa.String(32)),
        *(
            sa.ForeignKeyConstraint(
                [f"{one}_id"], [f"{one}s.id"], name=op.f(f"fk_assets_{one}_id"), ondelete="CASCADE"
            )
            for one in ("video", "job")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
    )
    for column in ("video_id", "job_id"):
        op.create_index(op.f(f"ix_assets_{column}"), "assets", [column])
    for name, owner, where in (
        ("uq_assets_main", "video_id", "is_main AND state = 'published'"),
        ("uq_assets_added", "job_id", "NOT is_main AND state = 'published'"),
    ):
        op.create_index(
            name,
            "assets",
            [owner, "kind", "name"],
            unique=True,
            postgresql_where=sa.text(where),
        )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("topic", sa.String(16), nullable=False),
        sa.Column("key", sa.UUID(), nullable=False),
        sa.Column("payload", _JSON, server_default=sa.text("'{}'"), nullable=False),
        _time("available_at", now=True),
        _time("sending_until"),
        _time("sent_at"),
        _time("created_at", now=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    for name, column, where in (
        ("ix_outbox_unsent", "available_at", "sent_at IS NULL"),
        ("ix_outbox_sent", "sent_at", "sent_at IS NOT NULL"),
    ):
        op.create_index(name, "outbox", [column], postgresql_where=sa.text(where))
    op.create_index("ix_outbox_key", "outbox", ["key"])


def downgrade() -> None:
    op.execute("LOCK TABLE videos, jobs, job_tasks, assets IN EXCLUSIVE MODE")
    for table, name in (
        ("renditions", "rollout_rendition_to_asset"),
        ("artifacts", "rollout_artifact_to_asset"),
        ("videos", "rollout_end_of_video"),
        ("videos", "rollout_video_done"),
        ("jobs", "rollout_job_done"),
    ):
        op.execute(f"DROP TRIGGER {name} ON {table}")
    _hand_back()
    for table in ("outbox", "assets", "task_attempts", "task_needs", "job_tasks"):
        op.drop_table(table)
    for function in (
        "outbox_wake", "rollout_old_to_asset", "rollout_asset_to_old", "rollout_end_of_video",
        "rollout_done",
    ):  # fmt: skip
        op.execute(f"DROP FUNCTION {function}")
    op.drop_index("uq_jobs_live_replace", table_name="jobs")
    op.create_index(
        "uq_jobs_live_transcode",
        "jobs",
        ["video_id"],
        unique=True,
        postgresql_where=sa.text("operation = 'transcode' AND state IN ('queued', 'running')"),
    )
    op.drop_constraint(op.f("ck_jobs_known_effect"), "jobs")
    for column in ("effect", "plan", "priority", "turn", "cpu_seconds"):
        op.drop_column("jobs", column)
    op.drop_column("videos", "playable_at")


# Each begins anew. Its attempts are counted from where those of the job's tasks have come to: two
# attempts never write to the same key.
_HAND_BACK = """
INSERT INTO purges (id, prefix, not_before)
  SELECT gen_random_uuid(), PREFIX, now() + interval '2 minutes'
  FROM job_tasks, generate_series(1, attempt) AS number
  WHERE job_id IN (SELECT job_id FROM job_tasks WHERE LIVE);
--
INSERT INTO tasks (id, job_id, video_id, user_id, priority, turn, state, attempt, charged)
  SELECT gen_random_uuid(), job_id, video_id, user_id, min(priority), min(turn), 'queued',
    max(attempt), 0
  FROM job_tasks GROUP BY job_id, video_id, user_id HAVING bool_or(LIVE);
--
UPDATE jobs SET state = 'queued' FROM tasks
  WHERE tasks.job_id = jobs.id AND tasks.state = 'queued' AND jobs.state = 'running';
--
UPDATE videos SET state = 'queued', stage = NULL, version = version + 1, updated_at = now()
  FROM jobs WHERE jobs.id = videos.job_id
  AND jobs.state = 'queued' AND videos.state = 'processing';
"""


def _hand_back() -> None:
    """Give each job that has not ended a task that the release before can do."""
    live = "state IN ('blocked', 'queued', 'running')"
    statements = _HAND_BACK.replace("LIVE", live).replace("PREFIX", _PREFIX)
    for statement in statements.split(_NEXT):
        op.execute(statement)
