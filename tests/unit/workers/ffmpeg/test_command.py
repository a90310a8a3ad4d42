"""A plan becomes one argument list that decodes once and reaches only what it may."""

from dataclasses import replace
from fractions import Fraction

from workers.ffmpeg.canvas import to_canvas
from workers.ffmpeg.capabilities import Capabilities, parse_names
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.graph import picture_graph
from workers.ffmpeg.order import ordered_pictures, ordered_sound
from workers.ffmpeg.probe import probe_command
from workers.ffmpeg.sound import sound_graph
from workers.ffmpeg.whitelists import PIPE
from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import DEFAULT_LADDER, MISSION_LADDER, Ladder, Rung
from workers.media.limits import MAX_BESIDE, Limits
from workers.media.plan import EncodePlan, plan
from workers.media.sounds import with_sounds
from workers.media.strays import Stray

FULL = Capabilities(converts_color=True)
BARE = Capabilities(converts_color=False)
FILM = VideoStream(
    index=0, codec="h264", width=1920, height=1080, duration=20.0, frame_count=480,
    field_order="progressive",
    avg_frame_rate=Fraction(24000, 1001), base_frame_rate=Fraction(24000, 1001),
)  # fmt: skip
SOUND = AudioStream(index=2, codec="aac", channels=2, sample_rate=48000)
ORDERED = ",".join(ordered_pictures(FILM))


def make(*audio: AudioStream, ladder: Ladder = MISSION_LADDER, **changes: object) -> EncodePlan:
    video = replace(FILM, **changes)  # type: ignore[arg-type]
    return plan(MediaInfo("mov,mp4", 20.0, video=video, audio=audio), ladder)


def command(made: EncodePlan) -> list[str]:
    return encode_command("/usr/bin/ffmpeg", made, "./input", "out", FULL)


def after(argv: list[str], option: str) -> str:
    return argv[argv.index(option) + 1]


def test_the_graph_of_a_film() -> None:
    base, *rest = picture_graph(make(SOUND), FULL, 1000).split(";[")
    shape = ",".join(to_canvas(1280, 720, "yuv420p", ":out_range=tv"))
    assert base == f"[0:0]{ORDERED},{shape}[size0]"
    timed = "fps=24000/1001:start_time=0,trim=end_frame=1000"
    assert rest == [
        "size0]split[own0][next0]",
        f"own0]{timed},split=2[video0][still]",
        "next0]scale=854:480:flags=lanczos,"
        "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709,setsar=1[size1]",
        f"size1]{timed},split=2[video1][small]",
        "still]trim=end_frame=241,select="
        + "+".join(f"eq(n\\,{n})" for n in range(0, 241, 24))
        + ","
        "split[whole][faint]",
        "whole]setparams=color_primaries=unknown:color_trc=unknown,"
        "scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p[poster]",
        "faint]setparams=color_primaries=unknown:color_trc=unknown,"
        "scale=32:18:flags=area:out_range=pc,format=gray[looks]",
        "small]select=not(mod(n\\,24)),trim=end_frame=2000,"
        "setparams=color_primaries=unknown:color_trc=unknown,"
        "scale=160:90:flags=area:out_color_matrix=bt601:out_range=pc,format=yuvj420p,setsar=1,"
        "split[lone][tiles]",
        "lone]trim=end_frame=1,pad=1600:180[opening]",
        "tiles]tile=10x2[sheets]",
        "opening][sheets]concat=n=2,setpts=N*1000/TB[storyboard]",
    ]
    assert sound_graph(make(SOUND)) == (
        f"[0:2]{','.join(ordered_sound(SOUND))},aresample=async=1:min_hard_comp=0.02,"
        "aformat=channel_layouts=stereo:sample_rates=48000[sound]"
    )


