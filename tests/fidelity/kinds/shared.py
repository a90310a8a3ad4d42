"""The clips of real cameras and of public bug reports, where they are there."""

from tests.fidelity.expect import Expect, refused
from tests.fidelity.sample import Kind

REAL, ODD = Kind("real clips"), Kind("reported files")
KINDS = (REAL, ODD)
# They show no test picture.
_FILM = {"disc": False, "hues": 0}

REAL.shared("film_1080p24_21s.mp4", Expect(disc=False, sizes=((1280, 720),), compared=True))
REAL.shared(
    "phone_rotated90.mov", Expect(disc=False, sizes=((320, 568), (240, 426)), compared=True)
)
REAL.shared("phone_vfr_rotated180.mp4", Expect(disc=False, sizes=((1280, 720),), compared=True))
REAL.shared("hdr10_1080p_vfr.mp4", Expect(disc=False, sizes=((1280, 720),)))
REAL.shared("audio_8_mono_tracks.mp4", Expect(disc=False, sizes=((1280, 720),), compared=True))
REAL.shared("interlaced_1080i50.mts", Expect(disc=False, combing=True, compared=True))
REAL.shared("anamorphic_sar64_45.mp4", Expect(disc=False, sizes=((854, 480),), compared=True))
REAL.shared("odd_161x121.webm", Expect(disc=False, sizes=((160, 120),), compared=True))
REAL.shared("no_audio.mp4", Expect(disc=False, heard=0, compared=True))
REAL.shared("subtitles_srt.mkv", Expect(disc=False, compared=True))
REAL.shared("audio_only.mp4", Expect(disc=False))
REAL.shared("corrupt_missing_stsd.mp4", refused("corrupt_media"))
REAL.shared("encrypted_widevine.mp4", refused("encrypted_media", "corrupt_media"))
REAL.shared("truncated_512_bytes.mp4", refused("corrupt_media"))


def _odd(name: str, **due: object) -> None:
    ODD.shared(f"odd/{name}", Expect(**{"compared": True, **due}))  # type: ignore[arg-type]


_odd("01-tv-audio-51-to-stereo.ts", seconds=(8,), heard=8, flashes=8, beeps=8)
# Its sides are cut off from 4 s on, the box among them.
_odd("03-phone-turned-midway.ts", seconds=(8,), heard=8, flashes=4, beeps=8, hues=0)
# Cropped or with bars, as the FFmpeg can.
_odd(
    "04-mkv-pixelcrop.mkv",
    compared=False,
    seconds=(4,),
    heard=4,
    sizes=((1280, 720), (1280, 540), (1138, 480)),
)
_odd("05-mov-clean-aperture.mov", compared=False, seconds=(1,), heard=1)
_odd("06-dolby-vision-p5.mp4", disc=False, seconds=(2,), refused=frozenset({"unsupported_codec"}))
_odd("09-film-dts.mkv", seconds=(2,), heard=2, **_FILM)
_odd("10-old-flash.flv", seconds=(2,), heard=2, **_FILM)
_odd("11-dvbt-mp2-and-latm.ts", seconds=(4,), heard=4, flashes=4, beeps=4)
_odd("13-closed-captions-track.mov", seconds=(6.74,), heard=0, **_FILM)
_odd("15-thumbnail-track-first.mov", seconds=(4,), heard=4, pictures=(100, 100), flashes=4,
     sizes=((1280, 720),))  # fmt: skip
_odd("16-picture-ends-before-sound.mp4", seconds=(8,), heard=8, flashes=2, beeps=8)
_odd("17-podcast-one-frame.mp4", seconds=(8,), heard=8, beeps=8)
_odd("18-mkv-picture-3s-late.mkv", seconds=(8,), heard=8, flashes=4, beeps=8, disc=False)
_odd("21-screencast-static-end.webm", seconds=(4, 8), heard=0)
# The first picture has a flash, and stands from the start on.
_odd("25-tv-starts-mid-gop.ts", heard=11.8, flashes=8, beeps=11, disc=False, in_step=(0.5, 12))
_odd("26-subtitles-outlast-film.mkv", seconds=(4,), heard=4, flashes=4, beeps=4)
_odd("28-progressive-then-interlaced.ts", combing=True, **_FILM)
_odd("29-sdr-bt2020.mp4", seconds=(3,), hues=12)
_odd("30-ambisonic-opus.mkv", seconds=(4,), heard=4, tone=300, loud=True)
_odd("31-atmos-bed-714.mov", heard=2, flashes=2, beeps=2)
_odd("33-iphone-slomo-240.mov", seconds=(5,), pictures=(150, 300), heard=0, **_FILM)
_odd("34-anime-36-fonts.mkv", seconds=(4,), heard=4, flashes=4, beeps=4)
# Its flashes and beeps do not come together in the source either.
_odd("36-browser-1000fps.webm", seconds=(6,), heard=6, beeps=6)
_odd("38-dvd-soft-telecine.mpg", pictures=(119, 121), different=(118, 121), **_FILM)
_odd("47-old-camera-adpcm.avi", seconds=(4,), heard=4, **_FILM)
_odd("50-png-cover.mkv", seconds=(2,), heard=2, **_FILM)
_odd("53-prores-straight-alpha.mov", seconds=(0.12,), heard=0, hues=0, plain=True, compared=False)
