"""Turns what is packaged into the arguments of an FFmpeg that copies, and decodes nothing."""

from workers.ffmpeg.command import opening, until
from workers.ffmpeg.segment_output import HEADER_NAME, SEGMENT_OPTIONS, list_url
from workers.media.limits import Limits
from workers.media.planned import Packaged
from workers.media.tracks import PlannedTrack, packaged_tracks

# SEI, delimiters, filler: no picture needs them, and the first may tell of people and places.
_BESIDE = "6|9|12"


def package_command(
    ffmpeg: str, packaged: Packaged, source: str, out_dir: str, limits: Limits
) -> list[str]:
    """Write the argument list: each track becomes segments in a directory of its name.

    `source` is the path of the input, or `PIPE`. The directories must be there.
    """
    argv = [*opening(ffmpeg, source, limits), "-i", source]
    for track in packaged_tracks(packaged):
        if track.number is None:
            argv += ["-map", f"0:{packaged.sound}", "-bsf:a", _sound()]
        else:
            argv += ["-map", f"0:{packaged.picture}", "-bsf:v", _picture(packaged.late)]
        argv += _segments(track, f"{out_dir}/{track.name}", limits)
    return argv


def _segments(track: PlannedTrack, directory: str, limits: Limits) -> list[str]:
    return [
        "-sn", "-dn",
        "-map_metadata", "-1",
        "-map_chapters", "-1",
        "-c", "copy",
        *until(limits),
        "-f", "hls",
        "-hls_time", f"{float(track.segment):g}",
        "-hls_list_size", "1",  # FFmpeg would keep it in memory
        "-hls_segment_type", "fmp4",
        "-hls_fmp4_init_filename", HEADER_NAME,
        "-hls_segment_filename", f"{directory}/%d.m4s",
        "-hls_segment_options", SEGMENT_OPTIONS,
        list_url(directory),
    ]  # fmt: skip


def _picture(late: float) -> str:
    filters = [f"filter_units=remove_types={_BESIDE}"]
    if late:
        # The first picture stands from the beginning on; the others come when they are due.
        after = rf"+gt(N\,0)*round({late:.6f}/TB)"
        filters.append(f"setts=pts=PTS{after}:dts=DTS{after}")
    return ",".join(filters)


def _sound() -> str:
    # A frame of which more than half lies before the beginning only gets the decoder going.
    return r"noise=amount=0:drop=lt(pts\,-512)"
