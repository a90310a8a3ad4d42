"""Finds out why FFmpeg or ffprobe failed.

What may succeed when it is tried again is not proved to be the fault of the source.
"""

import re
from collections.abc import Callable, Sequence

from core.errors import Failure
from core.model.failure_codes import FailureCode
from workers.media.refusals import unsupported_codec, unsupported_format

_Sign = tuple[re.Pattern[str], Failure]


def _sign(pattern: str, code: FailureCode, message: str, *, retryable: bool = False) -> _Sign:
    return re.compile(pattern), Failure(code, message, retryable)


# Others have filled it: such an attempt does not count.
DISK_FULL = Failure(
    FailureCode.STORAGE_ERROR, "The worker ran out of disk space. Try again later.", retryable=True
)
# After a fault of the machine, later errors about the input mean nothing.
_OURS = (
    (re.compile(r"No space left on device|Disk quota exceeded"), DISK_FULL),
    # The limit on what one output may take, which no planned output reaches.
    _sign(
        r"File too large",
        FailureCode.STORAGE_ERROR,
        "The encoded video is too large. Try again, or upload a smaller one.",
        retryable=True,
    ),
    _sign(
        r"Input/output error|Read-only file system|Too many open files",
        FailureCode.STORAGE_ERROR,
        "The worker's disk failed. Try again later.",
        retryable=True,
    ),
)
# Limits of our own setting, passed by the file. FFmpeg goes on to say "Out of memory" or "Cannot
# allocate memory" of them, so they are looked for before the machine's troubles.
_TOO_LARGE = _sign(
    r"exceeds specified max pixel count",
    FailureCode.RESOLUTION_TOO_LARGE,
    "The picture is too large.",
)
_LIMITS = (
    _sign(
        r"(?:streams|tracks) exceeds max_streams",
        FailureCode.TOO_MANY_STREAMS,
        "The file has too many streams.",
    ),
    _TOO_LARGE,
)
# The names are FFmpeg's own: they are safe to show.
_FORMAT = re.compile(r"(?:\[([\w,]+) @ 0x[0-9a-f]+\] )?Format not on whitelist")
_CODEC = re.compile(
    r"Codec \((?:([\w-]+)|[^)]*)\) not on whitelist|Unsupported codec|Decoder [^\n]*not found"
    r"|[Nn]o decoder found for(?::? ([\w-]+))?"
)
_REFUSED = (
    _sign(
        r"Protocol '[^']*' not on whitelist",
        FailureCode.UNSUPPORTED_FORMAT,
        "The file is only a list of other files. Upload the film itself.",
    ),
    _sign(
        r"sub-sample encryption|[Ee]ncrypted|decryption key|aes_ctr|\bsaiz\b|\bsenc\b",
        FailureCode.ENCRYPTED_MEDIA,
        "The video is encrypted. Upload a version without protection.",
    ),
)
_CUT = _sign(
    r"partial file|File ended prematurely|Truncat(?:ed|ing) packet|truncated"
    r"|input[^\n]*: End of file|filesize and duration do not match",
    FailureCode.TRUNCATED_MEDIA,
    "The file is incomplete: its end is missing.",
)
_NO_INDEX = _sign(
    r"moov atom not found",
    FailureCode.CORRUPT_MEDIA,
    "The file has no index: its end may be missing. Copy the original once more.",
)
_DAMAGED = _sign(
    r"moov atom not found|error reading header|[Ee]rror while decoding|Error submitting packet"
    r"|invalid atom|Invalid NAL|corrupt|concealing \d+|error decoding|decode_slice_header error"
    r"|missing mandatory|CRC mismatch|EBML header parsing failed|first byte of an EBML number"
    r"|by an EBML number|exceeds containing master element|bad header|Packet mismatch|bad vlc"
    r"|error count: \d|LZW decode failed|Invalid data found when processing input",
    FailureCode.CORRUPT_MEDIA,
    "The file is damaged and cannot be read.",
)
# What decoders call an error in files that are whole: notes of cameras, reference pictures that are
# not used, the padding behind a picture. And what muxers call one of our own times, and an encoder
# its own troubles.
_HARMLESS = re.compile(
    r"APP fields|exceeds max (?!length)|overread 8|Application provided invalid"
    r"|Invalid return value|^Svt\["
)
_REFUSED_PACKET = re.compile(r"Error submitting packet|Error while decoding stream")
_BROKEN = re.compile(
    r"error|damaged|corrupt|invalid|illegal|overflow|overread|out.of.range|mismatch|bad vlc"
    r"|header missing|incomplete|not at top-level|exhausted|not allocated|sync lost"
    r"|EBML number",
    re.IGNORECASE,
)
# Filters that we chose and that do not fit the picture; what follows of it means nothing.
_OWN_GRAPH = re.compile(
    r"Error (?:re|while )initiali[sz]ing (?:complex )?filter|Impossible to convert between"
    r"|Error while filtering: (?:Operation not|Generic error|Function not|Invalid argument)"
)
_EMPTY = _sign(r"received no packets", FailureCode.CORRUPT_MEDIA, "The file has an empty track.")
# Where a file was cut off, its last packets are broken too; more complaints than this, and it is
# the damage that made a packet look as if it ended after the file.
_MOST_AT_A_CUT = 12
# A size in the file that passes -max_alloc is refused with these words, whatever memory is free.
_BEYOND_MEMORY = re.compile(r"Error during demuxing: Cannot allocate memory")
# A demuxer that recognised the file speaks under its own name: "[mov,mp4 @ 0x55d0] ...". Some take
# a file for theirs by a few bits that any file may have.
_RECOGNISED = re.compile(
    r"^\[(?!in#|(?:mp3|aac|ac3|eac3|dts|mpegvideo) )[\w,]+ @ 0x[0-9a-f]+\]", re.MULTILINE
)
# ffprobe's end at a header that a demuxer or a decoder can make nothing of, whose words are many. A
# demuxer may end with any number for an error; these are what some broken headers come to.
_NO_START = re.compile(
    r"^\[\w+ @ 0x[0-9a-f]+\] |input: (?:Operation not permitted|Not yet implemented|No error info"
    r"|Unknown error|Error number|Numerical result out of range|Result too large)",
    re.MULTILINE,
)
_INVALID = "Invalid data found when processing input"
_GAVE_UP = Failure(
    FailureCode.PROCESSING_GAVE_UP,
    "The video could not be processed. Try again, or upload it in another format.",
    retryable=True,
)


