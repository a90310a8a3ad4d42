"""E: every codec and container that is promised, as far as there is an encoder for it."""

from dataclasses import replace
from pathlib import Path

from tests.fidelity.expect import Expect, refused
from tests.fidelity.pattern import TO_BT709
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import H264, NotMadeError, Workshop

KIND = Kind("E codecs")
KINDS = (KIND,)
_DUE = Expect(seconds=(2,), heard=2, flashes=2, beeps=2, hues=48, compared=True)
_SILENT = Expect(seconds=(2,), heard=0, flashes=2, hues=48, compared=True)
# The first beep begins before the first block of sound.
_WMA = Expect(seconds=(2,), heard=2, flashes=2, in_step=(0.5, 2), beeps=2, hues=48, compared=True)
_COARSE = Expect(seconds=(2,), heard=2, flashes=2, beeps=2, hues=255)
_MPEG4 = "-c:v mpeg4 -q:v 2"
_MPEG2 = "-c:v mpeg2video -q:v 2"


def _film(
    name: str,
    codecs: str,
    due: Expect = _DUE,
    *,
    least: tuple[int, int] = (5, 1),
    **how: object,
) -> None:
    """Add a film of codecs that are given as options of FFmpeg."""

    @KIND(name, due, least)
    def make(shop: Workshop, path: Path) -> None:
        if due.heard == 0:
            how["heard"] = 0
        shop.film(path, seconds=2, video=tuple(codecs.split()), audio=(), **how)  # type: ignore[arg-type]


_X264 = " ".join(H264)
# Phones, cards and what records a screen.
_film("apv.mp4", "-c:v liboapv -c:a aac", filters="format=yuv422p10", least=(8, 0))
_film("asus.avi", "-c:v asv2 -q:v 2 -c:a pcm_s16le")
_film("newtek.mov", "-c:v speedhq -c:a pcm_s16le")
_film("avi-zlib.avi", "-c:v zlib -c:a pcm_s16le", filters="format=bgr24")
_film("avid-1-1.mov", "-c:v avrp -c:a pcm_s16le", filters="format=gbrp10")
_film("y41p.avi", "-c:v y41p -c:a pcm_s16le", _COARSE, filters="format=yuv411p")
# Old cameras, players and browsers.
_film("dts.mkv", f"{_X264} -c:a dca -strict -2", channels="stereo")
_film("dts-51.mkv", f"{_X264} -c:a dca -strict -2", channels="5.1(side)")
_film("dts.ts", f"{_X264} -c:a dca -strict -2", channels="stereo")
_film("sorenson-mp3.flv", "-c:v flv -q:v 2 -c:a libmp3lame", sound_rate=44100)
_film("sorenson-nellymoser.flv", "-c:v flv -q:v 2 -c:a nellymoser", sound_rate=44100)
_film("sorenson-adpcm.flv", "-c:v flv -q:v 2 -c:a adpcm_swf", sound_rate=44100)
_film("screen.flv", "-c:v flashsv -c:a libmp3lame", sound_rate=44100)
_film("h264-aac.flv", f"{_X264} -c:a aac")
_film("motion-jpeg-adpcm.avi", "-c:v mjpeg -q:v 2 -c:a adpcm_ima_wav", sound_rate=11025)
_film("motion-jpeg-ms-adpcm.avi", "-c:v mjpeg -q:v 2 -c:a adpcm_ms", sound_rate=22050)
_film("motion-jpeg-u8.avi", "-c:v mjpeg -q:v 2 -c:a pcm_u8", sound_rate=11025)
_film("motion-jpeg.mov", "-c:v mjpeg -q:v 2 -c:a pcm_s16be")
_film("motion-jpeg-qt-adpcm.mov", "-c:v mjpeg -q:v 2 -c:a adpcm_ima_qt", sound_rate=22050)
_film("motion-jpeg-mulaw.mov", "-c:v mjpeg -q:v 2 -c:a pcm_mulaw", sound_rate=8000)
_film("xvid-mp3.avi", f"{_MPEG4} -vtag XVID -c:a libmp3lame")
_film("xvid-ac3.avi", f"{_MPEG4} -vtag XVID -c:a ac3", channels="5.1")
_film("divx3-mp3.avi", "-c:v msmpeg4 -q:v 2 -c:a libmp3lame")
_film("ms-mpeg4-v2.avi", "-c:v msmpeg4v2 -q:v 2 -c:a libmp3lame")
_film("wmv2-wma.wmv", "-c:v wmv2 -q:v 2 -c:a wmav2", _WMA, sound_rate=44100)
_film("wmv1-wma1.asf", "-c:v wmv1 -q:v 2 -c:a wmav1", _WMA, sound_rate=44100)
_film("h263-amr.3gp", "-c:v h263 -q:v 2 -ac 1 -ar 8000 -c:a libopencore_amrnb", _DUE,
      filters=f"pad=640:480:0:60,{TO_BT709},scale=704:576,setsar=12/11",
      sound_rate=8000)  # fmt: skip
