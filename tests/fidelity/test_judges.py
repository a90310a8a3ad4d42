"""Each judge sees what it is there for: it passes a film that is right, not one that is spoilt."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fidelity import differential
from tests.fidelity.bench import Outcome, judged, table
from tests.fidelity.expect import Expect, refused, wrong_with, wrong_words
from tests.fidelity.judge.decode import Decoder, UnreadableError
from tests.fidelity.judge.disc import disc_in
from tests.fidelity.kinds.fields import moving_fields
from tests.fidelity.pattern import TO_BT709, beeps
from tests.fidelity.transcode import Made
from tests.fidelity.workshop import AAC, NotMadeError, Workshop

_RIGHT = Expect(
    seconds=(3,), heard=3, pictures=(75, 75), different=(70, 75), hues=12, flashes=3, beeps=3,
    tone=1000, loud=True, combing=True,
)  # fmt: skip


def test_the_film_itself_is_right(shop: Workshop, decoder: Decoder) -> None:
    path = shop.film(shop.place("right.mp4"), seconds=3)
    film = decoder.decode(path)
    assert wrong_with(film, _RIGHT) == []
    assert differential.wrong_with(decoder.plain(path), film) == []


@pytest.mark.parametrize(
    ("filters", "sound", "told"),
    [
        (f"{TO_BT709},scale=480:360", "", "disc 0.75:1"),
        (f"{TO_BT709},hue=h=40", "", "off by"),
        (f"{TO_BT709},colorspace=bt2020:iall=bt709", "", "off by"),
        (TO_BT709, "adelay=60", "the next beep at 0.06 s"),
        (TO_BT709, "asetrate=44100,aresample=48000,atrim=end=3", "the next beep at 1.0"),
        (TO_BT709, "aeval=0:c=same", "no beep"),
        (TO_BT709, "aeval=0:c=same", "silence in second 0"),
        (TO_BT709, "volume=0:enable='between(t,0.9,2)'", "silence in second 1"),
        (TO_BT709, "atrim=end=1", "sound of 1.0"),
        (TO_BT709, "rubberband=pitch=1.5", "no tone of 1000 Hz"),
        (f"{TO_BT709},trim=end=2", "", "picture of 2.00 s, not 3"),
        (f"{TO_BT709},fps=12.5,fps=25", "", "different pictures, not 70"),
        (f"{TO_BT709},fps=30", "", "90 pictures, not 75"),
        (f"{TO_BT709},drawbox=c=black:t=fill:w=150:h=150", "", "0 flashes, not 3"),
        (f"{TO_BT709},drawbox=c=black:t=fill", "", "no disc"),
    ],
)
def test_a_spoilt_film_is_seen(
    shop: Workshop, decoder: Decoder, filters: str, sound: str, told: str
) -> None:
    path = shop.film(shop.place("spoilt.mp4"), "-af", sound or "anull", seconds=3, filters=filters)
    assert any(told in line for line in wrong_with(decoder.decode(path), _RIGHT))


def test_the_mark_in_the_middle_of_the_disc_does_not_change_its_shape() -> None:
    width, height, half = 854, 480, 160
    rows = []
    for y in range(height):
        across = max(half**2 - (y + 0.5 - height / 2) ** 2, 0) ** 0.5
        left, right = round(width / 2 - across), round(width / 2 + across)
        row = bytearray(bytes((96,)) * left + bytes((235,)) * (right - left))
        row += bytes((96,)) * (width - right)
        if 153 <= y < 180:
            row[418:445] = bytes(27)
        rows.append(bytes(row))
    disc = disc_in(b"".join(rows), width, height)
    assert disc is not None
    assert abs(disc.ratio - 1) < 0.02


def test_combing_is_seen(shop: Workshop, decoder: Decoder) -> None:
    path = shop.place("combed.mp4")
    shop.run(*moving_fields(shop, 1), str(path))
    (told,) = wrong_with(decoder.decode(path), Expect(combing=True))
    assert told.endswith("combed pixels in one picture")


def test_what_was_hidden_is_seen(shop: Workshop, decoder: Decoder) -> None:
    film = decoder.decode(shop.film(shop.place("shown.mp4"), seconds=1, heard=0))
    assert wrong_with(film, Expect(hues=0, plain=True))[0].startswith("ground differs by")
    hide = f"format=gbrp,geq=r='{_HIDE}':g='{_HIDE}':b='{_HIDE}',{TO_BT709}"
    film = decoder.decode(shop.film(shop.place("plain.mp4"), seconds=1, heard=0, filters=hide))
    assert wrong_with(film, Expect(hues=0, plain=True)) == []


_HIDE = "235*lt(hypot(X-W/2,Y-H/2),H/3)"


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (("-vf", "trim=end=2"), "picture of 2.00 s; the source has 3.00 s"),
        (("-af", "atrim=end=2"), "sound of 2.0"),
        (("-an",), "sound of 0.00 s"),
        (("-af", "volume=0:enable='between(t,0.9,2)'"), "silence in second 1"),
        (("-vf", "fps=12.5"), "different pictures; the source has"),
        (("-af", "adelay=60"), "its beep +0.06 s"),
        (("-vf", "eq=brightness=-0.2"), "mean luma"),
        (("-vf", "setpts=PTS+0.5/TB,tpad=start_duration=0.5,trim=end=3"), "mean luma"),
    ],
)
def test_a_difference_is_seen(
    shop: Workshop, decoder: Decoder, spoil: tuple[str, ...], told: str
) -> None:
    source = shop.film(shop.place("source.mkv"), seconds=3)
    made = shop.place("made.mp4")
    shop.run("-i", str(source), *spoil, *AAC, str(made))
    found = differential.wrong_with(decoder.plain(source), decoder.decode(made))
    assert any(told in line for line in found)


def test_two_channels_that_cancel_each_other_are_heard(shop: Workshop, decoder: Decoder) -> None:
    path = shop.film(
        shop.place("opposite.mp4"), "-af", "pan=stereo|c0=c0|c1=-1*c0", seconds=3,
    )  # fmt: skip
    assert wrong_with(decoder.decode(path), _RIGHT) == []


def test_what_is_no_film_cannot_be_decoded(decoder: Decoder, tmp_path: Path) -> None:
    path = tmp_path / "words.mp4"
    path.write_text("no film")
    with pytest.raises(UnreadableError):
        decoder.decode(path)
    assert "cannot be decoded" in judged(Made((path,)), _RIGHT, decoder, path)[0]


def test_what_never_ends_is_one_wrong_line_or_not_made(decoder: Decoder, tmp_path: Path) -> None:
    silent = tmp_path / "silent.mp4"
    os.mkfifo(silent)  # nobody writes into it
    hasty = replace(decoder, patience_s=0.1)
    (told,) = judged(Made((silent,)), _RIGHT, hasty, silent)
    assert told == "cannot be decoded: ffprobe did not end in 0.1 s"
    with pytest.raises(UnreadableError, match="ffmpeg did not end"):
        hasty.run("-i", str(silent))
    with pytest.raises(NotMadeError, match="did not end"):
        Workshop(decoder.ffmpeg, tmp_path, patience_s=0.1).run("-i", str(silent))


def test_a_failure_is_right_only_where_it_is_due(decoder: Decoder, tmp_path: Path) -> None:
    failed = Made(code="corrupt_media", message="It is damaged.")
    assert judged(failed, refused("corrupt_media"), decoder, tmp_path) == []
    assert judged(failed, _RIGHT, decoder, tmp_path) == ["corrupt_media: It is damaged."]
    assert judged(Made(), refused("corrupt_media"), decoder, tmp_path) == [
        "ready, not corrupt_media"
    ]


def test_a_size_that_nobody_expects_is_told(shop: Workshop, decoder: Decoder) -> None:
    path = shop.film(shop.place("240p.mp4"), seconds=3)
    due = replace(_RIGHT, sizes=((426, 240),))
    assert judged(Made((path,)), due, decoder, path) == ["640 x 360"]


def test_the_table_counts_by_kind() -> None:
    results = [
        Outcome("A", "one"), Outcome("A", "two", wrong=("short",)), Outcome("B", "three"),
        Outcome("B", "four", not_made="no encoder"),
    ]  # fmt: skip
    assert table(results).splitlines() == ["A: 1 of 2", "B: 1 of 1 (1 not made)"]


def test_beeps_of_one_channel_leave_the_others_silent() -> None:
    assert beeps(1, "5.1", 2).count("'0|0|0.5*sin") == 1


def test_a_word_too_few_and_one_too_many_are_seen() -> None:
    cut = replace(_RIGHT, told=frozenset({"truncated"}), damaged=True)
    assert wrong_words(frozenset({"truncated", "rotated"}), cut) == []
    assert wrong_words(frozenset({"rotated"}), cut) == [
        "truncated is not told", "no word about what is missing",
    ]  # fmt: skip
    assert wrong_words(frozenset({"partly_damaged"}), _RIGHT) == ["told to be partly_damaged"]
    assert wrong_words(frozenset({"truncated"}), replace(_RIGHT, damaged=None)) == []
