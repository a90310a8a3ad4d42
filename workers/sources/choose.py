"""Decides from head and tail whether a source can go to FFmpeg through a pipe. Pure.

A program cannot seek in a pipe. So a pipe works only if the bytes are in the order in which they
are decoded. This module does not say that a source is good. In doubt the source is fetched whole.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from workers.sources import flash_video, matroska, mp4, transport_stream
from workers.sources.known import Doubt, Known, Lacking, Span
from workers.sources.shape import DEFAULT_SHAPE, Pipe, Shape


@dataclass(frozen=True, slots=True)
class Wanted:
    """More of the source is needed before it can be said.

    Attributes:
        spans: what.
    """

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class WholeFile:
    """The source must be fetched whole.

    Attributes:
        reason: why, for the log.
    """

    reason: str


NO_SENSE = "its structure is invalid"
Choice = Wanted | Pipe | WholeFile

_FORMATS: tuple[tuple[Callable[[Known], bool], Callable[[Known, Shape], Pipe]], ...] = (
    (mp4.recognised, mp4.arrange),
    (matroska.recognised, matroska.arrange),
    (transport_stream.recognised, transport_stream.arrange),
    (flash_video.recognised, flash_video.arrange),
)


def choose(known: Known, shape: Shape = DEFAULT_SHAPE) -> Choice:
    """Decide from what is known of a source.

    Args:
        known: of the source; nothing at first.
        shape: how much may be looked at.
    """
    head = Span(0, min(shape.head, known.size))
    tail = Span(max(known.size - shape.tail, 0), known.size)
    try:
        known.need_all(head, tail)
        for recognised, arrange in _FORMATS:
            if recognised(known):
                return arrange(known, shape)
    except Lacking as lacking:
        return Wanted(lacking.spans)
    except Doubt as doubt:
        return WholeFile(str(doubt))
    except (ArithmeticError, LookupError, ValueError, struct.error):
        # What nobody has thought of must not keep a video from being looked at by FFmpeg.
        return WholeFile(NO_SENSE)
    return WholeFile("FFmpeg may have to seek in it")
