"""The formats, protocols and codecs of FFmpeg that a source may use, and its limits."""

from workers.media.codecs import DECODERS
from workers.media.info import STILL_FORMATS
from workers.media.limits import FORMATS, MAX_BESIDE, Limits

_ANY_TIME = str(24 * 3600 * 1_000_000)  # microseconds
MAX_ALLOC_BYTES = 268_435_456
# FFmpeg's own decoders of these leave the alpha channel out.
ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}

PIPE = "pipe:0"  # an input of that name is read from the standard input


def input_options(limits: Limits, source: str = "", *, spare: int = 0) -> list[str]:
    """Return the options that go before the input of ffmpeg and ffprobe alike.

    `spare` is how many streams more than the limit are let in.
    """
    formats = FORMATS | STILL_FORMATS if limits.stills else FORMATS
    far = ["-probesize", str(int(limits.reach)), "-analyzeduration", _ANY_TIME]
    return [
        # Only files, or the pipe alone: a playlist or data reference cannot make a connection.
        "-protocol_whitelist", "pipe" if source == PIPE else "file",
        # A playlist, script or still named .mp4 is refused whatever its content looks like.
        "-format_whitelist", ",".join(sorted(formats)),
        "-codec_whitelist", ",".join(sorted(DECODERS)),
        "-max_streams", str(limits.max_streams + MAX_BESIDE + spare),
        "-max_pixels", str(limits.decoded_pixels),
        *(far if limits.reach else []),
    ]  # fmt: skip
