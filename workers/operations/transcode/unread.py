"""Finds out what of a damaged source could not be read."""

import asyncio

from core.errors import PermanentError
from core.model.failure_codes import FailureCode
from core.model.notes import Note
from workers.context import Context
from workers.ffmpeg import diagnose
from workers.ffmpeg.frames import Reader
from workers.media.audio_plan import AudioPlan
from workers.media.damage import (
    WHOLE,
    Damage,
    Frame,
    damage,
    stops_early,
    uneven,
    without_those,
)
from workers.media.info import AudioStream
from workers.media.notes import in_disorder, unreadable
from workers.media.plan import EncodePlan
from workers.media.verify import check, ends_early, shortened, too_little
from workers.media.without_strays import has_strays
from workers.operations.transcode.doubt import Doubt, Made, longest, reader_of

# Containers of packets without times: they are counted.
_NO_TIMES = frozenset({"aac"})
# Recordings of what has begun long before.
_JOINED_MIDWAY = frozenset({"mpegts", "mpeg", "mpegvideo"})
# Checksums of these are right in all good files. Of AC-3 they are not.
_CHECKED = frozenset({"flac"})


async def unread(
    context: Context,
    decided: EncodePlan | AudioPlan,
    outputs: Made,
    words: str,
    doubt: Doubt,
) -> tuple[Note, ...]:
    """Return the warnings of what could not be read of a source that is in doubt.

    It is decoded once more: an output of full length can have pictures that stand where others
    could not be read.

    Raises:
        PermanentError: too little could be read.
    """
    refusal = too_little(1 - doubt.missed, context.limits)
    if refusal is not None:
        raise PermanentError(refusal)
    reader = reader_of(context, outputs)
    short = ends_early(decided, outputs)
    made, refused = longest(outputs), diagnose.refuses_packets(words)
    sound = await _sound(reader, decided, made, refused=refused)
    picture: Damage | None = WHOLE
    if isinstance(decided, EncodePlan):
        # Where nobody complained, a pause of the picture alone may be one of its camera.
        heard = sound is not None and bool(sound.places)
        sure = doubt.complaint is not None or heard or has_strays(decided)
        steady = sure and _steady(decided)
        cut = short is not None
        picture = await _picture(reader, decided, made, steady=steady, refused=refused, cut=cut)
    if doubt.complaint is None:
        picture, sound = picture or WHOLE, sound or WHOLE
    most = picture if isinstance(decided, EncodePlan) else sound
    wanted = shortened(decided, most.paused if most else 0.0)
    short = ends_early(wanted, outputs)
    if doubt.complaint is None and not (most and most.places):
        short = None  # a length in a header is no proof
    else:
        code, lost = doubt.complaint or FailureCode.CORRUPT_MEDIA, most.lost if most else 0.0
        refusal = check(wanted, outputs, complaint=code, lost=lost, limits=context.limits)
        if refusal is not None:
            raise PermanentError(refusal)
    held = decided.hold if isinstance(decided, EncodePlan) else 0.0
    if doubt.complaint and stops_early(made - held, picture, sound):
        picture = None
    beside = await _beside(reader, decided, made, words)
    if doubt.complaint is None:
        beside = {track: each or WHOLE for track, each in beside.items()}
    found = unreadable(short, picture, sound, beside)
    if found or not doubt.passed_over:
        return found or (unreadable(None, None, None) if doubt.missed else ())
    return in_disorder()


async def _since(reader: Reader, stream: int, *, broken: bool) -> float | None:
    """Return from when on a stream should be seen or heard, in seconds; None if nobody can say.

    It may begin between keyframes. If its first packet is no keyframe, it can be a broken one.
    """
    first = await reader.first_packet(stream)
    return first[0] if first is not None and (first[1] or broken) else None


async def _sound(
    reader: Reader, decided: EncodePlan | AudioPlan, made: float, *, refused: bool
) -> Damage | None:
    if decided.audio is None:
        return WHOLE
    frames = await _heard(reader, decided.audio)
    if frames is None:
        return None
    counted = decided.container in _NO_TIMES
    since = await _since(reader, decided.audio.index, broken=refused)
    return damage(frames, made, refused=refused, counted=counted, since=since)


async def _beside(
    reader: Reader, decided: EncodePlan | AudioPlan, made: float, words: str
) -> dict[int, Damage | None]:
    """Return what is damaged of the sounds beside the default one, by their numbers from 1 on.

    The default sound is the first; of its two sides the right one is looked at here. They may have
    pauses, and may begin late. So what is missing is a loss only if a decoder made nothing of some
    packets, or beside a broken place.
    """
    tracks: dict[int, list[AudioStream]] = {}
    for sound in (decided, *decided.others):
        if sound.audio is not None:
            sides = [sound.audio, *([sound.right] if sound.right else [])]
            tracks.setdefault(sound.audio.index, sides)  # 5.1 is of a track that is there
    found: dict[int, Damage | None] = {}
    for number, sides in enumerate(tracks.values(), 1):
        for audio in sides[1:] if number == 1 else sides:
            damaged, before = await _damage_of(reader, audio, made, words), found.get(number, WHOLE)
            if not (before and before.places):  # one side is enough
                found[number] = before if damaged == WHOLE else damaged
    return found


async def _damage_of(reader: Reader, audio: AudioStream, made: float, words: str) -> Damage | None:
    frames = await _heard(reader, audio)
    if frames is None:
        return None
    refused = diagnose.refuses_packets_of(words, audio.index)
    return damage(frames, made, steady=refused, refused=refused)


async def _heard(reader: Reader, audio: AudioStream) -> list[Frame] | None:
    frames = await reader.frames(audio.index, checksums=audio.codec in _CHECKED)
    return frames and await asyncio.to_thread(without_those, frames, audio.strays)


async def _picture(
    reader: Reader, decided: EncodePlan, made: float, *, steady: bool, refused: bool, cut: bool
) -> Damage | None:
    stream = decided.video.index
    frames = await reader.frames(stream)
    if frames is None:
        return None
    frames = await asyncio.to_thread(without_those, frames, decided.video.strays)
    if frames and cut:
        frames.pop()  # it is cut, too, and that is told
    since = await _since(reader, stream, broken=refused and decided.container not in _JOINED_MIDWAY)
    found = damage(frames, made, steady=steady, refused=refused, since=since)
    if frames and found and refused and not steady:
        count = await reader.count_packets(stream)
        found = uneven(found, made, len(frames), count or 0)
    return found


def _steady(decided: EncodePlan) -> bool:
    """Whether each picture follows the one before at once; empty chunks of AVI let one stand."""
    return decided.container != "avi" and not decided.video.variable_frame_rate
