"""Makes the files of an encode that went on, of the segments that are stored."""

import shlex
from collections.abc import Callable, Sequence
from functools import partial

from core.errors import PermanentError, TransientError
from core.model.failure_codes import FailureCode
from workers.context import Context
from workers.ffmpeg.diagnose import DISK_FULL, diagnose
from workers.ffmpeg.process import FFmpegFailedError, StallError, TimeLimitError, run
from workers.ffmpeg.resume_command import SOUND_NAME, join_command
from workers.formats.known import Span
from workers.media.plan import EncodePlan
from workers.operations.transcode.encoding import NICENESS, allowed
from workers.outputs.follow import follow
from workers.outputs.listing import however_long
from workers.outputs.stream import GivenUpError, Stream
from workers.outputs.upload import Upload
from workers.sources.feed import joined
from workers.sources.ranges import Source
from workers.sources.read import OUT

_OF_THE_MACHINE = frozenset({FailureCode.RESOURCE_LIMIT, FailureCode.STORAGE_ERROR})


async def files_joined(
    context: Context, decided: EncodePlan, uploads: Sequence[Upload], stream: Stream
) -> None:
    """List the last segments; then make each file, which is sent meanwhile.

    Raises:
        GivenUpError: segments are not as planned, or no file can be made of them.
        TransientError: the store failed, or the disk is full.
        LeaseLost, DatabaseAway, Unavailable, OSError: as `Stream.finish` does.
    """
    await stream.finish()
    if stream.given_up is not None:
        raise GivenUpError(stream.given_up)
    for rendition, upload in zip(decided.files, uploads, strict=True):
        await _joined(context, decided, rendition.name, upload)


async def _joined(context: Context, decided: EncodePlan, name: str, upload: Upload) -> None:
    tools, listing, place, report = context.tools, context.listing, context.place, context.report
    assert listing is not None
    stored = await however_long(partial(listing.stored, name))
    ranges = [
        (
            Source(tools.storage, each.s3_key, each.end, None, tools.connections, tools.pace),
            Span(each.start, each.end),
        )
        for each in stored
    ]
    sound = decided.audio is not None
    argv = join_command(tools.ffmpeg, OUT, upload.path.name, sound=sound)
    report.add(shlex.join(["ffmpeg", *argv[1:]]))
    heard = place / OUT / SOUND_NAME if sound else None
    limits, policy = allowed(context, decided, heard, place / OUT)

    async def sent(hold: Callable[[bool], None]) -> None:
        await follow([upload], None, hold)

    try:
        finished = await run(
            argv,
            cwd=place,
            outputs=place / OUT,
            limits=limits,
            policy=policy,
            feed=joined(ranges, tools.connections),
            spent=report.spent,
            beside=sent,
            niceness=NICENESS,
        )
    except (StallError, TimeLimitError) as error:
        raise TransientError(str(error)) from None
    except FFmpegFailedError as error:
        report.add(error.stderr_tail)
        failure = diagnose(error.status, error.stderr_tail)
        if failure.code in _OF_THE_MACHINE:
            raise TransientError(str(error), failure, charge=failure != DISK_FULL) from None
        raise GivenUpError(f"{upload.path.name} cannot be put together: {error}") from error
    except PermanentError as error:  # what it says of the source is true of a segment
        raise GivenUpError(f"a segment of {name} is gone") from error
    report.add(f"put together in {finished.wall_seconds:.2f} s\n{finished.stderr_tail}")
