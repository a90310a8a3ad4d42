"""Playlists say what is stored, and only what can be watched by now."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from backend.playback import dash, hls
from backend.playback.film import (
    Film,
    Segment,
    Stored,
    Track,
    average_bitrate,
    peak_bitrate,
    run_of,
)
from backend.playback.labels import labels_of
from core.model.states import Made, TrackKind
from tests.support.hls_check import read_media, read_multivariant

ENDED = datetime(2026, 1, 1, tzinfo=UTC)
NTSC = Fraction(24_000, 1001)
_MPD = "{urn:mpeg:dash:schema:mpd:2011}"


def run(scale: int, durations: list[int], sizes: list[int] | None = None) -> list[Segment]:
    """Return segments in one object each, the first behind 300 bytes of another track."""
    starts = [sum(durations[:number]) for number in range(len(durations))]
    sizes = sizes or [scale] * len(durations)
    return [
        Segment(start, duration, number, 1000 if number == 0 else 0, size)
        for number, (start, duration, size) in enumerate(zip(starts, durations, sizes, strict=True))
    ]


def picture(count: int = 3, name: str = "720p", **other: Any) -> Track:
    fields: dict[str, Any] = {
        "made": Made.ENCODED, "codecs": "avc1.64001f", "time_scale": 24_000, "init_size": 700,
        "max_bitrate": 3_000_000, "width": 1280, "height": 720, "frame_rate": NTSC,
        "segments": run(24_000, [48_048] * count),
    } | other  # fmt: skip
    return Track(name, TrackKind.VIDEO, **fields)


def sound(count: int = 3, name: str = "sound", **other: Any) -> Track:
    fields: dict[str, Any] = {
        "made": Made.ENCODED, "codecs": "mp4a.40.2", "time_scale": 48_000, "init_size": 700,
        "max_bitrate": 128_000, "channels": 2, "language": "en",
        "segments": run(48_000, [97_280, *[96_256] * (count - 1)][:count]),
    } | other  # fmt: skip
    return Track(name, TrackKind.AUDIO, **fields)


def listed(film: Film, name: str = "720p", *, is_event: bool = True) -> int:
    track = film.named(name)
    assert track
    return len(read_media(hls.media(film, track, is_event=is_event)).parts)


def test_a_film_that_grows_begins_at_its_beginning_and_has_no_end() -> None:
    film = Film([picture(), sound()])
    found = read_media(hls.media(film, film.tracks[0], is_event=True))
    assert (found.kind, found.ended, found.from_the_beginning) == ("EVENT", False, True)
    assert found.init == ("720p/0.mp4", 300, 700)
    assert [part.address for part in found.parts] == ["720p/0.mp4", "720p/1.mp4", "720p/2.mp4"]
    assert [part.offset for part in found.parts] == [1000, 0, 0]
    assert read_multivariant(hls.multivariant(film)).from_the_beginning


@pytest.mark.parametrize(("is_event", "kind"), [(True, "EVENT"), (False, "VOD")])
def test_a_complete_film_has_an_end(is_event: bool, kind: str) -> None:
    film = Film([picture(), sound()], ENDED)
    found = read_media(hls.media(film, film.tracks[0], is_event=is_event))
    assert (found.kind, found.ended, found.from_the_beginning) == (kind, True, is_event)


def test_what_was_listed_stays_as_it_is() -> None:
    """Of a list that grows, each is the beginning of the next."""
    lists = [
        hls.media(Film([picture(n), sound(n)]), picture(n), is_event=True) for n in range(1, 9)
    ]
    lists.append(hls.media(Film([picture(8), sound(8)], ENDED), picture(8), is_event=True))
    assert all(after.startswith(before) for before, after in pairwise(lists))
    assert lists[-1] == lists[-2] + "#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("pictures", "sounds", "seen", "heard"),
    [(3, 3, 3, 3), (5, 3, 3, 3), (3, 5, 3, 3), (0, 3, 0, 0), (3, 0, 0, 0)],
)
def test_only_what_has_picture_and_sound_is_listed(
    pictures: int, sounds: int, seen: int, heard: int
) -> None:
    film = Film([picture(pictures), sound(sounds)])
    assert (listed(film), listed(film, "sound")) == (seen, heard)


def test_each_size_is_listed_as_far_as_it_goes() -> None:
    film = Film([picture(2), picture(4, "480p"), sound(5)])
    assert [listed(film, name) for name in ("720p", "480p", "sound")] == [2, 4, 4]


def test_a_complete_film_is_listed_to_the_end_of_each_track() -> None:
    film = Film([picture(5), sound(3)], ENDED)
    assert (listed(film), listed(film, "sound")) == (5, 3)


def test_a_gap_ends_the_run() -> None:
    def stored(first: int, count: int) -> Stored:
        return Stored(first, first * 10, 5, [7] * count, [10] * count)

    spans = [stored(3, 2), stored(0, 1), stored(1, 2), stored(6, 1)]
    found = run_of(spans)
    assert [each.start for each in found] == [0, 10, 20, 30, 40]
    assert [(each.place, each.offset) for each in found] == [
        (0, 5),
        (1, 5),
        (1, 12),
        (3, 5),
        (3, 12),
    ]
    assert run_of(spans[:1]) == []
    assert run_of([stored(3, 2), stored(6, 1)], run_of(spans[1:3])) == found


def test_times_are_exact_over_a_long_film() -> None:
    film = Film([picture(5000)], ENDED)
    parts = read_media(hls.media(film, film.tracks[0], is_event=False)).parts
    total = sum((part.seconds for part in parts), Fraction(0))
    assert abs(total - Fraction(5000 * 48_048, 24_000)) < Fraction(1, 1_000_000)
    long = picture(3000, time_scale=30_000, segments=run(30_000, [60_061] * 3000))
    parts = read_media(hls.media(Film([long], ENDED), long, is_event=False)).parts
    total = sum((part.seconds for part in parts), Fraction(0))
    assert abs(total - Fraction(3000 * 60_061, 30_000)) < Fraction(1, 1_000_000)


@pytest.mark.parametrize(
    ("rate", "target"),
    [("24000/1001", 4), ("25", 4), ("1/2", 4), ("2/5", 5), ("1/10", 20)],
)
def test_the_target_follows_from_the_rate_and_not_from_what_is_there(
    rate: str, target: int
) -> None:
    few = picture(0, frame_rate=Fraction(rate))
    assert Film([few]).target_s == target
    assert Film([picture(1, made=Made.REMUXED)]).target_s == 8
    assert Film([picture(1, segments=run(24_000, [240_000]))]).target_s == 10


def test_bit_rates_are_planned_while_it_grows_and_measured_at_the_end() -> None:
    loud = picture(3, segments=run(24_000, [48_000] * 3, [500_000, 900_000, 100_000]))
    quiet = sound(3, segments=run(48_000, [96_000] * 3, [24_000] * 3))
    [grows] = read_multivariant(hls.multivariant(Film([loud, quiet]))).variants
    assert grows.fields["BANDWIDTH"] == "3128000"
    assert "AVERAGE-BANDWIDTH" not in grows.fields
    [ended] = read_multivariant(hls.multivariant(Film([loud, quiet], ENDED))).variants
    assert ended.fields == {
        "BANDWIDTH": str(900_000 * 4 + 24_000 * 4), "AVERAGE-BANDWIDTH": "2096000",
        "CODECS": "avc1.64001f,mp4a.40.2", "RESOLUTION": "1280x720", "FRAME-RATE": "23.976",
        "AUDIO": "sound",
    }  # fmt: skip


def test_a_short_last_segment_is_no_peak() -> None:
    track = picture(3, segments=run(24_000, [48_000, 48_000, 1_000], [100_000, 100_000, 90_000]))
    assert peak_bitrate(track, 4) == round(190_000 * 8 / (49 / 24))
    short = picture(1, segments=run(24_000, [1_000], [90_000]))
    assert peak_bitrate(short, 4) == average_bitrate(short) == 90_000 * 8 * 24


def test_players_begin_with_a_size_that_most_networks_carry() -> None:
    sizes = [
        picture(name="1080p", max_bitrate=6_000_000),
        picture(name="720p", max_bitrate=3_000_000),
        picture(name="480p", max_bitrate=1_500_000),
        picture(name="360p", max_bitrate=800_000),
    ]
    found = read_multivariant(hls.multivariant(Film(sizes))).variants
    assert [each.address for each in found] == [
        "480p.m3u8", "1080p.m3u8", "720p.m3u8", "360p.m3u8",
    ]  # fmt: skip
    found = read_multivariant(hls.multivariant(Film(sizes[:2]))).variants
    assert [each.address for each in found] == ["720p.m3u8", "1080p.m3u8"]


def with_codecs() -> Film:
    hevc: dict[str, Any] = {"codecs": "hvc1.1.6.L93.90"}
    return Film(
        [
            picture(name="720p", max_bitrate=3_000_000),
            picture(name="720p-hevc", max_bitrate=1_900_000, **hevc),
            picture(name="480p", max_bitrate=1_500_000, width=854, height=480),
            picture(name="480p-hevc", max_bitrate=900_000, width=854, height=480, **hevc),
            sound(),
        ],
        ENDED,
    )


def test_of_several_codecs_players_begin_with_what_all_take_and_are_told_which_is_better() -> None:
    found = read_multivariant(hls.multivariant(with_codecs())).variants
    assert [(each.address, each.fields["SCORE"], each.fields["CODECS"]) for each in found] == [
        ("480p.m3u8", "1", "avc1.64001f,mp4a.40.2"),
        ("720p.m3u8", "3", "avc1.64001f,mp4a.40.2"),
        ("720p-hevc.m3u8", "4", "hvc1.1.6.L93.90,mp4a.40.2"),
        ("480p-hevc.m3u8", "2", "hvc1.1.6.L93.90,mp4a.40.2"),
    ]
    assert "SCORE" not in hls.multivariant(Film([picture(), picture(name="480p")], ENDED))


def test_each_codec_has_a_set_of_its_own_in_dash() -> None:
    root = ET.fromstring(dash.manifest(with_codecs()))
    sets = root.findall(f"{_MPD}Period/{_MPD}AdaptationSet")
    names = [[one.get("id") for one in each.iter(f"{_MPD}Representation")] for each in sets]
    assert names == [["720p", "480p"], ["720p-hevc", "480p-hevc"], ["sound"]]


def test_only_tracks_with_segments_can_be_chosen() -> None:
    film = Film([picture(2), picture(0, "480p"), sound(2), sound(0, "second", is_default=False)])
    found = read_multivariant(hls.multivariant(film))
    assert [each.address for each in found.variants] == ["720p.m3u8"]
    assert [each["URI"] for each in found.renditions] == ["sound.m3u8"]


def test_sounds_are_told_apart() -> None:
    sounds = [
        sound(title='Director "says"\r\n#EXT-X-ENDLIST'),
        sound(name="second", is_default=False, language="nds-DE", channels=6),
        sound(name="third", is_default=False, language='x",URI="http://evil', title=None),
    ]
    found = read_multivariant(hls.multivariant(Film([picture(), *sounds], ENDED)))
    quote = "\N{RIGHT DOUBLE QUOTATION MARK}"
    assert found.renditions[0] == {
        "TYPE": "AUDIO", "GROUP-ID": "sound", "NAME": f"Director {quote}says{quote} #EXT-X-ENDLIST",
        "LANGUAGE": "en", "DEFAULT": "YES", "AUTOSELECT": "YES", "CHANNELS": "2",
        "URI": "sound.m3u8",
    }  # fmt: skip
    assert [each.get("LANGUAGE") for each in found.renditions] == ["en", "nds-DE", None]
    assert [each["NAME"] for each in found.renditions[1:]] == ["nds-DE", "Sound 3"]
    same = [sound(title="A"), sound(title="A"), sound(title="\x00")]
    assert labels_of(same) == ["A", "A (2)", "en"]
    sly = [sound(title="A"), sound(title="A (3)"), sound(title="A")]
    assert labels_of(sly) == ["A", "A (3)", "A (4)"]


def test_sound_alone_is_a_variant() -> None:
    [one] = read_multivariant(hls.multivariant(Film([sound()], ENDED))).variants
    assert one.address == "sound.m3u8"
    assert one.fields.keys() == {"BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS"}
    several = Film([sound(), sound(name="second", is_default=False)], ENDED)
    found = read_multivariant(hls.multivariant(several))
    assert [each["URI"] for each in found.renditions] == ["sound.m3u8", "second.m3u8"]
    assert [each.fields["AUDIO"] for each in found.variants] == ["sound"]


def test_dash_names_the_same_bytes() -> None:
    film = Film([picture(3), picture(3, "480p"), sound(3, title="<&>")], ENDED)
    root = ET.fromstring(dash.manifest(film))
    assert root.get("mediaPresentationDuration") == "PT6.037S"
    sets = root.findall(f"{_MPD}Period/{_MPD}AdaptationSet")
    assert [(each.get("contentType"), each.get("lang")) for each in sets] == [
        ("video", None), ("audio", "en"),
    ]  # fmt: skip
    assert sets[1].findtext(f"{_MPD}Label") == "<&>"
    found = {each.get("id"): each for each in root.iter(f"{_MPD}Representation")}
    assert found["720p"].get("frameRate") == "24000/1001"
    for track in film.tracks:
        listed = found[track.name].find(f"{_MPD}SegmentList")
        assert listed is not None
        found_in_hls = read_media(hls.media(film, track, is_event=False))
        address, offset, size = found_in_hls.init
        header = listed.find(f"{_MPD}Initialization")
        assert header is not None
        assert header.get("sourceURL") == address
        assert header.get("range") == f"{offset}-{offset + size - 1}"
        parts = found_in_hls.parts
        ranges = [
            (each.get("media"), each.get("mediaRange"))
            for each in listed.findall(f"{_MPD}SegmentURL")
        ]
        assert ranges == [
            (part.address, f"{part.offset}-{part.offset + part.size - 1}") for part in parts
        ]
        times = listed.findall(f"{_MPD}SegmentTimeline/{_MPD}S")
        assert sum(1 + int(each.get("r", 0)) for each in times) == len(parts)
        assert int(times[0].get("t", -1)) == 0


def test_only_complete_films_show_all_of_a_track() -> None:
    growing = Film([picture(4), sound(2)])
    assert [len(track.segments) for track in growing.watchable().tracks] == [2, 2]
    assert len(replace(growing, finished_at=ENDED).watchable().tracks[0].segments) == 4


def several(*more: Track) -> list[Track]:
    return [sound(name="audio"), *(replace(each, is_default=False) for each in more)]


def test_surround_is_a_group_of_its_own() -> None:
    surround = sound(name="audio-surround", channels=6, max_bitrate=320_000)
    other = sound(name="audio-2", language="de")
    film = Film([picture(), picture(name="480p"), *several(other, surround)], ENDED)
    found = read_multivariant(hls.multivariant(film))
    groups = [(each["GROUP-ID"], each["NAME"], each["URI"]) for each in found.renditions]
    # Both have every language, by the same name.
    assert groups == [
        ("sound", "en", "audio.m3u8"), ("sound", "de", "audio-2.m3u8"),
        ("surround", "en", "audio-surround.m3u8"), ("surround", "de", "audio-2.m3u8"),
    ]  # fmt: skip
    assert [each["CHANNELS"] for each in found.renditions] == ["2", "2", "6", "2"]
    variants = [(each.address, each.fields["AUDIO"]) for each in found.variants]
    assert sorted(variants[:2]) == [("480p.m3u8", "sound"), ("720p.m3u8", "sound")]
    assert sorted(variants[2:]) == [("480p.m3u8", "surround"), ("720p.m3u8", "surround")]
    root = ET.fromstring(dash.manifest(film))
    labels = [each.text for each in root.iter(f"{_MPD}Label")]
    assert labels == ["en", "de", "en (5.1)"]
    assert [each.get("value") for each in root.iter(f"{_MPD}Role")] == ["main", "alternate", "main"]
    alone = read_multivariant(hls.multivariant(Film(several(surround), ENDED)))
    assert [each.fields["AUDIO"] for each in alone.variants] == ["sound", "surround"]


def test_what_a_sound_is_for_is_told() -> None:
    comment, described = (
        sound(name=f"audio-{number}", role=role)
        for number, role in enumerate(("commentary", "description"), 2)
    )
    film = Film([picture(), *several(comment, described)], ENDED)
    found = read_multivariant(hls.multivariant(film)).renditions
    assert [each["NAME"] for each in found] == ["en", "en, commentary", "en, description"]
    assert [each["AUTOSELECT"] for each in found] == ["YES", "NO", "YES"]
    assert [each.get("CHARACTERISTICS") for each in found] == [
        None, None, "public.accessibility.describes-video",
    ]  # fmt: skip
    root = ET.fromstring(dash.manifest(film))
    roles = [
        [each.get("value") for each in group.iter(f"{_MPD}Role")]
        for group in root.iter(f"{_MPD}AdaptationSet")
    ]
    assert roles == [[], ["main"], ["alternate", "commentary"], ["alternate", "description"]]
    assert [each.get("value") for each in root.iter(f"{_MPD}Accessibility")] == ["1"]


def test_a_sound_ends_with_the_film() -> None:
    long = sound(6, "audio-2", is_default=False)
    assert listed(Film([picture(3), sound(3), long], ENDED), "audio-2") == 3
    # The default one decides with the picture.
    assert listed(Film([picture(3), sound(4), long], ENDED), "audio-2") == 4
    assert listed(Film([picture(3), sound(6, "audio")], ENDED), "audio") == 6


@pytest.mark.parametrize("pictures", [[], [picture(3, is_complete=True)]])
def test_nothing_is_taken_from_the_list_of_a_sound(pictures: list[Track]) -> None:
    default, long = sound(3, is_complete=True), sound(6, "audio-2", is_default=False)
    growing, whole = Film([*pictures, default, long]), Film([*pictures, default, long], ENDED)
    assert 0 < listed(growing, "audio-2") <= listed(whole, "audio-2")


def test_a_track_that_is_complete_has_an_end_though_its_film_grows() -> None:
    whole = picture(5, "1080p", made=Made.REMUXED, is_complete=True)
    film = Film([whole, picture(2), sound(5, is_complete=True)])
    found = {
        track.name: read_media(hls.media(film, track, is_event=False)) for track in film.tracks
    }
    assert {name: (len(each.parts), each.ended, each.kind) for name, each in found.items()} == {
        "1080p": (5, True, "EVENT"),
        "720p": (2, False, "EVENT"),
        "sound": (5, True, "EVENT"),
    }


def test_a_complete_picture_waits_for_its_sound() -> None:
    whole = picture(5, "1080p", made=Made.REMUXED, is_complete=True)
    film = Film([whole, sound(3)])
    found = read_media(hls.media(film, whole, is_event=True))
    assert (len(found.parts), found.ended) == (3, False)


def test_sound_is_not_offered_alone_before_there_is_a_picture() -> None:
    # Its first segment ends behind the first of the sound.
    slow = picture(segments=run(24_000, [120_000]))
    assert Film([slow, sound(1)]).watchable().tracks == ()
    assert [track.name for track in Film([slow, sound(3)]).watchable().tracks] == ["720p", "sound"]
    assert [track.name for track in Film([sound(1)]).watchable().tracks] == ["sound"]


@pytest.mark.parametrize(("made", "aligned"), [(Made.ENCODED, "true"), (Made.REMUXED, "false")])
def test_dash_tells_whether_segments_of_sizes_are_cut_at_the_same_moments(
    made: Made, aligned: str
) -> None:
    film = Film([picture(name="1080p", made=made), picture(), sound()], ENDED)
    root = ET.fromstring(dash.manifest(film))
    sets = root.findall(f"{_MPD}Period/{_MPD}AdaptationSet")
    assert [each.get("segmentAlignment") for each in sets] == [aligned, "true"]
