"""Looks at pictures of a file, for what no header tells."""

from collections.abc import Callable, Coroutine
from typing import Any

from workers.ffmpeg.process import Finished, ProcessLimits
from workers.ffmpeg.whitelists import MAX_ALLOC_BYTES, input_options
from workers.media.fields import measured
from workers.media.info import MediaInfo, Shape, VideoStream
from workers.media.limits import Limits
from workers.media.shapes import shapes_of
from workers.media.stills import pictured

_PICTURES = 120  # some seconds


# Runs a program within a time; returns None if that came to nothing, which is no verdict: whether
# a file is damaged is seen when it is encoded.
Try = Callable[[list[str], ProcessLimits], Coroutine[Any, Any, Finished | None]]


async def fields(
    ffmpeg: str, path: str, video: VideoStream, limits: Limits, run: Try
) -> VideoStream:
    """Return a stream with what its first pictures tell of fields."""
    argv = _decode(ffmpeg, path, video, limits, "scale=iw:ih,idet", _PICTURES)
    done = await run(argv, ProcessLimits(wall_seconds=limits.probe_timeout_s))
    return video if done is None else measured(video, done.stderr_tail)


async def pictures(ffmpeg: str, path: str, info: MediaInfo, limits: Limits, run: Try) -> MediaInfo:
    """Return a file with what its first pictures tell."""
    assert info.video is not None
    argv = _decode(ffmpeg, path, info.video, limits, "showinfo", 2)
    done = await run(argv, ProcessLimits(wall_seconds=limits.probe_timeout_s))
    return info if done is None else pictured(info, done.stderr_tail)


def _decode(
    ffmpeg: str, path: str, video: VideoStream, limits: Limits, filters: str, pictures: int
) -> list[str]:
    return [
        ffmpeg,
        "-hide_banner", "-nostdin", "-nostats",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(limits.max_streams, limits.max_pixels, path, stills=limits.stills),
        "-i", path,
        "-map", f"0:{video.index}",
        "-vf", filters,
        "-frames:v", str(pictures),
        "-f", "null", "-",
    ]  # fmt: skip


async def shapes(
    ffprobe: str, path: str, info: MediaInfo, limits: Limits, run: Try
) -> tuple[Shape, ...]:
    """Return the shapes of all the keyframes of a file, if there are several."""
    video = info.video
    assert video is not None
    argv = [
        ffprobe,
        "-v", "error",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(limits.max_streams, limits.max_pixels, path, stills=limits.stills),
        "-threads", "1",
        "-skip_frame", "nokey",
        "-select_streams", str(video.index),
        "-show_entries", "frame=best_effort_timestamp_time,width,height,sample_aspect_ratio",
        "-of", "csv=p=0",
        "-i", path,
    ]  # fmt: skip
    most = int(limits.probe_output_bytes)
    patience = ProcessLimits(wall_seconds=limits.probe_timeout_s, stdout_bytes=most)
    done = await run(argv, patience)
    if done is None or len(done.stdout) >= most:
        return ()
    return shapes_of(video, info.start_time, done.stdout.decode(errors="replace").splitlines())
