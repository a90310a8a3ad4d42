"""The filter graph of an encode: one decode, every picture size, the sound, the poster."""

from fractions import Fraction

from workers.ffmpeg.capabilities import Capabilities
from workers.media.info import AudioStream, VideoStream
from workers.media.plan import EncodePlan, PlannedRendition

POSTER_LABEL = "poster"
AUDIO_LABEL = "sound"

# Matrices that a picture may keep; everything else is brought to BT.709.
_KEPT_MATRICES = frozenset({"bt709", "smpte170m", "bt470bg"})
_BT709 = "color_primaries=bt709:color_trc=bt709:colorspace=bt709"
# Where nothing is said, players take BT.709 from 720 lines up and BT.601 below.
_HD_LINES = 720
# Sharper than bicubic, the default: on one video 0.9 VMAF more at 720 lines and 2.6 at 480, for
# 3 % more bytes.
_SCALER = "lanczos"
_RGB_FORMATS = ("rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "pal8")
_MAX_SAMPLE_RATE = 48_000
# Channel counts with a layout that FFmpeg knows how to mix down.
_MIXABLE = frozenset({3, 4, 5, 6, 7, 8})
# Reference white of ITU-R BT.2408 in nits, and the peak of PQ.
_WHITE, _PQ_PEAK = 203, 10_000


def video_label(number: int) -> str:
    """Label of the picture of rendition `number`, counted from 0."""
    return f"video{number}"


def filter_graph(plan: EncodePlan, capabilities: Capabilities, most_frames: int) -> str:
    """Write the whole graph of a plan in FFmpeg's syntax; the picture ends after `most_frames`."""
    chains = [_base(plan, capabilities, most_frames)]
    for number in range(len(plan.renditions)):
        chains.extend(_branch(plan, number))
    chains.append(
        # The first frame too: FFmpeg reports no progress until every output has had one. trim
        # closes its branch after the last, so the rest of the video costs nothing.
        f"[still]trim=end_frame={plan.poster_frame + 1},"
        f"select=not(n)+eq(n\\,{plan.poster_frame}),"
        # A JPEG is BT.601 at full range by definition (JFIF); viewers look for no tag.
        f"scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p[{POSTER_LABEL}]"
    )
    if plan.audio is not None:
        chains.append(_sound(plan.audio))
    return ";".join(chains)


def _base(plan: EncodePlan, capabilities: Capabilities, most_frames: int) -> str:
    """Decode to the largest rendition: fewest frames first, then fewest pixels."""
    video, largest = plan.video, plan.renditions[0]
    filters = []
    if plan.deinterlace:
        # One frame per pair of fields; frames that are not flagged as fields pass untouched.
        filters.append("bwdif=mode=send_frame:parity=auto:deint=interlaced")
    # A late first picture stands from the start on.
    filters.append(f"fps={_ratio(plan.frame_rate)}{':start_time=0' if plan.delay else ''}")
    if plan.tone_map:
        filters.extend(_tone_map(video, largest.width, largest.height, capabilities))
    else:
        filters.extend(_scale(video, largest))
    if plan.hold:
        filters.append(f"tpad=stop_mode=clone:stop_duration={plan.hold:.3f}")
    # Not by -frames:v, which from FFmpeg 6 on ends the sound with the picture.
    filters.append(f"trim=end_frame={most_frames}")
    return f"[0:{video.index}]{','.join(filters)}[size0]"


def _branch(plan: EncodePlan, number: int) -> list[str]:
    """Hand one size to its encoder and on to the next smaller size."""
    last = number + 1 == len(plan.renditions)
    exits = [video_label(number)]
    exits += ["still"] if number == 0 else []
    exits += [] if last else [f"next{number}"]
    labels = "".join(f"[{name}]" for name in exits)
    chains = [f"[size{number}]{f'split={len(exits)}' if len(exits) > 1 else 'null'}{labels}"]
    if not last:
        smaller = plan.renditions[number + 1]
        # A smaller size from the next larger one costs less than from the source.
        filters = [f"scale={smaller.width}:{smaller.height}:flags={_SCALER}"]
        filters += [*_said(plan.video, smaller), "setsar=1"]
        chains.append(f"[next{number}]{','.join(filters)}[size{number + 1}]")
    return chains


def _scale(video: VideoStream, rendition: PlannedRendition) -> list[str]:
    scale = f"scale={rendition.width}:{rendition.height}:flags={_SCALER}:out_range=tv"
    if video.color_space in _KEPT_MATRICES or _untagged(video):
        tags = _said(video, rendition)
    else:
        scale += ":out_color_matrix=bt709"
        tags = [f"setparams={_BT709}"]
    return [scale, *tags, "format=yuv420p", "setsar=1"]


def _said(video: VideoStream, rendition: PlannedRendition) -> list[str]:
    """Say what players assume of an untagged source where its smaller size changes that."""
    crosses = min(video.width, video.height) >= _HD_LINES > min(rendition.width, rendition.height)
    return [f"setparams={_BT709}"] if _untagged(video) and crosses else []


def _untagged(video: VideoStream) -> bool:
    return not video.color_space and not video.pix_fmt.startswith(_RGB_FORMATS)


def _tone_map(video: VideoStream, width: int, height: int, capabilities: Capabilities) -> list[str]:
    tags = [f"setparams=range=tv:{_BT709}", "format=yuv420p", "setsar=1"]
    if not capabilities.tone_maps:
        return [*_tone_map_by_table(video, width, height), *tags]
    # zscale refuses frames whose colour description is incomplete.
    described = (
        f"setparams=color_primaries={video.color_primaries or 'bt2020'}"
        f":color_trc={video.color_transfer}:colorspace={video.color_space or 'bt2020nc'}"
    )
    return [
        described,
        # Shrink first: linear light is the costly part.
        f"zscale=w={width}:h={height}:f=lanczos:t=linear:npl={_WHITE}",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=mobius:desat=0:peak=5",
        "zscale=t=bt709:m=bt709:r=tv:d=error_diffusion",
        *tags,
    ]


def _tone_map_by_table(video: VideoStream, width: int, height: int) -> list[str]:
    """Tone mapping for a build without zscale: one table per colour, BT.2020 taken as BT.709."""
    if video.color_transfer == "smpte2084":
        # SMPTE ST 2084, equation 4: code value to light, here in units of reference white.
        root = "pow(clip(val/maxval,0,1),0.0126833)"
        light = (
            f"{_PQ_PEAK / _WHITE:.4f}*pow(max({root}-0.8359375,0)"
            f"/(18.8515625-18.6875*{root}),6.2773946)"
        )
    else:
        # ITU-R BT.2100 HLG shown on 1000 nits, coarse: its lower half is a plain square.
        light = "4*pow(clip(val/maxval,0,1),2.4)"
    # Reinhard with the white point at 4, then the BT.709 curve as a pure power.
    shown = f"st(0,{light});pow(clip(ld(0)*(1+ld(0)/16)/(1+ld(0)),0,1),0.4545)*maxval"
    return [
        f"scale={width}:{height}:flags={_SCALER}:in_color_matrix=bt2020",
        "format=gbrp10le",
        f"lutrgb=r='{shown}':g='{shown}':b='{shown}'",
        "scale=out_color_matrix=bt709:out_range=tv",
    ]


def _sound(audio: AudioStream) -> str:
    # Gaps and overlaps over 20 ms are filled and cut, a late start is filled with silence, so
    # that sound stays in step with the picture's constant rate.
    filters = ["aresample=async=1:min_hard_comp=0.02:first_pts=0"]
    if audio.channels > 2 and audio.channels not in _MIXABLE:
        filters.append("pan=stereo|c0=c0|c1=c1")
    layout = "mono" if audio.channels == 1 else "stereo"
    rate = f":sample_rates={_MAX_SAMPLE_RATE}" if audio.sample_rate > _MAX_SAMPLE_RATE else ""
    filters.append(f"aformat=channel_layouts={layout}{rate}")
    return f"[0:{audio.index}]{','.join(filters)}[{AUDIO_LABEL}]"


def _ratio(rate: Fraction) -> str:
    return f"{rate.numerator}/{rate.denominator}"
