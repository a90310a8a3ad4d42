"""Options of FFmpeg that take text tracks out of a source, and make WebVTT of them.

Two steps. While the film is encoded, packets of text are written into small files as they are: no
decoder of text runs there, and a track that cannot be written does no harm to the film. Of captions
that are hidden in pictures these are the parts of the pictures that can have some. Then a process
for each file decodes it.
"""

from collections.abc import Sequence

from workers.ffmpeg.whitelists import MAX_ALLOC_BYTES, input_options
from workers.media.limits import Limits
from workers.media.texts import TextStream

# Of the units of a picture those that can hold captions, as the filter knows them; and the tag of
# the codec in an MP4, as that of the source may be none.
_UNITS = {"h264": ("6", "avc1"), "hevc": ("39|40", "hvc1"), "mpeg2video": ("178", "mp4v")}
# As segments of the film: no edit list, no times that FFmpeg would move.
_FRAGMENTS = (
    "movflags=+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets"
    ":use_editlist=0:frag_duration=5000000"
)


def file_of(number: int) -> str:
    """Return the name of the file of a text, in the directory of the outputs."""
    return f"text-{number}.bin"  # its content alone tells what it is


def text_outputs(texts: Sequence[TextStream], out_dir: str, ending: Sequence[str]) -> list[str]:
    """Return an output for each text; `ending` is what ends each output of the film."""
    options: list[str] = []
    for number, each in enumerate(texts):
        # A tee fails with the last of its outputs. One that throws all away never does.
        form = f"{each.container}:{_FRAGMENTS}" if each.within else each.container
        safe = rf"[f={form}:onfail=ignore]{out_dir}/{file_of(number)}|[f=null]-"
        options += [
            "-map", f"0:{each.index}",
            "-map_metadata", "-1",
            "-map_chapters", "-1",
            "-c", "copy",
            *(_only_captions(each.within) if each.within else ()),
            *ending,
            "-f", "tee", safe,
        ]  # fmt: skip
    return options


def _only_captions(codec: str) -> list[str]:
    types, tag = _UNITS[codec]
    return ["-tag:v", tag, "-bsf:v", f"filter_units=pass_types={types}"]


def text_command(ffmpeg: str, path: str, limits: Limits, *, scenarist: bool = False) -> list[str]:
    """Write the argument list that writes a file of text to the standard output, as WebVTT.

    With `scenarist` it is one of ours, with captions.
    """
    ours = ["-f", "scc", "-protocol_whitelist", "file"]
    return [
        ffmpeg,
        "-hide_banner",
        "-nostdin",
        "-v", "error",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *(ours if scenarist else input_options(limits)),
        # Its times are those of the film; by itself the first would become 0.
        "-copyts",
        "-i", path,
        "-map", "0:s:0",
        "-c:s", "webvtt",
        "-f", "webvtt",
        "pipe:1",
    ]  # fmt: skip
