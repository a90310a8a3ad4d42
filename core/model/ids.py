"""Identifiers: UUIDv7 (RFC 9562), so that newer rows sort after older ones."""

import secrets
import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """Return a new time-ordered id."""
    return uuid7()


def new_token(bits: int = 128) -> str:
    """Return a random URL-safe word with that much entropy."""
    return secrets.token_urlsafe(bits // 8)