def test_one_process_one_input_every_rendition() -> None:
    argv = command(make(SOUND, ladder=replace(MISSION_LADDER, streamed=False, storyboard=False)))
    assert argv[0] == "/usr/bin/ffmpeg"
    assert argv.count("-i") == 1
    assert argv.count("[sound]") == 1
    assert after(argv, "tee") == (
        r"[select=\'v:0,a\':f=mp4:onfail=abort]out/720p.mp4"
        r"|[select=\'v:1,a\':f=mp4:onfail=abort]out/480p.mp4"
    )
    assert (after(argv, "-crf:v:0"), after(argv, "-maxrate:v:1")) == ("23", "2000000")
    assert argv[-1] == "out/poster.gray"


def test_every_track_is_cut_into_segments_on_one_grid() -> None:
    argv = command(make(SOUND, avg_frame_rate=Fraction(25), base_frame_rate=Fraction(25)))
    *_, larger, smaller, sound = after(argv, "tee").split("|")
    assert larger.startswith(r"[select=\'v:0\':f=hls:onfail=abort:hls_time=1.980000:")
    assert smaller.endswith("]tee:out/480p/index.m3u8")
    assert ":hls_time=2.000000:" in sound
    assert after(argv, "-force_key_frames") == "expr:eq(mod(n,50),0)"
    assert "keyint=100:min-keyint=51" in after(argv, "-x264-params")
    assert "-g" not in argv


def test_a_rung_without_a_file_has_its_segments_alone() -> None:
    made = make(SOUND, ladder=DEFAULT_LADDER)
    outputs = [each.rpartition("]")[2] for each in after(command(made), "tee").split("|")]
    assert outputs == [
        "out/720p.mp4", "out/480p.mp4",
        *(f"tee:out/{name}/index.m3u8" for name in ("1080p", "720p", "480p", "360p", "audio")),
    ]  # fmt: skip
    # The poster is as large as the largest file.
    graph = picture_graph(made, FULL, 1000)
    assert "trim=end_frame=1000[video0]" in graph
    assert "trim=end_frame=1000,split=2[video1][still]" in graph


def test_each_codec_has_its_encoder_and_all_have_one_grid() -> None:
    rungs = (
        Rung(480, 23, 1, 1),
        Rung(480, 27, 1, 1, codec="hevc"),
        Rung(480, 36, 1, 1, codec="av1"),
    )
    made = make(
        ladder=Ladder(rungs=rungs), avg_frame_rate=Fraction(25), base_frame_rate=Fraction(25)
    )
    argv = command(made)
    assert [after(argv, f"-c:v:{number}") for number in range(3)] == [
        "libx264", "libx265", "libsvtav1",
    ]  # fmt: skip
    assert argv.index("-c:v") > argv.index("tee")  # that of stills
    assert "keyint=100:min-keyint=51" in after(argv, "-x264-params:v:0")
    assert "keyint=50:min-keyint=50:scenecut=0:open-gop=0" in after(argv, "-x265-params:v:1")
    assert "keyint=50:irefresh-type=2" in after(argv, "-svtav1-params:v:2")
    assert (after(argv, "-tag:v:1"), after(argv, "-preset:v:2")) == ("hvc1", "9")
    # One size is scaled once.
    graph = picture_graph(made, FULL, 1000)
    assert graph.count("scale=854:480") == 0
    assert "[next0]null[size1]" in graph


def test_the_sound_is_decoded_by_one_thread() -> None:
    opened = command(make(SOUND))
    assert after(opened[: opened.index("-i")], "-threads:a") == "1"
    assert "-threads:a" not in command(make())


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


def test_a_file_is_read_as_far_as_its_tracks_are_known_to_begin() -> None:
    limits = Limits(reach=20_000_000)
    for argv in (
        encode_command("/f", make(SOUND), "./input", ".", FULL, limits),
        probe_command("/p", "./input", limits),
    ):
        assert after(argv, "-probesize") == "20000000"
        assert int(after(argv, "-analyzeduration")) > 3600 * 1_000_000
    assert "-probesize" not in probe_command("/p", "./input")


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
    assert maps == ["[video0]", "[video1]", "[sound]", "[poster]", "[looks]", "[storyboard]"]
    # Film, poster and storyboard are outputs, and each option counts for the next one only.
    assert [after(argv[place:], "-map_metadata") for place in outputs(argv)] == ["-1"] * 3
    assert after(argv, "-map_chapters") == "-1"
    assert after(argv, "-t") == "14400"
    assert "trim=end_frame=864000,split=2[video0][still]" in after(argv, "-filter_complex")
    few = Limits(max_duration_s=90.5, max_frames=7)
    argv = encode_command("/f", make(), "./input", ".", FULL, few)
    # Let in, it is made whole; and a second more.
    assert after(argv, "-t") == "90.5"
    assert f"trim=end_frame={480 + 24},split=2[video0][still]" in after(argv, "-filter_complex")


