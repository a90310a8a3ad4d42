"""Encodes the beginning of a film in its smallest size, so that it can be watched at once.

All sizes come out of one FFmpeg, in step, and on few processors the first of them takes seconds.
What is made here is listed; the encode of all sizes makes it once more, and goes on behind it.
See docs/decisions/0028-the-lead.md.
"""

import asyncio
import shlex
import shutil
from functools import partial

from core import log
from core.errors import DatabaseAway
from core.model.states import Made
from workers.context import Context
from workers.ffmpeg.command import lead_command
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, run
from workers.ffmpeg.standard_input import Feed
from workers.ffmpeg.whitelists import PIPE
from workers.media.audio_plan import AudioPlan
from workers.media.lead import Lead, lead_of
from workers.media.plan import EncodePlan
from workers.media.tracks import completes, tracks_of
from workers.outputs.follow import follow
from workers.outputs.stream import GivenUpError, Stream
from workers.sandbox.policies import encode_policy
from workers.sources.read import INPUT

_log = log.get(__name__)
_PLACE = "lead"
_LOOK_S = 0.05  # people wait for it
# What takes longer than the film itself is no gain: so many times, and so many seconds besides.
_PATIENCE, _SPARE_S = 2.0, 10.0


async def lead_made(context: Context, decided: EncodePlan | AudioPlan, feed: Feed | None) -> None:
    """Make and list the lead of a film, if it has one and nothing of it is listed yet.

    Whatever is wrong with it is the encode's to find.

    Raises:
        LeaseLost, TransientError, Unavailable, OSError: as `Stream.grown` does; and what `feed`
            raises.
    """
    lead = lead_of(decided)
    if lead is None or context.listing is None:
        return
    place = context.place / _PLACE
    stream = Stream(
        context.tools.storage,
        context.listing,
        tracks_of(lead.plan),
        place,
        f"{context.work.stream_prefix}{_PLACE}/",
        context.tools.pace,
        completes=completes(decided),
        most=lead.segments,
    )
    try:
        listed = await context.listing.listed()
        if any(found.made == Made.ENCODED for found in listed.values()):
            return  # an earlier attempt came further
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
        place.mkdir()
        await stream.begin()
        # FFmpeg's own time stands still while it waits for the store; the encode does not wait.
        async with asyncio.timeout(_PATIENCE * lead.seconds + 2 * _SPARE_S):
            await _encoded(context, lead, feed, stream)
        await stream.keep()
    except (FFmpegFailedError, GivenUpError, DatabaseAway, TimeoutError) as error:
        _log.warning("no_lead", reason=str(error) or "it takes too long")
        words = error.stderr_tail if isinstance(error, FFmpegFailedError) else ""
        context.report.add(f"the beginning is not made first: {error}\n{words}")
    finally:
        await stream.close()
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)


async def _encoded(context: Context, lead: Lead, feed: Feed | None, stream: Stream) -> None:
    tools, place = context.tools, context.place
    source = PIPE if feed is not None else f"./{INPUT}"
    argv = lead_command(tools.ffmpeg, lead, source, _PLACE, tools.capabilities, context.limits)
    context.report.add(shlex.join(["ffmpeg", *argv[1:]]))
    wall = _PATIENCE * lead.seconds + _SPARE_S
    finished = await run(
        argv,
        cwd=place,
        outputs=place / _PLACE,
        limits=ProcessLimits(stall_seconds=tools.limits.stall_timeout_s, wall_seconds=wall),
        policy=encode_policy(
            tools.sandbox,
            tools.ffmpeg,
            lead.plan,
            place / INPUT if feed is None else None,
            place / _PLACE,
            tools.limits,
        ),
        feed=feed,
        spent=context.report.spent,
        beside=partial(follow, [], stream, look_s=_LOOK_S),
    )
    context.report.add(f"led in {finished.wall_seconds:.2f} s\n{finished.stderr_tail}")
