"""What is told of a source: what is done to it, what is left out, and what could not be read."""

from collections.abc import Iterable, Mapping, Sequence

from core.model.notes import DoneCode, Note, WarningCode, note
from workers.media.audio_plan import AudioPlan
from workers.media.damage import Damage, Place
from workers.media.info import UNKNOWN_CODEC, AudioStream, MediaInfo
from workers.media.limits import decodable
from workers.media.plan import EncodePlan
from workers.media.sounds import goes_on, unheard
from workers.media.tracks import PlannedTrack

# Places of damage that are named one by one.
_MOST_NAMED = 4
_LATE = {"video": "A video track that begins later was", "audio": "A sound track was"}
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
    surround = plan.streamed and any(sound.channels > 2 for sound in plan.others)
    downmixed: tuple[tuple[DoneCode, bool, Mapping[str, object]], ...] = (
        (DoneCode.AUDIO_DOWNMIXED, channels > 2, {"channels": channels}),
        (DoneCode.SURROUND_KEPT, surround, {}),
    )
    if isinstance(plan, AudioPlan):
        return _notes((DoneCode.MADE_FROM_SOUND, True, {}), *downmixed)
    video, rate = plan.video, float(plan.frame_rate)
    # An average above the rate of the time stamps comes from a broken clock.
    rates = [each for each in (video.avg_frame_rate, video.base_frame_rate) if each]
    source_rate = float(min(rates, default=0))
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
        (DoneCode.PICTURE_HELD, plan.hold >= _BESIDE_S and not plan.still, {"seconds": plan.hold}),
        (DoneCode.MADE_FROM_STILL, plan.still or video.codec in _ANIMATIONS, {}),
        *downmixed,
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
    heard = {each.index for each in (plan.audio, plan.right) if each is not None}
    heard |= {each.index for sound in plan.others for each in (sound.audio, sound.right) if each}
    others = len(info.audio) - len(foreign) - len(heard)
    beyond = unheard(info, plan) if plan.streamed else []
    for count, why in (
        (len(beyond), f"at most {_sounds(plan)} are kept"),
        (others - len(beyond), "only one is kept"),
    ):
        if count > 0:
            tracks = _tracks(count, "other sound track")
            notes.append(note(WarningCode.AUDIO_DROPPED, tracks=tracks, why=why))
    if goes_on(plan):
        why = "it is another track in the file, which can be chosen where the video is watched"
        notes.append(note(WarningCode.AUDIO_DROPPED, tracks="The rest of the sound was", why=why))
    if count := info.other_videos:
        tracks = _tracks(count, "other video track")
        notes.append(note(WarningCode.VIDEO_DROPPED, tracks=tracks))
    if count := info.subtitle_count - sum(not each.within for each in plan.texts):
        tracks = _tracks(count, "subtitle track", " of pictures, or of a rare format,")
        notes.append(note(WarningCode.SUBTITLES_DROPPED, tracks=tracks))
    return tuple(notes)


def unread_texts(count: int) -> tuple[Note, ...]:
    """Return the warning of so many text tracks that could not be read."""
    if not count:
        return ()
    tracks = _tracks(count, "subtitle track", " without text that can be read")
    return (note(WarningCode.SUBTITLES_DROPPED, tracks=tracks),)


def partly_read_texts(count: int) -> tuple[Note, ...]:
    """Return the warning of so many text tracks of which parts could not be read, or kept."""
    if not count:
        return ()
    tracks = f"Parts of {count} subtitle track{'s' if count > 1 else ''} were"
    return (note(WarningCode.SUBTITLES_DROPPED, tracks=tracks),)


def too_much_text(plan: EncodePlan | AudioPlan) -> Note:
    """Return the warning of a film without texts, which had more in them than anybody reads."""
    more = " with far more data than a text has"
    return note(WarningCode.SUBTITLES_DROPPED, tracks=_texts(plan, more))


def without_texts(plan: EncodePlan | AudioPlan) -> Note:
    """Return the warning of a film that could only be made without its texts."""
    more = " with which the file could not be read"
    return note(WarningCode.SUBTITLES_DROPPED, tracks=_texts(plan, more))


def _texts(plan: EncodePlan | AudioPlan, more: str) -> str:
    return _tracks(sum(not each.within for each in plan.texts), "subtitle track", more)


