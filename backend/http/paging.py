"""Cursors of lists: opaque to clients, the place of the last item to us. Pure."""

import base64
import uuid
from typing import Annotated

from fastapi import Query

from backend.http.fields import is_storable
from core.errors import Invalid

Limit = Annotated[int, Query(ge=1, le=100)]
# It holds a title of 255 characters where the list is sorted by titles.
Cursor = Annotated[str | None, Query(max_length=1500)]


def encode_cursor(last_id: uuid.UUID, order: str = "", key: str = "") -> str:
    """Return the cursor that continues after an item.

    A list that is in another order than newest first has a letter as its `order`; `key` is what it
    is sorted by before the id.
    """
    place = order.encode() + last_id.bytes + key.encode()
    return base64.urlsafe_b64encode(place).decode().rstrip("=")


def decode_cursor(cursor: str, order: str = "") -> uuid.UUID:
    """Return the id that the cursor of a list without a key stands for.

    Raises:
        Invalid: it is none of ours, or of a list in another order.
    """
    last_id, key = decode_place(cursor, order)
    if key:
        raise _unknown()
    return last_id


def decode_place(cursor: str, order: str) -> tuple[uuid.UUID, str]:
    """Return the id and the key that a cursor stands for.

    Raises:
        Invalid: it is none of ours, or of a list in another order.
    """
    letter = order.encode()
    try:
        # Strictly: else what is no part of the alphabet, as a NUL, would be passed over.
        padded = cursor + "=" * (-len(cursor) % 4)
        place = base64.b64decode(padded, altchars=b"-_", validate=True)
        rest = place[len(letter) :]
        last_id, key = uuid.UUID(bytes=rest[:16]), rest[16:].decode()
    except ValueError:
        raise _unknown() from None
    if not place.startswith(letter) or not is_storable(key):
        raise _unknown()
    return last_id, key


def _unknown() -> Invalid:
    return Invalid("The cursor is not one that this list gave.")
