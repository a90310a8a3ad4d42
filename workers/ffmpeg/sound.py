"""The filters of the sound."""

from workers.ffmpeg.mix import mix_of
from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan

AUDIO_LABEL = "sound"


def sound_graph(plan: EncodePlan | AudioPlan) -> str:
    """Write the graph of the sound in FFmpeg's syntax; it has a sound.

    It is not in one graph with the picture: FFmpeg makes a graph anew when its input changes.
    """
    audio = plan.audio
    assert audio is not None
    # Gaps and overlaps over 20 ms are filled and cut, so that sound stays in step with the
    # picture's constant rate. A late start is filled with silence, but not where there is none:
    # a graph that is made anew in the middle would fill that from the start on.
    start = ":first_pts=0" if plan.sound_delay else ""
    filters = [f"aresample=async=1:min_hard_comp=0.02{start}"]
    if (mix := mix_of(audio)) is not None:
        filters.append(mix)
    layout = "mono" if audio.channels == 1 else "stereo"
    filters.append(f"aformat=channel_layouts={layout}:sample_rates={plan.sample_rate}")
    if audio.channels > 2:
        # Many channels together may be louder than one can be.
        filters.append("alimiter=limit=0.97:level=0:latency=1")
    return f"[0:{audio.index}]{','.join(filters)}[{AUDIO_LABEL}]"
