"""Streams a source as it is, beside its encode: copied into segments, never decoded.

What is copied is listed at once. If something of it is not as players need it, all of it is taken
back, and is encoded like the rest.
"""

import asyncio
import shlex
import shutil
from collections.abc import Callable, Coroutine
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from core import log
from core.model.notes import DoneCode, WarningCode, note
from core.model.states import Made
from workers.context import Context, Outputs
from workers.ffmpeg import diagnose
from workers.ffmpeg.package_command import package_command
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, run
from workers.ffmpeg.whitelists import PIPE
from workers.formats.shape import Pipe
from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan
from workers.media.planned import Packaged
from workers.media.tracks import completes, packaged_tracks, tracks_of
from workers.media.without_strays import without_strays
from workers.operations.transcode.straying import StraysError
from workers.outputs.follow import follow
from workers.outputs.stream import GivenUpError, Stream
from workers.runtime.concurrency import end
from workers.sandbox.policies import package_policy
from workers.sources.feed import feeder
from workers.sources.read import INPUT, OUT, at_hand

_log = log.get(__name__)
_PLACE = "packaged"
_LOOK_S = 0.05  # copying is quick: what is there is to be seen at once
# So long the encode waits at the most for the first segments: they need little, and it takes all.
_AHEAD_S = 3.0
# The encode takes all processors. Who presses play as soon as there is something needs them for a
# moment: the first picture of a film of 2 h came 0.6 s sooner. The film is ready that much later.
_MOMENT_S, _MOMENT_OF_FILM = 1.5, 0.01
_SHORT_S = 0.1  # that may be missing of the picture, or be too much
_HARMED = frozenset({WarningCode.PARTLY_DAMAGED, WarningCode.TRUNCATED})

_Plan = EncodePlan | AudioPlan
_Make = Callable[[_Plan], Coroutine[Any, Any, Outputs]]


async def beside_packaging(context: Context, decided: _Plan, make: _Make) -> Outputs:
    """Make what is planned, and package the source meanwhile if that is planned too.

    Args:
        context: of the task.
        decided: the plan.
        make: encodes by a plan. By one without anything packaged it makes all tracks.

    Raises:
        What `make` raises, and LeaseLost, TransientError, Unavailable of the packaging.
    """
    plain = decided if isinstance(decided, AudioPlan) else replace(decided, packaged=None)
    if isinstance(decided, AudioPlan) or decided.packaged is None or context.listing is None:
        return await make(plain)
    if not await _wanted(context, decided.packaged):
        return await make(plain)
    packaging = Packaging(context, decided, decided.packaged, await at_hand(context))
    context.packaging = packaging
    try:
        await packaging.ahead()
        made = None
        try:
            if not packaging.refused:
                made = await _made_beside(packaging, make(decided))
        except StraysError as error:
            await packaging.refuse(str(error))
            plain = without_strays(plain, error.strays)
        if made is None:
            context.report.add("all of it is encoded")
            await asyncio.to_thread(shutil.rmtree, context.place / OUT, ignore_errors=True)
            made = await make(plain)
        return made if packaging.refused else _noted(made)
    finally:
        await end(packaging.task)


async def _made_beside(
    packaging: "Packaging", encode: Coroutine[Any, Any, Outputs]
) -> Outputs | None:
    """Return what an encode makes; None if tracks are missing since the packaging was refused."""
    making = asyncio.ensure_future(encode)
    try:
        await asyncio.wait({making, packaging.task}, return_when=asyncio.FIRST_COMPLETED)
        if not making.done():
            await packaging.ended()
        if packaging.leaves_a_gap():
            return None
        made = await making
        await packaging.ended()
        if _harmed(made):
            await packaging.refuse("a part of the file could not be read")
        return None if packaging.leaves_a_gap() else made
    finally:
        await end(making)


async def _wanted(context: Context, packaged: Packaged) -> bool:
    """Whether no earlier attempt has given it up, and listed encoded tracks in its place."""
    assert context.listing is not None
    known = await context.listing.listed()
    names = {track.name for track in packaged_tracks(packaged)}
    return not any(found.made == Made.ENCODED for name, found in known.items() if name in names)


def _noted(made: Outputs) -> Outputs:
    """Return outputs with the note that the source is streamed as it is, too."""
    notes = made.facts.get("notes", {})
    done = [*notes.get("done", []), asdict(note(DoneCode.REMUXED))]
    return replace(made, facts={**made.facts, "notes": {**notes, "done": done}})


def _harmed(made: Outputs) -> bool:
    warnings = made.facts.get("notes", {}).get("warnings", [])
    return any(each["code"] in _HARMED for each in warnings)


