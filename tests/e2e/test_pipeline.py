"""A person uploads a film in parts straight to S3 and gets renditions back."""

import hashlib
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client import Framemill
from client.models import Video
from tests.support.product import (
    PASSWORD,
    Clips,
    Deployment,
    address_of,
    jobs_of,
    until_final,
)
from tests.support.waiting import PATIENCE_S

Somebody = Callable[[Deployment], Framemill]


@pytest.fixture(scope="module")
def film(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Large enough for several parts: noise does not compress."""
    return clips.make(
        tmp_path_factory.mktemp("film") / "Film à l'été.mp4",
        *("-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=24:duration=5,noise=alls=8:allf=t"),
        *("-f", "lavfi", "-i", "sine=frequency=440:duration=5"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-pix_fmt", "yuv420p"),
        *("-c:a", "aac", "-metadata", "title=secret place", "-metadata", "location=+48.1+11.5/"),
    )


@pytest.fixture(scope="module")
def done(
    deployment: Deployment, film: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Framemill, Video]]:
    """A film of several parts that is ready, to be looked at."""
    home = tmp_path_factory.mktemp("home")
    with Framemill(address_of(deployment), home=home) as framemill:
        email = f"{uuid.uuid4().hex}@example.com"
        framemill.register(email, PASSWORD)
        framemill.login(email, PASSWORD)
        yield framemill, until_final(framemill, framemill.upload(film))


def test_renditions_are_what_was_promised(
    done: tuple[Framemill, Video], film: Path, clips: Clips, tmp_path: Path
) -> None:
    framemill, video = done
    assert film.stat().st_size > 2 * 8 * 1024**2, "the film must need several parts"
    assert (video.state, video.progress) == ("ready", 100)
    assert [(r.name, r.width, r.height) for r in video.renditions] == [
        ("720p", 1280, 720),
        ("480p", 854, 480),
    ]
    for rendition in video.renditions:
        path = framemill.download(video.id, rendition.name, tmp_path / f"{rendition.name}.mp4")
        found = clips.probe(path)
        picture, sound = sorted(found["streams"], key=lambda item: item["codec_type"] != "video")
        assert (picture["codec_name"], sound["codec_name"]) == ("h264", "aac")
        assert (picture["width"], picture["height"]) == (rendition.width, rendition.height)
        assert picture["avg_frame_rate"] == "24/1"
        assert picture.get("sample_aspect_ratio", "1:1") == "1:1"
        assert abs(float(picture["duration"]) - 5) < 0.04
        assert abs(float(sound["duration"]) - 5) < 0.04
        assert path.stat().st_size == rendition.size
        assert {0.0, 2.0, 4.0} <= set(clips.keyframes(path))
        data = path.read_bytes()
        assert data.index(b"moov") < data.index(b"mdat"), "a player would need the whole file first"
        assert b"secret place" not in data
        assert b"+48.1" not in data


def test_the_source_comes_back_as_it_was(
    done: tuple[Framemill, Video], film: Path, tmp_path: Path
) -> None:
    framemill, video = done
    path = framemill.download(video.id, "source", tmp_path / "source.mp4")
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(film.read_bytes()).digest()
    assert video.source is not None
    assert (video.source.width, video.source.height, video.source.frame_rate) == (1280, 720, 24)
    assert video.title == "Film à l'été"


def test_the_poster_and_the_log_can_be_read(done: tuple[Framemill, Video]) -> None:
    framemill, video = done
    with urllib.request.urlopen(video.raw["poster_url"], timeout=PATIENCE_S) as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.read(3) == b"\xff\xd8\xff"
    job = jobs_of(framemill, video)[0]
    assert (job["state"], job["attempts"], job["operation"]) == ("succeeded", 1, "transcode")
    with urllib.request.urlopen(job["log_url"], timeout=PATIENCE_S) as answer:
        assert b"libx264" in answer.read()


def test_a_small_source_is_not_blown_up(
    deployment: Deployment, somebody: Somebody, clips: Clips, tmp_path: Path
) -> None:
    framemill = somebody(deployment)
    video = until_final(
        framemill, framemill.upload(clips.short(tmp_path / "small.mkv", size="322x242"))
    )
    assert [(r.name, r.width, r.height) for r in video.renditions] == [("242p", 322, 242)]


@pytest.mark.parametrize(
    ("content", "code"),
    [(bytes(3000), "unsupported_format"), (b"#EXTM3U\nfile:///etc/passwd\n", "unsupported_format")],
)
def test_what_is_no_film_fails_with_a_code(
    deployment: Deployment, somebody: Somebody, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "no-film.mp4"
    path.write_bytes(content)
    framemill = somebody(deployment)
    video = until_final(framemill, framemill.upload(path))
    assert (video.state, video.renditions) == ("failed", ())
    assert video.failure is not None
    assert (video.failure.code, video.failure.retryable) == (code, False)
    assert framemill.download(video.id, "source", tmp_path / "back").read_bytes() == content


def test_nothing_is_left_after_a_deletion(
    deployment: Deployment, somebody: Somebody, clips: Clips, tmp_path: Path
) -> None:
    framemill = somebody(deployment)
    video = until_final(framemill, framemill.upload(clips.short(tmp_path / "short.mp4")))
    link = video.raw["renditions"][0]["url"]
    framemill.delete(video.id)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(link, timeout=PATIENCE_S)
    with refused.value as answer:  # it holds a connection
        assert answer.code == 404
    assert list(framemill.videos()) == []
