"""Options of FFmpeg that take text tracks out of a source, and make WebVTT of them.

Two steps. While the film is encoded, packets of text are written into small files as they are: no
decoder of text runs there, and a track that cannot be written does no harm to the film. Then a
process for each file decodes it.
"""

from collections.abc import Sequence

from workers.ffmpeg.whitelists import MAX_ALLOC_BYTES, input_options
from workers.media.limits import Limits
from workers.media.texts import TextStream


def file_of(number: int) -> str:
    """Return the name of the file of a text, in the directory of the outputs."""
    return f"text-{number}.bin"  # its content alone tells what it is


def text_outputs(texts: Sequence[TextStream], out_dir: str, ending: Sequence[str]) -> list[str]:
    """Return an output for each text; `ending` is what ends each output of the film."""
    options: list[str] = []
    for number, each in enumerate(texts):
        # A tee fails with the last of its outputs. One that throws all away never does.
        safe = rf"[f={each.container}:onfail=ignore]{out_dir}/{file_of(number)}|[f=null]-"
        options += [
            "-map", f"0:{each.index}",
            "-map_metadata", "-1",
            "-map_chapters", "-1",
            "-c:s", "copy",
            *ending,
            "-f", "tee", safe,
        ]  # fmt: skip
    return options


def text_command(ffmpeg: str, path: str, limits: Limits) -> list[str]:
    """Write the argument list that writes a file of text to the standard output, as WebVTT."""
    return [
        ffmpeg,
        "-hide_banner",
        "-nostdin",
        "-v", "error",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(limits),
        # Its times are those of the film; by itself the first would become 0.
        "-copyts",
        "-i", path,
        "-map", "0:s:0",
        "-c:s", "webvtt",
        "-f", "webvtt",
        "pipe:1",
    ]  # fmt: skip
