"""J: rates and counts that a person would not expect."""

from pathlib import Path

from tests.fidelity.expect import Expect, refused
from tests.fidelity.patch import join
from tests.fidelity.pattern import TO_BT709
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import AAC, H264, Workshop

KIND = Kind("J rates")
KINDS = (KIND,)
_SMALL = "320x180"
_FILM = Expect(seconds=(4,), heard=4, flashes=4, beeps=4)


def _rate(name: str, rate: str, due: Expect) -> None:
    @KIND(name, due)
    def make(shop: Workshop, path: Path) -> None:
        shop.film(path, rate=rate, size=_SMALL, seconds=due.seconds[0])


_FAST = Expect(seconds=(4,), heard=4, flashes=4, beeps=4, pictures=(100, 242))
for _name, _given in (
    ("50.mp4", "50"), ("60.mp4", "60000/1001"), ("100.mp4", "100"), ("120.mp4", "120"),
    ("240.mov", "240"), ("300.mkv", "300"), ("960.mp4", "960"),
):  # fmt: skip
    _rate(f"rate-{_name}", _given, _FAST)
_rate("rate-5.mp4", "5", _FILM)
_rate("rate-10.mov", "10", _FILM)
_rate("rate-23.976.mp4", "24000/1001", _FILM)
_rate("rate-0.5.mp4", "1/2", Expect(seconds=(4,), heard=4, beeps=4))


# The clock of Flash has milliseconds, and its sound begins before 0: each picture is in the middle
# between two places of a constant rate.
@KIND("half-a-picture-late.flv", Expect(seconds=(4,), heard=4, flashes=4, beeps=4,
      pictures=(238, 242), different=(236, 242)))  # fmt: skip
def _half(shop: Workshop, path: Path) -> None:
    shop.film(path, rate="60000/1001", sound_rate=44100, audio=("-c:a", "libmp3lame"))


def _uneven(times: str, seconds: float) -> str:
    """Describe the test picture with pictures left out."""
    return f"select='{times}',trim=duration={seconds},{TO_BT709}"


@KIND("phone-uneven.mp4", Expect(seconds=(4,), heard=4, beeps=4, flashes=4, compared=True))
@KIND("phone-uneven.mkv", Expect(seconds=(4,), heard=4, beeps=4, flashes=4, compared=True))
def _phone(shop: Workshop, path: Path) -> None:
    # Two of three, then all, then one of four; the flashes stay.
    keep = (
        "lt(mod(t\\,1)\\,0.1)+lt(t\\,1.5)*gt(mod(n\\,3)\\,0)+between(t\\,1.5\\,2.5)"
        "+gte(t\\,2.5)*not(mod(n\\,4))"
    )
    shop.film(path, "-fps_mode", "passthrough", rate="30", filters=_uneven(keep, 4))


@KIND("screen-one-in-two-seconds.mp4", Expect(seconds=(6,), heard=6, beeps=6, compared=True))
def _screen(shop: Workshop, path: Path) -> None:
    shop.film(path, "-fps_mode", "passthrough", seconds=6,
              filters=_uneven("not(mod(n\\,50))+gte(n\\,149)", 6))  # fmt: skip


# Two seconds of pictures, eight without any, two more.
_PAUSED = Expect(seconds=(12,), heard=12, beeps=12, pictures=(715, 725), different=(235, 242))


@KIND("long-pause.mp4", _PAUSED)
@KIND("long-pause.mkv", _PAUSED)
def _paused(shop: Workshop, path: Path) -> None:
    shop.film(path, "-fps_mode", "passthrough", seconds=4, heard=12, rate="60", size=_SMALL,
              filters=f"{TO_BT709},setpts='PTS+gte(T,2)*8/TB'")  # fmt: skip


# As where a lecture is recorded: the same picture for minutes. There is no memory for it if it is
# made again and again.
@KIND("minutes-of-pause.mkv", Expect(seconds=(154,), heard=154, beeps=154, different=(95, 101)))
def _lecture(shop: Workshop, path: Path) -> None:
    shop.film(path, "-fps_mode", "passthrough", seconds=4, heard=154, size="1280x720",
              filters=f"{TO_BT709},setpts='PTS+gte(T,2)*150/TB'")  # fmt: skip


