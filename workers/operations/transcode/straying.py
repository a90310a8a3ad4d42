"""Looks for frames with broken times: when others came too late, or a picture stands for long."""

import asyncio
from collections.abc import Collection, Mapping

from core.errors import TransientError
from core.model.failure_codes import FailureCode
from workers.context import Context
from workers.ffmpeg import diagnose
from workers.ffmpeg.frames import Reader
from workers.ffmpeg.standard_input import Feed
from workers.formats.shape import Pipe
from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan
from workers.media.strays import Strays, one_is_ahead, strays_of
from workers.media.verify import check
from workers.media.without_strays import has_strays, streams_of
from workers.operations.transcode.doubt import Made, longest, reader_for, reader_of

_ENDLESS = frozenset({FailureCode.DURATION_TOO_LONG, FailureCode.TOO_MANY_FRAMES})
_SHORTER_S = 10.0  # than its output a source is, if a broken time has made that so long


class StraysError(TransientError):
    """Frames are far ahead of where they belong; `strays` are those of streams, by number."""

    def __init__(self, strays: Mapping[int, Strays]) -> None:
        self.strays = strays
        count = sum(len(each.places) for each in strays.values())
        super().__init__(f"in {count} place{'s' if count > 1 else ''} times are broken")


async def watch_times(
    context: Context, decided: EncodePlan | AudioPlan, feed: Feed | None, stands: asyncio.Event
) -> None:
    """Look at the times of all pictures once one `stands` for long, while FFmpeg goes on.

    Up to a broken time hours ahead it would make as many hours of pictures first.

    Raises:
        StraysError: such a time is why, and the plan does not leave it out.
        TransientError: it may be why, and the file is only read as it arrives.
    """
    await stands.wait()
    if isinstance(decided, AudioPlan) or has_strays(decided):
        return
    reader = reader_for(context, decided.total_duration or 0.0, feed)
    if not one_is_ahead(await reader.packet_times(decided.video.index)):
        return
    if feed is not None:
        raise TransientError("some times of the file are in disorder")
    await _look(reader, {each.index for each in streams_of(decided)})


async def see_strays(
    context: Context, decided: EncodePlan | AudioPlan, outputs: Made, words: str
) -> None:
    """Look for them, where FFmpeg's last `words` say that something of a stream came too late.

    And where an output goes on until a limit, and the source does not: the rest was not read.

    Raises:
        StraysError: there are some, and the plan does not leave out any yet.
    """
    if has_strays(decided) or isinstance(context.way, Pipe):
        return
    reader, streams = reader_of(context, outputs), set(diagnose.out_of_order(words))
    refusal = check(decided, outputs, limits=context.tools.limits)
    if refusal is not None and refusal.code in _ENDLESS:
        for stream in streams_of(decided):
            last = await reader.last_packet(stream.index)
            if last is not None and last < longest(outputs) - _SHORTER_S:
                streams.add(stream.index)
    await _look(reader, streams)


async def _look(reader: Reader, streams: Collection[int]) -> None:
    found: dict[int, Strays] = {}
    for stream in sorted(streams):
        frames = await reader.frames(stream)
        # What ffprobe cannot decode (AV1 in some builds) has its packets in the order of pictures.
        times = [each.start for each in frames or ()] or await reader.packet_times(stream)
        if strays := await asyncio.to_thread(strays_of, times):
            found[stream] = strays
    if found:
        raise StraysError(found)
