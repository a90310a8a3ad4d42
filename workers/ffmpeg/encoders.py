"""The encoders of pictures, and how each is told what a plan wants."""

from workers.media.ladder import Codec
from workers.media.plan import EncodePlan

ENCODERS: dict[Codec, str] = {"h264": "libx264", "hevc": "libx265", "av1": "libsvtav1"}

# What the fast presets leave out for little gain: looking further ahead, weighting all references,
# choosing coefficients well; and a milder adaptive quantiser. With the keyframes placed as below
# one video at 720 lines took about a quarter fewer bytes at the same VMAF, in the same time.
_TUNED_PRESETS = frozenset({"superfast", "veryfast", "faster"})
_TUNING = "weightp=2:trellis=1:aq-strength=0.7"
LOOKAHEAD = 20  # pictures; of a lead, for which people wait, fewer
SHORT_LOOKAHEAD = 4
# SVT-AV1 numbers its presets; those from 10 on can spoil the picture, its own log says.
_SVT_PRESETS = {
    "ultrafast": 11, "superfast": 10, "veryfast": 9, "faster": 8, "fast": 7,
    "medium": 6, "slow": 5, "slower": 4, "veryslow": 3,
}  # fmt: skip


def encoder_options(plan: EncodePlan, lookahead: int = LOOKAHEAD) -> list[str]:
    """Return the options of the encoders of a plan, but for its qualities.

    Where all have one codec, they are for all streams. `lookahead` is that of H.264 where a
    preset is tuned, in pictures.
    """
    codecs = [each.codec for each in plan.renditions]
    if len(set(codecs)) == 1:
        found = _options(codecs[0], plan, lookahead)
        return [word for name, value in found for word in (f"-{name}", value)]
    options: list[str] = []
    for number, codec in enumerate(codecs):
        for name, value in _options(codec, plan, lookahead):
            options += [f"-{name.removesuffix(':v')}:v:{number}", value]
    return options


def _options(codec: Codec, plan: EncodePlan, lookahead: int) -> list[tuple[str, str]]:
    """Return options with their values, as they are for all streams of pictures."""
    return _h264(plan, lookahead) if codec == "h264" else {"hevc": _hevc, "av1": _av1}[codec](plan)


def _h264(plan: EncodePlan, lookahead: int) -> list[tuple[str, str]]:
    is_tuned = plan.preset in _TUNED_PRESETS
    params = [f"rc-lookahead={lookahead}:{_TUNING}"] if is_tuned else []
    if plan.streamed:
        # Keep it from adding keyframes to those that are forced: each would begin a segment.
        gop = plan.keyframe_interval
        params.append(f"keyint={2 * gop}:min-keyint={gop + 1}")
    return [
        *([("x264-params", ":".join(params))] if params else []),
        ("c:v", ENCODERS["h264"]),
        ("preset", plan.preset),
        ("profile:v", "high"),
    ]


def _hevc(plan: EncodePlan) -> list[tuple[str, str]]:
    gop = plan.keyframe_interval
    return [
        # A keyframe at every gop-th picture, nowhere else, and nothing refers across one.
        ("x265-params", f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:log-level=error"),
        ("forced-idr", "1"),
        ("c:v", ENCODERS["hevc"]),
        ("preset", plan.preset),
        ("profile:v", "main"),
        # Apple's players open no other tag. Its parameter sets are in the header alone.
        ("tag:v", "hvc1"),
        ("flags:v", "+global_header"),
    ]


def _av1(plan: EncodePlan) -> list[tuple[str, str]]:
    return [
        # Refresh type 2: keyframes that nothing refers across.
        ("svtav1-params", f"keyint={plan.keyframe_interval}:irefresh-type=2:scd=0"),
        ("c:v", ENCODERS["av1"]),
        ("preset", str(_SVT_PRESETS[plan.preset])),
        ("profile:v", "main"),
        ("flags:v", "+global_header"),  # else the header of a track would be empty
    ]
