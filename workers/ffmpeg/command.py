"""Turns a plan into the arguments of one FFmpeg process."""

from collections.abc import Sequence
from fractions import Fraction

from workers.ffmpeg.capabilities import Capabilities
from workers.ffmpeg.encoders import LOOKAHEAD, SHORT_LOOKAHEAD, encoder_options
from workers.ffmpeg.graph import lead_graph, picture_graph, video_label
from workers.ffmpeg.segment_output import list_url, segment_slave
from workers.ffmpeg.sound import AUDIO_LABEL, channels_of, sound_decoder, sound_graph
from workers.ffmpeg.stills import poster_output, storyboard_output
from workers.ffmpeg.text_output import text_outputs
from workers.ffmpeg.whitelists import ALPHA_DECODERS, MAX_ALLOC_BYTES, input_options
from workers.media.audio_plan import AudioPlan
from workers.media.lead import Lead
from workers.media.limits import DEFAULT_LIMITS, Limits
from workers.media.plan import POSTER_NAME, EncodePlan
from workers.media.planned import PlannedRendition
from workers.media.tracks import PlannedTrack, tracks_of
from workers.media.verify import most_frames


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
    `{rendition}.mp4`, and pictures as `workers/ffmpeg/stills.py` names them. Both are seen from the
    directory that FFmpeg runs in.
    """
    return [
        *picture_input(ffmpeg, plan, source, capabilities, limits),
        "-filter_complex", picture_graph(plan, capabilities, most_frames(plan, limits)),
        *video_options(plan),
        *audio_options(plan, out_dir),
        *until(limits),
        "-f", "tee", _tee(plan, out_dir),
        *beside(plan, out_dir, limits),
    ]  # fmt: skip


def beside(plan: EncodePlan, out_dir: str, limits: Limits) -> list[str]:
    """Return the outputs that are neither a picture in motion nor the default sound."""
    return [
        *other_sounds(plan, out_dir, limits),
        *text_outputs(plan.texts, out_dir, until(limits)),
        *poster_output(out_dir),
        *(storyboard_output(out_dir) if plan.storyboard else ()),
    ]


def lead_command(
    ffmpeg: str,
    lead: Lead,
    source: str,
    out_dir: str,
    capabilities: Capabilities,
    limits: Limits = DEFAULT_LIMITS,
) -> list[str]:
    """Write the argument list of a lead, which is segments alone; else as `encode_command`."""
    plan = lead.plan
    return [
        *picture_input(ffmpeg, plan, source, capabilities, limits),
        "-filter_complex", lead_graph(plan, capabilities, most_frames(plan, limits)),
        *video_options(plan, SHORT_LOOKAHEAD),
        *audio_options(plan, out_dir),
        *until(limits),
        "-f", "tee", tee([], plan, out_dir),
    ]  # fmt: skip


def picture_input(
    ffmpeg: str, plan: EncodePlan, source: str, capabilities: Capabilities, limits: Limits
) -> list[str]:
    """Return the program, and what it reads a source with."""
    return [
        *opening(ffmpeg, source, limits),
        # Pictures of another size go through the same graph: made anew, it would count from 0.
        "-reinit_filter:v", "0",
        *_decoder(plan, capabilities),
        *sound_decoder(plan),
        "-i", source,
    ]  # fmt: skip


def opening(ffmpeg: str, source: str, limits: Limits) -> list[str]:
    """Return what stands before an input that is encoded."""
    return [
        *beginning(ffmpeg),
        # By itself it gives up a whole picture if two thirds of its sound are broken. How much
        # may be missing, `check` says.
        "-max_error_rate", "1",
        *input_options(limits, source),
    ]  # fmt: skip


def beginning(ffmpeg: str) -> list[str]:
    """Return what each command begins with."""
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
    ]  # fmt: skip


def video_options(plan: EncodePlan, lookahead: int = LOOKAHEAD) -> list[str]:
    """Return the encoders of all pictures."""
    options: list[str] = []
    for number, rendition in enumerate(plan.renditions):
        options += ["-map", f"[{video_label(number)}]", *_quality(number, rendition)]
    return [
        *options,
        *encoder_options(plan, lookahead),
        "-sn", "-dn",
        # Names, places and chapters of the source stay out of what is shared.
        "-map_metadata", "-1",
        "-map_chapters", "-1",
        "-pix_fmt", "yuv420p",
        *_keyframes(plan),
        # The fps filter made the rate constant; nothing after it may drop or repeat frames.
        "-fps_mode", "passthrough",
    ]  # fmt: skip


def _keyframes(plan: EncodePlan) -> list[str]:
    """Have players start, and segments be cut, at the same moments in every rendition."""
    if plan.streamed:
        return ["-force_key_frames", f"expr:eq(mod(n,{plan.keyframe_interval}),0)"]
    return [
        "-force_key_frames", f"expr:gte(t,n_forced*{plan.keyframe_seconds:g})",
        # x264 still adds keyframes at cuts, where they cost nothing; other encoders do not.
        "-g", str(2 * plan.keyframe_interval),
    ]  # fmt: skip


def _decoder(plan: EncodePlan, capabilities: Capabilities) -> list[str]:
    if plan.video.turned_twice and plan.video.codec == "h264":
        # FFmpeg 9 refuses a picture that has it twice. Older ones give it once.
        return [f"-bsf:{plan.video.index}", "h264_metadata=display_orientation=remove"]
    if not (
        plan.video.alpha_beside and capabilities.sees_alpha and plan.video.codec in ALPHA_DECODERS
    ):
        return []
    return [f"-c:{plan.video.index}", ALPHA_DECODERS[plan.video.codec]]


def until(limits: Limits, begin: Fraction = Fraction(0)) -> list[str]:
    """End an output, whatever the time stamps of a source say that was let in for a shorter one.

    It begins `begin` seconds after the film.
    """
    return ["-t", f"{limits.max_duration_s - float(begin):.10g}"]


def _quality(number: int, rendition: PlannedRendition) -> list[str]:
    return [
        f"-crf:v:{number}", f"{rendition.crf:g}",
        f"-maxrate:v:{number}", str(rendition.max_bitrate),
        f"-bufsize:v:{number}", str(rendition.buffer_size),
    ]  # fmt: skip


def audio_options(plan: EncodePlan, out_dir: str) -> list[str]:
    """Return the encoder of the default sound, if there is one."""
    if plan.audio is None:
        return []
    return [
        "-filter_complex", sound_graph(plan, out_dir=out_dir),
        "-map", f"[{AUDIO_LABEL}]",
        *audio_encoder(channels_of(plan), plan.audio_bitrate),
    ]  # fmt: skip


def audio_encoder(channels: int, stereo_bitrate: int) -> list[str]:
    """Return the options of the encoder of a sound; one channel takes half."""
    bitrate = stereo_bitrate // 2 if channels == 1 else stereo_bitrate
    return ["-c:a", "aac", "-b:a", str(bitrate)]


def other_sounds(plan: EncodePlan | AudioPlan, out_dir: str, limits: Limits) -> list[str]:
    """Return an output for each sound that only the stream has.

    Each has its own: in one with others, these would wait for a sound that begins late.
    """
    options: list[str] = []
    if not plan.streamed:
        return options
    tracks = {track.name: track for track in tracks_of(plan)}
    for number, sound in enumerate(plan.others):
        label = f"{AUDIO_LABEL}{number}"
        options += [
            "-filter_complex", sound_graph(sound, label),
            "-map", f"[{label}]",
            "-map_metadata", "-1",
            "-map_chapters", "-1",
            *audio_encoder(channels_of(sound), sound.audio_bitrate),
            *until(limits),
            "-f", "tee", segments_output(tracks[sound.name], out_dir),
        ]  # fmt: skip
    return options


def _tee(plan: EncodePlan, out_dir: str) -> str:
    """Every file takes its own picture and the one encoded sound."""
    slaves = []
    for number, rendition in enumerate(plan.renditions):
        if not rendition.mp4:
            continue
        streams = f"v:{number},a" if plan.audio is not None else f"v:{number}"
        slaves.append(mp4_slave(streams, f"{out_dir}/{rendition.file_name}"))
    return tee(slaves, plan, out_dir)


def mp4_slave(streams: str, path: str) -> str:
    """Return the output of a tee that is an MP4 of these streams."""
    # The index is put first as the file is sent: faststart would have to read all of it again.
    return rf"[select=\'{streams}\':f=mp4:onfail=abort]{_escape(path)}"


def tee(slaves: Sequence[str], plan: EncodePlan | AudioPlan, out_dir: str) -> str:
    """Return all outputs of a tee: these, and segments of the pictures and the default sound."""
    tracks = [track for track in tracks_of(plan) if track.is_default]
    return "|".join([*slaves, *(segments_output(track, out_dir) for track in tracks)])


def segments_output(track: PlannedTrack, out_dir: str, first: int = 0) -> str:
    """Return the output of a tee that is the segments of a track, numbered from `first` on."""
    place = f"{out_dir}/{track.name}"
    return f"[{segment_slave(track, place, first)}]{list_url(_escape(place))}"


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
