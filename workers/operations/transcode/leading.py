"""Encodes a film in its smallest size first, so that it can be watched at once, and without a stop.

All sizes come out of one FFmpeg, in step, and on few processors the first of them takes seconds,
and each second of the film more than one. So its beginning is made and listed first, in one size.
That goes on while somebody watches. The encode of all sizes makes it once more, and passes over
what is listed. See docs/decisions/0028-the-lead.md.
"""

import asyncio
import shlex
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from core import log
from core.errors import DatabaseAway, TransientError, Unavailable
from core.model.states import Made
from core.tasks.spans import Listed
from workers.context import Context
from workers.ffmpeg.command import lead_command
from workers.ffmpeg.process import FFmpegFailedError, run
from workers.ffmpeg.standard_input import Feed
from workers.ffmpeg.whitelists import PIPE
from workers.media.audio_plan import AudioPlan
from workers.media.lead import Lead, lead_of
from workers.media.plan import EncodePlan
from workers.media.tracks import completes, tracks_of
from workers.operations.transcode.encoding import allowed
from workers.outputs.follow import is_full
from workers.outputs.listing import Listing
from workers.outputs.stream import GivenUpError, Stream
from workers.runtime.concurrency import end, together
from workers.sources.read import INPUT

_log = log.get(__name__)
_PLACE = "lead"
_FIRST_LOOK_S, _LOOK_S = 0.05, 0.2  # people wait for the first
# How often it is asked whether somebody watches; and whether somebody still does.
_ASK_S, _ASK_AGAIN_S = 0.2, 1.0
# What takes longer than the film itself is no gain: so many times, and so many seconds besides.
_PATIENCE, _SPARE_S = 2.0, 20.0


@asynccontextmanager
async def leading(
    context: Context, decided: EncodePlan | AudioPlan, feed: Feed | None, stream: Stream | None
) -> AsyncIterator[None]:
    """Make the lead of a film ahead of a stream, if it has one and nothing encoded is listed yet.

    The block begins once its beginning is listed, or it has ended without. What is made anew has
    none. Whatever is wrong with it is the encode's to find.

    Raises:
        LeaseLost: the task belongs to another attempt.
    """
    lead, listing = lead_of(decided), context.listing
    if stream is None or stream.anew or lead is None or listing is None:
        yield
        return
    if not await _is_first(listing):
        yield
        return
    found = Leading(context, lead, feed, listing, completes=completes(decided))
    try:
        await found.begun()
        stream.goes_behind(found)  # also where nothing is listed: something may be on its way
        yield
    finally:
        await found.close()


async def _is_first(listing: Listing) -> bool:
    try:
        listed = await listing.listed()
    except DatabaseAway:
        return False
    return all(found.made != Made.ENCODED for found in listed.values())  # of an earlier attempt


class Leading:
    """The encode of a lead, under way.

    Attributes:
        names: of the tracks that it lists.
    """

    def __init__(
        self, context: Context, lead: Lead, feed: Feed | None, listing: Listing, *, completes: bool
    ) -> None:
        self._context, self._lead, self._feed, self._listing = context, lead, feed, listing
        self._place = context.place / _PLACE
        tracks = tracks_of(lead.plan)
        self.names = frozenset(track.name for track in tracks)
        self._stream = Stream(
            context.tools.storage,
            listing,
            tracks,
            self._place,
            f"{context.work.stream_prefix}{_PLACE}/",
            context.tools.pace,
            completes=completes,
        )
        self._is_watched = False
        self._task = asyncio.ensure_future(self._run())

    def reached(self, name: str) -> Listed | None:
        """Return what is listed of a track by now."""
        return self._stream.reached(name)

    async def begun(self) -> None:
        """Wait until its beginning is listed, or it has ended without.

        Raises:
            LeaseLost: the task belongs to another attempt.
        """
        watchable = asyncio.ensure_future(self._stream.watchable.wait())
        # FFmpeg's own time stands still while it waits for the store; the encode does not wait.
        patience = _PATIENCE * self._lead.seconds + _SPARE_S
        try:
            both = {watchable, self._task}
            await asyncio.wait(both, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(watchable)
        if self._task.done():
            self._task.result()
        elif not self._stream.watchable.is_set():
            self._noted("it takes too long")
            await end(self._task)

    async def end(self) -> None:
        """End it: nothing is listed by it any more.

        Raises:
            LeaseLost, DatabaseAway: as `Listing.add` does.
        """
        await end(self._task)
        try:
            await self._stream.settle()
        except DatabaseAway:
            raise
        except (TransientError, Unavailable, OSError) as error:
            self._noted(repr(error))
            await self._stream.settle()  # what was stored before that is listed

    async def close(self) -> None:
        """End it, and leave nothing on the disk."""
        await end(self._task)
        await self._stream.close()
        await asyncio.to_thread(shutil.rmtree, self._place, ignore_errors=True)

    async def _run(self) -> None:
        await asyncio.to_thread(shutil.rmtree, self._place, ignore_errors=True)
        self._place.mkdir()
        try:
            await self._stream.begin()
            await self._encoded()
            await self._finish()
        except FFmpegFailedError as error:
            self._noted(str(error), error.stderr_tail)
        except (GivenUpError, TransientError, Unavailable, OSError) as error:
            self._noted(repr(error))

    async def _encoded(self) -> None:
        context, tools, place = self._context, self._context.tools, self._context.place
        source = f"./{INPUT}" if self._feed is None else PIPE
        argv = lead_command(
            tools.ffmpeg, self._lead, source, _PLACE, tools.capabilities, context.limits
        )
        file = place / INPUT if self._feed is None else None
        limits, policy = allowed(context, self._lead.plan, file, self._place)
        context.report.add(shlex.join(["ffmpeg", *argv[1:]]))
        finished = await run(
            argv,
            cwd=place,
            outputs=self._place,
            limits=limits,
            policy=policy,
            feed=self._feed,
            spent=context.report.spent,
            beside=self._beside,
        )
        context.report.add(f"led in {finished.wall_seconds:.2f} s\n{finished.stderr_tail}")

    async def _beside(self, hold: Callable[[bool], None]) -> None:
        await together([self._follow(hold), self._ask()])

    async def _follow(self, hold: Callable[[bool], None]) -> None:
        """List what is made, until cancelled; have FFmpeg rest while nobody watches it."""
        stream = self._stream
        while True:
            await stream.grown()
            if stream.given_up is not None:
                raise GivenUpError(stream.given_up)
            has_begun = stream.can_be_watched
            rests = has_begun and not self._is_watched
            hold(rests or is_full(stream.unsent))
            await asyncio.sleep(_LOOK_S if has_begun else _FIRST_LOOK_S)

    async def _ask(self) -> None:
        await self._stream.watchable.wait()
        while True:
            self._is_watched = await self._listing.is_watched()
            await asyncio.sleep(_ASK_AGAIN_S if self._is_watched else _ASK_S)

    async def _finish(self) -> None:
        """List the last of it: all of the film is there in this size."""
        await self._stream.finish()
        if self._stream.given_up is None:
            await self._stream.complete()

    def _noted(self, why: str, words: str = "") -> None:
        _log.warning("no_lead", reason=why)
        self._context.report.add(f"the smallest size is not made first any more: {why}\n{words}")
