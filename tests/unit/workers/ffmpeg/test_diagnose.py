"""Last words are judged: the user is blamed only for a proven fault of the file."""

import pytest

from workers.ffmpeg.diagnose import (
    breaks,
    changes_size,
    diagnose,
    diagnose_probe,
    diagnose_size,
    is_damaged,
)

MOV = "[mov,mp4,m4a,3gp,3g2,mj2 @ 0x7f185bfa0040] "


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("./input: Invalid data found when processing input", "unsupported_format"),
        (MOV + "moov atom not found\n./input: Invalid data found when processing input",
         "corrupt_media"),
        (MOV + "Format not on whitelist 'avi,mov'\n./input: Invalid argument",
         "unsupported_format"),
        ("[hls @ 0x5581] Format not on whitelist 'avi,mov'", "unsupported_format"),
        ("[mp3 @ 0x5581] Failed to find two consecutive MPEG audio frames.\n"
         "./input: Invalid data found when processing input", "unsupported_format"),
        (MOV + "Number of streams exceeds max_streams parameter (32), see the documentation\n"
         + MOV + "error reading header\n./input: Out of memory", "too_many_streams"),
        ("[matroska,webm @ 0x5581] Number of streams exceeds max_streams parameter (33), see\n"
         "./input: Cannot allocate memory", "too_many_streams"),
        ("[h264 @ 0x7f534a55f840] Picture size 16384x8640 exceeds specified max pixel count "
         "35651584, see the documentation", "resolution_too_large"),
        ("[magicyuv @ 0x7f2f] Codec (magicyuv) not on whitelist 'aac,mov_text'",
         "unsupported_codec"),
        (MOV + "hit EOF while reading sub-sample encryption info\n" + MOV
         + "error reading header", "encrypted_media"),
    ],
)  # fmt: skip
def test_a_probe_that_failed_by_the_file(words: str, code: str) -> None:
    failure = diagnose_probe(1, words)
    assert (failure.code, failure.retryable) == (code, False)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (MOV + "Format not on whitelist 'avi'", "Files of the type mov are not supported."),
        ("Format not on whitelist 'avi'", "This file type is not supported."),
        ("[x @ 0x7f2f] Codec (magicyuv) not on whitelist 'aac'", "The codec magicyuv is not"),
        ("Decoding requested, but no decoder found for: apac", "The codec apac is not"),
        ("Decoder (codec <b>) not found for input stream #0:0", "The codec of the file is not"),
    ],
)
def test_a_refusal_says_what_it_refuses(words: str, named: str) -> None:
    for judge in (diagnose, diagnose_probe):
        assert judge(1, words).message.startswith(named)


@pytest.mark.parametrize("judge", [diagnose, diagnose_probe])
@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (-9, "Error while decoding stream #0:0: corrupt", "resource_limit"),
        (127, "/opt/ffmpeg: No such file or directory", "resource_limit"),
        (1, "Error while decoding\nav_interleaved_write_frame(): No space left on device",
         "storage_error"),
        (1, "./input: Input/output error", "storage_error"),
        (1, "[libx264] malloc: Cannot allocate memory", "resource_limit"),
        (-11, "", "processing_gave_up"),
        (1, "something nobody has seen before", "processing_gave_up"),
        (234, "Error reinitializing filters!", "processing_gave_up"),
    ],
)  # fmt: skip
def test_our_own_troubles(judge: object, status: int, words: str, code: str) -> None:
    assert callable(judge)
    failure = judge(status, words)
    assert (failure.code, failure.retryable) == (code, True)


def test_an_encode_that_failed_by_the_file() -> None:
    damaged = diagnose(69, "[h264 @ 0x1] Invalid NAL unit size (0 > 8)")
    assert (damaged.code, damaged.retryable) == ("corrupt_media", False)
    cut = diagnose(1, MOV + "stream 0, offset 0x30: partial file")
    assert (cut.code, cut.retryable) == ("truncated_media", False)


def test_an_early_end_is_not_damage() -> None:
    assert not is_damaged("")
    assert not is_damaged(MOV + "stream 1, offset 0x5ca: partial file")
    assert not is_damaged("[matroska,webm @ 0x1] File ended prematurely at pos. 9")
    assert is_damaged("[h264 @ 0x1] error while decoding MB 1 2, bytestream -5")


