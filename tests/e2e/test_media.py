"""The shared real clips end as their owners expect, through the whole pipeline."""

from collections.abc import Callable
from pathlib import Path

import pytest

from client import Framemill
from tests.support.product import Clips, Deployment, until_final
from tests.support.stream_check import check_stream

pytestmark = pytest.mark.media
_LONG = pytest.mark.thorough("takes long to encode")
# Subtitles go on when the film has ended; a sound ends a moment later than the file says.
_OTHER_LENGTH = {"subtitles_srt.mkv", "interlaced_1080i50.mts"}
Find = Callable[[str], Path]
Somebody = Callable[[Deployment], Framemill]


@pytest.mark.parametrize(
    ("name", "sizes", "rate"),
    [
        pytest.param("film_1080p24_21s.mp4", ["1280x720", "854x480"], "24/1", marks=_LONG),
        ("phone_rotated90.mov", ["320x568"], None),
        pytest.param("phone_vfr_rotated180.mp4", ["1280x720", "854x480"], None, marks=_LONG),
        ("anamorphic_sar64_45.mp4", ["854x480"], None),
        pytest.param("hdr10_1080p_vfr.mp4", ["1280x720", "854x480"], None, marks=_LONG),
        pytest.param("interlaced_1080i50.mts", ["1280x720", "854x480"], None, marks=_LONG),
        pytest.param("audio_8_mono_tracks.mp4", ["1280x720", "854x480"], None, marks=_LONG),
        pytest.param("subtitles_srt.mkv", ["1080x720", "720x480"], None, marks=_LONG),
        ("odd_161x121.webm", ["160x120"], None),
        ("no_audio.mp4", ["1080x720", "720x480"], None),
    ],
)
def test_ready(
    deployment: Deployment, somebody: Somebody, media: Find, clips: Clips, tmp_path: Path,
    name: str, sizes: list[str], rate: str | None,
) -> None:  # fmt: skip
    framemill = somebody(deployment)
    source = clips.probe(media(name))
    video = until_final(framemill, framemill.upload(media(name)))
    assert (video.state, video.failure) == ("ready", None)
    assert [f"{r.width}x{r.height}" for r in video.renditions] == sizes
    frames = {}
    for rendition in video.renditions:
        path = framemill.download(video.id, rendition.name, tmp_path / f"{rendition.name}.mp4")
        found = clips.probe(path)
        pictures = [item for item in found["streams"] if item["codec_type"] == "video"]
        sounds = [item for item in found["streams"] if item["codec_type"] == "audio"]
        assert len(pictures) == 1
        assert len(sounds) == (0 if name == "no_audio.mp4" else len(sounds))
        assert not pictures[0].get("side_data_list"), "rotation must be applied, not noted"
        assert rate in (None, pictures[0]["avg_frame_rate"])
        lasts, lasted = (float(item["format"]["duration"]) for item in (found, source))
        if name not in _OTHER_LENGTH:
            assert abs(lasts - lasted) < 0.04 + 1 / 24
        frames[rendition.name] = int(pictures[0]["nb_frames"])
    streamed = check_stream(framemill, video, clips, tmp_path)
    # A source that is streamed as it is is another size.
    assert {size: streamed.frames[size] for size in frames} == frames
    assert streamed.sounds == bool(sounds)


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("corrupt_missing_stsd.mp4", {"corrupt_media"}),
        ("truncated_512_bytes.mp4", {"corrupt_media"}),
    ],
)
def test_failed(
    deployment: Deployment, somebody: Somebody, media: Find, name: str, codes: set[str]
) -> None:
    framemill = somebody(deployment)
    video = until_final(framemill, framemill.upload(media(name)))
    assert video.state == "failed"
    assert video.failure is not None
    assert video.failure.code in codes
