"""Looks for frames with broken times, when others came too late for theirs."""

import asyncio
from collections.abc import Mapping

from core.errors import TransientError
from core.model.failure_codes import FailureCode
from workers.context import Context
from workers.ffmpeg import diagnose
from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan
from workers.media.strays import Strays, strays_of
from workers.media.verify import check
from workers.media.without_strays import has_strays, streams_of
from workers.operations.transcode.doubt import Made, reader_of

_ENDLESS = frozenset({FailureCode.DURATION_TOO_LONG, FailureCode.TOO_MANY_FRAMES})


class StraysError(TransientError):
    """Frames are far ahead of where they belong; `strays` are those of streams, by number."""

    def __init__(self, strays: Mapping[int, Strays]) -> None:
        self.strays = strays
        count = sum(len(each.places) for each in strays.values())
        super().__init__(f"in {count} place{'s' if count > 1 else ''} times are broken")


async def see_strays(
    context: Context, decided: EncodePlan | AudioPlan, outputs: Made, words: str
) -> None:
    """Look for them, where FFmpeg's last `words` say that something of a stream was lost.

    And where an output goes on until a limit: after the first of them nothing else was read.

    Raises:
        StraysError: there are some, and the plan does not leave out any yet.
    """
    if has_strays(decided):
        return
    streams = diagnose.passed_over(words)
    refusal = check(decided, outputs, limits=context.tools.limits)
    if refusal is not None and refusal.code in _ENDLESS:
        streams |= {each.index for each in streams_of(decided)}
    reader, found = reader_of(context, outputs), {}
    for stream in sorted(streams):
        frames = await reader.frames(stream) or []
        if strays := await asyncio.to_thread(strays_of, [each.start for each in frames]):
            found[stream] = strays
    if found:
        raise StraysError(found)
