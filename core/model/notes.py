"""What is told of a video that came out: what was done to it, and what a person should know."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class DoneCode(StrEnum):
    """What was done to the source; none is ever renamed."""

    ROTATED = "rotated"
    CROPPED = "cropped"
    SIZE_UNIFIED = "size_unified"
    ALPHA_FLATTENED = "alpha_flattened"
    TONE_MAPPED = "tone_mapped"
    COLORS_CONVERTED = "colors_converted"
    DEINTERLACED = "deinterlaced"
    PULLDOWN_REMOVED = "pulldown_removed"
    FRAME_RATE_NORMALIZED = "frame_rate_normalized"
    FRAME_RATE_REDUCED = "frame_rate_reduced"
    PICTURE_LATE = "picture_late"
    PICTURE_HELD = "picture_held"
    AUDIO_DOWNMIXED = "audio_downmixed"
    SURROUND_KEPT = "surround_kept"
    MADE_FROM_SOUND = "made_from_sound"
    MADE_FROM_STILL = "made_from_still"
    REMUXED = "remuxed"


class WarningCode(StrEnum):
    """What is missing or damaged in what came out; none is ever renamed."""

    PARTLY_DAMAGED = "partly_damaged"
    TRUNCATED = "truncated"
    AUDIO_DROPPED = "audio_dropped"
    VIDEO_DROPPED = "video_dropped"
    SUBTITLES_DROPPED = "subtitles_dropped"
    SPEED_IGNORED = "speed_ignored"
    NOT_STREAMED = "not_streamed"


SENTENCES: Mapping[DoneCode | WarningCode, str] = {
    DoneCode.ROTATED: "The picture was turned by {degrees} degrees, as the file says.",
    DoneCode.CROPPED: "The edges of the picture were cut off, as the file says.",
    DoneCode.SIZE_UNIFIED: "The size or shape of the picture changes in the file. It was made the "
    "same everywhere.",
    DoneCode.ALPHA_FLATTENED: "Transparent parts of the picture were filled with black.",
    DoneCode.TONE_MAPPED: "The colors of high dynamic range (HDR) were converted, so that "
    "every screen can show them.",
    DoneCode.COLORS_CONVERTED: "The colors were converted to the standard of most screens "
    "(BT.709).",
    DoneCode.DEINTERLACED: "The picture was interlaced (made of half pictures). Now it has "
    "whole pictures.",
    DoneCode.PULLDOWN_REMOVED: "Frames that were repeated for television (pulldown) were removed. "
    "The video has its original {rate:.5g} frames per second.",
    DoneCode.FRAME_RATE_NORMALIZED: "The number of frames per second changed in the file. It is "
    "now always {rate:.5g}.",
    DoneCode.FRAME_RATE_REDUCED: "The frame rate was reduced from {source:.5g} to {rate:.5g} "
    "frames per second.",
    DoneCode.PICTURE_LATE: "The picture begins {seconds:.1f} s after the sound. Its first frame "
    "is shown until then.",
    DoneCode.PICTURE_HELD: "The picture ends {seconds:.1f} s before the sound. Its last frame "
    "stays until the end.",
    DoneCode.AUDIO_DOWNMIXED: "The sound had {channels} channels. They were mixed to stereo.",
    DoneCode.SURROUND_KEPT: "The stream also has the sound as 5.1.",
    DoneCode.MADE_FROM_SOUND: "The file has only sound.",
    DoneCode.MADE_FROM_STILL: "The file is a still or animated picture. It became a video.",
    DoneCode.REMUXED: "It is streamed as it was uploaded, too: in its full quality.",
    WarningCode.PARTLY_DAMAGED: "{what} could not be read.",
    WarningCode.TRUNCATED: "The {of} ends early: {made:.1f} of {wanted:.1f} s could be read.",
    WarningCode.AUDIO_DROPPED: "{tracks} left out: {why}.",
    WarningCode.VIDEO_DROPPED: "{tracks} left out: only one is kept.",
    WarningCode.SUBTITLES_DROPPED: "{tracks} left out.",
    WarningCode.SPEED_IGNORED: "Parts of the file should be faster, slower or stand still. "
    "They are played at normal speed, and what does not fit is left out.",
    WarningCode.NOT_STREAMED: "The stream could not be made as planned: {instead}.",
}


@dataclass(frozen=True)
class Note:
    """A code for programs, and a sentence for people."""

    code: DoneCode | WarningCode
    message: str


def note(code: DoneCode | WarningCode, **values: object) -> Note:
    """Return a note; `values` are what its sentence leaves open."""
    return Note(code, SENTENCES[code].format(**values))


def as_json(done: Iterable[Note] = (), warnings: Iterable[Note] = ()) -> dict[str, Any]:
    """Return both kinds as they are stored in `jobs.notes`; `loudness` may stand beside them."""
    return {"done": [*map(asdict, done)], "warnings": [*map(asdict, warnings)]}
