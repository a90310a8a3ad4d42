"""The codecs that are taken, by FFmpeg's names, with the decoders that may be opened for each.

Everything else that a build of FFmpeg could decode stays closed. What is taken runs in the sandbox.
"""

from collections.abc import Mapping


def _table(alike: str, **others: str) -> Mapping[str, tuple[str, ...]]:
    """Return decoders by codec: mostly one of the same name, else those that are given."""
    return {name: (name,) for name in alike.split()} | {
        name: tuple(decoders.split()) for name, decoders in others.items()
    }


VIDEO = _table(
    "h264 hevc vvc vp3 vp5 vp6 vp6a vp6f vp7 theora mpeg1video mpeg2video mpeg4 h261 h263 h263i"
    " h263p msmpeg4v1 msmpeg4v2 wmv1 wmv2 wmv3 vc1 rv10 rv20 rv30 rv40 svq1 svq3 mjpeg mjpegb"
    " jpeg2000 prores dnxhd cfhd dvvideo ffv1 ffvhuff huffyuv utvideo lagarith cinepak"
    " indeo2 indeo3 indeo4 indeo5 msvideo1 qtrle rpza smc rawvideo v210 r210 dirac snow hap"
    " dxv vmnc tscc2 msrle msa1 zmbv flashsv flashsv2 gif png apng webp webp_anim"
    # Phones, cameras and cards.
    " apv aic hqx hq_hqa speedhq asv1 asv2 sp5x avui avrp r10k y41p yuv4 8bps vp4"
    # What records a screen.
    " fraps dxtory mss1 mss2 wmv3image vc1image g2m mszh zlib loco",
    av1="libdav1d av1",
    cscd="camstudio",
    flv1="flv",
    msmpeg4v3="msmpeg4",
    tscc="camtasia",
    vp8="vp8 libvpx",
    vp9="vp9 libvpx-vp9",
)
AUDIO = _table(
    "aac aac_latm ac3 eac3 truehd mlp vorbis flac alac ape tak tta wavpack shorten ralf speex"
    " nellymoser wmav1 wmav2 wmapro wmalossless wmavoice cook sipr atrac1 atrac3 qdm2 qdmc mace3"
    " mace6 dvaudio s302m gsm gsm_ms ilbc qcelp evrc g723_1 g729 truespeech twinvq metasound"
    " adpcm_ct adpcm_ima_amv adpcm_ima_qt adpcm_ima_wav adpcm_ima_smjpeg adpcm_ms adpcm_swf"
    " adpcm_xa adpcm_yamaha adpcm_ima_dk3 adpcm_ima_dk4 adpcm_sbpro_2 adpcm_sbpro_3 adpcm_sbpro_4"
    " pcm_alaw pcm_bluray pcm_dvd pcm_f32be pcm_f32le pcm_f64be pcm_f64le"
    " pcm_mulaw pcm_s8 pcm_s16be pcm_s16be_planar pcm_s16le pcm_s16le_planar pcm_s24be"
    " pcm_s24daud pcm_s24le pcm_s24le_planar pcm_s32be pcm_s32le pcm_s32le_planar pcm_s64be"
    " pcm_s64le pcm_u8 pcm_u16be pcm_u16le pcm_u24be pcm_u24le pcm_u32be pcm_u32le",
    adpcm_g722="g722",
    adpcm_g726="g726",
    adpcm_g726le="g726le",
    amr_nb="amrnb",
    amr_wb="amrwb",
    atrac3p="atrac3plus",
    dts="dca",
    mp1="mp1float mp1",
    mp2="mp2float mp2",
    mp3="mp3float mp3",
    mp3on4="mp3on4float mp3on4",
    mp4als="als",
    musepack7="mpc7",
    musepack8="mpc8",
    opus="opus libopus",
    ra_144="real_144",
    ra_288="real_288",
)
# Not wanted, but ffprobe opens a decoder for every stream that it lists: text, and covers.
BESIDE = _table(
    "ass jacosub microdvd mov_text mpl2 pjs realtext sami srt ssa stl subrip"
    " subviewer subviewer1 text vplayer webvtt xsub bmp",
    arib_caption="libaribcaption libaribb24",
    dvb_subtitle="dvbsub",
    dvb_teletext="libzvbi_teletextdec",
    dvd_subtitle="dvdsub",
    eia_608="cc_dec",
    hdmv_pgs_subtitle="pgssub",
)
DECODERS = frozenset(
    name for table in (VIDEO, AUDIO, BESIDE) for names in table.values() for name in names
)
