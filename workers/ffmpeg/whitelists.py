"""The formats, protocols and codecs of FFmpeg that a source may use, and its limits."""

from workers.media.limits import AUDIO_CODECS, FORMATS, VIDEO_CODECS

# FFmpeg matches decoders by their own names, which differ from the codec's for these.
_DECODERS_BESIDE = frozenset(
    {"mp3float", "mp2float", "libdav1d", "libopus", "libvorbis", "amrnb", "amrwb", "msmpeg4"}
)
# Subtitles are not decoded, but ffprobe opens a decoder for every stream it lists.
_SUBTITLE_DECODERS = frozenset(
    {"subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text", "pgssub", "dvbsub", "dvdsub"}
)
DECODERS = VIDEO_CODECS | AUDIO_CODECS | _DECODERS_BESIDE | _SUBTITLE_DECODERS

MAX_ALLOC_BYTES = 268_435_456


PIPE = "pipe:0"  # an input of that name is read from the standard input


def input_options(max_streams: int, max_pixels: int, source: str = "") -> list[str]:
    """Return the options that go before the input of ffmpeg and ffprobe alike."""
    return [
        # Only files, or the pipe alone: a playlist or data reference cannot make a connection.
        "-protocol_whitelist", "pipe" if source == PIPE else "file",
        # A playlist, script or still named .mp4 is refused whatever its content looks like.
        "-format_whitelist", ",".join(sorted(FORMATS)),
        "-codec_whitelist", ",".join(sorted(DECODERS)),
        "-max_streams", str(max_streams),
        "-max_pixels", str(max_pixels),
    ]  # fmt: skip
