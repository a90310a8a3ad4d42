"""How long a file is, its last packets tell."""

from fractions import Fraction

from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.lengths import measured, uncounted

VIDEO = VideoStream(
    index=0, codec="h264", width=640, height=360, duration=20_000.0, frame_count=500_000,
    avg_frame_rate=Fraction(25),
)  # fmt: skip
SOUND = AudioStream(index=1, codec="aac", channels=2, sample_rate=48000, duration=20_000.0)
FILE = MediaInfo("matroska", 20_000.0, video=VIDEO, audio=(SOUND,), start_time=100.0)


def test_a_promised_end_with_packets_before_it_is_true() -> None:
    assert measured(FILE, ["20060.0,0.04", "20059.96,0.04"]) == FILE


def test_where_the_last_packet_lies_before_it_the_file_ends() -> None:
    found = measured(FILE, ["103.92,N/A", "103.96,0.04", "N/A,N/A", ""])
    assert found.video is not None
    assert (found.duration, found.video.duration, found.video.frame_count) == (4.0, 4.0, None)
    assert found.audio[0].duration is None


def test_without_a_packet_the_length_is_not_known() -> None:
    found = measured(FILE, [])
    assert found.video is not None
    assert (found.duration, found.video.duration, found.audio[0].duration) == (None, None, None)


def test_a_count_that_is_no_proof_is_left_out_and_nothing_else() -> None:
    found = uncounted(FILE)
    assert found.video is not None
    assert (found.duration, found.video.duration, found.video.frame_count) == (
        20_000.0, 20_000.0, None,
    )  # fmt: skip
