"""Without what heals a stream of changes."""

from collections.abc import AsyncIterator
from typing import Any

from tests.faults.mutations import mutation, replace


@mutation("deaf", "backend")
def deaf() -> None:
    """Not a protection that is gone: no word of a change ever arrives at this API."""
    from core.events import Subscriber

    def nothing(_self: Subscriber, *_told: Any) -> None:
        return None

    replace(Subscriber, "_deliver", nothing)


@mutation("heal_read", "backend")
def no_heal_read() -> None:
    """A stream looks again only when it is told to."""
    from backend.events import stream

    replace(stream, "_HEAL_S", 1_000_000.0)


class _Newer(int):
    """A version that is newer than any other one."""

    def __gt__(self, other: object) -> bool:
        return True


@mutation("version_filter", "backend")
def no_version_filter() -> None:
    """Every look takes all videos for news, also what was told before."""
    from backend.events import stream
    from backend.events.library import Library
    from backend.videos.reader import VideoReader

    plain = VideoReader._item
    compare = Library.changed

    def changed(self: Library, versions: Any) -> list[Any]:
        return compare(self, [(video_id, _Newer(version)) for video_id, version in versions])

    replace(Library, "changed", changed)
    go_on = stream._Pace.may_go_on

    async def may_go_on(self: stream._Pace) -> bool:
        lives = await go_on(self)
        self.healing = True  # a look by word is at what was named only
        return lives

    replace(stream._Pace, "may_go_on", may_go_on)

    async def item(self: VideoReader, row: Any) -> Any:
        found = await plain(self, row)
        return found.model_copy(update={"version": _Newer(found.version)})

    replace(VideoReader, "_item", item)


@mutation("snapshot", "backend")
def no_snapshot() -> None:
    """A stream tells what changes from now on, and nothing of how things stand."""
    from backend.events import stream

    begun: set[int] = set()  # of those who listen, who have had their first look

    class Late(stream._Pace):
        async def next(self, heal_s: float) -> None:
            begun.add(id(self._user))
            await super().next(heal_s)

    def without_first(plain: Any) -> Any:
        async def changes(user: Any, *more: Any, **options: Any) -> AsyncIterator[Any]:
            try:
                async for change in plain(user, *more, **options):
                    if id(user) in begun:
                        yield change
            finally:
                begun.discard(id(user))

        return changes

    replace(stream, "_Pace", Late)
    replace(stream, "changes", without_first(stream.changes))
