"""Following a video until nothing more happens to it."""

import json
import random
import time
from collections.abc import Iterator

from client import models
from client.api import Api
from client.errors import ApiError, ServerUnreachable, UnexpectedAnswer
from client.models import Video
from client.sse import events_of, lines_of

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0  # seconds; where streams do not get through, this is the pace of polling


def watch(api: Api, video_id: str) -> Iterator[Video]:
    """Return the video as it is now and after every change; ends when it is finished.

    Events are streamed. When the stream breaks or cannot be had, the video is asked for directly
    and the stream is tried again: the answer needs no event to have arrived.

    Raises:
        ApiError: there is no such video (any more).
        ServerUnreachable: the server stayed away.
    """
    seen = -1
    pause = _FIRST_PAUSE
    while True:
        try:
            for video in _stream(api, video_id):
                pause = _FIRST_PAUSE
                if video.version > seen:
                    seen = video.version
                    yield video
                if video.finished:
                    return
        except (ServerUnreachable, UnexpectedAnswer):
            pass
        except ApiError as error:
            if error.status == 404 and error.code == "not_found":
                raise
        video = api.video(video_id)
        if video.version > seen:
            seen = video.version
            yield video
        if video.finished:
            return
        time.sleep(pause * (0.5 + random.random() / 2))  # noqa: S311 - spreads load
        pause = min(_LONGEST_PAUSE, pause * 2)


def _stream(api: Api, video_id: str) -> Iterator[Video]:
    with api.events(video_id) as chunks:
        for event in events_of(lines_of(chunks)):
            if event.name == "video":
                yield models.read(_parse, event.data)


def _parse(data: str) -> Video:
    return models.video(json.loads(data))
