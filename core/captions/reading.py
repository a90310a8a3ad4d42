"""Reads captions that people wrote: WebVTT (W3C) and SRT. Pure.

Where the two differ is small: SRT has a comma in its times and no first line. So one reader reads
both, and says for each fault in which line it is.
"""

import re
from contextlib import suppress

from core.captions.cues import (
    LONGEST_MS,
    MOST_BYTES,
    MOST_CHARS,
    MOST_CUES,
    MOST_TOLD,
    Cue,
    Fault,
    UnreadableError,
)
from core.captions.markup import clean

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s+(.*))?\s*")
_HEADER = re.compile(r"WEBVTT(?:[ \t].*)?")
_BESIDE = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s.*)?")
_NEVER_SHOWN = "bad_order"
_NUMBER = re.compile(r"\s*\d+\s*")
_PERCENT = r"\d{1,3}(?:\.\d{1,3})?%"
_SETTING = re.compile(
    r"align:(?:start|center|end|left|right)"
    rf"|line:(?:-?\d{{1,3}}|{_PERCENT})(?:,(?:start|center|end))?"
    rf"|position:{_PERCENT}(?:,(?:line-left|center|line-right))?"
    rf"|size:{_PERCENT}|vertical:(?:rl|lr)"
)


def read(text: str) -> list[Cue]:
    """Return the cues of a WebVTT or SRT file, in the order of their times.

    Raises:
        UnreadableError: it is neither, something in it cannot be read, or it is too much.
    """
    if len(text.encode()) > MOST_BYTES:
        raise _single("too_large", f"Captions can have at most {MOST_BYTES >> 20} MiB.")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    is_vtt = _HEADER.fullmatch(lines[0]) is not None
    if not (is_vtt or any(map(_TIMING.fullmatch, lines))):
        raise _single("not_captions", "Line 1: this is neither a WebVTT nor an SRT file.")
    reader = _Reader(lines, is_vtt=is_vtt)
    # What stands beside and below the first line is about the file.
    reader.read(_end_of_block(lines, 0) if is_vtt else 0)
    if reader.faults:
        raise UnreadableError(reader.faults)
    if not reader.cues:
        raise _single("no_cues", "Line 1: there are no captions in this file.")
    return sorted(reader.cues, key=lambda cue: (cue.start, cue.end))


def salvaged(text: str) -> tuple[list[Cue], bool]:
    """Return the cues of a WebVTT file that can be read, and whether these are all.

    They are in the order of their times. One that ends before it begins is never shown, so nobody
    misses it.

    Raises:
        UnreadableError: there are none.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    reader = _Reader(lines, is_vtt=True, most_faults=len(lines))
    is_all = False
    with suppress(UnreadableError):  # more than there may be: the first ones are kept
        reader.read(_end_of_block(lines, 0))
        is_all = all(fault.code == _NEVER_SHOWN for fault in reader.faults)
    if not reader.cues:
        raise _single("no_cues", "Line 1: there are no captions in this file.")
    return sorted(reader.cues, key=lambda cue: (cue.start, cue.end)), is_all


def _single(code: str, message: str) -> UnreadableError:
    return UnreadableError([Fault(code, message)])


def _end_of_block(lines: list[str], first: int) -> int:
    """Return the place of the next empty line."""
    places = range(first, len(lines))
    return next((place for place in places if not lines[place].strip()), len(lines))


class _Reader:
    """Goes through the lines of a file, block by block."""

    def __init__(self, lines: list[str], *, is_vtt: bool, most_faults: int = MOST_TOLD) -> None:
        self._most_faults = most_faults
        self._lines = lines
        self._is_vtt = is_vtt
        self.cues: list[Cue] = []
        self.faults: list[Fault] = []

    def read(self, place: int) -> None:
        while place < len(self._lines) and len(self.faults) < self._most_faults:
            if not self._lines[place].strip():
                place += 1
                continue
            end = _end_of_block(self._lines, place)
            self._block(place, end)
            place = end

    def _block(self, first: int, end: int) -> None:
        lines = self._lines
        if self._is_vtt and _BESIDE.fullmatch(lines[first]) and "-->" not in lines[first]:
            return
        # Before the times there may be one line: a number, of WebVTT any name.
        at = first
        if "-->" not in lines[first] and (self._is_vtt or _NUMBER.fullmatch(lines[first])):
            at = first + 1
        if at == end and not self._is_vtt:
            return  # a number without a text, as some programs end a file
        timing = _TIMING.fullmatch(lines[at]) if at < end else None
        if timing is None:
            line = min(at, end - 1)
            self._fault(
                line, "bad_time", "a time is expected here, such as 00:01:02.500 --> 00:01:04.000."
            )
            return
        start, stop = _milliseconds(*timing.groups()[:4]), _milliseconds(*timing.groups()[4:8])
        if start is None or stop is None:
            self._fault(at, "bad_time", "minutes and seconds go from 0 to 59, hours to 99.")
            return
        if stop <= start:
            self._fault(at, _NEVER_SHOWN, "the text ends before it begins.")
            return
        self._cue(at, end, start, stop, timing[9] or "")

    def _cue(self, at: int, end: int, start: int, stop: int, settings: str) -> None:
        body = self._lines[at + 1 : end]
        if any("-->" in line for line in body):
            number = next(place for place, line in enumerate(body) if "-->" in line)
            self._fault(
                at + 1 + number, "no_empty_line", "an empty line is missing before the next time."
            )
            return
        if sum(map(len, body)) > MOST_CHARS:
            self._fault(at + 1, "cue_too_long", f"a text has at most {MOST_CHARS} characters.")
            return
        if len(self.cues) >= MOST_CUES:
            message = f"Line {at + 1}: there are more than {MOST_CUES} texts."
            raise _single("too_many_cues", message)
        if text := clean(body):
            kept = [each for each in settings.split() if _SETTING.fullmatch(each)]
            self.cues.append(Cue(start, stop, text, " ".join(dict.fromkeys(kept))))

    def _fault(self, place: int, code: str, message: str) -> None:
        self.faults.append(Fault(code, f"Line {place + 1}: {message}"))


def _milliseconds(hours: str | None, minutes: str, seconds: str, part: str) -> int | None:
    """Return a time in milliseconds; None if there is no such time."""
    if int(minutes) > 59 or int(seconds) > 59:
        return None
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    found = whole * 1000 + int(part.ljust(3, "0"))
    return found if found < LONGEST_MS else None