# Twelve pictures, and none in the place of the next eight; few of them among the first packets.
@KIND("pauses-beside-six-sounds.mp4", Expect(seconds=(4,), heard=4, beeps=4, different=(70, 74)))
def _pauses(shop: Workshop, path: Path) -> None:
    film = shop.film(shop.place("plain.mp4"), "-fps_mode", "passthrough", rate="30", size=_SMALL,
                     filters=_uneven("lt(mod(n\\,20)\\,12)", 4))  # fmt: skip
    shop.run("-i", str(film), "-map", "0:v", *["-map", "0:a"] * 6, "-c", "copy", str(path))


@KIND("browser-1000.webm", _FILM)
def _browser(shop: Workshop, path: Path) -> None:
    # A clock of milliseconds, no rate, no length, and pictures that come when they come.
    shop.film(
        path, "-live", "1", "-fps_mode", "passthrough", rate="30", size=_SMALL,
        filters=f"{TO_BT709},settb=1/1000,setpts='round(N*1000/30+4*sin(N))'",
        video=("-c:v", "libvpx", "-b:v", "1M", "-deadline", "realtime", "-cpu-used", "8",
               "-enc_time_base", "1/1000"),
        audio=("-c:a", "libopus"),
    )  # fmt: skip


@KIND("36-fonts.mkv", _FILM)
@KIND("120-fonts.mkv", _FILM)
def _fonts(shop: Workshop, path: Path) -> None:
    font = shop.place("letters.ttf")
    font.write_bytes(b"\0\1\0\0" + bytes(60))
    count = 36 if "-36-" in path.name else 120
    film = shop.film(shop.place("plain.mkv"), size=_SMALL)
    given = ["-attach", str(font)] * count
    shop.run("-i", str(film), "-c", "copy", *given, "-metadata:s:t", "mimetype=font/ttf", str(path))


@KIND("20-languages.mkv", _FILM)
def _languages(shop: Workshop, path: Path) -> None:
    words = shop.place("words.srt")
    words.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    film = shop.film(shop.place("plain.mkv"), size=_SMALL)
    maps = ["-map", "0:v", *["-map", "0:a"] * 6, *["-map", "1"] * 20]
    shop.run("-i", str(film), "-i", str(words), *maps, "-c", "copy", str(path))


@KIND("joined-a-little-early.ts", Expect(seconds=(6,), heard=6, flashes=6, beeps=6,
      pictures=(149, 150), compared=True))  # fmt: skip
def _joined(shop: Workshop, path: Path) -> None:
    # One picture of 150 is 6 ms short, and FFmpeg takes that for another rate of all.
    pieces = []
    for number, begin in enumerate(("1.006", "4")):
        piece = shop.place(f"piece{number}.ts")
        shop.film(piece, "-output_ts_offset", begin, "-muxdelay", "0", "-muxpreload", "0",
                  seconds=3, size=_SMALL, audio=("-c:a", "mp2"))  # fmt: skip
        pieces.append(piece)
    join(path, *pieces)


@KIND("repeated-times.mkv", _FILM)
def _repeated(shop: Workshop, path: Path) -> None:
    # Every fifth picture has the time of the one before it.
    fifth = "if(eq(mod(N\\,5)\\,4)\\,PREV_OUT{0}\\,{0})"
    times = f"setts=pts={fifth.format('PTS')}:dts={fifth.format('DTS')}"
    shop.film(path, "-bsf:v", times, video=(*H264, "-bf", "0"))


@KIND("sound-alone.mp4", Expect(disc=False, heard=2, beeps=2))
@KIND("sound-alone.mp3", Expect(disc=False, heard=2, beeps=2))
def _sound(shop: Workshop, path: Path) -> None:
    shop.run(*shop.beeps(2), *(AAC if path.suffix == ".mp4" else ()), str(path))


@KIND("encrypted.mp4", refused("encrypted_media", "corrupt_media"))
def _encrypted(shop: Workshop, path: Path) -> None:
    key = "0123456789abcdef0123456789abcdef"
    shop.film(path, "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", key,
              "-encryption_kid", key)  # fmt: skip


@KIND("no-sound.mp4", Expect(seconds=(4,), heard=0, flashes=4))
def _silent(shop: Workshop, path: Path) -> None:
    shop.film(path, heard=0)
