"""The settings decide what a source may be."""

from tests.support.settings import Settings
from workers.media.limits import Limits


def test_every_limit_can_be_set() -> None:
    needed = {"database_url": "postgresql://u:p@h/d", "redis_url": "redis://h"}
    wanted = {
        "max_side_px": 101, "max_pixels": 1002, "max_still_pixels": 1003, "max_duration_s": 3.0,
        "max_frames": 4, "max_frame_rate": 5.0, "max_streams": 6, "min_readable": 0.5,
        "probe_timeout_s": 7.0,
        "probe_output_bytes": 80_000, "stall_timeout_s": 9.0, "wall_time_factor": 10.0,
        "wall_time_min_s": 11.0, "wall_time_max_s": 19.0, "audio_only": False, "stills": True,
        "reach": 13,
    }  # fmt: skip
    assert set(wanted) == set(Limits.model_fields)
    found: Limits = Settings(**needed, **wanted)  # type: ignore[arg-type]
    assert {name: getattr(found, name) for name in wanted} == wanted
    assert found.wall_seconds(1.1) == 11.0