class Packaging:
    """The copying of a source into segments, under way.

    Attributes:
        task: ends with it; raises what is not the source's fault.
        refused: whether it was taken back.
    """

    def __init__(
        self, context: Context, decided: EncodePlan, packaged: Packaged, found: Pipe | None
    ) -> None:
        self._context, self._decided, self._packaged, self._found = (
            context, decided, packaged, found,
        )  # fmt: skip
        assert context.listing is not None
        plain = replace(decided, packaged=None)
        self._is_missed = tracks_of(plain) != tracks_of(decided)
        self.refused = False
        self._place = context.place / _PLACE
        self._stream = Stream(
            context.tools.storage,
            context.listing,
            packaged_tracks(packaged, decided.audio),
            self._place,
            f"{context.work.stream_prefix}{_PLACE}/",
            context.tools.pace,
            completes=not completes(decided),
        )
        self.task = asyncio.ensure_future(self._run())

    def leaves_a_gap(self) -> bool:
        """Whether it was taken back, and the encode makes no track in its place."""
        return self.refused and self._is_missed

    async def ahead(self) -> None:
        """Wait until something of it can be watched, and a moment, or until it has ended."""
        listed = asyncio.ensure_future(self._stream.listed.wait())
        try:
            both = {listed, self.task}
            await asyncio.wait(both, timeout=_AHEAD_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(listed)
        if self._stream.listed.is_set():
            moment = min(_MOMENT_S, self._packaged.seconds * _MOMENT_OF_FILM)
            await asyncio.wait({self.task}, timeout=moment)
        if self.task.done():
            self.task.result()

    async def ended(self) -> None:
        """Wait for its end; raises what was not the source's fault."""
        await asyncio.wait({self.task})
        if not self.task.cancelled():
            self.task.result()

    async def refuse(self, why: str) -> None:
        """Take it back, because of what was seen elsewhere."""
        await end(self.task)
        await self._take_back(why)

    async def drop(self, why: str) -> None:
        """Take it back, if nobody has; nothing is to be made in its place."""
        self._is_missed = False
        if not self.refused:
            await self.refuse(why)

    async def _run(self) -> None:
        await asyncio.to_thread(shutil.rmtree, self._place, ignore_errors=True)
        self._place.mkdir()
        try:
            await self._stream.begin()
            words = await self._copy()
            if diagnose.harms_copy(words):
                await self._take_back(words.strip().splitlines()[-1])
                return
            await self._stream.finish()
            if (why := self._stream.given_up or self._short()) is not None:
                await self._take_back(why)
            else:
                await self._stream.complete()
        except GivenUpError as error:
            await self._take_back(str(error))
        except FFmpegFailedError as error:
            await self._take_back(f"{error}\n{error.stderr_tail}")
        finally:
            await self._stream.close()
            await asyncio.to_thread(shutil.rmtree, self._place, ignore_errors=True)

    async def _copy(self) -> str:
        """Run FFmpeg; return its last words."""
        context, tools, limits = self._context, self._context.tools, self._context.limits
        source = f"./{INPUT}" if self._found is None else PIPE
        argv = package_command(tools.ffmpeg, self._packaged, source, _PLACE, limits)
        context.report.add(shlex.join(["ffmpeg", *argv[1:]]))
        wall = tools.limits.wall_seconds(self._decided.total_duration)
        finished = await run(
            argv,
            cwd=context.place,
            outputs=self._place,
            limits=ProcessLimits(stall_seconds=tools.limits.stall_timeout_s, wall_seconds=wall),
            policy=package_policy(
                tools.sandbox,
                tools.ffmpeg,
                context.place / INPUT if self._found is None else None,
                self._place,
                wall,
            ),
            feed=None if self._found is None else feeder(context.source, self._found.stream),
            spent=context.report.spent,
            beside=partial(follow, [], self._stream, look_s=_LOOK_S),
        )
        context.report.add(f"packaged in {finished.wall_seconds:.2f} s\n{finished.stderr_tail}")
        return finished.stderr_tail

    def _short(self) -> str | None:
        """Say if more or less of the picture came than its index has."""
        wanted, came = self._packaged.late + self._packaged.seconds, self._stream.seconds
        return f"{came:.2f} of {wanted:.2f} s came" if abs(wanted - came) > _SHORT_S else None

    async def _take_back(self, why: str) -> None:
        self.refused = True
        _log.warning("not_packaged", reason=why)
        self._context.report.add(f"packaging is taken back: {why}")
        await self._stream.close()
        await self._stream.withdraw()