BROKEN = "[h264 @ 0x1] error while decoding MB 1 2, bytestream -5\n"
ENDED = "Truncating packet of size 8388794 to 385381\n"


def test_much_damage_makes_a_packet_seem_to_end_after_the_file() -> None:
    assert not is_damaged(ENDED + 3 * BROKEN)
    assert diagnose(69, ENDED + 3 * BROKEN).code == "truncated_media"
    assert is_damaged(ENDED + 40 * BROKEN)
    assert diagnose(69, ENDED + 40 * BROKEN).code == "corrupt_media"


def test_a_packet_too_large_for_any_memory_is_the_files_fault_only_among_other_damage() -> None:
    words = "[in#0/mov,mp4 @ 0x1] Error during demuxing: Cannot allocate memory\n"
    ours = diagnose(244, words)
    assert (ours.code, ours.retryable) == ("resource_limit", True)
    theirs = diagnose(244, BROKEN + words)
    assert (theirs.code, theirs.retryable) == ("corrupt_media", False)
    # Killed, it has judged nothing.
    assert diagnose(-9, BROKEN + words).code == "resource_limit"


def test_a_picture_refused_for_its_size() -> None:
    found = diagnose_size("[mjpeg @ 0x1] Picture size 9x9 exceeds specified max pixel count 80")
    assert found is not None
    assert (found.code, found.retryable) == ("resolution_too_large", False)
    assert diagnose_size(BROKEN) is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("[mxf @ 0x5581] no essence\n./input: Invalid data found when processing input",
         "corrupt_media"),
        ("[ogg @ 0x5581] CRC mismatch!\n./input: End of file", "corrupt_media"),
        ("./input: End of file", "truncated_media"),
        ("[mov,mp4 @ 0x5581] Failed to parse senc box", "encrypted_media"),
    ],
)  # fmt: skip
def test_words_that_look_like_others(words: str, code: str) -> None:
    failure = diagnose_probe(1, words)
    assert (failure.code, failure.retryable) == (code, False)


def test_an_announced_track_without_anything_in_it() -> None:
    words = "[out#0/tee @ 0x1] Nothing was written, because a stream received no packets."
    assert diagnose(234, words).code == "corrupt_media"
    assert diagnose(1, words + "\nNo space left on device").code == "storage_error"


_CHANGES = "[graph 0 input @ 0x7f] Changing video frame properties on the fly is not supported"


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("", False),
        (f"{_CHANGES} by all filters.\n", True),
        (f"{_CHANGES} by all filters.\n[graph] filter context - w: 1280 h: 720 fmt: 0 csp: bt709, "
         "incoming frame - w: 404 h: 720 fmt: 0 pts_time: 4", True),
        (f"{_CHANGES} by all filters.\n[graph] filter context - w: 404 h: 720 fmt: 0 csp: bt709, "
         "incoming frame - w: 404 h: 720 fmt: 0 pts_time: 4", False),
    ],
    ids=["nothing", "before FFmpeg 7", "another size", "another colour"],
)  # fmt: skip
def test_pictures_of_another_size_are_heard_of(words: str, changed: bool) -> None:
    assert changes_size(words) is changed


@pytest.mark.parametrize(
    ("words", "broken"),
    [
        ("[mpeg2video @ 0x7f] ac-tex damaged at 8 12", True),
        ("[ffv1 @ 0x7f] slice CRC mismatch FE7CE4FB!at 6.520000 seconds", True),
        ("[h264 @ 0x7f] error while decoding MB 9 11", True),
        ("[mjpeg @ 0x7f] unable to decode APP fields: Invalid data found when processing input",
         False),
        ("[mjpeg @ 0x7f] overread 8", False),
        ("[h264 @ 0x7f] mmco: unref short failure", False),
    ],
)  # fmt: skip
def test_what_breaks_a_frame(words: str, broken: bool) -> None:
    assert breaks(words) is broken


def test_what_cameras_write_into_pictures_is_no_damage() -> None:
    assert not is_damaged("[mjpeg @ 0x7f] unable to decode APP fields: Invalid data found when "
                          "processing input")  # fmt: skip
