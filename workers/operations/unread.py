"""Finds out what of a damaged source could not be read."""

from collections.abc import Mapping

from core.errors import PermanentError
from core.model.notes import Note
from workers.context import Context
from workers.ffmpeg import diagnose
from workers.ffmpeg.frames import frames
from workers.media.audio_plan import AudioPlan
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
    decided: EncodePlan | AudioPlan,
    outputs: Mapping[str, MediaInfo],
    words: str,
) -> tuple[Note, ...]:
    """Return the warnings of what could not be read of a source.

    If FFmpeg complained of it in its last `words`, it is decoded once more: an output of full
    length can have pictures that stand where others could not be read.

    Raises:
        PermanentError: too little could be read.
    """
    complaint = diagnose.complaint(words)
    if complaint is None:
        return ()
    limits, refused = context.limits, diagnose.refuses_packets(words)
    made = max(each.duration or 0.0 for each in outputs.values())
    picture: Damage | None = WHOLE
    if isinstance(decided, EncodePlan):
        steady = not decided.video.variable_frame_rate
        picture = await _damage(context, decided.video.index, made, steady=steady, refused=refused)
    sound: Damage | None = WHOLE
    if decided.audio is not None:
        sound = await _damage(context, decided.audio.index, made, refused=refused)
    most = picture if isinstance(decided, EncodePlan) else sound
    if most is not None:
        refusal = check(decided, outputs, complaint=complaint, lost=most.lost, limits=limits)
        if refusal is not None:
            raise PermanentError(refusal)
    return unreadable(ends_early(decided, outputs), picture, sound)


async def _damage(
    context: Context, stream: int, made: float, *, refused: bool, steady: bool = True
) -> Damage | None:
    """Return what could not be read of a stream; None if that cannot be found out."""
    tools, limits, file = context.tools, context.limits, context.place / INPUT
    patience_s = limits.probe_timeout_s + _PATIENCE * made
    found = await frames(
        tools.ffprobe,
        f"./{INPUT}",
        stream,
        cwd=context.place,
        patience_s=patience_s,
        limits=limits,
        policy=probe_policy(tools.sandbox, tools.ffprobe, file, patience_s),
        spent=context.report.spent,
    )
    return None if found is None else damage(found, made, steady=steady, refused=refused)
