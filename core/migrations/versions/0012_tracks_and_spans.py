"""What is streamed: the tracks of a job, and which segments of them are stored.

The release before knows neither; it shows the MP4s as before.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "tracks",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "video_id",
            sa.Uuid(),
            sa.ForeignKey("videos.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column(
            "job_id", sa.Uuid(), sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("made", sa.String(16), nullable=False),
        sa.Column("codecs", sa.Text(), nullable=False),
        sa.Column("time_scale", sa.Integer(), nullable=False),
        sa.Column("init_size", sa.Integer(), nullable=False),
        sa.Column("init_sha256", sa.String(64), nullable=False),
        sa.Column("max_bitrate", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("frame_rate", sa.String(32)),
        sa.Column("channels", sa.Integer()),
        sa.Column("language", sa.String(35)),
        sa.Column("title", sa.Text()),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("job_id", "name"),
        sa.Index(
            "ix_tracks_kept", "kept_until", postgresql_where=sa.text("kept_until IS NOT NULL")
        ),
    )
    op.create_table(
        "spans",
        sa.Column(
            "track_id", sa.Uuid(), sa.ForeignKey("tracks.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("s3_key", sa.Text(), nullable=False),
        sa.Column("offset", sa.Integer(), nullable=False),
        sa.Column("sizes", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("durations", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("track_id", "first"),
        sa.CheckConstraint(
            "cardinality(sizes) > 0 AND cardinality(sizes) = cardinality(durations)",
            name="sizes_and_durations",
        ),
    )


def downgrade() -> None:
    op.drop_table("spans")
    op.drop_table("tracks")
