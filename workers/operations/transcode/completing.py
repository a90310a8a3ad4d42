"""Checks what FFmpeg has made, and makes objects of it."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import PermanentError, TransientError
from core.model.notes import Note
from core.model.states import AssetKind
from core.tasks.settle import NewAsset
from workers.context import Context
from workers.ffmpeg.probe import ProbeFailedError
from workers.media.audio_plan import AudioPlan
from workers.media.info import MediaInfo
from workers.media.limits import Limits
from workers.media.plan import EncodePlan
from workers.media.verify import Ends, apart, check
from workers.operations.transcode.doubt import doubt_of
from workers.operations.transcode.source_end import behind, cut_still, normal_speed
from workers.operations.transcode.stills import stills
from workers.operations.transcode.straying import see_strays
from workers.operations.transcode.unread import unread
from workers.outputs.follow import front_of
from workers.outputs.stream import GivenUpError
from workers.outputs.upload import Upload
from workers.runtime.concurrency import together
from workers.sources.inspect import probe_file


class EndsApartError(TransientError):
    """The last picture stood for too short or too long."""

    def __init__(self, ends: Ends) -> None:
        self.ends = ends
        super().__init__(f"{ends.picture:.2f} s of picture came, and {ends.sound:.2f} s of sound")


async def completed(
    context: Context,
    decided: EncodePlan | AudioPlan,
    words: str,
    uploads: Sequence[Upload],
    *,
    last: bool,
    pictures: int | None = None,
) -> tuple[tuple[NewAsset, ...], tuple[Note, ...]]:
    """Check the outputs while the rest of them is sent; then they become objects.

    `words` are the last ones of FFmpeg; `pictures` is how many each file must have, where they were
    made of segments.

    Returns:
        The objects, and the warnings of what could not be read.

    Raises:
        StraysError: it can be made better, without frames whose times are broken.
        GivenUpError: a file has not what its segments have.
    """
    prefix, names = context.work.prefix, [item.name for item in decided.files]
    # One after the other: the index of a long video is large, and is in memory meanwhile.
    fronts = [await front_of(upload) for upload in uploads]
    outputs: dict[str, MediaInfo] = {}

    async def checked() -> tuple[Note, ...]:
        found = await together(_probe_output(context, front.path) for front in fronts)
        outputs.update(zip(names, found, strict=True))
        counts = {each.video.frame_count for each in found if each.video is not None}
        if pictures is not None and counts != {pictures}:
            raise GivenUpError(f"files have {counts} pictures, and their segments {pictures}")
        await see_strays(context, decided, outputs, words)
        doubt = await doubt_of(context, decided, outputs, words)
        refusal = check(decided, outputs, limits=context.tools.limits)
        if refusal is not None:
            raise PermanentError(refusal)
        # How much is missing shows when the source is read once more.
        warnings: tuple[Note, ...] = ()
        if doubt is not None:
            warnings = await unread(context, decided, outputs, words, doubt)
        warnings += await behind(context, decided, outputs, words)
        warnings += await cut_still(context, decided)
        warnings += await normal_speed(context, decided)
        ends = None if last or isinstance(decided, AudioPlan) else apart(decided, outputs)
        if ends is not None:
            raise EndsApartError(ends)
        return warnings

    async def sent() -> tuple[Note, ...]:
        await together(map(Upload.finish, uploads, fronts))
        return ()

    warnings, _ = await together([checked(), sent()])
    sizes: list[int] = []

    async def complete() -> list[NewAsset]:
        sizes.extend(await together(upload.complete() for upload in uploads))
        return []

    _, images = await together([complete(), stills(context, decided, outputs)])
    stored = sum(sizes) + sum(each.size for each in images)
    context.report.add(f"stored {stored} bytes")
    assets = [
        _file(prefix + upload.path.name, name, outputs[name], size)
        for upload, name, size in zip(uploads, names, sizes, strict=True)
    ]
    return (*assets, *images), warnings


async def _probe_output(context: Context, file: Path) -> MediaInfo:
    # What is taken says nothing of what we make; patience is the same.
    limits = Limits(probe_timeout_s=context.tools.limits.probe_timeout_s)
    try:
        return await probe_file(context, file, limits)
    except ProbeFailedError as error:
        # We made this file: whatever is wrong with it, its reader is not at fault.
        raise TransientError(f"{file.name} cannot be read: {error}") from error


def _file(key: str, name: str, made: MediaInfo, size: int) -> NewAsset:
    video = made.video
    duration = made.duration or (video.duration if video else None) or 0.0
    return NewAsset(
        AssetKind.FILE,
        name,
        key,
        size,
        width=video.width if video else None,
        height=video.height if video else None,
        duration=round(duration, 3),
        bitrate=round(size * 8 / duration) if duration else 0,
        video_codec=video.codec if video else None,
        audio_codec=made.audio[0].codec if made.audio else None,
    )