_film("mpeg4-amr.3gp", f"{_MPEG4} -ac 1 -ar 8000 -c:a libopencore_amrnb", sound_rate=8000)
_film("h261.mkv", "-c:v h261 -q:v 2 -c:a aac", _COARSE,
      filters=f"{TO_BT709},scale=352:288,setsar=16/11")  # fmt: skip
_film("theora-vorbis.ogv", "-c:v libtheora -q:v 9 -c:a libvorbis", channels="stereo")
_film("vp8-vorbis.webm", "-c:v libvpx -b:v 2M -deadline realtime -cpu-used 8 -c:a libvorbis",
      channels="stereo")  # fmt: skip
_film("vp9-opus.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus")
_film("av1-opus.webm", "-c:v libsvtav1 -preset 12 -c:a libopus")
_film("av1-aac.mp4", "-c:v libsvtav1 -preset 12 -c:a aac")
_film("hevc-opus.mp4", "-c:v libx265 -preset ultrafast -tag:v hvc1 -c:a libopus")
_film("hevc-flac.mkv", "-c:v libx265 -preset ultrafast -c:a flac")
_film("vvc-aac.mp4", "-c:v libvvenc -preset faster -qp 22 -c:a aac", least=(7, 1))
_film("realvideo1.rm", "-c:v rv10 -q:v 2 -c:a ac3", filters=f"{TO_BT709},scale=640:352")
_film("realvideo2.rm", "-c:v rv20 -q:v 2 -c:a ac3", filters=f"{TO_BT709},scale=640:352")
# Broadcast and discs.
_film("mpeg1-mp2.mpg", "-c:v mpeg1video -q:v 2 -c:a mp2", channels="stereo")
_film("dvd.vob", f"{_MPEG2} -c:a ac3 -f vob", channels="5.1")
_film("dvd-pcm.vob", f"{_MPEG2} -c:a pcm_dvd -f vob", channels="stereo")
_film("mpeg2-mp2.ts", f"{_MPEG2} -c:a mp2")
_film("latm.ts", f"{_X264} -c:a aac -mpegts_flags +latm")
_film("eac3.ts", f"{_X264} -c:a eac3", channels="5.1")
_film("bluray-pcm.m2ts", f"{_X264} -c:a pcm_bluray -mpegts_m2ts_mode 1", channels="stereo")
_film("smpte302.ts", f"{_MPEG2} -c:a s302m -strict -2", channels="stereo")
_film("truehd.mkv", f"{_X264} -c:a truehd -strict -2", channels="stereo")
_film("mxf.mxf", f"{_MPEG2} -c:a pcm_s16le", channels="stereo")
_film("dnxhr.mxf", "-pix_fmt yuv422p -c:v dnxhd -profile:v dnxhr_sq -c:a pcm_s24le",
      channels="stereo")  # fmt: skip
_film("jpeg2000.mxf", "-pix_fmt yuv422p -c:v jpeg2000 -c:a pcm_s16le", channels="stereo")
_DV = f"{TO_BT709},pad=640:480:0:60,scale=720:576,setsar=16/15"
_film("pal.dv", "-s 720x576 -pix_fmt yuv420p -c:v dvvideo -c:a pcm_s16le", channels="stereo",
      filters=_DV)  # fmt: skip