def without_others(plan: EncodePlan | AudioPlan) -> Note:
    """Return the warning of a film that could only be made with its default sound."""
    tracks = _tracks(_sounds(plan) - 1, "other sound track")
    return note(WarningCode.AUDIO_DROPPED, tracks=tracks, why="the file could not be read with it")


def nothing_heard(tracks: Sequence[PlannedTrack]) -> tuple[Note, ...]:
    """Return the warning of sounds that were planned, and left out of the stream."""
    count = len([track for track in tracks if track.channels in (1, 2)])
    if not count:
        return ()
    what = _tracks(count, "other sound track")
    return (note(WarningCode.AUDIO_DROPPED, tracks=what, why="nothing could be heard in it"),)


def _sounds(plan: EncodePlan | AudioPlan) -> int:
    """Return how many tracks of a source are heard."""
    return len({plan.audio, *(sound.audio for sound in plan.others)})


def begun_late(kinds: Iterable[str]) -> tuple[Note, ...]:
    """Return the warnings of streams that begin so late that they were left out."""
    codes = {"video": WarningCode.VIDEO_DROPPED, "audio": WarningCode.AUDIO_DROPPED}
    return tuple(
        note(code, tracks=_LATE[kind], why="it begins too late in the file")
        for kind, code in codes.items()
        if kind in set(kinds)
    )


def unreadable(
    short: tuple[str, float, float] | None,
    picture: Damage | None,
    sound: Damage | None,
    beside: Mapping[int, Damage | None] | None = None,
) -> tuple[Note, ...]:
    """Return the warnings of what could not be read.

    Args:
        short: what ends early, how many seconds came out, and of how many.
        picture: what is missing in between; None when nobody could find out.
        sound: the same.
        beside: the same of further sound tracks, by their numbers.
    """
    notes = []
    if short is not None:
        of, made, wanted = short
        notes.append(note(WarningCode.TRUNCATED, of=of, made=made, wanted=wanted))
    beside = beside or {}
    further = [(damage, f" of sound track {number}") for number, damage in beside.items()]
    for damage, part in ((picture, ""), (sound, " of the sound"), *further):
        if damage is not None and damage.places:
            what = _places(damage.places, part)
            notes.append(note(WarningCode.PARTLY_DAMAGED, what=what))
    if picture is None or sound is None or None in beside.values():
        notes.append(note(WarningCode.PARTLY_DAMAGED, what="Parts of the file"))
    return tuple(notes)


def in_disorder() -> tuple[Note, ...]:
    """Return the warning of what came too late for its time."""
    return (note(WarningCode.PARTLY_DAMAGED, what="Parts of the file whose times are in disorder"),)


def end_missing() -> tuple[Note, ...]:
    """Return the warning of a still picture whose end is missing."""
    return (note(WarningCode.PARTLY_DAMAGED, what="The end of the picture"),)


def left_behind(share: float) -> tuple[Note, ...]:
    """Return the warning of a recording that begins where the first one ends.

    `share` is the part of the file that it has.
    """
    what = f"Another recording that is joined to the end of the first ({share:.0%} of the file)"
    return (note(WarningCode.PARTLY_DAMAGED, what=what),)


def partly_left_behind() -> tuple[Note, ...]:
    """Return the warning of such a recording, if FFmpeg went on with it behind its beginning."""
    what = "A part of another recording that is joined to the end of the first"
    return (note(WarningCode.PARTLY_DAMAGED, what=what),)


def speed_ignored() -> tuple[Note, ...]:
    """Return the warning of a file that asks for another speed."""
    return (note(WarningCode.SPEED_IGNORED),)


def not_streamed(*, packaged: bool) -> tuple[Note, ...]:
    """Return the warning of a stream that was given up; the source itself may be `packaged`."""
    instead = "it has the source as it is alone" if packaged else "players get whole files"
    return (note(WarningCode.NOT_STREAMED, instead=instead),)


def _why(stream: AudioStream) -> str:
    if stream.codec == UNKNOWN_CODEC:
        return "its codec is not known"
    return f"its codec {stream.codec} is not supported"


def _tracks(count: int, name: str, more: str = "") -> str:
    return f"1 {name}{more} was" if count == 1 else f"{count} {name}s{more} were"


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
