"""The notification of a new row in the outbox names its topic: no other topic is looked at."""

from alembic import op

revision = "0009"
down_revision = "0008"


def _replace(body: str, rows: str) -> None:
    op.execute("DROP TRIGGER outbox_wake ON outbox")
    op.execute(
        "CREATE OR REPLACE FUNCTION outbox_wake() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body}; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER outbox_wake AFTER INSERT ON outbox {rows} "
        "FOR EACH STATEMENT EXECUTE FUNCTION outbox_wake()"
    )


def upgrade() -> None:
    topics = "(SELECT DISTINCT topic FROM added) AS found"
    _replace(
        f"PERFORM pg_notify('framemill_outbox', topic) FROM {topics}",
        "REFERENCING NEW TABLE AS added",
    )


def downgrade() -> None:
    _replace("PERFORM pg_notify('framemill_outbox', '')", "")
