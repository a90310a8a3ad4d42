"""Brings every colour to what all players show: BT.709, or BT.601 that says so, at 8 bits."""

from workers.ffmpeg.canvas import SCALER, to_canvas
from workers.ffmpeg.capabilities import Capabilities
from workers.media.info import OTHER_CURVES, VideoStream
from workers.media.plan import EncodePlan
from workers.media.planned import PlannedRendition

# Matrices that a picture may keep; everything else is brought to BT.709.
_KEPT_MATRICES = frozenset({"bt709", "smpte170m", "bt470bg"})
_BT709 = "color_primaries=bt709:color_trc=bt709:colorspace=bt709"
# Where nothing is said, players take BT.709 from 720 lines up and BT.601 below.
_HD_LINES = 720
# Reference white of ITU-R BT.2408 in nits, and the peak of PQ.
_WHITE, _PQ_PEAK = 203, 10_000
_SCREEN = "iec61966-2-1"  # sRGB
# What the source says of its brightest light is not so any more. An encoder would pass it on, and
# screens dim a picture by it.
_FORGET_LIGHT = [
    f"sidedata=mode=delete:type={kind}"
    for kind in ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL")
]


def sized(plan: EncodePlan, capabilities: Capabilities) -> list[str]:
    """Return the filters that bring a picture to the size and the colours of the largest."""
    video, rendition = plan.video, plan.renditions[0]

    def canvas(pix_fmt: str, options: str = "") -> list[str]:
        return to_canvas(rendition.width, rendition.height, pix_fmt, options, plan.shapes)

    if video.hdr:
        tags = [f"setparams=range=tv:{_BT709}", "format=yuv420p", *_FORGET_LIGHT]
        if capabilities.converts_color:
            return [*canvas(_fine(video)), *_tone_map(video), *tags]
        return [*canvas("yuv444p10"), *_tone_map_by_table(video), *tags]
    if video.wide_gamut and video.rgb and capabilities.converts_color:
        return [*canvas(_fine(video)), *_narrowed(video, capabilities)]
    if video.wide_gamut:
        # The filter without zscale knows few matrices.
        plain = "" if capabilities.converts_color else ":out_color_matrix=bt709"
        scaled = canvas("yuv444p10", f":out_range=tv{plain}")
        return [*scaled, *_narrowed(video, capabilities)]
    if video.color_space in _KEPT_MATRICES or untagged(video):
        return [*canvas("yuv420p", ":out_range=tv"), *said(video, rendition)]
    scaled = canvas("yuv420p", ":out_range=tv:out_color_matrix=bt709")
    return [*scaled, f"setparams={_BT709}"]


def said(video: VideoStream, rendition: PlannedRendition) -> list[str]:
    """Say what players assume of an untagged source where its smaller size changes that."""
    crosses = min(video.width, video.height) >= _HD_LINES > min(rendition.width, rendition.height)
    return [f"setparams={_BT709}"] if untagged(video) and crosses else []


def untagged(video: VideoStream) -> bool:
    """Whether nothing is said of the matrix, and there is one."""
    return not video.color_space and not video.rgb


def _fine(video: VideoStream) -> str:
    """The format for pictures whose colours are converted: red, green and blue stay so."""
    return "gbrp10" if video.rgb else "yuv444p10"


def _narrowed(video: VideoStream, capabilities: Capabilities) -> list[str]:
    """Bring other primaries and curves to those of BT.709."""
    # What was made for computer screens stays so.
    shown = _SCREEN if video.color_transfer == _SCREEN else "bt709"
    tags = f"setparams=range=tv:color_primaries=bt709:color_trc={shown}:colorspace=bt709"
    if capabilities.converts_color:
        convert = f"zscale=p=bt709:t={shown}:m=bt709:r=tv:d=error_diffusion"
        return [_described(video), convert, "format=yuv420p", tags]
    # This filter knows the curve of cameras, not the one of screens, which is nearly a pure power.
    curve = video.color_transfer if video.color_transfer in OTHER_CURVES else "gamma22"
    return [
        f"colorspace=ispace=bt709:iprimaries={video.gamut}:itrc={curve}:irange=tv"
        ":all=bt709:trc=gamma22:range=tv:format=yuv420p:dither=fsb",
        tags,
    ]


def _described(video: VideoStream) -> str:
    """Say what a source leaves out: zscale refuses frames whose description is incomplete."""
    matrix = video.color_space or ("bt2020nc" if video.gamut == "bt2020" else "bt709")
    return (
        f"setparams=color_primaries={video.gamut}:color_trc={video.color_transfer or 'bt709'}"
        f":colorspace={'gbr:range=pc' if video.rgb else matrix}"
    )


def _tone_map(video: VideoStream) -> list[str]:
    return [
        _described(video),
        f"zscale=t=linear:npl={_WHITE}",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=mobius:desat=0:peak=5",
        "zscale=t=bt709:m=bt709:r=tv:d=error_diffusion",
    ]


def _tone_map_by_table(video: VideoStream) -> list[str]:
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
        f"scale=in_color_matrix=bt2020:flags={SCALER}",
        "format=gbrp10le",
        f"lutrgb=r='{shown}':g='{shown}':b='{shown}'",
        "scale=out_color_matrix=bt709:out_range=tv",
    ]
