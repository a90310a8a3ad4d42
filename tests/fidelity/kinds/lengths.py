"""D: lengths and clocks that promise something else than what is there."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.fidelity import patch
from tests.fidelity.expect import Expect, refused
from tests.fidelity.sample import NOT_YET, Kind
from tests.fidelity.workshop import AAC, H264, Workshop

KIND = Kind("D lengths")
KINDS = (KIND,)
_FOUR = Expect(seconds=(4,), heard=4, flashes=4, beeps=4, compared=True)
_LATE = frozenset({"picture_late"})
_VP8 = ("-c:v", "libvpx", "-b:v", "1M", "-deadline", "realtime", "-cpu-used", "8")


@KIND("duration-too-long.mkv", _FOUR)
def _too_long(shop: Workshop, path: Path) -> None:
    shop.film(path)
    patch.duration(path, 12)


@KIND("duration-too-long.flv", _FOUR)
def _flash_too_long(shop: Workshop, path: Path) -> None:
    shop.film(path)
    patch.flash_duration(path, 12)


@KIND("static-end.webm", Expect(seconds=(4, 8), heard=0, flashes=4))
def _static_end(shop: Workshop, path: Path) -> None:
    shop.film(path, heard=0, video=_VP8)
    patch.duration(path, 8)


@KIND("duration-tag-too-long.mkv", _FOUR)
def _tag(shop: Workshop, path: Path) -> None:
    shop.film(path)
    patch.duration_tags(path, 12)


@KIND("duration-tag-nonsense.mkv", _FOUR)
def _nonsense(shop: Workshop, path: Path) -> None:
    shop.film(path)
    patch.duration_tags(path, 0)


@KIND("sound-tag-too-long.mkv", _FOUR)
def _sound_tag(shop: Workshop, path: Path) -> None:
    shop.film(path)
    patch.duration_tags(path, 60, tracks=(1,))


@KIND("sound-tag-of-9999-h.mkv", _FOUR)
def _endless_sound_tag(shop: Workshop, path: Path) -> None:
    shop.film(path)
    patch.duration_tags(path, 9999 * 3600, tracks=(1,))


@KIND("picture-tag-too-short.mkv", _FOUR)
def _picture_tag(shop: Workshop, path: Path) -> None:
    shop.film(path)
    patch.duration_tags(path, 1, tracks=(0,))


@KIND("duration-of-9999-h.mkv", _FOUR)
@KIND("duration-of-9999-h.flv", _FOUR)
def _endless(shop: Workshop, path: Path) -> None:
    shop.film(path)
    tell = patch.duration if path.suffix == ".mkv" else patch.flash_duration
    tell(path, 9999 * 3600)
    if path.suffix == ".mkv":
        patch.duration_tags(path, 9999 * 3600)


# Some chunks are empty: a picture stands on.
_REORDERED = replace(_FOUR, seconds=(4, 4.12), compared=False)


@KIND("reordered-h264.avi", _REORDERED)
@KIND("reordered-mpeg4.avi", _REORDERED)
def _reordered(shop: Workshop, path: Path) -> None:
    # AVI has no times of pictures, and decoders give them later the more they reorder them.
    h264 = ("-c:v", "libx264", "-preset", "fast", "-bf", "3", "-g", "50")
    mpeg4 = ("-c:v", "mpeg4", "-q:v", "2", "-bf", "2")
    video = h264 if "h264" in path.name else mpeg4
    shop.film(path, rate="25" if "h264" in path.name else "12", video=video,
              audio=("-c:a", "libmp3lame"))  # fmt: skip


@KIND("counts-too-many.avi", _FOUR)
@KIND("counts-for-hours.avi", _FOUR)
@KIND("counts-too-few.avi", _FOUR)
@KIND("counts-too-much-sound.avi", _FOUR)
def _counts(shop: Workshop, path: Path) -> None:
    shop.film(path, video=("-c:v", "mpeg4", "-q:v", "2"), audio=("-c:a", "libmp3lame"))
    factors = {"many": 2.0, "hours": 30_000.0, "few": 0.3}
    kind = b"auds" if "sound" in path.name else b"vids"
    patch.counted(path, kind, factors.get(path.stem.rpartition("-")[2], 10.0))


@KIND("begins-at-5-h.flv", _FOUR)
def _begins_late(shop: Workshop, path: Path) -> None:
    shop.film(path, "-output_ts_offset", "18000", "-flvflags", "no_duration_filesize")


@KIND("begins-at-5-h-damaged.flv", Expect(flashes=3, disc=False, hues=0, damaged=None))
def _begins_late_damaged(shop: Workshop, path: Path) -> None:
    _begins_late(shop, path)
    patch.spoil(path, 0.8, 0.82)


@KIND("statistics-copied.mkv", Expect(seconds=(6,), heard=6, flashes=4, in_step=(2, 4), beeps=4))
def _statistics(shop: Workshop, path: Path) -> None:
    # FFmpeg copies the tags of mkvmerge, and what it writes into one of them is no length.
    film = str(shop.film(shop.place("plain.mkv")))
    shop.run("-i", film, "-itsoffset", "2", "-i", film, "-map", "0:v", "-map", "1:a", "-c", "copy",
             "-metadata:s", "_STATISTICS_WRITING_APP=mkvmerge v80", str(path))  # fmt: skip


@KIND(
    "sound-before-0.mkv", Expect(seconds=(6,), heard=6, flashes=4, beeps=6, disc=False, told=_LATE)
)
def _before(shop: Workshop, path: Path) -> None:
    film = shop.place("plain.mkv")
    shop.film(film, heard=6, video=(*H264, "-bf", "0"), audio=("-c:a", "pcm_s16le"))
    shop.run("-i", str(film), "-itsoffset", "-2", "-i", str(film), "-map", "0:v", "-map", "1:a",
             "-c", "copy", "-avoid_negative_ts", "disabled", "-copyts", str(path))  # fmt: skip


@KIND("claims-999-a-second.mkv", Expect(seconds=(4,), heard=4, flashes=4, beeps=4))
def _claims(shop: Workshop, path: Path) -> None:
    shop.film(path)
    patch.default_duration(path, 1 / 999)
    patch.duration(path, 400)


@KIND("subtitles-outlast.mkv", _FOUR)
@KIND("subtitles-outlast.mp4", _FOUR)
def _subtitles(shop: Workshop, path: Path) -> None:
    words = shop.place("words.srt")
    words.write_text("1\n00:00:01,000 --> 00:00:12,000\nThe end\n")
    film = shop.film(shop.place("plain.mp4"))
    codec = "mov_text" if path.suffix == ".mp4" else "srt"
    shop.run("-i", str(film), "-i", str(words), "-map", "0", "-map", "1", "-c", "copy",
             "-c:s", codec, str(path))  # fmt: skip


@KIND("chapters-outlast.mkv", _FOUR)
def _chapters(shop: Workshop, path: Path) -> None:
    marks = shop.place("marks.txt")
    marks.write_text(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=60\ntitle=One\n")
    film = shop.film(shop.place("plain.mp4"))
    shop.run("-i", str(film), "-i", str(marks), "-map_metadata", "1", "-c", "copy", str(path))


@KIND("estimated.mpg", Expect(seconds=(3,), heard=3, flashes=3, beeps=3, compared=True))
def _estimated(shop: Workshop, path: Path) -> None:
    # A program stream has no length: what is said of it is guessed from its bytes.
    shop.film(path, seconds=3, rate="24000/1001", video=("-c:v", "mpeg2video", "-q:v", "2"),
              audio=("-c:a", "mp2"), sound_rate=32000)  # fmt: skip


@KIND("mid-gop.ts", Expect(heard=5.5, flashes=3, beeps=5, disc=False))
def _mid_gop(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=8, video=(*H264, "-g", "90", "-bf", "0", "-sc_threshold", "0",
              "-x264-params", "repeat-headers=1"), audio=("-c:a", "mp2"))  # fmt: skip
    patch.cut_packets(path, 0.31)


@KIND("clock-jumps-an-hour.ts", Expect(seconds=(6,), heard=6, flashes=6, beeps=6))
@KIND("clock-jumps-back.ts", Expect(seconds=(6,), heard=6, flashes=6, beeps=6))
def _jump(shop: Workshop, path: Path) -> None:
    offsets = ("0", "3603") if "hour" in path.name else ("3600", "3")
    pieces = []
    for number, offset in enumerate(offsets):
        piece = shop.place(f"piece{number}.ts")
        shop.film(piece, "-output_ts_offset", offset, seconds=3, audio=("-c:a", "mp2"))
        pieces.append(piece)
    patch.join(path, *pieces)


@KIND("clock-wraps.ts", _FOUR)
def _wrap(shop: Workshop, path: Path) -> None:
    # 33 bits of a 90 kHz clock end after 26.5 hours.
    shop.film(path, "-output_ts_offset", str(2**33 / 90000 - 2), audio=("-c:a", "mp2"))


@KIND("edit-before-keyframe.mp4", Expect(seconds=(2.7,), heard=2.7, flashes=2, beeps=2))
@KIND("edit-before-keyframe.mov", Expect(seconds=(2.7,), heard=2.7, flashes=2, beeps=2))
def _edit(shop: Workshop, path: Path) -> None:
    whole = shop.film(shop.place("whole.mp4"), video=(*H264, "-g", "500"))
    shop.run("-ss", "1.3", "-i", str(whole), "-c", "copy", str(path))


@KIND("begins-at-100-s.flv", _FOUR)
def _late_flv(shop: Workshop, path: Path) -> None:
    shop.film(path, "-output_ts_offset", "100")


@KIND("begins-at-100-s.mkv", _FOUR)
def _late_mkv(shop: Workshop, path: Path) -> None:
    shop.film(path, "-output_ts_offset", "100")


@KIND("flac-begins-at-5-s.ogg", Expect(heard=4, beeps=4, disc=False), NOT_YET)
def _late_flac(shop: Workshop, path: Path) -> None:
    shop.run(*shop.beeps(4), "-c:a", "flac", "-output_ts_offset", "5", str(path))


@KIND("begins-before-0.mkv", _FOUR)
def _negative(shop: Workshop, path: Path) -> None:
    shop.film(path, "-output_ts_offset", "-0.5", "-avoid_negative_ts", "disabled",
              video=(*H264, "-bf", "0"))  # fmt: skip


@KIND("b-frames-negative.mp4", _FOUR)
def _b_frames(shop: Workshop, path: Path) -> None:
    shop.film(path, "-movflags", "negative_cts_offsets", video=("-c:v", "libx264", "-preset",
              "veryfast", "-bf", "3"))  # fmt: skip


@KIND("index-too-long.mp4", _FOUR)
@KIND("index-too-long.mov", _FOUR)
def _index(shop: Workshop, path: Path) -> None:
    shop.film(path)
    patch.media_duration(path, 2)


@KIND("fragmented-no-duration.mp4", _FOUR)
def _fragmented(shop: Workshop, path: Path) -> None:
    shop.film(path, "-movflags", "frag_keyframe+empty_moov")


@KIND("live.webm", _FOUR)
def _live(shop: Workshop, path: Path) -> None:
    shop.film(path, "-live", "1", video=_VP8, audio=("-c:a", "libopus"))


_CUT = Expect(disc=True, flashes=3, beeps=3, told=frozenset({"truncated"}), damaged=True)


# How long it was, nothing in it says.
@KIND("cut-at-the-end.ts", Expect(disc=True, flashes=3, beeps=3))
@KIND("cut-at-the-end.mkv", _CUT)
@KIND("cut-at-the-end.avi", _CUT)
def _cut(shop: Workshop, path: Path) -> None:
    if path.suffix == ".avi":
        shop.film(path, video=("-c:v", "mpeg4", "-q:v", "2"), audio=("-c:a", "libmp3lame"))
    else:
        shop.film(path, audio=("-c:a", "mp2"))
    patch.cut(path, 0.93)


@KIND("cut-at-the-end.mp4", _CUT)
def _cut_mp4(shop: Workshop, path: Path) -> None:
    shop.film(path, "-movflags", "+faststart")
    patch.cut(path, 0.98)


# The first frame of an MP3 counts all others, and their bytes.
def _song(shop: Workshop, path: Path, share: float) -> None:
    shop.run(*shop.beeps(8), "-c:a", "libmp3lame", str(path))
    patch.cut(path, share)


KIND("song-cut-at-the-end.mp3", replace(_CUT, disc=False, flashes=0))(partial(_song, share=0.92))
KIND("half-a-song.mp3", refused("truncated_media"))(partial(_song, share=0.5))


@KIND("half-an-animation.gif", Expect(disc=False, damaged=True))
def _animation(shop: Workshop, path: Path) -> None:
    shop.run(*shop.picture(3, "10", "320x180"), str(path))
    patch.cut(path, 0.5)


@KIND("half-is-missing.mp4", refused("truncated_media", "corrupt_media"))
def _half(shop: Workshop, path: Path) -> None:
    shop.film(path, "-movflags", "+faststart")
    patch.cut(path, 0.5)


@KIND("broken-place.ts", Expect(seconds=(8,), heard=8, beeps=7, disc=False, hues=0, damaged=True))
def _broken(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=8, audio=("-c:a", "mp2"))
    patch.spoil(path, 0.5, 0.52)


@KIND("picture-mostly-broken.mp4", refused("corrupt_media"))
@KIND("picture-mostly-broken.mkv", refused("corrupt_media"))
@KIND("picture-mostly-broken.avi", refused("corrupt_media"))
@KIND("picture-mostly-broken.webm", refused("corrupt_media"))
def _picture(shop: Workshop, path: Path) -> None:
    codecs = {".mkv": ("-c:v", "ffv1"), ".avi": ("-c:v", "mjpeg", "-q:v", "3"), ".webm": _VP8}
    sound = ("-c:a", "libopus" if path.suffix == ".webm" else "libmp3lame")
    whole = shop.place(f"whole{path.suffix}")
    shop.film(whole, video=codecs.get(path.suffix, H264), audio=sound)
    _break(shop, whole, path)


@KIND("clock-of-1000-mostly-broken.avi", refused("corrupt_media"))
def _uneven(shop: Workshop, path: Path) -> None:
    whole = shop.place("whole.mkv")
    shop.film(whole, video=("-c:v", "mjpeg", "-q:v", "3"), audio=("-c:a", "libmp3lame"))
    _break(shop, whole, path)


def _break(shop: Workshop, whole: Path, path: Path) -> None:
    """Break four pictures of five."""
    broken = "noise=amount='if(mod(n,5),1,0)'"
    shop.run("-i", str(whole), "-c", "copy", "-bsf:v", broken, str(path))


@KIND("nothing-behind-head.mp4", refused("corrupt_media"))
def _head(shop: Workshop, path: Path) -> None:
    shop.film(path)
    path.write_bytes(path.read_bytes()[:512])


# A bit of a broadcast that was received wrong: one picture has a time of its own.
_OWN_TIME = "setts=pts=PTS+eq(N\\,62)*{leap}/TB"


@KIND("one-picture-an-hour-late.ts", replace(_FOUR, compared=False))
@KIND("one-picture-an-hour-late.mpg", replace(_FOUR, compared=False))
def _an_hour_late(shop: Workshop, path: Path) -> None:
    audio = ("-c:a", "mp2") if path.suffix == ".mpg" else AAC
    shop.film(path, "-bsf:v", _OWN_TIME.format(leap=3600), audio=audio)
