"""The test picture and its sound, as sources of FFmpeg's `lavfi`.

1280 x 720, or as much smaller: a round light disc in the middle, colour patches at the bottom, a
box at the top left that flashes for 80 ms at each full second while a 1 kHz beep sounds, and a
black mark that moves with each picture.
"""

from pathlib import Path

from tests.fidelity.judge.hues import PATCHES

GROUND = bytes((64, 96, 160))
FLASH_S = 0.08
_TAGGED = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
TO_BT709 = f"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,{_TAGGED}"


def still(width: int = 1280, height: int = 720) -> bytes:
    """The picture without its moving parts, as PPM."""
    scale = 1280 / width
    rows = []
    for line in range(height):
        y = (line + 0.5) * 720 / height
        row = bytearray(GROUND * width)
        for (middle, at), colour in list(PATCHES.values())[:4]:
            if abs(y - at) < 70:
                left, right = round((middle - 70) / scale), round((middle + 70) / scale)
                row[3 * left : 3 * right] = bytes(colour) * (right - left)
        if abs(y - 360) < 240:
            half = (240**2 - (y - 360) ** 2) ** 0.5
            left, right = round((640 - half) / scale), round((640 + half) / scale)
            row[3 * left : 3 * right] = bytes((235, 235, 235)) * (right - left)
        rows.append(bytes(row))
    return f"P6 {width} {height} 255\n".encode() + b"".join(rows)


def picture(folder: Path, seconds: float, rate: str = "25", size: str = "640x360") -> str:
    """Describe the moving test picture in RGB; its still part is written to `folder`."""
    width, height = map(int, size.split("x"))
    file = folder / f"still-{size}.ppm"
    if not file.exists():
        file.write_bytes(still(width, height))

    def across(units: float) -> int:
        return round(units * width / 1280)

    def down(units: float) -> int:
        return round(units * height / 720)

    box = f"x={across(40)}:y={down(40)}:w={across(160)}:h={down(160)}:t=fill"
    mark = f"{max(across(40), 2)}x{max(down(40), 2)}"
    return (
        f"movie={file},loop=loop=-1:size=1,setpts=N/({rate})/TB,fps={rate},"
        f"drawbox={box}:c=black,drawbox={box}:c=white:enable='lt(mod(t+0.0005,1),{FLASH_S})'[p];"
        f"color=black:s={mark}:r={rate},format=gbrp[m];"
        f"[p][m]overlay=format=gbrp:x='{across(240)}+mod(n*{max(across(6), 3)},{across(900)})'"
        f":y={down(230)}:shortest=1,trim=duration={seconds}"
    )


def beeps(
    seconds: float, channels: str = "mono", only: int | None = None, rate: int = 48000
) -> str:
    """Describe the beeps, in all channels of a layout or in one of them, counted from 0."""
    beep = f"0.5*sin(2*PI*1000*t)*lt(mod(t,1),{FLASH_S})"
    count = int(channels) if channels.isdigit() else _count(channels)
    parts = "|".join(beep if only in (None, number) else "0" for number in range(count))
    layout = "" if channels.isdigit() else f":c={channels}"
    return f"aevalsrc=exprs='{parts}'{layout}:s={rate}:d={seconds}"


_COUNTS = {
    "mono": 1, "stereo": 2, "2.1": 3, "3.0": 3, "4.0": 4, "quad": 4, "5.0": 5, "5.1": 6,
    "5.0(side)": 5, "5.1(side)": 6, "6.1": 7, "7.1": 8, "7.1.4": 12, "hexadecagonal": 16,
    "22.2": 24,
}  # fmt: skip


def _count(layout: str) -> int:
    return _COUNTS[layout]
