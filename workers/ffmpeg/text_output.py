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

# Of the units of a picture those that can hold captions, as the filter knows them.
_UNITS = {"h264": "6", "hevc": "39-40", "mpeg2video": "178"}
_TAGS = {"h264": "avc1", "hevc": "hvc1", "mpeg2video": "mp4v"}  # that of the source may be none
# No edit list, and times as they are, also where the first picture that is copied comes late.
_FRAGMENTS = (
    "movflags=+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets+frag_discont"
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
        form = each.container if not each.within else _only_captions(each)
        safe = rf"[f={form}:onfail=ignore]{out_dir}/{file_of(number)}|[f=null]-"
        options += [
            "-map", f"0:{each.index}",
            "-map_metadata", "-1",
            "-map_chapters", "-1",
            "-c", "copy",
            *(("-tag:v", _TAGS[each.within]) if each.within else ()),
            *ending,
            "-f", "tee", safe,
        ]  # fmt: skip
    return options


def _only_captions(text: TextStream) -> str:
    # A filter of the output itself would end FFmpeg where it cannot read a source.
    units = rf"bsfs/v=\'filter_units=pass_types={_UNITS[text.within]}\'"
    return f"{text.container}:{units}:{_FRAGMENTS}"


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
