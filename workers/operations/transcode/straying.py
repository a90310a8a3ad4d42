"""Looks for frames with broken times, when others came too late for theirs."""

import asyncio
from collections.abc import Mapping

from core.errors import TransientError
from workers.context import Context
from workers.ffmpeg import diagnose
from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan
from workers.media.strays import Strays, strays_of
from workers.media.without_strays import streams_of
from workers.operations.transcode.doubt import Made, reader_of


class StraysError(TransientError):
    """Frames are far ahead of where they belong; `strays` are those of streams, by number."""

    def __init__(self, strays: Mapping[int, Strays]) -> None:
        self.strays = strays
        super().__init__(
            f"{sum(len(each.places) for each in strays.values())} places have broken times"
        )


async def see_strays(
    context: Context, decided: EncodePlan | AudioPlan, outputs: Made, words: str
) -> None:
    """Look for them in the streams of which FFmpeg's last `words` say that something was lost.

    Raises:
        StraysError: there are some, and the plan does not leave out any yet.
    """
    streams = diagnose.passed_over(words)
    if not streams or any(each.strays for each in streams_of(decided)):
        return
    reader, found = reader_of(context, outputs), {}
    for stream in sorted(streams):
        frames = await reader.frames(stream) or []
        if strays := await asyncio.to_thread(strays_of, [each.start for each in frames]):
            found[stream] = strays
    if found:
        raise StraysError(found)
