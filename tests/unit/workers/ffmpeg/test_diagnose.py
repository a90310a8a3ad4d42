"""Last words are judged: the user is blamed only for a proven fault of the file."""

import pytest

from workers.ffmpeg.diagnose import (
    begins_anew,
    breaks,
    changes_size,
    diagnose,
    diagnose_probe,
    diagnose_size,
    doubts,
    grows,
    is_damaged,
    late_streams,
    out_of_order,
    passed_over,
    refuses_packets_of,
    sees_more,
    stands_long,
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
        ("./input: Operation not permitted", "corrupt_media"),
        ("./input: Not yet implemented in FFmpeg, patches welcome", "corrupt_media"),
        ("[theora @ 0x7fcb84c0b080] Corrupt extradata\n    Last message repeated 1 times",
         "corrupt_media"),
        ("[wmav2 @ 0x7f17cc6efc40] Decoder requires channel layout to be set", "corrupt_media"),
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


@pytest.mark.parametrize(
    "words",
    [
        "[fc#0 @ 0x1] Error while filtering: Generic error in an external library",
        "[fc#0 @ 0x1] Error while filtering: Operation not supported",
        "Impossible to convert between the formats supported by the filter 'a' and the filter 'b'",
        "[fc#0 @ 0x1] Error reinitializing filters!",
    ],
)
def test_filters_that_do_not_fit_are_no_fault_of_the_file(words: str) -> None:
    failure = diagnose(234, f"{words}\n[out#0 @ 0x1] one of its streams received no packets.")
    assert (failure.code, failure.retryable) == ("processing_gave_up", True)


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
    assert not grows(words)


def test_streams_that_begin_late_are_heard_of() -> None:
    words = (
        "[in#0/mpegts @ 0x7f] New audio stream with index 1 at pos:9776188 and DTS:13.376778s\n"
        "[in#0/mpegts @ 0x7f] New subtitle stream with index 2 at pos:9776388 and DTS:13.4s\n"
        "[in#0/flv @ 0x7f] New video stream with index 3 at pos:-1 and DTS:20s\n"
        # Of FFmpeg 5.1.
        "[mpegts @ 0x7f] New audio stream 0:4 at pos:9776588 and DTS:14s\n"
    )
    assert late_streams(words) == (("audio", 9776188), ("video", -1), ("audio", 9776588))


def test_what_came_too_late_is_told_by_the_number_of_its_stream() -> None:
    assert passed_over("[Eval @ 0x7f1801357250] 0.000000\n[mov @ 0x7f] 1.000000\n") == {0}
    # Of FFmpeg 5.1. With a half only one may have come far too late.
    words = "2.000000\n1.250000\nframe 3.000000\n1.000000\n4.500000\n"
    assert passed_over(words) == {1, 2}
    assert out_of_order(words) == {1, 2, 4}
    assert out_of_order("[out_0_0 @ 0x7f] 100 buffers queued in out_0_0") == frozenset()


def test_a_picture_that_stands_long_is_heard_of() -> None:
    words = "[out_#0:0 @ 0x7f] {} buffers queued in out_#0:0, something may be wrong."
    assert stands_long(words.format(1000))
    assert not stands_long(words.format(100))


def test_pictures_that_grow_are_heard_of() -> None:
    words = "filter context - w: 320 h: 180 fmt: 0, incoming frame - w: 640 h: 360 fmt: 0 pts: 1"
    assert grows(words)


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


@pytest.mark.parametrize(
    "words",
    [
        "[in#0/matroska,webm @ 0x55c4] Length 6 indicated by an EBML number's first byte 0x05 at "
        "pos 1860743 (0x1c6487) exceeds max length 4.",
        "[in#0/matroska,webm @ 0x55dc] Error parsing frame sizes.",
        "[in#0/asf @ 0x5588] ff asf bad header 0  at:1924781",
        "[in#0/mxf @ 0x5618] edit unit sync lost on stream 1, jumping from 250 to 265",
        "[in#0 @ 0x561d] Broken file, trak/mdat not at top-level",
        "[aac @ 0x55ec] Input buffer exhausted before END element found",
    ],
)
def test_words_that_may_be_of_damage_are_worth_a_second_look(words: str) -> None:
    assert doubts(f"[aist#0:1/wmav2 @ 0x5582] Guessed Channel Layout: mono\n{words}\n")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "[in#0/ogg @ 0x5640] Broken file, non-keyframe not correctly marked.",
        "[in#0/aac @ 0x5560] Estimating duration from bitrate, this may be inaccurate",
        "[null @ 0x55dc] Application provided invalid, non monotonically increasing dts to muxer",
        "[h264 @ 0x7f63] number of reference frames (0+3) exceeds max (2; probably corrupt input)",
    ],
)
def test_words_that_are_said_of_good_files_are_not(words: str) -> None:
    assert not doubts(words)


def test_what_is_behind_the_end_of_a_film() -> None:
    assert sees_more("[in#0 @ 0x55e5] Found duplicated MOOV Atom. Skipped it\n")
    assert sees_more("[in#0/matroska,webm @ 0x5619] File extends beyond end of segment.\n")
    unknown = "Found unknown-length element with ID 0x18538067 at pos. 0xa635 for which no syntax"
    assert sees_more(f"[in#0/matroska,webm @ 0x5589] {unknown} for parsing is available.\n")
    assert sees_more("[ogg @ 0x556a] Changing stream parameters in multistream ogg is not impl")
    assert not sees_more("[in#0/matroska,webm @ 0x5619] File ended prematurely\n")


def test_fragments_of_a_second_film() -> None:
    index = "[in#0 @ 0x55c4] Found duplicated MOOV Atom. Skipped it\n"
    back = "[in#0/mov,mp4,m4a,3gp,3g2,mj2 @ 0x55c4] DTS 0 < 25362 out of order\n"
    assert begins_anew(index + back)
    assert not begins_anew(index)
    assert not begins_anew(back)


@pytest.mark.parametrize(
    "words",
    [
        "[aist#0:2/aac @ 0x55b8] [dec:aac @ 0x55b9] Error submitting packet to decoder: Invalid",
        "Error while decoding stream #0:2: Invalid data found when processing input",
    ],
)
def test_whose_decoder_refused_packets_is_known(words: str) -> None:
    assert refuses_packets_of(f"frame=5\n{words}\nsize=7", 2)
    assert not refuses_packets_of(words, 1)
    assert not refuses_packets_of(words.replace("#0:2", "#0:21"), 2)
