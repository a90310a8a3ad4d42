"""A plan becomes one argument list that decodes once and reaches only what it may."""

from dataclasses import replace
from fractions import Fraction

from workers.ffmpeg.canvas import to_canvas
from workers.ffmpeg.capabilities import Capabilities, parse_names
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.graph import picture_graph
from workers.ffmpeg.probe import probe_command
from workers.ffmpeg.sound import sound_graph
from workers.ffmpeg.whitelists import PIPE
from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import DEFAULT_LADDER, Ladder, Rung
from workers.media.limits import MAX_BESIDE, Limits
from workers.media.plan import EncodePlan, plan

FULL = Capabilities(converts_color=True)
BARE = Capabilities(converts_color=False)
FILM = VideoStream(
    index=0, codec="h264", width=1920, height=1080, duration=20.0, frame_count=480,
    field_order="progressive",
    avg_frame_rate=Fraction(24000, 1001), base_frame_rate=Fraction(24000, 1001),
)  # fmt: skip
SOUND = AudioStream(index=2, codec="aac", channels=2, sample_rate=48000)


def make(*audio: AudioStream, ladder: Ladder = DEFAULT_LADDER, **changes: object) -> EncodePlan:
    video = replace(FILM, **changes)  # type: ignore[arg-type]
    return plan(MediaInfo("mov,mp4", 20.0, video=video, audio=audio), ladder)


def command(made: EncodePlan) -> list[str]:
    return encode_command("/usr/bin/ffmpeg", made, "./input", "out", FULL)


def after(argv: list[str], option: str) -> str:
    return argv[argv.index(option) + 1]


def test_the_graph_of_a_film() -> None:
    base, *rest = picture_graph(make(SOUND), FULL, 1000).split(";[")
    shape = ",".join(to_canvas(1280, 720, "yuv420p", ":out_range=tv"))
    assert base == f"[0:0]fps=24000/1001:start_time=0,{shape},trim=end_frame=1000[size0]"
    assert rest == [
        "size0]split=3[video0][still][next0]",
        "next0]scale=854:480:flags=lanczos,"
        "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709,setsar=1[size1]",
        "size1]null[video1]",
        "still]trim=end_frame=49,select=not(n)+eq(n\\,48),"
        "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p[poster]",
    ]
    assert sound_graph(make(SOUND)) == (
        "[0:2]aresample=async=1:min_hard_comp=0.02,"
        "aformat=channel_layouts=stereo:sample_rates=48000[sound]"
    )


def test_one_process_one_input_every_rendition() -> None:
    argv = command(make(SOUND))
    assert argv[0] == "/usr/bin/ffmpeg"
    assert argv.count("-i") == 1
    assert argv.count("[sound]") == 1
    assert after(argv, "tee") == (
        r"[select=\'v:0,a\':f=mp4:onfail=abort]out/720p.mp4"
        r"|[select=\'v:1,a\':f=mp4:onfail=abort]out/480p.mp4"
    )
    assert (after(argv, "-crf:v:0"), after(argv, "-maxrate:v:1")) == ("23", "2000000")
    assert argv[-1] == "out/poster.jpg"


def test_the_untrusted_input_is_fenced_in_before_it_is_opened() -> None:
    limits = Limits(max_streams=7, max_pixels=1000)
    for argv in (
        encode_command("/f", make(SOUND), "./input", ".", FULL, limits),
        probe_command("/p", "./input", limits),
    ):
        opened = argv.index("-i")
        for option in ("-protocol_whitelist", "-format_whitelist", "-codec_whitelist"):
            assert argv.index(option) < opened
        assert after(argv, "-protocol_whitelist") == "file"
        assert int(after(argv, "-max_streams")) - MAX_BESIDE in (7, 8)
        assert after(argv, "-max_pixels") == "1000"
        assert after(argv, "-max_alloc") == "268435456"
        assert argv.index("-max_alloc") < opened
        assert argv[0].startswith("/")
        assert argv.count("-i") == 1
        assert argv[opened + 1] == "./input"
        codecs = after(argv, "-codec_whitelist").split(",")
        assert not {"magicyuv", "ansi", "tiff", "exr", "psd"} & set(codecs)
        formats = after(argv, "-format_whitelist").split(",")
        assert not {"hls", "concat", "dash", "sdp", "image2", "png_pipe", "tty"} & set(formats)


def test_what_comes_through_a_pipe_may_name_nothing_else() -> None:
    argv = encode_command("/f", make(SOUND), PIPE, ".", FULL)
    assert after(argv, "-i") == "pipe:0"
    assert after(argv, "-protocol_whitelist") == "pipe"
    assert argv.index("-protocol_whitelist") < argv.index("-i")


def test_an_encode_takes_what_was_chosen_and_ends_at_the_limits() -> None:
    argv = command(make(SOUND))
    for option in ("-nostdin", "-sn", "-dn"):
        assert option in argv
    maps = [argv[place + 1] for place, word in enumerate(argv) if word == "-map"]
    assert maps == ["[video0]", "[video1]", "[sound]", "[poster]"]
    # The film and the poster are two outputs, and each option counts for the next one only.
    assert [after(argv[place:], "-map_metadata") for place in outputs(argv)] == ["-1", "-1"]
    assert after(argv, "-map_chapters") == "-1"
    assert after(argv, "-t") == "14400"
    assert "trim=end_frame=345600[size0]" in after(argv, "-filter_complex")
    few = Limits(max_duration_s=90.5, max_frames=7)
    argv = encode_command("/f", make(), "./input", ".", FULL, few)
    # Let in, it is made whole; and a second more.
    assert after(argv, "-t") == "90.5"
    assert f"trim=end_frame={480 + 24}[size0]" in after(argv, "-filter_complex")


