"""The filters of the sound."""

from workers.ffmpeg.mix import mix_of, surround_mix_of
from workers.ffmpeg.order import OFF_S, ordered_sound
from workers.media.audio_plan import AudioPlan
from workers.media.info import AudioStream
from workers.media.plan import EncodePlan
from workers.media.planned import PlannedSound

AUDIO_LABEL = "sound"
LOUDNESS_NAME = "loudness.txt"
# Ten times a second the meter says how loud all has been so far. What is written is little: one in
# a second, and all of the last seconds, so that the last word is there.
_ONE_OF, _ALL_OF_LAST_S = 10, 5
EVEN = f"aresample=async=1:min_hard_comp={OFF_S}"
# In them ainterleave gives times, and says that it does not.
_MICROSECONDS = "asetpts=PTS/1000000/TB"
# A sound that is late by more than was planned begins within so many seconds.
_BEGINNING_S = 0.5


def channels_of(plan: EncodePlan | AudioPlan | PlannedSound) -> int:
    """Return how many channels come out of a plan that has a sound: one stays one."""
    if isinstance(plan, PlannedSound):
        return plan.channels
    assert plan.audio is not None
    return plan.audio.channels if plan.right is None else 2


def sound_decoder(plan: EncodePlan | AudioPlan) -> list[str]:
    """Return the options before the input for the decoder of the sound."""
    # Decoders that run side by side each count for themselves what an edit list has cut off the
    # beginning, and go on to drop what should be heard (FFmpeg 9; FLAC and ALAC).
    return ["-threads:a", "1"] if plan.audio is not None else []


def sound_graph(
    plan: EncodePlan | AudioPlan | PlannedSound,
    label: str = AUDIO_LABEL,
    out_dir: str | None = None,
) -> str:
    """Write the graph of the sound in FFmpeg's syntax; it has a sound.

    It is not in one graph with the picture: FFmpeg makes a graph anew when its input changes. How
    loud it is is written into `out_dir`.
    """
    audio = plan.audio
    assert audio is not None
    surround = isinstance(plan, PlannedSound) and plan.channels > 2
    filters = []
    if (mix := surround_mix_of(audio) if surround else mix_of(audio)) is not None:
        filters.append(mix)
    layout = "5.1" if surround else "mono" if channels_of(plan) == 1 else "stereo"
    filters.append(f"aformat=channel_layouts={layout}:sample_rates={plan.sample_rate}")
    if audio.channels > (6 if surround else 2):
        # Many channels together may be louder than one can be.
        filters.append("alimiter=limit=0.97:level=0:latency=1")
    if isinstance(plan, PlannedSound) and plan.length is not None:
        # Who listens to a sound that ends early goes on to watch.
        filters.append(f"apad=whole_dur={plan.length:.3f}")
    end = f"{','.join(filters)}[{label}]"
    if out_dir is not None:
        length = None if isinstance(plan, PlannedSound) else plan.total_duration
        end = f"{','.join(filters)},asplit[{label}][measured];[measured]{_meter(length, out_dir)}"
    if plan.right is None:
        return f"{_in_step(plan, audio)},{end}"
    sides = ((audio, "left"), (plan.right, "right"))
    tracks = [
        f"{_in_step(plan, each)},aformat=channel_layouts=mono[{side}]" for each, side in sides
    ]
    return ";".join([*tracks, f"[left][right]join=map=0.0-FL|1.0-FR,{end}"])


def _meter(length: float | None, out_dir: str) -> str:
    """Measure how loud it is by EBU R128, until now, and write it down."""
    chosen = f"not(mod(n\\,{_ONE_OF}))"
    if length is not None:
        chosen += f"+gte(t\\,{max(length - _ALL_OF_LAST_S, 0):.3f})"
    return (
        f"ebur128=peak=true:metadata=1,aselect={chosen},"
        f"ametadata=print:file={out_dir}/{LOUDNESS_NAME},anullsink"
    )


def _in_step(plan: EncodePlan | AudioPlan | PlannedSound, audio: AudioStream) -> str:
    # Gaps and overlaps over 20 ms are filled and cut, so that sound stays in step with the
    # picture's constant rate.
    source, name = f"[0:{audio.index}]{','.join(ordered_sound(audio))},", f"{audio.index}"
    if not plan.sound_delay:
        return f"{source}{EVEN}"
    # A late start is filled with silence. A graph that is made anew in the middle would do that
    # too, from 0 on; so only the beginning goes through the filter that does, and has an end.
    end = plan.sound_delay + _BEGINNING_S
    return (
        f"{source}asplit[first{name}][later{name}];"
        f"[first{name}]atrim=end={end:.3f},{EVEN}:first_pts=0[begin{name}];"
        f"[later{name}]atrim=start={end:.3f}[rest{name}];"
        f"[begin{name}][rest{name}]ainterleave,{_MICROSECONDS},{EVEN}"
    )
