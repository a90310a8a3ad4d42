"""Looks at pictures of a file, for what no header tells."""

import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from workers.ffmpeg.process import Finished, ProcessLimits
from workers.ffmpeg.whitelists import MAX_ALLOC_BYTES, input_options
from workers.media.fields import Look, look_of
from workers.media.info import MediaInfo, VideoStream
from workers.media.lengths import TAIL_S
from workers.media.lengths import measured as lasting
from workers.media.limits import Limits
from workers.media.stills import pictured

_PICTURES = 120  # some seconds
# To decode so many costs about a hundredth of what a film of a minute costs in all.
_LATER_PICTURES = 60


# Runs a program within a time; returns what it said until it ended, failed or was stopped. That it
# failed is no verdict: whether a file is damaged is seen when it is encoded.
Try = Callable[[list[str], ProcessLimits], Coroutine[Any, Any, Finished]]


async def fields(
    ffmpeg: str,
    path: str,
    video: VideoStream,
    limits: Limits,
    run: Try,
    later: Sequence[float] = (),
) -> list[Look]:
    """Return what pictures tell of fields: the first ones, and if they do not, those at `later`.

    That is in seconds of the film. All together take no longer than one look at a file may.
    """
    looks: list[Look] = []
    end = time.monotonic() + limits.probe_timeout_s
    for start, count in ((0.0, _PICTURES), *((start, _LATER_PICTURES) for start in later)):
        left = end - time.monotonic()
        if left <= 0:
            break
        argv = _decode(ffmpeg, path, video, limits, "scale=iw:ih,idet", count, start)
        done = await run(argv, ProcessLimits(wall_seconds=left))
        looks.append(look_of(done.stderr_tail))
        if looks[-1].telling:
            break
    return looks


async def pictures(ffmpeg: str, path: str, info: MediaInfo, limits: Limits, run: Try) -> MediaInfo:
    """Return a file with what its first pictures tell."""
    assert info.video is not None
    argv = _decode(ffmpeg, path, info.video, limits, "showinfo", 2)
    done = await run(argv, ProcessLimits(wall_seconds=limits.probe_timeout_s))
    return pictured(info, done.stderr_tail)


async def length(ffprobe: str, path: str, info: MediaInfo, limits: Limits, run: Try) -> MediaInfo:
    """Return a file that promises to be long with the length that its last packets show."""
    stream = info.video or info.audio[0]
    promised = max(info.duration or 0.0, stream.duration or 0.0)
    argv = [
        ffprobe,
        "-v", "error",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(limits, path),
        "-select_streams", str(stream.index),
        "-read_intervals", f"{info.start_time + promised - TAIL_S:.0f}%",
        "-show_entries", "packet=pts_time,duration_time",
        "-of", "csv=p=0",
        "-i", path,
    ]  # fmt: skip
    most = int(limits.probe_output_bytes)
    patience = ProcessLimits(wall_seconds=limits.probe_timeout_s, stdout_bytes=most)
    done = await run(argv, patience)
    if not done.whole or len(done.stdout) >= most:
        return info
    return lasting(info, done.stdout.decode(errors="replace").splitlines())


async def first_packet(
    ffprobe: str, path: str, index: int, limits: Limits, run: Try, patience_s: float
) -> list[str] | None:
    """Return the time of the first packet of a stream as a line; no line if there is none."""
    argv = [
        ffprobe,
        "-v", "error",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(limits, path),
        "-select_streams", str(index),
        "-read_intervals", "%+#1",
        "-show_entries", "packet=pts_time",
        "-of", "csv=p=0",
        "-i", path,
    ]  # fmt: skip
    most = int(limits.probe_output_bytes)
    done = await run(argv, ProcessLimits(wall_seconds=patience_s, stdout_bytes=most))
    if not done.whole:
        return None
    lines = done.stdout.decode(errors="replace").splitlines()
    return [line for line in lines if line]


def _decode(
    ffmpeg: str,
    path: str,
    video: VideoStream,
    limits: Limits,
    filters: str,
    pictures: int,
    start: float = 0.0,
) -> list[str]:
    return [
        ffmpeg,
        "-hide_banner", "-nostdin", "-nostats",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(limits, path),
        *(("-ss", f"{start:.3f}") if start else ()),
        # Sizes, and fields, are those of what is stored.
        "-noautorotate",
        "-i", path,
        "-map", f"0:{video.index}",
        "-vf", filters,
        "-frames:v", str(pictures),
        "-f", "null", "-",
    ]  # fmt: skip


async def keyframes(
    ffprobe: str, path: str, video: VideoStream, places: str, limits: Limits, run: Try
) -> list[str]:
    """Return the keyframes of a file as `time,width,height,aspect of a pixel,is of two fields`.

    `places` are ffprobe's intervals; all the file if it is empty. Of too many there are the first.
    """
    argv = [
        ffprobe,
        "-v", "error",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(limits, path),
        "-threads", "1",
        "-skip_frame", "nokey",
        *(["-read_intervals", places] if places else []),
        "-select_streams", str(video.index),
        "-show_entries", "frame=best_effort_timestamp_time,width,height,sample_aspect_ratio"
        ",interlaced_frame",
        "-of", "csv=p=0",
        "-i", path,
    ]  # fmt: skip
    patience = ProcessLimits(
        wall_seconds=limits.probe_timeout_s, stdout_bytes=int(limits.probe_output_bytes)
    )
    done = await run(argv, patience)
    # As far as it came; the last line may be half a line.
    return done.stdout.decode(errors="replace").split("\n")[:-1]