_film("pal-dv.avi", "-pix_fmt yuv420p -c:v dvvideo -c:a pcm_s16le", channels="stereo", filters=_DV)
_film("pal-dv.mov", "-pix_fmt yuv420p -c:v dvvideo -c:a pcm_s16le", channels="stereo", filters=_DV)
# Studios and archives.
_film("prores.mov", "-c:v prores_ks -profile:v 2 -c:a pcm_s24le")
_film("prores-4444.mov", "-pix_fmt yuva444p10le -c:v prores_ks -profile:v 4 -c:a pcm_f32le")
_film("dnxhr.mov", "-pix_fmt yuv422p -c:v dnxhd -profile:v dnxhr_sq -c:a pcm_s16le")
_film("cineform.mov", "-pix_fmt yuv422p10le -c:v cfhd -c:a pcm_s16le")
_film("ffv1-flac.mkv", "-c:v ffv1 -c:a flac")
_film("ffv1-wavpack.mkv", "-c:v ffv1 -c:a wavpack")
_film("ffv1-tta.mkv", "-c:v ffv1 -c:a tta")
_film("huffyuv.avi", "-pix_fmt yuv422p -c:v huffyuv -c:a pcm_s16le")
_film("ffvhuff.avi", "-c:v ffvhuff -c:a pcm_s16le")
_film("ut-video.avi", "-c:v utvideo -c:a pcm_s16le")
# `tests/hostile` counts it among the hostile files: its decoder stays closed.
_film("magicyuv.avi", "-c:v magicyuv -c:a pcm_s16le", refused("unsupported_codec"))
_film("uncompressed.avi", "-c:v rawvideo -c:a pcm_s16le")
_film("uncompressed-rgb.avi", "-pix_fmt bgr24 -c:v rawvideo -c:a pcm_s16le")
_film("v210.mov", "-pix_fmt yuv422p10le -c:v v210 -c:a pcm_s16le")
_film("animation-alac.mov", "-pix_fmt rgb24 -c:v qtrle -c:a alac")
_film("cinepak.mov", "-pix_fmt rgb24 -c:v cinepak -c:a pcm_s16be", _COARSE, size="320x180")
_film("sorenson1.mov", "-pix_fmt yuv410p -c:v svq1 -q:v 2 -c:a adpcm_ima_qt", _COARSE,
      sound_rate=22050)  # fmt: skip
_film("apple-video.mov", "-pix_fmt rgb555le -c:v rpza -c:a pcm_s8", _COARSE)
_film("microsoft-video.avi", "-pix_fmt rgb555le -c:v msvideo1 -c:a pcm_s16le", _COARSE)
_film(
    "microsoft-rle.avi",
    "-pix_fmt pal8 -c:v msrle -c:a pcm_s16le",
    Expect(seconds=(2,), heard=2, beeps=2, disc=False, hues=0),
)
_film("dirac.mkv", "-pix_fmt yuv420p -c:v vc2 -c:a aac", _DUE)
_film("hap.mov", "-pix_fmt rgba -c:v hap -c:a pcm_s16le")
_film("png.mov", "-pix_fmt rgb24 -c:v png -c:a pcm_s16le")
_film("zip-motion.avi", "-pix_fmt bgr24 -c:v zmbv -c:a pcm_s16le")
# Moving pictures without a film around them.
# A refusal is fair for what no person has in a film's place.
_SPARE = replace(_SILENT, refused=frozenset({"unsupported_format"}))
_PALETTE = "split[a][b];[a]palettegen[c];[b][c]paletteuse=dither=none"
_film("animated.gif", "-c:v gif", _SILENT, filters=f"{TO_BT709},{_PALETTE}")
_film("animated.apng", "-pix_fmt rgb24 -c:v apng -plays 0 -f apng", _SILENT)
# FFmpeg has long written it, but not read it.
_film("animated.webp", "-c:v libwebp_anim -q:v 90 -loop 0", _SPARE, least=(9, 0))
_film("motion.mjpeg", "-c:v mjpeg -q:v 2 -f mjpeg", _SPARE)
_film("stream.h264", f"{_X264} -f h264", _SPARE)
_film("stream.hevc", "-c:v libx265 -preset ultrafast -f hevc", _SPARE)
_film("stream.m2v", f"{_MPEG2} -f mpeg2video", _SPARE)
_film("stream.ivf", "-c:v libsvtav1 -preset 12 -f ivf", _SPARE)


