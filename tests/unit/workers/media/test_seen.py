"""What a decoder gave counts before what the header says."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from workers.media.info import AudioStream, VideoStream
from workers.media.seen import heard, reordered, seen

FILM = VideoStream(1, "h264", 1280, 720, rotation=90, color_space="bt709")


def frame(**changes: Any) -> dict[str, Any]:
    return {"stream_index": 1, "width": 1280, "height": 720, **changes}


def test_nothing_decoded_changes_nothing() -> None:
    assert seen(FILM, {}, []) == FILM
    others = ["odd", {"stream_index": 1}, frame(stream_index=0, width=99)]
    assert seen(FILM, {}, others) == replace(FILM, captioned=True)


def test_the_first_picture_is_believed() -> None:
    side = {"side_data_type": "Display Matrix", "rotation": -180}
    first = frame(
        width=640, height=480, sample_aspect_ratio="4:3", pix_fmt="yuv422p", color_space="bt2020nc",
        interlaced_frame=1, side_data_list=[side],
    )  # fmt: skip
    found = seen(FILM, {}, [first, frame()])
    assert (found.width, found.height, found.rotation) == (640, 480, 180)
    assert (found.sample_aspect_ratio, found.pix_fmt) == (Fraction(4, 3), "yuv422p")
    assert (found.color_space, found.fields) == ("bt2020nc", True)


def test_turning_may_be_told_twice() -> None:
    side = {"side_data_type": "3x3 displaymatrix", "rotation": 90}
    assert seen(FILM, {}, [frame(side_data_list=[side, {}, side])]).turned_twice
    assert not seen(FILM, {}, [frame(side_data_list=[side, {}])]).turned_twice


def test_captions_may_be_hidden_in_any_of_the_first_pictures() -> None:
    hidden = {"side_data_type": "ATSC A53 Part 4 Closed Captions"}
    assert seen(FILM, {}, [frame(), frame(side_data_list=[{}, hidden])]).captioned
    assert not seen(FILM, {}, [frame(side_data_list=[{"side_data_type": "odd"}])]).captioned


def test_what_the_container_cuts_off_is_cut_off() -> None:
    crop = {"side_data_type": "Frame Cropping", "crop_top": 90, "crop_bottom": 90}
    found = seen(FILM, {"side_data_list": [crop]}, [frame()])
    assert (found.width, found.height, found.cropped) == (1280, 540, True)
    nonsense = {"side_data_type": "Frame Cropping", "crop_top": 4000}
    assert seen(FILM, {"side_data_list": [nonsense]}, [frame()]).height == 720


def test_the_usual_rate_of_pictures_is_not_lowered_by_a_pause() -> None:
    times = [number / 60 + (20 if number > 6 else 0) for number in range(12)]
    pictures = [frame(best_effort_timestamp_time=f"{time:.6f}") for time in times]
    found = seen(FILM, {}, pictures).usual_rate
    assert found is not None
    assert abs(found - 60) < Fraction(1, 10)
    assert seen(FILM, {}, pictures[:7]).usual_rate is None
    assert seen(FILM, {}, [pictures[0]] * 12).usual_rate is None


def test_two_fields_in_turn_are_one_picture_in_h265() -> None:
    film = replace(FILM, codec="hevc", height=540, avg_frame_rate=Fraction(100))

    def shown(*upper: int) -> VideoStream:
        pictures = [
            frame(height=540, interlaced_frame=1, top_field_first=each,
                  best_effort_timestamp_time=f"{number / 50:.6f}")
            for number, each in enumerate(upper)
        ]  # fmt: skip
        return seen(film, {}, pictures)

    found = shown(1, 0, 1, 0, 1, 0, 1, 0, 1)
    assert (found.split, found.height, found.avg_frame_rate) == ("top", 1080, Fraction(25))
    assert found.behind == 0.02
    # Of the last pictures that were read some are missing.
    assert shown(0, 1, 0, 1, 0, 1, 0, 1, 1, 1).split == "bottom"
    assert not shown(1, 1, 1, 1, 1, 1, 1, 1).split
    assert not shown(1, 0).split
    other = seen(FILM, {}, [frame(interlaced_frame=1, top_field_first=n % 2) for n in range(9)])
    assert not other.split


def test_pictures_without_times_come_later_the_more_they_are_reordered() -> None:
    film = replace(FILM, avg_frame_rate=Fraction(25))
    assert reordered(film, {"has_b_frames": 2}).behind == 0.08
    for ahead in (0, 99, "N/A"):
        assert reordered(film, {"has_b_frames": ahead}) == film
    assert reordered(FILM, {"has_b_frames": 2}) == FILM


def test_dolby_vision_tells_how_others_may_show_it() -> None:
    record = {
        "side_data_type": "DOVI configuration record", "dv_profile": 10,
        "dv_bl_signal_compatibility_id": 0,
    }  # fmt: skip
    found = seen(FILM, {"side_data_list": [record]}, [])
    assert (found.dolby_vision, found.dolby_vision_base) == (10, 0)


def test_pulldown_holds_every_second_picture() -> None:
    held = [frame(repeat_pict=number % 2) for number in range(12)]
    assert seen(FILM, {}, held).pulldown
    assert not seen(FILM, {}, held[:5]).pulldown
    assert not seen(FILM, {}, [frame(repeat_pict=1)] * 12).pulldown


def test_sound_begins_with_its_first_frame() -> None:
    sound = AudioStream(0, "wmav2", 2, 44100, start_time=0.0, duration=4.0)
    frames = [frame(), {"stream_index": 0, "best_effort_timestamp_time": "0.5"}]
    found = heard(sound, frames)
    assert (found.start_time, found.duration) == (0.5, 3.5)
    early = {"stream_index": 0, "best_effort_timestamp_time": "-0.02"}
    assert heard(sound, []) == sound
    assert heard(sound, [early]) == replace(sound, present=True)