def diagnose(status: int, stderr_tail: str) -> Failure:
    """Classify a failed encode by its exit status (or signal, negative) and its last words."""
    certain = _certain(status, stderr_tail)
    if certain is not None:
        return certain
    if _OWN_GRAPH.search(stderr_tail):
        return _refused(stderr_tail) or _GAVE_UP
    worse = (_DAMAGED, _CUT) if is_damaged(stderr_tail) else (_CUT, _DAMAGED)
    return _refused(stderr_tail) or _first((_NO_INDEX, *worse, _EMPTY), stderr_tail) or _GAVE_UP


def diagnose_probe(status: int, stderr_tail: str) -> Failure:
    """Judge an ffprobe that could not read the file.

    A file that no demuxer recognises is no video; one that was recognised is damaged.
    """
    found = _certain(status, stderr_tail) or _refused(stderr_tail)
    if found is not None:
        return found
    if _INVALID in stderr_tail and not _RECOGNISED.search(stderr_tail):
        return unsupported_format(None)
    found = _first((_NO_INDEX, _DAMAGED, _CUT), stderr_tail)
    if found is None and status > 0 and _NO_START.search(stderr_tail):
        return _DAMAGED[1]
    return found or _GAVE_UP


def diagnose_size(stderr_tail: str) -> Failure | None:
    """Say whether a picture was refused for its size, which does not always end ffprobe."""
    return _first((_TOO_LARGE,), stderr_tail)


def is_damaged(stderr_tail: str) -> bool:
    """Whether FFmpeg complained of broken data and not only of an early end of the file."""
    complaints = sum(map(_says_damaged, stderr_tail.splitlines()))
    return complaints > (_MOST_AT_A_CUT if _CUT[0].search(stderr_tail) else 0)


