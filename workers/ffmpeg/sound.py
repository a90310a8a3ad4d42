"""The filters of the sound."""

from collections.abc import Sequence

from workers.ffmpeg.capabilities import Capabilities
from workers.ffmpeg.mix import mix_of
from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan

AUDIO_LABEL = "sound"


def sound_options(
    plan: EncodePlan | AudioPlan, capabilities: Capabilities, beside: Sequence[str] = ()
) -> list[str]:
    """Write the filters of the sound; there is one. `beside` are chains that take it further.

    They are not in one graph with the picture: FFmpeg makes a graph anew when its input changes.
    """
    # The wave of the loudness is not drawn behind a second graph.
    graphs = _chained(plan) if capabilities.chains_graphs and not beside else _alone(plan)
    graphs[-1] = ";".join([graphs[-1], *beside])
    return [word for graph in graphs for word in ("-filter_complex", graph)]


# Gaps and overlaps over 20 ms are filled and cut, so that sound stays in step with the picture's
# constant rate.
_IN_STEP = "aresample=async=1:min_hard_comp=0.02"
_FROM_ZERO = f"{_IN_STEP}:first_pts=0"


def _chained(plan: EncodePlan | AudioPlan) -> list[str]:
    """Let the first graph, which may be made anew, do nothing that must be remembered."""
    mixed, loud = _mixed(plan)
    return [
        f"[0:{_index(plan)}]{','.join(mixed)}[mixed]",
        f"[mixed]{','.join([_FROM_ZERO, *loud])}[{AUDIO_LABEL}]",
    ]


def _alone(plan: EncodePlan | AudioPlan) -> list[str]:
    """Do it in one: a late start is filled with silence only where there is one.

    A graph that is made anew in the middle would fill that from the start on.
    """
    step = _FROM_ZERO if plan.sound_delay else _IN_STEP
    mixed, loud = _mixed(plan)
    return [f"[0:{_index(plan)}]{','.join([step, *mixed, *loud])}[{AUDIO_LABEL}]"]


def _index(plan: EncodePlan | AudioPlan) -> int:
    assert plan.audio is not None
    return plan.audio.index


def _mixed(plan: EncodePlan | AudioPlan) -> tuple[list[str], list[str]]:
    """Return what makes one or two channels, and what keeps them from being too loud together."""
    audio = plan.audio
    assert audio is not None
    mix = mix_of(audio)
    layout = "mono" if audio.channels == 1 else "stereo"
    same = f"aformat=channel_layouts={layout}:sample_rates={plan.sample_rate}"
    limiter = ["alimiter=limit=0.97:level=0:latency=1"] if audio.channels > 2 else []
    return [*([mix] if mix else []), same], limiter
