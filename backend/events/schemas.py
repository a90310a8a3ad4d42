"""What the streams tell besides videos."""

from uuid import UUID

from pydantic import BaseModel


class DeletedVideo(BaseModel):
    """A video that is gone, with the version that it ended at."""

    id: UUID
    version: int
