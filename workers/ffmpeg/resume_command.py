"""Turns a plan into the arguments of an FFmpeg that goes on where an earlier one was ended."""

from workers.ffmpeg.capabilities import Capabilities
from workers.ffmpeg.command import (
    audio_options,
    beginning,
    beside,
    mp4_slave,
    picture_input,
    segments_output,
    until,
    video_options,
)
from workers.ffmpeg.graph import picture_graph
from workers.ffmpeg.whitelists import PIPE, input_options
from workers.media.limits import DEFAULT_LIMITS, Limits
from workers.media.plan import EncodePlan
from workers.media.tracks import tracks_of
from workers.media.verify import most_frames

SOUND_NAME = "sound.m4a"


def resume_command(
    ffmpeg: str,
    plan: EncodePlan,
    source: str,
    out_dir: str,
    capabilities: Capabilities,
    limits: Limits = DEFAULT_LIMITS,
    *,
    first: int,
) -> list[str]:
    """Write the argument list of an encode that goes on; else as `encode_command`.

    Of the pictures it makes the segments from number `first` on, and no file: what comes before is
    decoded, and goes to no encoder. The times of these segments begin at 0. All else is made from
    the beginning. The default sound also becomes the file `SOUND_NAME`.
    """
    skipped = first * plan.keyframe_interval
    graph = picture_graph(plan, capabilities, most_frames(plan, limits), skipped)
    pictures = [track for track in tracks_of(plan) if track.number is not None]
    return [
        *picture_input(ffmpeg, plan, source, capabilities, limits),
        "-filter_complex", graph,
        *video_options(plan),
        *until(limits, skipped / plan.frame_rate),
        "-f", "tee", "|".join(segments_output(track, out_dir, first) for track in pictures),
        *_sound(plan, out_dir, limits),
        *beside(plan, out_dir, limits),
    ]  # fmt: skip


def _sound(plan: EncodePlan, out_dir: str, limits: Limits) -> list[str]:
    """Return the output of the default sound: in one with the pictures it would wait for these."""
    if plan.audio is None:
        return []
    tracks = [track for track in tracks_of(plan) if track.number is None and track.is_default]
    file = mp4_slave("a", f"{out_dir}/{SOUND_NAME}")
    return [
        *audio_options(plan, out_dir),
        "-map_metadata", "-1",
        "-map_chapters", "-1",
        *until(limits),
        "-f", "tee", "|".join([file, *(segments_output(track, out_dir) for track in tracks)]),
    ]  # fmt: skip


def join_command(ffmpeg: str, out_dir: str, name: str, *, sound: bool) -> list[str]:
    """Write the argument list that makes a file of a picture's segments and the sound.

    The segments come through standard input, behind the header of their track. Nothing is encoded.
    """
    heard = f"{out_dir}/{SOUND_NAME}"
    return [
        *beginning(ffmpeg),
        *input_options(DEFAULT_LIMITS, PIPE),
        "-i", PIPE,
        *([*input_options(DEFAULT_LIMITS, heard), "-i", heard] if sound else ()),
        "-map", "0:v",
        *(["-map", "1:a"] if sound else ()),
        "-c", "copy",
        "-map_metadata", "-1",
        "-f", "mp4",
        f"{out_dir}/{name}",
    ]  # fmt: skip
