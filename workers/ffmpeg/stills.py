"""The outputs of an encode that are pictures: candidates for the poster, sheets of a storyboard."""

from workers.media.plan import EncodePlan
from workers.media.posters import LOOK_HEIGHT, LOOK_WIDTH, candidates
from workers.media.storyboard import Storyboard

POSTER_LABEL, STORYBOARD_LABEL, _LOOKS_LABEL = "poster", "storyboard", "looks"
LOOKS_FILE = "poster.gray"  # each candidate once more: small, and without colour
# A JPEG is BT.601 at full range by definition (JFIF); viewers look for no tag.
JPEG = "out_color_matrix=bt601:out_range=pc,format=yuvj420p"
# What a broken picture says of its colours may be none at all, which cannot be converted. By now
# they are those of the plan, and JPEG says nothing of them.
PLAIN = "setparams=color_primaries=unknown:color_trc=unknown"
_POSTER_QUALITY, _SHEET_QUALITY = "3", "5"  # of 2, the best, to 31
_APART_S = 1000
# The first sheet holds the first tile alone: see `storyboard_chains`.
FIRST_SHEET = 1


def poster_file(number: int) -> str:
    """Return the file name of a candidate; they count from 0."""
    return f"poster-{number}.jpg"


def sheet_file(number: int) -> str:
    """Return the file name of a sheet; those to keep count from `FIRST_SHEET`."""
    return f"storyboard-{number}.jpg"


def poster_chain(plan: EncodePlan, label: str) -> str:
    """Take the candidates for the poster out of the picture with a label."""
    chosen = candidates(plan)
    # The first frame is among them: FFmpeg reports no progress until every output has had one.
    # trim closes the branch after the last, so the rest of the video costs nothing.
    numbers = "+".join(f"eq(n\\,{number})" for number in chosen)
    return (
        f"[{label}]trim=end_frame={chosen[-1] + 1},select={numbers},split[whole][faint];"
        f"[whole]{PLAIN},scale={JPEG}[{POSTER_LABEL}];"
        f"[faint]{PLAIN},scale={LOOK_WIDTH}:{LOOK_HEIGHT}:flags=area:out_range=pc,"
        f"format=gray[{_LOOKS_LABEL}]"
    )


def storyboard_chains(board: Storyboard, label: str) -> list[str]:
    """Make the sheets of a storyboard out of the picture with a label.

    A sheet is there when it is full, or the film ends. FFmpeg reports no progress until every
    output has had a picture, so that one sheet goes before: the first tile alone.
    """
    width, height = board.width * board.columns, board.height * board.rows
    return [
        f"[{label}]select=not(mod(n\\,{board.step})),trim=end_frame={board.most},"
        f"{PLAIN},scale={board.width}:{board.height}:flags=area:{JPEG},setsar=1,split[lone][tiles]",
        f"[lone]trim=end_frame=1,pad={width}:{height}[opening]",
        f"[tiles]tile={board.columns}x{board.rows}[sheets]",
        # No two may have one time, by the rate of the film or by that of the sheets.
        f"[opening][sheets]concat=n=2,setpts=N*{_APART_S}/TB[{STORYBOARD_LABEL}]",
    ]


def poster_output(out_dir: str) -> list[str]:
    """Return the outputs that are the candidates for the poster."""
    return [
        *_pictures(POSTER_LABEL, _POSTER_QUALITY, f"{out_dir}/poster-%d.jpg"),
        "-map", f"[{_LOOKS_LABEL}]",
        "-fps_mode", "passthrough",
        "-c:v", "rawvideo",
        "-f", "rawvideo",
        f"{out_dir}/{LOOKS_FILE}",
    ]  # fmt: skip


def storyboard_output(out_dir: str) -> list[str]:
    """Return the output that is the sheets of the storyboard."""
    return _pictures(STORYBOARD_LABEL, _SHEET_QUALITY, f"{out_dir}/storyboard-%d.jpg")


def _pictures(label: str, quality: str, path: str) -> list[str]:
    return [
        "-map", f"[{label}]",
        "-map_metadata", "-1",
        "-fps_mode", "passthrough",
        "-c:v", "mjpeg",
        "-q:v", quality,
        "-threads", "1",  # few come
        "-f", "image2",
        "-start_number", "0",
        path,
    ]  # fmt: skip
