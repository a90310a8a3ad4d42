"""What a decoder gave counts before what the header says."""

from fractions import Fraction
from typing import Any

from workers.media.info import AudioStream, VideoStream
from workers.media.seen import heard, seen

FILM = VideoStream(1, "h264", 1280, 720, rotation=90, color_space="bt709")


def frame(**changes: Any) -> dict[str, Any]:
    return {"stream_index": 1, "width": 1280, "height": 720, **changes}


def test_nothing_decoded_changes_nothing() -> None:
    assert seen(FILM, {}, []) == FILM
    assert seen(FILM, {}, ["odd", {"stream_index": 1}, frame(stream_index=0, width=99)]) == FILM


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


def test_what_the_container_cuts_off_is_cut_off() -> None:
    crop = {"side_data_type": "Frame Cropping", "crop_top": 90, "crop_bottom": 90}
    found = seen(FILM, {"side_data_list": [crop]}, [frame()])
    assert (found.width, found.height, found.cropped) == (1280, 540, True)
    nonsense = {"side_data_type": "Frame Cropping", "crop_top": 4000}
    assert seen(FILM, {"side_data_list": [nonsense]}, [frame()]).height == 720


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
    assert heard(sound, [early]) == heard(sound, []) == sound
