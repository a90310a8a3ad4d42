"""Settings of a worker only. Shared ones are in `core/config.py`, limits of sources in `Limits`."""

from pathlib import Path
from typing import Literal, Self

from pydantic import ByteSize, Field, model_validator

from core import config
from core.config import MIN_FREE_DISK_BYTES, YEAR_S, ApiAndWorkers, ControlAndWorkers
from workers.media.limits import Limits

# The slowest encode that must be able to finish, relative to real time: 60 frames per second, the
# most that are made, are then encoded at 9.6.
SLOWEST_ENCODE = 0.16


class Settings(config.Settings, ApiAndWorkers, ControlAndWorkers, Limits):
    """What a worker reads."""

    lease_s: float = Field(60, gt=0, le=YEAR_S)
    progress_s: float = Field(1, gt=0, description="progress and cancel are exchanged this often")
    retry_base_s: float = Field(5, gt=0, le=YEAR_S)
    drain_s: float = Field(20, gt=0)

    worker_concurrency: int = Field(1, ge=1, le=64)
    scratch_dir: Path = Path("/tmp/framemill")  # noqa: S108 - a default; each attempt makes its own
    ffmpeg_path: Path = Path("/usr/bin/ffmpeg")
    ffprobe_path: Path = Path("/usr/bin/ffprobe")
    ladder: str = Field("default", description="one that is built in, or the path of a file")
    ladder_file: Path | None = Field(None, description="instead of `ladder`")
    fetch_connections: int = Field(4, ge=1, le=32)
    transfer_least_rate: ByteSize = Field(
        ByteSize(32 * 1024),
        gt=0,
        description="bytes per second and connection; a slower transfer is stopped",
    )
    transfer_grace_s: float = Field(15, gt=0, description="for a block or part, beside its rate")
    sandbox: Literal["required", "preferred", "off"] | None = None
    ffmpeg_address_space: ByteSize | None = Field(None, ge=512 * 1024**2)
    task_memory_bytes: ByteSize = Field(ByteSize(1024**3), ge=0, description="of one at its peak")
    min_free_disk_bytes: ByteSize = Field(MIN_FREE_DISK_BYTES, ge=0)
    ecs_agent_uri: str | None = Field(None, description="set by ECS: agent that protects tasks")
    spot_notices: bool = Field(False, description="drain before EC2 takes a Spot machine back")
    aws_ec2_metadata_service_endpoint: str = "http://169.254.169.254"

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        # One heartbeat may be late by the time of another.
        if 2 * self.heartbeat_s > self.lease_s:
            raise ValueError("HEARTBEAT_S must be at most half of LEASE_S")
        if self.progress_s > self.heartbeat_s:
            raise ValueError("PROGRESS_S must not be larger than HEARTBEAT_S")
        if self.wall_time_min_s > self.wall_time_max_s:
            raise ValueError("WALL_TIME_MIN_S must not be larger than WALL_TIME_MAX_S")
        # Every source that is accepted must have time to finish.
        needed = 1 / SLOWEST_ENCODE
        if self.wall_time_factor < needed:
            raise ValueError(
                f"WALL_TIME_FACTOR must be at least {needed:g}: an encode may be that slow"
            )
        longest = needed * self.max_duration_s
        if self.wall_time_max_s < longest:
            raise ValueError(
                f"WALL_TIME_MAX_S must be at least {needed:g} times MAX_DURATION_S, which is "
                f"{longest:g}: the longest video must have time to finish"
            )
        longest = self.max_attempts * self.wall_time_max_s
        if self.max_job_s < longest:
            raise ValueError(
                "MAX_JOB_S must be at least MAX_ATTEMPTS times WALL_TIME_MAX_S, which is "
                f"{longest:g}: each attempt may take that long"
            )
        return self

    @property
    def wanted_sandbox(self) -> Literal["required", "preferred", "off"]:
        """The sandbox mode: `make up` must work on any machine, and its files are one's own."""
        return self.sandbox or ("preferred" if self.framemill_mode == "embedded" else "required")
