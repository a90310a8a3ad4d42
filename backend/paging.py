"""Cursors: opaque to clients, the id of the last item to us. Pure."""

import base64
import binascii
import uuid

from core.errors import Invalid


def encode_cursor(last_id: uuid.UUID) -> str:
    """Return the cursor that continues after an item."""
    return base64.urlsafe_b64encode(last_id.bytes).decode().rstrip("=")


def decode_cursor(cursor: str) -> uuid.UUID:
    """Return the id that a cursor stands for.

    Raises:
        Invalid: it is none of ours.
    """
    try:
        return uuid.UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (ValueError, binascii.Error):
        raise Invalid("The cursor is not one that a list gave.") from None
