"""Mixes down what FFmpeg cannot, or not whole."""

import re

from workers.media.info import AudioStream

_HALF_POWER = 0.707
_LEFT = ["FL", "SL", "BL", "WL", "TFL", "TSL", "TBL", "BFL", "DL"]
_RIGHT = ["FR", "SR", "BR", "WR", "TFR", "TSR", "TBR", "BFR", "DR"]
_MIDDLE = ["FC", "TFC", "BFC"]
_BEHIND = ["BC", "TC", "TBC"]
# By channel, what the left and the right ear hear of it. Bass effects are left out, as FFmpeg does.
_EARS = (
    {name: (1.0 if name in {"FL", "DL"} else _HALF_POWER, 0.0) for name in _LEFT}
    | {name: (0.0, 1.0 if name in {"FR", "DR"} else _HALF_POWER) for name in _RIGHT}
    | dict.fromkeys(_MIDDLE, (_HALF_POWER, _HALF_POWER))
    | dict.fromkeys(_BEHIND, (0.5, 0.5))
    | {"FLC": (0.9, 0.4), "FRC": (0.4, 0.9), "SSL": (_HALF_POWER, 0.0), "SSR": (0.0, _HALF_POWER)}
)
# By channel of 5.1, what it has of others: those above are heard below.
_BEDS = {
    "FL": "FL FLC WL TFL BFL",
    "FR": "FR FRC WR TFR BFR",
    "FC": "FC TFC BFC",
    "LFE": "LFE LFE2",
    "BL": "BL SL TBL TSL BC TC TBC",
    "BR": "BR SR TBR TSR BC TC TBC",
}
# Layouts of which FFmpeg's own mix leaves out more than bass effects, by their names there; and
# 3.0: three channels without names are 2.1 to it, so that it leaves out the third.
_LAYOUTS = {
    "3.0": "FL FR FC",
    "cube": "FL FR BL BR TFL TFR TBL TBR",
    "5.1.4": "FL FR FC LFE BL BR TFL TFR TBL TBR",
    "7.1.2": "FL FR FC LFE BL BR SL SR TFL TFR",
    "7.1.4": "FL FR FC LFE BL BR SL SR TFL TFR TBL TBR",
    "7.2.3": "FL FR FC LFE BL BR SL SR TFL TFR TBC LFE2",
    "9.1.4": "FL FR FC LFE BL BR FLC FRC SL SR TFL TFR TBL TBR",
    "9.1.6": "FL FR FC LFE BL BR FLC FRC SL SR TFL TFR TBL TBR TSL TSR",
    "hexadecagonal": "FL FR FC BL BR BC SL SR TFL TFC TFR TBL TBC TBR WL WR",
    "22.2": (
        "FL FR FC LFE BL BR FLC FRC BC SL SR TC TFL TFC TFR TBL TBC TBR LFE2 TSL TSR BFC BFL BFR"
    ),
}
# What so many channels mostly are when nothing is said.
_BY_COUNT = {3: "3.0", 10: "5.1.4", 12: "7.1.4", 24: "22.2"}
_MOST_PLAIN = 8
_NAMED = re.compile(r"\(([A-Z0-9+]+)\)$")
# Of channels in ACN order; what stands behind the sign stays at the ears when the head turns.
_AMBISONIC = re.compile(r"ambisonic (\d+)(?:\+(.+))?$")
_AT_THE_EARS = {"mono": "FC", "stereo": "FL FR"}


def mix_of(audio: AudioStream) -> str | None:
    """Return the filter that makes stereo of the sound; None where FFmpeg's own mix is right."""
    if ambisonic := _AMBISONIC.match(audio.layout):
        return _turning(audio, int(ambisonic[1]), ambisonic[2])
    names = _channels(audio)
    if names is None:
        return None
    left, right = _sides(names)
    return f"pan=stereo|c0={left}|c1={right}" if left and right else None


def surround_mix_of(audio: AudioStream) -> str | None:
    """Return the filter that makes 5.1 of the sound; None where FFmpeg's own mix is right."""
    if audio.layout not in _LAYOUTS:
        return None
    names = _LAYOUTS[audio.layout].split()
    sums = [
        f"{bed}="
        + "+".join(
            f"{1.0 if name == bed else _HALF_POWER:.3f}*c{n}"
            for n, name in enumerate(names)
            if name in heard.split()
        )
        for bed, heard in _BEDS.items()
    ]
    return f"pan=5.1|{'|'.join(sums)}"


def _turning(audio: AudioStream, order: int, beside: str | None) -> str:
    """Mix sound from all around, and what lies `beside` it and does not turn with it."""
    around = (order + 1) ** 2
    still = max(audio.channels - around, 0) if beside else 0
    names = _AT_THE_EARS.get(beside or "", "").split()
    left, right = _sides(names if len(names) == still else [""] * still, around)
    # Two microphones that hear the left and the right half: the first channel is what comes from
    # everywhere, the second what comes more from the left.
    more = (f"+{left}", f"+{right}") if still else ("", "")
    return f"pan=stereo|c0=0.707*c0+0.5*c1{more[0]}|c1=0.707*c0-0.5*c1{more[1]}"


def _sides(names: list[str], first: int = 0) -> tuple[str, str]:
    """Return what the left and the right ear hear of channels, whose first has that number."""
    # Nothing is known of a channel without a name: it may be the one with speech.
    even = max(len(names), 1) ** -0.5
    ears = [_EARS.get(name, (0.0, 0.0)) if name else (even, even) for name in names]
    left, right = (
        "+".join(f"{ear[side]:.3f}*c{n}" for n, ear in enumerate(ears, first) if ear[side])
        for side in (0, 1)
    )
    return left, right


def _channels(audio: AudioStream) -> list[str] | None:
    """Return the names of all channels, empty ones where nothing is said of them."""
    layout = audio.layout or _BY_COUNT.get(audio.channels, "")
    named = _NAMED.search(audio.layout)
    if layout in _LAYOUTS:
        names = _LAYOUTS[layout].split()
    elif named and "+" in named[1]:
        names = named[1].split("+")
    elif audio.channels > _MOST_PLAIN:
        names = [""] * audio.channels
    else:
        return None
    return names if len(names) == audio.channels else [""] * audio.channels
