"""Sound alone is decoded once; its poster is a cover, or is drawn of the sound."""

from dataclasses import replace

from workers.ffmpeg.audio_command import audio_command
from workers.ffmpeg.order import ordered_sound
from workers.media.audio_plan import AudioPlan
from workers.media.info import AudioStream
from workers.media.limits import Limits

SOUND = AudioStream(index=2, codec="mp3", channels=1, sample_rate=44_100)
PLAN = AudioPlan(SOUND, None, 128_000, 44_100, 20.0)


def command(plan: AudioPlan) -> list[str]:
    return audio_command("/usr/bin/ffmpeg", plan, "./input", "out", Limits(max_duration_s=90.5))


def after(argv: list[str], option: str) -> list[str]:
    return [argv[place + 1] for place, word in enumerate(argv) if word == option]


def test_one_process_makes_the_sound_and_the_poster() -> None:
    argv = command(PLAN)
    assert argv[0] == "/usr/bin/ffmpeg"
    assert after(argv, "-i") == ["./input"]
    assert argv.index("-format_whitelist") < argv.index("-i")
    assert after(argv[: argv.index("-i")], "-threads:a") == ["1"]
    assert after(argv, "-map") == ["[track]", "[poster]"]
    assert (after(argv, "-c:a"), after(argv, "-b:a")) == (["aac"], ["64000"])
    assert (after(argv, "-map_metadata"), after(argv, "-map_chapters")) == (["-1", "-1"], ["-1"])
    assert after(argv, "-t") == ["90.5"]
    assert r"[select=\'a\':f=mp4:onfail=abort]out/audio.m4a" in argv
    assert argv[-1] == "out/poster.jpg"
    (graph,) = after(argv, "-filter_complex")
    assert graph.startswith(
        f"[0:2]{','.join(ordered_sound(SOUND))},aresample=async=1:min_hard_comp=0.02,"
        "aformat=channel_layouts=mono:sample_rates=44100,asplit[sound][measured];[measured]ebur128="
    )
    assert ",anullsink;[sound]asplit[track][heard];" in graph


def test_little_of_the_sound_is_kept_for_the_poster() -> None:
    (graph,) = after(command(PLAN), "-filter_complex")
    drawn = graph.index("showwavespic")
    assert graph.index("aresample=100:") < drawn
    assert graph.index("asetnsamples=n=500:") < drawn


def test_a_cover_is_fitted() -> None:
    argv = command(replace(PLAN, cover=1))
    assert after(argv, "-map") == ["[sound]", "0:1"]
    (fitted,) = after(argv, "-vf")
    assert fitted.startswith("scale=1280:720:force_original_aspect_ratio=decrease,")
    assert "pad=1280:720:-1:-1:0x16201d," in fitted
    assert "showwaves" not in "".join(after(argv, "-filter_complex"))
