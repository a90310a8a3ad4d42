"""Finds out what of a damaged source could not be read."""

from collections.abc import Mapping

from core.errors import PermanentError
from core.model.failure_codes import FailureCode
from core.model.notes import Note
from workers.context import Context
from workers.ffmpeg.frames import frames
from workers.media.damage import WHOLE, Damage, damage
from workers.media.info import MediaInfo
from workers.media.notes import unreadable
from workers.media.plan import EncodePlan
from workers.media.verify import check, ends_early
from workers.sandbox.policies import probe_policy
from workers.sources.read import INPUT

# Decoding a source once more takes a quarter of its length or less, one stream on one core.
_PATIENCE = 2.0


async def unread(
    context: Context,
    decided: EncodePlan,
    outputs: Mapping[str, MediaInfo],
    complaint: FailureCode,
) -> tuple[Note, ...]:
    """Return the warnings of what could not be read of a source of which FFmpeg complained.

    It is decoded once more: an output of full length can have pictures that stand where others
    could not be read.

    Raises:
        PermanentError: too little could be read.
    """
    limits = context.tools.limits
    steady = not decided.video.variable_frame_rate
    seconds = decided.total_duration or max(each.duration or 0.0 for each in outputs.values())
    patience_s = limits.probe_timeout_s + _PATIENCE * seconds
    picture = await _damage(context, decided.video.index, patience_s, steady=steady)
    sound: Damage | None = WHOLE
    if decided.audio is not None:
        sound = await _damage(context, decided.audio.index, patience_s)
    if picture is not None:
        refusal = check(decided, outputs, complaint=complaint, lost=picture.lost, limits=limits)
        if refusal is not None:
            raise PermanentError(refusal)
    return unreadable(ends_early(decided, outputs), picture, sound)


async def _damage(
    context: Context, stream: int, patience_s: float, *, steady: bool = True
) -> Damage | None:
    """Return what could not be read of a stream; None if finding out takes too long."""
    tools, file = context.tools, context.place / INPUT
    found = await frames(
        tools.ffprobe,
        f"./{INPUT}",
        stream,
        cwd=context.place,
        patience_s=patience_s,
        limits=tools.limits,
        policy=probe_policy(tools.sandbox, tools.ffprobe, file, patience_s),
        spent=context.report.spent,
    )
    return None if found is None else damage(found, steady=steady)