def _says_damaged(line: str) -> bool:
    return _DAMAGED[0].search(line) is not None and not _HARMLESS.search(line)


def refuses_packets(stderr_tail: str) -> bool:
    """Whether a decoder made nothing of some packets."""
    return _REFUSED_PACKET.search(stderr_tail) is not None


def refuses_packets_of(stderr_tail: str, stream: int) -> bool:
    """Whether the decoder of one stream, by its number, made nothing of some packets."""
    # Before FFmpeg 6 the number is in the error itself.
    named = rf"#0:{stream}(?:/[^\n]*Error submitting packet|[: ])"
    lines = (line for line in stderr_tail.splitlines() if refuses_packets(line))
    return any(re.search(named, line) for line in lines)


def breaks(words: str) -> bool:
    """Whether a decoder says of a frame, in its errors alone, that its data are broken."""
    return _BROKEN.search(words) is not None and not _HARMLESS.search(words)


def doubts(stderr_tail: str) -> bool:
    """Whether FFmpeg said anything that it may say of broken data, and of good ones, too."""
    certain = complaint(stderr_tail) is not None
    return certain or any(map(breaks, stderr_tail.splitlines()))


def complaint(stderr_tail: str) -> FailureCode | None:
    """Return what FFmpeg has said against a file that it went through: damaged, or cut off."""
    if is_damaged(stderr_tail):
        return FailureCode.CORRUPT_MEDIA
    return FailureCode.TRUNCATED_MEDIA if _CUT[0].search(stderr_tail) else None


# Of pictures that are not like the first. From FFmpeg 7 on it says how: it may be the colour alone.
_CHANGES = "Changing video frame properties on the fly"
_SIZES = re.compile(r"context - w: (\d+) h: (\d+) [^\n]* frame - w: (\d+) h: (\d+) ")


def changes_size(stderr_tail: str) -> bool:
    """Whether FFmpeg met pictures of another size."""
    sizes = _SIZES.findall(stderr_tail)
    if not sizes:
        return _CHANGES in stderr_tail
    return any(each[:2] != each[2:] for each in sizes)


def grows(stderr_tail: str) -> bool:
    """Whether FFmpeg met pictures that are larger than the first."""
    sizes = ([int(side) for side in each] for each in _SIZES.findall(stderr_tail))
    return any(size[2] * size[3] > size[0] * size[1] for size in sizes)


_LATE = re.compile(r"New (video|audio) stream (?:with index )?[\d:]+ at pos:(-?\d+)")


def late_streams(stderr_tail: str) -> tuple[tuple[str, int], ...]:
    """Return the streams that appeared when the others were read already, and are left out.

    Each is "video" or "audio", and the byte of the file at which it begins; -1 if that is unknown.
    """
    return tuple((kind, int(at)) for kind, at in _LATE.findall(stderr_tail))


# Of samples that lie behind what has been read already; FFmpeg goes on without them, to status 0.
_LOST = re.compile(r"partial file|Error during demuxing|stream \d+, offset 0x")


_MORE = re.compile(
    r"Found duplicated MOOV|File extends beyond end of segment"
    r"|Found unknown-length element with ID 0x18538067|stream parameters in multistream ogg"
)


def sees_more(stderr_tail: str) -> bool:
    """Whether FFmpeg met something behind the end of what it read; it may be another film."""
    return _MORE.search(stderr_tail) is not None


_SECOND_INDEX = "Found duplicated MOOV"
_BACK = re.compile(r"DTS -?\d+ < -?\d+ out of order")


def begins_anew(stderr_tail: str) -> bool:
    """Whether a second index was met in fragments, and times before those that were read."""
    return _SECOND_INDEX in stderr_tail and _BACK.search(stderr_tail) is not None


def guesses_length(stderr_tail: str) -> bool:
    """Whether FFmpeg took the length of a file from its size."""
    return "Estimating duration from bitrate" in stderr_tail


