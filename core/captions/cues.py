"""What captions consist of, and how much of it there may be. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

# A film of 4 h with much talk has some 5,000 cues, in 300 kB.
MOST_BYTES = 1024 * 1024
MOST_CUES = 20_000
MOST_CHARS = 2_000  # of one cue
MOST_TOLD = 10  # faults
LONGEST_MS = 100 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Cue:
    """A text that is shown for a while.

    Attributes:
        start: when it is shown first, in milliseconds.
        end: when it is shown no more; after `start`.
        text: clean cue text of WebVTT (`markup.py`), without an empty line.
        settings: where it stands, as WebVTT writes that; perhaps nothing.
    """

    start: int
    end: int
    text: str
    settings: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that cannot be read: a code for programs, and a sentence with its line."""

    code: str
    message: str


class UnreadableError(Exception):
    """Captions that cannot be read; `faults` are the first of them, at least one."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].message)
        self.faults = tuple(faults[:MOST_TOLD])


def written(cues: Sequence[Cue]) -> str:
    """Return cues as a WebVTT file."""
    blocks = ["WEBVTT"]
    for cue in cues:
        settings = f" {cue.settings}" if cue.settings else ""
        blocks.append(f"{clock(cue.start)} --> {clock(cue.end)}{settings}\n{cue.text}")
    return "\n\n".join(blocks) + "\n"


def clock(milliseconds: int) -> str:
    """Return a time as WebVTT writes it."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
