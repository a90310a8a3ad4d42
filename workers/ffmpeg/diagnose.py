"""Whose fault a failed FFmpeg or ffprobe is: read from its status and last words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workers.media.limits import Fault

# Failure codes of the API that are ours to answer for.
RESOURCE_LIMIT = "resource_limit"
STORAGE_ERROR = "storage_error"
PROCESSING_TIMEOUT = "processing_timeout"
PROCESSING_GAVE_UP = "processing_gave_up"


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, in the API's words.

    Attributes:
        code: failure code.
        message: one sentence for a person.
        input_fault: whether the source is proven to be the cause; then trying again is useless.
    """

    code: str
    message: str
    input_fault: bool


@dataclass(frozen=True, slots=True)
class _Sign:
    pattern: re.Pattern[str]
    code: str
    message: str
    input_fault: bool = True


def _sign(pattern: str, code: str, message: str, *, input_fault: bool = True) -> _Sign:
    return _Sign(re.compile(pattern), code, message, input_fault)


# The machine's own troubles make every later complaint about the input void.
_OURS = (
    _sign(
        r"No space left on device|Disk quota exceeded|File too large",
        STORAGE_ERROR,
        "The worker ran out of disk space.",
        input_fault=False,
    ),
    _sign(
        r"Input/output error|Read-only file system|Too many open files",
        STORAGE_ERROR,
        "The worker's disk failed.",
        input_fault=False,
    ),
)
# Limits of our own setting, passed by the file. FFmpeg goes on to say "Out of memory" or "Cannot
# allocate memory" of them, so they are looked for before the machine's troubles.
_LIMITS = (
    _sign(
        r"(?:streams|tracks) exceeds max_streams",
        Fault.TOO_MANY_STREAMS,
        "The file has too many streams.",
    ),
    _sign(
        r"exceeds specified max pixel count",
        Fault.RESOLUTION_TOO_LARGE,
        "The picture is too large.",
    ),
)
_REFUSED = (
    _sign(
        r"Format not on whitelist",
        Fault.UNSUPPORTED_FORMAT,
        "The file is not a video format we can read.",
    ),
    _sign(
        r"Protocol '[^']*' not on whitelist",
        Fault.UNSUPPORTED_FORMAT,
        "The file refers to something outside itself.",
    ),
    _sign(
        r"Codec \([^)]*\) not on whitelist|Unsupported codec|Decoder [^\n]*not found"
        r"|[Nn]o decoder found for|Decoding requested, but no decoder",
        Fault.UNSUPPORTED_CODEC,
        "The file uses a codec that we cannot read.",
    ),
    _sign(
        r"sub-sample encryption|[Ee]ncrypted|decryption key|aes_ctr|saiz|senc",
        Fault.ENCRYPTED_MEDIA,
        "The video is encrypted; upload a copy without protection.",
    ),
)
_CUT = _sign(
    r"partial file|File ended prematurely|Truncat(?:ed|ing) packet|truncated",
    Fault.TRUNCATED_MEDIA,
    "The file ends too early; its upload or recording was cut off.",
)
_DAMAGED = _sign(
    r"moov atom not found|error reading header|[Ee]rror while decoding|Error submitting packet"
    r"|invalid atom|Invalid NAL|corrupt|concealing \d+|error decoding|decode_slice_header error"
    r"|missing mandatory|EBML header parsing failed|Invalid data found when processing input",
    Fault.CORRUPT_MEDIA,
    "The file is damaged and cannot be read.",
)
_INVALID = "Invalid data found when processing input"
_GAVE_UP = Failure(PROCESSING_GAVE_UP, "The video could not be processed.", input_fault=False)


def diagnose(status: int, stderr_tail: str) -> Failure:
    """Judge a failed encode; only a proven fault of the input blames the user.

    Args:
        status: exit status; negative is the signal that killed the process.
        stderr_tail: its last words.
    """
    certain = _certain(status, stderr_tail)
    if certain is not None:
        return certain
    return _first((*_REFUSED, _CUT, _DAMAGED), stderr_tail) or _GAVE_UP


def diagnose_probe(status: int, stderr_tail: str) -> Failure:
    """Judge an ffprobe that could not read the file.

    A file that no demuxer recognises is no video; one that was recognised is damaged.
    """
    certain = _certain(status, stderr_tail)
    if certain is not None:
        return certain
    refused = _first(_REFUSED, stderr_tail)
    if refused is not None:
        return refused
    # A demuxer that recognised the file speaks under its own name: "[mov,mp4 @ 0x55d0] ...".
    recognised = re.search(r"^\[(?!in#)[\w,]+ @ 0x[0-9a-f]+\]", stderr_tail, re.MULTILINE)
    if _INVALID in stderr_tail and not recognised:
        return Failure(
            Fault.UNSUPPORTED_FORMAT,
            "The file is not a video format we can read.",
            input_fault=True,
        )
    return _first((_DAMAGED, _CUT), stderr_tail) or _GAVE_UP


def is_damaged(stderr_tail: str) -> bool:
    """Whether FFmpeg complained of broken data and not only of an early end of the file."""
    if _CUT.pattern.search(stderr_tail):
        return False
    return bool(_DAMAGED.pattern.search(stderr_tail))


def _certain(status: int, stderr_tail: str) -> Failure | None:
    """What is beyond doubt: a limit of ours passed, or the machine in trouble."""
    # A process that was killed or never started has not judged the file.
    judged = status > 0 and status not in (126, 127, 137)
    passed = _first(_LIMITS, stderr_tail) if judged else None
    if passed is not None:
        return passed
    # 126 and 127: not started (too little memory for its libraries, or no such program).
    if status == -9 or status in (126, 127, 137) or "Cannot allocate memory" in stderr_tail:
        return Failure(
            RESOURCE_LIMIT, "The worker ran out of memory or could not start FFmpeg.", False
        )
    return _first(_OURS, stderr_tail)


def _first(signs: Sequence[_Sign], text: str) -> Failure | None:
    for sign in signs:
        if sign.pattern.search(text):
            return Failure(str(sign.code), sign.message, sign.input_fault)
    return None
