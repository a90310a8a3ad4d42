"""A: picture and sound begin or end at different times."""

from pathlib import Path

from tests.fidelity.expect import Expect
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


@KIND("sound-late.mp4", Expect(seconds=(5,), heard=5, flashes=5, in_step=(2, 5), beeps=3))
@KIND("sound-late.mkv", Expect(seconds=(5,), heard=5, flashes=5, in_step=(2, 5), beeps=3))
def _sound_late(shop: Workshop, path: Path) -> None:
    whole = shop.film(shop.place("whole.mkv"), seconds=5, video=H264, audio=("-c:a", "flac"))
    shop.run(
        "-i", str(whole), *H264, *AAC, "-filter_complex",
        "[0:a]atrim=start=2[a]", "-map", "0:v", "-map", "[a]", str(path),
    )  # fmt: skip
