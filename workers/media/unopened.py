"""A file with streams that no decoder may be opened for, and what is left without them. Pure.

ffprobe opens a decoder for every stream of a file, and gives up at the first that is refused. So
the others are copied to a file of their own, which is looked at in place of the whole.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from workers.media.codecs import AUDIO, VIDEO
from workers.media.info import AudioStream, MediaInfo

_FORMAT = re.compile(r"^Input #0, ([\w,]+), from", re.MULTILINE)
_STREAM = re.compile(r"^ +Stream #0:(\d+)\S*: (Video|Audio|Subtitle|\w+): (\w+)(.*)$", re.MULTILINE)
_STILL = re.compile(r"\((?:attached pic|timed thumbnails|still image)\)")
_END = re.compile(r"^(?:Stream mapping|Output #0)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Listed:
    """A stream as FFmpeg lists it: Video, Audio, Subtitle or another kind; `still` is a cover."""

    index: int
    kind: str
    codec: str
    still: bool = False

    @property
    def film(self) -> bool:
        """Whether it is a picture that moves."""
        return self.kind == "Video" and not self.still

    @property
    def taken(self) -> bool:
        """Whether it is picture or sound that may be decoded."""
        return self.codec in {"Video": VIDEO, "Audio": AUDIO}.get(self.kind, {})


def listed(words: str) -> tuple[str, list[Listed]]:
    """Read the format and the streams of the input from what FFmpeg says of it."""
    end = _END.search(words)
    words = words[: end.start()] if end else words
    found = _FORMAT.search(words)
    streams = [
        Listed(int(index), kind, codec, _STILL.search(rest) is not None)
        for index, kind, codec, rest in _STREAM.findall(words)
    ]
    return (found[1] if found else ""), streams


def kept(streams: Sequence[Listed]) -> list[int]:
    """Return the streams to look at; none if the film, or all sound, may not be decoded."""
    films = [each.taken for each in streams if each.film]
    sounds = [each.taken for each in streams if each.kind == "Audio"]
    if any(kind and not any(kind) for kind in (films, sounds)):
        return []
    return [each.index for each in streams if each.taken] if films or sounds else []


def whole(info: MediaInfo, format_name: str, streams: Sequence[Listed]) -> MediaInfo:
    """Return the file that `info` knows a copy of, with the kept streams alone, as it is itself."""
    places = kept(streams)
    sounds = [replace(each, index=places[each.index]) for each in info.audio]
    odd = [
        AudioStream(each.index, each.codec, 0, 0)
        for each in streams
        if each.kind == "Audio" and not each.taken
    ]
    wanted = sum(each.film or each.kind in {"Audio", "Subtitle"} for each in streams)
    return replace(
        info,
        format_name=format_name,
        video=info.video and replace(info.video, index=places[info.video.index]),
        audio=tuple(sorted([*sounds, *odd], key=_index)),
        cover=None if info.cover is None else places[info.cover],
        other_videos=info.other_videos + _count(each.film and not each.taken for each in streams),
        subtitle_count=_count(each.kind == "Subtitle" for each in streams),
        stream_count=wanted,
        beside_count=len(streams) - wanted,
    )


def _index(stream: AudioStream) -> int:
    return stream.index


def _count(facts: Iterable[bool]) -> int:
    return sum(facts)
