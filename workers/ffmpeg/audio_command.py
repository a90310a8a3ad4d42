"""Turns a plan for sound alone into the arguments of one FFmpeg process."""

from workers.ffmpeg.command import (
    audio_encoder,
    mp4_slave,
    opening,
    other_sounds,
    still_output,
    tee,
    until,
)
from workers.ffmpeg.sound import AUDIO_LABEL, channels_of, sound_decoder, sound_graph
from workers.ffmpeg.text_output import text_outputs
from workers.media.audio_plan import AudioPlan
from workers.media.limits import DEFAULT_LIMITS, Limits

_WIDTH, _HEIGHT = 1280, 720
_WAVE_HEIGHT = 400
_BARS = 128
_WAVE = "0x4fd1c1"
_GROUND = {"r": 0x16, "g": 0x20, "b": 0x1D}
_JPEG = "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p"
# Values a second that the wave is drawn of; silence follows a sound that has too few for all bars.
# They are kept until the end, in large packets: each takes about 1 kB beside what is in it.
_ENERGY_RATE, _PACKET = 100, 500
# Seconds of sound between two pictures that only say how far FFmpeg is: it reports how far the
# output is that is behind all others, and the wave is drawn at the end.
_BEAT_S = 20


def audio_command(
    ffmpeg: str,
    plan: AudioPlan,
    source: str,
    out_dir: str,
    limits: Limits = DEFAULT_LIMITS,
) -> list[str]:
    """Write the argument list; all is as for `encode_command`."""
    (file,) = plan.files
    graph, track = sound_graph(plan, out_dir=out_dir), AUDIO_LABEL
    poster = [f"0:{plan.cover}", "-vf", _fitted()]
    if plan.cover is None:
        graph, track, poster = f"{graph};{wave_graph()}", "track", ["[poster]"]
    return [
        *opening(ffmpeg, source, limits),
        *sound_decoder(plan),
        "-i", source,
        "-filter_complex", graph,
        "-map", f"[{track}]",
        *audio_encoder(channels_of(plan), plan.audio_bitrate),
        "-map_metadata", "-1",
        "-map_chapters", "-1",
        *until(limits),
        "-f", "tee", tee([mp4_slave("a", f"{out_dir}/{file.file_name}")], plan, out_dir),
        *other_sounds(plan, out_dir, limits),
        *text_outputs(plan.texts, out_dir, until(limits)),
        "-map", *poster, *still_output(out_dir),
    ]  # fmt: skip


def wave_graph() -> str:
    """Draw how loud the sound is, from its beginning to its end, as bars."""
    ground = ":".join(f"{color}=max(val\\,{_GROUND[color]})" for color in _GROUND)
    return ";".join(
        [
            f"[{AUDIO_LABEL}]asplit[track][heard]",
            # The square of the sound is its energy; of it few values a second are enough.
            "[heard]aformat=sample_fmts=fltp:channel_layouts=mono,asplit[one][other]",
            f"[one][other]amultiply,volume=4,aresample={_ENERGY_RATE}:osf=s16,"
            f"apad=whole_len={_BARS},asetnsamples=n={_PACKET}:p=0,asplit[beats][energy]",
            f"[beats]showwaves=s={_WIDTH}x{_HEIGHT}:r=1/{_BEAT_S}[beat]",
            f"[energy]showwavespic=s={_BARS}x{_WAVE_HEIGHT}:colors={_WAVE}:scale=cbrt"
            f":draw=full,scale={_WIDTH}:{_WAVE_HEIGHT}:flags=neighbor,"
            f"drawgrid=w={_WIDTH // _BARS}:h=0:t=4:c=black,"
            f"pad={_WIDTH}:{_HEIGHT}:-1:-1,setsar=1,format=rgba[wave]",
            # Encoders of before FFmpeg 6 count such pictures by the time between two.
            "[beat][wave]concat=n=2,"
            f"setpts=if(isnan(PREV_OUTPTS)\\,PTS\\,max(PTS\\,PREV_OUTPTS+{_BEAT_S}/TB)),"
            f"format=rgb24,lutrgb={ground},{_JPEG}[poster]",
        ]
    )


def _fitted() -> str:
    """Lay a cover, whatever its shape, on a picture of the usual one."""
    ground = "0x" + "".join(f"{value:02x}" for value in _GROUND.values())
    return (
        f"scale={_WIDTH}:{_HEIGHT}:force_original_aspect_ratio=decrease,setsar=1,format=rgb24,"
        f"pad={_WIDTH}:{_HEIGHT}:-1:-1:{ground},{_JPEG}"
    )
