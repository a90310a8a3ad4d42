"""The filter graph of the picture: one decode, every size, the poster, the storyboard."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from workers.ffmpeg.canvas import SCALER
from workers.ffmpeg.capabilities import Capabilities
from workers.ffmpeg.color_tags import readable
from workers.ffmpeg.colors import said, sized
from workers.ffmpeg.order import ordered_pictures
from workers.ffmpeg.stills import poster_chain, storyboard_chains
from workers.media.plan import EncodePlan
from workers.media.storyboard import storyboard_of

# Containers of what is sent. FFmpeg closes gaps of more than 10 s in the times at which their
# packets are decoded: what leaps all the same is the broken time of one picture.
_SENT = frozenset({"mpegts", "mpeg"})
# Up to which the one before would stand. If many follow that are as late, it is the clock.
_AT_ITS_TIME = (
    r"select=isnan(t)+isnan(prev_selected_t)+lt(t-prev_selected_t\,12)+gt(n-prev_selected_n\,50)"
)
# How many times as many pictures as are made: of what has pauses only where that is far more.
_MORE, _FAR_MORE = Fraction(101, 100), Fraction(3, 2)
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
    timed = _timed(plan, most_frames)
    chains = [_base(plan, capabilities)]
    for number in range(len(plan.renditions)):
        chains.extend(_branch(plan, number, timed, begin))
    chains.append(poster_chain(plan, "still"))
    board = storyboard_of(plan)
    if board is not None:
        chains.extend(storyboard_chains(board, "small"))
    return ";".join(chains)


def lead_graph(plan: EncodePlan, capabilities: Capabilities, most_frames: int) -> str:
    """Write the pictures of a plan that has one size, and no stills."""
    timed = ",".join(_timed(plan, most_frames))
    return f"{_base(plan, capabilities)};[size0]{timed}[{video_label(0)}]"


def _base(plan: EncodePlan, capabilities: Capabilities) -> str:
    """Decode to the largest rendition."""
    video, filters = readable(plan.video, capabilities)
    # Half pictures come in pairs.
    if _SENT & frozenset(plan.container.split(",")) and not video.split:
        filters.insert(0, _AT_ITS_TIME)
    filters += ordered_pictures(video)
    filters += _whole_pictures(plan)
    if video.behind:
        filters.append(f"setpts=PTS-{video.behind:.6f}/TB")
    if _has_more(plan):
        filters.append(_steady(plan))
    if video.may_hide:
        # What cannot be seen may have any colour; on black it has none.
        filters.append("premultiply=inplace=1")
    filters.extend(sized(replace(plan, video=video), capabilities))
    return f"[0:{video.index}]{','.join(filters)}[size0]"


def _timed(plan: EncodePlan, most_frames: int) -> list[str]:
    """Bring the pictures of a size to the constant rate, and to their end.

    Where one stands for long this is many at once, which wait for their encoder. They must be one
    picture many times, and not many pictures: so no filter that makes new ones may follow.
    """
    filters = [] if _has_more(plan) else [_steady(plan)]
    if plan.hold:
        # Of a still, one of its pictures is there already.
        there = float(1 / plan.frame_rate) if plan.still else 0.0
        filters.append(f"tpad=stop_mode=clone:stop_duration={plan.hold - there:.3f}")
    # Not by -frames:v, which from FFmpeg 6 on ends the sound with the picture.
    return [*filters, f"trim=end_frame={most_frames}"]


def _steady(plan: EncodePlan) -> str:
    # A late first picture stands from the start on.
    way = "" if plan.rounding == "near" else f":round={plan.rounding}"
    return f"fps={_ratio(plan.frame_rate)}:start_time=0{way}"


def _has_more(plan: EncodePlan) -> bool:
    """Whether a source has more pictures than are made: those need not be made smaller first."""
    rate = plan.video.avg_frame_rate or plan.video.base_frame_rate
    more = _FAR_MORE if plan.video.variable_frame_rate else _MORE
    return rate is not None and rate > plan.frame_rate * more


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


def _branch(plan: EncodePlan, number: int, timed: Sequence[str], begin: int) -> list[str]:
    """Hand one size to its encoder and on to the next smaller size."""
    last = number + 1 == len(plan.renditions)
    chains = [] if last else [f"[size{number}]split[own{number}][next{number}]"]
    source = f"size{number}" if last else f"own{number}"
    exits = [f"all{number}" if begin else video_label(number)]
    exits += ["still"] if plan.renditions[number] is plan.files[0] else []
    exits += ["small"] if last and plan.storyboard else []
    filters = [*timed, *([f"split={len(exits)}"] if len(exits) > 1 else [])]
    labels = "".join(f"[{name}]" for name in exits)
    chains.append(f"[{source}]{','.join(filters)}{labels}")
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
