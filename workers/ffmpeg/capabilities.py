"""Asks an FFmpeg binary once, at start, what it can do."""

from dataclasses import dataclass
from pathlib import Path

from workers.ffmpeg.encoders import ENCODERS
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, run
from workers.ffmpeg.whitelists import ALPHA_DECODERS
from workers.media.ladder import Codec, Ladder

_LIMITS = ProcessLimits(wall_seconds=10.0, stdout_bytes=1024**2)
_REQUIRED_ENCODERS = frozenset({"libx264", "aac", "mjpeg"})
_REQUIRED_FILTERS = frozenset(
    {
        "scale", "pad", "tpad", "fps", "split", "trim", "select", "bwdif", "premultiply",
        "setparams", "colorspace", "aresample", "aformat", "pan", "alimiter",
    }
)  # fmt: skip


class UnfitFFmpegError(Exception):
    """The binary lacks something without which no video can be made."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the binary can do.

    Attributes:
        converts_color: with the curves of screens, in linear light.
        sees_alpha: decodes the alpha channel of VP8 and VP9.
        codecs: of pictures, that it can encode.
    """

    converts_color: bool
    sees_alpha: bool = False
    codecs: frozenset[Codec] = frozenset({"h264"})


def parse_names(listing: str) -> frozenset[str]:
    """Names from `-encoders` or `-filters`: the word after each line's flags."""
    names = set()
    for line in listing.splitlines():
        words = line.split()
        # A legend explains each flag as "V..... = Video"; it names nothing.
        if len(words) >= 3 and words[1] != "=" and set(words[0]) <= set(".VASFXBDTC|NR"):
            names.add(words[1])
    return frozenset(names)


async def ask_capabilities(ffmpeg: str) -> Capabilities:
    """Ask the binary what it was built with.

    Raises:
        UnfitFFmpegError: it lacks an encoder or filter that every encode needs, or does not answer.
    """
    encoders = parse_names(await _listing(ffmpeg, "-encoders"))
    filters = parse_names(await _listing(ffmpeg, "-filters"))
    missing = sorted((_REQUIRED_ENCODERS - encoders) | (_REQUIRED_FILTERS - filters))
    if missing:
        raise UnfitFFmpegError(
            f"{ffmpeg} lacks {', '.join(missing)}; use a build of FFmpeg 5.1 or newer with libx264"
        )
    decoders = parse_names(await _listing(ffmpeg, "-decoders"))
    return Capabilities(
        converts_color={"zscale", "tonemap"} <= filters,
        sees_alpha=set(ALPHA_DECODERS.values()) <= decoders,
        codecs=frozenset(codec for codec, name in ENCODERS.items() if name in encoders),
    )


def require_encoders(ffmpeg: str, capabilities: Capabilities, ladder: Ladder) -> None:
    """See that a binary can encode every rung of a ladder.

    Raises:
        UnfitFFmpegError: it cannot.
    """
    missing = {rung.codec for rung in ladder.rungs} - capabilities.codecs
    for codec in sorted(missing):
        raise UnfitFFmpegError(
            f"the ladder has a rung with codec {codec}, and {ffmpeg} lacks {ENCODERS[codec]}; use "
            "a build of FFmpeg that has it, or another ladder"
        )


async def _listing(ffmpeg: str, option: str) -> str:
    try:
        answer = await run([ffmpeg, "-hide_banner", option], cwd=Path("/"), limits=_LIMITS)
    except FFmpegFailedError as error:
        raise UnfitFFmpegError(f"{ffmpeg} does not answer {option}: {error}") from error
    return answer.stdout.decode(errors="replace")
