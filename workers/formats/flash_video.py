"""Flash video (FLV): can it go through a pipe? Pure."""

from workers.formats.known import Known, Span, tidied
from workers.formats.shape import Pipe, Shape

_SIGNATURE = b"FLV\x01"


def arrange(known: Known, shape: Shape) -> Pipe | None:
    """Have it read as it is; None if it is something else. Raises as `mp4.arrange`.

    ffprobe looks at the last tag for the length.
    """
    if known.size <= len(_SIGNATURE) or known.need(0, len(_SIGNATURE)) != _SIGNATURE:
        return None
    head = Span(0, min(shape.head, known.size))
    tail = Span(max(known.size - shape.tail, head.end), known.size)
    known.need_all(head, tail)
    return Pipe("FLV", (Span(0, known.size),), tidied([head, tail]))
