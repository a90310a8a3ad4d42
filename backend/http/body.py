"""What the bodies of requests have in common."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A request's body. A field that it does not have is refused: it may be a misspelt one."""

    model_config = ConfigDict(extra="forbid")
