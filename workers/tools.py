"""What every operation needs of its worker."""

from dataclasses import dataclass

from core.adapters.s3 import Storage
from workers.ffmpeg.capabilities import Capabilities
from workers.media.ladder import Ladder
from workers.media.limits import Limits
from workers.sandbox.sandbox import Sandbox
from workers.sources.shape import DEFAULT_SHAPE, Shape
from workers.transfer_limits import DEFAULT_PACE, Pace


@dataclass(frozen=True)
class Tools:
    """Adapters, programs and limits."""

    storage: Storage
    ffmpeg: str
    ffprobe: str
    capabilities: Capabilities
    ladder: Ladder
    limits: Limits
    connections: int
    sandbox: Sandbox
    pace: Pace = DEFAULT_PACE
    shape: Shape = DEFAULT_SHAPE