def outputs(argv: list[str]) -> list[int]:
    """Where the options of each output begin."""
    return [argv.index("-map"), argv.index("tee") + 2]


def test_silence_and_one_channel() -> None:
    silent = command(make())
    assert "-c:a" not in silent
    assert "v:0,a" not in after(silent, "tee")
    assert after(command(make(replace(SOUND, channels=1))), "-b:a") == "64000"


def test_odd_channel_counts_and_rates_are_brought_to_stereo() -> None:
    many = sound_graph(make(replace(SOUND, channels=12, layout="7.1.4", sample_rate=192000)))
    assert "pan=stereo|c0=1.000*c0+0.707*c2+0.707*c4" in many
    assert "aformat=channel_layouts=stereo:sample_rates=48000,alimiter" in many
    assert "pan=" not in sound_graph(make(replace(SOUND, channels=6)))
    assert "sample_rates=22050" in sound_graph(make(replace(SOUND, sample_rate=22050)))


def test_a_late_sound_begins_with_silence() -> None:
    assert ":first_pts=0" in sound_graph(make(replace(SOUND, start_time=1.5)))


def test_fields_are_joined_where_there_may_be_fields() -> None:
    for made in (make(field_order="tt"), make(fields=True), make(field_order="")):
        assert "[0:0]scale=iw:ih:interl=-1:flags=lanczos,bwdif=" in picture_graph(made, FULL, 1000)
    assert "bwdif" not in picture_graph(make(), FULL, 1000)
    assert "bwdif" not in picture_graph(make(codec="vp9", field_order=""), FULL, 1000)


def test_high_dynamic_range_is_mapped_with_what_the_build_has() -> None:
    made = make(color_transfer="smpte2084", color_primaries="bt2020", color_space="bt2020nc")
    assert "tonemap=" in picture_graph(made, FULL, 1000)
    fallback = picture_graph(made, BARE, 1000)
    assert "tonemap" not in fallback
    assert "zscale" not in fallback
    assert "lutrgb=" in fallback


def test_colours_that_are_not_kept_are_converted_and_said() -> None:
    other = picture_graph(make(color_space="smpte240m"), FULL, 1000)
    assert "out_color_matrix=bt709" in other
    assert "colorspace=bt709" in other
    wide = make(color_space="bt2020nc")
    assert "zscale=p=bt709:t=bt709:m=bt709" in picture_graph(wide, FULL, 1000)
    assert "colorspace=ispace=bt709:iprimaries=bt2020" in picture_graph(wide, BARE, 1000)
    kept = picture_graph(make(color_space="smpte170m"), FULL, 1000)
    assert "setparams" not in kept
    assert "setparams" not in picture_graph(make(width=640, height=360), FULL, 1000)


def test_what_one_can_see_through_is_laid_on_black() -> None:
    assert ",premultiply=inplace=1,scale" in picture_graph(make(pix_fmt="yuva444p10le"), FULL, 9)
    assert "premultiply" not in picture_graph(make(pix_fmt="yuv444p10le"), FULL, 9)


def test_an_alpha_channel_beside_the_picture_needs_another_decoder() -> None:
    clip = make(codec="vp9", alpha_beside=True)
    able = Capabilities(converts_color=True, sees_alpha=True)
    argv = encode_command("/f", clip, "./input", ".", able)
    assert after(argv, "-c:0") == "libvpx-vp9"
    assert argv.index("-c:0") < argv.index("-i")
    assert "-c:0" not in encode_command("/f", clip, "./input", ".", FULL)
    assert "premultiply" in picture_graph(clip, FULL, 9)


def test_a_matrix_that_the_scaler_refuses_is_converted_before() -> None:
    assert "[0:0]fps=24000/1001:start_time=0,zscale=m=bt709" in picture_graph(
        make(color_space="ycgco"), FULL, 9
    )


def test_one_rung_and_three_rungs() -> None:
    one = picture_graph(make(width=320, height=240), FULL, 1000)
    assert "[size0]split=2[video0][still]" in one
    rungs = tuple(Rung(side, 22, 1000, 2000) for side in (1080, 720, 480))
    three = picture_graph(make(ladder=Ladder(rungs=rungs)), FULL, 1000)
    assert "[size1]split=2[video1][next1];[next1]scale=854:480" in three


def test_the_last_picture_stands_until_the_sound_ends() -> None:
    late = replace(SOUND, start_time=0.0, duration=25.0)
    made = picture_graph(make(late, start_time=3.0, duration=20.0), FULL, 1000)
    assert "tpad=stop_mode=clone:stop_duration=2.000," in made
    assert "tpad" not in picture_graph(make(replace(late, duration=20.05)), FULL, 1000)


def test_a_directory_name_cannot_end_the_tee() -> None:
    argv = encode_command("/f", make(), "./input", "a|b [c]'d", FULL)
    assert r"]a\|b\ \[c\]\'d/720p.mp4|[" in after(argv, "tee")


def test_names_of_a_listing() -> None:
    encoders = """Encoders:
 V..... = Video
 ------
 V....D libx264              libx264 H.264 (codec h264)
 A....D aac                  AAC (Advanced Audio Coding)
"""
    filters = """Filters:
  T.. = Timeline support
 TS. bwdif             V->V       Deinterlace the input image.
 ... split             V->N       Pass on the input to N outputs.
 T. fps                V->V       Force constant framerate.
"""
    assert parse_names(encoders) == {"libx264", "aac"}
    assert parse_names(filters) == {"bwdif", "split", "fps"}
