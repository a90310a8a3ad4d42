"""The events of the streams that are not a whole video."""

from uuid import UUID

from pydantic import BaseModel


class DeletedVideo(BaseModel):
    """A deleted video, with its last version."""

    id: UUID
    version: int
