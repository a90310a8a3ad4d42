"""The filter graph of the picture: one decode, every size, the poster."""

from fractions import Fraction

from workers.ffmpeg.canvas import SCALER
from workers.ffmpeg.capabilities import Capabilities
from workers.ffmpeg.colors import said, sized
from workers.media.plan import EncodePlan

POSTER_LABEL = "poster"
_FLAGGED = "parity=auto:deint=interlaced"


def video_label(number: int) -> str:
    """Label of the picture of rendition `number`, counted from 0."""
    return f"video{number}"


def picture_graph(plan: EncodePlan, capabilities: Capabilities, most_frames: int) -> str:
    """Write every size of a plan in FFmpeg's syntax; the picture ends after `most_frames`."""
    chains = [_base(plan, capabilities, most_frames)]
    for number in range(len(plan.renditions)):
        chains.extend(_branch(plan, number))
    chains.append(
        # The first frame too: FFmpeg reports no progress until every output has had one. trim
        # closes its branch after the last, so the rest of the video costs nothing.
        f"[still]trim=end_frame={plan.poster_frame + 1},"
        f"select=not(n)+eq(n\\,{plan.poster_frame}),"
        # A JPEG is BT.601 at full range by definition (JFIF); viewers look for no tag.
        f"scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p[{POSTER_LABEL}]"
    )
    return ";".join(chains)


def _base(plan: EncodePlan, capabilities: Capabilities, most_frames: int) -> str:
    """Decode to the largest rendition: fewest frames first, then fewest pixels."""
    video = plan.video
    filters = _whole_pictures(plan)
    # A late first picture stands from the start on.
    filters.append(f"fps={_ratio(plan.frame_rate)}:start_time=0")
    if video.alpha:
        # What cannot be seen may have any colour; on black it has none.
        filters.append("premultiply=inplace=1")
    filters.extend(sized(plan, capabilities))
    if plan.hold:
        filters.append(f"tpad=stop_mode=clone:stop_duration={plan.hold:.3f}")
    # Not by -frames:v, which from FFmpeg 6 on ends the sound with the picture.
    filters.append(f"trim=end_frame={most_frames}")
    return f"[0:{video.index}]{','.join(filters)}[size0]"


def _whole_pictures(plan: EncodePlan) -> list[str]:
    """Make one picture of each pair of fields; what is no field passes untouched."""
    video = plan.video
    if not plan.deinterlace:
        return []
    flags = f"parity={video.parity}:deint=all" if video.parity else _FLAGGED
    # All must have the size of the first: fields are looked for in neighbours too.
    same = f"scale=iw:ih:interl=-1:flags={SCALER}"
    if video.telecined:
        order = video.parity or "auto"
        # What finds no match stays flagged.
        return [
            same,
            f"fieldmatch=order={order}:combmatch=full",
            f"bwdif=mode=send_frame:{_FLAGGED}",
            "decimate",
        ]
    return [same, f"bwdif=mode=send_frame:{flags}"]


def _branch(plan: EncodePlan, number: int) -> list[str]:
    """Hand one size to its encoder and on to the next smaller size."""
    last = number + 1 == len(plan.renditions)
    exits = [video_label(number)]
    exits += ["still"] if number == 0 else []
    exits += [] if last else [f"next{number}"]
    labels = "".join(f"[{name}]" for name in exits)
    chains = [f"[size{number}]{f'split={len(exits)}' if len(exits) > 1 else 'null'}{labels}"]
    if not last:
        smaller = plan.renditions[number + 1]
        # A smaller size from the next larger one costs less than from the source.
        filters = [f"scale={smaller.width}:{smaller.height}:flags={SCALER}"]
        filters += [*said(plan.video, smaller), "setsar=1"]
        chains.append(f"[next{number}]{','.join(filters)}[size{number + 1}]")
    return chains


def _ratio(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"