def outputs(argv: list[str]) -> list[int]:
    """Where the options of each output begin."""
    return [argv.index("-map"), argv.index("[poster]"), argv.index("[storyboard]")]


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
    late = sound_graph(make(replace(SOUND, start_time=1.5)))
    assert "atrim=end=2.000,aresample=async=1:min_hard_comp=0.02:first_pts=0" in late
    assert "atrim=start=2.000" in late
    assert "first_pts" not in sound_graph(make(replace(SOUND, start_time=0.01)))


def test_fields_are_joined_where_there_may_be_fields() -> None:
    for made in (make(field_order="tt"), make(fields=True), make(field_order="")):
        graph = picture_graph(made, FULL, 1000)
        assert f"[0:0]{ORDERED},scale=iw:ih:interl=-1:flags=lanczos,bwdif=" in graph
    assert "bwdif" not in picture_graph(make(), FULL, 1000)
    assert "bwdif" not in picture_graph(make(codec="vp9", field_order=""), FULL, 1000)


def test_fields_that_came_one_by_one_are_woven_and_put_to_their_time() -> None:
    made = make(SOUND)
    video = replace(made.video, split="bottom", fields=True, behind=0.02)
    made = replace(made, video=video, deinterlace=True)
    graph = after(command(made), "-filter_complex")
    assert "weave=first_field=bottom,bwdif=" in graph
    assert graph.index("bwdif") < graph.index("setpts=PTS-0.020000/TB") < graph.index("fps=")


def test_times_are_rounded_as_planned() -> None:
    between = make(avg_frame_rate=Fraction(60), base_frame_rate=Fraction(60), start_time=0.025)
    assert "fps=60/1:start_time=0:round=up," in picture_graph(between, FULL, 1000)


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
    for plain in (make(color_space="smpte170m"), make(width=640, height=360)):
        files, _, stills = picture_graph(plain, FULL, 1000).partition("[still]")
        assert "setparams" not in files
        assert "setparams" in stills


def test_what_one_can_see_through_is_laid_on_black() -> None:
    assert "premultiply=inplace=1,scale" in picture_graph(make(pix_fmt="yuva444p10le"), FULL, 9)
    assert "premultiply" not in picture_graph(make(pix_fmt="yuv444p10le"), FULL, 9)


def test_an_alpha_channel_beside_the_picture_needs_another_decoder() -> None:
    clip = make(codec="vp9", alpha_beside=True)
    able = Capabilities(converts_color=True, sees_alpha=True)
    argv = encode_command("/f", clip, "./input", ".", able)
    assert after(argv, "-c:0") == "libvpx-vp9"
    assert argv.index("-c:0") < argv.index("-i")
    assert "-c:0" not in encode_command("/f", clip, "./input", ".", FULL)
    assert "premultiply" in picture_graph(clip, FULL, 9)


def test_what_the_container_says_of_turning_is_enough() -> None:
    argv = command(make(turned_twice=True))
    assert after(argv, "-bsf:0") == "h264_metadata=display_orientation=remove"
    assert argv.index("-bsf:0") < argv.index("-i")
    assert "-bsf:0" not in command(make())


def test_a_matrix_that_the_scaler_refuses_is_converted_before() -> None:
    graph = picture_graph(make(color_space="ycgco"), FULL, 9)
    assert graph.startswith("[0:0]zscale=m=bt709:r=tv,setparams=colorspace=bt709,")


