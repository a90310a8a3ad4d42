"""A trigger of the rollout locks tasks before their attempts, as everybody else does.

The other way round it could deadlock with a worker that gives a task back. Nothing but the function
is replaced: no table is locked.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

_FUNCTION = """
CREATE OR REPLACE FUNCTION rollout_end_of_video() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE jobs SET state = 'cancelled', finished_at = now()
    WHERE video_id = NEW.id AND state IN ('queued', 'running')
    AND EXISTS (SELECT FROM job_tasks WHERE job_id = jobs.id);
  WITH ended AS (
    UPDATE job_tasks SET state = 'cancelled', lease_until = NULL WHERE live_video_id = NEW.id
    RETURNING id, video_id, job_id, key, attempt
  ), noted AS (
    UPDATE task_attempts SET outcome = 'cancelled', ended_at = now() FROM ended
    WHERE task_id = ended.id AND outcome IS NULL
  )
  INSERT INTO purges (id, prefix, not_before)
    SELECT gen_random_uuid(), format('videos/%s/%s/%s-%s/', video_id, job_id, key, number),
      now() + interval '2 minutes'
    FROM ended, generate_series(1, attempt) AS number;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(_FUNCTION)


def downgrade() -> None:
    """Nothing: the way back from 0006 drops the function, and until then it is as good."""
