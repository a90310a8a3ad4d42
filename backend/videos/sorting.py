"""The sort orders of the library, each with its cursor. Pure."""

import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, literal, tuple_

from backend.http.paging import decode_cursor, decode_place, encode_cursor
from core.model.tables import Video


class Sort(StrEnum):
    """The sort order of the library. Titles ignore upper and lower case."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"


Order = tuple[ColumnElement[Any], ...]

NEWEST_FIRST: Order = (Video.id.desc(),)  # ids rise with time
_TITLE = func.lower(Video.title)
ORDERS: dict[Sort, Order] = {
    Sort.NEWEST: NEWEST_FIRST,
    Sort.OLDEST: (Video.id.asc(),),
    Sort.TITLE: (_TITLE.asc(), Video.id.asc()),
}
# In cursors, so that one fits one order only.
_LETTERS = {Sort.NEWEST: "", Sort.OLDEST: "o", Sort.TITLE: "t"}


def cursor_after(sort: Sort, video_id: uuid.UUID, title: str) -> str:
    """Return the cursor that continues after a video."""
    # The title as it was: the list goes on from there even if the video is renamed meanwhile.
    return encode_cursor(video_id, _LETTERS[sort], title if sort is Sort.TITLE else "")


def follows(sort: Sort, cursor: str) -> ColumnElement[bool]:
    """Return the condition for what comes after a cursor.

    Raises:
        Invalid: the cursor is none of ours, or of another order.
    """
    if sort is Sort.NEWEST:
        return Video.id < decode_cursor(cursor, _LETTERS[sort])
    if sort is Sort.OLDEST:
        return Video.id > decode_cursor(cursor, _LETTERS[sort])
    last_id, title = decode_place(cursor, _LETTERS[sort])
    # Postgres makes both small, so that they are the same however it does that.
    return tuple_(_TITLE, Video.id) > tuple_(func.lower(title), literal(last_id))
