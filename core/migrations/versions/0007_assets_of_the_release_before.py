"""What the release before has published becomes assets, page by page, while it goes on.

The triggers of 0006 see to all that it publishes or removes meanwhile. A row that is copied is
locked until it is there: so it cannot go in between, and be left as an asset of nothing. Each page
stands alone, and one that was copied already is passed over: whoever is cut off begins again.
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_PAGE = 1_000
_FACTS = "width, height, duration, bitrate, video_codec, audio_codec"

# Each answers with the last id of a page, or nothing after the last.
_RENDITIONS = """
WITH page AS (
  SELECT * FROM renditions WHERE id > :after ORDER BY id LIMIT :most FOR SHARE
), copied AS (
  INSERT INTO assets (id, video_id, job_id, is_main, kind, name, state, s3_key, size, FACTS)
  SELECT id, video_id, job_id, true, 'file', name, 'published', s3_key, size, FACTS FROM page
  ON CONFLICT DO NOTHING
) SELECT id FROM page ORDER BY id DESC LIMIT 1
""".replace("FACTS", _FACTS)

_ARTIFACTS = """
WITH page AS (
  SELECT * FROM artifacts WHERE id > :after ORDER BY id LIMIT :most FOR SHARE
), copied AS (
  INSERT INTO assets (id, video_id, job_id, is_main, kind, name, state, s3_key, size)
  SELECT id, video_id, job_id, true, kind, kind, 'published', s3_key, size FROM page
  ON CONFLICT DO NOTHING
) SELECT id FROM page ORDER BY id DESC LIMIT 1
"""

_PLAYABLE = """
WITH page AS (
  SELECT id FROM videos WHERE id > :after ORDER BY id LIMIT :most
), written AS (
  UPDATE videos SET playable_at = coalesce(
    (SELECT min(finished_at) FROM jobs WHERE video_id = videos.id AND jobs.state = 'succeeded'),
    updated_at
  ) FROM page WHERE videos.id = page.id AND playable_at IS NULL
  AND EXISTS (SELECT FROM renditions WHERE video_id = videos.id)
) SELECT id FROM page ORDER BY id DESC LIMIT 1
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for statement in (_RENDITIONS, _ARTIFACTS, _PLAYABLE):
            _page_by_page(sa.text(statement))
    # From here on: of what is copied it would look each row up that is there already.
    op.execute(
        "CREATE TRIGGER rollout_asset_to_old AFTER INSERT OR UPDATE OR DELETE ON assets"
        " FOR EACH ROW EXECUTE FUNCTION rollout_asset_to_old()"
    )


def _page_by_page(statement: sa.TextClause) -> None:
    after: uuid.UUID | None = uuid.UUID(int=0)
    while after is not None:
        after = op.get_bind().scalar(statement, {"after": after, "most": _PAGE})


def downgrade() -> None:
    op.execute("DROP TRIGGER rollout_asset_to_old ON assets")
