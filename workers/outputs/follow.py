"""Sends the outputs of FFmpeg while it writes them, and pauses FFmpeg if the store is slower."""

import asyncio
from collections.abc import Callable, Sequence

from core.uploads.multipart import MIB
from workers.outputs.mp4 import index_first, media_end
from workers.outputs.stream import GivenUpError, Stream
from workers.outputs.upload import Front, Upload

_MOST_UNSENT = 48 * MIB  # of all files together; the disk holds a part of each besides
_LOOK_S = 0.2


def is_full(unsent: int) -> bool:
    """Whether who makes something has to wait: so many bytes of it wait to be sent."""
    return unsent > _MOST_UNSENT


async def follow(
    uploads: Sequence[Upload],
    stream: Stream | None,
    hold: Callable[[bool], None],
    *,
    look_s: float = _LOOK_S,
) -> None:
    """Send what is added to files and to a stream until cancelled; raises what these raise.

    `hold` is told whether who writes them has to wait. It is looked every `look_s` seconds.

    Raises:
        GivenUpError: there is a stream alone, and it was given up: what comes is of no use.
    """
    while True:
        await _grown(*uploads)
        unsent = sum(upload.unsent for upload in uploads)
        if stream is not None:
            await stream.grown()
            if stream.given_up is not None and not uploads:
                raise GivenUpError(stream.given_up)
            unsent += stream.unsent
        hold(is_full(unsent))
        await asyncio.sleep(look_s)


async def front_of(upload: Upload) -> Front:
    """Make the beginning of a whole video, with its index first, in a file beside it.

    Raises:
        TransientError: it is not as FFmpeg writes it.
        OSError: the disk is full or failed.
    """
    await _grown(upload)
    path, target = upload.path, upload.path.with_suffix(".front")
    return await asyncio.to_thread(index_first, path, target, upload.kept, upload.front_length)


async def _grown(*uploads: Upload) -> None:
    # In a thread: a slow disk must not stop the heartbeat.
    ends = await asyncio.to_thread(lambda: [media_end(upload.path) for upload in uploads])
    for upload, end in zip(uploads, ends, strict=True):
        upload.grown(end)
