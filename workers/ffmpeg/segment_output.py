"""Writes what the tee muxer needs to cut a track into segments."""

from workers.media.tracks import PlannedTrack

HEADER_NAME = "init.mp4"
# Without an edit list, which players treat differently, and without times below 0.
SEGMENT_OPTIONS = "movflags=+negative_cts_offsets+skip_sidx:use_editlist=0"


def list_url(directory: str) -> str:
    """Return where FFmpeg writes its list of segments, which nobody reads.

    To a mere file it would write a new one beside it each time, and rename that, which the sandbox
    refuses: then it complains with each segment.
    """
    return f"tee:{directory}/index.m3u8"


def segment_name(number: int) -> str:
    """Return the file name of a segment, which counts from 0."""
    return f"{number}.m4s"


def segment_slave(track: PlannedTrack, directory: str, first: int = 0) -> str:
    """Return the options of the output of a track, as they stand in the brackets of a tee.

    FFmpeg writes the header and the segments into `directory`, which must be there. They are
    numbered from `first` on; their times begin at 0.
    """
    # Of the picture only keyframes can be cuts, and each is to be one: it is due a little before.
    due = track.segment if not track.frames else track.segment * (1 - 1 / (2 * track.frames))
    options = {
        "select": _quoted("a" if track.number is None else f"v:{track.number}"),
        "f": "hls",
        "onfail": "abort",
        "hls_time": f"{float(due):.6f}",
        # The list is not read. A long one would be written each time, and FFmpeg would keep it.
        "hls_list_size": "1",
        "hls_segment_type": "fmp4",
        "hls_fmp4_init_filename": HEADER_NAME,
        "hls_segment_filename": f"{directory}/%d.m4s",
        "hls_segment_options": _quoted(SEGMENT_OPTIONS.replace(":", r"\:")),
    }
    if first:
        options["start_number"] = str(first)
    if track.number is None:
        # The frame that only gets the decoder going would be heard as silence. What is dropped has
        # a time below 0: for all others this is 0. (A comma would end the name of a filter.)
        options["bsfs/a"] = _quoted(r"noise=amount=0\:drop=pts-abs(pts)")
    return ":".join(f"{name}={value}" for name, value in options.items())


def _quoted(value: str) -> str:
    return rf"\'{value}\'"
