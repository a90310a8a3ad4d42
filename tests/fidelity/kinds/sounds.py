"""F: layouts of sound other than one or two plain channels."""

from pathlib import Path

from tests.fidelity.expect import Expect, refused
from tests.fidelity.patch import family
from tests.fidelity.pattern import TO_BT709
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import AAC, H264, Workshop

KIND = Kind("F sounds")
KINDS = (KIND,)
_HEARD = Expect(seconds=(2,), heard=2, flashes=2, beeps=2, sizes=((320, 180), (426, 240)))
_SMALL = "320x180"


def _film(name: str, channels: str, codec: str, only: int | None = None, *options: str) -> None:
    @KIND(name, _HEARD)
    def make(shop: Workshop, path: Path) -> None:
        shop.run(*shop.picture(2, "25", _SMALL), *shop.beeps(2, channels, only), "-vf", TO_BT709,
                 *H264, *codec.split(), *options, str(path))  # fmt: skip


for _layout, _centre in (
    ("2.1", None), ("3.0", 2), ("4.0", 2), ("quad", 0), ("5.0", 2), ("5.1", 2), ("6.1", 2),
    ("7.1", 2), ("5.1(side)", 2),
):  # fmt: skip
    _film(f"flac-{_layout}.mkv", _layout, "-c:a flac", _centre)
    _film(f"pcm-{_layout}.mov", _layout, "-c:a pcm_s16le", _centre)
for _layout in ("mono", "stereo", "5.1", "7.1"):
    _film(f"opus-{_layout}.webm", _layout,
          "-c:v libvpx -b:v 1M -deadline realtime -cpu-used 8 -c:a libopus -mapping_family 1",
          2 if _layout[0] in "57" else None)  # fmt: skip
    _film(f"aac-{_layout}.mp4", _layout, "-c:a aac", 2 if _layout[0] in "57" else None)
_film("ac3-centre.mkv", "5.1", "-c:a ac3", 2)
_film("eac3-centre.mp4", "5.1", "-c:a eac3", 2)
_film("atmos-bed.mov", "7.1.4", "-c:a pcm_s24le", 2)
_film("atmos-bed-height.mov", "7.1.4", "-c:a pcm_s24le", 8)
_film("hexadecagonal.mov", "hexadecagonal", "-c:a pcm_s16le", 2)
_film("hexadecagonal.mkv", "hexadecagonal", "-c:a pcm_s16le", 0)
_film("22.2.mov", "22.2", "-c:a pcm_s16le", 2)
# Channels that nobody has named: recorders write one a microphone.
for _number in (3, 4, 5, 6, 8, 10, 12, 16):
    _film(f"unnamed-{_number}.mkv", str(_number), "-c:a pcm_s16le")
    if _number > 3:  # of three, QuickTime takes the last one for bass effects
        _film(f"unnamed-{_number}-last.mov", str(_number), "-c:a pcm_s16le", _number - 1)
_film("left-only.mp4", "stereo", "-c:a aac", 0)
_film("right-only.mp4", "stereo", "-c:a aac", 1)


@KIND("left-and-right-track.mov", _HEARD)
@KIND("right-and-left-track.mov", _HEARD)
def _track_for_each_side(shop: Workshop, path: Path) -> None:
    # Each track says which side it is; only the second one is heard.
    first, second = ("FL", "FR") if path.stem.partition("-")[2].startswith("left") else ("FR", "FL")
    shop.run(*shop.picture(2, "25", _SMALL), *shop.beeps(2), "-filter_complex",
             f"[1:a]asplit[a][b];[a]volume=0,pan={first}|c0=c0[c];[b]pan={second}|c0=c0[d]",
             "-map", "0:v", "-map", "[c]", "-map", "[d]", "-vf", TO_BT709, *H264,
             "-c:a", "pcm_s16le", str(path))  # fmt: skip


_film("8-khz.mov", "mono", "-ar 8000 -c:a pcm_alaw")
_film("96-khz.mkv", "stereo", "-ar 96000 -c:a flac")
_film("192-khz.mov", "stereo", "-ar 192000 -c:a pcm_s32le")


@KIND("ambisonic-1.mkv", _HEARD)
@KIND("ambisonic-1.mp4", _HEARD)
def _ambisonic(shop: Workshop, path: Path) -> None:
    shop.run(*shop.picture(2, "25", _SMALL), *shop.beeps(2, "4", 0), "-vf", TO_BT709, *H264, "-af",
             "channelmap=map=0|1|2|3:channel_layout=ambisonic 1", "-c:a", "libopus",
             "-mapping_family", "2", str(path))  # fmt: skip


