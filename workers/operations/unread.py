"""Finds out what of a damaged source could not be read."""

from collections.abc import Mapping

from core.errors import PermanentError, TransientError
from core.model.failure_codes import FailureCode
from core.model.notes import Note
from workers.context import Context
from workers.ffmpeg import diagnose
from workers.ffmpeg.frames import Reader
from workers.formats.shape import Pipe
from workers.media.audio_plan import AudioPlan
from workers.media.damage import SLACK_FRAMES, WHOLE, Damage, damage
from workers.media.info import MediaInfo
from workers.media.notes import unreadable
from workers.media.plan import EncodePlan
from workers.media.verify import check, ends_early
from workers.sandbox.policies import probe_policy
from workers.sources.read import INPUT

Made = Mapping[str, MediaInfo]

# Decoding a source once more takes a quarter of its length or less, one stream on one core.
_PATIENCE = 2.0


async def complaint_of(
    context: Context, decided: EncodePlan | AudioPlan, outputs: Made, words: str
) -> FailureCode | None:
    """Return what FFmpeg has said against a source in its last words, or has left out.

    It says nothing of a file that was cut between two packets. An index still counts them all.
    """
    complaint = diagnose.complaint(words)
    if isinstance(decided, AudioPlan):
        return complaint
    counted = decided.video.frame_count
    if complaint is not None or counted is None or ends_early(decided, outputs) is None:
        return complaint
    if isinstance(context.way, Pipe):
        raise TransientError("less came out than is counted")
    count = await _reader(context, outputs).count_packets(decided.video.index)
    cut = count is not None and count < counted - SLACK_FRAMES
    return FailureCode.TRUNCATED_MEDIA if cut else None


async def unread(
    context: Context,
    decided: EncodePlan | AudioPlan,
    outputs: Made,
    words: str,
    complaint: FailureCode,
) -> tuple[Note, ...]:
    """Return the warnings of what could not be read of a source of which FFmpeg complained.

    It is decoded once more: an output of full length can have pictures that stand where others
    could not be read.

    Raises:
        PermanentError: too little could be read.
    """
    reader = _reader(context, outputs)
    short = ends_early(decided, outputs)
    made, refused = _longest(outputs), diagnose.refuses_packets(words)
    picture: Damage | None = WHOLE
    if isinstance(decided, EncodePlan):
        steady = not decided.video.variable_frame_rate
        frames = await reader.frames(decided.video.index)
        if frames and short is not None:
            frames.pop()  # it is cut, too, and that is told
        picture = None if frames is None else damage(frames, made, steady=steady, refused=refused)
    sound: Damage | None = WHOLE
    if decided.audio is not None:
        frames = await reader.frames(decided.audio.index)
        sound = None if frames is None else damage(frames, made, refused=refused)
    most = picture if isinstance(decided, EncodePlan) else sound
    if most is not None:
        refusal = check(
            decided, outputs, complaint=complaint, lost=most.lost, limits=context.limits
        )
        if refusal is not None:
            raise PermanentError(refusal)
    return unreadable(short, picture, sound)


def _reader(context: Context, outputs: Made) -> Reader:
    tools, limits, file = context.tools, context.limits, context.place / INPUT
    patience_s = limits.probe_timeout_s + _PATIENCE * _longest(outputs)
    policy = probe_policy(tools.sandbox, tools.ffprobe, file, patience_s)
    return Reader(tools.ffprobe, file, patience_s, limits, policy, context.report.spent)


def _longest(outputs: Made) -> float:
    return max(each.duration or 0.0 for each in outputs.values())
