"""Links to videos: which of them still open something, and how long the others are kept."""

from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_

from core.model.tables import Share

# Their owners see that they have expired.
KEEP_EXPIRED = timedelta(days=30)


def is_alive() -> ColumnElement[bool]:
    """Return the condition that a link has not expired. One that was ended is gone."""
    return or_(Share.expires_at.is_(None), Share.expires_at > func.now())
