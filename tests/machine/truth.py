"""What must be true of the tables after every step, whatever was interleaved."""

from sqlalchemy import text

from core.adapters.postgres import Database

# Each statement selects what breaks its rule.
RULES = {
    "a live task <=> its video is queued or processing": """
        SELECT v.id FROM videos v
        WHERE (v.state IN ('queued', 'processing')) <> (
            (SELECT count(*) FROM tasks t
             WHERE t.video_id = v.id AND t.state IN ('queued', 'running')) = 1)
    """,
    "at most one live job of a video": """
        SELECT video_id FROM jobs WHERE state IN ('queued', 'running')
        GROUP BY video_id HAVING count(*) > 1
    """,
    "a job lives as long as its task": """
        SELECT j.id FROM jobs j JOIN tasks t ON t.job_id = j.id
        WHERE (j.state IN ('queued', 'running')) <> (t.state IN ('queued', 'running'))
    """,
    "a lease exactly while a task runs": """
        SELECT id FROM tasks WHERE (state = 'running') <> (lease_until IS NOT NULL)
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
        SELECT v.id FROM videos v JOIN renditions r ON r.video_id = v.id WHERE v.state = 'deleted'
    """,
    "what is ready has outputs of one job": """
        SELECT v.id FROM videos v WHERE v.state = 'ready' AND
        (SELECT count(DISTINCT job_id) FROM renditions r WHERE r.video_id = v.id) <> 1
    """,
}
_ALL = text(
    " UNION ALL ".join(
        f"SELECT '{name}' AS rule, broken.* FROM ({statement}) AS broken(id)"
        for name, statement in RULES.items()
    )
)


async def broken(db: Database) -> list[str]:
    """Return what is not as it must be; in one statement, so of one moment."""
    async with db.read() as connection:
        rows = (await connection.execute(_ALL)).all()
    return [f"{row.rule}: {row.id}" for row in rows]
