"""The text tracks and chapters of a source: which can be shown beside the picture. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workers.media.json_values import Fields, integer, mapping, number, plain, sequence, text
from workers.media.languages import tag_of

LONGEST_TITLE = 200  # characters; what is longer is no name
MOST_TEXTS = 32  # as many tracks as a disc of a film has
MOST_CHAPTERS = 500
# Into which container each is taken out of the source, as it is. Pictures of text are not among
# them; nor are formats that nobody meets in a film.
_CONTAINERS = {
    "subrip": "matroska",
    "text": "matroska",
    "ass": "matroska",
    "ssa": "matroska",
    "webvtt": "matroska",
    "mov_text": "mp4",
    "eia_608": "mov",
}
CAPTIONED = frozenset({"h264", "hevc", "mpeg2video"})  # pictures in which captions can be hidden
# Not each of their pictures has a time: nobody knows the order in which captions are to be read.
_WITHOUT_TIMES = frozenset({"avi", "mpeg"})
# FFmpeg has it as boxes, in other containers as text.
_WEBVTT_IN = ("matroska",)


@dataclass(frozen=True, slots=True)
class TextStream:
    """A track of text.

    Attributes:
        index: of the stream.
        container: into which it is taken out.
        language: as BCP 47 has it; empty if the file does not say.
        title: its name, as the file has it.
        default: whether the file marks it as one to show.
        forced: whether it has only what is said in a foreign language.
        within: the codec of the picture in which it is hidden; empty if it is a track.
    """

    index: int
    container: str
    language: str = ""
    title: str = ""
    default: bool = False
    forced: bool = False
    within: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a film that has a name; times in seconds from its beginning."""

    start: float
    end: float
    title: str


def texts_of(streams: Iterable[Fields], format_name: str) -> tuple[TextStream, ...]:
    """Return the text tracks of a source that can be taken out, as ffprobe tells its streams."""
    found: list[TextStream] = []
    for stream in streams:
        codec = text(stream.get("codec_name"))
        container = _CONTAINERS.get(codec)
        if text(stream.get("codec_type")) != "subtitle" or container is None:
            continue
        if codec == "webvtt" and not format_name.startswith(_WEBVTT_IN):
            continue
        disposition = mapping(stream.get("disposition"))
        tags = {str(name).upper(): value for name, value in mapping(stream.get("tags")).items()}
        found.append(
            TextStream(
                index=integer(stream.get("index")) or 0,
                container=container,
                language=tag_of(text(tags.get("LANGUAGE"))),
                title=plain(text(tags.get("TITLE")) or text(tags.get("NAME")), LONGEST_TITLE),
                default=integer(disposition.get("default")) == 1,
                forced=integer(disposition.get("forced")) == 1,
            )
        )
    return tuple(found[:MOST_TEXTS])


def hidden_in(index: int, codec: str, format_name: str) -> tuple[TextStream, ...]:
    """Return the captions that are hidden in a picture; none if nobody can take them out of it."""
    can = codec in CAPTIONED and format_name not in _WITHOUT_TIMES
    return (TextStream(index, "mp4", within=codec),) if can else ()


def chapters_of(entries: object, begin: float, duration: float | None) -> tuple[Chapter, ...]:
    """Return the chapters of a source, in order, if there are several with names.

    Args:
        entries: as ffprobe tells them.
        begin: the time in the source with which the film begins, in seconds.
        duration: of the film in seconds; None where that is not known.
    """
    found: dict[float, Chapter] = {}
    for entry in map(mapping, sequence(entries)):
        start, end = number(entry.get("start_time")), number(entry.get("end_time"))
        tags = {str(name).upper(): value for name, value in mapping(entry.get("tags")).items()}
        title = plain(text(tags.get("TITLE")), LONGEST_TITLE)
        if start is None or end is None or not title:
            continue
        start, end = max(start - begin, 0.0), end - begin
        if end > start and (duration is None or start < duration):
            found.setdefault(start, Chapter(start, end, title))
    inner = sorted(found.values(), key=lambda each: each.start)[:MOST_CHAPTERS]
    return tuple(_one_after_another(inner)) if len(inner) > 1 else ()


def _one_after_another(chapters: Sequence[Chapter]) -> Iterable[Chapter]:
    """Yield chapters that end where the next one begins, if they would go on into it."""
    for this, following in zip(chapters, [*chapters[1:], None], strict=True):
        end = this.end if following is None else min(this.end, following.start)
        yield Chapter(this.start, end, this.title)
