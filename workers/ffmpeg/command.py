"""Turns a plan into the arguments of one FFmpeg process."""

from workers.ffmpeg.capabilities import Capabilities
from workers.ffmpeg.graph import POSTER_LABEL, picture_graph, video_label
from workers.ffmpeg.sound import AUDIO_LABEL, sound_graph
from workers.ffmpeg.whitelists import ALPHA_DECODERS, MAX_ALLOC_BYTES, input_options
from workers.media.info import AudioStream
from workers.media.limits import DEFAULT_LIMITS, Limits
from workers.media.plan import POSTER_NAME, EncodePlan, PlannedRendition
from workers.media.verify import most_frames

# What the fast presets leave out for little gain: looking further ahead, weighting all references,
# choosing coefficients well; and a milder adaptive quantiser. With the keyframes placed as below
# one video at 720 lines took about a quarter fewer bytes at the same VMAF, in the same time.
_TUNED_PRESETS = frozenset({"superfast", "veryfast", "faster"})
_TUNING = "rc-lookahead=20:weightp=2:trellis=1:aq-strength=0.7"


def encode_command(
    ffmpeg: str,
    plan: EncodePlan,
    source: str,
    out_dir: str,
    capabilities: Capabilities,
    limits: Limits = DEFAULT_LIMITS,
) -> list[str]:
    """Write the argument list: the source is decoded once, its sound encoded once.

    `source` is the path of the input, or `PIPE`; `out_dir` that of the directory for
    `{rendition}.mp4` and `poster.jpg`. Both are seen from the directory that FFmpeg runs in.
    """
    return [
        *opening(ffmpeg, source, limits),
        # Pictures of another size go through the same graph: made anew, it would count from 0.
        "-reinit_filter:v", "0",
        *_decoder(plan, capabilities),
        "-i", source,
        "-filter_complex", picture_graph(plan, capabilities, most_frames(plan, limits)),
        *_video_options(plan),
        *_audio_options(plan),
        *until(limits),
        "-f", "tee", _tee(plan, out_dir),
        "-map", f"[{POSTER_LABEL}]", *still_output(out_dir),
    ]  # fmt: skip


def opening(ffmpeg: str, source: str, limits: Limits) -> list[str]:
    """Return what stands before an input that is encoded."""
    return [
        ffmpeg,
        "-hide_banner",
        "-nostdin",
        "-y",
        "-v", "warning",
        "-nostats",
        "-progress", "pipe:1",
        "-stats_period", "0.5",
        "-max_alloc", str(MAX_ALLOC_BYTES),
        *input_options(limits.max_streams, limits.max_pixels, source, stills=limits.stills),
    ]  # fmt: skip


def _video_options(plan: EncodePlan) -> list[str]:
    options: list[str] = []
    for number, rendition in enumerate(plan.renditions):
        options += ["-map", f"[{video_label(number)}]", *_quality(number, rendition)]
    if plan.preset in _TUNED_PRESETS:
        options += ["-x264-params", _TUNING]
    return [
        *options,
        "-sn", "-dn",
        # Names, places and chapters of the source stay out of what is shared.
        "-map_metadata", "-1",
        "-map_chapters", "-1",
        "-c:v", "libx264",
        "-preset", plan.preset,
        "-profile:v", "high",
        "-pix_fmt", "yuv420p",
        # Players may start, and segments be cut, at the same moments in every rendition; x264
        # still adds keyframes at cuts, where they cost nothing.
        "-force_key_frames", f"expr:gte(t,n_forced*{plan.keyframe_seconds:g})",
        "-g", str(2 * plan.keyframe_interval),
        # The fps filter made the rate constant; nothing after it may drop or repeat frames.
        "-fps_mode", "passthrough",
    ]  # fmt: skip


def _decoder(plan: EncodePlan, capabilities: Capabilities) -> list[str]:
    if not (
        plan.video.alpha_beside and capabilities.sees_alpha and plan.video.codec in ALPHA_DECODERS
    ):
        return []
    return [f"-c:{plan.video.index}", ALPHA_DECODERS[plan.video.codec]]


def until(limits: Limits) -> list[str]:
    """End an output, whatever the time stamps of a source say that was let in for a shorter one."""
    return ["-t", f"{limits.max_duration_s:g}"]


def _quality(number: int, rendition: PlannedRendition) -> list[str]:
    return [
        f"-crf:v:{number}", f"{rendition.crf:g}",
        f"-maxrate:v:{number}", str(rendition.max_bitrate),
        f"-bufsize:v:{number}", str(rendition.buffer_size),
    ]  # fmt: skip


def _audio_options(plan: EncodePlan) -> list[str]:
    if plan.audio is None:
        return []
    return [
        "-filter_complex", sound_graph(plan),
        "-map", f"[{AUDIO_LABEL}]",
        *audio_encoder(plan.audio, plan.audio_bitrate),
    ]  # fmt: skip


def audio_encoder(audio: AudioStream, stereo_bitrate: int) -> list[str]:
    """Return the options of the encoder of a sound; one channel takes half."""
    bitrate = stereo_bitrate // 2 if audio.channels == 1 else stereo_bitrate
    return ["-c:a", "aac", "-b:a", str(bitrate)]


def _tee(plan: EncodePlan, out_dir: str) -> str:
    """Every rendition takes its own picture and the one encoded sound."""
    slaves = []
    for number, rendition in enumerate(plan.renditions):
        streams = f"v:{number},a" if plan.audio is not None else f"v:{number}"
        path = _escape(f"{out_dir}/{rendition.file_name}")
        # The index is put first as the file is sent: faststart would have to read all of it again.
        slaves.append(rf"[select=\'{streams}\':f=mp4:onfail=abort]{path}")
    return "|".join(slaves)


def _escape(path: str) -> str:
    """Protect what the tee muxer would read as the end of a name."""
    return "".join(f"\\{char}" if char in "\\'|[] \t\n" else char for char in path)


def still_output(out_dir: str) -> list[str]:
    """Return the options of an output that is a poster."""
    return [
        "-map_metadata", "-1",
        "-fps_mode", "passthrough",
        "-c:v", "mjpeg",
        "-q:v", "3",
        "-f", "image2",
        # One name, not a numbered series: the last picture stays.
        "-update", "1",
        f"{out_dir}/{POSTER_NAME}",
    ]  # fmt: skip
