"""Settings of control only. Shared settings are in `core/config.py`."""

from pydantic import Field

from core import config
from core.config import YEAR_S, ApiAndControl, ControlAndWorkers


class Settings(config.Settings, ApiAndControl, ControlAndWorkers):
    """What control reads."""

    control_port: int = Field(8002, ge=0, le=65535, description="0 for any free one")
    cloudwatch_namespace: str | None = Field(
        None, description="where it tells how many tasks want a worker; unset for nowhere"
    )
    sweep_s: float = Field(5, gt=0, le=YEAR_S)
    redispatch_s: float = Field(30, gt=0, le=YEAR_S)
    forget_deleted_s: float = Field(
        3600, ge=300, le=YEAR_S, description="then the rows of a deleted video go"
    )
