"""Filters that see to the order of times: frames far ahead of it go, and what is lost is told.

A frame far ahead makes the picture stand up to its time, and all that come before that time are
passed over, without a word. So are all that have the same time, as where a recorder's clock stood.
"""

from collections.abc import Sequence

from workers.media.info import AudioStream, VideoStream
from workers.media.strays import Stray

# One after another: of two with the same time one is a repeated one, as of a film for television.
_FEWEST_PICTURES = 3
_FEWEST_SECONDS = 0.1
# Two pictures nearer than this have one time: a clock that stood goes on by its smallest step.
_SAME_S = 0.0005
# A picture may come so much before the last one, and a piece of sound end before it: parts of an
# edit list overlap.
_OVERLAP_S = 0.1
_EXACT_S = 0.002  # clocks of milliseconds are rounded
_AS_WARNING = 24


def ordered_pictures(video: VideoStream) -> list[str]:
    """Leave out pictures far ahead; say the number of the stream once if others come too late."""
    lost = f"eq(st(1\\,ld(1)+1)\\,{_FEWEST_PICTURES})*not(ld(2))"
    late = f"(lt(T\\,ld(0)-{_OVERLAP_S})+lt(abs(T-ld(0))\\,{_SAME_S}))*gt(N\\,0)"
    told = f"if({lost}\\,st(2\\,1)+{_say(video.index)})"
    watch = f"if({late}\\,{told}\\,st(1\\,0)+st(0\\,if(N\\,max(ld(0)\\,T)\\,T)))"
    return [*_without(video.strays, "select"), _watch("setpts", watch)]


def ordered_sound(audio: AudioStream) -> list[str]:
    """Leave out sound far ahead; say the stream's number once if other sound comes too late."""
    end = "T+S/SR"
    lost = f"gt(st(1\\,ld(1)+S/SR)\\,{_FEWEST_SECONDS})*not(ld(2))"
    late = f"lt({end}\\,ld(0)-{_OVERLAP_S})*gt(N\\,0)"
    told = f"if({lost}\\,st(2\\,1)+{_say(audio.index)})"
    watch = f"if({late}\\,{told}\\,st(0\\,if(N\\,max(ld(0)\\,{end})\\,{end})))"
    return [*_without(audio.strays, "aselect"), _watch("asetpts", watch)]


def _watch(name: str, expression: str) -> str:
    """Evaluate an expression for each frame that has a time, which stays as it is."""
    return f"{name}=PTS+0*if(isnan(T)\\,0\\,{expression})"


def _say(stream: int) -> str:
    return f"print({stream}\\,{_AS_WARNING})"


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
