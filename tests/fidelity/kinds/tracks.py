"""I: which of several tracks is the film."""

from dataclasses import replace
from pathlib import Path

from tests.fidelity.expect import Expect, refused
from tests.fidelity.patch import join
from tests.fidelity.pattern import TO_BT709
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import AAC, H264, Workshop

KIND = Kind("I tracks")
KINDS = (KIND,)
_FILM = Expect(seconds=(3,), heard=3, flashes=3, beeps=3, pictures=(74, 76), sizes=((640, 360),))
_SMALL = ["-f", "lavfi", "-i", "color=red:s=160x90:r=25:d="]


def _with(shop: Workshop, path: Path, other: list[str], *options: str) -> None:
    """Make a file of which the other track is the first."""
    shop.run(*other, *shop.picture(3), *shop.beeps(3), "-map", "0:v", "-map", "1:v", "-map", "2:a",
             "-filter:v:1", TO_BT709, *H264, "-pix_fmt", "yuv420p", *AAC, *options,
             str(path))  # fmt: skip


@KIND("thumbnail-first.mov", _FILM)
@KIND("thumbnail-first.mkv", _FILM)
def _thumbnail(shop: Workshop, path: Path) -> None:
    one = [*_SMALL[:-1], _SMALL[-1] + "0.04"]
    _with(shop, path, one, "-c:v:0", "mjpeg", "-pix_fmt:v:0", "yuvj420p")


@KIND("small-film-first.mp4", _FILM)
@KIND("small-film-first.ts", _FILM)
def _small_first(shop: Workshop, path: Path) -> None:
    _with(shop, path, [*_SMALL[:-1], _SMALL[-1] + "3"])


@KIND("large-still-first.mov", _FILM)
def _large_still(shop: Workshop, path: Path) -> None:
    still = ["-f", "lavfi", "-i", "color=red:s=1920x1080:r=25:d=0.04"]
    _with(shop, path, still, "-c:v:0", "mjpeg", "-pix_fmt:v:0", "yuvj420p")


@KIND("short-clip-first.mkv", _FILM)
def _short_first(shop: Workshop, path: Path) -> None:
    _with(shop, path, ["-f", "lavfi", "-i", "color=red:s=640x360:r=25:d=0.4"])


# What appears behind the 5 MB that FFmpeg looks at to find tracks, and is not at the end, where it
# looks for lengths.
_FILLED = ("-c:v", "mpeg2video", "-b:v", "16M", "-minrate", "16M", "-maxrate", "16M", "-bufsize",
           "4M")  # fmt: skip


def _recording(shop: Workshop, name: str, start: int, *options: str, heard: float = 4) -> Path:
    return shop.film(
        shop.place(name), "-output_ts_offset", str(1 + start), "-muxdelay", "0",
        "-muxpreload", "0", *options, seconds=4, heard=heard, video=_FILLED, audio=("-c:a", "ac3"),
    )  # fmt: skip


_MIDDLE = Expect(seconds=(12,), heard=8, flashes=12, in_step=(4, 8), beeps=4)


@KIND("sound-in-the-middle.ts", _MIDDLE)
@KIND("sound-in-the-middle.mpg", _MIDDLE)
def _middle(shop: Workshop, path: Path) -> None:
    as_is = ("-f", "vob") if path.suffix == ".mpg" else ()
    parts = [
        _recording(shop, f"part{number}{path.suffix}", 4 * number, *as_is, heard=heard)
        for number, heard in enumerate((0, 4, 0))
    ]
    join(path, *parts)


# The other sound can be chosen where it is streamed.
_OTHERS = frozenset({"video_dropped"})


@KIND("joined-with-other-tracks.ts", Expect(flashes=4, beeps=4, told=_OTHERS))
def _other_tracks(shop: Workshop, path: Path) -> None:
    second = shop.place("second.ts")
    shop.film(second, "-mpegts_start_pid", "0x200", "-mpegts_pmt_start_pid", "0x1100")
    join(path, _recording(shop, "first.ts", 0), second)


# Of a codec that no decoder is opened for: beside the film it is left alone.
_FOREIGN = ("-c:v:1", "magicyuv", "-pix_fmt:v:1", "yuv420p")


@KIND("foreign-beside.mkv", replace(_FILM, told=frozenset({"video_dropped"})))
@KIND("foreign-beside.mov", replace(_FILM, told=frozenset({"video_dropped"})))
def _foreign(shop: Workshop, path: Path) -> None:
    _beside(shop, path, "160x90")


@KIND("larger-foreign-beside.mkv", replace(_FILM, told=frozenset({"video_dropped"})))
def _larger_foreign(shop: Workshop, path: Path) -> None:
    _beside(shop, path, "1280x720")


