"""Following a video until nothing more happens to it."""

import json
import random
import time
from collections.abc import Iterator

from client import models
from client.api import Api
from client.errors import ApiError, ServerUnreachable, UnexpectedAnswer
from client.models import Video
from client.sse import COMMENT, events_of, lines_of

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0  # seconds; where streams do not get through, this is the pace of polling
_QUEUE_PAUSE = 10.0  # seconds of silence, after which a queued video is asked for why it waits


def watch(api: Api, video_id: str) -> Iterator[Video]:
    """Return the video as it is now and after every change; ends when it is finished.

    Events are streamed. When the stream breaks or cannot be had, the video is asked for directly
    and the stream is tried again: the answer needs no event to have arrived. Why a video waits
    may change without an event, so while it is queued it is asked for again now and then.

    Raises:
        ApiError: there is no such video (any more).
        ServerUnreachable: the server stayed away.
    """
    seen: Video | None = None
    pause = _FIRST_PAUSE
    while True:
        try:
            for video in _stream(api, video_id):
                pause = _FIRST_PAUSE
                if _tells_more(video, seen):
                    seen = video
                    yield video
                if video.finished:
                    return
        except (ServerUnreachable, UnexpectedAnswer):
            pass
        except ApiError as error:
            if error.status == 404 and error.code == "not_found":
                raise
        video = api.video(video_id)
        if _tells_more(video, seen):
            seen = video
            yield video
        if video.finished:
            return
        time.sleep(pause * (0.5 + random.random() / 2))  # noqa: S311 - spreads load
        pause = min(_LONGEST_PAUSE, pause * 2)


def _tells_more(video: Video, seen: Video | None) -> bool:
    if seen is None or video.version != seen.version:
        return seen is None or video.version > seen.version
    if video.progress < seen.progress:
        return False  # an older answer: what was shown does not go back
    return (video.queue, video.stage, video.progress) != (seen.queue, seen.stage, seen.progress)


def _stream(api: Api, video_id: str) -> Iterator[Video]:
    queued, asked = False, time.monotonic()
    with api.events(video_id) as chunks:
        for event in events_of(lines_of(chunks)):
            if event.name == "video":
                video = models.read(_parse, event.data)
                queued, asked = video.state == "queued", time.monotonic()
                yield video
            elif event.name == COMMENT and queued and time.monotonic() - asked > _QUEUE_PAUSE:
                asked = time.monotonic()
                yield api.video(video_id)


def _parse(data: str) -> Video:
    return models.video(json.loads(data))
