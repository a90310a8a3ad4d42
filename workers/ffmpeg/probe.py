"""Runs ffprobe on one file, within limits."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

from core.errors import Failure
from core.model.failure_codes import FailureCode
from workers.ffmpeg.diagnose import diagnose_probe, diagnose_size
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, TimeLimitError, run
from workers.ffmpeg.whitelists import MAX_ALLOC_BYTES, input_options
from workers.media.info import MediaInfo
from workers.media.limits import DEFAULT_LIMITS, Limits
from workers.media.probe_json import UnreadableProbeError, parse_probe
from workers.sandbox.policy import Policy

_TOOK_TOO_LONG = Failure(
    FailureCode.PROCESSING_TIMEOUT,
    "The file took too long to inspect. Try again later.",
    retryable=True,
)
_NO_SENSE = Failure(FailureCode.CORRUPT_MEDIA, "The headers of the file are invalid.")


class ProbeFailedError(Exception):
    """A file could not be probed; `stderr_tail` has ffprobe's last words."""

    def __init__(self, stderr_tail: str, failure: Failure) -> None:
        self.stderr_tail = stderr_tail
        self.failure = failure
        super().__init__(f"ffprobe failed ({failure.code}): {failure.message}")


# What `parse_probe` reads. Tags are named one by one: others may hold whole pictures.
_HEADERS = (
    "format:format_tags=DURATION,duration,ENCODER,encoder:stream:stream_tags=DURATION,duration"
    ",ALPHA_MODE,alpha_mode,_STATISTICS_WRITING_APP,rotate,LANGUAGE,language,TITLE,title,NAME,name"
    ":program=program_id"
    ":program_stream=index"
)
_CHAPTERS = ":chapter=start_time,end_time:chapter_tags=title,TITLE"
# What `seen` reads of a decoded frame.
_FRAME = (
    ":frame=stream_index,best_effort_timestamp_time,width,height,pix_fmt,sample_aspect_ratio,"
    "interlaced_frame,top_field_first,repeat_pict,"
    "color_range,color_space,color_primaries,color_transfer"
    ":frame_side_data=side_data_type,rotation"
)


def probe_command(
    ffprobe: str,
    path: str,
    limits: Limits = DEFAULT_LIMITS,
    packets: int = 0,
    *,
    chapters: bool = True,
) -> list[str]:
    """Ask for everything that `parse_probe` reads of an untrusted file.

    Of the first `packets` the frames are decoded, too.
    """
    # What a frame is, is asked for, not what it shows.
    frames = ["-read_intervals", f"%+#{packets}", "-skip_loop_filter", "all"] if packets else []
    return [
        ffprobe,
        "-v", "error",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        # One more than is taken: the Matroska demuxer stops there without an error, and only a
        # stream too many tells that file from one that is just full.
        *input_options(limits, path, spare=1),
        "-print_format", "json=compact=1",
        "-show_entries",
        _HEADERS + (_CHAPTERS if chapters else "") + (_FRAME if packets else ""),
        *frames,
        "-threads", "1",
        "-i", path,
    ]  # fmt: skip


async def probe(
    ffprobe: str,
    path: str,
    *,
    cwd: Path,
    limits: Limits = DEFAULT_LIMITS,
    policy: Policy | None = None,
    spent: Callable[[float], None] | None = None,
    packets: int = 0,
    chapters: bool = True,
) -> MediaInfo:
    """Read what a file is, and what its first packets show when they are decoded.

    The path is seen from `cwd`. It starts with `./`, so that it cannot look like an option. What
    else there is, is as for `run`.

    Raises:
        ProbeFailedError: the file cannot be read, or ffprobe took too long or said too much.
    """
    patience = ProcessLimits(
        stall_seconds=math.inf,
        wall_seconds=limits.probe_timeout_s,
        stdout_bytes=limits.probe_output_bytes,
    )
    argv = probe_command(ffprobe, path, limits, packets, chapters=chapters)
    again = partial(probe, ffprobe, path, cwd=cwd, limits=limits, policy=policy, spent=spent)
    try:
        done = await run(argv, cwd=cwd, limits=patience, policy=policy, spent=spent)
    except TimeLimitError as error:
        if packets:  # ffprobe 5.1 never ends decoding captions; without that it ends at once
            return await again(chapters=chapters)
        raise ProbeFailedError(error.stderr_tail, _TOOK_TOO_LONG) from error
    except FFmpegFailedError as error:
        failure = diagnose_probe(error.status, error.stderr_tail)
        raise ProbeFailedError(error.stderr_tail, failure) from error
    if chapters and len(done.stdout) >= limits.probe_output_bytes:
        return await again(packets=packets, chapters=False)  # they may be too many
    try:
        # Cut off at the limit it is no whole JSON any more, and refused as that.
        info = parse_probe(done.stdout.decode(errors="replace"))
    except UnreadableProbeError as error:
        raise ProbeFailedError(done.stderr_tail, _NO_SENSE) from error
    # Some decoders leave the size out when it passes the limit, and ffprobe goes on.
    beyond = diagnose_size(done.stderr_tail) if info.video and not info.video.width else None
    if beyond is not None:
        raise ProbeFailedError(done.stderr_tail, beyond)
    return info
