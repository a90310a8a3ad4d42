"""The filter graph of the picture: one decode, every size, the poster, the storyboard."""

from dataclasses import replace
from fractions import Fraction

from workers.ffmpeg.canvas import SCALER
from workers.ffmpeg.capabilities import Capabilities
from workers.ffmpeg.color_tags import readable
from workers.ffmpeg.colors import said, sized
from workers.ffmpeg.stills import poster_chain, storyboard_chains
from workers.media.plan import EncodePlan
from workers.media.storyboard import storyboard_of

# A picture whose time is hours ahead is left out: the one before would stand up to it. If many
# follow that are as late, it is the clock that has leapt.
_AT_ITS_TIME = (
    r"isnan(t)+isnan(prev_selected_t)+lt(t-prev_selected_t\,12)+gt(n-prev_selected_n\,50)"
)
_FLAGGED = "parity=auto:deint=interlaced"


def video_label(number: int) -> str:
    """Label of the picture of rendition `number`, counted from 0."""
    return f"video{number}"


def picture_graph(
    plan: EncodePlan, capabilities: Capabilities, most_frames: int, begin: int = 0
) -> str:
    """Write every size of a plan in FFmpeg's syntax; the picture ends after `most_frames`.

    The first `begin` frames go to no encoder: they are encoded already.
    """
    chains = [_base(plan, capabilities, most_frames)]
    for number in range(len(plan.renditions)):
        chains.extend(_branch(plan, number, begin))
    chains.append(poster_chain(plan, "still"))
    board = storyboard_of(plan)
    if board is not None:
        chains.extend(storyboard_chains(board, "small"))
    return ";".join(chains)


def lead_graph(plan: EncodePlan, capabilities: Capabilities, most_frames: int) -> str:
    """Write the pictures of a plan that has one size, and no stills."""
    return f"{_base(plan, capabilities, most_frames)};[size0]null[{video_label(0)}]"


def _base(plan: EncodePlan, capabilities: Capabilities, most_frames: int) -> str:
    """Decode to the largest rendition: fewest frames first, then fewest pixels."""
    video, filters = readable(plan.video, capabilities)
    if not plan.leaps:
        filters.insert(0, f"select={_AT_ITS_TIME}")
    filters += _whole_pictures(plan)
    if video.behind:
        filters.append(f"setpts=PTS-{video.behind:.6f}/TB")
    # A late first picture stands from the start on.
    way = "" if plan.rounding == "near" else f":round={plan.rounding}"
    filters.append(f"fps={_ratio(plan.frame_rate)}:start_time=0{way}")
    if video.may_hide:
        # What cannot be seen may have any colour; on black it has none.
        filters.append("premultiply=inplace=1")
    filters.extend(sized(replace(plan, video=video), capabilities))
    if plan.hold:
        # Of a still, one of its pictures is there already.
        there = float(1 / plan.frame_rate) if plan.still else 0.0
        filters.append(f"tpad=stop_mode=clone:stop_duration={plan.hold - there:.3f}")
    # Not by -frames:v, which from FFmpeg 6 on ends the sound with the picture.
    filters.append(f"trim=end_frame={most_frames}")
    return f"[0:{video.index}]{','.join(filters)}[size0]"


def _whole_pictures(plan: EncodePlan) -> list[str]:
    """Make one picture of each pair of fields; what is no field passes untouched."""
    video = plan.video
    if not plan.deinterlace:
        return []
    flags = f"parity={video.parity}:deint=all" if video.parity else _FLAGGED
    # All must have one size: fields are looked for in neighbours too.
    size = f"{video.width}:{video.height}" if video.grows else "iw:ih"
    same = f"scale={size}:interl=-1:flags={SCALER}"
    if video.split:
        return [f"weave=first_field={video.split}", f"bwdif=mode=send_frame:{_FLAGGED}"]
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


def _branch(plan: EncodePlan, number: int, begin: int) -> list[str]:
    """Hand one size to its encoder and on to the next smaller size."""
    last = number + 1 == len(plan.renditions)
    exits = [f"all{number}" if begin else video_label(number)]
    exits += ["still"] if plan.renditions[number] is plan.files[0] else []
    exits += [] if last else [f"next{number}"]
    exits += ["small"] if last and plan.storyboard else []
    labels = "".join(f"[{name}]" for name in exits)
    chains = [f"[size{number}]{f'split={len(exits)}' if len(exits) > 1 else 'null'}{labels}"]
    if begin:
        rest = f"trim=start_frame={begin},setpts=PTS-STARTPTS"
        chains.append(f"[all{number}]{rest}[{video_label(number)}]")
    if not last:
        own, smaller = plan.renditions[number : number + 2]
        # A smaller size from the next larger one costs less than from the source.
        filters = [f"scale={smaller.width}:{smaller.height}:flags={SCALER}"]
        filters += [*said(plan.video, smaller), "setsar=1"]
        if (own.width, own.height) == (smaller.width, smaller.height):
            filters = ["null"]  # with another codec
        chains.append(f"[next{number}]{','.join(filters)}[size{number + 1}]")
    return chains


def _ratio(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"
