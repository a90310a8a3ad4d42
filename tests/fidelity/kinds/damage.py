"""K: films of which a piece is missing or broken: they are never ready without a word about it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.fidelity import patch, pattern
from tests.fidelity.expect import Expect
from tests.fidelity.kinds.ends import OPUS, VP9
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import AAC, H264, Workshop

KIND = Kind("K damage")
KINDS = (KIND,)
_SECONDS = 20.0
_SIZE = "320x180"
# Noise, so that every picture and every block of sound takes bytes.
_GRAIN = f"{pattern.TO_BT709},noise=alls=12:allf=t"
_MP2 = ("-c:a", "mp2")
_FRAGMENTS = ("-movflags", "frag_keyframe+empty_moov+default_base_moof")
_VP8 = ("-c:v", "libvpx", "-b:v", "600k", "-deadline", "realtime", "-cpu-used", "8")
_AV1 = ("-c:v", "libsvtav1", "-preset", "12", "-crf", "40")
_DV = ("-s", "720x576", "-pix_fmt", "yuv420p", "-c:v", "dvvideo", "-ar", "48000", "-ac", "2")


@dataclass(frozen=True)
class _Form:
    """A container with the codecs that are usual in it, as options of FFmpeg."""

    name: str
    video: tuple[str, ...] = ()
    audio: tuple[str, ...] = ()
    seconds: float = _SECONDS


_FORMS = (
    _Form("h264.mp4", (*H264, "-movflags", "+faststart"), AAC),
    _Form("fragments.mp4", (*H264, *_FRAGMENTS), AAC),
    _Form("h264.mov", (*H264, "-movflags", "+faststart"), AAC),
    _Form("h264.mkv", H264, AAC),
    _Form("vp8.webm", _VP8, ("-c:a", "libvorbis")),
    _Form("vp9.webm", VP9, OPUS),
    _Form("av1.webm", _AV1, OPUS),
    _Form("av1.mp4", (*_AV1, "-movflags", "+faststart"), AAC),
    _Form("h264.ts", H264, _MP2),
    _Form("mpeg2.mpg", ("-c:v", "mpeg2video", "-q:v", "6"), _MP2),
    _Form("mpeg4.avi", ("-c:v", "mpeg4", "-q:v", "6"), ("-c:a", "libmp3lame")),
    _Form("h264.flv", H264, AAC),
    _Form("msmpeg4.wmv", ("-c:v", "msmpeg4v3", "-q:v", "6"), ("-c:a", "wmav2")),
    _Form("wmv2.wmv", ("-c:v", "wmv2", "-q:v", "6"), ("-c:a", "wmav2")),
    _Form("theora.ogv", ("-c:v", "libtheora", "-q:v", "6"), ("-c:a", "libvorbis")),
    _Form("mpeg2.mxf", ("-c:v", "mpeg2video", "-q:v", "6"), ("-c:a", "pcm_s16le")),
    _Form("pal.dv", _DV, ("-c:a", "pcm_s16le"), seconds=6),
    _Form("h263.3gp", ("-s", "352x288", "-c:v", "h263", "-q:v", "6", "-movflags", "+faststart"),
          AAC),
    _Form("sound.aac", audio=AAC),
    _Form("sound.mp3", audio=("-c:a", "libmp3lame")),
    _Form("sound.flac", audio=("-c:a", "flac")),
    _Form("sound.ogg", audio=("-c:a", "libvorbis")),
    _Form("sound.opus", audio=OPUS),
    _Form("sound.wav", audio=("-c:a", "pcm_s16le")),
    _Form("sound.m4a", audio=(*AAC, "-movflags", "+faststart")),
)  # fmt: skip
_HARM: dict[str, Callable[[Path, float, float], None]] = {
    "removed": patch.remove,
    "zeroed": patch.zero,
    "spoilt": patch.spoil,
}
_SOUND = Expect(heard=_SECONDS, disc=False)
_TOLD = Expect(
    heard=None,
    disc=False,
    damaged=True,
    refused=frozenset({"truncated_media", "corrupt_media"}),
)

# Nothing can tell: what is there is as good as what was.
_UNTOLD = {
    "zeroed-sound.wav": "zeros are silence",
    "spoilt-sound.wav": "any bytes are samples",
}


def _whole(shop: Workshop, path: Path, form: _Form) -> None:
    picture = shop.picture(form.seconds, size=_SIZE) if form.video else []
    filters = ("-vf", _GRAIN) if form.video else ()
    noise = f"anoisesrc=d={form.seconds}:c=pink:a=0.3:r=48000:s=1"
    shop.run(*picture, "-f", "lavfi", "-i", noise, *filters, *form.video, *form.audio, str(path))


def _harmed(shop: Workshop, path: Path, form: _Form, harm: str) -> None:
    whole = shop.place(f"whole-{form.name}")
    if not whole.exists():
        _whole(shop, whole, form)
    path.write_bytes(whole.read_bytes())
    _HARM[harm](path, 0.5, 0.53)


def _add(form: _Form) -> None:
    def make_whole(shop: Workshop, path: Path) -> None:
        _whole(shop, path, form)

    KIND(f"whole-{form.name}", Expect(heard=form.seconds, disc=False))(make_whole)
    for harm in _HARM:

        def make_harmed(shop: Workshop, path: Path, harm: str = harm) -> None:
            _harmed(shop, path, form, harm)

        name = f"{harm}-{form.name}"
        KIND(name, replace(_TOLD, damaged=None) if name in _UNTOLD else _TOLD)(make_harmed)


for _each in _FORMS:
    _add(_each)


def _form(name: str) -> _Form:
    return next(each for each in _FORMS if each.name == name)


# A fragment in the middle: without the name of its header, without its size, and all of it gone.
@KIND("fragment-without-name.mp4", _TOLD)
@KIND("fragment-without-size.mp4", _TOLD)
@KIND("fragment-removed.mp4", _TOLD)
def _fragment(shop: Workshop, path: Path) -> None:
    _whole(shop, path, _form("fragments.mp4"))
    data = bytearray(path.read_bytes())
    places = patch.boxes(bytes(data), b"moof")
    at, end = places[len(places) // 2 :][:2]
    if "name" in path.name:
        data[at + 4 : at + 8] = bytes(4)
    elif "size" in path.name:
        data[at : at + 4] = bytes(4)
    else:
        del data[at:end]
    path.write_bytes(data)


# Its decoder makes pictures of any bytes.
@KIND("spoilt-inside-a-picture-vp8.webm", replace(_TOLD, damaged=None))
def _inside(shop: Workshop, path: Path) -> None:
    _whole(shop, path, _form("vp8.webm"))
    data = path.read_bytes()
    share = (data.index(b"\x9d\x01\x2a", len(data) // 2) + 1000) / len(data)
    patch.spoil(path, share, share + 300 / len(data))


# The first keyframe, then the first eighth of the film; there is a keyframe each 2 s.
@KIND("first-picture-broken.mp4", _TOLD)
@KIND("beginning-zeroed.mp4", _TOLD)
@KIND("beginning-zeroed.mkv", _TOLD)
def _beginning(shop: Workshop, path: Path) -> None:
    _whole(shop, path, _form(f"h264{path.suffix}"))
    data = path.read_bytes()
    at = (
        data.index(b"mdat") + 64 if path.suffix == ".mp4" else data.index(b"\x1f\x43\xb6\x75") + 512
    )
    length = 3000 if "first" in path.name else len(data) // 8
    patch.zero(path, at / len(data), (at + length) / len(data))


# Here and in the next ones nothing is missing.
@KIND("pauses.wmv", _SOUND)
@KIND("pauses.ogv", _SOUND)
@KIND("pauses.mp4", _SOUND)
def _pauses(shop: Workshop, path: Path) -> None:
    codecs = {
        ".wmv": (*_form("wmv2.wmv").video, "-c:a", "wmav2"),
        ".ogv": (*_form("theora.ogv").video, "-c:a", "libvorbis"),
        ".mp4": (*H264, *_FRAGMENTS, *AAC),
    }[path.suffix]
    noise = f"anoisesrc=d={_SECONDS}:c=pink:a=0.3:r=48000:s=1"
    pauses = "select='not(between(t,5,8))*not(between(t,12,12.6))'"
    shop.run(*shop.picture(_SECONDS, size=_SIZE), "-f", "lavfi", "-i", noise, "-vf",
             f"{_GRAIN},{pauses}", "-fps_mode", "passthrough", *codecs, str(path))  # fmt: skip


@KIND("silence-left-out.opus", _SOUND)
def _left_out(shop: Workshop, path: Path) -> None:
    noise = f"anoisesrc=d={_SECONDS}:c=pink:a=0.3:r=48000:s=1,volume=0:enable='between(t,4,12)'"
    shop.run("-f", "lavfi", "-i", noise, "-c:a", "libopus", "-dtx", "1", "-application", "voip",
             str(path))  # fmt: skip


@KIND("picture-late.avi", Expect(disc=False))
def _late(shop: Workshop, path: Path) -> None:
    # The picture is late by chunks without anything in them, which the index counts.
    shop.film(path, "-fps_mode", "passthrough", "-output_ts_offset", "10",
              video=("-c:v", "mpeg4", "-q:v", "4"), audio=("-c:a", "ac3"))  # fmt: skip
