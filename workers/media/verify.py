"""Checks the outputs against the plan: FFmpeg also exits with 0 on half a file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.errors import Failure, TransientError
from core.model.failure_codes import FailureCode
from workers.media.audio_plan import AudioPlan
from workers.media.damage import SLACK_FRAMES, SLACK_SECONDS
from workers.media.info import MediaInfo, VideoStream
from workers.media.limits import DEFAULT_LIMITS, Limits
from workers.media.plan import EncodePlan
from workers.media.planned import PlannedRendition

# Players show the last picture while there is still sound; for so long nobody minds, in parts of
# the film and in seconds. No more do they mind a last picture that stands on in silence.
_SILENT_SHARE, _SILENT_LEAST_S, _SILENT_MOST_S = 0.01, 0.25, 1.0
# Where a file was cut, picture and sound end so near to each other, in seconds.
_ALIKE_S = 0.5


@dataclass(frozen=True, slots=True)
class Ends:
    """Seconds of picture, without what the last one was held, and of sound that came out."""

    picture: float
    sound: float


def most_frames(plan: EncodePlan, limits: Limits) -> int:
    """Output frames at which an encode is made to end.

    A constant rate may take more frames than the source has; what was let in is made whole, and a
    second more shows that there is no end.
    """
    said = plan.frame_count or round((plan.total_duration or 0) * plan.frame_rate)
    return max(limits.max_frames, said + round(plan.frame_rate))


def apart(plan: EncodePlan, outputs: Mapping[str, MediaInfo]) -> Ends | None:
    """Return the ends of picture and sound if the last picture stood for too short or too long.

    None if nobody would mind. A header does not always tell how long they are.
    """
    for output in outputs.values():
        if output.video is None or not output.audio:
            continue
        picture = (output.video.frame_count or 0) / float(plan.frame_rate)
        sound = _sound_seconds(output)
        silent = sound - picture
        off = max(silent, min(-silent, plan.hold))
        if off > min(max(sound * _SILENT_SHARE, _SILENT_LEAST_S), _SILENT_MOST_S):
            return Ends(max(picture - plan.hold, 0.0), sound)
    return None


def shortened(plan: EncodePlan | AudioPlan, seconds: float) -> EncodePlan | AudioPlan:
    """Return a plan that wants so much less, as the clock of the source has leapt over that."""
    total = _less(plan.total_duration, seconds)
    if isinstance(plan, AudioPlan):
        return replace(plan, total_duration=total)
    audio = plan.audio and replace(plan.audio, duration=_less(plan.audio.duration, seconds))
    duration = _less(plan.duration, seconds)
    return replace(plan, total_duration=total, duration=duration, audio=audio)


def _less(length: float | None, seconds: float) -> float | None:
    return None if length is None else max(length - seconds, 0.0)


def check(
    plan: EncodePlan | AudioPlan,
    outputs: Mapping[str, MediaInfo],
    *,
    complaint: FailureCode | None = None,
    lost: float = 0.0,
    limits: Limits = DEFAULT_LIMITS,
) -> Failure | None:
    """Return None when enough of the input is in every rendition, else the fault of the input.

    Each output goes by the name of its rendition. `complaint` is what FFmpeg has said of the file;
    where it could read all that is there, a length that the file gives is not taken for true.
    `lost` is for how many seconds in between no picture came.

    Raises:
        TransientError: a rendition is missing or of another shape: a fault of ours.
    """
    if isinstance(plan, AudioPlan):
        (file,) = plan.files
        return _check_audio(plan, outputs.get(file.name), complaint, lost, limits)
    for rendition in plan.files:
        output = outputs.get(rendition.name)
        if output is None:
            raise TransientError(f"{rendition.name} is missing")
        if output.video is None or not output.video.frame_count:
            return Failure(FailureCode.CORRUPT_MEDIA, "The picture of the file could not be read.")
        _shape(rendition, output.video)
        refusal = _endless(plan, output.video, limits)
        if refusal is None and complaint is not None:
            refusal = _length(plan, output, complaint, lost, limits)
        if refusal is not None:
            return refusal
        # A track is announced and nothing is in it: all of it was lost with the file's end.
        if plan.audio and not output.audio:
            return Failure(FailureCode.CORRUPT_MEDIA, "The sound of the file could not be read.")
    return None


def too_little(share: float, limits: Limits) -> Failure | None:
    """Turn away a file of which only this part could be read, by its bytes."""
    if share >= limits.min_readable:
        return None
    return Failure(
        FailureCode.CORRUPT_MEDIA, f"The file is damaged: {share:.0%} of it could be read."
    )


def _check_audio(
    plan: AudioPlan,
    output: MediaInfo | None,
    complaint: FailureCode | None,
    lost: float,
    limits: Limits,
) -> Failure | None:
    if output is None or output.video is not None:
        raise TransientError("the sound is missing, or has a picture")
    made, wanted = _sound_seconds(output), plan.total_duration
    if not made:
        return Failure(FailureCode.CORRUPT_MEDIA, "The sound of the file could not be read.")
    if _was_ended(made, wanted, limits):
        return _too_long(limits)
    if complaint is None:
        return None
    return _missing(made - lost, wanted, SLACK_SECONDS, complaint, limits)


def _shape(rendition: PlannedRendition, video: VideoStream) -> None:
    upright = video.rotation == 0 and video.sample_aspect_ratio == 1
    if not upright or (video.width, video.height) != (rendition.width, rendition.height):
        raise TransientError(
            f"{rendition.name} is {video.width} x {video.height}, rotated by {video.rotation} "
            f"degrees; the plan says {rendition.width} x {rendition.height}, not rotated"
        )


def _endless(plan: EncodePlan, video: VideoStream, limits: Limits) -> Failure | None:
    """Turn away what was ended at a limit: the source is longer than it said."""
    frames = video.frame_count or 0
    if frames >= most_frames(plan, limits):
        return Failure(
            FailureCode.TOO_MANY_FRAMES,
            f"The video has too many frames. The limit is {limits.max_frames}.",
        )
    if _was_ended(frames / float(plan.frame_rate), plan.duration, limits):
        return _too_long(limits)
    return None


def _was_ended(made: float, said: float | None, limits: Limits) -> bool:
    """Whether an output reaches the limit, and the file does not say just that length."""
    most, least = limits.max_duration_s, limits.max_duration_s - SLACK_SECONDS
    return made >= least and not least <= (said or 0.0) <= most


def _too_long(limits: Limits) -> Failure:
    return Failure(
        FailureCode.DURATION_TOO_LONG,
        f"The file is too long. The limit is {limits.max_duration_s / 3600:.1f} hours.",
    )


def _length(
    plan: EncodePlan, output: MediaInfo, complaint: FailureCode, lost: float, limits: Limits
) -> Failure | None:
    made, wanted = _sound(plan, output) if plan.hold else _picture(plan, output)
    return _missing(made - lost, wanted, _slack(plan), complaint, limits)


def _missing(
    read: float, wanted: float | None, slack: float, complaint: FailureCode, limits: Limits
) -> Failure | None:
    if wanted is None or read >= min(wanted * limits.min_readable, wanted - slack):
        return None
    reason = "is damaged" if complaint is FailureCode.CORRUPT_MEDIA else "is incomplete"
    return Failure(
        complaint, f"The file {reason}: {read:.1f} of {wanted:.1f} seconds could be read."
    )


def ends_early(
    plan: EncodePlan | AudioPlan, outputs: Mapping[str, MediaInfo]
) -> tuple[str, float, float] | None:
    """Return what ends before the file says: file, picture or sound; its seconds, and of how many.

    None when nobody notices.
    """
    if isinstance(plan, AudioPlan):
        made, wanted = min(map(_sound_seconds, outputs.values())), plan.total_duration
        if wanted is None or made >= wanted - SLACK_SECONDS:
            return None
        return "file", made, wanted
    (picture, whole), (sound, all_sound) = (
        min((seconds(plan, each) for each in outputs.values()), key=_made)
        for seconds in (_picture, _sound)
    )
    if whole is not None and picture < whole - _slack(plan):
        return "picture" if sound > picture + _ALIKE_S else "file", picture, whole
    if all_sound is not None and sound < all_sound - _slack(plan):
        return "sound", sound, all_sound
    return None


def _made(seconds: tuple[float, float | None]) -> float:
    return seconds[0]


def _picture(plan: EncodePlan, output: MediaInfo) -> tuple[float, float | None]:
    """Return how many seconds of picture a rendition has, and how many the file says it has."""
    frames = output.video.frame_count if output.video else 0
    made = (frames or 0) / float(plan.frame_rate)
    if plan.duration is not None:
        return made - plan.hold, plan.duration - plan.hold
    # Some containers know only the length of the whole file, which sound may outlast.
    return max(made, output.duration or 0.0), plan.total_duration


def _sound(plan: EncodePlan, output: MediaInfo) -> tuple[float, float | None]:
    wanted = plan.audio.duration if plan.audio else None
    return _sound_seconds(output), None if wanted is None else wanted + plan.sound_delay


def _sound_seconds(output: MediaInfo) -> float:
    return max((stream.duration or 0.0 for stream in output.audio), default=0.0)


def _slack(plan: EncodePlan) -> float:
    return max(SLACK_SECONDS, SLACK_FRAMES / float(plan.frame_rate))
