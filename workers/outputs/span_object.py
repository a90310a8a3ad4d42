"""The object in which segments of several tracks are stored together."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from core.tasks.spans import NewSpan
from workers.outputs.segments import Finished
from workers.outputs.stream_track import StreamTrack

Batch = tuple[StreamTrack, list[Finished]]  # segments of a track


def write(path: Path, batch: Sequence[Batch]) -> list[int]:
    """Write the segments of tracks into a file, each header before its first segment.

    Returns:
        Where those of each track end, in bytes.
    """
    ends = []
    with path.open("wb") as made:
        for track, segments in batch:
            made.write(b"" if track.begun else track.reader.header_bytes)
            for each in segments:
                with each.path.open("rb") as file:
                    shutil.copyfileobj(file, made)
            ends.append(made.tell())
    return ends


def spans_of(batch: Sequence[Batch], key: str, ends: Sequence[int]) -> list[NewSpan]:
    """Return what is listed of an object with that key, in which they end so."""
    return [
        NewSpan(
            track_id=track.id,
            first=segments[0].number,
            start=segments[0].segment.start,
            s3_key=key,
            offset=end - sum(each.size for each in segments),
            sizes=tuple(each.size for each in segments),
            durations=tuple(each.segment.duration for each in segments),
        )
        for (track, segments), end in zip(batch, ends, strict=True)
    ]
