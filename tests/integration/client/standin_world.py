"""What the stand-in for a server knows, and what it is told to do."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.waiting import PATIENCE_S

EMAIL, PASSWORD = "me@example.org", "correct horse battery"
NOW = "2026-11-01T12:00:00Z"


@dataclass
class StoredUpload:
    filename: str
    size: int
    part_size: int
    title: str
    video_id: str
    state: str = "open"
    lost: bool = False  # the store does not know it any more
    parts: dict[int, bytes] = field(default_factory=dict)

    @property
    def part_count(self) -> int:
        return -(-self.size // self.part_size)

    def part_length(self, number: int) -> int:
        return min(self.part_size, self.size - (number - 1) * self.part_size)


@dataclass
class StandIn:
    """What the server knows and what it was told to do."""

    url: str = ""
    part_size: int = 1024 * 1024
    token_life: float = 600
    uploads: dict[str, StoredUpload] = field(default_factory=dict)
    videos: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)  # token: session
    refresh: dict[str, str] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    # What to do with the next PUTs of a part: "403", "503", "reset", "slow", …
    faults: dict[int, list[str]] = field(default_factory=dict)
    # What to do with the next calls of the API whose path matches: a status, or "reset".
    call_faults: list[tuple[str, str]] = field(default_factory=list)
    # The changes that each stream tells; an event in it is waited for, behind a comment.
    stream_plan: list[list[dict[str, Any] | threading.Event]] = field(default_factory=list)
    streams_refused: bool = False
    calls: list[str] = field(default_factory=list)
    part_puts: Counter[int] = field(default_factory=Counter)
    whole_parts: Counter[int] = field(default_factory=Counter)  # those whose last byte has come
    part_bytes: Counter[int] = field(default_factory=Counter)
    signed: list[list[int]] = field(default_factory=list)
    most_ahead: int = 0  # parts that were signed and not yet sent
    headers_at_store: list[dict[str, str]] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)  # upload by Idempotency-Key
    password: str = PASSWORD
    role: str = "user"
    registration: str = "open"
    invites: dict[str, dict[str, Any]] = field(default_factory=dict)  # by id, with their codes
    accounts_ended: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    shorten_range_to: list[int] = field(default_factory=list)
    close_after_parts: bool = False
    refresh_waits_for_another: bool = False
    cut_download_at: list[int] = field(default_factory=list)
    # The next answers with an object stop after so many bytes until the event is set.
    download_gates: list[tuple[int, threading.Event]] = field(default_factory=list)
    spoil_downloads: int = 0  # so many answers bring one byte that is not the object's
    object_headers: dict[str, str] = field(default_factory=dict)  # in place of the usual ones
    part_gate: threading.Event | None = None
    arrived: threading.Condition = field(default_factory=threading.Condition)
    lock: threading.Lock = field(default_factory=threading.Lock)
    raw_answer: bytes | None = None  # in place of whatever is answered in JSON
    on_call: Callable[[str], None] = lambda call: None
    on_part: Callable[[int], None] = lambda number: None

    def video(self, **values: Any) -> dict[str, Any]:
        """Add a video."""
        video = {
            "id": str(uuid.uuid4()),
            "title": "clip",
            "state": "ready",
            "stage": None,
            "progress": 100,
            "source": {"filename": "clip.mov", "size": 10, "duration": 2.5, "new_field": 1},
            "renditions": [],
            "poster_url": None,
            "failure": None,
            "version": 1,
            "created_at": NOW,
            "updated_at": NOW,
            "something_new": {"a": 1},
            **values,
        }
        self.videos[video["id"]] = video
        return video

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds; every request that ends is a reason to look again."""
        deadline = time.monotonic() + PATIENCE_S
        with self.arrived:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, "what was waited for did not come"
                self.arrived.wait(min(left, 0.05))

    def new_tokens(self, session: str) -> dict[str, Any]:
        access, refresh = uuid.uuid4().hex, uuid.uuid4().hex
        self.access[access] = session
        self.refresh[refresh] = session
        return {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": self.token_life,
        }
