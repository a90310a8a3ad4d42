"""Says why a video waits in the queue, and when it has waited for too long."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from embedded.console import complain
from embedded.errors import StackError

_LOOK_S = 1.0
# Waiting does not help here: a person must act first. A busy worker becomes free by itself.
_STUCK = ("no_worker", "no_room")


@dataclass
class Waiting:
    """Looks after the video that was uploaded last: `newest` returns it as the API shows it.

    `shortage` returns what this machine has too little of; `limit` is the seconds that the video
    may wait for what does not come by itself.
    """

    newest: Callable[[], dict[str, Any] | None]
    shortage: Callable[[], str | None]
    limit: float
    _next: float = 0.0
    _since: float | None = None
    _told: str | None = None

    def look(self) -> str | None:
        """Say why the video waits when that has changed; called often.

        Returns:
            A sentence once it has waited too long, else None.
        """
        now = time.monotonic()
        if now < self._next:
            return None
        self._next = now + _LOOK_S
        try:
            video = self.newest()
        except StackError:  # it is not known now: neither that it waits nor that it does not
            return None
        reason, message = _why(video, self.shortage())
        if message and reason != self._told:
            complain(f"The video waits: {message}")
        self._told = reason
        if reason not in _STUCK:
            self._since = None
            return None
        self._since = now if self._since is None else self._since
        if now - self._since < self.limit:
            return None
        return f"The video has waited for {now - self._since:.0f} s: {message}"


def _why(video: dict[str, Any] | None, shortage: str | None) -> tuple[str | None, str]:
    """Return for what reason a video waits, and a sentence; None when it does not."""
    if video is None or video.get("state") != "queued":
        return None, ""
    queue = video.get("queue") or {}
    if queue.get("reason"):
        return str(queue["reason"]), str(queue.get("message") or queue["reason"])
    # Workers report with a delay; the disk can be asked at once.
    return ("no_room", shortage) if shortage else (None, "")
