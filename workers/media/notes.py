"""What is told of a source: what is done to it, what is left out, and what could not be read."""

from collections.abc import Mapping, Sequence

from core.model.notes import DoneCode, Note, WarningCode, note
from workers.media.audio_plan import AudioPlan
from workers.media.damage import Damage, Place
from workers.media.info import UNKNOWN_CODEC, AudioStream, MediaInfo
from workers.media.limits import decodable
from workers.media.plan import EncodePlan

# Places of damage that are named one by one.
_MOST_NAMED = 4
# A rate that is lower by less is the same, written in another way.
_SAME_RATE = 1.02
_ANIMATIONS = frozenset({"gif", "webp", "apng"})
# A picture that begins or ends by less beside the sound is not worth a word, in seconds.
_BESIDE_S = 0.5


def done_of(plan: EncodePlan | AudioPlan, *, resized: bool = False) -> tuple[Note, ...]:
    """Return what was done to a source that its owner may want to know.

    `resized` says whether its pictures were of several sizes.
    """
    channels = plan.audio.channels if plan.audio else 0
    downmixed = (DoneCode.AUDIO_DOWNMIXED, channels > 2, {"channels": channels})
    if isinstance(plan, AudioPlan):
        return _notes((DoneCode.MADE_FROM_SOUND, True, {}), downmixed)
    video, rate = plan.video, float(plan.frame_rate)
    # An average above the rate of the time stamps comes from a broken clock.
    rates = [each for each in (video.avg_frame_rate, video.base_frame_rate) if each]
    source_rate = float(min(rates, default=0))
    still = plan.duration is not None and plan.duration == plan.hold
    film = video.telecined or video.pulldown
    fields = not film and (video.interlaced or video.parity != "")
    reduced = not film and source_rate > rate * _SAME_RATE
    variable = video.variable_frame_rate and not (film or reduced)
    return _notes(
        (DoneCode.ROTATED, video.rotation != 0, {"degrees": video.rotation}),
        (DoneCode.CROPPED, video.cropped, {}),
        (DoneCode.SIZE_UNIFIED, resized or bool(plan.shapes), {}),
        (DoneCode.ALPHA_FLATTENED, video.alpha, {}),
        (DoneCode.TONE_MAPPED, plan.tone_map, {}),
        (DoneCode.COLORS_CONVERTED, video.wide_gamut and not plan.tone_map, {}),
        (DoneCode.DEINTERLACED, fields, {}),
        (DoneCode.PULLDOWN_REMOVED, film, {"rate": rate}),
        (DoneCode.FRAME_RATE_NORMALIZED, variable, {"rate": rate}),
        (DoneCode.FRAME_RATE_REDUCED, reduced, {"source": source_rate, "rate": rate}),
        (DoneCode.PICTURE_LATE, plan.delay >= _BESIDE_S, {"seconds": plan.delay}),
        (DoneCode.PICTURE_HELD, plan.hold >= _BESIDE_S and not still, {"seconds": plan.hold}),
        (DoneCode.MADE_FROM_STILL, still or video.codec in _ANIMATIONS, {}),
        downmixed,
    )


def _notes(*facts: tuple[DoneCode, bool, Mapping[str, object]]) -> tuple[Note, ...]:
    return tuple(note(code, **values) for code, is_so, values in facts if is_so)


def left_out(info: MediaInfo, plan: EncodePlan | AudioPlan) -> tuple[Note, ...]:
    """Return the warnings of what a plan leaves out of a source."""
    foreign = [stream for stream in info.audio if not decodable(stream.codec)]
    notes = [
        note(WarningCode.AUDIO_DROPPED, tracks="A sound track was", why=_why(stream))
        for stream in foreign
    ]
    others = len(info.audio) - len(foreign) - (plan.audio is not None)
    if others > 0:
        tracks = _tracks(others, "other sound track")
        notes.append(note(WarningCode.AUDIO_DROPPED, tracks=tracks, why="only one is kept"))
    for code, count, name in (
        (WarningCode.VIDEO_DROPPED, info.other_videos, "other video track"),
        (WarningCode.SUBTITLES_DROPPED, info.subtitle_count, "subtitle track"),
    ):
        if count:
            notes.append(note(code, tracks=_tracks(count, name)))
    return tuple(notes)


def unreadable(
    short: tuple[str, float, float] | None, picture: Damage | None, sound: Damage | None
) -> tuple[Note, ...]:
    """Return the warnings of what could not be read.

    Args:
        short: what ends early, how many seconds came out, and of how many.
        picture: what is missing in between; None when nobody could find out.
        sound: the same.
    """
    notes = []
    if short is not None:
        of, made, wanted = short
        notes.append(note(WarningCode.TRUNCATED, of=of, made=made, wanted=wanted))
    for damage, part in ((picture, ""), (sound, " of the sound")):
        if damage is not None and damage.places:
            what = _places(damage.places, part)
            notes.append(note(WarningCode.PARTLY_DAMAGED, what=what))
    if picture is None or sound is None:
        notes.append(note(WarningCode.PARTLY_DAMAGED, what="Parts of the file"))
    return tuple(notes)


def _why(stream: AudioStream) -> str:
    if stream.codec == UNKNOWN_CODEC:
        return "its codec is not known"
    return f"its codec {stream.codec} is not supported"


def _tracks(count: int, name: str) -> str:
    return f"1 {name} was" if count == 1 else f"{count} {name}s were"


def _places(places: Sequence[Place], of: str) -> str:
    """Say where something is missing, as `3.2 s at 1:10 and 0.4 s at 2:05`."""
    if len(places) > _MOST_NAMED:
        seconds, first = sum(place.seconds for place in places), _clock(places[0].start)
        return f"{seconds:.1f} s{of} in {len(places)} places, the first at {first},"
    *most, last = [
        f"{max(place.seconds, 0.1):.1f} s{of} at {_clock(place.start)}" for place in places
    ]
    return f"{', '.join(most)} and {last}" if most else last


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
