"""Looks at a file without its streams that no decoder may be opened for."""

import asyncio
import shutil
from pathlib import Path

from workers.context import Context
from workers.ffmpeg.probe import probe
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, StallError, TimeLimitError, run
from workers.ffmpeg.whitelists import MAX_ALLOC_BYTES, input_options
from workers.media.info import MediaInfo
from workers.media.unopened import kept, listed, whole
from workers.runtime.scratch import require
from workers.sandbox.policies import copy_policy, probe_policy
from workers.sandbox.policy import Policy

_FOLDER, _COPY = "unopened", "copy"
_ROOM = 1.1  # of the file; another container takes a little more


async def without_unopened(context: Context, file: Path, packets: int) -> MediaInfo | None:
    """Return what a file is, of which one stream cannot be opened; None if that was wanted.

    Raises:
        ProbeFailedError: what is left cannot be read either.
        TransientError: there is no room for a copy of the file.
    """
    tools, folder, seconds = context.tools, file.parent / _FOLDER, context.limits.wall_time_min_s
    most = int(_ROOM * context.work.source_size)
    try:
        format_name, streams = listed(await _listing(context, file))
        places = kept(streams)
        if not places:
            return None
        await require(context.place, most)
        folder.mkdir()
        maps = [word for index in places for word in ("-map", f"0:{index}")]
        copy = [*maps, "-c", "copy", "-copyts", "-f", "matroska", f"{_FOLDER}/{_COPY}"]
        policy = copy_policy(tools.sandbox, tools.ffmpeg, file, folder, seconds, most)
        await _run(context, file, copy, policy, seconds)
        info = await _probe(context, folder, packets)
    except (FFmpegFailedError, StallError, TimeLimitError) as error:
        context.report.add(error.stderr_tail)
        return None
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return whole(info, format_name, streams)


async def _listing(context: Context, file: Path) -> str:
    """Return FFmpeg's words on a file: it lists the streams, and fails for want of an output."""
    tools, seconds = context.tools, context.limits.probe_timeout_s
    policy = probe_policy(tools.sandbox, tools.ffmpeg, file, seconds)
    try:
        return await _run(context, file, [], policy, seconds)
    except FFmpegFailedError as error:
        return error.stderr_tail


async def _run(
    context: Context, file: Path, output: list[str], policy: Policy | None, seconds: float
) -> str:
    argv = [
        context.tools.ffmpeg,
        "-hide_banner", "-nostdin", "-nostats", "-y",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(context.limits, f"./{file.name}"),
        "-i", f"./{file.name}",
        *output,
    ]  # fmt: skip
    limits, spent = ProcessLimits(wall_seconds=seconds), context.report.spent
    done = await run(argv, cwd=file.parent, limits=limits, policy=policy, spent=spent)
    return done.stderr_tail


async def _probe(context: Context, folder: Path, packets: int) -> MediaInfo:
    tools, limits = context.tools, context.limits
    policy = probe_policy(tools.sandbox, tools.ffprobe, folder / _COPY, limits.probe_timeout_s)
    return await probe(
        tools.ffprobe,
        f"./{_COPY}",
        cwd=folder,
        limits=limits,
        policy=policy,
        spent=context.report.spent,
        packets=packets,
    )
