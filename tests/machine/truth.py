"""What must be true of the tables after every step, whatever was interleaved."""

from collections.abc import Mapping

from sqlalchemy import text

from core.adapters.postgres import Database

_LIVE = "('blocked', 'queued', 'running')"
# Each statement selects what breaks its rule.
RULES = {
    "a live task of the main job <=> the video is queued or processing": f"""
        SELECT v.id FROM videos v
        WHERE (v.state IN ('queued', 'processing')) <> EXISTS (
            SELECT FROM job_tasks t WHERE t.job_id = v.job_id AND t.state IN {_LIVE})
    """,
    "what makes the main outputs is the main job": """
        SELECT v.id FROM videos v JOIN jobs j ON j.video_id = v.id
        WHERE j.effect = 'replace' AND j.state IN ('queued', 'running')
        AND j.id IS DISTINCT FROM v.job_id
    """,
    "at most one live job of a video makes its main outputs": """
        SELECT video_id FROM jobs WHERE state IN ('queued', 'running') AND effect = 'replace'
        GROUP BY video_id HAVING count(*) > 1
    """,
    # One that is claimed and has not begun is known to its own row alone.
    "the state of a job follows from its tasks": """
        SELECT j.id FROM jobs j JOIN LATERAL (
            SELECT CASE WHEN bool_or(t.state = 'failed') THEN 'failed'
                WHEN bool_or(t.state = 'cancelled') THEN 'cancelled'
                WHEN bool_or(t.state = 'running') THEN 'running'
                WHEN bool_and(t.state = 'succeeded') THEN 'succeeded' ELSE 'queued' END AS state
            FROM job_tasks t WHERE t.job_id = j.id HAVING count(*) > 0) f ON true
        WHERE j.state <> f.state AND NOT (j.state = 'queued' AND f.state = 'running')
    """,
    "what has ended has no live task": f"""
        SELECT j.id FROM jobs j JOIN job_tasks t ON t.job_id = j.id
        WHERE j.state NOT IN ('queued', 'running') AND t.state IN {_LIVE}
    """,
    "a video that waits is as far as its main job": """
        SELECT v.id FROM videos v JOIN jobs j ON j.id = v.job_id
        WHERE v.state NOT IN ('ready', 'deleted', 'uploading') AND v.state <> CASE j.state
            WHEN 'running' THEN 'processing' WHEN 'succeeded' THEN 'ready' ELSE j.state END
    """,
    "a lease exactly while a task runs": """
        SELECT id FROM job_tasks WHERE (state = 'running') <> (lease_until IS NOT NULL)
    """,
    "blocked by the needs that have not succeeded": f"""
        SELECT t.id FROM job_tasks t WHERE t.state IN {_LIVE} AND t.blocked_by <> (
            SELECT count(*) FROM task_needs n JOIN job_tasks needed ON needed.id = n.needs_id
            WHERE n.task_id = t.id AND needed.state <> 'succeeded')
    """,
    "blocked <=> something is needed": """
        SELECT id FROM job_tasks WHERE state IN ('blocked', 'queued', 'running')
        AND (state = 'blocked') <> (blocked_by > 0)
    """,
    "an attempt is noted for each claim": """
        SELECT t.id FROM job_tasks t WHERE t.attempt <> (
            SELECT count(*) FROM task_attempts a
            WHERE a.task_id = t.id AND a.attempt BETWEEN 1 AND t.attempt)
    """,
    "no more is charged than was tried": """
        SELECT id FROM job_tasks WHERE charged NOT BETWEEN 0 AND attempt
    """,
    "the last attempt has no end <=> its task runs": """
        SELECT t.id FROM job_tasks t WHERE (t.state = 'running') <> EXISTS (
            SELECT FROM task_attempts a
            WHERE a.task_id = t.id AND a.attempt = t.attempt AND a.outcome IS NULL)
    """,
    "attempts before the last have an end": """
        SELECT t.id FROM job_tasks t JOIN task_attempts a ON a.task_id = t.id
        WHERE a.attempt < t.attempt AND (a.outcome IS NULL OR a.ended_at IS NULL)
    """,
    "a task succeeded <=> its last attempt did": """
        SELECT t.id FROM job_tasks t WHERE (t.state = 'succeeded') <> EXISTS (
            SELECT FROM task_attempts a
            WHERE a.task_id = t.id AND a.attempt = t.attempt AND a.outcome = 'succeeded')
    """,
    "what a job has made is of attempts that succeeded": """
        SELECT o.id FROM assets o WHERE EXISTS (SELECT FROM job_tasks t WHERE t.job_id = o.job_id)
        AND NOT EXISTS (
            SELECT FROM job_tasks t JOIN task_attempts a ON a.task_id = t.id
            WHERE t.job_id = o.job_id AND a.outcome = 'succeeded' AND starts_with(o.s3_key,
            format('videos/%s/%s/%s-%s/', o.video_id, o.job_id, t.key, a.attempt)))
    """,
    "an upload is open <=> its video is being uploaded": """
        SELECT v.id FROM videos v JOIN uploads u ON u.video_id = v.id
        WHERE (v.state = 'uploading') <> (u.state = 'open')
    """,
    "what is deleted tells nothing": """
        SELECT id FROM videos WHERE state = 'deleted'
        AND (title <> '' OR source_filename <> '' OR source_media IS NOT NULL)
    """,
    "what is deleted has no outputs": """
        SELECT v.id FROM videos v JOIN assets a ON a.video_id = v.id WHERE v.state = 'deleted'
    """,
    "what is ready has the main outputs of its main job": """
        SELECT v.id FROM videos v WHERE v.state = 'ready' AND
        (SELECT array_agg(DISTINCT a.job_id) FROM assets a
         WHERE a.video_id = v.id AND a.is_main AND a.state = 'published')
        IS DISTINCT FROM ARRAY[v.job_id]
    """,
    "nothing that a job has made is to be removed": """
        SELECT a.id FROM assets a JOIN purges p ON starts_with(a.s3_key, p.prefix)
    """,
    "one published main output has a name": """
        SELECT video_id FROM assets WHERE is_main AND state = 'published'
        GROUP BY video_id, kind, name HAVING count(*) > 1
    """,
    "what is shown was made by a job that succeeded": """
        SELECT a.id FROM assets a JOIN jobs j ON j.id = a.job_id
        WHERE (a.state = 'published') <> (j.state = 'succeeded')
        OR a.state = 'staged' AND j.state NOT IN ('queued', 'running')
    """,
    "what plays says since when": """
        SELECT id FROM videos WHERE state = 'ready' AND playable_at IS NULL
    """,
    "what plays is not taken away": """
        SELECT id FROM videos WHERE playable_at IS NOT NULL AND state IN ('failed', 'cancelled')
    """,
    "what plays has main outputs of one job, or tracks of the one that makes them": """
        SELECT v.id FROM videos v WHERE v.playable_at IS NOT NULL AND v.state <> 'deleted' AND
        (SELECT count(DISTINCT a.job_id) FROM assets a
         WHERE a.video_id = v.id AND a.is_main AND a.state = 'published') <>
        CASE WHEN v.state <> 'ready' AND EXISTS (
            SELECT FROM tracks t JOIN jobs j ON j.id = t.job_id
            WHERE t.video_id = v.id AND t.job_id = v.job_id AND j.state IN ('queued', 'running'))
            AND NOT EXISTS (SELECT FROM assets a WHERE a.video_id = v.id AND a.is_main
                AND a.state = 'published') THEN 0 ELSE 1 END
    """,
    "what can be streamed is of a job that may still succeed, or has": """
        SELECT t.id FROM tracks t JOIN jobs j ON j.id = t.job_id
        WHERE j.state IN ('failed', 'cancelled')
    """,
    "the release before sees the same outputs": """
        SELECT a.id FROM assets a FULL JOIN (
            SELECT id, video_id, s3_key FROM renditions
            UNION ALL SELECT id, video_id, s3_key FROM artifacts) o ON o.id = a.id
        WHERE (a.is_main AND a.state = 'published') IS NOT TRUE <> (o.id IS NULL)
        OR a.s3_key <> o.s3_key
    """,
}
# Of the outbox, which forgets what was sent an hour ago.
_NOT_FORGOTTEN = "v.created_at > now() - interval '50 minutes'"
TOLD = {
    "each version of a video is told": f"""
        SELECT v.id FROM videos v WHERE {_NOT_FORGOTTEN} AND v.version - 1 <> (
            SELECT count(DISTINCT o.payload ->> 'version') FROM outbox o
            WHERE o.topic = 'video' AND o.key = v.id
            AND (o.payload ->> 'version')::bigint BETWEEN 2 AND v.version)
    """,
    "nothing is told of versions that are not there": """
        SELECT v.id FROM videos v JOIN outbox o ON o.key = v.id AND o.topic = 'video'
        WHERE (o.payload ->> 'version')::bigint > v.version
    """,
    "workers are told of each task, and each time that it is back": """
        SELECT t.id FROM job_tasks t WHERE t.state = 'queued' AND greatest(t.attempt, 1) > (
            SELECT count(*) FROM outbox o WHERE o.topic = 'task' AND o.key = t.id)
    """,
}
# Once everybody has gone on to the end, and whatever could be had was done.
SETTLED = {
    "nothing waits for ever": f"""
        SELECT id FROM job_tasks WHERE state IN {_LIVE}
    """,
    "no video waits for ever": """
        SELECT id FROM videos WHERE state IN ('queued', 'processing')
    """,
    "no job waits for ever": """
        SELECT id FROM jobs WHERE state IN ('queued', 'running')
    """,
    "everything is told": """
        SELECT id FROM outbox WHERE sent_at IS NULL
    """,
    "no attempt is without an end": """
        SELECT task_id FROM task_attempts WHERE outcome IS NULL OR ended_at IS NULL
    """,
}


async def broken(db: Database, rules: Mapping[str, str] = RULES | TOLD) -> list[str]:
    """Return what is not as it must be; in one statement, so of one moment."""
    statement = " UNION ALL ".join(
        f"SELECT '{name}' AS rule, broken.* FROM ({selected}) AS broken(id)"
        for name, selected in rules.items()
    )
    async with db.autocommit() as connection:
        rows = (await connection.execute(text(statement))).all()
    return [f"{row.rule}: {row.id}" for row in rows]
