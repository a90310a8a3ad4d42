"""A: picture and sound begin or end at different times."""

from pathlib import Path

from tests.fidelity.expect import Expect
from tests.fidelity.patch import spoil
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import AAC, H264, Workshop

KIND = Kind("A ends")
KINDS = (KIND,)
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")
OPUS = ("-c:a", "libopus", "-b:a", "64k")

_HELD = Expect(seconds=(6,), heard=6, flashes=2, beeps=6, compared=True)
_STANDS = Expect(seconds=(5,), heard=5, beeps=5, compared=True)
# What is shown before a late picture is not said: black or the first picture.
_LATE = Expect(seconds=(5,), heard=5, disc=False, flashes=3, beeps=5)


@KIND("picture-ends-first.mp4", _HELD)
@KIND("picture-ends-first.mov", _HELD)
@KIND("picture-ends-first.mkv", _HELD)
def _picture_ends_first(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=2, heard=6)


@KIND("picture-ends-first.webm", _HELD)
def _picture_ends_first_webm(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=2, heard=6, video=VP9, audio=OPUS)


@KIND("picture-ends-first.ts", _HELD)
def _picture_ends_first_ts(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=2, heard=6, audio=("-c:a", "mp2"))


@KIND("picture-ends-first.avi", _HELD)
def _picture_ends_first_avi(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=2, heard=6, video=("-c:v", "mpeg4", "-q:v", "3"),
              audio=("-c:a", "libmp3lame"))  # fmt: skip


@KIND("sound-ends-first.mp4", Expect(seconds=(5,), flashes=5, in_step=(0, 1.5), beeps=2))
def _sound_ends_first(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=5, heard=2)


@KIND("one-picture.mp4", _STANDS)
@KIND("one-picture.mov", _STANDS)
@KIND("one-picture.mkv", _STANDS)
def _one_picture(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=0.04, heard=5)


@KIND("one-picture-a-second.mp4", Expect(seconds=(5,), heard=5, beeps=5))
def _slow(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=5, rate="1")


@KIND("one-picture-long.mp4", _STANDS)
def _one_long_picture(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=5, heard=5, rate="1/5")


@KIND("picture-late.mkv", _LATE)
@KIND("picture-late.mp4", _LATE)
@KIND("picture-late.mov", _LATE)
def _picture_late(shop: Workshop, path: Path) -> None:
    _late(shop, path, *H264, *AAC)


@KIND("picture-late.ts", _LATE)
def _picture_late_ts(shop: Workshop, path: Path) -> None:
    _late(shop, path, *H264, "-c:a", "mp2")


@KIND("picture-late.webm", _LATE)
def _picture_late_webm(shop: Workshop, path: Path) -> None:
    _late(shop, path, *VP9, *OPUS)


def _late(shop: Workshop, path: Path, *codecs: str) -> None:
    whole = shop.film(shop.place("whole.mkv"), seconds=5, video=H264, audio=("-c:a", "flac"))
    shop.run(
        "-i", str(whole), *codecs, "-filter_complex",
        "[0:v]trim=start=2[v]", "-map", "[v]", "-map", "0:a", str(path),
    )  # fmt: skip


@KIND("picture-far-in.ts", Expect(seconds=(16,), heard=16, disc=False, pictures=(399, 401),
      flashes=4, beeps=16))  # fmt: skip
def _picture_far_in(shop: Workshop, path: Path) -> None:
    # FFmpeg's first look ends before it.
    whole = shop.film(shop.place("whole.mkv"), seconds=16, size="320x180", video=H264,
                      audio=("-c:a", "flac"))  # fmt: skip
    shop.run(
        "-i", str(whole), *H264, "-c:a", "mp2", "-filter_complex", "[0:v]trim=start=12[v]",
        "-map", "[v]", "-map", "0:a", str(path),
    )  # fmt: skip


@KIND("keyframe-far-in.ts", Expect(seconds=(5.5,), heard=5.5, disc=False, pictures=(136, 139),
      flashes=2, in_step=(0.5, 6), beeps=5))  # fmt: skip
def _keyframe_far_in(shop: Workshop, path: Path) -> None:
    # A broadcast is joined at any time. This one has so many bytes that FFmpeg's first look ends
    # before the next keyframe.
    rate = ("-b:v", "24M", "-minrate", "24M", "-maxrate", "24M", "-bufsize", "6M")
    h264 = (*H264, *rate, "-x264-params", "nal-hrd=cbr", "-g", "100", "-sc_threshold", "0")
    whole = shop.film(shop.place("whole.ts"), seconds=6, video=h264, audio=("-c:a", "mp2"))
    data = whole.read_bytes()
    path.write_bytes(data[len(data) // 188 // 12 * 188 :])


@KIND("sound-late.mp4", Expect(seconds=(5,), heard=5, flashes=5, in_step=(2, 5), beeps=3))
@KIND("sound-late.mkv", Expect(seconds=(5,), heard=5, flashes=5, in_step=(2, 5), beeps=3))
def _sound_late(shop: Workshop, path: Path) -> None:
    whole = shop.film(shop.place("whole.mkv"), seconds=5, video=H264, audio=("-c:a", "flac"))
    shop.run(
        "-i", str(whole), *H264, *AAC, "-filter_complex",
        "[0:a]atrim=start=2[a]", "-map", "0:v", "-map", "[a]", str(path),
    )  # fmt: skip


_WMV = ("-c:v", "wmv2", "-b:v", "2M", "-c:a", "wmav2")


@KIND("sound-little-late.wmv", Expect(seconds=(5,), heard=5, flashes=5, in_step=(1, 5), beeps=4,
                                      compared=True))  # fmt: skip
@KIND("sound-late-and-spoilt.wmv", Expect(heard=8, disc=False, damaged=True))
def _sound_late_wmv(shop: Workshop, path: Path) -> None:
    # Its header has one length, that of the file.
    spoilt = "spoilt" in path.name
    length, start = (8, "3") if spoilt else (5, "0.3")
    whole = shop.film(shop.place("whole.mkv"), seconds=length, video=H264, audio=("-c:a", "flac"))
    shop.run("-i", str(whole), "-af", f"atrim=start={start}", *_WMV, str(path))
    if spoilt:
        spoil(path, 0.5, 0.56)


# So late that no first look at the file hears anything.
_SOUND_LATER = Expect(seconds=(16,), heard=16, flashes=16, in_step=(12, 16), beeps=4)
_MPEG2 = ("-c:v", "mpeg2video", "-q:v", "4")


@KIND("sound-12-s-late.ts", _SOUND_LATER)
@KIND("sound-12-s-late.mpg", _SOUND_LATER)
@KIND("sound-12-s-late.m2ts", _SOUND_LATER)
@KIND("sound-12-s-late.mkv", _SOUND_LATER)
@KIND("sound-12-s-late.webm", _SOUND_LATER)
@KIND("sound-12-s-late.mp4", _SOUND_LATER)
@KIND("sound-12-s-late.wmv", _SOUND_LATER)
def _sound_later(shop: Workshop, path: Path) -> None:
    codecs = {
        ".webm": (*VP9, *OPUS),
        ".mpg": (*_MPEG2, "-c:a", "mp2"),
        ".ts": (*H264, "-c:a", "mp2"),
        ".wmv": _WMV,
    }
    whole = shop.film(shop.place("whole.mkv"), seconds=16, video=H264, audio=("-c:a", "flac"))
    shop.run("-i", str(whole), "-af", "atrim=start=12",
             *codecs.get(path.suffix, (*H264, *AAC)), str(path))  # fmt: skip
