"""How a source goes through a pipe, and how much of it is read to decide that. Values."""

from dataclasses import dataclass

from workers.formats.known import Piece

_MIB = 1024**2


@dataclass(frozen=True, slots=True)
class Shape:
    """How much is looked at, in bytes.

    Attributes:
        smallest: a source below this is fetched whole; that takes no longer than looking.
        head: what is always looked at of the beginning.
        tail: and of the end.
        sample: pictures and sound that ffprobe is shown. By itself it looks at 5,000,000 bytes
            (its option `probesize`), so it answers as if it had everything.
        largest_sample: more than this is not put together for it; it is in memory for a moment.
        long_tail: of the end of a transport stream. ffprobe looks there for the last time stamps,
            at 250,000 bytes first, and at up to 64 times as many.
        largest_index: an index is held in memory while it is read.
    """

    smallest: int = 16 * _MIB
    head: int = 8 * _MIB
    tail: int = 2 * _MIB
    sample: int = 6 * _MIB
    largest_sample: int = 24 * _MIB
    long_tail: int = 16 * _MIB
    largest_index: int = 24 * _MIB


DEFAULT_SHAPE = Shape()


@dataclass(frozen=True, slots=True)
class Pipe:
    """The source can be read from beginning to end.

    Attributes:
        kind: what it is, for the log.
        stream: what FFmpeg reads, in order; together as long as the source.
        sample: what ffprobe is shown in its place: whole and true as far as it goes, without holes.
    """

    kind: str
    stream: tuple[Piece, ...]
    sample: tuple[Piece, ...]

    @property
    def rearranged(self) -> bool:
        """Whether it is read in another order than it is stored in."""
        return len(self.stream) > 1
