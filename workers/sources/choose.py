"""Decides from head and tail whether a source can go to FFmpeg through a pipe. Pure.

A program cannot seek in a pipe. So a pipe works only if the bytes are in the order in which they
are decoded. This module does not say that a source is good. In doubt the source is fetched whole.
"""

import struct
from dataclasses import dataclass

from workers.formats import flash_video, matroska, mp4, transport_stream
from workers.formats.known import Doubt, Known, Span
from workers.formats.shape import DEFAULT_SHAPE, Pipe, Shape


@dataclass(frozen=True, slots=True)
class WholeFile:
    """The source must be fetched whole; `reason` says why, for the log."""

    reason: str


NO_SENSE = "its structure is invalid"
_FORMATS = (mp4.arrange, matroska.arrange, transport_stream.arrange, flash_video.arrange)


def choose(known: Known, shape: Shape = DEFAULT_SHAPE) -> Pipe | WholeFile:
    """Decide from what is known of a source: nothing at first.

    Raises:
        Lacking: more of it must be known.
    """
    head = Span(0, min(shape.head, known.size))
    tail = Span(max(known.size - shape.tail, 0), known.size)
    known.need_all(head, tail)
    try:
        for arrange in _FORMATS:
            if (found := arrange(known, shape)) is not None:
                return found
    except Doubt as doubt:
        return WholeFile(str(doubt))
    except (ArithmeticError, LookupError, ValueError, struct.error):
        # What nobody has thought of must not keep a video from being looked at by FFmpeg.
        return WholeFile(NO_SENSE)
    return WholeFile("FFmpeg may have to seek in it")