# As `workers/ffmpeg/order.py` says it. Before FFmpeg 6 there is no name before it.
_OUT_OF_ORDER = re.compile(r"^(?:\[Eval @ 0x[0-9a-f]+\] )?(\d+)\.([05])0{5}$", re.MULTILINE)


def out_of_order(stderr_tail: str) -> frozenset[int]:
    """Return the numbers of streams of which something came too late for its time."""
    return frozenset(int(stream) for stream, _ in _OUT_OF_ORDER.findall(stderr_tail))


def passed_over(stderr_tail: str) -> frozenset[int]:
    """Return those of which so much came too late that it is missed: no output has it."""
    return frozenset(
        int(stream) for stream, half in _OUT_OF_ORDER.findall(stderr_tail) if half == "0"
    )


# Stand-ins for pictures that are missing wait for their encoder.
_STANDS = re.compile(r"\b1000 buffers queued")


def stands_long(words: str) -> bool:
    """Whether a picture stands for 1,000 places of the constant rate, or more."""
    return _STANDS.search(words) is not None


_TIMES = re.compile(r"[Nn]on-monoton|out of order|invalid duration|unset|pts has no value")


def harms_copy(stderr_tail: str) -> bool:
    """Whether FFmpeg said anything for which what it copied may not be what the source has."""
    checks = (doubts, has_lost_its_place, sees_more, lambda words: bool(late_streams(words)))
    return _TIMES.search(stderr_tail) is not None or any(check(stderr_tail) for check in checks)


def has_lost_its_place(stderr_tail: str) -> bool:
    """Whether FFmpeg may have missed something because it could not go back in a pipe."""
    return _LOST.search(stderr_tail) is not None


def signs_of(line: str) -> list[str]:
    """Return the names of what this module looks for and finds in one line."""
    return [name for name, found in _SIGNS.items() if found(line)]


# 125: its sandbox could not be set up (launch.py). 126 and 127: not started (too little memory for
# its libraries, or no such program). 137: a shell's word for killed.
_NOT_STARTED = (125, 126, 127, 137)


def _certain(status: int, stderr_tail: str) -> Failure | None:
    """What is beyond doubt: a limit of ours passed, or the machine in trouble."""
    # A process that was killed or never started has not judged the file.
    judged = status > 0 and status not in _NOT_STARTED
    passed = _first(_LIMITS, stderr_tail) if judged else None
    if passed is not None:
        return passed
    # A packet that no memory could hold, in a file with other broken places, is a broken place.
    if judged and _BEYOND_MEMORY.search(stderr_tail) and is_damaged(stderr_tail):
        return _DAMAGED[1]
    if status == -9 or status in _NOT_STARTED or "Cannot allocate memory" in stderr_tail:
        return Failure(
            FailureCode.RESOURCE_LIMIT,
            "The worker ran out of memory or could not start FFmpeg. Try again later.",
            retryable=True,
        )
    return _first(_OURS, stderr_tail)


def _refused(stderr_tail: str) -> Failure | None:
    if found := _FORMAT.search(stderr_tail):
        return unsupported_format(found[1])
    if found := _CODEC.search(stderr_tail):
        return unsupported_codec(found[1] or found[2])
    return _first(_REFUSED, stderr_tail)


def _first(signs: Sequence[_Sign], text: str) -> Failure | None:
    return next((failure for pattern, failure in signs if pattern.search(text)), None)


_SIGNS: dict[str, Callable[[str], bool]] = {
    "certain": lambda line: _certain(1, line) is not None,
    "refused": lambda line: _refused(line) is not None,
    "damaged": _says_damaged,
    "cut": lambda line: _first((_CUT,), line) is not None,
    "own graph": lambda line: _OWN_GRAPH.search(line) is not None,
    "empty": lambda line: _first((_EMPTY,), line) is not None,
    "refused packet": refuses_packets,
    "other size": changes_size,
    "larger": grows,
    "late stream": lambda line: bool(late_streams(line)),
    "doubtful": breaks,
    "more": sees_more,
    "back": lambda line: _BACK.search(line) is not None,
    "lost place": has_lost_its_place,
    "out of order": lambda line: bool(out_of_order(line)),
    "guessed length": guesses_length,
}