def test_one_rung_and_three_rungs() -> None:
    one = picture_graph(make(width=320, height=240), FULL, 1000)
    assert ",split=3[video0][still][small]" in one
    rungs = tuple(Rung(side, 22, 1000, 2000) for side in (1080, 720, 480))
    three = picture_graph(make(ladder=Ladder(rungs=rungs)), FULL, 1000)
    assert "[next1]scale=854:480" in three


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


def test_sounds_that_only_the_stream_has_are_outputs_of_their_own() -> None:
    info = MediaInfo(
        "matroska,webm", 20.0, video=FILM,
        audio=(replace(SOUND, channels=6, layout="5.1"), replace(SOUND, index=3, start_time=5.0)),
    )  # fmt: skip
    made = with_sounds(plan(info, DEFAULT_LADDER), info, DEFAULT_LADDER)
    argv = command(made)
    assert argv.count("-i") == 1
    outputs = [argv[at + 1] for at, word in enumerate(argv) if word == "tee"]
    assert [each.rpartition("]")[2] for each in outputs[1:]] == [
        "tee:out/audio-2/index.m3u8", "tee:out/audio-surround/index.m3u8",
    ]  # fmt: skip
    assert "audio-2" not in outputs[0]
    graphs = [argv[at + 1] for at, word in enumerate(argv) if word == "-filter_complex"]
    stereo, second, surround = graphs[1:]
    assert ":file=out/loudness.txt,anullsink" in stereo
    assert "aselect=not(mod(n\\,10))+gte(t\\,15.000)" in stereo
    assert second.startswith("[0:3]aselect=")
    assert ",asplit[first3][later3];" in second
    assert second.endswith(",apad=whole_dur=20.000[sound0]")
    # As loud as it is: nothing is mixed.
    assert surround == (
        f"[0:2]{','.join(ordered_sound(SOUND))},aresample=async=1:min_hard_comp=0.02,"
        "aformat=channel_layouts=5.1:sample_rates=48000,"
        "apad=whole_dur=20.000[sound1]"
    )
    rates = [argv[at + 1] for at, word in enumerate(argv) if word == "-b:a"]
    assert rates == ["128000", "128000", "320000"]


def test_a_picture_far_ahead_of_its_time_is_left_out_of_what_is_sent() -> None:
    sent = plan(MediaInfo("mpegts", 10.0, video=FILM), MISSION_LADDER)
    assert picture_graph(sent, FULL, 1000).startswith("[0:0]select=isnan(t)")
    # A picture of a file may stand for an hour.
    recorded = plan(MediaInfo("matroska,webm", 10.0, video=FILM), MISSION_LADDER)
    assert "select=isnan(t)" not in picture_graph(recorded, FULL, 1000)


def test_what_is_known_to_be_far_ahead_is_left_out_where_it_comes() -> None:
    strays = (Stray(2.44, 10.48, 10.48), Stray(None, 9.0, 9.5))
    film = plan(MediaInfo("mp4", 20.0, video=replace(FILM, strays=strays)), MISSION_LADDER)
    assert picture_graph(film, FULL, 1000).startswith(
        "[0:0]select=not("
        "between(t\\,10.478000\\,10.482000)*lte(prev_selected_t\\,2.442000)"
        "+between(t\\,8.998000\\,9.502000)*isnan(prev_selected_t)),select=1+0*if("
    )
    heard = make(replace(SOUND, strays=strays[:1]))
    assert sound_graph(heard).startswith("[0:2]aselect=not(between(t\\,10.478000\\,")


def test_pictures_that_are_not_made_are_not_made_smaller_either() -> None:
    base, *_ = picture_graph(make(), FULL, 1000).split(";")
    assert "fps=" not in base
    fast = make(avg_frame_rate=Fraction(120), base_frame_rate=Fraction(120))
    base, *rest = picture_graph(fast, FULL, 1000).split(";")
    assert base.index("fps=60/1") < base.index("scale=")
    assert not any("fps=" in chain for chain in rest)
    # There may be pauses: the pictures in them are there before the rate is made.
    paused = make(avg_frame_rate=Fraction(33), base_frame_rate=Fraction(60))
    assert "fps=" not in picture_graph(paused, FULL, 1000).split(";", maxsplit=1)[0]
