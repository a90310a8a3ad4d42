"""A stream has each sound track of its source once, and 5.1 beside stereo."""

from dataclasses import replace
from typing import Any

import pytest

from workers.media.audio_plan import AudioPlan, plan_audio
from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import DEFAULT_LADDER, Ladder
from workers.media.languages import tag_of
from workers.media.notes import done_of, left_out, nothing_heard, without_others
from workers.media.plan import EncodePlan, plan
from workers.media.sounds import with_sounds
from workers.media.tracks import tracks_of

FILM = VideoStream(index=0, codec="h264", width=1280, height=720, duration=20.0)
SOUND = AudioStream(
    index=1, codec="aac", channels=2, sample_rate=48_000, duration=20.0, present=True
)


def sources(*changes: dict[str, Any]) -> MediaInfo:
    """Return a film with a sound for each of the changes to the usual one."""
    audio = tuple(replace(SOUND, index=n, **each) for n, each in enumerate(changes, 1))
    return MediaInfo("matroska,webm", 20.0, video=FILM, audio=audio)


def made(info: MediaInfo, ladder: Ladder = DEFAULT_LADDER) -> EncodePlan:
    return with_sounds(plan(info, ladder), info, ladder)


def heard(decided: EncodePlan | AudioPlan) -> list[tuple[str, int, int | None]]:
    """Return the name, the stream and the channels of each sound of a plan beside the default."""
    return [(each.name, each.audio.index, each.channels) for each in decided.others]


def test_each_track_is_heard_in_the_order_of_the_file() -> None:
    info = sources(
        {"language": "en", "beside": True, "role": "commentary"},
        {"language": "de", "default": True},
        {"language": "fr", "channels": 1, "start_time": 1.5, "sample_rate": 96_000},
        {"codec": "dolby_e"},
        {"other_programme": True},
        {"codec": "dts", "title": "Español"},
    )
    decided = made(info)
    assert decided.audio == info.audio[1]
    assert heard(decided) == [("audio-2", 1, 2), ("audio-3", 3, 1), ("audio-4", 6, 2)]
    late = decided.others[1]
    assert (late.sound_delay, late.sample_rate, late.length) == (1.5, 48_000, 20.0)
    default, comment, *_ = tracks_of(decided)[-4:]
    assert (default.name, default.is_default, default.language) == ("audio", True, "de")
    assert (comment.is_default, comment.language, comment.role) == (False, "en", "commentary")
    warned = [note.message for note in left_out(info, decided)]
    assert warned == [
        "A sound track was left out: its codec dolby_e is not supported.",
        "1 other sound track was left out: only one is kept.",
    ]


def test_there_are_no_more_than_the_ladder_has() -> None:
    info = sources(*({"language": code} for code in ("en", "de", "fr", "it")))
    decided = made(info, replace(DEFAULT_LADDER, audio_tracks=2))
    assert heard(decided) == [("audio-2", 2, 2)]
    [note] = left_out(info, decided)
    assert note.message == "2 other sound tracks were left out: at most 2 are kept."
    assert made(info, replace(DEFAULT_LADDER, audio_tracks=1)).others == ()
    silent = replace(DEFAULT_LADDER, streamed=False)
    assert made(info, silent).others == ()
    assert "only one is kept" in left_out(info, made(info, silent))[0].message


@pytest.mark.parametrize("said", [{}, {"language": "en"}, {"title": "Mic"}])
def test_channels_of_one_recording_are_no_tracks(said: dict[str, Any]) -> None:
    info = sources(*({"channels": 1, **said} for _ in range(8)))
    assert made(info).others == ()
    [note] = left_out(info, made(info))
    assert note.message == "7 other sound tracks were left out: only one is kept."


@pytest.mark.parametrize(
    "second", [{"language": "de"}, {"title": "Comment"}, {"duration": 19.0}, {"channels": 2}]
)
def test_what_tells_tracks_of_one_channel_apart(second: dict[str, Any]) -> None:
    assert len(made(sources({"channels": 1}, {"channels": 1} | second)).others) == 1


def test_two_sides_are_one_sound_in_each_language() -> None:
    sides = [
        {"channels": 1, "language": code, "layout": f"1 channels ({side})"}
        for code in ("en", "de")
        for side in ("FL", "FR")
    ]
    info = sources(*sides)
    # Each side alone looks like a channel of the other one; but they say which they are.
    decided = made(info)
    assert (decided.right and decided.right.index) == 2
    assert heard(decided) == [("audio-2", 3, 2)]
    assert decided.others[0].right == info.audio[3]


def test_surround_is_kept_beside_stereo() -> None:
    stereo, six = {"language": "en"}, {"channels": 6, "layout": "5.1(side)"}
    assert heard(made(sources(six))) == [("audio-surround", 1, 6)]
    assert heard(made(sources(stereo, six, six | {"language": "de"}))) == [
        ("audio-2", 2, 2), ("audio-3", 3, 2), ("audio-2-surround", 2, 6),
    ]  # fmt: skip
    # Six channels may be anything.
    assert made(sources({"channels": 6})).others == ()
    decided = made(sources(six))
    assert [note.code for note in done_of(decided)][-2:] == ["audio_downmixed", "surround_kept"]
    assert decided.others[0].audio_bitrate == 320_000


def test_sound_alone_has_all_its_tracks_too() -> None:
    info = replace(sources({"language": "en"}, {"language": "de"}), video=None)
    decided = with_sounds(plan_audio(info, DEFAULT_LADDER), info, DEFAULT_LADDER)
    assert heard(decided) == [("audio-2", 2, 2)]
    assert [track.name for track in tracks_of(decided)] == ["audio", "audio-2"]


def test_what_is_told_of_sounds_that_were_planned_and_are_not_there() -> None:
    decided = made(sources({"channels": 6, "layout": "5.1"}, {"language": "de"}))
    others = [track for track in tracks_of(decided) if not track.is_default]
    [note] = nothing_heard(others)
    told = "1 other sound track was left out: nothing could be heard in it."
    assert note.message == told
    assert nothing_heard([]) == ()
    assert "could not be read with it" in without_others(decided).message


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("ger", "de"), ("deu", "de"), ("eng", "en"), ("ENG", "en"), ("pt-BR", "pt-BR"),
        ("en_US", "en-US"), ("fil", "fil"), ("und", ""), ("zxx", ""), ("qaa", ""), ("", ""),
        ("english", ""), ('x",URI="', ""), ("e" * 60, ""),
    ],
)  # fmt: skip
def test_languages(said: str, tag: str) -> None:
    assert tag_of(said) == tag


@pytest.mark.parametrize(("begins", "told"), [(3.98, True), (4.0, True), (0.0, False)])
def test_it_is_told_if_the_sound_goes_on_in_another_track(begins: float, told: bool) -> None:
    first = {"start_time": 1.0, "duration": 3.0, "default": True}
    info = sources(first, {"start_time": begins, "duration": 16.0})
    notes = [note.message for note in left_out(info, made(info))]
    assert any(each.startswith("The rest of the sound was left out") for each in notes) is told
