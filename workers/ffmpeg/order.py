"""Filters that see to the order of times: frames far ahead go, and what is lost is told.

A frame far ahead makes the picture stand up to its time, and all that come before that time are
passed over, without a word. So are all that have the same time, as where a recorder's clock stood.
"""

from collections.abc import Sequence

from workers.media.info import AudioStream, VideoStream
from workers.media.strays import Stray

# One after another: of two with the same time one is a repeated one, as of a film for television.
_FEWEST_PICTURES = 3
# A clock that stood goes on by its smallest step, which is less than this also if it is 1 ms or
# 1/600 s. The pictures of a film are further apart than this part of what is usual.
_SAME_S, _SAME = 0.002, 0.3
_APART = 5  # times as much tells that it goes on
# Where parts of an edit list meet, a picture may come so much before the last one.
_OVERLAP_S = 0.1
# One that comes so much too late shows that the ones before it were far ahead.
_FAR_S = 1
_EXACT_S = 0.002  # clocks of milliseconds are rounded
_AS_WARNING = 24
# The resampler cuts and fills what is off by more than this.
OFF_S = 0.02
# Recorders that take times from when data arrived give many pieces of sound one time, or a time
# that is a bit too early or too late. What is too early by less than this, for no longer than that,
# stays in line. But where the clock goes back by more than that, two recordings overlap.
_EARLY_S, _EARLY_FOR_S, _BACK_S = 0.5, 1, 0.1
# Something is missing where sound comes too late by more than this; if by less, once the clock has
# gone on like that for so long.
_LATE_S, _LATE_FOR_S = 0.5, 0.05
_FEWEST_SECONDS = 0.1


def ordered_pictures(video: VideoStream) -> list[str]:
    """Leave out pictures far ahead; say it once if one comes far too late, and if several are lost.

    As `_say` has it.
    """
    rate = video.usual_rate or video.avg_frame_rate
    same = min(_SAME_S, _SAME / float(rate)) if rate else _SAME_S
    late = f"(lt(t\\,ld(0)-{_OVERLAP_S})+lt(abs(t-ld(0))\\,{same:.6f}))*gt(n\\,0)"
    # Variables: 0 is the latest time so far, 1 counts those lost in a row, 2 and 3 what was said.
    lost = _once(2, f"gte(st(1\\,ld(1)+1)\\,{_FEWEST_PICTURES})", _say(video.index))
    far = _once(3, f"lt(t\\,ld(0)-{_FAR_S})", _say(video.index, 0.5))
    goes_on = f"if(gt(t\\,ld(0)+{_APART * same:.6f})\\,st(1\\,0))"
    on_time = f"{goes_on}+st(0\\,if(n\\,max(ld(0)\\,t)\\,t))"
    watch = f"if({late}\\,{lost}+{far}\\,{on_time})"
    return [*_without(video.strays, "select"), f"select={_for_each(watch)}"]


def ordered_sound(audio: AudioStream) -> list[str]:
    """Leave out sound far ahead, and keep sound whose times come a bit too early for a while.

    Says it once if a piece comes far too late, and if much is lost; as `_say` has it.
    """
    length = "samples_n/sample_rate"
    # Variables beside those of `_steady_clock`: 1 counts seconds lost, 2 and 3 what was said.
    lost = _once(2, f"gt(st(1\\,ld(1)+{length})\\,{_FEWEST_SECONDS})", _say(audio.index))
    far = _once(3, f"gt(ld(0)-t\\,{_FAR_S})", _say(audio.index, 0.5))
    watch = _steady_clock("t", "n", length, f"{lost}+{far}")
    moved = _steady_clock("T", "N", "S/SR", "0")
    return [
        *_without(audio.strays, "aselect"),
        # Not by asetpts, which looks once more at the end; in FFmpeg 5.1 at a meaningless time.
        f"aselect={_for_each(watch)}",
        f"asetpts=if(isnan(T)\\,PTS\\,round(({moved})/TB))",
    ]


def _for_each(watch: str) -> str:
    """Evaluate an expression for each frame that has a time, and let all pass."""
    return f"1+0*if(isnan(t)\\,0\\,{watch})"


def _steady_clock(time: str, number: str, length: str, far_too_early: str) -> str:
    """Return the time of a piece of sound as it is heard, in seconds.

    Either it is in line with the sound before it, to the sample, or off by so much that the
    resampler cuts or fills.

    Variables: 0 is where the sound so far ends, 4 and 6 for how long times have been too early or
    too late, 5 the time of the piece before.
    """
    early, late = f"(ld(0)-{time})", f"({time}-ld(0))"
    as_it_is = f"st(0\\,max(ld(0)\\,{time}+{length}))*0+{time}"
    in_line = f"st(0\\,ld(0)+{length})-{length}"
    far = f"({far_too_early}+st(4\\,{_EARLY_FOR_S}))*0+{as_it_is}"
    early_for = f"st(4\\,ld(4)+if(lt({time}\\,ld(5)-{_BACK_S})\\,{_EARLY_FOR_S}\\,{length}))"
    early_a_while = f"if(gte({early_for}\\,{_EARLY_FOR_S})\\,{as_it_is}\\,{in_line})"
    too_early = f"st(6\\,0)+if(gt({early}\\,{_EARLY_S})\\,{far}\\,{early_a_while})"
    late_for = f"st(6\\,ld(6)+{length}*gt({time}-ld(5)\\,{length}/2))"
    missing = f"gt({late}\\,{_LATE_S})+gte({late_for}\\,{_LATE_FOR_S})"
    too_late = f"st(4\\,0)+if({missing}\\,st(6\\,0)+{as_it_is}\\,{in_line})"
    in_time = f"st(4\\,0)+st(6\\,0)+{in_line}"
    not_early = f"if(gt({late}\\,{OFF_S})\\,{too_late}\\,{in_time})"
    follows = f"if(gt({early}\\,{OFF_S})\\,{too_early}\\,{not_early})"
    first = f"st(0\\,{time}+{length})*0+{time}"
    return f"if({number}\\,{follows}\\,{first})+st(5\\,{time})*0"


def _once(variable: int, condition: str, said: str) -> str:
    return f"if({condition}*not(ld({variable}))\\,st({variable}\\,1)+{said})"


def _say(stream: int, more: float = 0) -> str:
    """Print the number of a stream: as it is if something is lost, with a half if one is far."""
    return f"print({stream + more:g}\\,{_AS_WARNING})"


def _without(strays: Sequence[Stray], name: str) -> list[str]:
    if not strays:
        return []
    # What comes there in its own time does not follow on the frame before the strays.
    return [f"{name}=not({'+'.join(map(_is_stray, strays))})"]


def _is_stray(stray: Stray) -> str:
    ahead = f"between(t\\,{stray.first - _EXACT_S:.6f}\\,{stray.last + _EXACT_S:.6f})"
    if stray.before is None:
        return f"{ahead}*isnan(prev_selected_t)"
    return f"{ahead}*lte(prev_selected_t\\,{stray.before + _EXACT_S:.6f})"