def _beside(shop: Workshop, path: Path, size: str) -> None:
    shop.run(*shop.picture(3), "-f", "lavfi", "-i", f"color=red:s={size}:r=25:d=3",
             *shop.beeps(3), "-map", "0:v", "-map", "1:v", "-map", "2:a", "-filter:v:0", TO_BT709,
             *H264, "-pix_fmt", "yuv420p", *_FOREIGN, *AAC, str(path))  # fmt: skip


@KIND("foreign-alone.mkv", refused("unsupported_codec"))
def _alone(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=3, video=("-c:v", "magicyuv"))


def _cover(name: str, picture: str, *options: str) -> None:
    @KIND(name, _FILM)
    def make(shop: Workshop, path: Path) -> None:
        cover = shop.place(picture)
        shop.run("-f", "lavfi", "-i", "color=red:s=1000x1000:d=0.04", "-frames:v", "1", str(cover))
        film = shop.film(shop.place("plain.mp4"), seconds=3)
        given = (
            ["-i", str(film), "-attach", str(cover), *options, "-c", "copy"]
            if path.suffix == ".mkv"
            else ["-i", str(cover), "-i", str(film), "-map", "0", "-map", "1", "-c", "copy",
                  "-disposition:v:0", "attached_pic"]
        )  # fmt: skip
        shop.run(*given, str(path))


_cover("jpeg-cover.mkv", "cover.jpg", "-metadata:s:t", "mimetype=image/jpeg")
_cover("png-cover.mkv", "cover.png", "-metadata:s:t", "mimetype=image/png")
_cover("tiff-cover.mkv", "cover.tiff", "-metadata:s:t", "mimetype=image/tiff")
_cover("jpeg-cover.mp4", "cover.jpg")
_cover("png-cover.mp4", "cover.png")


# A track that is announced, and nothing is in it: a recording with a muted microphone.
_MUTED = Expect(seconds=(3,), heard=0, flashes=3, pictures=(74, 76))
_NOTHING = "noise=drop=1"


@KIND("empty-sound.webm", _MUTED)
def _muted_recording(shop: Workshop, path: Path) -> None:
    shop.film(path, "-deadline", "realtime", "-cpu-used", "8", "-bsf:a", _NOTHING, seconds=3,
              video=("-c:v", "libvpx", "-b:v", "1M"), audio=("-c:a", "libopus"))  # fmt: skip


@KIND("empty-sound.mp4", _MUTED)
def _muted_fragments(shop: Workshop, path: Path) -> None:
    shop.film(path, "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-bsf:a", _NOTHING,
              seconds=3)  # fmt: skip


@KIND("empty-default-sound.mkv", _FILM)
@KIND("empty-first-sound.mp4", _FILM)
def _empty_first(shop: Workshop, path: Path) -> None:
    parts = () if path.suffix == ".mkv" else ("-movflags", "frag_keyframe+empty_moov")
    shop.run(*shop.picture(3), *shop.beeps(3), "-map", "0:v", "-map", "1:a", "-map", "1:a", "-vf",
             TO_BT709, *H264, *AAC, "-bsf:a:0", _NOTHING, "-disposition:a:0", "default", *parts,
             str(path))  # fmt: skip


@KIND("described-sound-first.mkv", _FILM)
@KIND("described-sound-first.ts", _FILM)
def _described(shop: Workshop, path: Path) -> None:
    # For blind people somebody tells what is to be seen. TS writes it as a descriptor.
    tone = ("-f", "lavfi", "-i", "sine=440:r=48000:d=3")
    shop.run(*shop.picture(3), *tone, *shop.beeps(3), "-map", "0:v", "-map", "1:a", "-map", "2:a",
             "-vf", TO_BT709, *H264, "-c:a", "mp2", "-metadata:s:a", "language=eng",
             "-disposition:a:0", "default+visual_impaired+descriptions", "-disposition:a:1", "0",
             str(path))  # fmt: skip


@KIND("second-programme.ts", _FILM)
def _programmes(shop: Workshop, path: Path) -> None:
    # Two programmes on one channel; each has its own sound.
    tone = ("-f", "lavfi", "-i", "sine=440:r=48000:d=3")
    shop.run(*_SMALL[:-1], _SMALL[-1] + "3", *tone, *shop.picture(3), *shop.beeps(3), "-map", "0:v",
             "-map", "1:a", "-map", "2:v", "-map", "3:a", "-filter:v:1", TO_BT709, *H264,
             "-pix_fmt", "yuv420p", "-c:a", "mp2", "-program", "program_num=1:st=0:st=1",
             "-program", "program_num=2:st=2:st=3", str(path))  # fmt: skip


@KIND("forty-subtitles.mkv", _FILM)
def _subtitles(shop: Workshop, path: Path) -> None:
    words = shop.place("words.srt")
    words.write_text("1\n00:00:00,000 --> 00:00:01,000\nwords\n")
    film = shop.film(shop.place("plain.mp4"), seconds=3)
    shop.run("-i", str(film), "-i", str(words), "-map", "0", *["-map", "1"] * 40, "-c", "copy",
             str(path))  # fmt: skip