@KIND("ambisonic-and-stereo.mkv", _HEARD)
def _beside_ambisonic(shop: Workshop, path: Path) -> None:
    # The encoder knows no such layout: it is written as unrelated channels, and called another.
    # All that is heard is in the two that do not turn with the head.
    shop.run(*shop.picture(2, "25", _SMALL), *shop.beeps(2, "6", 4), "-vf", TO_BT709, *H264, "-c:a",
             "libopus", "-mapping_family", "255", "-b:a", "300k", str(path))  # fmt: skip
    family(path, 2)


@KIND("opposite-phases.mp4", _HEARD)
def _opposite(shop: Workshop, path: Path) -> None:
    # One channel is the other upside down: added up there is silence.
    shop.run(*shop.picture(2, "25", _SMALL), *shop.beeps(2, "stereo"), "-vf", TO_BT709, *H264,
             "-af", "pan=stereo|c0=c0|c1=-1*c1", "-c:a", "aac", str(path))  # fmt: skip


@KIND("eight-mono-tracks.mp4", _HEARD)
def _tracks(shop: Workshop, path: Path) -> None:
    maps = ["-map", "1:a"] * 8
    shop.run(*shop.picture(2, "25", _SMALL), *shop.beeps(2), "-map", "0:v", *maps, "-vf", TO_BT709,
             *H264, "-c:a", "aac", str(path))  # fmt: skip


@KIND("second-track-is-default.mkv", _HEARD)
def _default(shop: Workshop, path: Path) -> None:
    silence = ["-f", "lavfi", "-i", "anullsrc=r=48000:cl=mono:d=2"]
    shop.run(*shop.picture(2, "25", _SMALL), *silence, *shop.beeps(2), "-map", "0:v", "-map", "1:a",
             "-map", "2:a", "-vf", TO_BT709, *H264, "-t", "2", "-c:a", "aac", "-disposition:a:0",
             "0", "-disposition:a:1", "default", str(path))  # fmt: skip


@KIND("left-and-right-tracks.mxf", Expect(seconds=(2,), heard=2, flashes=2, beeps=2))
def _sides(shop: Workshop, path: Path) -> None:
    # Cameras write a track for each channel; the first microphone hears nothing here.
    silence = ("-f", "lavfi", "-i", "anullsrc=r=48000:cl=mono:d=2")
    shop.run(*shop.picture(2, "25", "640x360"), *silence, *shop.beeps(2), "-map", "0:v", "-map",
             "1:a", "-map", "2:a", "-t", "2", "-vf", f"{TO_BT709},format=yuv422p", "-c:v",
             "mpeg2video", "-q:v", "2", "-c:a", "pcm_s16le", str(path))  # fmt: skip


# It begins behind all that is looked at before the encode.
@KIND("late-beyond-the-probe.ts", Expect(seconds=(16,), heard=16, in_step=(12, 16), flashes=16,
                                         beeps=4))  # fmt: skip
def _late(shop: Workshop, path: Path) -> None:
    shop.run(*shop.picture(16, "25", _SMALL), "-itsoffset", "12", *shop.beeps(4), "-vf", TO_BT709,
             *H264, "-c:a", "mp2", "-muxrate", "6M", str(path))  # fmt: skip


# Four packets of five are broken; the picture is whole.
_BROKEN = "noise=amount='if(mod(n,5),1,0)'"


@KIND("mostly-broken.mp4", Expect(seconds=(5,), damaged=True))
@KIND("mostly-broken.mkv", Expect(seconds=(5,), damaged=True))
def _broken(shop: Workshop, path: Path) -> None:
    whole = shop.film(shop.place("whole.mp4"), seconds=5)
    shop.run("-i", str(whole), "-c", "copy", "-bsf:a", _BROKEN, str(path))


@KIND("alone-mostly-broken.m4a", refused("corrupt_media"))
def _broken_alone(shop: Workshop, path: Path) -> None:
    whole = shop.place("whole.m4a")
    shop.run(*shop.beeps(5), *AAC, str(whole))
    shop.run("-i", str(whole), "-c", "copy", "-bsf:a", _BROKEN, str(path))