_TAGGED = {
    ".ogv": ("-c:v", "libtheora", "-q:v", "9", "-c:a", "libvorbis"),
    ".mkv": (*H264, "-c:a", "aac"),
}


# Two tracks of sound, or one that nobody reads: what can be read is taken.
@KIND("mp2-and-latm.ts", Expect(seconds=(2,), heard=2, flashes=2, beeps=2))
def _two_sounds(shop: Workshop, path: Path) -> None:
    shop.run(*shop.picture(2), *shop.beeps(2), "-map", "0:v", "-map", "1:a", "-map", "1:a", "-vf",
             TO_BT709, *H264, "-c:a:0", "mp2", "-c:a:1", "aac", "-mpegts_flags", "+latm",
             str(path))  # fmt: skip


@KIND("unknown-sound-beside.mkv", Expect(seconds=(2,), heard=2, flashes=2, beeps=2))
def _unknown_sound(shop: Workshop, path: Path) -> None:
    shop.run(*shop.picture(2), *shop.beeps(2), "-map", "0:v", "-map", "1:a", "-map", "1:a", "-vf",
             TO_BT709, *H264, "-c:a:0", "aac", "-c:a:1", "tta", str(path))  # fmt: skip
    data = path.read_bytes()
    path.write_bytes(data.replace(b"A_TTA1", b"A_ZZZ1"))


@KIND("closed-captions.mov", _DUE)
def _captions(shop: Workshop, path: Path) -> None:
    words = shop.place("words.scc")
    words.write_text("Scenarist_SCC V1.0\n\n00:00:00:10\t9420 9420 94d0 94d0 c8e5 ecec ef80 942f\n"
                     "\n00:00:01:10\t942c 942c\n")  # fmt: skip
    film = shop.film(shop.place("plain.mov"), seconds=2)
    shop.run("-i", str(film), "-i", str(words), "-map", "0", "-map", "1", "-c", "copy", str(path))


@KIND("data-tracks.mov", _DUE)
def _data(shop: Workshop, path: Path) -> None:
    shop.film(path, "-timecode", "01:00:00:00", seconds=2)


@KIND("subtitles.mkv", _DUE)
def _subtitles(shop: Workshop, path: Path) -> None:
    words = shop.place("words.srt")
    words.write_text("1\n00:00:00,500 --> 00:00:01,500\nHello\n")
    film = shop.film(shop.place("plain.mkv"), seconds=2)
    shop.run("-i", str(film), "-i", str(words), "-map", "0", "-map", "1", "-map", "1", "-c", "copy",
             "-c:s:0", "srt", "-c:s:1", "ass", str(path))  # fmt: skip


@KIND("large-tag.ogv", _DUE)
@KIND("large-tag.mkv", _DUE)
def _large_tag(shop: Workshop, path: Path) -> None:
    # Players of music write the picture of an album into a tag.
    words = shop.place("tags.txt")
    words.write_text(f";FFMETADATA1\nCOVERART={'A' * 1_500_000}\n")
    shop.run(*shop.picture(2), *shop.beeps(2, "stereo"), "-i", str(words), "-map_metadata", "2",
             "-vf", TO_BT709, *_TAGGED[path.suffix], str(path))  # fmt: skip


# What no decoder can begin with is damaged, and no trouble of ours that passes.
@KIND("broken-header.wav", refused("corrupt_media"))
def _broken_wave(shop: Workshop, path: Path) -> None:
    shop.run(*shop.beeps(2), "-c:a", "pcm_s16le", str(path))
    data = bytearray(path.read_bytes())
    data[22:24] = b"\xff\xff"  # channels
    path.write_bytes(data)


def _no_encoder(name: str, codec: str) -> None:
    @KIND(name, _DUE)
    def make(_shop: Workshop, _path: Path) -> None:
        raise NotMadeError(f"FFmpeg has no encoder for {codec}")


for _name, _codec in (
    ("vp6.flv", "VP6"), ("wmv3-wmapro.wmv", "WMV 9 and WMA Pro"), ("rv40.rmvb", "RealVideo 4"),
    ("sorenson3-qdm2.mov", "Sorenson 3 and QDM2"), ("indeo5.avi", "Indeo"), ("speex.flv", "Speex"),
    ("lagarith.avi", "Lagarith"),
):  # fmt: skip
    _no_encoder(_name, _codec)
